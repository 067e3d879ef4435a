"""Programs on the virtual machine."""

from __future__ import annotations

import struct
from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from autodiff.locks import fork_safe
from autodiff.program.inputs import Inputs, Leaf
from autodiff.program.instructions import Instructions
from autodiff.program.lowering.bodies import roll
from autodiff.program.lowering.fusion import Analysis
from autodiff.program.lowering.lane_layout import LaneLayout
from autodiff.program.lowering.lanes import SHORTEST
from autodiff.program.lowering.lower import Layout
from autodiff.program.lowering.opcodes import verify
from autodiff.program.numpy_types import Array, numpy

from .compiled import Compiled, machine_for
from .composite import describe
from .pool import Pool
from .registers import WIDTH
from .rolled_layout import RolledLayout
from .run_memory import OUTPUT, REVERSE, SCRATCH, SEED, Adjoints, G, LlvmFrame, V

_SWEEPS = 32  # reverse codes kept per Program: one for each set of outputs swept together

#: of a sweep from one output: the address of its code, the slot, and the code, to keep it alive
_Start: TypeAlias = tuple[int, int, Any]
#: stands for a sweep without fusion, which would change the order of the outputs
_PLAINLY: _Start = (0, 0, array("I"))


class LlvmExecutable:
    """A Program as verified code words, with memory for its runs."""

    def __init__(self, program: Instructions, *, fuse: bool = True, exact: bool = True) -> None:
        self.program = program
        self.machine: Compiled = machine_for(program.primitives)
        self._scratch = max(program.widest + 2, WIDTH)
        self.layout: Layout
        self.layout = layout = self._lay_out(fuse, exact)
        self._forward = self._checked(layout.forward())
        self._sweeps: OrderedDict[tuple[int, ...], array[int] | None] = OrderedDict()
        self._starts: dict[int, _Start] = {}
        self._plain: LlvmExecutable | None = None
        self._lock = fork_safe()
        self._outputs = [layout.slot[slot] for slot in layout.program.outputs]
        self._pool = Pool(lambda: LlvmFrame(self._blank, self._fields))
        self._adjoints: list[Adjoints] = []
        self._leaves = struct.Struct(f"={program.leaves}d")
        room, more = layout.extra
        self._blank = blank = numpy().zeros(layout.slots + self._scratch + room)
        blank[layout.program.leaves :][: len(layout.constants)] = layout.constants
        if isinstance(layout, RolledLayout):
            at, constants = layout.batch.constants
            blank[at : at + len(constants)] = constants
        self._blank_adjoints = numpy().zeros(layout.slots + WIDTH + more)
        self._fields: dict[str, int] = {
            "forward": self._forward.buffer_info()[0], "slots": layout.slots,
            "first_result": layout.first_result,
            "results": layout.slots - layout.first_result,
        }  # fmt: skip

    def _lay_out(self, fuse: bool, exact: bool) -> Layout:
        table, blocks = self.machine.table, self.machine.blocks_table
        rolled = None if exact else roll(self.program)
        if rolled is not None:
            return RolledLayout(rolled, table, blocks, self._scratch)
        found = Analysis.of(self.program, fuse=fuse)
        if not exact and len(self.program.primitives) >= SHORTEST:
            lanes = LaneLayout(self.program, self.machine.table, found)
            if lanes.worthwhile:
                return lanes
        return Layout(self.program, self.machine.table, found)

    def _checked(self, words: array[int], *, reverse: bool = False) -> array[int]:
        layout, room = self.layout, self._scratch
        frames = layout.frames[reverse : reverse + 1]
        verify(self.machine.table, words, layout.slots, room=room, reverse=reverse, frames=frames)
        return words

    def forward(self, numbers: Sequence[float]) -> LlvmFrame:
        """Run the instructions for given leaves."""
        frame = self._pool.take()
        self._leaves.pack_into(frame.numbers, 0, *numbers)
        return self._run(frame)

    def run(self, inputs: Inputs, numbers: Sequence[Leaf]) -> LlvmFrame:
        """Run the instructions for leaves that write themselves into the memory."""
        frame = self._pool.take()
        inputs.write(numbers, frame)
        return self._run(frame)

    def _run(self, frame: LlvmFrame) -> LlvmFrame:
        numbers = frame.numbers
        frame.suspect = self.machine.evaluate(frame.run) != 0
        frame.outputs = [numbers[slot] for slot in self._outputs]
        return frame

    def reverse(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Sequence[float]:
        """The adjoint of every leaf, given adjoints of outputs by their position."""
        found = self.sweep_all(frame, seeds)
        return found.tolist()

    def sweep(self, frame: LlvmFrame, position: int, seed: float) -> Array:
        """The same from one output, as an array."""
        start = self._starts.get(position) or self._start(position)
        if start is _PLAINLY:
            plain, again = self._plainly(frame)
            return plain.sweep(again, position, seed)
        adjoints = self._free_adjoints()
        words = adjoints.words
        words[REVERSE], words[OUTPUT], _ = start
        words[V], words[SCRATCH] = frame.address, frame.scratch
        adjoints.seeds[SEED] = seed
        self.machine.sweep(adjoints.run)
        found = adjoints.leaves.copy()
        self._adjoints.append(adjoints)
        return found

    def sweep_all(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Array:
        """The adjoint of every leaf as an array."""
        positions = tuple(sorted(seeds))
        if len(positions) == 1:
            return self.sweep(frame, positions[0], seeds[positions[0]])
        words = self._sweep(tuple([self.layout.program.outputs[at] for at in positions]))
        if words is None:
            plain, again = self._plainly(frame)
            return plain.sweep_all(again, seeds)
        adjoints = self._free_adjoints()
        self.machine.fill(adjoints.address, self.layout.slots)
        for position in positions:
            adjoints.numbers[self._outputs[position]] += seeds[position] + 0.0
        code, _ = words.buffer_info()
        self.machine.reverse(code, frame.address, adjoints.address, frame.scratch)
        found = adjoints.leaves.copy()
        self._adjoints.append(adjoints)
        return found

    def _free_adjoints(self) -> Adjoints:
        try:
            return self._adjoints.pop()
        except IndexError:
            return Adjoints(self._blank_adjoints, self._fields, self.program.leaves)

    def _start(self, position: int) -> _Start:
        """Where the code of a sweep from one output is."""
        words = self._sweep((self.layout.program.outputs[position],))
        if words is None:
            start = _PLAINLY
        else:
            start = words.buffer_info()[0], self._outputs[position], words
        with self._lock:
            if len(self._starts) > _SWEEPS:
                self._starts.clear()
            self._starts[position] = start
        return start

    def arrays(self) -> ArrayCode:
        """The code with memory of its own, for runs on NumPy arrays."""
        words = self._sweep(self.layout.program.outputs[:1])
        if words is None:
            return LlvmExecutable(self.program, fuse=False).arrays()
        return ArrayCode(self, self._forward, words)

    def _sweep(self, roots: tuple[int, ...]) -> array[int] | None:
        """The code of the sweep from some outputs; None where fusion would change their order."""
        with self._lock:
            if roots not in self._sweeps:
                words = self.layout.reverse(roots)
                self._sweeps[roots] = None if words is None else self._checked(words, reverse=True)
                if len(self._sweeps) > _SWEEPS:
                    self._sweeps.popitem(last=False)
            return self._sweeps[roots]

    def _plainly(self, frame: LlvmFrame) -> tuple[LlvmExecutable, LlvmFrame]:
        """The same run, instruction by instruction."""
        with self._lock:
            if self._plain is None:
                self._plain = LlvmExecutable(self.program, fuse=False)
        return self._plain, self._plain.forward(self._leaves.unpack_from(frame.numbers))

    def raises(self, frame: LlvmFrame) -> bool:
        """Whether the eager engine would have raised in this run."""
        if isinstance(self.layout, RolledLayout):
            plain, again = self._plainly(frame)
            return plain.raises(again)
        layout, program, numbers = self.layout, self.program, frame.numbers
        for index in layout.kept:
            result = numbers[layout.slot[program.first_result + index]]
            if result - result == 0.0 or index in layout.folds:
                continue
            primitive = program.primitives[index]
            operands = [numbers[layout.slot[slot]] for slot in program.operands[index]]
            try:
                primitive.forward(*operands)
            except (ValueError, ArithmeticError):
                return True
        return False

    def describe(self) -> list[str]:
        """Lines for `explain()`."""
        layout = self.layout
        fused = len(self.program.primitives) - len(layout.kept)
        sums = f"{len(layout.folds)} fused sums replace {fused + len(layout.folds)}"
        machine = self.machine
        called = describe(self.program.primitives, machine.direct, machine.lanes)
        code, numbers = 4 * len(self._forward) // 1024 + 1, 8 * layout.slots // 1024 + 1
        return [
            f"virtual machine: {len(layout.kept)} instructions ({sums})",
            *layout.describe(),
            *called,
            f"{code} KB of code, {numbers} KB of numbers",
        ]


class ArrayCode:
    """Code and memory of one Program as NumPy arrays: leaves in, gradient out, without copies."""

    def __init__(self, owner: LlvmExecutable, forward: array[int], reverse: array[int]) -> None:
        leaves = owner.program.leaves
        self._owner = owner  # it keeps what the code has only addresses of
        self._machine = owner.machine
        v = LlvmFrame(owner._blank, owner._fields)
        g = Adjoints(owner._blank_adjoints, owner._fields, leaves)
        self._v, self._g = v, g
        self._output = owner._outputs[0]
        self._leaves, self._adjoints = v.view[:leaves], g.leaves
        self._words = forward, reverse  # kept alive: the machine has only their addresses
        self.size: int = 4 * (len(forward) + len(reverse)) + v.view.nbytes + g.view.nbytes
        start, end = (words.buffer_info()[0] for words in self._words)
        self._run = start, v.address, v.scratch
        v.words[REVERSE], v.words[G], v.words[OUTPUT] = end, g.address, self._output
        v.seeds[SEED] = 1.0

    def forward(self, leaves: Sequence[float] | Array) -> float:
        """Run the instructions; the first output."""
        self._leaves[:] = leaves
        self._machine.forward(*self._run)
        return float(self._v.numbers[self._output])

    def gradient(self, leaves: Sequence[float] | Array) -> tuple[float, Array]:
        """The first output, and the adjoints of the leaves by it: a view."""
        self._leaves[:] = leaves
        self._machine.gradient(self._v.run)
        return self._v.numbers[self._output], self._adjoints
