"""One path through a mapped function, and the examples that take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autodiff.buffers import Places
from autodiff.program.machine import chosen as machine
from autodiff.program.machine.interface import OnExamples
from autodiff.program.numpy_types import Array, NumPy, numpy
from autodiff.program.tracing.guard_questions import QUESTIONS
from autodiff.program.tracing.variant import Variant

from .examples import Examples, Operands, as_float


@dataclass(frozen=True, eq=False)
class Segment:
    """The examples `members` (an array of their places) of a batch that take the same path.

    `shared` and `rows` are the numbers that they were computed from, `outputs` the results, of
    shape (results, members). `of_shared` and `of_rows` say which operand of the batch a number
    comes from; -1, or None for all of them, stands for plain numbers. A segment is `on_leaves`
    where the operands are captured leaves alone. What is `kept` spares its sweep a forward pass.
    """

    path: Path
    members: Array
    shared: Array
    rows: Array
    outputs: Array
    of_shared: Array
    of_rows: Array | None
    on_leaves: bool
    kept: object

    def reverse(self, seeds: Array) -> tuple[Array, Array | None]:
        """The adjoints of the shared numbers, and those of the rows if there are Values in them."""
        rows_too = self.of_rows is not None
        machine = self.path.machine
        return machine.reverse(self.shared, self.rows, seeds, self.kept, rows_too=rows_too)


@dataclass(frozen=True, eq=False)
class Taken:
    """Which examples took a path, which of these may have raised, and which took another one.

    Examples are counted among all; `rest` counts among those of their structure.
    """

    segment: Segment
    suspects: list[int]
    rest: Array


class Path:
    """A trace of the mapped function, ready to run for any number of examples."""

    def __init__(self, variant: Variant, mapped: Sequence[bool]) -> None:
        self.variant = variant
        #: how many examples it has answered
        self.served = 0
        self.captured: Places = Places(variant.captured)
        self._on_leaves = all(value.primitive is None for value in variant.captured)
        self._mapped = mapped
        self.machine: OnExamples = machine().on_examples(
            variant.program, [*mapped, *[False] * len(variant.captured)]
        )

    def run(self, examples: Examples, chosen: Array, operands: Operands) -> Taken:
        """Run some examples of a structure and keep those whose guards come out as traced."""
        np = numpy()
        count, captured = len(examples.shared), self.variant.captured
        shared = np.empty(count + len(captured))
        shared[:count] = examples.shared
        self.captured.read(shared[count:])
        everything = len(chosen) == len(examples.rows)
        rows = examples.rows if everything else examples.rows[chosen]
        single = self.variant.results == 1
        outputs, suspects, kept = self.machine.forward(shared, rows, single=single)
        agrees = self._agrees(np, outputs)
        rest = chosen[:0]
        if agrees is not None and not agrees.all():
            everything, kept = False, None
            chosen, rest = chosen[agrees], chosen[~agrees]
            rows, outputs, suspects = rows[agrees], outputs[:, agrees], suspects[agrees]
        members, of_rows = examples.members, examples.of_rows
        if not everything:
            members = members[chosen]
            of_rows = None if of_rows is None else of_rows[chosen]
        of_shared = np.empty(len(shared), dtype=np.int64)
        of_shared[:count] = examples.of_shared
        of_shared[count:] = operands.captured(captured)
        alone = self._on_leaves and operands.values is captured
        outputs = outputs[: self.variant.results]
        self.served += len(members)
        segment = Segment(self, members, shared, rows, outputs, of_shared, of_rows, alone, kept)
        return Taken(segment, members[suspects].tolist() if suspects.any() else [], rest)

    def _agrees(self, np: NumPy, outputs: Array) -> Array | None:
        """For each example whether every guard has the answer that the trace depends on."""
        checks = self.variant.checks
        if not checks:
            return None
        agrees = np.ones(outputs.shape[1], dtype=bool)
        for position, _, expected, question in checks:
            agrees &= QUESTIONS[question].agree(np, outputs[position], expected)
        return agrees

    def split(self, examples: Examples, chosen: Array) -> tuple[Array, Array]:
        """Some examples in two: those with the numbers that the trace asked for, the others."""
        if not self.variant.pins:
            return chosen, chosen[:0]
        np = numpy()
        fits = np.ones(len(chosen), dtype=bool)
        for leaf, expected in zip(self.variant.pins, self.variant.pinned, strict=True):
            mapped = self._mapped[leaf]
            place = sum(own is mapped for own in self._mapped[:leaf])
            numbers = examples.rows[chosen, place] if mapped else np.asarray(examples.shared[place])
            fits &= QUESTIONS["value"].agree(np, numbers, expected)
        return chosen[fits], chosen[~fits]

    def raises(self, examples: Examples, example: int) -> bool:
        """Whether f raises for an example, of which some number is not finite."""
        numbers = [*map(as_float, examples.numbers(example)), *map(as_float, self.variant.captured)]
        machine = self.variant.machine
        return machine.raises(machine.forward(numbers))
