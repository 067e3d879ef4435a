"""Memory for blocks: numbers, adjoints, and what a forward pass leaves for the sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.lowering.block_opcodes import EXAMPLES
from autodiff.program.numpy_types import Array, NumPy

from .llvm_machine import LlvmExecutable
from .run_memory import LlvmFrame
from .vector_emit import WIDTH

_KEPT = 1 << 16  # numbers that are kept for the sweep
#: examples in one call of the machine: between two, an interrupt is heard and sums are rounded off
AT_ONCE = 128 * EXAMPLES
_ALIGNED = 64  # bytes of a vector


def _aligned(np: NumPy, count: int) -> Array:
    """Memory that starts where a vector may."""
    made = np.zeros(count + _ALIGNED // 8)
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

    def __init__(
        self, np: NumPy, layout: BlockLayout, room: int, outer: LlvmExecutable | None
    ) -> None:
        self.shared: Array = _aligned(np, layout.shared + WIDTH)
        first = len(layout.leaves_shared)
        self.shared[first : first + len(layout.constants)] = layout.constants
        self._own = layout.own
        self._size = layout.rows * EXAMPLES
        self._count = layout.rows
        self._numbers = _aligned(np, self._size + WIDTH)
        self._many: Array | None = None
        self._scratch = _aligned(np, room + WIDTH)
        self._adjoints: Adjoints | None = None
        self._outer = outer  # runs what is shared
        self._frame: LlvmFrame | None = None

    def share(self, layout: BlockLayout, shared: Array) -> bool:
        """Take the numbers of shared leaves, and compute what follows; whether one is suspect."""
        self.shared[: len(shared)] = shared
        if self._outer is None:
            return False
        self._frame = frame = self._outer.forward(shared.tolist())
        first = len(shared) + len(layout.constants)
        outputs = frame.outputs
        self.shared[first : first + len(outputs)] = outputs
        return frame.suspect

    def keep(self, np: NumPy, layout: BlockLayout, count: int) -> Array | None:
        """Memory for the numbers of all blocks, if they are few."""
        blocks = -(-count // EXAMPLES)
        if blocks * self._size > _KEPT or count > AT_ONCE:
            return None
        if self._many is None or len(self._many) < blocks * self._size:
            self._many = _aligned(np, blocks * self._size + WIDTH)
        return self._many

    def adjoints(self, np: NumPy, layout: BlockLayout) -> Adjoints:
        """Memory for adjoints; made when it is needed."""
        if self._adjoints is None:
            self._adjoints = Adjoints(np, layout)
        return self._adjoints

    def frame(self, rows: Array, kept: Array | None) -> dict[str, int]:
        """What the machine needs to know of examples and numbers."""
        numbers = self._numbers if kept is None else kept
        return {
            "examples": len(rows), "rows": rows.ctypes.data,
            "next_example": rows.strides[0] // 8, "next_leaf": rows.strides[1] // 8,
            "own": self._own, "count": self._count, "shared": self.shared.ctypes.data,
            "shares": len(self.shared) - WIDTH,
            "numbers": numbers.ctypes.data, "step": 0 if kept is None else self._size,
            "scratch": self._scratch.ctypes.data,
        }  # fmt: skip

    def sweep_outer(self, layout: BlockLayout, total: Array) -> Array | float:
        """The adjoints of shared leaves through what was computed from them alone."""
        assert self._outer is not None and self._frame is not None
        first = len(layout.leaves_shared) + len(layout.constants)
        seeds = {
            at: seed
            for at, seed in enumerate(total[first:].tolist())
            if seed != 0.0 or math.copysign(1.0, seed) > 0.0
        }
        if not seeds:  # nothing is added
            return -0.0
        return self._outer.sweep_all(self._frame, seeds)


class Adjoints:
    """The adjoints of a block, and the vectors of those of shared numbers."""

    def __init__(self, np: NumPy, layout: BlockLayout) -> None:
        self._numbers = _aligned(np, layout.rows * EXAMPLES + WIDTH)
        self.sums: Array = _aligned(np, layout.shared * WIDTH)
        self._reached = np.zeros(layout.rows, dtype=np.uint32)
        self.reached_shared: Array = np.zeros(layout.shared, dtype=np.uint32)

    def addresses(self) -> dict[str, int]:
        """Its part of a frame."""
        return {
            "of_shared": self.sums.ctypes.data, "adjoints": self._numbers.ctypes.data,
            "reached_shared": self.reached_shared.ctypes.data,
            "reached": self._reached.ctypes.data,
        }  # fmt: skip


class Sums:
    """The adjoints of shared numbers while calls of the machine add to them."""

    def __init__(self, adjoints: Adjoints) -> None:
        self._adjoints = adjoints
        self._addresses = adjoints.addresses()
        self._total: Array | float = 0.0
        adjoints.reached_shared[:] = 0

    def enter(self, frame: dict[str, int]) -> dict[str, int]:
        """The frame of a call, with memory for its adjoints."""
        self._adjoints.sums[:] = 0.0
        return {**frame, **self._addresses}

    def add(self) -> None:
        """Add what a call has found: its lanes in pairs."""
        parts = self._adjoints.sums.reshape(-1, WIDTH)
        while parts.shape[1] > 1:
            half = parts.shape[1] // 2
            parts = parts[:, :half] + parts[:, half:]
        self._total = self._total + parts[:, 0]

    def totals(self, np: NumPy) -> Array:
        """The adjoints; -0.0 for what nothing has reached."""
        return np.where(self._adjoints.reached_shared != 0, self._total, -0.0)
