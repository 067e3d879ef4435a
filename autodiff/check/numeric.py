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
from operator import attrgetter
from typing import NamedTuple

#: A function of one number with several results, or None where it has no value.
Probe = Callable[[float], Sequence[float] | None]

_EPSILON, _LEAST = 2.0**-52, 2.0**-1074
_COLUMNS = 6
#: Further first steps are tried until each error is below this part of the derivative (or a
#: thousandth of this part of the function, for derivatives that vanish).
_GOOD_ENOUGH = 1e-9


class Estimate(NamedTuple):
    """A numerical derivative, how far off it may be, and how much of that is rounding."""

    value: float
    error: float
    rounding: float = math.inf

    @property
    def is_noise(self) -> bool:
        """Whether no more than rounding makes it uncertain."""
        return self is not UNKNOWN and self.error <= 1e3 * self.rounding

    def is_vague(self, derivative: float, atol: float) -> bool:
        """Whether it would agree with nearly anything, for another reason than rounding."""
        least = max(0.1 * atol, 1e-2 * max(abs(self.value), abs(derivative)))
        return self.error > least and not self.is_noise

    def __str__(self) -> str:
        return f"{self.value:.10g} ± {self.error:.1g}"


UNKNOWN = Estimate(math.nan, math.inf)
_error = attrgetter("error")


def derivatives(probe: Probe, x: float, count: int) -> list[Estimate]:
    """The derivatives at x of a function with `count` results; one-sided where it must be."""
    found = central(probe, x, count)
    if all(estimate is UNKNOWN for estimate in found):
        right, left = one_sided(probe, x, count, 1.0), one_sided(probe, x, count, -1.0)
        found = [min(pair, key=_error) for pair in zip(right, left, strict=True)]
    return found


def central(probe: Probe, x: float, count: int) -> list[Estimate]:
    """The derivatives by central differences; UNKNOWN where there are no values on both sides."""
    return _best(_central(probe, x), _first_steps(x), count, power=4.0)


def one_sided(probe: Probe, x: float, count: int, side: float) -> list[Estimate]:
    """The derivatives by differences to one side, 1.0 (to the right) or -1.0 (to the left)."""
    return _best(_sided(probe, x, side), _first_steps(x), count, power=2.0)


class Look(NamedTuple):
    """Every estimate of one derivative that is no mere noise: around x and to both sides.

    At a kink the sides differ. Next to one, or on a staircase, large steps are wrong and the
    last estimates, by the smallest steps, are right.
    """

    around: list[Estimate]
    right: list[Estimate]
    left: list[Estimate]

    @property
    def all(self) -> list[Estimate]:
        """All of them."""
        return self.around + self.right + self.left

    @property
    def kink(self) -> tuple[float, float] | None:
        """The derivatives on the left and on the right, where they differ."""
        if not self.left or not self.right:
            return None
        left, right = _deciding(self.left)[0].value, _deciding(self.right)[0].value
        differ = abs(left - right) > 1e-3 * max(abs(left), abs(right))
        return (left, right) if differ else None

    def supports(self, derivative: float, rtol: float, atol: float) -> bool:
        """Whether a derivative agrees around x or with a side, or lies between those of a kink."""
        if self.kink is not None and min(self.kink) <= derivative <= max(self.kink):
            return True
        return any(
            abs(derivative - each.value) <= atol + rtol * abs(each.value) + 10.0 * each.error
            for way in self
            for each in _deciding(way)
        )


def _deciding(estimates: list[Estimate]) -> list[Estimate]:
    """The precise one by the smallest steps, and those by still smaller ones that contradict it.

    Rounding has spoilt the latter: they say nothing but that longer steps miss something.
    """
    if not estimates:
        return []
    parts = [each.error / abs(each.value) if each.value else each.error for each in estimates]
    enough = max(1e-8, 10.0 * min(parts))
    last = max((at for at, part in enumerate(parts) if part <= enough), default=0)
    first, *finer = estimates[last:]
    return [first, *[e for e in finer if abs(e.value - first.value) > 1e-2 * abs(first.value)]]


