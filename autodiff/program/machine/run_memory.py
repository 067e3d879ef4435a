"""The memory of runs and of sweeps, each with the frame that tells the machine where it lies."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Mapping

from autodiff.program.numpy_types import Array, numpy

from .registers import WIDTH
from .whole_runs import RUN

REVERSE, V, G, SCRATCH, OUTPUT, SEED = map(
    RUN.index, ("reverse", "v", "g", "scratch", "output", "seed")
)


class Memory:
    """Numbers that the machine reads and writes, with NumPy's view of them and their address."""

    __slots__ = ("address", "numbers", "run", "seeds", "view", "words")

    def __init__(self, numbers: Array, name: str, fields: Mapping[str, int]) -> None:
        """A copy of some numbers, where a vector may start, and a frame that has it as v or g."""
        np = numpy()
        memory = np.empty(len(numbers) + WIDTH)
        first = -memory.ctypes.data % (8 * WIDTH) // 8
        self.view: Array = memory[first : first + len(numbers)]
        self.view[:] = numbers
        self.numbers: memoryview[float] = memoryview(self.view)  # type: ignore[arg-type]  # arrays lend it
        self.address: int = self.view.ctypes.data
        fields = {**fields, name: self.address}
        #: what the machine is told about a run; the address of that, and the same words as numbers
        self.words: array[int] = array("Q", [fields.get(field, 0) for field in RUN])
        self.run: object = ctypes.c_void_p(self.words.buffer_info()[0])
        self.seeds: memoryview[float] = memoryview(self.words).cast("B").cast("d")


class LlvmFrame(Memory):
    """The memory of one run; it serves another run when nobody but the pool holds it."""

    __slots__ = ("captured", "outputs", "places", "scratch", "suspect")
    captured: Array

    def __init__(self, numbers: Array, fields: Mapping[str, int]) -> None:
        super().__init__(numbers, "v", fields)
        self.outputs: list[float] = []
        self.suspect: bool = False
        #: where the leaves of a call lie, with `captured`: for its `Inputs`
        self.places: list[tuple[int, Array]] | None = None
        self.scratch: int = self.address + 8 * fields["slots"]
        self.words[SCRATCH] = self.scratch

    def leaves(self, count: int) -> list[float]:
        """The first numbers that the run was given."""
        return list(self.numbers[:count].tolist())


class Adjoints(Memory):
    """The memory of a sweep."""

    __slots__ = ("leaves",)

    def __init__(self, numbers: Array, fields: Mapping[str, int], leaves: int) -> None:
        super().__init__(numbers, "g", fields)
        self.leaves: Array = self.view[:leaves]
