"""The error function and its relatives."""

from __future__ import annotations

import math

from autodiff.formula import Formula

from .exponentials import exp, pow
from .selections import where
from .table import ATOM, define, zero

TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
ONE_OVER_SQRT_PI = 1.0 / math.sqrt(math.pi)


def _gauss(c: Formula, n: Formula, x: Formula) -> Formula:
    """n = -1 comes with the factor n = 0; at infinity the exponential wins."""
    bell = exp(-x * x)
    nothing = c * 0.0
    return where(n < 0, nothing, where(bell, c * (pow(x, n) * bell), nothing))


erf = define(
    "erf", ATOM, [lambda z, x: gauss(TWO_OVER_SQRT_PI, 0, x)], ["2/sqrt(pi)*exp(-x**2)"],
    doc="The error function.", example="erf(0.0) -> 0.0", source="DLMF 7.2.1",
)  # fmt: skip
erfc = define(
    "erfc", ATOM, [lambda z, x: gauss(-TWO_OVER_SQRT_PI, 0, x)], ["-2/sqrt(pi)*exp(-x**2)"],
    doc="1 - erf(x), accurate for large x.", example="erfc(0.0) -> 1.0", source="DLMF 7.2.2",
)  # fmt: skip
gauss = define(
    "gauss", _gauss,
    [
        lambda z, c, n, x: gauss(1, n, x),
        zero,
        lambda z, c, n, x: gauss(c * n, n - 1, x) + gauss(-2 * c, n + 1, x),
    ],
    ["x**n*exp(-x**2)", "0", "c*(n*x**(n - 1) - 2*x**(n + 1))*exp(-x**2)"],
    variables="c n x", reads="c*x**n*exp(-x**2)",
    doc="c*x**n*exp(-x**2) for n = 0, 1, 2, ...; 0 for n < 0.",
    example="gauss(3.0, 1.0, 0.0) -> 0.0",
)  # fmt: skip