def look_closer(probe: Probe, x: float, count: int, index: int, doubt: float) -> Look:
    """All that differences say about one of the derivatives at x.

    What says something has three digits, or is 0 because the function did not change, but for
    rounding that is small beside the `doubt`: how far off the derivative in question seems to be.
    A bounded function over long steps has slopes near 0 too, but changes more than by rounding.
    """

    def says_something(each: Estimate) -> bool:
        unchanged = each.error <= 1e3 * each.rounding
        if each is UNKNOWN or each.error >= 1e-3 * (doubt if unchanged else abs(each.value)):
            return False  # nan: any
        return not each.error >= 0.03 * doubt  # else it agrees with the one and with the other

    ways = (_central(probe, x), 4.0), (_sided(probe, x, 1.0), 2.0), (_sided(probe, x, -1.0), 2.0)
    found = []
    for differences, power in ways:
        estimates = [_best(differences, [first], count, power)[index] for first in _first_steps(x)]
        found.append(list(filter(says_something, estimates)))
    return Look(*found)


def finest_detail(x: float) -> float:
    """The shortest wave or step of a function that differences around x can follow."""
    return 16.0 * min(h for h in _first_steps(x) if h >= 2.0**15 * math.ulp(x))


_Slopes = list[tuple[float, float]] | None
_Differences = Callable[[float], _Slopes]


def _central(probe: Probe, x: float) -> _Differences:
    return lambda h: _between(probe(x + h), probe(x - h), (x + h) - (x - h))


def _sided(probe: Probe, x: float, side: float) -> _Differences:
    here = probe(x)
    return lambda h: _between(probe(x + side * h), here, (x + side * h) - x)


def _between(there: Sequence[float] | None, here: Sequence[float] | None, width: float) -> _Slopes:
    if there is None or here is None:
        return None
    return [_quotient(a, b, width) for a, b in zip(there, here, strict=True)]


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


def overflows(probe: Probe, x: float, index: int) -> float:
    """The sign of a derivative beyond the largest float: quotients of steps small beside x."""
    here = probe(x)
    slopes = set()
    for exponent in (10, 20, 30):
        step = x * 2.0**-exponent
        there = probe(x + step)
        if here is None or there is None or not step:
            return 0.0
        difference = there[index] - here[index]
        slopes.add(difference / abs(step) * math.copysign(1.0, x))
    return slopes.pop() if len(slopes) == 1 and slopes <= {math.inf, -math.inf} else 0.0


def is_next_to_an_end(probe: Probe, x: float) -> bool:
    """Whether the domain ends on one side, so near that no step between gives a digit."""
    near = 2.0**15 * math.ulp(x) if x else 2.0**-41
    return (probe(x - near) is None) != (probe(x + near) is None)


def jumps(probe: Probe, x: float, index: int) -> bool:
    """Whether the values on both sides stay apart as the step shrinks: a kink of the integral."""
    gaps = []
    for exponent in (20, 30, 40):
        h = abs(x or 1.0) * 2.0**-exponent
        high, low = probe(x + h), probe(x - h)
        if high is None or low is None:
            return False
        gaps.append(abs(high[index] - low[index]))
    return gaps[0] > 0.0 and max(gaps) <= 1.001 * min(gaps)


def _quotient(a: float, b: float, width: float) -> tuple[float, float]:
    """A difference quotient, and what rounding may have done to it."""
    if not (math.isfinite(a) and math.isfinite(b)) or width == 0.0:  # a step lost in rounding
        return math.nan, math.inf
    ulp = max(_EPSILON * max(abs(a), abs(b)), _LEAST)  # small numbers have fewer digits
    return (a - b) / width, 4.0 * ulp / abs(width)


def _first_steps(x: float) -> list[float]:
    size = abs(x) if x else 1.0
    large, small = max(1.0, size), min(1.0, size)
    steps = [large * 2.0**-4, large * 2.0**-8, large * 2.0**-13]
    steps += [small * 2.0**-k for k in (4, 9, 14) if small < large]
    return steps + [size * 2.0**-k for k in (21, 29, 36, 41)]  # for what is steep or narrow


def _best(
    differences: _Differences, first_steps: Sequence[float], count: int, power: float
) -> list[Estimate]:
    """Extrapolate from each first step, and keep the best estimate of each result."""
    best = [UNKNOWN] * count
    sizes = [0.0] * count
    for first in first_steps:
        rows = [differences(first * 0.5**row) for row in range(_COLUMNS)]
        for index in range(count):
            column = [row[index] for row in rows if row is not None]
            if len(column) == _COLUMNS:
                sizes[index] = column[0][1] * first / _EPSILON
                best[index] = min(best[index], _extrapolate(column, power), key=_error)
        limits = (abs(e.value) + 1e-3 * size for e, size in zip(best, sizes, strict=True))
        if all(e.error <= _GOOD_ENOUGH * limit for e, limit in zip(best, limits, strict=True)):
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
            if error < best.error and len(row) > 2:  # two alone may agree by chance
                best = Estimate(row[-1], error, rounding)
            factor *= power
        before = row
    return best
