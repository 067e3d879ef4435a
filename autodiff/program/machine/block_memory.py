"""Memory for blocks: numbers, adjoints, and what a forward pass leaves for the sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.lowering.block_opcodes import EXAMPLES
from autodiff.program.numpy_types import Array, numpy

from .llvm_machine import LlvmExecutable
from .registers import WIDTH
from .run_memory import LlvmFrame

_KEPT = 1 << 16  # numbers that are kept for the sweep
#: examples in one call of the machine: between two, an interrupt is heard and sums are rounded off
AT_ONCE = 128 * EXAMPLES
_ALIGNED = 64  # bytes of a vector


def _aligned(count: int) -> Array:
    """Memory that starts where a vector may."""
    made = numpy().zeros(count + _ALIGNED // 8)
    skipped = -made.ctypes.data % _ALIGNED // 8
    return made[skipped : skipped + count]


@dataclass(frozen=True)
class Kept:
    """What a forward pass has left: the numbers of its blocks, or adjoints for seeds of 1.

    When nobody needs the memory any more, others may use it.
    """

    memory: Memory | None
    numbers: Array | None
    totals: Array | None


class Memory:
    """Shared numbers, the numbers of blocks, and their adjoints."""

    def __init__(self, layout: BlockLayout, room: int, outer: LlvmExecutable | None) -> None:
        self.layout = layout
        self.shared: Array = _aligned(layout.shared + WIDTH)
        first = len(layout.leaves_shared)
        self.shared[first : first + len(layout.constants)] = layout.constants
        self._size = layout.rows * EXAMPLES
        self._numbers = _aligned(self._size + WIDTH)
        self._many: Array | None = None
        self._scratch = _aligned(room + WIDTH)
        self._sums: Sums | None = None
        self._outer = outer  # runs what is shared
        self._frame: LlvmFrame | None = None

    def share(self, shared: Array) -> bool:
        """Take the numbers of shared leaves, and compute what follows; whether one is suspect."""
        self.shared[: len(shared)] = shared
        if self._outer is None:
            return False
        self._frame = frame = self._outer.forward(shared.tolist())
        first = len(shared) + len(self.layout.constants)
        self.shared[first : first + len(frame.outputs)] = frame.outputs
        return frame.suspect

    def keep(self, count: int) -> Array | None:
        """Memory for the numbers of all blocks, if they are few."""
        room = -(-count // EXAMPLES) * self._size
        if room > _KEPT or count > AT_ONCE:
            return None
        if self._many is None or len(self._many) < room:
            self._many = _aligned(room + WIDTH)
        return self._many

    def sums(self) -> Sums:
        """Memory for adjoints, made when it is needed: nothing is in it."""
        if self._sums is None:
            self._sums = Sums(self.layout)
        self._sums.clear()
        return self._sums

    def frame(self, rows: Array, kept: Array | None) -> dict[str, int]:
        """What the machine needs to know of examples and numbers."""
        numbers = self._numbers if kept is None else kept
        return {
            "examples": len(rows), "rows": rows.ctypes.data,
            "next_example": rows.strides[0] // 8, "next_leaf": rows.strides[1] // 8,
            "own": self.layout.own, "count": self.layout.rows,
            "shared": self.shared.ctypes.data, "shares": len(self.shared) - WIDTH,
            "numbers": numbers.ctypes.data, "step": 0 if kept is None else self._size,
            "scratch": self._scratch.ctypes.data,
        }  # fmt: skip

    def sweep_outer(self, total: Array) -> Array | float:
        """The adjoints of shared leaves through what was computed from them alone."""
        assert self._outer is not None and self._frame is not None
        first = len(self.layout.leaves_shared) + len(self.layout.constants)
        found = enumerate(total[first:].tolist())
        seeds = {at: x for at, x in found if x != 0.0 or math.copysign(1.0, x) > 0.0}
        return self._outer.sweep_all(self._frame, seeds) if seeds else -0.0  # -0.0 adds nothing


class Sums:
    """The adjoints of a block, and those of shared numbers while calls of the machine add to them.

    The latter are vectors.
    """

    def __init__(self, layout: BlockLayout) -> None:
        self._numbers = _aligned(layout.rows * EXAMPLES + WIDTH)
        self._vectors: Array = _aligned(layout.shared * WIDTH)
        self._reached = numpy().zeros(layout.rows, dtype=numpy().uint32)
        self._reached_shared: Array = numpy().zeros(layout.shared, dtype=numpy().uint32)
        self._addresses = {
            "of_shared": self._vectors.ctypes.data, "adjoints": self._numbers.ctypes.data,
            "reached_shared": self._reached_shared.ctypes.data,
            "reached": self._reached.ctypes.data,
        }  # fmt: skip

    def clear(self) -> None:
        self._total: Array | float = 0.0
        self._reached_shared[:] = 0

    def enter(self, frame: dict[str, int]) -> dict[str, int]:
        """The frame of a call, with memory for its adjoints."""
        self._vectors[:] = 0.0
        return {**frame, **self._addresses}

    def add(self) -> None:
        """Add what a call has found: its lanes in pairs."""
        parts = self._vectors.reshape(-1, WIDTH)
        while parts.shape[1] > 1:
            half = parts.shape[1] // 2
            parts = parts[:, :half] + parts[:, half:]
        self._total = self._total + parts[:, 0]

    def totals(self) -> Array:
        """The adjoints; -0.0 for what nothing has reached."""
        return numpy().where(self._reached_shared != 0, self._total, -0.0)
