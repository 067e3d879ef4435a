"""The virtual machine: a loop over code words, forward and backward, as LLVM functions.

    forward(code, v, scratch)       v[slot] are numbers, the leaves and constants filled in
    reverse(code, v, g, scratch)    g[slot] are adjoints
    fill(g, n)                      make n adjoints "untouched"
    suspect(v, n)                   whether one of n numbers is not finite
    blocks(frame, v, g)             the same for many examples; see block_loop.py

What a call from Python needs together is one function of one frame (see RUN), as a call takes
longer than a small code:

    evaluate(frame)                               forward, then suspect of its results
    sweep(frame)                                  fill, a seed in one slot, then reverse
    gradient(frame)                               forward and sweep

An adjoint that nothing has touched is -0.0, the neutral element of addition. What is added to an
adjoint is first added to 0.0, which turns -0.0 into 0.0 and changes nothing else; so -0.0 always
means untouched, and a node whose adjoint it is gets skipped, as in the eager engine.
"""

from __future__ import annotations

from collections.abc import Iterable

from autodiff.program.lowering.block_opcodes import BlockTable
from autodiff.program.lowering.opcodes import FORWARD_ALONE, REVERSE_ALONE, Opcode, Table

from .block_loop import BlockLoop
from .branch import Branch
from .code import Code
from .columns import Columns
from .emit import Emitter
from .interpreter import Frame, interpret
from .operations import AnyOpcode
from .registers import Reg
from .vectors import LaneBranch
from .whole_runs import emit_whole_runs


def emit_machine(table: Table, blocks: BlockTable, emitter: Emitter) -> None:
    """Emit all functions of the virtual machine for its opcodes."""
    columns = Columns(emitter)
    BlockLoop(columns, blocks).emit()
    for reverse in (False, True):

        def branch(code: Code, words: Reg, opcode: AnyOpcode, reverse: bool = reverse) -> Frame:
            vectors = opcode.form in (*FORWARD_ALONE, *REVERSE_ALONE)
            if opcode.form == "lane fixed" and opcode.primitive is not None:
                vectors = columns.can(opcode.primitive, reverse=reverse)
            return (LaneBranch if vectors else Branch)(columns, code, words, opcode)

        name, count = ("reverse", 3) if reverse else ("forward", 2)
        pointers = [emitter.words, *[emitter.pointer] * count]
        interpret(
            Code(emitter, f"autodiff_{name}", None, pointers, public=True),
            _alike(table, reverse=reverse), branch, lambda opcode: opcode.lanes, reverse=reverse,
        )  # fmt: skip
    emit_whole_runs(emitter)


def _alike(table: Table, *, reverse: bool) -> Iterable[list[Opcode]]:
    """The opcodes of a pass; the variants of a primitive differ in the reverse sweep only."""
    alike: dict[object, list[Opcode]] = {}
    for opcode in table.opcodes[1:]:
        if opcode.form not in (FORWARD_ALONE if reverse else REVERSE_ALONE):
            name = (opcode.form, opcode.primitive) if opcode.primitive else opcode.name
            alike.setdefault(opcode.number if reverse else name, []).append(opcode)
    return alike.values()
