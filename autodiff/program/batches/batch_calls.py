"""The nodes of a batch: all examples together are one node of the surrounding graph.

Its number is a bundle of all results. A result that is looked at becomes a node that picks its
part, the sum over the examples is one node too, and a backward pass from any of them goes once
through the blocks of the batch. These primitives do not refer to themselves: a graph is freed by
counting references alone, also where every call brings a primitive of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Never, Protocol

from autodiff.buffers import commit
from autodiff.graph import lock
from autodiff.modes import modes
from autodiff.primitive import Primitive
from autodiff.program.numpy_types import Array, numpy
from autodiff.program.tracing.calls import CallNode, CompiledPrimitive, Result, result_node
from autodiff.value import Value

from .batch_path import Segment


class Spread(float):
    """All results of a batch, or their adjoints, where the engine holds one float.

    `parts` are arrays of shape (results, examples), one for each path that was taken, and
    `members` say which of all examples these are.
    """

    __slots__ = ("members", "parts")
    parts: list[Array]
    members: list[Array]

    def __new__(cls, parts: list[Array], members: list[Array]) -> Spread:
        """A float that carries arrays."""
        made = super().__new__(cls, 0.0)
        made.parts, made.members = parts, members
        return made

    @classmethod
    def of(cls, segments: Sequence[Segment], parts: list[Array]) -> Spread:
        """One array for each segment."""
        return cls(parts, [segment.members for segment in segments])

    def total(self) -> float:
        """0.0 + the first result of each example, from left to right."""
        np = numpy()
        numbers = self.parts[0][0]
        if len(self.parts) > 1:
            numbers = np.empty(sum(map(len, self.members)))
            for part, members in zip(self.parts, self.members, strict=True):
                numbers[members] = part[0]
        return float(np.add.accumulate(np.append(0.0, numbers))[-1])

    def __eq__(self, other: object) -> bool:
        equal = partial(numpy().array_equal, equal_nan=True)
        return isinstance(other, Spread) and all(map(equal, self.parts, other.parts))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__


class BatchPrimitive(CompiledPrimitive):
    """One run over a batch, as a primitive of all Values that it depends on."""

    def __init__(self, name: str, segments: Sequence[Segment]) -> None:
        again = partial(_run_again, segments)
        super().__init__(name, again, f"The function {name} over a batch.")
        self.segments = segments
        self._total = None
        self.pullback = _sweep

    @property
    def total(self) -> Primitive:
        """It never raises: the machine's numbers are total."""
        return self


class BatchNode(Protocol):
    """The node of a batch, as its pullback and its parts see it."""

    primitive: BatchPrimitive
    _x: tuple[Value, ...]
    _adjoint: Any  # untouched, or a Spread


def _run_again(segments: Sequence[Segment], *operands: float) -> Spread:
    """The outputs at other operands: what `evaluate` needs."""
    return Spread.of(
        segments, [s.path.machine.forward(*_numbers(s, operands))[0] for s in segments]
    )


def _numbers(segment: Segment, operands: Sequence[float]) -> tuple[Array, Array]:
    """Shared numbers and rows of a segment at other numbers of the operands."""
    np = numpy()
    given = np.array([*operands, 0.0])
    shared = np.where(segment.of_shared >= 0, given[segment.of_shared], segment.shared)
    if segment.of_rows is None:
        return shared, segment.rows
    return shared, np.where(segment.of_rows >= 0, given[segment.of_rows], segment.rows)


def _sweep(node: BatchNode, adjoint: float) -> None:
    """Sweep back through all blocks, and pass what was found to the operands."""
    assert isinstance(adjoint, Spread)
    np = numpy()
    operands = node._x
    again = getattr(node, "_frame", None) is None  # a node that was made at other numbers
    total = np.full(len(operands) + 1, -0.0)  # the last one is of plain numbers
    for segment, seeds in zip(node.primitive.segments, adjoint.parts, strict=True):
        if again:
            at = _numbers(segment, [operand._data for operand in operands])
            segment = replace(segment, shared=at[0], rows=at[1], kept=None)
        shared, rows = segment.reverse(seeds)
        np.add.at(total, segment.of_shared, shared)
        if rows is not None:
            np.add.at(total, segment.of_rows, rows)
    reached = (total != 0.0) | ~np.signbit(total)
    for operand, part, is_reached in zip(operands, total.tolist(), reached.tolist(), strict=False):
        if is_reached:
            operand._adjoint += part


