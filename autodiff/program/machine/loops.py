"""LLVM code for primitives of any number of operands: loops over operands in memory.

Each is a function of a pointer and a count. Like composites they return nan where Python must
decide. hypot computes as CPython does (a trial makes sure that it still does);
logsumexp adds with two compensations, which gives the correctly rounded sum, as math.fsum
does, wherever the rounding test holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager

from autodiff.special.several import TINY

from .code import Code, Emits
from .registers import Reg

_EXPONENT = 0x7FF0000000000000
_TWICE_BIAS = 0x7FE0000000000000  # exponent bits of x and 1/x add up to this for powers of two
_SPLIT = 134217729.0


class Loops:
    """Emits the body of one such function."""

    xs: Reg
    count: Reg

    def __init__(self, emitter: Emits, code: Code) -> None:
        self.emitter = emitter
        self.code = code
        self.xs, self.count = code.args

    def emit(self, name: str) -> None:
        bodies: dict[str, Callable[[], Reg]] = {
            "hypot": self._hypot, "logsumexp": self._logsumexp, "take": self._take,
            "logsumexp_error": self._logsumexp_error, "fine_length": self._fine_length,
            "maximum": lambda: self._extreme(">"), "minimum": lambda: self._extreme("<"),
            "ties": self._ties, "p_norm": self._p_norm,
            "peak": lambda: self._highest(2)[1], "below_peak": self._below_peak,
            "dominant": lambda: self._dominant(2)[1], "below_dominant": self._below_dominant,
        }  # fmt: skip
        self.code.ret(bodies[name]())

    # ---- pieces ------------------------------------------------------------------------------

    def _each(self, first: int = 0) -> AbstractContextManager[Reg]:
        return self.code.count(self.count, first)

    def _size(self, x: Reg) -> Reg:
        return self.code.intrinsic("llvm.fabs", x)

    def _sum(self, start: float = 0.0) -> Reg:
        return self.code.variable(self.code.real(start))

    def _give_up_if(self, condition: Reg) -> None:
        with self.code.when(condition):
            self.code.ret(self.code.real(math.nan))

    def _return_if(self, condition: Reg, number: Reg) -> None:
        with self.code.when(condition):
            self.code.ret(number)

    def _add_exactly(self, place: Reg, term: Reg) -> Reg:
        """Add to a sum; what rounding takes from it, exactly (Knuth)."""
        old = place[0]
        new = old + term
        place[0] = new
        part = new - old
        return (old - (new - part)) + (term - part)

    def _rounded(self, sums: list[Reg]) -> Reg:
        """The correctly rounded sum; gives up where the last rounding might go either way.

        Without a third part, the first two are the exact sum: a tie goes to the even number, as
        in any addition. Ties are common where few numbers of like size are added.
        """
        high, middle, low = (each[0] for each in sums)
        whole = self.code.variable(high)
        rest = self._add_exactly(whole, middle) + low
        total = whole[0]
        margin = total * 2.0**-100
        least = total + (rest - margin)
        most = total + (rest + margin)
        exact = low.equals(0.0)
        self._give_up_if(~(exact | least.equals(most)))
        return exact.select(total, least)

    # ---- choices -----------------------------------------------------------------------------

    def _extreme(self, sign: str) -> Reg:
        """The largest or smallest. Once nan, always nan: no comparison with nan is true."""
        best = self.code.variable(self.xs[0])
        with self._each() as at:
            x, old = self.xs[at], best[0]
            better = x.is_nan() | (x > old if sign == ">" else x < old)
            best[0] = better.select(x, old)
        return best[0]

    def _take(self) -> Reg:
        """The entry with the index in the last operand; nan for what is no index."""
        unit = self.code.unit
        last = self.count - 1
        index = self.xs[last]
        inside = (index >= 0.0) & (index < last.made("uitofp", unit.double))
        self._give_up_if(~inside)
        whole = index.made("fptoui", unit.word)
        exact = whole.made("uitofp", unit.double).equals(index)
        return exact.select(self.xs[whole], math.nan)

    def _ties(self) -> Reg:
        z = self.xs[0]
        found = self._sum()
        with self._each(1) as at:
            equal = self.xs[at].equals(z)
            found[0] += equal.number()
        return z.is_nan().select(z, found[0])

    # ---- hypot -------------------------------------------------------------------------------

    def _p_norm(self) -> Reg:
        """highest * (sum of (|x|/highest)**p)**(1/p), the sum correctly rounded."""
        code, power = self.code, self.emitter.fast("pow", 2)
        last = self.count - 1
        p = self.xs[last]
        self._give_up_if(~(p >= 1.0))
        highest = self._sum()
        with code.count(last) as at:
            size = self._size(self.xs[at])
            self._give_up_if(size.not_finite())
            more = size > highest[0]
            highest[0] = more.select(size, highest[0])
        top = highest[0]
        self._return_if(top.equals(0.0), top)
        if power is None:
            return code.real(math.nan)
        sums = [self._sum() for _ in range(3)]
        with code.count(last) as at:
            term = code.call(power, self._size(self.xs[at]) / top, p)
            rest = self._add_exactly(sums[1], self._add_exactly(sums[0], term))
            sums[2][0] += rest
        total = self._rounded(sums)
        return top * code.call(power, total, 1.0 / p)

    def _fine_length(self) -> Reg:
        z = self.xs[0]
        self._give_up_if(~(z > TINY))  # rare, so Python takes the operands times 2**600
        return z

    def _hypot(self) -> Reg:
        """The largest operand scaled to [1/2, 1); squares added with what rounding takes."""
        code, unit = self.code, self.code.unit
        if "hypot" not in self.emitter.lanes:
            return code.real(math.nan)
        largest = self._sum()
        with self._each() as at:
            size, old = self._size(self.xs[at]), largest[0]
            # a nan stays: whatever it is compared with, the answer is no
            keep = (size <= old) | old.is_nan()
            largest[0] = keep.select(old, size)
        top = largest[0]
        plain = (top >= 2.0**-1021) & (top < 2.0**1022)
        self._return_if(top.equals(0.0), top)
        self._give_up_if(~plain)
        self._return_if(self.count.equals(1), top)
        exponent = top.made("bitcast", unit.long) & _EXPONENT
        scale = (_TWICE_BIAS - (1 << 52) - exponent).made("bitcast", unit.double)
        sums = [self._sum(start) for start in (1.0, 0.0, 0.0, 0.0)]
        with self._each() as at:
            self._add_square(sums, self.xs[at] * scale, False)
        length = code.intrinsic("llvm.sqrt", self._total(sums))
        self._add_square(sums, length, True)
        return (length + self._total(sums) / (2.0 * length)) / scale

    def _total(self, sums: list[Reg]) -> Reg:
        whole, first, second, third = (each[0] for each in sums)
        fractions = (first + second) + third
        return (whole - 1.0) + fractions

    def _add_square(self, sums: list[Reg], x: Reg, minus: bool) -> None:
        whole, first, second, third = sums
        t = x * _SPLIT
        high = t - (t - x)
        low = x - high
        left = -high if minus else high
        self._add_part(whole, first, left * high)
        self._add_part(whole, second, ((-2.0 if minus else 2.0) * high) * low)
        if minus:
            self._add_part(whole, third, -low * low)
        else:
            third[0] += low * low

    def _add_part(self, whole: Reg, fraction: Reg, term: Reg) -> None:
        """Add to a sum, and what rounding takes to a second one."""
        old = whole[0]
        new = old + term
        whole[0] = new
        fraction[0] += (old - new) + term

    # ---- logsumexp ---------------------------------------------------------------------------

    def _highest(self, first: int) -> tuple[Reg, Reg]:
        """The position and value of the largest operand; gives up where one is nan."""
        start = self.xs.at(first)[0]
        return self._outstanding(first, first, start, lambda x, old: x > old)

    def _outstanding(
        self, first: int, place: int, start: Reg, exceeds: Callable[[Reg, Reg], Reg]
    ) -> tuple[Reg, Reg]:
        found, best = self.code.variable(self.code.whole(place)), self.code.variable(start)
        with self._each(first) as at:
            x = self.xs[at]
            self._give_up_if(x.is_nan())
            old = best[0]
            more = exceeds(x, old)
            best[0] = more.select(x, old)
            found[0] = more.select(at, found[0])
        return found[0], best[0]

    def _logsumexp(self) -> Reg:
        place, highest = self._highest(0)
        return self._sum_of_exponentials(place, highest, 0, self.code.real(0.0))

    def _logsumexp_error(self) -> Reg:
        """(highest - z) + the logsumexp of the operands less the highest."""
        z = self.xs[0]
        far = self._size(z) > 16.0
        self._give_up_if(z.not_finite())  # Python counts what is inf
        self._return_if(~far, self.code.real(0.0))
        place, highest = self._highest(1)
        inner = self._sum_of_exponentials(place, highest, 1, highest)
        return (highest - z) + inner

    def _sum_of_exponentials(self, place: Reg, highest: Reg, first: int, shift: Reg) -> Reg:
        """The logsumexp of the operands less `shift`, the largest of them at `place`."""
        log1p = self.emitter.fast("log1p", 1)
        if log1p is None:
            return self.code.real(math.nan)
        top = highest - shift
        others = self._exponentials(place, top, first, lambda x: (x - shift) - top)
        return top + self.code.call(log1p, others)

    def _below_peak(self) -> Reg:
        place, highest = self._highest(1)
        return self._exponentials(place, highest, 1, lambda x: x - highest)

    def _exponentials(
        self, place: Reg, top: Reg, first: int, exponent: Callable[[Reg], Reg]
    ) -> Reg:
        """The correctly rounded sum of exponentials, without that of the operand at `place`."""
        code, exp = self.code, self.emitter.fast("exp", 1)
        if exp is None:
            return code.real(math.nan)
        self._give_up_if(top.not_finite())
        sums = [self._sum() for _ in range(3)]
        with self._each(first) as at, code.when(at.differs(place)):
            error = self._add_exactly(sums[0], code.call(exp, exponent(self.xs[at])))
            rest = self._add_exactly(sums[1], error)
            sums[2][0] += rest
        return self._rounded(sums)

    # ---- what an operand larger than all others together leaves to them ----------------------

    def _dominant(self, first: int) -> tuple[Reg, Reg]:
        """The position and value of the operand of the largest size; gives up where one is nan."""
        nothing = self.code.real(0.0)
        return self._outstanding(first, 0, nothing, lambda x, y: self._size(x) > self._size(y))

    def _below_dominant(self) -> Reg:
        place, chosen = self._dominant(1)
        size = self._size(chosen)
        self._return_if(size.equals(0.0), size)
        total = self._sum()
        with self._each(1) as at, self.code.when(at.differs(place)):
            x = self._size(self.xs[at])
            part = (x < size).select(x / size, 1.0)
            total[0] += part * part
        return total[0]
