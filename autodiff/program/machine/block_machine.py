"""A Program over many examples on the block machine.

Forward and backward run block by block, so memory does not grow with the number of examples. Of
the forward pass nothing is kept where there are many: the sweep computes a block again right before
it goes back through it, in the processor's first cache. The numbers of a few blocks stay.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autodiff.errors import require
from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.program import Program

from .block_opcodes import EXAMPLES
from .blocks import FRAME
from .compiled import Compiled, machine_for
from .pool import Pool
from .vector_emit import WIDTH

_KEPT = 1 << 16  # numbers that are kept for the sweep
#: examples in one call of the machine: between two, an interrupt is heard and sums are rounded off
_AT_ONCE = 128 * EXAMPLES
_ALIGNED = 64  # bytes of a vector
_PATIENCE = 2  # forward passes that went back ahead in vain


class BlockMachine:
    """A Program of one example, ready to run for any number of them.

    `mapped` says for each leaf whether every example has its own. Arrays of numbers are
    `shared`, one per leaf that all examples share, and `rows`, of shape (examples, mapped leaves).
    """

    def __init__(self, program: Program, mapped: Sequence[bool]) -> None:
        self._np = require("numpy", "jit")
        self.program = program
        self._machine: Compiled = machine_for(program.primitives)
        table = self._machine.blocks_table
        self.layout = layout = BlockLayout(program, self._machine.table, table, mapped)
        self._room = max(map(len, program.operands), default=0) + 2
        self._forward, self._sweep = layout.forward(), layout.sweep()
        for words, reverse in ((self._forward, False), (self._sweep, True)):
            numbers = layout.shared, layout.rows
            table.verify(words, numbers, room=self._room, reverse=reverse)
        words_of = [layout.word[slot] for slot in program.outputs]
        #: which outputs differ between examples and their numbers there; which do not
        self._own = [at for at, word in enumerate(words_of) if word & 1]
        self._own_words = array("I", [words_of[at] >> 1 for at in self._own])
        self._fixed = [(at, word >> 1) for at, word in enumerate(words_of) if not word & 1]
        self._pool = Pool(lambda: _Memory(self._np, layout, self._room))
        self._ones = self._np.ones(_AT_ONCE)
        #: whether to go back before anybody has asked, and how often nobody has asked since
        self._ahead, self._unused = False, 0

    def forward(self, shared: Any, rows: Any, *, single: bool = False) -> tuple[Any, Any, Kept]:
        """(outputs, suspects, kept): an array (outputs, examples), which examples may have raised.

        What is kept spares `reverse` work. Where all seeds of a `single` result were equal the
        last times, a block goes back right after its forward pass, for seeds of 1.
        """
        np, count = self._np, len(rows)
        memory = self._pool.take()
        suspicious = memory.share(self.layout, shared)
        self._unused += self._ahead
        self._ahead = self._ahead and self._unused <= _PATIENCE
        ahead = single and self._ahead and self._own[:1] == [0]
        numbers = None if ahead else memory.keep(np, self.layout, count)
        found = np.empty((len(self._own), count))
        suspects = np.zeros(count, dtype=bool)
        sums = _Sums(memory.adjoints(np, self.layout)) if ahead else None
        for start, stop in _calls(count):
            frame = memory.frame(rows[start:stop], numbers)
            frame["forward"] = self._forward.buffer_info()[0]
            frame["outputs"] = len(self._own)
            frame["output_words"] = self._own_words.buffer_info()[0]
            frame["results"] = _address(found, start)
            frame["next_result"] = count
            frame["suspects"] = suspects.ctypes.data + start
            if sums is None:
                self._run(frame)
            else:
                frame["reverse"] = self._sweep.buffer_info()[0]
                frame["seeds"], frame["seeded"] = self._ones.ctypes.data, 1
                self._run(sums.enter(frame))
                sums.add()
        if suspicious:
            suspects[:] = True
        outputs = found
        if self._fixed:
            outputs = np.empty((len(self.program.outputs), count))
            outputs[self._own] = found
            for at, place in self._fixed:
                outputs[at] = memory.shared[place]
        totals = None if sums is None else sums.totals(np)
        return outputs, suspects, Kept(None if numbers is None else memory, numbers, totals)

    def reverse(
        self, shared: Any, rows: Any, seeds: Any, kept: Kept | None = None, *,
        rows_too: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        """The adjoints of shared leaves, summed, and those of rows if wanted, else None.

        `seeds` has the shape of outputs, or fewer rows. -0.0 means "untouched", in seeds and in
        adjoints.
        """
        np, layout, count = self._np, self.layout, len(rows)
        if kept is not None and kept.memory is not None:
            memory, numbers = kept.memory, kept.numbers
        else:
            memory, numbers = self._pool.take(), None
            memory.share(layout, shared)
        of_rows = np.empty((layout.own, count)) if rows_too else None
        total = None
        if of_rows is None and (seed := _only_one(seeds)):
            self._ahead, self._unused = True, 0
            if kept is not None and kept.totals is not None:
                total = np.where(_untouched(np, kept.totals), -0.0, seed * kept.totals + 0.0)
                if not np.isfinite(total).all():
                    total = None
        if total is None:
            total = self._swept(memory, numbers, rows, seeds, of_rows)
        found = total[: len(layout.leaves_shared)]
        if layout.outer is not None:
            found = found + memory.sweep_outer(layout, total)
        return found, None if of_rows is None else of_rows.T

    def _swept(self, memory: _Memory, numbers: Any, rows: Any, seeds: Any, of_rows: Any) -> Any:
        """The adjoints of everything shared; those of rows are written into `of_rows`."""
        np, count = self._np, len(rows)
        own = [at for at in self._own if at < len(seeds)]
        wanted = np.ascontiguousarray(seeds if own == list(range(len(seeds))) else seeds[own])
        sums = _Sums(memory.adjoints(np, self.layout))
        for start, stop in _calls(count):
            frame = memory.frame(rows[start:stop], numbers)
            if numbers is None:
                frame["forward"] = self._forward.buffer_info()[0]
            frame["reverse"] = self._sweep.buffer_info()[0]
            frame["output_words"] = self._own_words.buffer_info()[0]
            frame["seeds"], frame["seeded"] = _address(wanted, start), len(own)
            frame["next_seed"] = count
            if of_rows is not None:
                frame["of_rows"], frame["next_row"] = _address(of_rows, start), count
            self._run(sums.enter(frame))
            sums.add()
        total = sums.totals(np)
        for at, place in self._fixed:
            if at < len(seeds):
                total[place] += np.add.accumulate(seeds[at])[-1]
        return total

    def _run(self, frame: dict[str, int]) -> None:
        words = array("Q", [frame.get(name, 0) for name in FRAME])
        self._machine.blocks(words.buffer_info()[0])


def _calls(count: int) -> Iterator[tuple[int, int]]:
    return ((at, min(at + _AT_ONCE, count)) for at in range(0, count, _AT_ONCE))


def _address(numbers: Any, start: int) -> int:
    """The address of the numbers of an example and those behind it, in the first line."""
    return int(numbers.ctypes.data) + 8 * start


def _aligned(np: Any, count: int) -> Any:
    """Memory that starts where a vector may."""
    made = np.zeros(count + _ALIGNED // 8)
    skipped = -made.ctypes.data % _ALIGNED // 8
    return made[skipped : skipped + count]


def _only_one(seeds: Any) -> float:
    """The seed of all examples, if it is one finite number; else 0."""
    first = float(seeds[0, 0]) if len(seeds) == 1 and seeds.size else 0.0
    return first if math.isfinite(first) and bool((seeds == first).all()) else 0.0


def _untouched(np: Any, adjoints: Any) -> Any:
    """Which adjoints are -0.0."""
    return (adjoints == 0.0) & np.signbit(adjoints)


@dataclass(frozen=True)
class Kept:
    """What a forward pass has left: the numbers of its blocks, or adjoints for seeds of 1.

    When nobody needs the memory any more, others may use it.
    """

    memory: _Memory | None
    numbers: Any
    totals: Any


class _Memory:
    """Shared numbers, the numbers of blocks, and their adjoints."""

    def __init__(self, np: Any, layout: BlockLayout, room: int) -> None:
        self.shared = _aligned(np, layout.shared + WIDTH)
        first = len(layout.leaves_shared)
        self.shared[first : first + len(layout.constants)] = layout.constants
        self._own = layout.own
        self._size = layout.rows * EXAMPLES
        self._count = layout.rows
        self._numbers = _aligned(np, self._size + WIDTH)
        self._many: Any = None
        self._scratch = _aligned(np, room + WIDTH)
        self._adjoints: _Adjoints | None = None
        self._outer: Any = None

    def share(self, layout: BlockLayout, shared: Any) -> bool:
        """Take the numbers of shared leaves, and compute what follows; whether one is suspect."""
        self.shared[: len(shared)] = shared
        if layout.outer is None:
            return False
        self._outer = layout.outer.executable().forward(shared.tolist())
        first = len(shared) + len(layout.constants)
        outputs = self._outer.outputs
        self.shared[first : first + len(outputs)] = outputs
        return bool(self._outer.suspect)

    def keep(self, np: Any, layout: BlockLayout, count: int) -> Any:
        """Memory for the numbers of all blocks, if they are few."""
        blocks = -(-count // EXAMPLES)
        if blocks * self._size > _KEPT or count > _AT_ONCE:
            return None
        if self._many is None or len(self._many) < blocks * self._size:
            self._many = _aligned(np, blocks * self._size + WIDTH)
        return self._many

    def adjoints(self, np: Any, layout: BlockLayout) -> _Adjoints:
        """Memory for adjoints; made when it is needed."""
        if self._adjoints is None:
            self._adjoints = _Adjoints(np, layout)
        return self._adjoints

    def frame(self, rows: Any, kept: Any) -> dict[str, int]:
        """What the machine needs to know of examples and numbers."""
        numbers = self._numbers if kept is None else kept
        return {
            "examples": len(rows), "rows": rows.ctypes.data,
            "next_example": rows.strides[0] // 8, "next_leaf": rows.strides[1] // 8,
            "own": self._own, "count": self._count, "shared": self.shared.ctypes.data,
            "numbers": numbers.ctypes.data, "step": 0 if kept is None else self._size,
            "scratch": self._scratch.ctypes.data,
        }  # fmt: skip

    def sweep_outer(self, layout: BlockLayout, total: Any) -> Any:
        """The adjoints of shared leaves through what was computed from them alone."""
        assert layout.outer is not None
        first = len(layout.leaves_shared) + len(layout.constants)
        seeds = {
            at: seed
            for at, seed in enumerate(total[first:].tolist())
            if seed != 0.0 or math.copysign(1.0, seed) > 0.0
        }
        if not seeds:  # nothing is added
            return -0.0
        return layout.outer.executable().sweep(self._outer, seeds)


class _Adjoints:
    """The adjoints of a block, and the vectors of those of shared numbers."""

    def __init__(self, np: Any, layout: BlockLayout) -> None:
        self._numbers = _aligned(np, layout.rows * EXAMPLES + WIDTH)
        self.sums = _aligned(np, layout.shared * WIDTH)
        self._reached = np.zeros(layout.rows, dtype=np.uint32)
        self.reached_shared = np.zeros(layout.shared, dtype=np.uint32)

    def addresses(self) -> dict[str, int]:
        """Its part of a frame."""
        return {
            "of_shared": self.sums.ctypes.data, "adjoints": self._numbers.ctypes.data,
            "reached_shared": self.reached_shared.ctypes.data,
            "reached": self._reached.ctypes.data,
        }  # fmt: skip


class _Sums:
    """The adjoints of shared numbers while calls of the machine add to them."""

    def __init__(self, adjoints: _Adjoints) -> None:
        self._adjoints = adjoints
        self._addresses = adjoints.addresses()
        self._total: Any = 0.0
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

    def totals(self, np: Any) -> Any:
        """The adjoints; -0.0 for what nothing has reached."""
        return np.where(self._adjoints.reached_shared != 0, self._total, -0.0)
