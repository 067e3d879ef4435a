"""Pieces of loops in LLVM code: counting, variables, exact sums."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def counted(emitter: Any, builder: Any, count: Any, first: int = 0) -> Iterator[Any]:
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


def one_or_zero(operand: Any) -> float | None:
    """1.0 or 0.0 for a constant vector that is that in every lane, else None."""
    entries = getattr(operand, "constant", None)
    found = {repr(getattr(x, "constant", x)) for x in entries} if isinstance(entries, list) else ()
    return float(*found) if len(found) == 1 and found <= {"0.0", "1.0"} else None


class Pieces:
    """A function of operands in memory while it is being emitted."""

    def __init__(self, emitter: Any, function: Any) -> None:
        self.emitter = emitter
        self.ir: Any = emitter.ir
        self.xs: Any = function.args[0]
        self.count: Any = function.args[1]
        self.builder: Any = emitter.ir.IRBuilder(function.append_basic_block())

    def _number(self, value: float) -> Any:
        return self.emitter.constant(value)

    def _whole(self, value: int) -> Any:
        return self.ir.Constant(self.emitter.word, value)

    def _variable(self, start: Any) -> Any:
        with self.builder.goto_entry_block():
            made = self.builder.alloca(self.emitter.double)
        self.builder.store(start, made)
        return made

    def _operand(self, at: Any) -> Any:
        return self.builder.load(self.builder.gep(self.xs, [at]))

    def _each(self, first: int = 0) -> Any:
        """A loop over the positions first, first + 1, ..."""
        return counted(self.emitter, self.builder, self.count, first)

    def _give_up_if(self, condition: Any) -> None:
        with self.builder.if_then(condition):
            self.builder.ret(self._number(math.nan))

    def _add_to(self, place: Any, term: Any) -> None:
        self.builder.store(self.builder.fadd(self.builder.load(place), term), place)

    def _long(self, value: int) -> Any:
        return self.ir.Constant(self.emitter.long, value)

    def _add_exactly(self, place: Any, term: Any) -> Any:
        """Add to a sum; what rounding takes from it, exactly (Knuth)."""
        builder = self.builder
        old = builder.load(place)
        new = builder.fadd(old, term)
        builder.store(new, place)
        part = builder.fsub(new, old)
        return builder.fadd(builder.fsub(old, builder.fsub(new, part)), builder.fsub(term, part))

    def _rounded(self, high: Any, middle: Any, low: Any) -> Any:
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
