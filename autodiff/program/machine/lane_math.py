"""exp, expm1, log1p, tanh, erf, erfc for several numbers at once, with the bits of the C library.

What the GNU C library computes: exp by a table of 2**(k/128) and a polynomial (Szabolcs Nagy,
2018), the others as Sun's fdlibm does (K. C. Ng, 1993; lane_erf.py has erf and erfc). Whether
these *are* the functions of the C library here, with fused multiply-add or without, `lane_trial`
finds out. Where the usual way does not hold (near overflow, infinities, nan) they give nan, and
whoever called asks the C library.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .code import Code
from .exp_table import STEPS, bits_of, powers_of_two
from .lane_erf import erf
from .registers import WIDTH, Operand, Reg

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

    def __init__(self, code: Code, variant: str) -> None:
        self.code = code
        self.variant = variant

    def emit(self, name: str, x: Reg) -> Reg:
        """The value of a function, nan where it does not hold."""
        if name in ("erf", "erfc"):
            return erf(self, name, x)
        result: Reg = getattr(self, f"_{name}")(x)
        return result

    def exponential(self, x: Reg) -> Reg:
        """exp inside of other functions."""
        return LaneMath(self.code, "plain" if self.variant == "plain" else "fused")._exp(x)

    # ---- operations --------------------------------------------------------------------------

    def muladd(self, x: Reg, y: Operand, z: Operand) -> Reg:
        """x*y + z, rounded once or twice."""
        if self.variant == "fused":
            return self.code.intrinsic("llvm.fma", x, x.like(y), x.like(z))
        return x * y + z

    def mulsub(self, x: Reg, y: Reg, z: Operand) -> Reg:
        """x*y - z."""
        return self.muladd(x, y, -x.like(z)) if self.variant == "fused" else x * y - z

    def submul(self, z: Operand, x: Reg, y: Operand) -> Reg:
        """z - x*y."""
        return self.muladd(-x, y, z) if self.variant == "fused" else x.like(z) - x * y

    def inside(self, low: float, x: Reg, high: float, result: Reg) -> Reg:
        """A result where low < x < high, nan elsewhere."""
        return ((x > low) & (x < high)).select(result, math.nan)

    def size(self, x: Reg) -> Reg:
        return self.code.intrinsic("llvm.fabs", x)

    def high(self, x: Reg) -> Reg:
        """The upper word of |x|: sign, exponent, 20 bits."""
        return self.size(x).longs() >> 32

    def _power(self, k: Reg) -> Reg:
        """2**k for a whole number k."""
        return (((k + _TO_INTEGER).longs() << 52) + (1023 << 52)).reals()

    def _gather(self, name: str, words: Sequence[int], index: Reg) -> Reg:
        """Entries of a table."""
        unit, code = self.code.unit, self.code
        if name not in unit.module.globals:
            kind = unit.ir.ArrayType(unit.long, len(words))
            made = unit.ir.GlobalVariable(unit.module, kind, name)
            made.initializer = unit.ir.Constant(kind, list(words))
            made.global_constant = True
            made.linkage = "internal"
        table, found = Reg(code, unit.module.globals[name]), code.undefined(unit.longs)
        zero = code.constant(unit.long, 0)
        for at in range(WIDTH):
            found = found.with_lane(at, table.at(zero, index.lane(at))[0])
        return found

    # ---- functions ---------------------------------------------------------------------------

    def _exp(self, x: Reg) -> Reg:
        muladd = self.muladd
        scaled = muladd(x, float.fromhex("0x1.71547652b82fep0") * STEPS, _TO_INTEGER)
        whole, k = scaled.longs(), scaled - _TO_INTEGER
        r = muladd(k, float.fromhex("-0x1.62e42fefa0000p-8"), x)
        r = muladd(k, float.fromhex("-0x1.cf79abc9e3b39p-47"), r)
        table = powers_of_two()
        index = whole & (STEPS - 1)
        rest = self._gather("exp.rest", [a for a, _ in table], index).reals()
        bits = self._gather("exp.bits", [b for _, b in table], index)
        scale = (bits + (whole << 45)).reals()
        c2, c3, c4, c5 = _EXP
        square = r * r
        low = muladd(square, muladd(r, c3, c2), rest + r)
        tail = muladd(square * square, muladd(r, c5, c4), low)
        return self.inside(-512.0, x, 709.0, muladd(scale, tail, scale))

    def _expm1(self, x: Reg) -> Reg:
        muladd = self.muladd
        high = self.high(x)
        negative = x < 0.0
        one, half = x.like(1.0), x.like(0.5)
        signed = negative.select(-0.5, half)
        k = muladd(x.like(1.44269504088896338700e00), x, signed)
        k = self.code.intrinsic("llvm.trunc", k)
        near = high < 0x3FF0A2B2
        k = near.select(signed + signed, k)
        reduced = high > 0x3FD62E42
        k = reduced.select(k, 0.0)
        hi = self.submul(x, k, _LN2_HIGH)
        lo = k * _LN2_LOW
        r = reduced.select(hi - lo, x)
        c = (hi - r) - lo
        q1, q2, q3, q4, q5 = _EXPM1
        halves = half * r
        h = r * halves
        h2 = h * h
        r1 = muladd(h, q1, one)
        r1 = muladd(h2, muladd(h, q3, q2), r1)
        r1 = muladd(h2 * h2, muladd(h, q5, q4), r1)
        t = self.submul(3.0, r1, halves)
        e = h * ((r1 - t) / self.submul(6.0, r, t))
        alone = r - self.mulsub(r, e, h)
        e = self.mulsub(r, e - c, c) - h
        less = e - r
        power, small = self._power(k), self._power(-k)
        minus_one = self.mulsub(half, r - e, half)
        plus_one = (r < -0.25).select(-2.0 * (e - (r + half)), muladd(x.like(2.0), r - e, one))
        far = (one - less) * power - one
        middle = ((one - small) - less) * power
        upper = ((r - (e + small)) + one) * power
        result = (k < 20.0).select(middle, upper)
        result = ((k < -1.5) | (k > 56.0)).select(far, result)
        result = k.equals(one).select(plus_one, result)
        result = k.equals(-1.0).select(minus_one, result)
        result = reduced.select(result, alone)
        tiny = high < 0x3C900000
        return self.inside(-37.0, x, 700.0, tiny.select(x, result))

    def _tanh(self, x: Reg) -> Reg:
        size = self.size(x)
        large = size >= 1.0
        t = self._expm1(large.select(x.like(2.0), -2.0) * size)
        below = t + 2.0
        parts = large.select(2.0, -t) / below
        z = large.select(1.0 - parts, parts)
        z = (size >= 22.0).select(1.0, z)
        z = self.code.intrinsic("llvm.copysign", z, x)
        return (size < 2.0**-55).select(x * (1.0 + x), z)

    def _log1p(self, x: Reg) -> Reg:
        muladd = self.muladd
        high = self.high(x)
        # without a reduction between 1/sqrt(2) - 1 and sqrt(2) - 1
        right, left = high < 0x3FDA827A, high <= 0x3FD2BEC3
        plain = (x < 0.0).select(left, right)
        u = 1.0 + x
        bits = u.longs()
        fraction = (bits >> 32) & 0xFFFFF
        above = fraction >= 0x6A09E
        exponent = (bits >> 52) - 1023
        whole = above.select(exponent + 1, exponent)
        k = (whole + bits_of(_TO_INTEGER)).reals() - _TO_INTEGER
        positive = exponent.compared("icmp_signed", ">", exponent.like(0))
        c = positive.select(1.0 - (u - x), x - (u - 1.0)) / u
        mantissa = bits & ((1 << 52) - 1)
        head = above.select(bits.like(0x3FE << 52), 0x3FF << 52)
        f = (mantissa | head).reals() - 1.0
        f, k, c = plain.select(x, f), plain.select(0.0, k), plain.select(0.0, c)
        left_over = above.select((0x100000 - fraction) >> 2, fraction)
        left_over = plain.select(1, left_over)
        square = (0.5 * f) * f
        correction = muladd(k, _LN2_LOW, c)
        s = f / (2.0 + f)
        z = s * s
        p1, p2, p3, p4, p5, p6, p7 = _LOG1P
        z2 = z * z
        z4 = z2 * z2
        r = muladd(z, p1, z2 * muladd(z, p3, p2))
        r = muladd(z4, muladd(z, p5, p4), r)
        r = muladd(z4 * z2, muladd(z, p7, p6), r)
        inner = s * (square + r)
        short = square * self.submul(1.0, x.like(0.66666666666666666), f)
        is_short = left_over.equals(0)
        rest = is_short.select(short, square - inner)
        with_k = is_short.select(short - correction, square - (inner + correction))
        reduced = self.mulsub(k, x.like(_LN2_HIGH), with_k - f)
        exact = muladd(k, _LN2_HIGH, correction)
        reduced = f.equals(0.0).select(exact, reduced)
        result = plain.select(f - rest, reduced)
        small = self.submul(x, x * x, 0.5)
        result = (high < 0x3E200000).select(small, result)
        result = (high < 0x3C900000).select(x, result)
        return self.inside(-0.999999, x, 2.0**52, result)
