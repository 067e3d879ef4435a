"""Programs on the virtual machine."""

from __future__ import annotations

import struct
from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence

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
from .whole_runs import GRADIENT

_SWEEPS = 32  # reverse codes kept per Program: one for each set of outputs swept together


class Memory:
    """Numbers that the machine reads and writes, with NumPy's view of them and their address."""

    __slots__ = ("address", "numbers", "view")

    def __init__(self, numbers: Array) -> None:
        """A copy of some numbers, where a vector may start."""
        np = numpy()
        memory = np.empty(len(numbers) + WIDTH)
        first = -memory.ctypes.data % (8 * WIDTH) // 8
        self.view: Array = memory[first : first + len(numbers)]
        self.view[:] = numbers
        self.numbers: memoryview[float] = memoryview(self.view)  # type: ignore[arg-type]  # arrays lend it
        self.address: int = self.view.ctypes.data


class LlvmFrame:
    """The memory of one run; it serves another run when the frame is gone."""

    __slots__ = ("_memory", "address", "numbers", "outputs", "suspect")

    def __init__(self, memory: Memory, outputs: list[float], suspect: bool) -> None:
        self._memory = memory
        self.numbers: memoryview[float] = memory.numbers
        self.address: int = memory.address
        self.outputs: list[float] = outputs
        self.suspect: bool = suspect

    def leaves(self, count: int) -> list[float]:
        """The first numbers that the run was given."""
        return list(self.numbers[:count].tolist())


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
        self._plain: LlvmExecutable | None = None
        self._lock = fork_safe()
        self._outputs = [layout.slot[slot] for slot in layout.program.outputs]
        self._pool = Pool(lambda: Memory(self._blank))
        self._adjoints: list[Memory] = []
        self._leaves = struct.Struct(f"={program.leaves}d")
        room, more = layout.extra
        self._blank = blank = numpy().zeros(layout.slots + self._scratch + room)
        blank[layout.program.leaves :][: len(layout.constants)] = layout.constants
        if isinstance(layout, RolledLayout):
            at, constants = layout.batch.constants
            blank[at : at + len(constants)] = constants
        self._blank_adjoints = numpy().zeros(layout.slots + WIDTH + more)
        self._inner = layout.first_result, layout.slots - layout.first_result

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
        memory = self._pool.take()
        self._leaves.pack_into(memory.numbers, 0, *numbers)
        return self._run(memory)

    def run(self, inputs: Inputs, numbers: Sequence[Leaf]) -> LlvmFrame:
        """Run the instructions for leaves that write themselves into the memory."""
        memory = self._pool.take()
        inputs.write(numbers, memory.numbers, memory.view)
        return self._run(memory)

    def _run(self, memory: Memory) -> LlvmFrame:
        numbers, v = memory.numbers, memory.address
        scratch, code = v + 8 * self.layout.slots, self._forward.buffer_info()[0]
        suspect = self.machine.evaluate(code, v, scratch, *self._inner)
        outputs = [numbers[slot] for slot in self._outputs]
        return LlvmFrame(memory, outputs, bool(suspect))

    def reverse(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Sequence[float]:
        """The adjoint of every leaf, given adjoints of outputs by their position."""
        found = self.sweep(frame, seeds)
        return found.tolist()

    def sweep(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Array:
        """The same as an array."""
        positions = sorted(seeds)
        outputs = self.layout.program.outputs
        roots = tuple([outputs[position] for position in positions])
        words = self._sweep(roots)
        if words is None:
            return self._sweep_plainly(frame, seeds)
        try:
            adjoints = self._adjoints.pop()
        except IndexError:
            adjoints = Memory(self._blank_adjoints)
        g, v, slots = adjoints.address, frame.address, self.layout.slots
        code = words.buffer_info()[0]
        if len(positions) == 1:
            (position,) = positions
            slot, seed = self._outputs[position], seeds[position]
            self.machine.sweep(code, v, g, v + 8 * slots, slots, slot, seed)
        else:
            self.machine.fill(g, slots)
            for position in positions:
                adjoints.numbers[self._outputs[position]] += seeds[position] + 0.0
            self.machine.reverse(code, v, g, v + 8 * slots)
        found = adjoints.view[: self.program.leaves].copy()
        self._adjoints.append(adjoints)
        return found

    def arrays(self) -> ArrayCode:
        """The code with memory of its own, for runs on NumPy arrays."""
        words = self._sweep(self.layout.program.outputs[:1])
        if words is None:
            return LlvmExecutable(self.program, fuse=False).arrays()
        return ArrayCode(self, self._forward, words)

    def _sweep(self, roots: tuple[int, ...]) -> array[int] | None:
        with self._lock:
            if roots not in self._sweeps:
                words = self.layout.reverse(roots)
                self._sweeps[roots] = None if words is None else self._checked(words, reverse=True)
                if len(self._sweeps) > _SWEEPS:
                    self._sweeps.popitem(last=False)
            return self._sweeps[roots]

    def _sweep_plainly(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Array:
        """The sweep without fusion, for outputs whose own order fusion would change."""
        plain, again = self._plainly(frame)
        return plain.sweep(again, seeds)

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
        layout, leaves = owner.layout, owner.program.leaves
        self._owner = owner  # it keeps what the code has only addresses of
        self._machine = owner.machine
        v, g = Memory(owner._blank), Memory(owner._blank_adjoints)
        self._v, self._g = v, g
        self._output = owner._outputs[0]
        self._leaves, self._adjoints = v.view[:leaves], g.view[:leaves]
        self._words = forward, reverse  # kept alive: the machine has only their addresses
        self.size: int = 4 * (len(forward) + len(reverse)) + v.view.nbytes + g.view.nbytes
        scratch = v.address + 8 * layout.slots
        start, end = (words.buffer_info()[0] for words in self._words)
        self._run = start, v.address, scratch
        fields = (start, end, v.address, g.address, scratch, layout.slots, self._output)
        self._frame = array("Q", dict(zip(GRADIENT, fields, strict=True)).values())

    def forward(self, leaves: Sequence[float] | Array) -> float:
        """Run the instructions; the first output."""
        self._leaves[:] = leaves
        self._machine.forward(*self._run)
        return float(self._v.numbers[self._output])

    def gradient(self, leaves: Sequence[float] | Array) -> tuple[float, Array]:
        """The first output, and the adjoints of the leaves by it: a view."""
        self._leaves[:] = leaves
        self._machine.gradient(self._frame.buffer_info()[0])
        return self._v.numbers[self._output], self._adjoints
