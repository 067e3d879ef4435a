"""A Program over many examples, block by block, on the virtual machine.

A block is as many examples as fit well into the processor's cache, so memory does not grow with
their number. Of the forward pass nothing is kept where there are many blocks: the reverse sweep
computes each block anew, which costs no more than to write all numbers to memory and to read them
again. The numbers of a few blocks stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autodiff.errors import require
from autodiff.program.lowering.batch_layout import BatchLayout
from autodiff.program.program import Program

from .compiled import Compiled, machine_for
from .opcodes import verify
from .pool import Pool
from .vector_emit import WIDTH

#: examples' numbers in a block: they and as many adjoints are to stay in the processor's cache
_NUMBERS = 20_000
_WIDEST = 512
_FEW = 4  # blocks whose numbers are kept for the reverse sweep


class BatchMachine:
    """A Program of one example, ready to run for any number of them.

    `mapped` says for each leaf whether every example has its own. Arrays of numbers are
    `shared`, one per leaf that all examples share, and `rows`, of shape (examples, mapped leaves).
    """

    def __init__(self, program: Program, mapped: Sequence[bool]) -> None:
        self._np = require("numpy", "jit")
        self.program = program
        self.mapped = tuple(mapped)
        self._machine: Compiled = machine_for(program.primitives)
        self._blocks: dict[int, _Block] = {}
        layout = self._of(WIDTH).layout
        single = (layout.slots - layout.shared_slots) // WIDTH  # numbers of one example
        widest = _NUMBERS // max(1, single)
        self._widest = min(_WIDEST, max(WIDTH, 1 << widest.bit_length() - 1))

    def _block(self, examples: int) -> _Block:
        """Code for blocks of a width that suits so many examples."""
        step = WIDTH if examples <= 8 * WIDTH else 8 * WIDTH
        return self._of(min(self._widest, -(-examples // step) * step))

    def _of(self, lanes: int) -> _Block:
        if lanes not in self._blocks:
            self._blocks[lanes] = _Block(self._np, self.program, self._machine, self.mapped, lanes)
        return self._blocks[lanes]

    def forward(self, shared: Any, rows: Any) -> tuple[Any, Any, Kept | None]:
        """(outputs, suspects, kept): an array (outputs, examples), which examples may have raised.

        What is kept spares `reverse` a second forward pass.
        """
        np = self._np
        block = self._block(len(rows))
        outputs = np.empty((len(self.program.outputs), len(rows)))
        suspects = np.zeros(len(rows), dtype=bool)
        kept: Kept | None = [] if len(rows) <= _FEW * block.layout.lanes else None
        memory = block.numbers.take()
        for start, stop in block.places(len(rows)):
            if kept:
                memory = block.numbers.take()
            block.run(memory, shared, rows[start:stop])
            block.read_outputs(memory, outputs[:, start:stop])
            if block.suspect(memory):
                suspects[start:stop] = block.suspects(memory, stop - start)
            if kept is not None:
                kept.append(memory)
        return outputs, suspects, kept

    def reverse(
        self, shared: Any, rows: Any, seeds: Any, kept: Kept | None = None, *,
        rows_too: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        """The adjoints of shared leaves, summed, and those of rows if wanted, else None.

        `seeds` has the shape of outputs. -0.0 means "untouched", in seeds and in adjoints.
        """
        np = self._np
        block = self._block(len(rows))
        of_shared = np.full(len(shared), -0.0)
        of_rows = np.empty(rows.shape) if rows_too else None
        adjoints = block.adjoints.take()
        memories = [block.numbers.take()] if kept is None else kept
        for at, (start, stop) in enumerate(block.places(len(rows))):
            memory = memories[at % len(memories)]
            if kept is None:
                block.run(memory, shared, rows[start:stop])
            block.sweep(memory, adjoints, seeds[:, start:stop])
            of_shared += adjoints.numbers[: len(shared)]
            if of_rows is not None:
                of_rows[start:stop] = block.of_examples(adjoints)[:, : stop - start].T
        return of_shared, of_rows


class _Memory:
    """The numbers or the adjoints of one block, and room for the machine's own use."""

    def __init__(self, np: Any, layout: BatchLayout, scratch: int) -> None:
        self.numbers = np.zeros(layout.slots + scratch)
        constants, first = layout.constants, layout.first_constant
        self.numbers[first : first + len(constants)] = constants
        self.address = self.numbers.ctypes.data
        self.scratch = self.address + 8 * layout.slots


