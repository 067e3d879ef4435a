"""erf and erfc for several numbers at once, with the bits of the C library.

As Sun's fdlibm computes them (1993): a rational function in each of four intervals, far out times
exp of the square, taken in two parts so that nothing of it is lost. The polynomials are added up in
pairs of terms, as the GNU C library does. Some intervals are skipped where no lane is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .llvm_types import Builder, Reg

_NEAR = (
    (1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
     -5.77027029648944159157e-03, -2.37630166566501626084e-05),
    (1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
     1.32494738004321644526e-04, -3.96022827877536812320e-06),
)  # fmt: skip
_MIDDLE = (
    (-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
     3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
     -2.16637559486879084300e-03),
    (1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
     1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02),
)  # fmt: skip
_FAR = (
    (-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
     -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
     -8.12874355063065934246e+01, -9.81432934416914548592e+00),
    (1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
     6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
     6.57024977031928170135e+00, -6.04244152148580987438e-02),
)  # fmt: skip
_FARTHER = (
    (-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
     -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
     -4.83519191608651397019e+02),
    (1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
     3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
     -2.24409524465858183362e+01),
)  # fmt: skip
_ERF_OF_ONE = 8.45062911510467529297e-01  # in the upper bits
_SLOPE = 1.28379167095512586316e-01  # 2/sqrt(pi) - 1
#: where the last interval begins, by the upper word
_BORDER = {"erf": 0x4006DB6E, "erfc": 0x4006DB6D}


class LaneErf:
    """Emits the body of one of the two; `math` are the operations on vectors."""

    def __init__(self, math: Any, name: str, x: Reg) -> None:
        self.math = math
        self.builder: Builder = math.builder
        self.number: Callable[[float], Reg] = math._number
        self.x = x
        self.size: Reg = math._size(x)
        self.border: int = _BORDER[name]

    def emit(self, name: str) -> Reg:
        """The value; nan where exp does not hold."""
        math, number, x, size = self.math, self.number, self.x, self.size
        one, two = number(1.0), number(2.0)
        negative = math._less(x, number(0.0))
        near = math._less(size, number(0.84375))
        middle = self.builder.and_(math._less(size, number(1.25)), self.builder.not_(near))
        y = self._where_some(near, lambda: self._rational(_NEAR, math._times(x, x)))
        q = self._where_some(middle, lambda: self._rational(_MIDDLE, math._minus(size, one)))
        far = math._less(size, number(6.0 if name == "erf" else 28.0))
        wanted = self.builder.not_(self.builder.or_(near, middle))
        if name == "erfc":  # 2 already at -6
            far = self.builder.and_(far, math._less(number(-6.0), x))
        wanted = self.builder.and_(wanted, far)
        tail = self._where_some(wanted, self._tail)
        erx = number(_ERF_OF_ONE)
        if name == "erf":
            slope = math._select(math._less(size, number(2.0**-28)), number(_SLOPE), y)
            first = math._muladd(x, slope, x)
            second = math._select(
                negative, math._minus(self.builder.fneg(erx), q), math._plus(erx, q)
            )
            third = math._select(negative, math._minus(tail, one), math._minus(one, tail))
            end = math.emitter.intrinsic(self.builder, "llvm.copysign", [one, x])
        else:
            above = math._minus(number(0.5), math._muladd(x, y, math._minus(x, number(0.5))))
            below = math._minus(one, math._muladd(x, y, x))
            first = math._select(math._less(x, number(0.25)), below, above)
            second = math._select(
                negative, math._plus(one, math._plus(erx, q)),
                math._minus(math._minus(one, erx), q),
            )  # fmt: skip
            third = math._select(negative, math._minus(two, tail), tail)
            end = math._select(negative, two, number(0.0))
        result: Reg = math._select(far, third, end)
        result = math._select(near, first, math._select(middle, second, result))
        subnormal = math._less(size, number(2.0**-1000))
        subnormal = self.builder.and_(subnormal, math._less(number(0.0), size))
        result = math._select(subnormal, number(float("nan")), result)
        inside: Reg = math._inside(-float("inf"), x, float("inf"), result)
        return inside

    def _tail(self) -> Reg:
        """exp(-x*x) times a rational function, over |x|."""
        math, number, size = self.math, self.number, self.size
        builder = self.builder
        s = builder.fdiv(number(1.0), math._times(size, size))
        farther = builder.icmp_unsigned(">=", math._high(size), math._long(self.border))
        q = self._rational(_FAR, s)
        q = math._select(farther, self._where_some(farther, lambda: self._rational(_FARTHER, s)), q)
        upper = math._long(0xFFFFFFFF00000000)
        z = math._float(builder.and_(math._bits(size), upper))
        first = math._exponential(math._submul(number(-0.5625), z, z))
        rest = math._muladd(math._minus(z, size), math._plus(z, size), q)
        tail: Reg = builder.fdiv(math._times(first, math._exponential(rest)), size)
        return tail

    def _rational(self, polynomials: tuple[Sequence[float], Sequence[float]], s: Reg) -> Reg:
        return self.builder.fdiv(*[self._polynomial(each, s) for each in polynomials])

    def _polynomial(self, coefficients: Sequence[float], s: Reg) -> Reg:
        """(c0 + s*c1) + s**2 * (c2 + s*c3) + s**4 * (c4 + s*c5) + ..."""
        math, number = self.math, self.number
        square = math._times(s, s)
        fourth = math._times(square, square)
        powers = [square, fourth, math._times(fourth, square), math._times(fourth, fourth)]
        total: Reg | None = None
        for at in range(0, len(coefficients), 2):
            part = number(coefficients[at])
            if at + 1 < len(coefficients):
                part = math._muladd(s, number(coefficients[at + 1]), part)
            total = part if total is None else math._muladd(powers[at // 2 - 1], part, total)
        assert total is not None
        return total

    def _where_some(self, wanted: Reg, compute: Callable[[], Reg]) -> Reg:
        """Numbers for the lanes that want them; computed if there are any."""
        builder, ir = self.builder, self.math.ir
        bits = ir.IntType(self.math.longs.count)
        some = builder.icmp_unsigned("!=", builder.bitcast(wanted, bits), bits(0))
        before = builder.block
        with builder.if_then(some):
            number = compute()
            inside = builder.block
        found = builder.phi(number.type)
        found.add_incoming(self.number(0.0), before)
        found.add_incoming(number, inside)
        return found
