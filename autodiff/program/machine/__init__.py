"""What runs a Program: the interface of a machine, and the choice of one.

There are two machines: the virtual machine made with llvmlite (virtual_machine.py), and one in
pure Python (python_machine.py) for where llvmlite is missing. Both give the same bits. The
environment variable AUTODIFF_MACHINE ("python" or "llvm") chooses; the default is the faster one
that works here.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from autodiff.errors import AutodiffError
from autodiff.extras import require
from autodiff.program.program import Program
from autodiff.program.tracing.inputs import Inputs


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

    def forward(self, numbers: Sequence[float]) -> Frame:
        """Run the instructions for given leaves."""

    def run(self, inputs: Inputs, numbers: Sequence[Any]) -> Frame:
        """The same for leaves as a call has them: arguments, and parameters wherever they are."""

    def reverse(self, frame: Frame, seeds: Mapping[int, float]) -> Sequence[float]:
        """The adjoint of every leaf, given adjoints of outputs by their position.

        -0.0 stands for: no contribution reached this leaf. Those of passive leaves mean nothing.
        """

    def sweep(self, frame: Frame, seeds: Mapping[int, float]) -> Any:
        """The same in the form that suits the machine: a list, or an array of NumPy."""

    def raises(self, frame: Frame) -> bool:
        """Whether the eager engine would have raised in this run."""

    def describe(self) -> list[str]:
        """Lines for `explain()`: what was made of the Program."""


class MachineError(AutodiffError, ValueError):
    """AUTODIFF_MACHINE names no machine, or one that cannot run here."""


def chosen() -> str:
    """The name of the machine that runs Programs here: "llvm" or "python"."""
    wanted = os.environ.get("AUTODIFF_MACHINE", "")
    if wanted not in ("", "llvm", "python"):
        raise MachineError(f'AUTODIFF_MACHINE is "llvm" or "python", not {wanted!r}')
    if wanted == "python":
        return wanted
    if all(importlib.util.find_spec(name) for name in ("llvmlite", "numpy")):
        return "llvm"
    if wanted:
        require("llvmlite", "jit")
        require("numpy", "jit")
    return "python"


def executable(program: Program, *, exact: bool = True) -> Executable:
    """The Program, made ready for the machine that is chosen here.

    The one in pure Python is always exact.
    """
    if chosen() == "llvm":
        from .llvm_machine import LlvmExecutable

        return LlvmExecutable(program, exact=exact)
    from .python_machine import PythonExecutable

    return PythonExecutable(program)
