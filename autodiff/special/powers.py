"""Powers of floats: guarded where Python raises or overflows."""

from __future__ import annotations

import math


def _is_odd(y: float) -> bool:
    return y % 2.0 == 1.0  # nan for an infinite y


def power(x: float, y: float) -> float:
    """`x**y` as Python computes it on floats, except that the result is never complex.

    Raises ValueError for a finite negative base with a finite exponent that is no integer,
    ZeroDivisionError for zero to a negative power, OverflowError for a result too large.

    >>> power(-2.0, 3.0)
    -8.0
    """
    try:
        result = x**y
    except OverflowError:  # on the way to a complex number perhaps
        if x < 0.0 and y % 1.0 != 0.0:
            raise ValueError("a negative base to a power that is no integer") from None
        raise
    if result.__class__ is complex:
        raise ValueError("a negative base to a power that is no integer")
    return result  # type: ignore[no-any-return]  # not complex, so a float


def total_power(x: float, y: float) -> float:
    """x**y as IEEE 754 defines pow, for every pair of floats: a signed infinity, never an error.

    >>> total_power(0.0, -2.0), total_power(-0.0, -3.0), total_power(-10.0, 999.0)
    (inf, -inf, -inf)
    >>> total_power(-8.0, 0.5)
    nan
    """
    if x < 0.0 and y % 1.0 != 0.0 and math.isfinite(x) and math.isfinite(y):
        return math.nan
    try:
        result: float = x**y
    except (ZeroDivisionError, OverflowError):
        return math.copysign(math.inf, x) if _is_odd(y) else math.inf
    return result


def power_log(x: float, y: float, k: float) -> float:
    """x**y * log(x)**k for k = 0, 1, 2, ...: the k-th derivative of x**y by y.

    At x = 0 and k >= 1 it is the limit from the right: 0 for y > 0, ±inf for y < 0; at y = 0 it
    is 0 by convention (x**0 is taken as the constant 1). For x < 0 it is nan unless k = 0.
    Where x**y alone would overflow or underflow the product is still right.
    Error up to 4 ulp for k <= 4.

    >>> power_log(math.e, 2.0, 1.0) == math.e**2
    True
    >>> power_log(0.0, 0.0, 1.0), power_log(0.0, -1.0, 1.0), power_log(-1.0, 2.0, 1.0)
    (0.0, -inf, nan)
    """
    if k == 0.0:
        return total_power(x, y)
    if not x > 0.0:
        if x == 0.0:
            if y >= 0.0:
                return 0.0
            if y < 0.0:
                return -math.inf if _is_odd(k) else math.inf
        return math.nan
    base = total_power(x, y)
    if math.isinf(x):
        return base
    logs = total_power(math.log(x), k)
    if 1e-290 < base < 1e290 and 1e-290 < abs(logs) < 1e290:
        return base * logs
    if (logs == 0.0 and x == 1.0) or math.isinf(y):
        return 0.0 if base == 0.0 or x == 1.0 else base * logs
    if y != y:
        return y
    return _power_log_scaled(x, y, k)


def _power_log_scaled(x: float, y: float, k: float) -> float:
    """power_log where a factor leaves the range: the factors are taken in k + 2 balanced parts."""
    log = math.log(x)
    exponent = y * log
    if math.isinf(exponent):
        size = 0.0 if exponent < 0.0 else math.inf
    else:
        parts = 2.0 * max(1.0, math.ceil(abs(exponent) / 600.0), k)
        root = total_power(x, y / parts)
        log_root = total_power(abs(log), k / parts)
        size = total_power(root * log_root, parts)
    return -size if log < 0.0 and _is_odd(k) else size


def power_term(c: float, x: float, y: float, k: float) -> float:
    """c * x**y * log(x)**k; 0 where c is 0, and for k < 0, which stands only next to a factor 0."""
    if c == 0.0 or k < 0.0:
        return 0.0
    if k == 0.0:
        return c * total_power(x, y)
    return c * power_log(x, y, int(k))
