"""The block machine as LLVM code: a Program for 32 examples at a time, forward and backward.

A block's numbers lie in the processor's first cache, and an instruction is decoded once for 32
examples, so its code needs no compiler of its own. `blocks(frame)` goes through the blocks of many
examples. Its frame is an array of integers and addresses, in the order of FRAME.

The last block may have one vector of examples: then its instructions work on that alone.

A word of 32 bits per number says which examples' adjoints something has reached; the others pass
nothing on, as in the eager engine. Adjoints of shared numbers are vectors, added up at the end.
"""

from __future__ import annotations

from autodiff.program.lowering.block_opcodes import HALT, BlockTable

from .block_branch import BlockBranch, BlockLanes
from .block_sums import BlockSum
from .code import Code
from .columns import Columns
from .interpreter import interpret
from .operations import AnyOpcode
from .registers import Function, Reg


def emit_block_loop(columns: Columns, table: BlockTable, *, reverse: bool) -> Function:
    """The loop over the code words of a pass."""
    words, numbers = columns.words, columns.pointer
    kinds = [words, numbers, numbers, numbers]
    if reverse:
        kinds += [numbers, numbers, words, words, columns.word]
    kinds.append(columns.word)
    name = "blocks.reverse" if reverse else "blocks.forward"
    code = Code(columns, name, None, kinds, inline=True)

    def branch(code: Code, words: Reg, opcode: AnyOpcode) -> BlockBranch:
        if opcode.primitive is None:
            return BlockSum(columns, code, words, opcode)
        together = columns.can(opcode.primitive, reverse=reverse)  # else example by example
        return (BlockLanes if together else BlockBranch)(columns, code, words, opcode)

    opcodes = [each for each in table.opcodes if reverse in each.passes and each.number != HALT]
    interpret(
        code, ([each] for each in opcodes), branch, lambda opcode: opcode.primitive is not None,
        reverse=reverse,
    )  # fmt: skip
    return code.function
