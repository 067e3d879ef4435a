"""LLVM code for primitives of any number of operands: loops over operands in memory.

Each is a function of a pointer and a count. Like composites they return nan where Python must
decide. hypot computes as CPython does (`libm.hypot_agrees` makes sure that it still does);
logsumexp adds with two compensations, which gives the correctly rounded sum, as math.fsum
does, wherever the rounding test holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autodiff.special.several import TINY

from . import libm
from .llvm_types import Reg
from .pieces import Pieces, counted

_EXPONENT = 0x7FF0000000000000
_TWICE_BIAS = 0x7FE0000000000000  # exponent bits of x and 1/x add up to this for powers of two
_SPLIT = 134217729.0


class Loops(Pieces):
    """Emits the body of one such function."""

    def emit(self, name: str) -> None:
        """The body of the primitive of that name."""
        bodies: dict[str, Callable[[], Reg]] = {
            "hypot": self._hypot, "logsumexp": self._logsumexp, "take": self._take,
            "logsumexp_error": self._logsumexp_error, "fine_length": self._fine_length,
            "maximum": lambda: self._extreme(">"), "minimum": lambda: self._extreme("<"),
            "ties": self._ties, "p_norm": self._p_norm,
            "peak": lambda: self._highest(2)[1], "below_peak": self._below_peak,
            "dominant": lambda: self._dominant(2)[1], "below_dominant": self._below_dominant,
        }  # fmt: skip
        self.builder.ret(bodies[name]())

    # ---- choices -----------------------------------------------------------------------------

    def _extreme(self, sign: str) -> Reg:
        """The largest or smallest. Once nan, always nan: no comparison with nan is true."""
        builder = self.builder
        best = self._variable(self._operand(self._whole(0)))
        with self._each() as at:
            x, old = self._operand(at), builder.load(best)
            better = builder.or_(
                builder.fcmp_unordered("uno", x, x), builder.fcmp_ordered(sign, x, old)
            )
            builder.store(builder.select(better, x, old), best)
        return builder.load(best)

    def _take(self) -> Reg:
        """The entry with the index in the last operand; nan for what is no index."""
        builder, emitter = self.builder, self.emitter
        last = builder.sub(self.count, self._whole(1))
        index = self._operand(last)
        inside = builder.and_(
            builder.fcmp_ordered(">=", index, self._number(0.0)),
            builder.fcmp_ordered("<", index, builder.uitofp(last, emitter.double)),
        )
        self._give_up_if(builder.not_(inside))
        whole = builder.fptoui(index, emitter.word)
        exact = builder.fcmp_ordered("==", builder.uitofp(whole, emitter.double), index)
        return builder.select(exact, self._operand(whole), self._number(math.nan))

    def _ties(self) -> Reg:
        builder = self.builder
        z = self._operand(self._whole(0))
        found = self._variable(self._number(0.0))
        with self._each(1) as at:
            equal = builder.fcmp_ordered("==", self._operand(at), z)
            self._add_to(found, builder.select(equal, self._number(1.0), self._number(0.0)))
        return builder.select(builder.fcmp_unordered("uno", z, z), z, builder.load(found))

    # ---- hypot -------------------------------------------------------------------------------

    def _p_norm(self) -> Reg:
        """highest * (sum of (|x|/highest)**p)**(1/p), the sum correctly rounded."""
        builder, emitter, number = self.builder, self.emitter, self._number
        power = emitter.fast("pow", 2)
        last = builder.sub(self.count, self._whole(1))
        p = self._operand(last)
        self._give_up_if(builder.not_(builder.fcmp_ordered(">=", p, number(1.0))))
        highest = self._variable(number(0.0))
        with counted(emitter, builder, last) as at:
            size = emitter.intrinsic(builder, "llvm.fabs", [self._operand(at)])
            self._give_up_if(emitter.not_finite(builder, size))
            more = builder.fcmp_ordered(">", size, builder.load(highest))
            builder.store(builder.select(more, size, builder.load(highest)), highest)
        top = builder.load(highest)
        with builder.if_then(builder.fcmp_ordered("==", top, number(0.0))):
            builder.ret(top)
        if power is None:
            return number(math.nan)
        sums = [self._variable(number(0.0)) for _ in range(3)]
        with counted(emitter, builder, last) as at:
            size = emitter.intrinsic(builder, "llvm.fabs", [self._operand(at)])
            term = builder.call(power, [builder.fdiv(size, top), p])
            self._add_to(sums[2], self._add_exactly(sums[1], self._add_exactly(sums[0], term)))
        total = self._rounded(*map(builder.load, sums))
        root = builder.call(power, [total, builder.fdiv(number(1.0), p)])
        return builder.fmul(top, root)

    def _fine_length(self) -> Reg:
        z = self._operand(self._whole(0))
        small = self.builder.not_(self.builder.fcmp_ordered(">", z, self._number(TINY)))
        self._give_up_if(small)  # rare, so Python takes the operands times 2**600
        return z

    def _hypot(self) -> Reg:
        """The largest operand scaled to [1/2, 1); squares added with what rounding takes."""
        if not libm.hypot_agrees():
            return self._number(math.nan)
        builder, emitter, number = self.builder, self.emitter, self._number
        largest = self._variable(number(0.0))
        with self._each() as at:
            size = emitter.intrinsic(builder, "llvm.fabs", [self._operand(at)])
            old = builder.load(largest)
            # a nan stays: whatever it is compared with, the answer is no
            keep = builder.fcmp_ordered("<=", size, old)
            wrong = builder.fcmp_unordered("uno", old, old)
            builder.store(builder.select(builder.or_(keep, wrong), old, size), largest)
        top = builder.load(largest)
        plain = builder.and_(
            builder.fcmp_ordered(">=", top, number(2.0**-1021)),
            builder.fcmp_ordered("<", top, number(2.0**1022)),
        )
        zero = builder.fcmp_ordered("==", top, number(0.0))
        with builder.if_then(zero):
            builder.ret(top)
        self._give_up_if(builder.not_(plain))
        with builder.if_then(builder.icmp_unsigned("==", self.count, self._whole(1))):
            builder.ret(top)
        exponent = builder.and_(builder.bitcast(top, emitter.long), self._long(_EXPONENT))
        below = builder.sub(self._long(_TWICE_BIAS - (1 << 52)), exponent)
        scale = builder.bitcast(below, emitter.double)
        sums = [self._variable(number(start)) for start in (1.0, 0.0, 0.0, 0.0)]
        with self._each() as at:
            self._add_square(sums, builder.fmul(self._operand(at), scale), False)
        length = emitter.intrinsic(builder, "llvm.sqrt", [self._total(sums)])
        self._add_square(sums, length, True)
        rest = self._total(sums)
        correction = builder.fdiv(rest, builder.fmul(number(2.0), length))
        return builder.fdiv(builder.fadd(length, correction), scale)

    def _total(self, sums: list[Reg]) -> Reg:
        builder = self.builder
        whole, first, second, third = map(builder.load, sums)
        fractions = builder.fadd(builder.fadd(first, second), third)
        return builder.fadd(builder.fsub(whole, self._number(1.0)), fractions)

    def _add_square(self, sums: list[Reg], x: Reg, minus: bool) -> None:
        builder = self.builder
        whole, first, second, third = sums
        t = builder.fmul(x, self._number(_SPLIT))
        high = builder.fsub(t, builder.fsub(t, x))
        low = builder.fsub(x, high)
        left = builder.fneg(high) if minus else high
        self._add_part(whole, first, builder.fmul(left, high))
        twice = builder.fmul(self._number(-2.0 if minus else 2.0), high)
        self._add_part(whole, second, builder.fmul(twice, low))
        if minus:
            self._add_part(whole, third, builder.fmul(builder.fneg(low), low))
        else:
            self._add_to(third, builder.fmul(low, low))

    def _add_part(self, whole: Reg, fraction: Reg, term: Reg) -> None:
        """Add to a sum, and what rounding takes to a second one."""
        builder = self.builder
        old = builder.load(whole)
        new = builder.fadd(old, term)
        builder.store(new, whole)
        self._add_to(fraction, builder.fadd(builder.fsub(old, new), term))

    # ---- logsumexp ---------------------------------------------------------------------------

    def _highest(self, first: int) -> tuple[Reg, Reg]:
        """The position and value of the largest operand; gives up where one is nan."""
        builder, emitter = self.builder, self.emitter
        with builder.goto_entry_block():
            place = builder.alloca(emitter.word)
        builder.store(self._whole(first), place)
        best = self._variable(self._operand(self._whole(first)))
        with self._each(first) as at:
            x = self._operand(at)
            self._give_up_if(builder.fcmp_unordered("uno", x, x))
            more = builder.fcmp_ordered(">", x, builder.load(best))
            builder.store(builder.select(more, x, builder.load(best)), best)
            builder.store(builder.select(more, at, builder.load(place)), place)
        return builder.load(place), builder.load(best)

    def _logsumexp(self) -> Reg:
        place, highest = self._highest(0)
        return self._sum_of_exponentials(place, highest, 0, self._number(0.0))

    def _logsumexp_error(self) -> Reg:
        """(highest - z) + the logsumexp of the operands less the highest."""
        builder = self.builder
        z = self._operand(self._whole(0))
        size = self.emitter.intrinsic(builder, "llvm.fabs", [z])
        far = builder.fcmp_ordered(">", size, self._number(16.0))
        self._give_up_if(self.emitter.not_finite(builder, z))  # Python counts what is inf
        with builder.if_then(builder.not_(far)):
            builder.ret(self._number(0.0))
        place, highest = self._highest(1)
        inner = self._sum_of_exponentials(place, highest, 1, highest)
        return builder.fadd(builder.fsub(highest, z), inner)

    def _sum_of_exponentials(self, place: Reg, highest: Reg, first: int, shift: Reg) -> Reg:
        """The logsumexp of the operands less `shift`, the largest of them at `place`."""
        builder, emitter = self.builder, self.emitter
        log1p = emitter.fast("log1p", 1)
        if log1p is None:
            return self._number(math.nan)
        top = builder.fsub(highest, shift)
        others = self._exponentials(
            place, top, first, lambda x: builder.fsub(builder.fsub(x, shift), top)
        )
        return builder.fadd(top, builder.call(log1p, [others]))

    def _below_peak(self) -> Reg:
        place, highest = self._highest(1)
        return self._exponentials(place, highest, 1, lambda x: self.builder.fsub(x, highest))

    def _exponentials(
        self, place: Reg, top: Reg, first: int, exponent: Callable[[Reg], Reg]
    ) -> Reg:
        """The correctly rounded sum of exponentials, without that of the operand at `place`."""
        builder, emitter, number = self.builder, self.emitter, self._number
        exp = emitter.fast("exp", 1)
        if exp is None:
            return number(math.nan)
        self._give_up_if(emitter.not_finite(builder, top))
        sums = [self._variable(number(0.0)) for _ in range(3)]
        with self._each(first) as at, builder.if_then(builder.icmp_unsigned("!=", at, place)):
            error = self._add_exactly(sums[0], builder.call(exp, [exponent(self._operand(at))]))
            self._add_to(sums[2], self._add_exactly(sums[1], error))
        return self._rounded(*map(builder.load, sums))

    # ---- what an operand larger than all others together leaves to them ----------------------

    def _dominant(self, first: int) -> tuple[Reg, Reg]:
        """The position and value of the operand of the largest size; gives up where one is nan."""
        builder, emitter = self.builder, self.emitter
        with builder.goto_entry_block():
            place = builder.alloca(emitter.word)
        builder.store(self._whole(0), place)
        best = self._variable(self._number(0.0))
        with self._each(first) as at:
            x = self._operand(at)
            self._give_up_if(builder.fcmp_unordered("uno", x, x))
            old = builder.load(best)
            sizes = [emitter.intrinsic(builder, "llvm.fabs", [number]) for number in (x, old)]
            more = builder.fcmp_ordered(">", *sizes)
            builder.store(builder.select(more, x, old), best)
            builder.store(builder.select(more, at, builder.load(place)), place)
        return builder.load(place), builder.load(best)

    def _below_dominant(self) -> Reg:
        builder, emitter, number = self.builder, self.emitter, self._number
        place, chosen = self._dominant(1)
        size = emitter.intrinsic(builder, "llvm.fabs", [chosen])
        with builder.if_then(builder.fcmp_ordered("==", size, number(0.0))):
            builder.ret(size)
        total = self._variable(number(0.0))
        with self._each(1) as at, builder.if_then(builder.icmp_unsigned("!=", at, place)):
            x = emitter.intrinsic(builder, "llvm.fabs", [self._operand(at)])
            less = builder.fcmp_ordered("<", x, size)
            part = builder.select(less, builder.fdiv(x, size), number(1.0))
            self._add_to(total, builder.fmul(part, part))
        return builder.load(total)
