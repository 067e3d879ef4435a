"""The arguments of a mapped function: numbers of all examples as rows of one array."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from autodiff.errors import OperandError, ShapeError, require
from autodiff.value import Value

from .containers import flatten


def count_of(arg: Any) -> int:
    """How many entries a mapped argument has; those of a dict must agree."""
    if isinstance(arg, dict):
        counts = {count_of(item) for item in arg.values()}
        if len(counts) != 1:
            raise ShapeError(f"vmap: the items of a dict have {sorted(counts)} entries")
        return counts.pop()
    if isinstance(arg, (int, float, str, Value)) or not hasattr(arg, "__len__"):
        raise OperandError(f"vmap: {arg!r} has no entries to map over; set its in_axes to None")
    if getattr(arg, "shape", None) == ():
        raise OperandError("vmap: an array without axes has no entries; set its in_axes to None")
    return len(arg)


def row_of(arg: Any, example: int) -> Any:
    """One entry of a mapped argument."""
    if isinstance(arg, dict):
        return {key: row_of(item, example) for key, item in arg.items()}
    return arg[example]


class Examples:
    """The arguments of all examples, taken apart into numbers.

    `mapped` says for each number of an example whether it is the example's own; `rows` has these,
    one row per example, `shared` the others. `values` are the Values among the numbers, and
    `of_rows` and `of_shared` say which of them stands where (-1: a plain number).
    """

    def __init__(self, args: Sequence[Any], axes: Sequence[int | None], count: int) -> None:
        self.count = count
        self._args, self._axes = args, axes
        self._np = require("numpy", "jit")
        self.all = self._np.arange(count)
        numbers: list[Any] = []
        self.structure: Hashable = flatten((self.args(0), {}), numbers)
        self.mapped = [axis == 0 for axis, part in self._parts(0) for _ in part]
        columns = [arg for arg, axis in zip(args, axes, strict=True) if axis == 0]
        #: whether all examples have the same structure
        self.alike = True
        table = None
        if all(map(_is_array, columns)):
            arrays = [self._flat(arg) for arg in columns]
            self.rows = self._np.ascontiguousarray(self._np.hstack(arrays))
        else:
            table = self._table()
            self.alike = table is not None
        if self.alike:
            self._read(numbers, table)

    def args(self, example: int) -> tuple[Any, ...]:
        """The arguments of one example."""
        pairs = zip(self._args, self._axes, strict=True)
        return tuple([row_of(arg, example) if axis == 0 else arg for arg, axis in pairs])

    def numbers(self, example: int) -> list[Any]:
        """The numbers and Values of one example."""
        found: list[Any] = []
        flatten((self.args(example), {}), found)
        return found

    def _parts(self, example: int) -> list[tuple[int | None, list[Any]]]:
        parts = []
        for arg, axis in zip(self.args(example), self._axes, strict=True):
            found: list[Any] = []
            flatten(arg, found)
            parts.append((axis, found))
        return parts

    def _flat(self, arg: Any) -> Any:
        """The numbers of an array, or a dict of arrays, one row per example."""
        if isinstance(arg, dict):
            return self._np.hstack([self._flat(item) for item in arg.values()])
        return arg.reshape(self.count, -1).astype(float)

    def _table(self) -> list[list[Any]] | None:
        """The own numbers of each example; None if their structures differ."""
        table = []
        for example in range(self.count):
            found: list[Any] = []
            if flatten((self.args(example), {}), found) != self.structure:
                return None
            pairs = zip(found, self.mapped, strict=True)
            table.append([number for number, own in pairs if own])
        return table

    def _read(self, numbers: list[Any], table: list[list[Any]] | None) -> None:
        """Split numbers from Values."""
        np = self._np
        self.values: list[Value] = []
        self._places: dict[int, int] = {}
        shared = [number for number, own in zip(numbers, self.mapped, strict=True) if not own]
        self.shared = [_number(number) for number in shared]
        self.of_shared = [self.place(number) for number in shared]
        self.of_rows: Any = None
        if table is not None:
            shape = self.count, sum(self.mapped)
            self.rows = np.array([[_number(x) for x in row] for row in table]).reshape(shape)
            if any(isinstance(x, Value) for row in table for x in row):
                self.of_rows = np.array([[self.place(x) for x in row] for row in table])

    def place(self, number: Any) -> int:
        """Where a Value stands among `values`; -1 for a plain number."""
        if not isinstance(number, Value):
            return -1
        at = self._places.setdefault(id(number), len(self.values))
        if at == len(self.values):
            self.values.append(number)
        return at


def _is_array(arg: Any) -> bool:
    """Whether an argument is a NumPy array of numbers, or a dict of such."""
    if isinstance(arg, dict):
        return all(map(_is_array, arg.values()))
    return type(arg).__name__ == "ndarray" and arg.dtype.kind in "fiu"


def _number(x: Any) -> float:
    return x._data if isinstance(x, Value) else float(x)
