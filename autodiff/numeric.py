"""Derivatives from differences, with an error estimate and a step size chosen by itself.

Central differences at steps h, h/2, h/4, ... are extrapolated to h = 0 (Richardson's deferred
approach to the limit), from several first steps. Of all estimates the one with the smallest
estimated error wins: truncation (how much neighbours in the table differ) plus rounding
(ulps of f divided by h). At the edge of a domain the differences are one-sided.

Source: C. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering
Software 4 (1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

#: A function of one number with several results, or None where it has no value.
Probe = Callable[[float], Sequence[float] | None]

_EPSILON = 2.0**-52
_COLUMNS = 6
_GOOD_ENOUGH = 1e-10


class Estimate(NamedTuple):
    """A numerical derivative and how far off it may be."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.10g} ± {self.error:.1g}"


UNKNOWN = Estimate(math.nan, math.inf)


def derivatives(probe: Probe, x: float, count: int) -> list[Estimate]:
    """The derivatives at x of a function with `count` results; one-sided where it must be."""
    found = central(probe, x, count)
    if all(estimate is UNKNOWN for estimate in found):
        right, left = one_sided(probe, x, count, 1.0), one_sided(probe, x, count, -1.0)
        found = [min(pair, key=_error) for pair in zip(right, left, strict=True)]
    return found


def central(probe: Probe, x: float, count: int) -> list[Estimate]:
    """The derivatives by central differences; UNKNOWN where there are no values on both sides."""

    def differences(h: float) -> list[tuple[float, float]] | None:
        above, below = x + h, x - h
        high, low = probe(above), probe(below)
        if high is None or low is None:
            return None
        return [_quotient(a, b, above - below) for a, b in zip(high, low, strict=True)]

    return _best(differences, x, count, power=4.0)


def one_sided(probe: Probe, x: float, count: int, side: float) -> list[Estimate]:
    """The derivatives by differences to one side, 1.0 (to the right) or -1.0 (to the left)."""
    here = probe(x)

    def differences(h: float) -> list[tuple[float, float]] | None:
        there = x + side * h
        values = probe(there)
        if values is None or here is None:
            return None
        return [_quotient(a, b, there - x) for a, b in zip(values, here, strict=True)]

    return _best(differences, x, count, power=2.0)


def diverges(probe: Probe, x: float, index: int) -> float:
    """The sign of an infinite derivative: difference quotients that grow as the step shrinks."""
    here = probe(x)
    for side in (1.0, -1.0):
        slopes = []
        for exponent in (10, 20, 30):
            there = x + side * max(1.0, abs(x)) * 2.0**-exponent
            values = probe(there)
            if values is not None and here is not None:
                slopes.append((values[index] - here[index]) / (there - x))
        if len(slopes) == 3 and 4.0 * abs(slopes[0]) < 2.0 * abs(slopes[1]) < abs(slopes[2]):
            return math.copysign(1.0, slopes[-1])
    return 0.0


def _quotient(a: float, b: float, width: float) -> tuple[float, float]:
    """A difference quotient, and what rounding may have done to it."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.nan, math.inf
    return (a - b) / width, 4.0 * _EPSILON * max(abs(a), abs(b)) / abs(width)


def _first_steps(x: float) -> list[float]:
    size = abs(x) if x else 1.0
    large, small = max(1.0, size), min(1.0, size)
    steps = [large * 2.0**-4, large * 2.0**-8, large * 2.0**-13]
    return steps + [small * 2.0**-k for k in (4, 9, 14) if small < large]


def _best(
    differences: Callable[[float], list[tuple[float, float]] | None],
    x: float,
    count: int,
    power: float,
) -> list[Estimate]:
    """Extrapolate from each first step, and keep the best estimate of each result."""
    best = [UNKNOWN] * count
    for first in _first_steps(x):
        rows = [differences(first * 0.5**row) for row in range(_COLUMNS)]
        for index in range(count):
            column = [row[index] for row in rows if row is not None]
            if len(column) == _COLUMNS:
                best[index] = min(best[index], _extrapolate(column, power), key=_error)
        if all(each.error <= _GOOD_ENOUGH * abs(each.value) for each in best):
            break
    return best


def _extrapolate(column: list[tuple[float, float]], power: float) -> Estimate:
    """Richardson's table; `power` is the factor by which each column's error term shrinks."""
    best = UNKNOWN
    before: list[float] = []
    for slope, rounding in column:
        row, factor = [slope], power
        for old in before:
            row.append(row[-1] + (row[-1] - old) / (factor - 1.0))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - old)) + rounding
            if error < best.error:
                best = Estimate(row[-1], error)
            factor *= power
        before = row
    return best


def _error(estimate: Estimate) -> float:
    return estimate.error
