"""The examples of a mapped function: their numbers as rows of one array."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from autodiff.program.inputs import Leaf, Tree
from autodiff.program.numpy_types import Array, NumPy, numpy
from autodiff.program.tracing.containers import flatten
from autodiff.program.tracing.statics import is_wide
from autodiff.value import Value

from .arguments import Arguments

#: structures that the examples of one call may have
MOST_STRUCTURES = 32
_EXACT = 2**53  # beyond this an int is no float any more
_NARROW = 8  # numbers of an example; of so few, each is best kept as a column


class Operands:
    """The Values that the results of a call depend on, each once."""

    def __init__(self) -> None:
        self.values: Sequence[Value] = ()
        self._places: dict[int, int] = {}

    def places(self, numbers: Iterable[Leaf]) -> list[int]:
        """Where the Values among some numbers stand; -1 for plain numbers."""
        if len(self._places) < len(self.values):
            self._places = {id(value): at for at, value in enumerate(self.values)}
        values, places, found = list(self.values), self._places, []
        for number in numbers:
            at = -1
            if isinstance(number, Value):
                at = places.setdefault(id(number), len(values))
                if at == len(values):
                    values.append(number)
            found.append(at)
        self.values = values
        return found

    def captured(self, leaves: tuple[Value, ...]) -> Array | list[int]:
        """The same for the different Values that a trace captured: there may be thousands."""
        if not self.values:
            self.values = leaves
        if self.values is leaves:
            return numpy().arange(len(leaves))
        return self.places(leaves)


class Examples:
    """Examples of one structure, taken apart into numbers.

    `members` are their places among all. `mapped` says for each number of an example whether it
    is the example's own; `rows` has these, one row per example, `shared` the others. `of_rows`
    and `of_shared` say which operand a number is, -1 for plain numbers; `of_rows` is None where
    there is no Value in the rows.
    """

    def __init__(
        self, arguments: Arguments, members: Array, rows: Array, operands: Operands,
        of_rows: Array | None = None,
    ) -> None:  # fmt: skip
        self.arguments = arguments
        self.members = members
        self.rows = rows
        self.of_rows = of_rows
        first = int(members[0])
        parts = arguments.parts(first)
        self.mapped: list[bool] = [own for own, part in parts for _ in part]
        self.structure: Hashable = flatten(arguments.of(first), [])
        shared = [number for own, part in parts if not own for number in part]
        self.shared: list[float] = [as_float(number) for number in shared]
        self.of_shared: list[int] = (
            operands.places(shared) if _has_values(shared) else [-1] * len(shared)
        )

    def numbers(self, example: int) -> list[Leaf]:
        """The numbers and Values of one example."""
        found: list[Leaf] = []
        flatten((self.arguments.of(example), {}), found)
        return found


def by_structure(arguments: Arguments, operands: Operands) -> list[Examples] | None:
    """The examples in groups of one structure; None if there are too many structures."""
    np = numpy()
    columns = _all_columns(np, arguments.mapped)
    if columns is None:
        return _one_by_one(np, arguments, operands)
    rows = _side_by_side(np, columns.parts)
    if not columns.mixed:
        return [Examples(arguments, np.arange(arguments.count), rows, operands)]
    groups: dict[tuple[type, ...], list[int]] = {}  # by the kinds, in order of appearance
    for example, kinds in enumerate(zip(*columns.mixed, strict=True)):
        groups.setdefault(kinds, []).append(example)
        if len(groups) > MOST_STRUCTURES:
            return None
    chosen = map(np.array, groups.values())
    return [Examples(arguments, members, rows[members], operands) for members in chosen]


@dataclass(frozen=True)
class _Columns:
    """A mapped argument as arrays of shape (examples, numbers).

    `mixed` are the kinds of the numbers, one per example, where these are ints and floats.
    """

    parts: list[Array]
    mixed: Sequence[Sequence[type]] = ()


def _all_columns(np: NumPy, args: Iterable[Tree]) -> _Columns | None:
    """The numbers of several mapped arguments."""
    parts: list[Array] = []
    mixed: list[Sequence[type]] = []
    for arg in args:
        columns = _columns(np, arg)
        if columns is None:
            return None
        parts += columns.parts
        mixed += columns.mixed
    return _Columns(parts, mixed)


def _columns(np: NumPy, arg: Tree) -> _Columns | None:
    """The numbers of a mapped argument, if it is one of the common kinds without Values."""
    kind = type(arg).__name__
    if kind == "ndarray":
        if arg.dtype.kind not in "fiu" or is_wide(arg):
            return None
        return _Columns([arg.reshape(len(arg), math.prod(arg.shape[1:]))])
    if isinstance(arg, dict):
        return _all_columns(np, arg.values())
    if kind not in ("list", "tuple"):
        return None
    kinds = set(map(type, arg))
    if kinds <= {float, int}:
        return _of_numbers(np, arg, kinds, 1)
    if kinds in ({list}, {tuple}) and len(set(map(len, arg))) == 1:
        flat = list(chain.from_iterable(arg))
        return _of_numbers(np, flat, set(map(type, flat)), len(arg[0]), len(arg))
    if len(kinds) == 1 and next(iter(kinds)).__name__ == "ndarray":
        alike = len({(entry.shape, entry.dtype) for entry in arg}) == 1
        return _columns(np, np.stack(arg)) if alike else None
    return None


def _of_numbers(
    np: NumPy, flat: Sequence[Tree], kinds: set[type], width: int, count: int | None = None
) -> _Columns | None:
    """Plain numbers, `width` per example."""
    if not kinds <= {float, int}:
        return None
    if int in kinds and any(type(x) is int and not -_EXACT <= x <= _EXACT for x in flat):
        return None
    mixed: list[list[type]] = []
    if len(kinds) == 2:
        places = [at for at in range(width) if len(set(map(type, flat[at::width]))) == 2]
        mixed = [list(map(type, flat[at::width])) for at in places]
    count = len(flat) if count is None else count
    return _Columns([np.array(flat, dtype=float).reshape(count, width)], mixed)


def _side_by_side(np: NumPy, parts: Sequence[Array]) -> Array:
    """One array of all columns: a copy, as results remember what they were computed from."""
    count, width = len(parts[0]), sum(part.shape[1] for part in parts)
    rows = np.empty((width, count)).T if width <= _NARROW else np.empty((count, width))
    start = 0
    for part in parts:
        rows[:, start : start + part.shape[1]] = part
        start += part.shape[1]
    return rows


def _one_by_one(np: NumPy, arguments: Arguments, operands: Operands) -> list[Examples] | None:
    """The groups, by a look at every example."""
    shared = [number for own, part in arguments.parts(0) if not own for number in part]
    whole = _has_values(shared)  # then a structure says which of them an example repeats
    groups: dict[Hashable, tuple[list[int], list[list[Leaf]]]] = {}
    for example in range(arguments.count):
        found: list[Leaf] = []
        if whole:
            structure = flatten(arguments.of(example), found)
            found = [x for own, part in arguments.parts(example) if own for x in part]
        else:
            structure = flatten(arguments.own(example), found)
        members, table = groups.setdefault(structure, ([], []))
        members.append(example)
        table.append(found)
        if len(groups) > MOST_STRUCTURES:
            return None
    return [_group(np, arguments, operands, *group) for group in groups.values()]


def _group(
    np: NumPy, arguments: Arguments, operands: Operands, members: list[int], table: list[list[Leaf]]
) -> Examples:
    shape = len(members), len(table[0])
    flat = list(chain.from_iterable(table))
    rows = np.array(list(map(as_float, flat)), dtype=float).reshape(shape)
    of_rows = None
    if _has_values(flat):
        of_rows = np.array(operands.places(flat), dtype=np.int64).reshape(shape)
    return Examples(arguments, np.array(members), rows, operands, of_rows)


def _has_values(numbers: Sequence[Leaf]) -> bool:
    return any(issubclass(kind, Value) for kind in set(map(type, numbers)))


def as_float(x: Leaf) -> float:
    """The number of a Value, or a plain number, as a float."""
    return x._data if isinstance(x, Value) else float(x)
