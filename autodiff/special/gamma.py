"""digamma and polygamma of floats: the derivatives of log(gamma(x)).

Sources: DLMF chapter 5 (5.15 polygamma, 5.11 asymptotic series, 5.5 recurrence) and 25.11
(Hurwitz zeta, Euler-Maclaurin summation). The functions raise as Python's `math.gamma` does;
`digamma_limit` and `polygamma_limit` are what functions that never raise have there.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce

MAX_ORDER = 1000  # the scaling of polygamma keeps 2**-(n + 1) in range

# The positive zero of digamma, as the sum of two doubles.
_ZERO = 1.4616321449683622
_ZERO_ERROR = 9.549995429965697e-17

# digamma(x)/(x - zero) for 1 <= x <= 2 as a polynomial in x - 1.5, highest power first:
# Chebyshev interpolation in 60 digits (mpmath.chebyfit), truncation error 3e-18.
_NEAR_ZERO = (
    0.00011881232908510335, -0.0001782188548855923, 9.653646261410062e-05, -0.00014480643368061614,
    0.00032395945401345196, -0.00048595039220036254, 0.0006909255761282986, -0.0010364584817312839,
    0.0015633696313653504, -0.0023454947397380833, 0.003518106563802472, -0.005279937255532708,
    0.007927021796868154, -0.011908220105959716, 0.017907248317313294, -0.026975796659787055,
    0.040760833940846085, -0.06192213327548831, 0.09498872445289039, -0.14840492305388092,
    0.24054248424078697, -0.4236274212814606, 0.9510558760318328,
)  # fmt: skip

# B(2k)/(2k), k = 8 ... 1, for the asymptotic series of digamma (DLMF 5.11.2).
_DIGAMMA_SERIES = (
    -0.4432598039215686, 0.08333333333333333, -0.021092796092796094, 0.007575757575757576,
    -0.004166666666666667, 0.003968253968253968, -0.008333333333333333, 0.08333333333333333,
)  # fmt: skip

# B(2k)/(2k)!, k = 1 ... 13, for Euler-Maclaurin summation (DLMF 25.11.7).
_EULER_MACLAURIN = (
    0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07,
    2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13,
    8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19,
    3.534707039629467e-21,
)  # fmt: skip


def digamma(x: float) -> float:
    """psi(x), the derivative of log(gamma(x)); psi(1) is minus Euler's constant.

    For x > 0: recurrence to 1 <= x <= 2, where the positive zero 1.4616... is a factor of the
    polynomial used, or the asymptotic series for x >= 10 (DLMF 5.11.2). For x < 0: reflection
    psi(1 - x) - pi*cot(pi*x) (DLMF 5.5.4). Error up to 2.5 ulp for x > 0, the zero included;
    for x < 0 as many ulps of the larger of the two terms, so next to a negative zero the error
    is about 1e-15 absolutely.

    Raises ValueError at the poles 0, -1, -2, ... and at -inf, OverflowError next to 0.

    >>> digamma(1.0)
    -0.5772156649015329
    >>> digamma(math.inf)
    inf
    """
    if x <= 0.0:
        if x == -math.inf or x == math.floor(x):
            raise ValueError(f"digamma(x): x = {x!r} is a pole; valid are all but 0, -1, -2, ...")
        result = _digamma_positive(1.0 - x) - math.pi * _cot_pi(x)
    else:
        result = _digamma_positive(x)
    if math.isinf(result) and x < 1.0:
        raise OverflowError(f"digamma(x): the result for x = {x!r} is too large for a float")
    return result


def _digamma_positive(x: float) -> float:
    if x >= 10.0:
        w = 1.0 / x / x
        return math.log(x) - (0.5 / x + _polynomial(_DIGAMMA_SERIES, w) * w)
    total = 0.0
    if x < 1.0:
        total = -1.0 / x
        x += 1.0
    while x > 2.0:
        x -= 1.0
        total += 1.0 / x
    return total + ((x - _ZERO) - _ZERO_ERROR) * _polynomial(_NEAR_ZERO, x - 1.5)


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    return reduce(lambda total, coefficient: total * x + coefficient, coefficients)


def _cot_pi(x: float) -> float:
    """cot(pi*x) for x that is no integer, with x reduced exactly to |r| <= 1/4."""
    r = x - round(x)
    if abs(r) <= 0.25:
        return 1.0 / math.tan(math.pi * r)
    return math.copysign(math.tan(math.pi * (0.5 - abs(r))), r)


def polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma, for n = 0, 1, 2, ...: polygamma(1, x) is trigamma.

    For n >= 1 it is (-1)^(n+1) n! * (sum over k >= 0 of 1/(x + k)^(n+1)) (DLMF 5.15.1), summed
    by Euler-Maclaurin for x > 0. For x < 0 the terms left of 0 are all integers' terms less a
    positive-argument sum, which is the reflection formula (DLMF 5.15.6) in a form that never
    cancels for odd n. Error up to 2.5 ulp for x > 0 and n <= 200, and for
    x < 0 except next to the zeros that even orders have there.

    Raises ValueError for n that is no integer from 0 to 1000, at the poles 0, -1, -2, ... and
    at -inf; OverflowError for a result too large.

    >>> polygamma(1, 1.0) == math.pi**2 / 6
    True
    >>> polygamma(2, math.inf)
    -0.0
    """
    if not _is_order(n):
        raise ValueError(f"polygamma(n, x): n = {n!r} is not an integer from 0 to {MAX_ORDER}")
    order = int(n)
    if order == 0:
        return digamma(x)
    if x != x:
        return x
    if x <= 0.0 and (x == -math.inf or x == math.floor(x)):
        raise ValueError(f"polygamma(n, x): x = {x!r} is a pole; valid are all but 0, -1, -2, ...")
    sign = 1.0 if order % 2 else -1.0
    if x == math.inf:
        return sign * 0.0
    s = order + 1
    whole = round(x) if x < 0.0 else 0
    r = x - whole
    exponent = max(math.frexp(r)[1] - 1, -1000)
    unit = math.ldexp(1.0, -exponent)
    try:
        terms = _zeta_terms(s, 0, r, unit) if x > 0.0 else _negative_terms(s, -whole, r, unit)
        mantissa, shift = _factorial(order)
        return sign * math.ldexp(math.fsum(terms) * mantissa, shift - exponent * s)
    except OverflowError:
        raise OverflowError(
            f"polygamma(n, x): the result for n = {order}, x = {x!r} is too large for a float"
        ) from None


