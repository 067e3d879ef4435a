"""The arguments of a mapped function, and those of one example."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.errors import OperandError, ShapeError
from autodiff.program.inputs import Leaf, Tree
from autodiff.program.tracing.containers import flatten
from autodiff.value import Value


def count_of(arg: Tree) -> int:
    """How many entries a mapped argument has; those of a dict must agree."""
    if isinstance(arg, dict):
        counts = {count_of(item) for item in arg.values()}
        if len(counts) != 1:
            raise ShapeError(f"vmap: the items of a dict have {sorted(counts)} entries")
        return counts.pop()
    if getattr(arg, "shape", None) == ():
        raise OperandError("vmap: an array without axes has no entries; set its in_axes to None")
    entries = hasattr(arg, "__len__") and hasattr(arg, "__getitem__")
    if isinstance(arg, (str, bytes, Value)) or not entries:
        raise OperandError(
            f"vmap: {arg!r:.60} has no entries to map over; set its in_axes to None, or make a "
            "list of it"
        )
    return len(arg)


def row_of(arg: Tree, example: int) -> Tree:
    """One entry of a mapped argument."""
    if isinstance(arg, dict):
        return {key: row_of(item, example) for key, item in arg.items()}
    return arg[example]


def entries_of(arg: Tree) -> Tree:
    """A mapped argument: as it is where entries are cheap and stay, else a list of its entries.

    What makes its entries when they are asked for is asked once for each: an entry might be
    another object the next time, or hold other numbers when the results are looked at.
    """
    if hasattr(arg, "to_numpy"):
        arg = arg.to_numpy()
    if type(arg) in (list, tuple) or type(arg).__name__ == "ndarray":
        return arg
    if isinstance(arg, dict):
        return {key: entries_of(item) for key, item in arg.items()}
    return [arg[at] for at in range(count_of(arg))]


def _axes(in_axes: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    axes = [in_axes] * count if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(axes) != count or any(axis not in (0, None) for axis in axes) or 0 not in axes:
        raise OperandError(
            f"vmap: in_axes = {in_axes!r} for {count} arguments; it is 0 or None for each, and 0 "
            "for one at least"
        )
    return axes


class Arguments:
    """What a mapped function is called with; data frames as arrays."""

    def __init__(self, args: Sequence[Tree], in_axes: int | Sequence[int | None] | None) -> None:
        axes = _axes(in_axes, len(args))
        pairs = zip(args, axes, strict=True)
        self._args = [entries_of(arg) if axis == 0 else arg for arg, axis in pairs]
        self._axes = axes
        self.mapped: list[Tree] = [
            arg for arg, axis in zip(self._args, axes, strict=True) if axis == 0
        ]
        counts = {count_of(arg) for arg in self.mapped}
        if len(counts) != 1:
            raise ShapeError(
                f"vmap: the mapped arguments have {sorted(counts)} entries; they need one each "
                "per example"
            )
        #: how many examples there are
        self.count: int = counts.pop()

    def of(self, example: int) -> tuple[Tree, ...]:
        """The arguments of one example."""
        pairs = zip(self._args, self._axes, strict=True)
        return tuple([row_of(arg, example) if axis == 0 else arg for arg, axis in pairs])

    def parts(self, example: int) -> list[tuple[bool, list[Leaf]]]:
        """The numbers in each argument of an example, and whether it is a mapped argument."""
        parts = []
        for arg, axis in zip(self.of(example), self._axes, strict=True):
            found: list[Leaf] = []
            flatten(arg, found)
            parts.append((axis == 0, found))
        return parts

    def mixed(self) -> list[str]:
        """Where numbers are ints for some examples and floats for others."""
        kinds: dict[tuple[int, int], set[type]] = {}
        for example in range(self.count):
            for at, (_, part) in enumerate(self.parts(example)):
                for place, number in enumerate(part):
                    kinds.setdefault((at, place), set()).add(type(number))
        found = sorted(where for where, those in kinds.items() if those >= {int, float})
        return [f"number {place} of argument {at}" for at, place in found]

    def own(self, example: int) -> list[Tree]:
        """The entries of the mapped arguments that belong to an example."""
        return [row_of(arg, example) for arg in self.mapped]