def _leave(batch: BatchNode) -> list[Array]:
    """The adjoints of a batch, whose pullback comes after those of all its parts."""
    if batch._adjoint.__class__ is not Spread:
        segments = batch.primitive.segments
        batch._adjoint = Spread.of(segments, [_untouched(segment) for segment in segments])
    return batch._adjoint.parts


def _untouched(segment: Segment) -> Array:
    return numpy().full(segment.outputs.shape, -0.0)


class _Entry(CompiledPrimitive):
    """One result of one example: of (batch, which path, place among its examples, output)."""

    def __init__(self) -> None:
        super().__init__("vmap_result", self._pick, "One result of a batch.")

    def _pick(self, *operands: Any) -> float:
        batch, path, place, output = operands
        return float(batch.parts[int(path)][int(output), int(place)])

    def _pullback(self, node: CallNode, adjoint: float) -> None:
        batch, path, place, output = node._x
        _leave(batch)[int(path)][int(output), int(place)] += adjoint + 0.0


class _Total(CompiledPrimitive):
    """The sum over all examples of their only result, in their order, and its division by n."""

    def __init__(self) -> None:
        super().__init__("vmap_mean", self._mean, "The sum of the results of a batch, over n.")

    def _mean(self, batch: Spread, n: float) -> float:
        return batch.total() / n

    def _pullback(self, node: CallNode, adjoint: float) -> None:
        batch, n = node._x
        for part in _leave(batch):
            part[0] += adjoint * (1.0 / n) + 0.0


class _TotalResult(Result):
    """The node of such a sum or mean; on leaves alone it needs no walk over the graph."""

    __slots__ = ()

    def backward(self, seed: float = 1.0, **options: Never) -> None:
        """Add seed * d(self)/d(node) to the `grad` of every node that self depends on."""
        batch, n = self._x
        segments = batch.primitive.segments
        if options or modes or len(segments) > 1 or not segments[0].on_leaves:
            return super().backward(seed, **options)
        (segment,), seed = segments, self._real(seed)
        seeds = _untouched(segment)
        seeds[0] = seed * (1.0 / n) + 0.0
        parts, _ = segment.reverse(seeds)
        captured = segment.path.captured
        with lock:
            writes = captured.additions(parts[len(parts) - len(captured.values) :])
            commit([*writes, (setattr, self, "_grad", self._grad + seed)])
        return None


_ENTRY, _TOTAL = _Entry(), _Total()


def bundle(segments: Sequence[Segment]) -> Spread:
    """All results of some segments."""
    return Spread.of(segments, [segment.outputs for segment in segments])


def batch_node(name: str, segments: Sequence[Segment], operands: Sequence[Value]) -> Value:
    """The node of a batch that has been computed."""
    primitive = BatchPrimitive(name, segments)
    number = bundle(segments)
    return result_node(primitive, number, tuple(operands), primitive)  # type: ignore[arg-type]  # any frame marks a node that has been run


def entry_node(batch: Value, path: int, place: int, output: int) -> Value:
    """One result of one example of a batch."""
    operands: Any = batch, float(path), float(place), float(output)
    return result_node(_ENTRY, _ENTRY.forward(batch._data, *operands[1:]), operands, batch._frame)  # type: ignore[attr-defined]  # see batch_node


def mean_node(batch: Value, n: float) -> Value:
    """The sum over all examples, divided by n."""
    operands: Any = batch, n
    node = result_node(_TOTAL, _TOTAL.forward(batch._data, n), operands, batch._frame)  # type: ignore[attr-defined]  # see batch_node
    node.__class__ = _TotalResult
    return node
