"""Arithmetic, remainders and rounding."""

from __future__ import annotations

import math

from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .selections import equal, less, not_equal, unsure, where
from .table import ATOM, INF, NAN, constant, define, product_error, zero


def _quotient_limit(x: float, y: float) -> float:
    return NAN if x == 0.0 or x != x else math.copysign(INF, x) * math.copysign(1.0, y)


def _mod(x: Formula, y: Formula) -> Formula:
    rest = fmod(x, y)
    other_sign = not_equal(less(y, 0), less(rest, 0))
    return where(equal(rest, 0), copysign(0, y), where(other_sign, rest + y, rest))


def _floordiv(x: Formula, y: Formula) -> Formula:
    rest = fmod(x, y)
    plain = (x - rest) / y
    below = not_equal(rest, 0) & not_equal(less(y, 0), less(rest, 0))
    quotient = where(below, plain - 1, plain)
    whole = floor(quotient)
    rounded = where(quotient - whole > 0.5, whole + 1, whole)
    return where(equal(quotient, 0), copysign(0, x / y), rounded)


def _round(x: Formula, n: Formula) -> Formula:
    """x*10**n rounded, as a sum of two floats, so that a tie is seen exactly."""
    power = 10**n
    high = x * power
    low = product_error(x, power)
    near = nearest(high)
    up = equal(high - near, 0.5) & (low > 0)
    down = equal(high - near, -0.5) & (low < 0)
    decimals = where(up, near + 1, where(down, near - 1, near)) / power
    exact = equal(floor(n), n) & (n >= 0) & (n <= 22) & (abs(high) < 2.0**51)
    return where(exact, decimals, unsure(decimals))


