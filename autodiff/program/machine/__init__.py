"""What runs a Program: the machines there are, and the choice of one.

The virtual machine made with llvmlite (llvm_machine.py, and block_machine.py for many examples),
and one in pure Python (python_machine.py) for where llvmlite is missing. Both give the same bits.
The environment variable AUTODIFF_MACHINE names one of MACHINES; the default is the first of them
that works here.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Sequence

from autodiff.errors import AutodiffError
from autodiff.extras import require
from autodiff.program.instructions import Instructions

from .interface import Executable, Machine, OnExamples


class MachineError(AutodiffError, ValueError):
    """AUTODIFF_MACHINE names no machine, or one that cannot run here."""


class _Llvm(Machine):
    """The virtual machine, in machine code."""

    name, needs = "llvm", ("llvmlite", "numpy")
    buffers = batches = True

    def executable(self, program: Instructions, *, exact: bool) -> Executable:
        from .llvm_machine import LlvmExecutable

        return LlvmExecutable(program, exact=exact)

    def on_examples(self, program: Instructions, mapped: Sequence[bool]) -> OnExamples:
        from .block_machine import BlockMachine

        return BlockMachine(program, mapped)


class _Python(Machine):
    """The eager engine's own sweep: always exact."""

    name = "python"

    def executable(self, program: Instructions, *, exact: bool) -> Executable:
        from .python_machine import PythonExecutable

        return PythonExecutable(program)


#: by name, the fastest first; the last one works everywhere
MACHINES: dict[str, Machine] = {each.name: each for each in (_Llvm(), _Python())}


def chosen() -> Machine:
    """The machine that runs Programs here."""
    wanted = os.environ.get("AUTODIFF_MACHINE", "")
    if not wanted:
        return _best()
    if wanted not in MACHINES:
        names = " or ".join(f'"{name}"' for name in MACHINES)
        raise MachineError(f"AUTODIFF_MACHINE is {names}, not {wanted!r}")
    for package in MACHINES[wanted].needs:
        require(package, "jit")
    return MACHINES[wanted]


@functools.cache
def _best() -> Machine:
    return next(
        each for each in MACHINES.values() if all(map(importlib.util.find_spec, each.needs))
    )
