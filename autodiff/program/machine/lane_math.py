"""exp, expm1, log1p, tanh, erf, erfc for several numbers at once, with the bits of the C library.

What the GNU C library computes: exp by a table of 2**(k/128) and a polynomial (Szabolcs Nagy,
2018), the others as Sun's fdlibm does (K. C. Ng, 1993; lane_erf.py has erf and erfc). Whether
these *are* the functions of the C library here, with fused multiply-add or without, `lane_trial`
finds out. Where the usual way does not hold (near overflow, infinities, nan) they give nan, and
whoever called asks the C library.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from .exp_table import STEPS, bits_of, powers_of_two
from .lane_erf import LaneErf
from .llvm_types import Builder, EmitsVectors, Ir, Reg, Type

NAMES = ("exp", "expm1", "log1p", "tanh", "erf", "erfc")
#: whether products and sums are rounded once; "mixed": in exp alone, where others call it
VARIANTS = ("plain", "fused", "mixed")
_TO_INTEGER = 1.5 * 2.0**52  # x plus this has the nearest integer in its last bits
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
#: coefficients of exp(r) - 1 - r, of the rational approximation in expm1, and of log1p
_EXP = tuple(
    map(
        float.fromhex,
        ("0x1.ffffffffffdbdp-2", "0x1.555555555543cp-3", "0x1.55555cf172b91p-5",
         "0x1.1111167a4d017p-7"),
    )
)  # fmt: skip
_EXPM1 = (
    -3.33333333333331316428e-02, 1.58730158725481460165e-03, -7.93650757867487942473e-05,
    4.00821782732936239552e-06, -2.01099218183624371326e-07,
)  # fmt: skip
_LOG1P = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
)  # fmt: skip


class LaneMath:
    """Emits the bodies of these functions: operations on vectors, with a variant for products."""

    def __init__(self, emitter: EmitsVectors, builder: Builder, variant: str) -> None:
        self.emitter = emitter
        self.builder = builder
        self.variant = variant
        self.fused: bool = variant == "fused"
        self.ir: Ir = emitter.ir
        self.longs: Type = self.ir.VectorType(emitter.long, emitter.vector.count)

    def emit(self, name: str, x: Reg) -> Reg:
        """The value of a function, nan where it does not hold."""
        if name in ("erf", "erfc"):
            return LaneErf(self, name, x).emit(name)
        result: Reg = getattr(self, f"_{name}")(x)
        return result

    def _exponential(self, x: Reg) -> Reg:
        """exp inside of other functions."""
        variant = "plain" if self.variant == "plain" else "fused"
        return LaneMath(self.emitter, self.builder, variant)._exp(x)

    # ---- operations --------------------------------------------------------------------------

    def _number(self, value: float) -> Reg:
        return self.emitter.constant(value)

    def _long(self, value: int) -> Reg:
        return self.ir.Constant(self.longs, [value] * self.longs.count)

    def _bits(self, x: Reg) -> Reg:
        return self.builder.bitcast(x, self.longs)

    def _float(self, bits: Reg) -> Reg:
        return self.builder.bitcast(bits, self.emitter.vector)

    def _plus(self, *terms: Reg) -> Reg:
        return functools.reduce(self.builder.fadd, terms)

    def _times(self, x: Reg, y: Reg) -> Reg:
        return self.builder.fmul(x, y)

    def _minus(self, x: Reg, y: Reg) -> Reg:
        return self.builder.fsub(x, y)

    def _muladd(self, x: Reg, y: Reg, z: Reg) -> Reg:
        """x*y + z, rounded once or twice."""
        if self.fused:
            return self.emitter.intrinsic(self.builder, "llvm.fma", [x, y, z])
        return self.builder.fadd(self.builder.fmul(x, y), z)

    def _mulsub(self, x: Reg, y: Reg, z: Reg) -> Reg:
        """x*y - z."""
        return self._muladd(x, y, self.builder.fneg(z)) if self.fused else self._minus(
            self._times(x, y), z
        )  # fmt: skip

    def _submul(self, z: Reg, x: Reg, y: Reg) -> Reg:
        """z - x*y."""
        return self._muladd(self.builder.fneg(x), y, z) if self.fused else self._minus(
            z, self._times(x, y)
        )  # fmt: skip

    def _less(self, x: Reg, y: Reg) -> Reg:
        return self.builder.fcmp_ordered("<", x, y)

    def _select(self, condition: Reg, x: Reg, y: Reg) -> Reg:
        return self.builder.select(condition, x, y)

    def _inside(self, low: float, x: Reg, high: float, result: Reg) -> Reg:
        """A result where low < x < high, nan elsewhere."""
        number = self._number
        inside = self.builder.and_(self._less(number(low), x), self._less(x, number(high)))
        return self._select(inside, result, number(math.nan))

    def _size(self, x: Reg) -> Reg:
        return self.emitter.intrinsic(self.builder, "llvm.fabs", [x])

    def _high(self, x: Reg) -> Reg:
        """The upper word of |x|: sign, exponent, 20 bits."""
        return self.builder.lshr(self._bits(self._size(x)), self._long(32))

    def _power(self, k: Reg) -> Reg:
        """2**k for a whole number k."""
        whole = self._bits(self._plus(k, self._number(_TO_INTEGER)))
        return self._float(
            self.builder.add(self.builder.shl(whole, self._long(52)), self._long(1023 << 52))
        )

    def _gather(self, name: str, words: Sequence[int], index: Reg) -> Reg:
        """Entries of a table."""
        module, builder, ir = self.emitter.module, self.builder, self.ir
        if name not in module.globals:
            kind = ir.ArrayType(self.emitter.long, len(words))
            table = ir.GlobalVariable(module, kind, name)
            table.initializer = ir.Constant(kind, list(words))
            table.global_constant = True
            table.linkage = "internal"
        found = ir.Constant(self.longs, ir.Undefined)
        zero = ir.Constant(self.emitter.long, 0)
        for at in range(self.longs.count):
            place = ir.Constant(self.emitter.word, at)
            entry = builder.gep(module.globals[name], [zero, builder.extract_element(index, place)])
            found = builder.insert_element(found, builder.load(entry), place)
        return found

    # ---- functions ---------------------------------------------------------------------------

    def _exp(self, x: Reg) -> Reg:
        builder, number = self.builder, self._number
        shift = number(_TO_INTEGER)
        scaled = self._muladd(x, number(float.fromhex("0x1.71547652b82fep0") * STEPS), shift)
        whole, k = self._bits(scaled), self._minus(scaled, shift)
        r = self._muladd(k, number(float.fromhex("-0x1.62e42fefa0000p-8")), x)
        r = self._muladd(k, number(float.fromhex("-0x1.cf79abc9e3b39p-47")), r)
        table = powers_of_two()
        index = builder.and_(whole, self._long(STEPS - 1))
        rest = self._float(self._gather("exp.rest", [a for a, _ in table], index))
        bits = self._gather("exp.bits", [b for _, b in table], index)
        scale = self._float(builder.add(bits, builder.shl(whole, self._long(45))))
        c2, c3, c4, c5 = map(number, _EXP)
        square = self._times(r, r)
        low = self._muladd(square, self._muladd(r, c3, c2), self._plus(rest, r))
        tail = self._muladd(self._times(square, square), self._muladd(r, c5, c4), low)
        return self._inside(-512.0, x, 709.0, self._muladd(scale, tail, scale))

    def _expm1(self, x: Reg) -> Reg:
        builder, number, select = self.builder, self._number, self._select
        high = self._high(x)
        negative = self._less(x, number(0.0))
        one, half = number(1.0), number(0.5)
        signed = select(negative, number(-0.5), half)
        k = self._muladd(number(1.44269504088896338700e00), x, signed)
        k = self.emitter.intrinsic(builder, "llvm.trunc", [k])
        near = builder.icmp_unsigned("<", high, self._long(0x3FF0A2B2))
        k = select(near, self._plus(signed, signed), k)
        reduced = builder.icmp_unsigned(">", high, self._long(0x3FD62E42))
        k = select(reduced, k, number(0.0))
        hi = self._submul(x, k, number(_LN2_HIGH))
        lo = self._times(k, number(_LN2_LOW))
        r = select(reduced, self._minus(hi, lo), x)
        c = self._minus(self._minus(hi, r), lo)
        q1, q2, q3, q4, q5 = map(number, _EXPM1)
        halves = self._times(half, r)
        h = self._times(r, halves)
        h2 = self._times(h, h)
        r1 = self._muladd(h, q1, one)
        r1 = self._muladd(h2, self._muladd(h, q3, q2), r1)
        r1 = self._muladd(self._times(h2, h2), self._muladd(h, q5, q4), r1)
        t = self._submul(number(3.0), r1, halves)
        e = self._times(h, builder.fdiv(self._minus(r1, t), self._submul(number(6.0), r, t)))
        alone = self._minus(r, self._mulsub(r, e, h))
        e = self._minus(self._mulsub(r, self._minus(e, c), c), h)
        less = self._minus(e, r)
        power, small = self._power(k), self._power(builder.fneg(k))
        minus_one = self._mulsub(half, self._minus(r, e), half)
        plus_one = select(
            self._less(r, number(-0.25)),
            self._times(number(-2.0), self._minus(e, self._plus(r, half))),
            self._muladd(number(2.0), self._minus(r, e), one),
        )
        far = self._minus(self._times(self._minus(one, less), power), one)
        middle = self._times(self._minus(self._minus(one, small), less), power)
        upper = self._times(self._plus(self._minus(r, self._plus(e, small)), one), power)
        result = select(self._less(k, number(20.0)), middle, upper)
        outside = builder.or_(self._less(k, number(-1.5)), self._less(number(56.0), k))
        result = select(outside, far, result)
        result = select(builder.fcmp_ordered("==", k, one), plus_one, result)
        result = select(builder.fcmp_ordered("==", k, number(-1.0)), minus_one, result)
        result = select(reduced, result, alone)
        tiny = builder.icmp_unsigned("<", high, self._long(0x3C900000))
        return self._inside(-37.0, x, 700.0, select(tiny, x, result))

    def _tanh(self, x: Reg) -> Reg:
        builder, number, select = self.builder, self._number, self._select
        size = self._size(x)
        one, two = number(1.0), number(2.0)
        large = builder.fcmp_ordered(">=", size, one)
        t = self._expm1(self._times(select(large, two, number(-2.0)), size))
        below = self._plus(t, two)
        parts = builder.fdiv(select(large, two, builder.fneg(t)), below)
        z = select(large, self._minus(one, parts), parts)
        z = select(builder.fcmp_ordered(">=", size, number(22.0)), one, z)
        z = self.emitter.intrinsic(builder, "llvm.copysign", [z, x])
        return select(self._less(size, number(2.0**-55)), self._times(x, self._plus(one, x)), z)

    def _log1p(self, x: Reg) -> Reg:
        builder, number, select = self.builder, self._number, self._select
        one, zero = number(1.0), number(0.0)
        high = self._high(x)
        # without a reduction between 1/sqrt(2) - 1 and sqrt(2) - 1
        right = builder.icmp_unsigned("<", high, self._long(0x3FDA827A))
        left = builder.icmp_unsigned("<=", high, self._long(0x3FD2BEC3))
        negative = self._less(x, zero)
        plain = select(negative, left, right)
        u = self._plus(one, x)
        bits = self._bits(u)
        fraction = builder.and_(builder.lshr(bits, self._long(32)), self._long(0xFFFFF))
        above = builder.icmp_unsigned(">=", fraction, self._long(0x6A09E))
        exponent = builder.sub(builder.lshr(bits, self._long(52)), self._long(1023))
        whole = select(above, builder.add(exponent, self._long(1)), exponent)
        magic = self._long(bits_of(_TO_INTEGER))
        k = self._minus(self._float(builder.add(whole, magic)), number(_TO_INTEGER))
        positive = builder.icmp_signed(">", exponent, self._long(0))
        c = select(
            positive, self._minus(one, self._minus(u, x)), self._minus(x, self._minus(u, one))
        )
        c = builder.fdiv(c, u)
        mantissa = builder.and_(bits, self._long((1 << 52) - 1))
        head = select(above, self._long(0x3FE << 52), self._long(0x3FF << 52))
        f = self._minus(self._float(builder.or_(mantissa, head)), one)
        f, k, c = select(plain, x, f), select(plain, zero, k), select(plain, zero, c)
        left_over = select(
            above,
            builder.lshr(builder.sub(self._long(0x100000), fraction), self._long(2)),
            fraction,
        )
        left_over = select(plain, self._long(1), left_over)
        square = self._times(self._times(number(0.5), f), f)
        correction = self._muladd(k, number(_LN2_LOW), c)
        s = builder.fdiv(f, self._plus(number(2.0), f))
        z = self._times(s, s)
        p1, p2, p3, p4, p5, p6, p7 = map(number, _LOG1P)
        z2 = self._times(z, z)
        z4 = self._times(z2, z2)
        r = self._muladd(z, p1, self._times(z2, self._muladd(z, p3, p2)))
        r = self._muladd(z4, self._muladd(z, p5, p4), r)
        r = self._muladd(self._times(z4, z2), self._muladd(z, p7, p6), r)
        inner = self._times(s, self._plus(square, r))
        short = self._times(square, self._submul(one, number(0.66666666666666666), f))
        is_short = builder.icmp_unsigned("==", left_over, self._long(0))
        rest = select(is_short, short, self._minus(square, inner))
        with_k = select(
            is_short, self._minus(short, correction),
            self._minus(square, self._plus(inner, correction)),
        )  # fmt: skip
        reduced = self._mulsub(k, number(_LN2_HIGH), self._minus(with_k, f))
        exact = self._muladd(k, number(_LN2_HIGH), correction)
        reduced = select(builder.fcmp_ordered("==", f, zero), exact, reduced)
        result = select(plain, self._minus(f, rest), reduced)
        small = self._submul(x, self._times(x, x), number(0.5))
        result = select(builder.icmp_unsigned("<", high, self._long(0x3E200000)), small, result)
        result = select(builder.icmp_unsigned("<", high, self._long(0x3C900000)), x, result)
        return self._inside(-0.999999, x, 2.0**52, result)
