"""What a mapped function returns: a list of results whose nodes are made when they are looked at.

All examples together are one node of the surrounding graph, whose number is a bundle of all
results. A result that is looked at becomes a node that picks its part; the sum over the examples
is one node too. Either way a backward pass goes once through the blocks of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from autodiff.context import current, finish, modes
from autodiff.errors import require
from autodiff.value import Value

from .batch_path import Segment
from .calls import _CompiledPrimitive, _node
from .examples import Examples


class Spread(float):
    """All results of a batch, or their adjoints, where the engine holds one float."""

    __slots__ = ("parts",)
    parts: list[Any]


class BatchPrimitive(_CompiledPrimitive):
    """One run over a batch, as a primitive of all Values that it depends on."""

    def __init__(self, name: str, segments: Sequence[Segment]) -> None:
        super().__init__(name, self._run_again, f"The function {name} over a batch.")
        self.segments = segments

    def _run_again(self, *operands: float) -> float:
        """The outputs at other operands, in a bundle: what `evaluate` needs."""
        return bundle(
            [
                segment.path.machine.forward(*_numbers(segment, operands))[0]
                for segment in self.segments
            ]
        )

    def _pullback(self, node: Any, adjoint: float) -> None:
        """Sweep back through all blocks, and pass what was found to the operands."""
        assert isinstance(adjoint, Spread)
        np = require("numpy", "jit")
        operands = node._x
        again = getattr(node, "_frame", None) is None  # a node that evaluate() has made
        total = np.full(len(operands) + 1, -0.0)  # the last one is of plain numbers
        for segment, seeds in zip(self.segments, adjoint.parts, strict=True):
            numbers = segment.shared, segment.rows
            if again:
                numbers = _numbers(segment, [operand._data for operand in operands])
            rows_too = segment.of_rows is not None
            shared, rows = segment.path.machine.reverse(*numbers, seeds, rows_too=rows_too)
            np.add.at(total, segment.of_shared, shared)
            if rows_too:
                np.add.at(total, segment.of_rows, rows)
        reached = ((total != 0.0) | ~np.signbit(total)).tolist()
        for operand, part, is_reached in zip(operands, total.tolist(), reached, strict=False):
            if is_reached:
                operand._adjoint += part


def _numbers(segment: Segment, operands: Sequence[float]) -> tuple[Any, Any]:
    """Shared numbers and rows of a segment at other numbers of the operands."""
    np = require("numpy", "jit")
    given = np.array([*operands, 0.0])
    shared = np.where(segment.of_shared >= 0, given[segment.of_shared], segment.shared)
    if segment.of_rows is None:
        return shared, segment.rows
    return shared, np.where(segment.of_rows >= 0, given[segment.of_rows], segment.rows)


class _PartPrimitive(_CompiledPrimitive):
    """Some results of a batch added up, from left to right: those of one segment, or one alone."""

    def __init__(self, name: str, segment: int, output: int, example: int | None) -> None:
        super().__init__(name, self._pick, f"A part of {name}.")
        self._where = segment, output, slice(None) if example is None else example

    def _pick(self, whole: Any) -> float:
        segment, output, example = self._where
        return _added(whole.parts[segment][output, example])

    def _pullback(self, node: Any, adjoint: float) -> None:
        """Leave the adjoint with the batch, whose pullback comes after those of its parts."""
        (batch,) = node._x
        if batch._adjoint.__class__ is not Spread:
            batch._adjoint = bundle([_untouched(s) for s in batch.primitive.segments])
        segment, output, example = self._where
        batch._adjoint.parts[segment][output, example] += adjoint + 0.0


def bundle(parts: list[Any]) -> Spread:
    """Arrays of shape (results, examples), one per segment, as one float."""
    made = Spread(0.0)
    made.parts = parts
    return made


def _untouched(segment: Segment) -> Any:
    np = require("numpy", "jit")
    return np.full(segment.outputs.shape, -0.0)


def _added(numbers: Any) -> float:
    """0.0 + the numbers, from left to right."""
    np = require("numpy", "jit")
    return float(np.add.accumulate(np.append(0.0, numbers))[-1])


class Batch(Sequence[Any]):
    """The results of a mapped function, one per example: a sequence that makes Values on demand.

    `autodiff.sum` and `autodiff.mean` of single Values take it as a whole.
    """

    def __init__(
        self, name: str, segments: Sequence[Segment], count: int, call: Value | None
    ) -> None:
        np = require("numpy", "jit")
        self._name = name
        self._segments = segments
        self._call = call
        self._count = count
        self._made: dict[int, Any] = {}
        #: for each example its segment, and its place there
        self._segment, self._place = np.empty((2, count), dtype=np.int64)
        for at, segment in enumerate(segments):
            self._segment[segment.members] = at
            self._place[segment.members] = np.arange(len(segment.members))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        at = range(self._count)[index]
        if at not in self._made:
            self._made[at] = self._entry(at)
        return self._made[at]

    def _entry(self, at: int) -> Any:
        """The result of one example, in the shape that the function returned."""
        number, place = int(self._segment[at]), int(self._place[at])
        variant = self._segments[number].path.variant
        nodes = []
        for output in range(variant.results):
            node = self._part(number, output, place)
            node.label = variant.labels[output]
            nodes.append(node)
        return variant.refill(nodes)

    def _part(self, segment: int, output: int, example: int | None) -> Value:
        primitive = _PartPrimitive(self._name, segment, output, example)
        number = primitive.forward(bundle([segment.outputs for segment in self._segments]))
        if self._call is None:
            return Value(number)
        node = _node(primitive, number, (self._call,), self._call._frame)  # type: ignore[attr-defined]  # calls made by jit have it
        return finish(node) if modes else node

    def __autodiff_sum__(self) -> Any:
        """The sum of the results from left to right as one node; None if that cannot be."""
        (variant, *others) = [segment.path.variant for segment in self._segments]
        if others or not variant.single:
            return None
        return self._part(0, 0, None)

    def __add__(self, other: Any) -> list[Any]:
        return list(self) + list(other)

    def __radd__(self, other: Any) -> list[Any]:
        return list(other) + list(self)

    def __repr__(self) -> str:
        return repr(list(self))


def results(name: str, segments: Sequence[Segment], examples: Examples) -> Batch:
    """The results of segments that have been computed, as one node on all Values of the batch."""
    call = None
    if not modes or current().recording:
        primitive = BatchPrimitive(name, segments)
        number = bundle([segment.outputs for segment in segments])
        call = _node(primitive, number, tuple(examples.values), primitive)  # type: ignore[arg-type]  # marks a node that has been run
    return Batch(name, segments, examples.count, call)