#: The memories of a forward pass; when nobody needs them any more, others may use them.
Kept = list[_Memory]


class _Block:
    """The code for blocks of a fixed number of examples."""

    def __init__(
        self, np: Any, program: Program, machine: Compiled, mapped: Sequence[bool], lanes: int
    ) -> None:
        self._np = np
        self._machine = machine
        self.layout = layout = BatchLayout(program, machine.table, mapped, lanes)
        self._forward, self._reverse = layout.forward(), layout.reverse(program.outputs)
        widest = max(map(len, program.operands), default=0)
        self._scratch = scratch = max(WIDTH, widest + 2)
        for words, reverse in ((self._forward, False), (self._reverse, True)):
            verify(machine.table, words, layout.slots, room=self._scratch, reverse=reverse)
        self._outputs = [(layout.slot[slot], layout.varies[slot]) for slot in program.outputs]
        self.numbers = Pool(lambda: _Memory(np, layout, scratch))
        self.adjoints = Pool(lambda: _Memory(np, layout, scratch))

    def of_examples(self, memory: _Memory) -> Any:
        """The numbers or adjoints of the examples' leaves: a view (leaves, lanes)."""
        layout = self.layout
        part = memory.numbers[layout.first_mapped : layout.first_result]
        return part.reshape(len(layout.mapped), layout.lanes)

    def places(self, count: int) -> Iterator[tuple[int, int]]:
        """(start, stop) of the blocks of so many examples."""
        lanes = self.layout.lanes
        return ((start, min(start + lanes, count)) for start in range(0, count, lanes))

    def run(self, memory: _Memory, shared: Any, rows: Any) -> None:
        """Run the forward pass of a block. Lanes without an example repeat the last one."""
        count = len(rows)
        memory.numbers[: len(shared)] = shared
        place = self.of_examples(memory)
        place[:, :count] = rows.T
        if count < self.layout.lanes:
            place[:, count:] = rows[-1][:, None]
        code = self._forward.buffer_info()[0]
        self._machine.forward(code, memory.address, memory.scratch)

    def read_outputs(self, memory: _Memory, outputs: Any) -> None:
        """Copy the outputs of the block's first examples."""
        count = outputs.shape[1]
        for row, (slot, varies) in zip(outputs, self._outputs, strict=True):
            row[:] = memory.numbers[slot : slot + count] if varies else memory.numbers[slot]

    def suspect(self, memory: _Memory) -> bool:
        """Whether some number computed in the block is not finite."""
        first = self.layout.first_result
        start = memory.address + 8 * first
        return bool(self._machine.suspect(start, self.layout.slots - first))

    def suspects(self, memory: _Memory, count: int) -> Any:
        """For the block's first examples whether some number of theirs is not finite."""
        np, layout = self._np, self.layout
        found = np.zeros(count, dtype=bool)
        for slot in layout.results:
            at = layout.slot[slot]
            last = at + count if layout.varies[slot] else at + 1
            found |= ~np.isfinite(memory.numbers[at:last])
        return found

    def sweep(self, memory: _Memory, adjoints: _Memory, seeds: Any) -> None:
        """The reverse sweep of a block, into `adjoints`; its numbers stay as they are."""
        layout, np = self.layout, self._np
        self._machine.fill(adjoints.address, layout.slots)
        count = seeds.shape[1]
        for row, (slot, varies) in zip(seeds, self._outputs, strict=False):
            if varies:
                adjoints.numbers[slot : slot + count] += row
            else:
                adjoints.numbers[slot] += np.add.accumulate(row)[-1]
        code = self._reverse.buffer_info()[0]
        self._machine.reverse(code, memory.address, adjoints.address, adjoints.scratch)
