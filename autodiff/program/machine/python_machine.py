"""The machine in pure Python: the eager engine's own sweep over a frozen graph.

A Program is turned once into cells, one per leaf and instruction, that look to a primitive's
pullback like the nodes of a graph. A run fills in numbers; a reverse sweep is what
`Value.backward` does, without building or sorting anything. So the bits are those of the eager
engine because the code is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autodiff.graph import UNTOUCHED
from autodiff.locks import fork_safe
from autodiff.primitive import Primitive
from autodiff.program.inputs import Inputs, Leaf
from autodiff.program.instructions import Instructions
from autodiff.program.numpy_types import Array, numpy


class _Cell:
    """A number with room for its adjoint: what pullbacks need of a node."""

    __slots__ = ("_adjoint", "_data", "_x", "_y")
    _adjoint: float
    _data: float
    _x: object
    _y: object


@dataclass(eq=False)
class PythonFrame:
    """The leaves and outputs of one run."""

    numbers: tuple[float, ...]
    outputs: tuple[float, ...]
    suspect: bool

    def leaves(self, count: int) -> Sequence[float]:
        return self.numbers[:count]


class PythonExecutable:
    """A Program as cells. The cells hold the numbers of one frame at a time."""

    def __init__(self, program: Instructions) -> None:
        self.program = program
        self._lock = fork_safe()
        self._current: PythonFrame | None = None
        self._sweeps: dict[tuple[int, ...], list[tuple[_Cell, Primitive]]] = {}
        self._leaves = [_Cell() for _ in range(program.leaves)]
        #: per instruction: its cell, its primitive, and its operands (cells, floats for constants)
        self._steps: list[tuple[_Cell, Primitive, tuple[_Cell | float, ...]]] = []
        self._sources: list[_Cell | float] = [*self._leaves, *program.constants]
        for primitive, slots in zip(program.primitives, program.operands, strict=True):
            cell = _Cell()
            operands = tuple([self._sources[slot] for slot in slots])
            cell._x, cell._y = primitive.pack(operands)
            self._steps.append((cell, primitive, operands))
            self._sources.append(cell)
        self._active = program.activity()

    def forward(self, numbers: Sequence[float]) -> PythonFrame:
        with self._lock:
            return self._run(tuple(numbers))

    def run(self, inputs: Inputs, numbers: Sequence[Leaf]) -> PythonFrame:
        return self.forward(inputs.listed(numbers))

    def _run(self, numbers: tuple[float, ...]) -> PythonFrame:
        self._current = None  # until the cells hold a whole run: it may be interrupted
        for cell, number in zip(self._leaves, numbers, strict=True):
            cell._data = number
        suspect = False
        for cell, primitive, operands in self._steps:
            values = [x._data if isinstance(x, _Cell) else x for x in operands]
            try:
                cell._data = primitive.forward(*values)
            except (ValueError, ArithmeticError):
                suspect = True
                cell._data = primitive.total.forward(*values)
        outputs = []
        for slot in self.program.outputs:
            source = self._sources[slot]
            outputs.append(source._data if isinstance(source, _Cell) else source)
        frame = PythonFrame(numbers, tuple(outputs), suspect)
        self._current = frame
        return frame

    def reverse(self, frame: PythonFrame, seeds: Mapping[int, float]) -> list[float]:
        roots = tuple(self.program.outputs[position] for position in sorted(seeds))
        with self._lock:
            if self._current is not frame:
                self._run(frame.numbers)
                self._current = frame
            sweep = self._sweeps.get(roots)
            if sweep is None:
                order = self.program.order(roots)
                first = self.program.first_result
                sweep = self._sweeps[roots] = [
                    self._steps[index][:2]
                    for index in reversed(order)
                    if self._active[first + index]
                ]
            for cell in self._leaves:
                cell._adjoint = UNTOUCHED
            for step in self._steps:
                step[0]._adjoint = UNTOUCHED
            for position in sorted(seeds):
                source = self._sources[self.program.outputs[position]]
                if isinstance(source, _Cell):
                    source._adjoint += seeds[position]
            for cell, primitive in sweep:
                if cell._adjoint is not UNTOUCHED:
                    primitive.pullback(cell, cell._adjoint)
            return [
                cell._adjoint if cell._adjoint is UNTOUCHED else cell._adjoint + 0.0
                for cell in self._leaves
            ]

    def sweep(self, frame: PythonFrame, position: int, seed: float) -> list[float]:
        return self.reverse(frame, {position: seed})

    def raises(self, frame: PythonFrame) -> bool:
        return bool(frame.suspect)

    def arrays(self) -> PythonArrays:
        return PythonArrays(self)

    def describe(self) -> list[str]:
        return [f"pure Python machine: {len(self._steps)} instructions, one by one"]


class PythonArrays:
    """One run on an array of leaves, and its sweep."""

    size = 0

    def __init__(self, owner: PythonExecutable) -> None:
        self._owner = owner

    def forward(self, leaves: Sequence[float] | Array) -> float:
        self._frame = self._owner.forward(list(map(float, leaves)))
        return self._frame.outputs[0]

    def gradient(self, leaves: Sequence[float] | Array) -> tuple[float, Array]:
        value = self.forward(leaves)
        return value, numpy().array(self._owner.reverse(self._frame, {0: 1.0}))