def _negative_terms(s: int, whole: int, r: float, unit: float) -> list[float]:
    """Terms of the sum of (x + k)**-s at x = r - whole: all integers' less those left of x."""
    flip = -1.0 if s % 2 else 1.0
    side = flip if r < 0.0 else 1.0
    terms = [side * term for term in _zeta_terms(s, 0, abs(r), unit)]
    terms += [side * flip * term for term in _zeta_terms(s, 1, -abs(r), unit)]
    terms += [-flip * term for term in _zeta_terms(s, whole + 1, -r, unit)]
    return terms


def _zeta_terms(s: int, start: int, r: float, unit: float) -> list[float]:
    """Numbers that sum to the Hurwitz zeta function of (s, start + r), divided by unit**s.

    Direct terms up to about s, then Euler-Maclaurin (DLMF 25.11.7). A rounding of start + r by
    one part in 2^53 would count s times, so it is taken back to first order.
    """
    terms: list[float] = []
    far = max(10.0, 0.85 * s + 8.0)
    k = start
    while True:
        t = k + r
        error = (k - (t - r)) + (r - (t - (t - r)))
        term = (t * unit) ** -s * (1.0 - s * error / t)
        if t >= far:
            break
        terms.append(term)
        if term < 1e-20 * terms[0]:
            return terms
        k += 1
    terms.append(term * (t / (s - 1)))
    terms.append(term * 0.5)
    factor = term * s / t
    for j, coefficient in enumerate(_EULER_MACLAURIN, start=1):
        correction = coefficient * factor
        terms.append(correction)
        if abs(correction) < 1e-18 * term:
            break
        factor *= (s + 2 * j - 1) / t * ((s + 2 * j) / t)
    return terms


@lru_cache(maxsize=256)
def _factorial(n: int) -> tuple[float, int]:
    """n! as mantissa and exponent of two: 171! and more exceed the range of floats."""
    exact = math.factorial(n)
    shift = max(0, exact.bit_length() - 64)
    mantissa, exponent = math.frexp(float(exact >> shift))
    return mantissa, exponent + shift


def _is_order(n: float) -> bool:
    return 0.0 <= n <= MAX_ORDER and n == int(n)


def digamma_limit(x: float) -> float:
    """What stands for digamma where it raises: -inf at 0, +inf at -0.0, nan at the other poles.

    >>> digamma_limit(0.0), digamma_limit(-1.0)
    (-inf, nan)
    """
    return -math.copysign(math.inf, x) if -1.0 < x < 1.0 else math.nan


def polygamma_limit(n: float, x: float) -> float:
    """What stands for polygamma where it raises: a signed infinity for a result too large and at 0.

    At the poles -1, -2, ... it is +inf for odd n (both sides agree) and nan for even n; nan at
    -inf and for an n that is no order.

    >>> polygamma_limit(1, 0.0), polygamma_limit(2, 1e-200), polygamma_limit(1, -3.0)
    (inf, -inf, inf)
    """
    if not _is_order(n) or x == -math.inf or (n % 2.0 == 0.0 and x < 0.0 and x == round(x)):
        return math.nan
    return math.inf if n % 2.0 else -math.copysign(math.inf, x - round(x) or x)
