"""What arguments must be: checks that return the number, or raise with its name."""

from __future__ import annotations

import math
import operator
from typing import Any

from nn.errors import StateError
from nn.files.state import to_number


def is_data(number: Any) -> bool:
    """Whether no `if` may ask about a number: a Value, or a plain one inside a compiled step."""
    return hasattr(number, "primitive")


def at_least(least: int, name: str, number: Any, error: type[ValueError] = ValueError) -> int:
    """The number, if it is a whole one and large enough."""
    try:
        count = least - 1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        count = least - 1
    if count < least:
        raise error(f"{name} = {number!r:.60} must be {least} or more, and a whole number")
    return count


def is_rate(number: Any) -> bool:
    """Whether it can be a learning rate: a real number, finite, and 0 or more."""
    found = to_number(number)
    return found is not None and 0.0 <= found < math.inf


def not_negative(name: str, number: Any, error: type[ValueError] = ValueError) -> float:
    """The number, if it is real, finite and not negative."""
    if not is_rate(number):
        raise error(f"{name} = {number!r:.60} must be 0 or more, and a finite number")
    return float(number)


def fraction(name: str, number: Any, error: type[ValueError] = ValueError) -> float:
    """The number, if it lies in [0, 1]."""
    if not is_rate(number) or number > 1.0:
        raise error(f"{name} = {number!r:.60} is not in [0, 1]")
    return float(number)


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r:.60} must be True or False")
    return value


def checked_numbers(name: str, found: Any, count: int) -> list[float]:
    """A list of that many numbers out of a state, or StateError."""
    if not isinstance(found, (list, tuple)) or len(found) != count:
        length = len(found) if isinstance(found, (list, tuple)) else "no list"
        raise StateError(f"{name} needs {count} numbers, the state has {length}")
    numbers = [number for item in found if (number := to_number(item)) is not None]
    if len(numbers) < count:
        raise StateError(f"{name} in the state holds something that is no number")
    return numbers
