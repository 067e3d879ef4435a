"""From the Program of one example to code for a block of examples.

Every number that differs between examples takes `lanes` neighbouring slots, one per example; what
is the same for all takes one. So every instruction becomes one instruction in lanes whose columns
have step 1, or step 0 for what is shared, and the adjoint of a shared number is the sum over the
examples. Nothing has to be found: the structure is known.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from autodiff.program.machine.opcodes import HALT, Table
from autodiff.program.program import Program

from .fusion import Analysis
from .lane_words import LaneWords


class BatchLayout(LaneWords):
    """The memory of a block: shared leaves, constants, leaves of the examples, results."""

    def __init__(self, program: Program, table: Table, mapped: Sequence[bool], lanes: int) -> None:
        super().__init__(program, table, Analysis.of(program), exact=False)
        self.lanes = lanes
        #: for each slot of the Program whether it differs between examples
        self.varies: list[bool] = [*mapped, *[False] * len(program.constants)]
        for operands in program.operands:
            self.varies.append(any(self.varies[slot] for slot in operands))
        self.varies += [False] * 3
        leaves = range(program.leaves)
        self.shared: list[int] = [leaf for leaf in leaves if not mapped[leaf]]
        self.mapped: list[int] = [leaf for leaf in leaves if mapped[leaf]]
        numbers = [*range(program.leaves, program.first_result)]
        self.first_constant: int = self._place(0, self.shared)
        self.first_mapped: int = self._place(
            self.first_constant, [*numbers, self.minus_zero, self.one, self.zero]
        )
        self.first_result: int = self._place(self.first_mapped, self.mapped)
        self.results: list[int] = [program.first_result + index for index in self.kept]
        self.slots: int = self._place(self.first_result, self.results)
        #: how many slots do not depend on the number of lanes
        used = zip(self.slot, self.varies, strict=True)
        self.shared_slots: int = sum(at >= 0 and not varies for at, varies in used)

    def _place(self, at: int, slots: Iterable[int]) -> int:
        """Give these slots of the Program their places from `at` on; the place behind them."""
        for slot in slots:
            self.slot[slot] = at
            at += self.lanes if self.varies[slot] else 1
        return at

    def forward(self) -> array[int]:
        """The code of the forward pass."""
        return self._batch_code(self.kept, reverse=False)

    def reverse(self, roots: Sequence[int]) -> array[int]:
        """The code of the sweep: the same from any outputs, as it skips what is not touched."""
        first = self.program.first_result
        wanted = [index for index in self.kept if self.active[first + index]]
        return self._batch_code(wanted[::-1], reverse=True)

    def _batch_code(self, indices: Iterable[int], *, reverse: bool) -> array[int]:
        words = array("I")
        for index in indices:
            if self.varies[self.program.first_result + index]:
                slots = self.factors(index)
                columns = [(self.slot[slot], int(self.varies[slot])) for slot in slots]
                words.extend(self.lane_words(index, self.lanes, columns, reverse=reverse))
            else:
                words.extend(self._words(index))
        words.append(HALT)
        return words
