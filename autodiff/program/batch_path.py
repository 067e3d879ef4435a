"""One path through a mapped function, and the examples that take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autodiff.buffers import Places
from autodiff.errors import require

from .batch_machine import BatchMachine
from .examples import Examples
from .variant import Variant


@dataclass(frozen=True, eq=False)
class Segment:
    """The examples `members` (an array of their places) of a batch that take the same path.

    `shared` and `rows` are the numbers that they were computed from, `outputs` the results, of
    shape (results, members). `of_shared` and `of_rows` say which operand of the batch a number
    comes from; -1, or None for all of them, stands for plain numbers.
    """

    path: Path
    members: Any
    shared: Any
    rows: Any
    outputs: Any
    of_shared: Any
    of_rows: Any


@dataclass(frozen=True, eq=False)
class Taken:
    """Which examples took a path, which of these may have raised, and which took another one."""

    segment: Segment
    suspects: list[int]
    rest: Any


class Path:
    """A trace of the mapped function, ready to run for any number of examples."""

    def __init__(self, variant: Variant, mapped: Sequence[bool]) -> None:
        self.variant = variant
        self._captured = Places(variant.captured)
        self.machine = BatchMachine(variant.program, [*mapped, *[False] * len(variant.captured)])

    def run(self, examples: Examples, members: Any) -> Taken:
        """Run these examples and keep those whose guards come out as in the trace."""
        np = require("numpy", "jit")
        captured = self.variant.captured
        shared = np.empty(len(examples.shared) + len(captured))
        shared[: len(examples.shared)] = examples.shared
        self._captured.read(shared[len(examples.shared) :])
        of_shared = [*examples.of_shared, *[examples.place(leaf) for leaf in captured]]
        everything = len(members) == examples.count
        rows = examples.rows if everything else examples.rows[members]
        outputs, suspects = self.machine.forward(shared, rows)
        agrees = self._agrees(np, outputs)
        of_rows = examples.of_rows
        if agrees.all():
            kept, rest = members, members[:0]
        else:
            kept, rest = members[agrees], members[~agrees]
            rows, outputs, suspects = rows[agrees], outputs[:, agrees], suspects[agrees]
        if of_rows is not None:
            of_rows = of_rows[kept]
        outputs = outputs[: self.variant.results]
        found = Segment(
            self, kept, shared, rows, outputs, np.array(of_shared, dtype=np.int64), of_rows
        )
        return Taken(found, kept[suspects].tolist(), rest)

    def _agrees(self, np: Any, outputs: Any) -> Any:
        """For each example whether every guard has the answer that the trace depends on."""
        agrees = np.ones(outputs.shape[1], dtype=bool)
        for position, test, expected in self.variant.checks:
            numbers = outputs[position]
            if test is bool:
                agrees &= (numbers != 0.0) == expected
            else:
                agrees &= [_answer(test, number) == expected for number in numbers.tolist()]
        return agrees

    def raises(self, examples: Examples, example: int) -> bool:
        """Whether f raises for an example, of which some number is not finite."""
        numbers = [getattr(x, "_data", x) for x in examples.numbers(example)]
        captured = [leaf._data for leaf in self.variant.captured]
        machine = self.variant.machine
        return machine.raises(machine.forward([*map(float, numbers), *captured]))


def _answer(test: Any, number: float) -> int | None:
    try:
        return int(test(number))
    except (ValueError, OverflowError):  # int(nan), int(inf)
        return None
