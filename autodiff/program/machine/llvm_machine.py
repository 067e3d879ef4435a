"""Programs on the virtual machine."""

from __future__ import annotations

import struct
from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from autodiff.locks import fork_safe
from autodiff.program.inputs import Inputs, Leaf
from autodiff.program.instructions import Instructions
from autodiff.program.lowering.fusion import Analysis
from autodiff.program.lowering.lane_layout import LaneLayout
from autodiff.program.lowering.lower import Layout
from autodiff.program.lowering.opcodes import verify
from autodiff.program.numpy_types import Array, numpy

from .compiled import Compiled, machine_for
from .composite import describe
from .pool import Pool
from .vector_emit import WIDTH

_SWEEPS = 32  # reverse codes kept per Program: one for each set of outputs swept together


class Memory:
    """Numbers that the machine reads and writes, with NumPy's view of them and their address."""

    __slots__ = ("address", "numbers", "view")

    def __init__(self, numbers: array[float]) -> None:
        self.numbers = numbers
        self.view: Array = numpy().frombuffer(numbers)
        self.address: int = numbers.buffer_info()[0]


class LlvmFrame:
    """The memory of one run; it serves another run when the frame is gone."""

    __slots__ = ("_memory", "numbers", "outputs", "suspect")

    def __init__(self, memory: Memory, outputs: list[float], suspect: bool) -> None:
        self._memory = memory
        self.numbers: array[float] = memory.numbers
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
        self.layout: Layout
        self.layout = layout = self._lay_out(fuse, exact)
        widest = max(map(len, program.operands), default=0)
        self._scratch = max(widest + 2, WIDTH)
        self._forward = self._checked(layout.forward())
        self._sweeps: OrderedDict[tuple[int, ...], array[int] | None] = OrderedDict()
        self._plain: LlvmExecutable | None = None
        self._lock = fork_safe()
        self._outputs = [layout.slot[slot] for slot in program.outputs]
        self._pool = Pool(lambda: Memory(blank[:]))
        self._adjoints: list[Memory] = []
        self._leaves = struct.Struct(f"={program.leaves}d")
        self._blank = blank = array("d", bytes(8 * (layout.slots + self._scratch)))
        for at, number in enumerate(layout.constants, program.leaves):
            blank[at] = number
        self._inner = layout.first_result, len(layout.kept)

    def _lay_out(self, fuse: bool, exact: bool) -> Layout:
        found = Analysis.of(self.program, fuse=fuse)
        if not exact:
            lanes = LaneLayout(self.program, self.machine.table, found)
            if lanes.worthwhile:
                return lanes
        return Layout(self.program, self.machine.table, found)

    def _checked(self, words: array[int], *, reverse: bool = False) -> array[int]:
        layout, room = self.layout, self._scratch
        verify(self.machine.table, words, layout.slots, room=room, reverse=reverse)
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
        self.machine.forward(self._forward.buffer_info()[0], v, v + 8 * self.layout.slots)
        start, count = self._inner
        suspect = self.machine.suspect(v + 8 * start, count)
        outputs = [numbers[slot] for slot in self._outputs]
        return LlvmFrame(memory, outputs, bool(suspect))

    def reverse(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Sequence[float]:
        """The adjoint of every leaf, given adjoints of outputs by their position."""
        found = self.sweep(frame, seeds)
        return found.tolist()

    def sweep(self, frame: LlvmFrame, seeds: Mapping[int, float]) -> Array:
        """The same as an array."""
        positions = sorted(seeds)
        roots = tuple([self.program.outputs[position] for position in positions])
        words = self._sweep(roots)
        if words is None:
            return self._sweep_plainly(frame, seeds)
        try:
            adjoints = self._adjoints.pop()
        except IndexError:
            adjoints = Memory(array("d", bytes(8 * (self.layout.slots + WIDTH))))
        g, v = adjoints.address, frame.numbers.buffer_info()[0]
        self.machine.fill(g, self.layout.slots)
        for position in positions:
            slot = self._outputs[position]
            adjoints.numbers[slot] += seeds[position] + 0.0
        self.machine.reverse(words.buffer_info()[0], v, g, v + 8 * self.layout.slots)
        found = adjoints.view[: self.program.leaves].copy()
        self._adjoints.append(adjoints)
        return found

    def arrays(self) -> ArrayCode:
        """The code with memory of its own, for runs on NumPy arrays."""
        words = self._sweep(self.program.outputs[:1])
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
        with self._lock:
            if self._plain is None:
                self._plain = LlvmExecutable(self.program, fuse=False)
        again = self._plain.forward(self._leaves.unpack_from(frame.numbers))
        return self._plain.sweep(again, seeds)

    def raises(self, frame: LlvmFrame) -> bool:
        """Whether the eager engine would have raised in this run."""
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
        np, layout, leaves = numpy(), owner.layout, owner.program.leaves
        self._machine = owner.machine
        self._slots = layout.slots
        self._v = np.frombuffer(owner._blank[:], dtype=float)
        self._g = np.zeros(layout.slots + WIDTH)
        self._output = owner._outputs[0]
        self._leaves, self._adjoints = self._v[:leaves], self._g[:leaves]
        self._words = forward, reverse  # kept alive: the machine has only their addresses
        words = len(forward) + len(reverse)
        self.size: int = 4 * words + self._v.nbytes + self._g.nbytes
        v, g = self._v.ctypes.data, self._g.ctypes.data
        self._run = forward.buffer_info()[0], v, v + 8 * layout.slots
        self._sweep = reverse.buffer_info()[0], v, g, v + 8 * layout.slots

    def forward(self, leaves: Sequence[float] | Array) -> float:
        """Run the instructions; the first output."""
        self._leaves[:] = leaves
        self._machine.forward(*self._run)
        return float(self._v[self._output])

    def reverse(self) -> Array:
        """Sweep back from the first output; the adjoints of the leaves, a view."""
        self._machine.fill(self._sweep[2], self._slots)
        self._g[self._output] = 1.0
        self._machine.reverse(*self._sweep)
        return self._adjoints
