"""The types of what goes into a network, and of what may be one Value or a list of them.

A network of one output gives a Value, one of several gives a list; a loss with reduction "none"
gives a list. Which of the two it is stands in numbers and texts that checkers do not follow, so
they are told "both": right uses of either pass, other names and operations are found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from autodiff import Number, Value


class Array(Protocol):
    """A NumPy array, or a row of a DataFrame."""

    def __array__(self) -> Any: ...


#: what a neuron takes: numbers in any sequence, or one number alone
Inputs = Iterable[Number] | Number | Array

if TYPE_CHECKING:

    class Results(Value, list[Any]):  # type: ignore[misc]  # no such class: a hint for checkers
        """A Value, or a list of Values."""

else:
    Results = Value | list
