"""What a call gives to a machine: its arguments, and the parameters that the function captured.

The leaves of a Program lie in the first slots of a run's memory, arguments first. An array of
arguments and parameters in a buffer are copied there whole; numbers that come in lists are packed
in one go. No Python code runs for a single number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, Protocol, TypeAlias

from autodiff.buffers import Places
from autodiff.value import Value

from .numpy_types import Array

#: what a function takes or returns: numbers, alone or in containers, and any object beside them
Tree: TypeAlias = Any
#: what a call gives by position, and by name
Arguments = tuple[Tree, ...]
Named = dict[str, Tree]

#: a number of a call as it was passed; arrays of numbers are whole
Leaf: TypeAlias = Value | float | Array


class Written(Protocol):
    """The memory of a run, as numbers and as NumPy's view of them."""

    numbers: memoryview[float]
    view: Array
    #: once that is known: which numbers of a call are arrays, with their places in `view`
    places: list[tuple[int, Array]] | None
    #: the place of the captured parameters
    captured: Array


def spread(numbers: Sequence[Leaf]) -> list[Value | float]:
    """The numbers of a call one by one, those of whole arrays too."""
    found: list[Value | float] = []
    for number in numbers:
        if number.__class__.__name__ == "ndarray":
            found.extend(number.tolist())  # type: ignore[union-attr]  # it is an array
        else:
            found.append(number)  # type: ignore[arg-type]  # it is none
    return found


class Inputs:
    """How the leaves of one structure of arguments get into a run.

    `sample` are the numbers of a call, arrays whole (see tracing/containers.py); those of others
    have the same arrays and Values at the same places.
    """

    def __init__(self, sample: Sequence[Leaf], captured: Sequence[Value]) -> None:
        self.captured: Places = Places(captured)
        #: where the arrays are: position in the numbers, first slot, slot after the last
        self._arrays: list[tuple[int, int, int]] = []
        #: runs of single numbers: how to pack them, byte, and positions in the numbers
        self._runs: list[tuple[Callable[..., None], int, int, int]] = []
        slot = start = 0
        for at, number in enumerate([*sample, None]):
            whole = number.__class__.__name__ == "ndarray"
            if (whole or number is None) and at > start:
                count = at - start
                self._runs.append((Struct(f"={count}d").pack_into, 8 * (slot - count), start, at))
            if whole:
                size: int = number.size  # type: ignore[union-attr]  # it is an array
                self._arrays.append((at, slot, slot + size))
                slot, start = slot + size, at + 1
            else:
                slot += 1
        #: how many leaves are arguments
        self.count: int = slot - 1
        self._values = any(isinstance(number, Value) for number in sample)

    def write(self, numbers: Sequence[Leaf], frame: Written) -> None:
        """Write all leaves into the memory of a run."""
        if self._values:
            numbers = [x._data if isinstance(x, Value) else x for x in numbers]
        if frame.places is None:  # a memory belongs to one machine, and that to one structure
            view, count = frame.view, self.count
            frame.places = [(at, view[first:after]) for at, first, after in self._arrays]
            frame.captured = view[count : count + len(self.captured.values)]
        for at, place in frame.places:
            place[:] = numbers[at]
        for pack, byte, start, after in self._runs:
            pack(frame.numbers, byte, *numbers[start:after])
        self.captured.read(frame.captured)

    def listed(self, numbers: Sequence[Leaf]) -> list[float]:
        """All leaves as floats."""
        return [*self.floats(numbers), *self.captured.listed()]

    def floats(self, numbers: Sequence[Leaf]) -> list[float]:
        """The arguments as floats."""
        return [x._data if isinstance(x, Value) else float(x) for x in spread(numbers)]
