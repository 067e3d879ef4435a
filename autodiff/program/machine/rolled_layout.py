"""From a Program with a body to code: what is left of it, and one instruction for all examples.

The forward pass computes the same bits as in the order of the graph. The sweep adds up adjoints of
shared numbers over examples in vectors, so gradients differ by rounding.

All numbers lie in the memories of a run, behind their slots: shared numbers and the numbers of
blocks in that of numbers, vectors of sums and the adjoints of a block in that of adjoints.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

from autodiff.extras import require
from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.lowering.block_opcodes import EXAMPLES, BlockTable
from autodiff.program.lowering.bodies import Rolled
from autodiff.program.lowering.fusion import Analysis
from autodiff.program.lowering.lower import Layout
from autodiff.program.lowering.opcodes import HALT, Table

from .block_frame import FRAME
from .registers import WIDTH

_KEPT = 1 << 17  # numbers that are kept for the sweep; else it computes each block again


class Batch:
    """The frames of a batch whose results are the slots from `first` on.

    `where` has the slots of the shared leaves, and those of the others with a column per term.
    `frames` are the addresses of those of the forward pass and of the sweep, `extra` how many
    numbers it needs behind the first `start` of a run's memory, and how many behind its adjoints.
    """

    def __init__(
        self, body: BlockLayout, table: BlockTable, where: tuple[array[int], Any], first: int,
        flag: int, start: int, room: int,
    ) -> None:  # fmt: skip
        np = require("numpy", "jit")
        self._shared, mapped = where
        self._body, self._count = body, mapped.shape[1]
        self._blocks = -(-self._count // EXAMPLES)
        self._forward, self._sweep = body.forward(), body.sweep()
        for words, reverse in ((self._forward, False), (self._sweep, True)):
            table.verify(words, (body.shared, body.rows), room=room, reverse=reverse)
        self._outputs = array("I", [body.word[slot] >> 1 for slot in body.program.outputs])
        ends = ((0, 0), (0, self._blocks * EXAMPLES - self._count))
        self._slots = array("I", np.pad(mapped, ends, mode="edge").tobytes())
        size = body.rows * EXAMPLES
        kept = self._blocks if self._blocks * size <= _KEPT else 1
        shared = _aligned(start)
        numbers = shared + _aligned(body.shared)
        after = numbers + kept * size + WIDTH
        self.constants: tuple[int, tuple[float, ...]]
        self.constants = shared + len(self._shared), body.constants
        sums = _aligned(flag + 1 + WIDTH)
        adjoints = sums + body.shared * WIDTH
        reached = adjoints + size + WIDTH
        reached_shared = reached + body.rows
        self.extra: tuple[int, int] = after - start, reached_shared + body.shared - (flag + 1)
        common = {
            "examples": self._count, "own": body.own, "count": body.rows, "shared": 8 * shared,
            "numbers": 8 * numbers, "step": size if kept > 1 else 0,
            "scratch": 8 * (start - room), "row_slots": _address(self._slots),
            "next_slot": self._blocks * EXAMPLES, "shared_slots": _address(self._shared),
            "leaves": len(self._shared), "shares": body.shared,
            "output_words": _address(self._outputs), "flag": 8 * flag,
        }  # fmt: skip
        code = _address(self._forward)
        active = any(body.active[leaf] for leaf in range(len(self._shared), body.program.leaves))
        forward = common | {
            "forward": code, "outputs": len(self._outputs), "results": 8 * first,
            "next_result": self._count,
        }  # fmt: skip
        sweep = common | {
            "forward": code if kept < self._blocks else 0, "reverse": _address(self._sweep),
            "of_shared": 8 * sums, "adjoints": 8 * adjoints, "reached": 8 * reached,
            "reached_shared": 8 * reached_shared, "seeds": 8 * first,
            "seeded": len(self._outputs), "next_seed": self._count, "of_rows": int(active),
        }  # fmt: skip
        self._words = [
            array("Q", [frame.get(name, 0) for name in FRAME]) for frame in (forward, sweep)
        ]
        self.frames: list[int] = [_address(words) for words in self._words]

    def describe(self) -> str:
        body = self._body
        return (
            f"one body for {self._count} alike terms: {body.rows - body.own} instructions, "
            f"{EXAMPLES} terms at a time"
        )


def _address(words: array[int]) -> int:
    return words.buffer_info()[0]


def _aligned(count: int) -> int:
    """The next number of numbers that ends where a vector may start."""
    return -(-count // WIDTH) * WIDTH


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
        return [self.batch.describe()]

    def forward(self) -> array[int]:
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
