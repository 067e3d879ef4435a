"""Hyperbolic functions, and the logistic function, which is one in disguise."""

from __future__ import annotations

import math

from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .arithmetic import abs
from .exponentials import exp, sqrt
from .norms import hypot
from .selections import where
from .table import ATOM, INF, constant, define
from .trigonometric import over_norm2


def _sigmoid(x: Formula) -> Formula:
    e = exp(x)
    return where(x >= 0, 1 / (1 + exp(-x)), e / (1 + e))


def _sigmoid_slope(x: Formula) -> Formula:
    e = exp(-abs(x))
    return e / ((1 + e) * (1 + e))


sinh: Primitive = define(
    "sinh", ATOM, [lambda z, x: cosh(x)], ["cosh(x)"],
    limit=lambda x: math.copysign(INF, x), doc="The hyperbolic sine.",
    example="sinh(0.0) -> 0.0", source="DLMF 4.34.1",
)  # fmt: skip
cosh: Primitive = define(
    "cosh", ATOM, [lambda z, x: sinh(x)], ["sinh(x)"], limit=constant(INF),
    doc="The hyperbolic cosine.", example="cosh(0.0) -> 1.0", source="DLMF 4.34.2",
)  # fmt: skip
tanh: Primitive = define(  # 1 - z*z loses all digits when z is near 1
    "tanh", ATOM, [lambda z, x: 4 * sigmoid_slope(2 * x)], ["1 - tanh(x)**2"],
    doc="The hyperbolic tangent.", example="tanh(0.0) -> 0.0", source="DLMF 4.34.3",
)  # fmt: skip
asinh: Primitive = define(
    "asinh", ATOM, [lambda z, x: asinh_slope(x)], ["1/sqrt(1 + x**2)"],
    doc="The inverse hyperbolic sine.", example="asinh(0.0) -> 0.0", source="DLMF 4.38.9",
)  # fmt: skip
acosh: Primitive = define(
    "acosh", ATOM, [lambda z, x: acosh_slope(x)], ["1/sqrt(x**2 - 1)"],
    domain="x >= 1", kink="inf at x = 1", doc="The inverse hyperbolic cosine.",
    example="acosh(1.0) -> 0.0", source="DLMF 4.38.10",
)  # fmt: skip
atanh: Primitive = define(
    "atanh", ATOM, [lambda z, x: atanh_slope(x)], ["1/(1 - x**2)"],
    domain="-1 < x < 1", limit=lambda x: math.copysign(INF, x) if x in (-1.0, 1.0) else math.nan,
    doc="The inverse hyperbolic tangent.", example="atanh(0.0) -> 0.0", source="DLMF 4.38.11",
)  # fmt: skip
sigmoid: Primitive = define(
    "sigmoid", _sigmoid, [lambda z, x: sigmoid_slope(x)], ["sigmoid(x)*(1 - sigmoid(x))"],
    doc="The logistic function 1/(1 + exp(-x)).", example="sigmoid(0.0) -> 0.5",
)  # fmt: skip
# Its function uses |x|, its rule does not: so every order is smooth, and small next to 0.
sigmoid_slope: Primitive = define(
    "sigmoid_slope", _sigmoid_slope, [lambda z, x: -z * tanh(0.5 * x)],
    ["sigmoid(x)*(1 - sigmoid(x))*(1 - 2*sigmoid(x))"], reads="sigmoid(x)*(1 - sigmoid(x))",
    doc="The derivative of sigmoid.", example="sigmoid_slope(0.0) -> 0.25",
)  # fmt: skip
asinh_slope: Primitive = define(
    "asinh_slope", lambda x: 1 / hypot(1.0, x), [lambda z, x: -over_norm2(x, 1) * z],
    ["-x/sqrt(1 + x**2)**3"], reads="1/sqrt(1 + x**2)", doc="The derivative of asinh.",
    example="asinh_slope(0.0) -> 1.0",
)  # fmt: skip
acosh_slope: Primitive = define(
    "acosh_slope", lambda x: 1 / (sqrt(x - 1) * sqrt(x + 1)),
    [lambda z, x: -x * z * z * z], ["-x/sqrt(x**2 - 1)**3"],
    reads="1/sqrt(x**2 - 1)", limit=lambda x: INF if x == 1.0 else math.nan,
    domain="x > 1", doc="The derivative of acosh.",
    example="acosh_slope(1.25) -> 1.3333333333333333",
)  # fmt: skip
atanh_slope: Primitive = define(
    "atanh_slope", lambda x: 1 / ((1 - x) * (1 + x)), [lambda z, x: 2 * x * z * z],
    ["2*x/(1 - x**2)**2"], reads="1/(1 - x**2)", limit=lambda x: INF,
    doc="The derivative of atanh; inf at both ends of the interval.",
    example="atanh_slope(0.5) -> 1.3333333333333333",
)  # fmt: skip
