"""The loop of a machine: it reads opcodes and jumps to their branches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .code import Code
from .operations import AnyOpcode, Operations
from .registers import Reg

Frame = Operations[Any]  # branches of all kinds of registers


def interpret(
    code: Code, opcodes: Iterable[Sequence[AnyOpcode]],
    branch: Callable[[Code, Reg, AnyOpcode], Frame], alone: Callable[[AnyOpcode], bool],
    *, reverse: bool,
) -> None:  # fmt: skip
    """A function that runs code words until they end; some opcodes share a branch.

    A branch of those `alone` is a function of its own: LLVM is slow on very long functions.
    """
    builder, kinds = code.builder, [each.type for each in code.args]
    name = code.function.name.removeprefix("autodiff_")
    entry, head, stop = builder.block, code.block(), code.block()
    builder.branch(head)
    builder.position_at_end(head)
    at = builder.phi(kinds[0])
    at.add_incoming(code.args[0].value, entry)
    words = Reg(code, at)
    switch = builder.switch(words[0].value, stop)
    for opcode, *others in opcodes:
        block = code.block()
        for each in (opcode, *others):
            switch.add_case(code.whole(each.number).value, block)
        builder.position_at_end(block)
        if alone(opcode):
            made = Code(code.unit, f"{name}.{opcode.name}.{opcode.number}", None, kinds)
            frame = branch(made, made.args[0], opcode)
            code.call(made.function, words, *code.args[1:])
        else:
            frame = branch(code, words, opcode)
        (frame.reverse if reverse else frame.forward)()
        if alone(opcode):
            frame.code.ret()
        length = branch(code, words, opcode).length()
        at.add_incoming(words.at(length).value, builder.block)
        builder.branch(head)
    builder.position_at_end(stop)
    code.ret()
