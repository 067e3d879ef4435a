"""Trigonometric functions and their relatives."""

from __future__ import annotations

import math

from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .arithmetic import abs, copysign, fmod, nearest
from .exponentials import sqrt
from .norms import hypot
from .selections import equal, not_equal, where
from .table import ATOM, INF, PI, constant, define, zero

BIG = 4503599627370496.0  # 2**52: from here on every float is a whole number


def _over_norm2(x: Formula, y: Formula) -> Formula:
    """No square overflows or underflows; infinite only where the result exceeds the range."""
    h = hypot(x, y)
    scale = where(h < 1, 2.0**600, 2.0**-600)
    larger = x * scale
    length = hypot(larger, y * scale)
    scaled = larger / length / length * scale
    infinite = equal(abs(x), INF) | equal(abs(y), INF)
    at_end = where(not_equal(h, h) | equal(h, 0), h, where(infinite, copysign(0, x), scaled))
    return where((h > 1e-290) & (h < 1e300), x / h / h, at_end)


def _waves(x: Formula) -> tuple[Formula, Formula]:
    """sin(pi*x) and cos(pi*x) for finite x, with x reduced exactly, so zeros are exact."""
    rest = fmod(x, 2)
    quarter = nearest(2 * rest)
    angle = PI * (rest - 0.5 * quarter)
    turn = quarter % 4
    s, c = sin(angle), cos(angle)
    sine = where(equal(turn, 0), s, where(equal(turn, 1), c, where(equal(turn, 2), -s, -c)))
    cosine = where(equal(turn, 0), c, where(equal(turn, 1), -s, where(equal(turn, 2), -c, s)))
    return sine, cosine


def _sinc(x: Formula) -> Formula:
    usual = _waves(x)[0] / (PI * x) + 0.0  # + 0.0: no -0.0 at whole numbers
    return where(equal(x, 0), 1, where(abs(x) >= BIG, 0, where(equal(x, x), usual, x)))


def _sinc_slope(x: Formula) -> Formula:
    """(cos(pi*x) - sinc(x))/x, and a series for pi*|x| < 1, where that cancels."""
    u = PI * x
    square = u * u
    series: Formula | float = 0.0
    for k in range(10, 0, -1):
        series = (-1) ** k * 2 * k / math.factorial(2 * k + 1) + series * square
    away = (_waves(x)[1] - sinc(x)) / x
    inside = where(abs(u) < 1, PI * (u * series), away)
    return where(equal(x, x), where(equal(abs(x), INF), 0, inside), x)