add: Primitive = define(
    "add", ATOM, [constant(1.0), constant(1.0)], ["1", "1"], variables="x y",
    doc="The sum.", example="add(2.0, 3.0) -> 5.0", reads="x + y",
)  # fmt: skip
sub: Primitive = define(
    "sub", ATOM, [constant(1.0), constant(-1.0)], ["1", "-1"], variables="x y",
    doc="The difference.", example="sub(2.0, 3.0) -> -1.0", reads="x - y",
)  # fmt: skip
mul: Primitive = define(
    "mul", ATOM, [lambda z, x, y: y, lambda z, x, y: x], ["y", "x"], variables="x y",
    doc="The product.", example="mul(2.0, 3.0) -> 6.0", reads="x * y",
)  # fmt: skip
div: Primitive = define(
    "div", ATOM, [lambda z, x, y: 1 / y, lambda z, x, y: -z / y], ["1/y", "-x/y**2"],
    variables="x y", domain="y != 0", limit=_quotient_limit,
    doc="The quotient.", example="div(3.0, 2.0) -> 1.5", reads="x / y",
)  # fmt: skip
neg: Primitive = define(
    "neg", ATOM, [constant(-1.0)], ["-1"],
    doc="The negative.", example="neg(2.0) -> -2.0", reads="-x",
)  # fmt: skip
abs: Primitive = define(
    "abs", ATOM, [lambda z, x: sign(x)], ["sign(x)"], kink="0 at x = 0",
    doc="The absolute value.", example="abs(-2.0) -> 2.0",
)  # fmt: skip
fabs: Primitive = define(
    "fabs", ATOM, [lambda z, x: sign(x)], ["sign(x)"], kink="0 at x = 0",
    doc="The absolute value (as math.fabs).", example="fabs(-2.0) -> 2.0",
)  # fmt: skip
sign: Primitive = define(
    "sign", lambda x: where(x > 0, 1, where(x < 0, -1, where(equal(x, 0), 0, x))),
    [zero], ["0"], kink="0 at x = 0", doc="-1, 0 or 1: piecewise constant.",
    example="sign(-2.0) -> -1.0",
)  # fmt: skip
copysign: Primitive = define(
    "copysign", ATOM, [lambda z, x, y: sign(x) * copysign(1, y), zero],
    ["sign(x)*copysign(1, y)", "0"], variables="x y", kink="0 at x = 0",
    doc="The magnitude of x with the sign of y.", example="copysign(2.0, -0.0) -> -2.0",
)  # fmt: skip
ratio: Primitive = define(
    "ratio", lambda x, h: where(not_equal(h, 0), x / h, 0),
    [lambda z, x, h: ratio(1, h), lambda z, x, h: -ratio(z, h)],
    ["1/h", "-x/h**2"], variables="x h", reads="x / h", doc="x/h, and 0 where h is 0.",
    kink="0 at h = 0", example="ratio(1.0, 0.0) -> 0.0",
)  # fmt: skip
floor: Primitive = define(
    "floor", ATOM, [zero], ["0"], domain="finite(x)", kink="0 everywhere",
    doc="The largest whole number not above x.", example="floor(-2.5) -> -3.0",
)  # fmt: skip
nearest: Primitive = define(
    "nearest", ATOM, [zero], ["0"], domain="finite(x)", kink="0 everywhere",
    doc="The nearest whole number, an even one of two.", example="nearest(2.5) -> 2.0",
)  # fmt: skip
finite: Primitive = define(
    "finite", lambda x: equal(x - x, 0), [zero], ["0"],
    doc="1 if x is neither nan nor an infinity, else 0.", example="finite(2.0) -> 1.0",
)  # fmt: skip
whole: Primitive = define(
    "whole", lambda x: where(equal(x - x, 0), equal(floor(x), x), equal(x, x)), [zero], ["0"],
    doc="1 if x is a whole number or infinite, else 0.", example="whole(2.5) -> 0.0",
)  # fmt: skip
mod: Primitive = define(
    "mod", _mod, [constant(1.0), lambda z, x, y: -floordiv(x, y)],
    ["1", "-floordiv(x, y)"], variables="x y", domain="y != 0",
    kink="at a jump the derivative of the branch on the right",
    doc="The remainder with the sign of y, x - y*floor(x/y).", example="mod(7.0, 3.0) -> 1.0",
    reads="x % y",
)  # fmt: skip
floordiv: Primitive = define(
    "floordiv", _floordiv, [zero, zero], ["0", "0"], variables="x y", domain="y != 0",
    kink="0 everywhere", doc="The floor of the quotient: piecewise constant.",
    example="floordiv(7.0, 2.0) -> 3.0", reads="x // y",
)  # fmt: skip
fmod: Primitive = define(
    "fmod", ATOM, [constant(1.0), lambda z, x, y: -trunc_quotient(x, y)],
    ["1", "-trunc_quotient(x, y)"], variables="x y", domain="y != 0 and finite(x)",
    kink="at a jump the formula's value",
    doc="The remainder with the sign of x, x - y*trunc(x/y).", example="fmod(-7.0, 3.0) -> -1.0",
)  # fmt: skip
remainder: Primitive = define(
    "remainder", ATOM, [constant(1.0), lambda z, x, y: -round_quotient(x, y)],
    ["1", "-round_quotient(x, y)"], variables="x y", domain="y != 0 and finite(x)",
    kink="at a jump the formula's value",
    doc="The IEEE 754 remainder, x - y*n with n the integer nearest to x/y.",
    example="remainder(7.0, 4.0) -> -1.0",
)  # fmt: skip
trunc_quotient: Primitive = define(
    "trunc_quotient", lambda x, y: nearest((x - fmod(x, y)) / y) + 0.0, [zero, zero],
    ["0", "0"], variables="x y", doc="trunc(x/y): piecewise constant.",
    example="trunc_quotient(-7.0, 3.0) -> -2.0",
)  # fmt: skip
round_quotient: Primitive = define(
    "round_quotient", lambda x, y: nearest((x - remainder(x, y)) / y) + 0.0, [zero, zero],
    ["0", "0"], variables="x y", doc="The integer nearest to x/y: piecewise constant.",
    example="round_quotient(7.0, 4.0) -> 2.0",
)  # fmt: skip
round_: Primitive = define(
    "round", _round, [zero, zero], ["0", "0"], variables="x n",
    kink="0 everywhere", doc="x rounded to n decimals: piecewise constant.",
    example="round(2.567, 1.0) -> 2.6",
)  # fmt: skip
