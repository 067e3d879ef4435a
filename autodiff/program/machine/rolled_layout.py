"""From a Program with a body to code: what is left of it, and one instruction for all examples.

The forward pass computes the same bits as in the order of the graph. The sweep adds up adjoints of
shared numbers over examples in vectors, so gradients differ by rounding.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain

from autodiff.extras import require
from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.lowering.block_opcodes import BlockTable
from autodiff.program.lowering.bodies import Rolled
from autodiff.program.lowering.fusion import Analysis
from autodiff.program.lowering.lower import Layout
from autodiff.program.lowering.opcodes import HALT, Table

from .rolled_batch import Batch


class RolledLayout(Layout):
    """The layout of the rest, with the batch between what comes before it and after it."""

    def __init__(self, rolled: Rolled, table: Table, blocks: BlockTable, room: int) -> None:
        np = require("numpy", "jit")
        rest = rolled.rest
        read = [*rolled.shared, *rolled.mapped.ravel().tolist()]
        super().__init__(rest, table, Analysis.of(rest, outputs=read), exact=False)
        place = np.array(self.slot).astype(np.uint32)  # what is fused away nobody reads
        mapped = [at >= len(rolled.shared) for at in range(rolled.body.leaves)]
        body = BlockLayout(rolled.body, table, blocks, mapped, hoist=False)
        flag = self.slots
        self.slots += 1
        first = rest.leaves - len(rolled.body.outputs) * rolled.count
        shared = array("I", place[np.array(rolled.shared, dtype=int)].tobytes())
        where = shared, place[rolled.mapped]
        self.batch: Batch = Batch(body, blocks, where, first, flag, self.slots + room, room)
        self.extra: tuple[int, int] = self.batch.extra
        self.frames = self.batch.frames
        self._before = rolled.before

    def describe(self) -> list[str]:
        """Lines for `explain()`."""
        return [self.batch.describe()]

    def forward(self) -> array[int]:
        """The code of the forward pass."""
        parts = [[at for at in self.kept if (at >= self._before) is late] for late in (False, True)]
        return self._around(*parts, reverse=False)

    def reverse(self, roots: Sequence[int]) -> array[int] | None:
        """The code of the sweep: the same from any outputs, as it skips what is not touched."""
        first = self.program.first_result
        wanted = [at for at in reversed(self.kept) if self.active[first + at]]
        parts = [[at for at in wanted if (at >= self._before) is late] for late in (True, False)]
        return self._around(*parts, reverse=True)

    def _around(self, start: Sequence[int], end: Sequence[int], *, reverse: bool) -> array[int]:
        address = self.frames[reverse]
        batch = [self.table.named("batch").number, address & 0xFFFFFFFF, address >> 32]
        halves = [chain.from_iterable(map(self._words, part)) for part in (start, end)]
        return array("I", [*halves[0], *batch, *halves[1], HALT])
