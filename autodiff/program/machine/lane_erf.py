"""erf and erfc for several numbers at once, with the bits of the C library.

As Sun's fdlibm computes them (1993): a rational function in each of four intervals, far out times
exp of the square, taken in two parts so that nothing of it is lost. The polynomials are added up in
pairs of terms, as the GNU C library does. Some intervals are skipped where no lane is in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from .code import Code
from .registers import Operand, Reg

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


class Lanes(Protocol):
    """Operations on vectors (lane_math.py)."""

    code: Code

    def muladd(self, x: Reg, y: Operand, z: Operand) -> Reg: ...
    def submul(self, z: Operand, x: Reg, y: Operand) -> Reg: ...
    def inside(self, low: float, x: Reg, high: float, result: Reg) -> Reg: ...
    def size(self, x: Reg) -> Reg: ...
    def high(self, x: Reg) -> Reg: ...
    def exponential(self, x: Reg) -> Reg: ...


def erf(lanes: Lanes, name: str, x: Reg) -> Reg:
    """erf or erfc of x; nan where exp does not hold."""
    muladd, size = lanes.muladd, lanes.size(x)
    negative, near = x < 0.0, size < 0.84375
    middle = (size < 1.25) & ~near
    y = _where_some(lanes, near, lambda: _rational(lanes, _NEAR, x * x))
    q = _where_some(lanes, middle, lambda: _rational(lanes, _MIDDLE, size - 1.0))
    far = size < (6.0 if name == "erf" else 28.0)
    wanted = ~(near | middle)
    if name == "erfc":  # 2 already at -6
        far &= x > -6.0
    tail = _where_some(lanes, wanted & far, lambda: _tail(lanes, size, _BORDER[name]))
    erx = x.like(_ERF_OF_ONE)
    if name == "erf":
        first = muladd(x, (size < 2.0**-28).select(_SLOPE, y), x)
        second = negative.select(-erx - q, erx + q)
        third = negative.select(tail - 1.0, 1.0 - tail)
        end = lanes.code.intrinsic("llvm.copysign", x.like(1.0), x)
    else:
        above = 0.5 - muladd(x, y, x - 0.5)
        below = 1.0 - muladd(x, y, x)
        first = (x < 0.25).select(below, above)
        second = negative.select(1.0 + (erx + q), (1.0 - erx) - q)
        third = negative.select(2.0 - tail, tail)
        end = negative.select(x.like(2.0), 0.0)
    result = far.select(third, end)
    result = near.select(first, middle.select(second, result))
    subnormal = (size < 2.0**-1000) & (size > 0.0)
    return lanes.inside(-math.inf, x, math.inf, subnormal.select(math.nan, result))


def _tail(lanes: Lanes, size: Reg, border: int) -> Reg:
    """exp(-x*x) times a rational function, over |x|."""
    s = 1.0 / (size * size)
    farther = lanes.high(size) >= border
    q = _rational(lanes, _FAR, s)
    q = farther.select(_where_some(lanes, farther, lambda: _rational(lanes, _FARTHER, s)), q)
    z = (size.longs() & 0xFFFFFFFF00000000).reals()
    first = lanes.exponential(lanes.submul(-0.5625, z, z))
    rest = lanes.muladd(z - size, z + size, q)
    return first * lanes.exponential(rest) / size


def _rational(lanes: Lanes, polynomials: tuple[Sequence[float], Sequence[float]], s: Reg) -> Reg:
    above, below = [_polynomial(lanes, each, s) for each in polynomials]
    return above / below


def _polynomial(lanes: Lanes, coefficients: Sequence[float], s: Reg) -> Reg:
    """(c0 + s*c1) + s**2 * (c2 + s*c3) + s**4 * (c4 + s*c5) + ..."""
    square = s * s
    fourth = square * square
    powers = [square, fourth, fourth * square, fourth * fourth]
    total: Reg | None = None
    for at in range(0, len(coefficients), 2):
        part = s.like(coefficients[at])
        if at + 1 < len(coefficients):
            part = lanes.muladd(s, coefficients[at + 1], part)
        total = part if total is None else lanes.muladd(powers[at // 2 - 1], part, total)
    assert total is not None
    return total


def _where_some(lanes: Lanes, wanted: Reg, compute: Callable[[], Reg]) -> Reg:
    return lanes.code.where_some(wanted, lambda: [compute()])[0]
