"""What a machine is to its users: how a Program runs, is swept, and runs on many examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from autodiff.program.inputs import Inputs, Leaf
from autodiff.program.instructions import Instructions
from autodiff.program.numpy_types import Array

#: a machine takes back what it has given: its own frames, and what it kept
Own: TypeAlias = Any


class Frame(Protocol):
    """The numbers of one run: they stay valid as long as the frame lives."""

    @property
    def outputs(self) -> Sequence[float]:
        """The numbers of the Program's outputs."""

    def leaves(self, count: int) -> Sequence[float]:
        """The first numbers that the run was given."""

    @property
    def suspect(self) -> bool:
        """Some instruction's result is not finite, so a domain error is possible."""


class Executable(Protocol):
    """A Program that is ready to run. Safe to use from several threads."""

    @property
    def program(self) -> Instructions:
        """What it runs."""

    def forward(self, numbers: Sequence[float]) -> Frame:
        """Run the instructions for given leaves."""

    def run(self, inputs: Inputs, numbers: Sequence[Leaf]) -> Frame:
        """The same for leaves as a call has them: arguments, and parameters wherever they are."""

    def reverse(self, frame: Own, seeds: Mapping[int, float]) -> Sequence[float]:
        """The adjoint of every leaf, given adjoints of outputs by their position.

        -0.0 stands for: no contribution reached this leaf. Those of passive leaves mean nothing.
        """

    def sweep(self, frame: Own, position: int, seed: float) -> Sequence[float] | Array:
        """The same from one output, in the form that suits the machine: a list, or an array."""

    def raises(self, frame: Own) -> bool:
        """Whether the eager engine would have raised in this run."""

    def arrays(self) -> OnArrays:
        """The same with memory of its own, for one thread that has its numbers in arrays."""

    def describe(self) -> list[str]:
        """Lines for `explain()`: what was made of the Program."""


class OnArrays(Protocol):
    """A Program with memory of its own, from an array of leaves to one of adjoints."""

    @property
    def size(self) -> int:
        """Bytes of code and numbers."""

    def forward(self, leaves: Sequence[float] | Array) -> float:
        """Run the instructions; the first output."""

    def gradient(self, leaves: Sequence[float] | Array) -> tuple[float, Array]:
        """The first output, and the adjoints of the leaves by it: a view."""


class OnExamples(Protocol):
    """A Program of one example, ready to run for any number of them.

    Arrays of numbers are `shared`, one per leaf that all examples share, and `rows`, of shape
    (examples, other leaves). What a run has `kept` is the machine's own and spares a sweep work.
    """

    def forward(
        self, shared: Array, rows: Array, *, single: bool = False
    ) -> tuple[Array, Array, object]:
        """(outputs, suspects, kept): an array (outputs, examples), which examples may have raised.

        A `single` result will be swept with equal seeds, as far as the last times tell.
        """

    def reverse(
        self, shared: Array, rows: Array, seeds: Array, kept: Own = None, *, rows_too: bool = False
    ) -> tuple[Array, Array | None]:
        """The adjoints of shared leaves, summed, and those of rows if wanted, else None.

        `seeds` has the shape of outputs, or fewer rows. -0.0 means "untouched", in seeds and in
        adjoints.
        """

    def describe(self) -> list[str]:
        """Lines for `explain()`."""


class Machine:
    """One way to run Programs: what it needs, and what it can. One class, and its row of MACHINES.

    A machine with `buffers` reads many parameters faster from one array, and one with `batches`
    runs on many examples at once; where it has them not, its users do without.
    """

    name: str
    needs: tuple[str, ...] = ()
    buffers = batches = False

    def executable(self, program: Instructions, *, exact: bool) -> Executable:
        """The Program, ready to run; without `exact` adjoints may be added up in another order."""
        raise NotImplementedError

    def on_examples(self, program: Instructions, mapped: Sequence[bool]) -> OnExamples:
        """The Program of an example on many, for a machine that has `batches`.

        `mapped` says for each leaf whether every example has its own.
        """
        raise NotImplementedError
