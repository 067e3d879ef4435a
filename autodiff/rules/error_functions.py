"""The error function and its relatives."""

from __future__ import annotations

import math

from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .arithmetic import abs, copysign
from .error_series import ERFCX_SLOPE, ERFINV_CENTRAL, ERFINV_FAR, ERFINV_NEAR
from .exponentials import exp, log, pow, sqrt
from .selections import where
from .table import ATOM, INF, NAN, constant, define, polynomial, product_error, zero

TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
ONE_OVER_SQRT_PI = 1.0 / math.sqrt(math.pi)
SQRT_PI = math.sqrt(math.pi)


def _gauss(c: Formula, n: Formula, x: Formula) -> Formula:
    """n = -1 comes with the factor n = 0; at infinity the exponential wins."""
    bell = exp(-x * x)
    nothing = c * 0.0
    return where(n < 0, nothing, where(bell, c * (pow(x, n) * bell), nothing))


def _asymptotic(x: Formula, first: int) -> Formula:
    """The series of erfcx (first = 0) or of its slope (1) for x >= 10 (DLMF 7.12.1)."""
    w = 1 / x / x
    total: Formula | float = 1.0
    for k in range(14, first, -1):
        total = 1 - (2 * k - 1) / 2 * w * total
    return total  # type: ignore[return-value]  # a formula after the first step


def _erfcx(x: Formula) -> Formula:
    """exp(x*x)*erfc(x) with what rounding takes from x*x, and a series where erfc is too small."""
    square = x * x
    scale = exp(square)
    usual = (scale + scale * product_error(x, x)) * erfc(x)
    return where(x < 10, usual, ONE_OVER_SQRT_PI * _asymptotic(x, 0) / x)


def _erfcx_slope(x: Formula) -> Formula:
    """1/sqrt(pi) - x*erfcx(x), without the cancellation of that for x > 1/2."""
    t = 2 / (2 + x)
    middle = polynomial(ERFCX_SLOPE, t - 0.4837) / ((2 + x) * (2 + x))
    far = ONE_OVER_SQRT_PI * 0.5 * _asymptotic(x, 1) / x / x
    return where(x < 0.5, ONE_OVER_SQRT_PI - x * erfcx(x), where(x < 10, middle, far))


def _erfcx_bend(x: Formula) -> Formula:
    """2*x*erfcx_slope(x) - erfcx(x); for x >= 10, where that cancels, the series' derivative."""
    w = 1 / x / x
    total: Formula | float = 0.0
    for k in range(14, 0, -1):
        total = (2 * k - 1) / 2 * w * (2 * k - total)
    far = -ONE_OVER_SQRT_PI * total / x
    return where(x < 10, 2 * x * erfcx_slope(x) - erfcx(x), far)


def _erfinv(x: Formula) -> Formula:
    size = abs(x)
    central = x * polynomial(ERFINV_CENTRAL, x * x - 0.28125)
    s = sqrt(-log(1 - size))
    tail = where(s < 2.75, polynomial(ERFINV_NEAR, s - 2), polynomial(ERFINV_FAR, s - 4.5))
    return where(size <= 0.75, central, copysign(tail, x))


def _erfinv_slope(x: Formula) -> Formula:
    """sqrt(pi)/2 * exp(z*z): in the tails by 1 - |x| = erfc(|z|), which magnifies no rounding."""
    size = abs(x)
    return 0.5 * SQRT_PI * erfcx(erfinv(size)) / (1 - size)


erf: Primitive = define(
    "erf", ATOM, [lambda z, x: gauss(TWO_OVER_SQRT_PI, 0, x)], ["2/sqrt(pi)*exp(-x**2)"],
    doc="The error function.", example="erf(0.0) -> 0.0", source="DLMF 7.2.1",
)  # fmt: skip
erfc: Primitive = define(
    "erfc", ATOM, [lambda z, x: gauss(-TWO_OVER_SQRT_PI, 0, x)], ["-2/sqrt(pi)*exp(-x**2)"],
    doc="1 - erf(x), accurate for large x.", example="erfc(0.0) -> 1.0", source="DLMF 7.2.2",
)  # fmt: skip
gauss: Primitive = define(
    "gauss", _gauss, [lambda z, c, n, x: gauss(1, n, x), zero,
                      lambda z, c, n, x: gauss(c * n, n - 1, x) + gauss(-2 * c, n + 1, x)],
    ["x**n*exp(-x**2)", "0", "c*(n*x**(n - 1) - 2*x**(n + 1))*exp(-x**2)"],
    variables="c n x", reads="c*x**n*exp(-x**2)",
    doc="c*x**n*exp(-x**2) for n = 0, 1, 2, ...; 0 for n < 0.",
    example="gauss(3.0, 1.0, 0.0) -> 0.0",
)  # fmt: skip
erfcx: Primitive = define(
    "erfcx", _erfcx, [lambda z, x: -2 * erfcx_slope(x)], ["2*x*erfcx(x) - 2/sqrt(pi)"],
    limit=constant(INF), doc="exp(x**2)*erfc(x), without underflow for large x.",
    example="erfcx(0.0) -> 1.0", source="DLMF 7.2.3, 7.12.1",
)  # fmt: skip
erfcx_slope: Primitive = define(
    "erfcx_slope", _erfcx_slope, [lambda z, x: erfcx_bend(x)],
    ["2*x/sqrt(pi) - (1 + 2*x**2)*erfcx(x)"], limit=constant(INF), reads="1/sqrt(pi) - x*erfcx(x)",
    doc="Minus half the derivative of erfcx.", example="erfcx_slope(0.0) -> 0.5641895835477563",
)  # fmt: skip
erfcx_bend: Primitive = define(
    "erfcx_bend", _erfcx_bend, [lambda z, x: 4 * erfcx_slope(x) + 2 * x * z],
    ["4*(1 + x**2)/sqrt(pi) - (6*x + 4*x**3)*erfcx(x)"], limit=constant(-INF),
    reads="2*x/sqrt(pi) - (1 + 2*x**2)*erfcx(x)", doc="The derivative of erfcx_slope.",
    example="erfcx_bend(0.0) -> -1.0",
)  # fmt: skip
# Its function uses |x|, its rule does not: so every order is smooth.
erfinv: Primitive = define(
    "erfinv", _erfinv, [lambda z, x: erfinv_slope(x)], ["sqrt(pi)/2*exp(erfinv(x)**2)"],
    domain="-1 < x < 1", limit=lambda x: x * INF if x in (-1.0, 1.0) else NAN,
    doc="The inverse of the error function.", example="erfinv(0.0) -> 0.0", source="DLMF 7.17",
)  # fmt: skip
erfinv_slope: Primitive = define(
    "erfinv_slope", _erfinv_slope, [lambda z, x: 2 * erfinv(x) * z * z],
    ["pi/2*erfinv(x)*exp(2*erfinv(x)**2)"], domain="-1 < x < 1",
    limit=lambda x: INF if x in (-1.0, 1.0) else NAN, reads="sqrt(pi)/2*exp(erfinv(x)**2)",
    doc="The derivative of erfinv.", example="erfinv_slope(0.0) -> 0.8862269254527579",
)  # fmt: skip
