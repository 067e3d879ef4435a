"""Activation functions and their relatives on floats, accurate over the whole range.

Unless a docstring says otherwise a function is *total*: it never raises, nan gives nan, and at
an infinity it gives the limit. `log(1 + exp(x))` and its relatives use only `exp(-|x|)`, so
nothing overflows and no threshold changes the mathematics (Maechler, "Accurately computing
log(1 - exp(-|a|))", 2012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

# scale and alpha of selu: the values for which activations keep mean 0 and variance 1
# (Klambauer et al., "Self-normalizing neural networks", 2017).
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772

_INV_SQRT2 = 0.7071067811865476
_INV_SQRT2_ERROR = -4.833646656726457e-17  # 1/sqrt(2) is the sum of the two
_TWO_OVER_SQRTPI = 1.1283791670955126
_INV_SQRT_2PI = 0.3989422804014327
_GELU_LINEAR = 1.5957691216057308  # 2*sqrt(2/pi), and what the double leaves
_GELU_LINEAR_ERROR = -9.96930880911092e-17
_GELU_CUBIC = 0.07135481627260025  # 0.044715 * 2*sqrt(2/pi), and what the double leaves
_GELU_CUBIC_ERROR = -6.175149918155315e-19
_EXP_SUBNORMAL = -700.0  # below, exp(x) has lost digits or soon will; exp(x/2) has not


def _product_error(a: float, b: float) -> float:
    """`a*b - fl(a*b)`, exactly, for moderate a and b (Dekker 1971)."""
    c = 134217729.0 * a
    a_high = c - (c - a)
    a_low = a - a_high
    c = 134217729.0 * b
    b_high = c - (c - b)
    b_low = b - b_high
    return a_low * b_low - (((a * b - a_high * b_high) - a_low * b_high) - a_high * b_low)


def sigmoid(x: float) -> float:
    """The logistic function 1/(1 + exp(-x)). Error up to 1.5 ulp.

    >>> sigmoid(0.0), sigmoid(-800.0), sigmoid(800.0)
    (0.5, 0.0, 1.0)
    """
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def sigmoid_slope(x: float) -> float:
    """The derivative of sigmoid, e/(1 + e)**2 with e = exp(-|x|). Error up to 2.5 ulp.

    >>> sigmoid_slope(0.0), sigmoid_slope(-800.0)
    (0.25, 0.0)
    """
    e = math.exp(-abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def log_sigmoid(x: float) -> float:
    """log(sigmoid(x)) = -softplus(-x). Error up to 1.5 ulp.

    >>> log_sigmoid(-1e300), log_sigmoid(0.0)
    (-1e+300, -0.6931471805599453)
    """
    if x >= 0.0:
        return -math.log1p(math.exp(-x))
    return x - math.log1p(math.exp(x))


def softplus(x: float) -> float:
    """log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)). Error up to 1.5 ulp.

    >>> softplus(0.0), softplus(1e300)
    (0.6931471805599453, 1e+300)
    """
    if x > 0.0:
        return x + math.log1p(math.exp(-x))
    return math.log1p(math.exp(x))


def logit(p: float) -> float:
    """log(p/(1 - p)), the inverse of sigmoid. Error up to 1.5 ulp.

    Between 1/4 and 3/4 it is 2*atanh(2p - 1), where 2p - 1 is exact: the zero at 1/2 is
    approached without cancellation. Raises ValueError unless 0 < p < 1 (nan gives nan).

    >>> logit(0.5), logit(0.5 + 2**-53)
    (0.0, 4.440892098500626e-16)
    """
    if 0.25 <= p <= 0.75:
        return 2.0 * math.atanh(2.0 * p - 1.0)
    if p <= 0.0 or p >= 1.0:
        raise ValueError(f"logit(p): p = {p!r} is outside the domain 0 < p < 1")
    return math.log(p / (1.0 - p))


def _times_exp(a: float, x: float) -> float:
    """a*exp(x) for very negative x, where exp(x) alone would be subnormal; 0 at x = -inf."""
    half = math.exp(0.5 * x)
    return (a * half) * half if half else math.copysign(0.0, a)


def silu(x: float) -> float:
    """x*sigmoid(x), also called swish. Error up to 2 ulp.

    >>> silu(1.0), silu(-math.inf), silu(math.inf)
    (0.7310585786300049, -0.0, inf)
    """
    if x < _EXP_SUBNORMAL:
        return _times_exp(x, x)
    return x * sigmoid(x)


def mish(x: float) -> float:
    """x*tanh(softplus(x)), with tanh(log(1 + e)) = e(e + 2)/(e(e + 2) + 2), e = exp(x).

    Error up to 3 ulp. Misra, "Mish: a self regularized non-monotonic activation", 2019.

    >>> mish(0.0), mish(-math.inf), mish(1e300)
    (0.0, -0.0, 1e+300)
    """
    if x > 0.0:
        e = math.exp(-x)
        n = 1.0 + 2.0 * e
        return x * (n / (n + 2.0 * e * e))
    if x < _EXP_SUBNORMAL:
        return _times_exp(x, x)
    e = math.exp(x)
    n = e * (e + 2.0)
    return x * (n / (n + 2.0))


def _gauss(factor: float, x: float) -> float:
    """factor*exp(-x*x/2): x is split in two, so that the larger square is exact."""
    if not -40.0 < x < 40.0:
        return x if x != x else math.copysign(0.0, factor)
    c = 134217729.0 * x
    high = c - (c - x)
    half = math.exp(-0.25 * high * high)  # its square may be subnormal
    return half * (half * (factor * math.exp(-0.5 * (x - high) * (x + high))))


def normal_pdf(x: float) -> float:
    """Density of the standard normal distribution, exp(-x*x/2)/sqrt(2*pi). Error up to 3.5 ulp.

    Its derivative is -x*normal_pdf(x).

    >>> normal_pdf(0.0), normal_pdf(math.inf)
    (0.3989422804014327, 0.0)
    """
    return _gauss(_INV_SQRT_2PI, x)


def gelu(x: float) -> float:
    """x*Phi(x), Phi the standard normal distribution function. Error up to 3.5 ulp.

    Phi(x) = erfc(-x/sqrt(2))/2 keeps the left tail; there erfc magnifies the rounding of its
    argument t by 2*t*t, which one Newton-like term takes back; beyond x = -37, where erfc is
    subnormal, the asymptotic series is used (DLMF 7.12.1).

    >>> gelu(0.0), gelu(-math.inf), gelu(math.inf)
    (0.0, -0.0, inf)
    """
    if x > -1.0:
        return 0.5 * x * math.erfc(-x * _INV_SQRT2)
    if x > -37.0:
        t = -x * _INV_SQRT2
        rest = -(_product_error(x, _INV_SQRT2) + x * _INV_SQRT2_ERROR)
        return 0.5 * x * (math.erfc(t) - _TWO_OVER_SQRTPI * math.exp(-t * t) * rest)
    w = 1.0 / x / x
    mills = 1.0 - 9.0 * w * (1.0 - 11.0 * w * (1.0 - 13.0 * w))
    mills = 1.0 - w * (1.0 - 3.0 * w * (1.0 - 5.0 * w * (1.0 - 7.0 * w * mills)))
    return _gauss(-_INV_SQRT_2PI * mills, x)


def gelu_tanh(x: float) -> float:
    """x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3))), the usual approximation of gelu.

    Written as x*sigmoid(2u). In the left tail exp(2u) magnifies the rounding of 2u by |2u|,
    hence the terms of u are kept to twice the precision there. Error up to 2.5 ulp.
    Hendrycks and Gimpel, "Gaussian error linear units", 2016.

    >>> gelu_tanh(1.0), gelu_tanh(-math.inf), gelu_tanh(math.inf)
    (0.8411919906082768, -0.0, inf)
    """
    if x > -1.0:
        return x * sigmoid(x * (_GELU_LINEAR + _GELU_CUBIC * x * x))
    if x < -30.0:
        return math.copysign(0.0, x)
    square = x * x
    cubic = _GELU_CUBIC * square
    factor = _GELU_LINEAR + cubic
    larger, smaller = (cubic, _GELU_LINEAR) if cubic > _GELU_LINEAR else (_GELU_LINEAR, cubic)
    factor_error = (
        ((larger - factor) + smaller)
        + _product_error(_GELU_CUBIC, square)
        + _GELU_CUBIC * _product_error(x, x)
        + _GELU_CUBIC_ERROR * square
        + _GELU_LINEAR_ERROR
    )
    u = x * factor
    u_error = _product_error(x, factor) + x * factor_error
    if u < _EXP_SUBNORMAL:
        return _times_exp(x * (1.0 + u_error), u)
    e = math.exp(u)
    return x * ((e + e * u_error) / (1.0 + e))


def elu(x: float, alpha: float = 1.0) -> float:
    """x for x > 0, else alpha*(exp(x) - 1). Error up to 1.5 ulp.

    >>> elu(2.0), elu(-math.inf, 3.0)
    (2.0, -3.0)
    """
    return x if x > 0.0 else alpha * math.expm1(x)


def selu(x: float) -> float:
    """scale*elu(x, alpha), constants of Klambauer et al. 2017. Error up to 2.5 ulp.

    >>> selu(1.0)
    1.0507009873554805
    """
    return SELU_SCALE * (x if x > 0.0 else SELU_ALPHA * math.expm1(x))


def softsign(x: float) -> float:
    """x/(1 + |x|). Error up to 1.5 ulp.

    >>> softsign(-3.0), softsign(math.inf)
    (-0.75, 1.0)
    """
    size = abs(x)
    return x / (1.0 + size) if size < math.inf or x != x else math.copysign(1.0, x)


def logsumexp(xs: Sequence[float]) -> float:
    """log(exp(x1) + ... + exp(xn)), shifted by the largest entry m: m + log1p(other terms).

    Entries may be -inf; +inf gives inf, nan gives nan, and one entry gives itself. The error is
    about 2 ulp of max(|m|, |result|). Raises ValueError for an empty sequence.

    >>> logsumexp([1000.0]), logsumexp([0.0, 0.0]) == math.log(2.0), logsumexp([-math.inf, 1.0])
    (1000.0, True, 1.0)
    """
    if not xs:
        raise ValueError("logsumexp(xs): xs is empty; at least one number is needed")
    position, largest = 0, xs[0]
    for i, x in enumerate(xs):
        if x != x:
            return x
        if x > largest:
            position, largest = i, x
    if math.isinf(largest):
        return largest
    others = math.fsum(math.exp(x - largest) for i, x in enumerate(xs) if i != position)
    return largest + math.log1p(others)
