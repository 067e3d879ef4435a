"""One branch of the virtual machine while it is being emitted: where its operands are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .emit import Emitter
from .opcodes import Opcode


@contextmanager
def counted(emitter: Emitter, builder: Any, count: Any) -> Iterator[Any]:
    """A loop over 0 .. count - 1; the block is its body."""
    ir = emitter.ir
    function = builder.function
    before = builder.block
    head, body, after = (function.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    at = builder.phi(emitter.word)
    at.add_incoming(ir.Constant(emitter.word, 0), before)
    builder.cbranch(builder.icmp_signed("<", at, count), body, after)
    builder.position_at_end(body)
    yield at
    at.add_incoming(builder.add(at, ir.Constant(emitter.word, 1)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)


class Branch:
    """One branch of the machine while it is being emitted: where its operands are."""

    def __init__(self, emitter: Emitter, builder: Any, function: Any, code: Any) -> None:
        self.emitter = emitter
        self.builder = builder
        self.code = code
        self.v = function.args[1]
        self.g = function.args[2] if len(function.args) == 4 else None
        self.scratch = function.args[-1]

    def whole(self, number: int) -> Any:
        """An integer in the code."""
        return self.emitter.ir.Constant(self.emitter.word, number)

    def word_at(self, at: Any) -> Any:
        """The code word with an offset that is computed."""
        wide = self.builder.zext(at, self.emitter.long)
        return self.builder.load(self.builder.gep(self.code, [wide]))

    def word(self, at: int) -> Any:
        """The code word with a fixed offset."""
        return self.builder.load(self.builder.gep(self.code, [self.whole(at)]))

    def row(self, at: Any) -> Any:
        """The slot of operand `at` of an n-ary instruction."""
        return self.word_at(self.builder.add(at, self.whole(3)))

    def pair(self, at: Any) -> tuple[Any, Any]:
        """The slots of the factors of term `at` of an affine instruction."""
        first = self.builder.add(self.builder.shl(at, self.whole(1)), self.whole(4))
        return self.word_at(first), self.word_at(self.builder.add(first, self.whole(1)))

    def number(self, slot: Any) -> Any:
        """The number in a slot."""
        return self.builder.load(self.address(self.v, slot))

    def address(self, base: Any, slot: Any) -> Any:
        """Where a slot lies: slots are unsigned."""
        return self.builder.gep(base, [self.builder.zext(slot, self.emitter.long)])

    def variable(self, start: Any) -> Any:
        """A variable that changes in a loop."""
        with self.builder.goto_entry_block():
            made = self.builder.alloca(self.emitter.double)
        self.builder.store(start, made)
        return made

    def count(self, count: Any) -> Any:
        """A loop over 0 .. count - 1."""
        return counted(self.emitter, self.builder, count)

    def accumulate(self, slot: Any, amount: Any, condition: Any = None) -> None:
        """Add a contribution to an adjoint, if the condition holds."""
        builder = self.builder
        place = self.address(self.g, slot)
        old = builder.load(place)
        new = builder.fadd(old, builder.fadd(amount, self.emitter.constant(0.0)))
        builder.store(new if condition is None else builder.select(condition, new, old), place)

    def length(self, opcode: Opcode) -> Any:
        """How many words to go on."""
        if opcode.form == "fixed":
            return self.whole(2 + arity(opcode))
        if opcode.form == "n-ary":
            return self.builder.add(self.word(2), self.whole(3))
        terms = self.word(3)
        if opcode.form == "affine":
            terms = self.builder.shl(terms, self.whole(1))
        return self.builder.add(terms, self.whole(4))


def arity(opcode: Opcode) -> int:
    """How many operands a fixed primitive takes."""
    assert opcode.primitive is not None
    return len(opcode.primitive.variables)
