"""Rounding of floats to whole numbers and to decimals, as floats that keep the sign of zero."""

from __future__ import annotations

import math


def floor(x: float) -> float:
    """The largest whole number not above x. Raises as math.floor does for nan and infinities."""
    return math.copysign(float(math.floor(x)), x)


def nearest(x: float) -> float:
    """The nearest whole number, an even one of two. Raises as round does.

    >>> nearest(2.5), nearest(-0.25)
    (2.0, -0.0)
    """
    return math.copysign(float(round(x)), x)


def round_to(x: float, n: float) -> float:
    """x rounded to n decimals, as Python's round."""
    return round(x, int(n))
