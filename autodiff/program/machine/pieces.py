"""Pieces of loops in LLVM code: counting, variables, exact sums."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from .llvm_types import Builder, Emits, Function, Ir, Reg


@contextmanager
def counted(emitter: Emits, builder: Builder, count: Reg, first: int = 0) -> Iterator[Reg]:
    """A loop over first .. count - 1; the block is its body."""
    ir = emitter.ir
    function = builder.function
    before = builder.block
    head, body, after = (function.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    at = builder.phi(emitter.word)
    at.add_incoming(ir.Constant(emitter.word, first), before)
    builder.cbranch(builder.icmp_signed("<", at, count), body, after)
    builder.position_at_end(body)
    yield at
    at.add_incoming(builder.add(at, ir.Constant(emitter.word, 1)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)


def one_or_zero(operand: object) -> float | None:
    """1.0 or 0.0 for a constant vector that is that in every lane, else None."""
    entries = getattr(operand, "constant", None)
    found = {repr(getattr(x, "constant", x)) for x in entries} if isinstance(entries, list) else ()
    return float(*found) if len(found) == 1 and found <= {"0.0", "1.0"} else None


class Pieces:
    """A function of operands in memory while it is being emitted."""

    def __init__(self, emitter: Emits, function: Function) -> None:
        self.emitter = emitter
        self.ir: Ir = emitter.ir
        self.xs: Reg = function.args[0]
        self.count: Reg = function.args[1]
        self.builder: Builder = emitter.ir.IRBuilder(function.append_basic_block())

    def _number(self, value: float) -> Reg:
        return self.emitter.constant(value)

    def _whole(self, value: int) -> Reg:
        return self.ir.Constant(self.emitter.word, value)

    def _variable(self, start: Reg) -> Reg:
        with self.builder.goto_entry_block():
            made = self.builder.alloca(self.emitter.double)
        self.builder.store(start, made)
        return made

    def _operand(self, at: Reg) -> Reg:
        return self.builder.load(self.builder.gep(self.xs, [at]))

    def _each(self, first: int = 0) -> AbstractContextManager[Reg]:
        """A loop over the positions first, first + 1, ..."""
        return counted(self.emitter, self.builder, self.count, first)

    def _give_up_if(self, condition: Reg) -> None:
        with self.builder.if_then(condition):
            self.builder.ret(self._number(math.nan))

    def _add_to(self, place: Reg, term: Reg) -> None:
        self.builder.store(self.builder.fadd(self.builder.load(place), term), place)

    def _long(self, value: int) -> Reg:
        return self.ir.Constant(self.emitter.long, value)

    def _add_exactly(self, place: Reg, term: Reg) -> Reg:
        """Add to a sum; what rounding takes from it, exactly (Knuth)."""
        builder = self.builder
        old = builder.load(place)
        new = builder.fadd(old, term)
        builder.store(new, place)
        part = builder.fsub(new, old)
        return builder.fadd(builder.fsub(old, builder.fsub(new, part)), builder.fsub(term, part))

    def _rounded(self, high: Reg, middle: Reg, low: Reg) -> Reg:
        """The correctly rounded sum; gives up where the last rounding might go either way.

        Without a third part, the first two are the exact sum: a tie goes to the even number, as
        in any addition. Ties are common where few numbers of like size are added.
        """
        builder, number = self.builder, self._number
        whole = self._variable(high)
        rest = builder.fadd(self._add_exactly(whole, middle), low)
        total = builder.load(whole)
        margin = builder.fmul(total, number(2.0**-100))
        least = builder.fadd(total, builder.fsub(rest, margin))
        most = builder.fadd(total, builder.fadd(rest, margin))
        exact = builder.fcmp_ordered("==", low, number(0.0))
        certain = builder.or_(exact, builder.fcmp_ordered("==", least, most))
        self._give_up_if(builder.not_(certain))
        return builder.select(exact, total, least)
