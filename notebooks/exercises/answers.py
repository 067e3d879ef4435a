"""Answers of learners, taken apart into numbers that can be compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

#: An answer taken apart: each number (or word) by the place where it stands.
Numbers = dict[str, Any]


def numbers(answer: Any, place: str = "") -> Numbers:
    """Any answer as numbers by place: nested lists, arrays, Values, dictionaries, iterators."""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, Real):
        return {place: float(answer)}
    if answer is None or isinstance(answer, (str, bytes, complex, set, frozenset)):
        return {place: answer}
    if isinstance(answer, Mapping):
        items: Iterable[tuple[Any, Any]] = ((str(key), each) for key, each in answer.items())
        return {k: v for key, each in items for k, v in numbers(each, f"{place}{key}").items()}
    if hasattr(answer, "data") and not isinstance(answer, Sequence):
        return numbers(answer.data, place)
    if not isinstance(answer, Iterable):
        return {place: float(answer) if hasattr(answer, "__float__") else answer}
    parts = (numbers(each, f"{place}[{index}]") for index, each in enumerate(answer))
    return {k: v for part in parts for k, v in part.items()}


def close(found: Any, right: Any, tolerance: float = 1e-8, floor: float = 1e-10) -> bool:
    """Whether a number is right to rounding, or a word the right one."""
    if isinstance(right, str):
        return isinstance(found, str) and found.strip().lower() == right.lower()
    if not isinstance(found, Real):
        return False
    if math.isnan(right):
        return math.isnan(found)
    return math.isclose(found, right, rel_tol=tolerance, abs_tol=floor)


def shown(number: Any) -> str:
    """A number as messages show it."""
    return f"{number + 0.0:.6g}" if isinstance(number, float) else repr(number)


def apart(first: Any, second: Any) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see that they differ."""
    pair = shown(first), shown(second)
    return pair if pair[0] != pair[1] else (repr(first), repr(second))
