"""What Python may ask about a traced number, and how an answer is checked when a trace is replayed.

Each question has its answer as Python gives it, and a test of whole arrays of numbers, for the
examples of `vmap`. An answer that raises (the int of nan) agrees with nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from autodiff.program.numpy_types import Array, NumPy

from .stands import Answer

#: Up to here every whole number is a float.
LARGEST_WHOLE = 2**53


#: which numbers of an array have the expected answer
Agree = Callable[[NumPy, Array, Answer], Array]


class Question(NamedTuple):
    """A question about a number: its answer, and which of many numbers have an expected answer."""

    answer: Callable[[float], Answer]
    agree: Agree


def exact(number: float) -> float | str:
    """A key that is equal for numbers of the same bits alone; every nan counts as the same."""
    return number if number and number == number else repr(number)


def _same_bits(np: NumPy, numbers: Array, expected: Answer) -> Array:
    wanted = float(expected)
    if wanted != wanted:
        return np.isnan(numbers)
    return (numbers == wanted) & (np.signbit(numbers) == (math.copysign(1.0, wanted) < 0.0))


def _by(function: str) -> Agree:
    """NumPy's function of that name must give the expected answer; no whole number equals nan."""
    return lambda np, numbers, expected: getattr(np, function)(numbers) == expected


QUESTIONS: dict[str, Question] = {
    "bool": Question(bool, lambda np, numbers, expected: (numbers != 0.0) == expected),
    "int": Question(int, _by("trunc")),
    "floor": Question(math.floor, _by("floor")),
    "ceil": Question(math.ceil, _by("ceil")),
    "round": Question(round, _by("rint")),
    "value": Question(exact, _same_bits),
    "isnan": Question(math.isnan, _by("isnan")),
    "isinf": Question(math.isinf, _by("isinf")),
    "isfinite": Question(math.isfinite, _by("isfinite")),
    "is_integer": Question(
        float.is_integer,
        lambda np, numbers, expected: (
            (np.isfinite(numbers) & (np.rint(numbers) == numbers)) == expected
        ),
    ),
    "exact as a float": Question(
        lambda x: abs(x) < LARGEST_WHOLE,
        lambda np, numbers, expected: (abs(numbers) < LARGEST_WHOLE) == expected,
    ),
}
