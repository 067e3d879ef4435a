"""What a mapped function returns: a list of results that makes their nodes on demand."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, overload

from autodiff.graph import Note
from autodiff.modes import current, finish, modes
from autodiff.program.inputs import Tree
from autodiff.program.numpy_types import Array, numpy
from autodiff.value import Value

from .batch_calls import batch_node, bundle, entry_node, mean_node
from .batch_numbers import columns, filled, table
from .batch_path import Segment

_SHOWN = 1_000  # results; of more than these, repr shows the first and the last


class Batch(Sequence[Tree]):
    """The results of a mapped function, one per example: a list that makes Values on demand.

    `autodiff.sum` and `autodiff.mean` of single Values take it as a whole. `made` are results that
    are there already, by their example.
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # as lists have none

    def __init__(
        self, name: str, segments: Sequence[Segment], operands: Sequence[Value],
        made: Mapping[int, Tree], count: int,
    ) -> None:  # fmt: skip
        mode = current() if modes else None
        self._segments = segments
        self._batch: Value | None = None
        if mode is None or mode.recording:
            self._batch = batch_node(name, segments, operands) if segments else None
        self._scope = mode.scope if mode else ()
        self._count = count
        self._plain = bool(made)
        self._made: dict[int, Tree] = dict(made)
        self._path = self._place = None
        if made or len(segments) > 1:
            np = numpy()
            #: for each example its segment, and its place there
            self._path, self._place = np.empty((2, count), dtype=np.int64)
            for at, segment in enumerate(segments):
                self._path[segment.members] = at
                self._place[segment.members] = np.arange(len(segment.members))

    # ---- as a list ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Tree: ...
    @overload
    def __getitem__(self, index: slice) -> list[Tree]: ...
    def __getitem__(self, index: int | slice) -> Tree:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        at = operator.index(index)
        if not -self._count <= at < self._count:
            raise IndexError(f"result {at} of a batch of {self._count}")
        at %= self._count
        if at not in self._made:
            self._made[at] = self._entry(at)
        return self._made[at]

    def __iter__(self) -> Iterator[Tree]:
        return (self[at] for at in range(self._count))

    def tolist(self) -> list[Tree]:
        """All results in a list."""
        return list(self)

    @property
    def numbers(self) -> Array:
        """The numbers of all results as an array: one per example, or a row of them.

        A copy: nothing is recorded, and the graph keeps its own.
        """
        if not self._plain:
            found = [columns(each.path.variant, each.outputs) for each in self._segments]
            kinds = {None if part is None else (len(part[0]), part[1]) for part in found}
            if len(kinds) == 1 and None not in kinds:
                pairs = zip(self._segments, found, strict=True)
                parts = [(each.members, part[0]) for each, part in pairs if part is not None]
                return filled(parts, self._count, next(part[1] for part in found if part))
        return table(self)

    def __add__(self, other: object) -> list[Tree]:
        return [*self, *other] if isinstance(other, (list, Batch)) else NotImplemented

    def __radd__(self, other: object) -> list[Tree]:
        return [*other, *self] if isinstance(other, list) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, Batch)) else NotImplemented

    def __repr__(self) -> str:
        if self._count <= _SHOWN:
            return repr(list(self))
        return f"[{self[0]!r}, {self[1]!r}, ... {self._count - 3} more ..., {self[-1]!r}]"

    def __reduce__(self) -> tuple[type, tuple[list[Tree]]]:
        """Copies and pickles are lists of the results."""
        return list, (list(self),)

    # ---- nodes -------------------------------------------------------------------------------

    def _entry(self, at: int) -> Tree:
        """The result of one example, in the shape that the function returned."""
        path, place = 0, at
        if self._path is not None and self._place is not None:
            path, place = int(self._path[at]), int(self._place[at])
        variant = self._segments[path].path.variant
        nodes = []
        for output in range(variant.results):
            node = self._node(path, place, output)
            node.label = variant.labels[output]
            nodes.append(node)
        return variant.refill(nodes)

    def _node(self, path: int, place: int, output: int) -> Value:
        """One number of a result: a node of the mode in which the batch was computed."""
        if self._batch is None:
            return Value(float(self._segments[path].outputs[output, place]))
        node = entry_node(self._batch, path, place, output)
        if self._scope:
            node._note = Note(self._scope)
        return node

    def __autodiff_sum__(self, n: float = 1.0) -> Value | None:
        """The sum of the results from left to right, over n, as one node; None if impossible."""
        single = all(segment.path.variant.single for segment in self._segments)
        if self._plain or not single:
            return None
        if self._batch is None:
            return Value(bundle(self._segments).total() / n)
        node = mean_node(self._batch, n)
        # Inside a trace it is a Value from outside, as the results themselves are.
        return finish(node) if modes and current().observer is None else node