sin: Primitive = define(
    "sin", ATOM, [lambda z, x: cos(x)], ["cos(x)"], domain="finite(x)",
    doc="The sine of x radians.", example="sin(0.0) -> 0.0", source="DLMF 4.20.1",
)  # fmt: skip
cos: Primitive = define(
    "cos", ATOM, [lambda z, x: -sin(x)], ["-sin(x)"], domain="finite(x)",
    doc="The cosine of x radians.", example="cos(0.0) -> 1.0", source="DLMF 4.20.2",
)  # fmt: skip
tan: Primitive = define(
    "tan", ATOM, [lambda z, x: 1 + z * z], ["1 + tan(x)**2"], domain="finite(x)",
    doc="The tangent of x radians.", example="tan(0.0) -> 0.0", source="DLMF 4.20.3",
)  # fmt: skip
asin: Primitive = define(
    "asin", ATOM, [lambda z, x: asin_slope(x)], ["1/sqrt(1 - x**2)"],
    domain="-1 <= x <= 1", kink="inf at x = -1 and x = 1",
    doc="The arc sine in radians, from -pi/2 to pi/2.", example="asin(0.0) -> 0.0",
    source="DLMF 4.24.7",
)  # fmt: skip
acos: Primitive = define(
    "acos", ATOM, [lambda z, x: -asin_slope(x)], ["-1/sqrt(1 - x**2)"],
    domain="-1 <= x <= 1", kink="-inf at x = -1 and x = 1",
    doc="The arc cosine in radians, from 0 to pi.", example="acos(1.0) -> 0.0",
    source="DLMF 4.24.8",
)  # fmt: skip
atan: Primitive = define(
    "atan", ATOM, [lambda z, x: atan_slope(x)], ["1/(1 + x**2)"],
    doc="The arc tangent in radians.", example="atan(0.0) -> 0.0", source="DLMF 4.24.9",
)  # fmt: skip
atan2: Primitive = define(
    "atan2", ATOM, [lambda z, y, x: over_norm2(x, y), lambda z, y, x: -over_norm2(y, x)],
    ["x/(x**2 + y**2)", "-y/(x**2 + y**2)"], variables="y x", kink="0 at the origin",
    doc="The angle of the point (x, y) in radians, from -pi to pi.",
    example="atan2(1.0, 1.0) -> 0.7853981633974483",
)  # fmt: skip
degrees: Primitive = define(
    "degrees", lambda x: x * (180 / PI), [constant(180.0 / math.pi)], ["180/pi"],
    doc="An angle in degrees, from radians.", example="degrees(0.0) -> 0.0",
)  # fmt: skip
radians: Primitive = define(
    "radians", lambda x: x * (PI / 180), [constant(math.pi / 180.0)], ["pi/180"],
    doc="An angle in radians, from degrees.", example="radians(0.0) -> 0.0",
)  # fmt: skip
sinc: Primitive = define(
    "sinc", _sinc, [lambda z, x: sinc_slope(x)], ["sinc_derivative(1, x)"],
    doc="The normalised sinc, sin(pi*x)/(pi*x), 1 at 0.", example="sinc(0.0) -> 1.0",
)  # fmt: skip
sinc_slope: Primitive = define(
    "sinc_slope", _sinc_slope, [lambda z, x: sinc_derivative(2, x)], ["sinc_derivative(2, x)"],
    reads="sinc_derivative(1, x)", doc="The derivative of the normalised sinc.",
    example="sinc_slope(2.0) -> 0.5",
)  # fmt: skip
sinc_derivative: Primitive = define(
    "sinc_derivative", ATOM, [zero, lambda z, n, x: sinc_derivative(n + 1, x)],
    ["0", "sinc_derivative(n + 1, x)"], variables="n x",
    doc="The n-th derivative of the normalised sinc.", example="sinc_derivative(1.0, 0.0) -> 0.0",
)  # fmt: skip
# Derivatives that are primitives of their own, where elementary operations would give 0*inf at
# an end of the domain or at infinity. They are closed under differentiation.
asin_slope: Primitive = define(
    "asin_slope", lambda x: 1 / sqrt((1 - x) * (1 + x)),
    [lambda z, x: x * z * z * z], ["x/sqrt(1 - x**2)**3"],
    reads="1/sqrt(1 - x**2)", limit=lambda x: INF if x in (-1.0, 1.0) else math.nan,
    domain="-1 < x < 1", doc="The derivative of asin.", example="asin_slope(0.0) -> 1.0",
)  # fmt: skip
atan_slope: Primitive = define(
    "atan_slope", lambda x: where(abs(x) < 1e150, 1 / (1 + x * x), 1 / x / x),
    [lambda z, x: -2 * over_norm2(x, 1) * z],
    ["-2*x/(1 + x**2)**2"], reads="1/(1 + x**2)", doc="The derivative of atan.",
    example="atan_slope(1.0) -> 0.5",
)  # fmt: skip
over_norm2: Primitive = define(
    "over_norm2", _over_norm2,
    [lambda z, x, y: (over_norm2(y, x) - z) * (over_norm2(y, x) + z),
     lambda z, x, y: -2 * z * over_norm2(y, x)],
    ["(y**2 - x**2)/(x**2 + y**2)**2", "-2*x*y/(x**2 + y**2)**2"], variables="x y",
    reads="x/(x**2 + y**2)", kink="0 at the origin",
    doc="x/(x**2 + y**2), 0 at the origin and at infinity.",
    example="over_norm2(3.0, 4.0) -> 0.12",
)  # fmt: skip
