"""Functions of any number of floats."""

from __future__ import annotations

import math

TINY, UP = 1e-290, 2.0**600


def largest(*xs: float) -> float:
    """The largest; nan if any is nan."""
    return math.nan if any(x != x for x in xs) else max(xs)


def smallest(*xs: float) -> float:
    """The smallest; nan if any is nan."""
    return math.nan if any(x != x for x in xs) else min(xs)


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
    position, highest = 0, xs[0]
    for i, x in enumerate(xs):
        if x != x:
            return x
        if x > highest:
            position, highest = i, x
    if math.isinf(highest):
        return highest
    others = math.fsum([math.exp(x - highest) for i, x in enumerate(xs) if i != position])
    return highest + math.log1p(others)


def logsumexp_error(z: float, *xs: float) -> float:
    """What rounding took from z, the logsumexp of the others, if it is large."""
    if -16.0 <= z <= 16.0 or not math.isfinite(z):
        return 0.0  # the error is below the rounding errors of exp(x - z)
    highest = max(xs)
    return (highest - z) + logsumexp(*[x - highest for x in xs])
