"""A Program over many examples on the block machine.

Forward and backward run block by block, so memory does not grow with the number of examples. Of
the forward pass nothing is kept where there are many: the sweep computes a block again right before
it goes back through it, in the processor's first cache. The numbers of a few blocks stay.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence

from autodiff.program.instructions import Instructions
from autodiff.program.lowering.block_layout import BlockLayout
from autodiff.program.lowering.block_opcodes import EXAMPLES
from autodiff.program.numpy_types import Array, numpy

from .block_frame import FRAME
from .block_memory import AT_ONCE, Kept, Memory
from .compiled import Compiled, machine_for
from .composite import describe
from .llvm_machine import LlvmExecutable
from .pool import Pool

_PATIENCE = 2  # forward passes that went back ahead in vain


class BlockMachine:
    """A Program of one example, ready to run for any number of them.

    `mapped` says for each leaf whether every example has its own. Arrays of numbers are
    `shared`, one per leaf that all examples share, and `rows`, of shape (examples, mapped leaves).
    """

    def __init__(self, program: Instructions, mapped: Sequence[bool]) -> None:
        self._np = numpy()
        self.program = program
        self._machine: Compiled = machine_for(program.primitives)
        table = self._machine.blocks_table
        layout = BlockLayout(program, self._machine.table, table, mapped)
        self.layout: BlockLayout = layout
        self._room = program.widest + 2
        self._forward, self._sweep = layout.forward(), layout.sweep()
        for words, reverse in ((self._forward, False), (self._sweep, True)):
            numbers = layout.shared, layout.rows
            table.verify(words, numbers, room=self._room, reverse=reverse)
        words_of = [layout.word[slot] for slot in program.outputs]
        #: which outputs differ between examples and their numbers there; which do not
        self._own = [at for at, word in enumerate(words_of) if word & 1]
        self._own_words = array("I", [words_of[at] >> 1 for at in self._own])
        self._fixed = [(at, word >> 1) for at, word in enumerate(words_of) if not word & 1]
        outer = None if layout.outer is None else LlvmExecutable(layout.outer)
        self._pool = Pool(lambda: Memory(layout, self._room, outer))
        self._ones = self._np.ones(AT_ONCE)
        #: whether to go back before anybody has asked, and how often nobody has asked since
        self._ahead, self._unused = False, 0

    def forward(
        self, shared: Array, rows: Array, *, single: bool = False
    ) -> tuple[Array, Array, Kept]:
        """(outputs, suspects, kept): an array (outputs, examples), which examples may have raised.

        What is kept spares `reverse` work. Where all seeds of a `single` result were equal the
        last times, a block goes back right after its forward pass, for seeds of 1.
        """
        np, count = self._np, len(rows)
        memory = self._pool.take()
        suspicious = memory.share(shared)
        self._unused += self._ahead
        self._ahead = self._ahead and self._unused <= _PATIENCE
        ahead = single and self._ahead and self._own[:1] == [0]
        numbers = None if ahead else memory.keep(count)
        found = np.empty((len(self._own), count))
        suspects = np.zeros(count, dtype=bool)
        sums = memory.sums() if ahead else None
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
        totals = None if sums is None else sums.totals()
        return outputs, suspects, Kept(None if numbers is None else memory, numbers, totals)

    def reverse(
        self, shared: Array, rows: Array, seeds: Array, kept: Kept | None = None, *,
        rows_too: bool = False,
    ) -> tuple[Array, Array | None]:  # fmt: skip
        """The adjoints of shared leaves, summed, and those of rows if wanted, else None.

        `seeds` has the shape of outputs, or fewer rows. -0.0 means "untouched", in seeds and in
        adjoints.
        """
        np, layout, count = self._np, self.layout, len(rows)
        if kept is not None and kept.memory is not None:
            memory, numbers = kept.memory, kept.numbers
        else:
            memory, numbers = self._pool.take(), None
            memory.share(shared)
        of_rows = np.empty((layout.own, count)) if rows_too else None
        total = None
        if of_rows is None and (seed := _only_one(seeds)):
            self._ahead, self._unused = True, 0
            # Whether somebody went ahead or not: the same bits.
            ones = None if kept is None else kept.totals
            if ones is None:
                ones = self._swept(memory, numbers, rows, np.ones(seeds.shape), None)
            total = np.where((ones == 0.0) & np.signbit(ones), -0.0, seed * ones + 0.0)
            if not np.isfinite(total).all():
                total = None
        if total is None:
            total = self._swept(memory, numbers, rows, seeds, of_rows)
        found = total[: len(layout.leaves_shared)]
        if layout.outer is not None:
            found = found + memory.sweep_outer(total)
        return found, None if of_rows is None else of_rows.T

    def describe(self) -> list[str]:
        layout, machine = self.layout, self._machine
        shared = len(layout.outer.primitives) if layout.outer else 0
        count = layout.rows - layout.own
        head = f"block machine: {EXAMPLES} examples at a time, {count} instructions"
        return [
            f"{head}, {shared} operations once for all examples",
            *describe(self.program.primitives, machine.direct, machine.lanes),
        ]

    def _swept(
        self, memory: Memory, numbers: Array | None, rows: Array, seeds: Array,
        of_rows: Array | None,
    ) -> Array:  # fmt: skip
        """The adjoints of everything shared; those of rows are written into `of_rows`."""
        np, count = self._np, len(rows)
        own = [at for at in self._own if at < len(seeds)]
        wanted = np.ascontiguousarray(seeds if own == list(range(len(seeds))) else seeds[own])
        sums = memory.sums()
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
        total = sums.totals()
        for at, place in self._fixed:
            if at < len(seeds):
                total[place] += np.add.accumulate(seeds[at])[-1]
        return total

    def _run(self, frame: dict[str, int]) -> None:
        words = array("Q", [frame.get(name, 0) for name in FRAME])
        self._machine.blocks(words.buffer_info()[0], 0, 0)


def _calls(count: int) -> Iterator[tuple[int, int]]:
    return ((at, min(at + AT_ONCE, count)) for at in range(0, count, AT_ONCE))


def _address(numbers: Array, start: int) -> int:
    """The address of the numbers of an example and those behind it, in the first line."""
    return int(numbers.ctypes.data) + 8 * start


def _only_one(seeds: Array) -> float:
    """The seed of all examples, if it is one finite number; else 0."""
    first = float(seeds[0, 0]) if len(seeds) == 1 and seeds.size else 0.0
    return first if math.isfinite(first) and bool((seeds == first).all()) else 0.0
