"""A body for many examples as one instruction: its code, and where its numbers are.

Everything lies in the memories of a run, behind their slots: shared numbers and the numbers of
blocks in that of numbers, vectors of sums and the adjoints of a block in that of adjoints.
"""

from __future__ import annotations

from array import array
from typing import Any

from autodiff.extras import require
from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.lowering.block_opcodes import EXAMPLES, BlockTable

from .block_frame import FRAME
from .vector_emit import WIDTH

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
        """A line for `explain()`."""
        body = self._body
        return (
            f"one body for {self._count} alike terms: {body.rows - body.own} instructions, "
            f"{EXAMPLES} terms at a time"
        )


def _address(words: array[int]) -> int:
    return words.buffer_info()[0]


def _aligned(count: int) -> Any:
    """The next number of numbers that ends where a vector may start."""
    return -(-count // WIDTH) * WIDTH
