"""Functions of any number of floats."""

from __future__ import annotations

import math

TINY, UP = 1e-290, 2.0**600


def largest(*xs: float) -> float:
    """The largest; nan if any is nan."""
    return math.nan if _has_nan(xs) else max(xs)


def smallest(*xs: float) -> float:
    """The smallest; nan if any is nan."""
    return math.nan if _has_nan(xs) else min(xs)


def _has_nan(xs: tuple[float, ...]) -> bool:
    total = sum(xs)  # nan for infinities of both signs too, and that is rare
    return total != total and any(x != x for x in xs)


def ties(z: float, *xs: float) -> float:
    """How many of the numbers after the first equal the first."""
    return z if z != z else float(xs.count(z))


def entry(*operands: float) -> float:
    """The number with the index that comes last. Raises ValueError for no index."""
    *xs, index = operands
    if not (index.is_integer() and 0 <= index < len(xs)):
        raise ValueError(f"index {index!r} of {len(xs)} entries")
    return xs[int(index)]


def fine_length(z: float, *xs: float) -> float:
    """z; where it is tiny, the norm of the others times 2**600, which keeps all digits."""
    return z if z > TINY else math.hypot(*[x * UP for x in xs])


def p_norm(*operands: float) -> float:
    """(|x1|**p + ... + |xn|**p)**(1/p) for p >= 1, which comes last; the largest is factored out.

    >>> p_norm(3.0, -4.0, 2.0), p_norm(1e200, 0.0, 3.0)
    (5.0, 1e+200)
    """
    *xs, p = operands
    if p < 1.0:
        raise ValueError(f"p = {p!r} is below 1")
    highest = largest(*map(abs, xs))
    if highest == 0.0 or not math.isfinite(highest) or p != p:
        return highest if p == p else p
    others = math.fsum([(abs(x) / highest) ** p for x in xs])
    root: float = others ** (1.0 / p)
    return highest * root


def logsumexp(*xs: float) -> float:
    """log(exp(x1) + ... + exp(xn)), shifted by the largest entry m: m + log1p(other terms).

    Entries may be -inf; +inf gives inf, nan gives nan, and one entry gives itself. The error is
    about 2 ulp of max(|m|, |result|). Raises ValueError for no entry.

    >>> logsumexp(1000.0), logsumexp(0.0, 0.0) == math.log(2.0), logsumexp(-math.inf, 1.0)
    (1000.0, True, 1.0)
    """
    if not xs:
        raise ValueError("logsumexp(xs): xs is empty; at least one number is needed")
    highest = largest(*xs)
    return highest + math.log1p(below_peak(0.0, *xs)) if math.isfinite(highest) else highest


def peak(*operands: float) -> float:
    """The largest operand after the first two; nan if any is nan."""
    return largest(*operands[2:]) if len(operands) > 2 else 0.0


def below_peak(z: float, *xs: float) -> float:
    """The sum of exp(x - m) over all numbers after the first but the largest of them, m.

    >>> below_peak(0.0, 1.0, 1.0, -math.inf)
    1.0
    """
    highest = largest(*xs)
    if not highest > -math.inf:
        return math.nan
    others = list(xs)
    others.remove(highest)
    return math.fsum([math.exp(x - highest) if x != highest else 1.0 for x in others])


def dominant(*operands: float) -> float:
    """The operand of the largest size after the first two; nan if any is nan."""
    xs = operands[2:]
    return math.nan if _has_nan(xs) else max((0.0, *xs), key=abs)


def below_dominant(z: float, *xs: float) -> float:
    """The sum of (x/m)**2 over all numbers after the first but m, the one of the largest size.

    >>> below_dominant(5.0, 3.0, -4.0), below_dominant(0.0, 0.0, 0.0)
    (0.5625, 0.0)
    """
    m = dominant(z, z, *xs)
    if not m or m != m:
        return m + 0.0
    others = list(xs)
    others.remove(m)
    parts = [x / m if abs(x) < abs(m) else 1.0 for x in others]
    total = 0.0
    for part in parts:
        total += part * part
    return total


def logsumexp_error(z: float, *xs: float) -> float:
    """What rounding took from z, the logsumexp of the others, if it is large.

    For z = inf it is log k for the k entries that are inf, for z = -inf nan.
    """
    if -16.0 <= z <= 16.0:
        return 0.0  # the error is below the rounding errors of exp(x - z)
    if not math.isfinite(z):
        return math.log(xs.count(z)) if z > 0.0 else math.nan
    highest = max(xs)
    return (highest - z) + logsumexp(*[x - highest for x in xs])
