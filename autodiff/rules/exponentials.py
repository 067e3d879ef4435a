"""Exponentials, logarithms, powers and roots."""

from __future__ import annotations

import math

from autodiff import special
from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .arithmetic import abs, floor, ratio
from .selections import equal, unsure, where
from .table import ATOM, INF, NAN, constant, define, zero

LN2, LN10 = math.log(2.0), math.log(10.0)


def _log_limit(x: float) -> float:
    return -INF if x == 0.0 else NAN


def _power_term(c: Formula, x: Formula, y: Formula, k: Formula) -> Formula:
    """Where a factor alone leaves the range of floats, the atom scales: see special/powers.py."""
    order = floor(k)
    power, log_x = pow(x, y), log(x)
    logs = where(equal(order, 1), log_x, pow(log_x, order))
    usual = (power > 1e-290) & (power < 1e290) & (abs(logs) > 1e-290) & (abs(logs) < 1e290)
    product = c * (power * logs)
    inside = where(usual, product, unsure(product))
    at_zero = where(y >= 0, 0, where(equal(order % 2, 1), -INF, INF))
    with_logs = where(x > 0, inside, c * where(equal(x, 0), at_zero, NAN))
    return where(equal(c, 0) | (k < 0), 0, where(equal(k, 0), c * power, with_logs))


def _power_cross(x: Formula, y: Formula) -> Formula:
    at_zero = where(y > 1, 0, where(equal(y, 0), INF, where(y < 0, INF, -INF)))
    inside = power_term(1, x, y - 1, 0) + power_term(y, x, y - 1, 1)
    return where(equal(x, 0) & equal(y, y), at_zero, inside)


def _logaddexp(x: Formula, y: Formula) -> Formula:
    below = where(x > y, x + log1p(exp(y - x)), y + log1p(exp(x - y)))
    return where(equal(x, y), x + LN2, below)


def _share(x: Formula, y: Formula) -> Formula:
    """1/(1 + exp(y - x)), with what rounding takes from x - y: its exponential magnifies that."""
    d = x - y
    part = d - x
    lost = (x - (d - part)) - (y + part)
    rest = where(abs(d) < INF, lost, 0)
    small = exp(-abs(d))
    e = where(d >= 0, small - small * rest, small + small * rest)
    return where(equal(x, y), 0.5, where(d >= 0, 1, e) / (1 + e))


exp: Primitive = define(
    "exp", ATOM, [lambda z, x: z], ["exp(x)"], limit=constant(INF),
    doc="e to the power x.", example="exp(1.0) -> 2.718281828459045", source="DLMF 4.2.19",
)  # fmt: skip
exp2: Primitive = define(
    "exp2", ATOM, [lambda z, x: z * LN2], ["2**x*log(2)"], limit=constant(INF),
    doc="2 to the power x.", example="exp2(3.0) -> 8.0",
)  # fmt: skip
expm1: Primitive = define(
    "expm1", ATOM, [lambda z, x: exp(x)], ["exp(x)"], limit=constant(INF),
    doc="exp(x) - 1, accurate near 0.", example="expm1(0.0) -> 0.0",
)  # fmt: skip
log: Primitive = define(
    "log", ATOM, [lambda z, x: 1 / x], ["1/x"], domain="x > 0", limit=_log_limit,
    doc="The natural logarithm.", example="log(1.0) -> 0.0", source="DLMF 4.2.2",
)  # fmt: skip
log2: Primitive = define(
    "log2", ATOM, [lambda z, x: (1 / LN2) / x], ["1/(x*log(2))"], domain="x > 0",
    limit=_log_limit, doc="The logarithm to base 2.", example="log2(8.0) -> 3.0",
)  # fmt: skip
log10: Primitive = define(
    "log10", ATOM, [lambda z, x: (1 / LN10) / x], ["1/(x*log(10))"], domain="x > 0",
    limit=_log_limit, doc="The logarithm to base 10.", example="log10(1000.0) -> 3.0",
)  # fmt: skip
log1p: Primitive = define(
    "log1p", ATOM, [lambda z, x: 1 / (1 + x)], ["1/(1 + x)"], domain="x > -1",
    limit=lambda x: _log_limit(x + 1.0), doc="log(1 + x), accurate near 0.",
    example="log1p(0.0) -> 0.0",
)  # fmt: skip
sqrt: Primitive = define(  # z + 0 turns -0.0 into 0.0: the one-sided derivative there is +inf
    "sqrt", ATOM, [lambda z, x: 0.5 / (z + 0.0)], ["1/(2*sqrt(x))"], domain="x >= 0",
    kink="inf at x = 0", doc="The square root.", example="sqrt(9.0) -> 3.0",
)  # fmt: skip
cbrt: Primitive = define(
    "cbrt", ATOM, [lambda z, x: cbrt_power(-2, x) / 3], ["1/(3*cbrt(x)**2)"], kink="inf at x = 0",
    doc="The cube root, of negative numbers too.", example="cbrt(-8.0) -> -2.0",
)  # fmt: skip
cbrt_power: Primitive = define(  # a family: no inf/inf at 0 and no 0*inf at inf
    "cbrt_power", lambda n, x: pow(cbrt(x), n),
    [zero, lambda z, n, x: n / 3 * cbrt_power(n - 3, x)], ["0", "n/3*cbrt(x)**(n - 3)"],
    variables="n x", reads="cbrt(x)**n", limit=lambda n, x: special.total_power(math.cbrt(x), n),
    doc="cbrt(x)**n for whole n.", example="cbrt_power(-2.0, 8.0) -> 0.25",
)  # fmt: skip
pow: Primitive = define(
    "pow", ATOM, [lambda z, x, y: power_slope(x, y), lambda z, x, y: power_growth(x, y)],
    ["y*x**(y - 1)", "x**y*log(x)"], variables="x y", limit=special.total_power,
    domain="x > 0 or x < 0 and whole(y) or x == 0 and y >= 0",
    kink="at x = 0 the derivative by y is 0, by x it is the limit; 0 for y = 0",
    remedy="for odd roots of negative numbers see cbrt",
    doc="The power x**y, a real number.", example="pow(2.0, 3.0) -> 8.0", reads="x ** y",
    source="DLMF 4.2.26",
)  # fmt: skip
# The derivatives by x and by y, and by both: at x = 0 terms of that are infinities of both signs.
power_slope: Primitive = define(
    "power_slope", lambda x, y: power_term(y, x, y - 1, 0),
    [lambda z, x, y: power_term(y * (y - 1), x, y - 2, 0), lambda z, x, y: power_cross(x, y)],
    ["y*(y - 1)*x**(y - 2)", "(1 + y*log(x))*x**(y - 1)"],
    variables="x y", reads="y*x**(y - 1)", doc="The derivative of x**y by x.",
    example="power_slope(2.0, 3.0) -> 12.0",
)  # fmt: skip
power_growth: Primitive = define(
    "power_growth", lambda x, y: power_term(1, x, y, 1),
    [lambda z, x, y: power_cross(x, y), lambda z, x, y: power_term(1, x, y, 2)],
    ["(1 + y*log(x))*x**(y - 1)", "x**y*log(x)**2"],
    variables="x y", reads="x**y*log(x)", doc="The derivative of x**y by y.",
    example="power_growth(1.0, 3.0) -> 0.0",
)  # fmt: skip
power_cross: Primitive = define(
    "power_cross", _power_cross,
    [
        lambda z, x, y: power_term(2 * y - 1, x, y - 2, 0) + power_term(y * (y - 1), x, y - 2, 1),
        lambda z, x, y: power_term(2, x, y - 1, 1) + power_term(y, x, y - 1, 2),
    ],
    ["(2*y - 1 + y*(y - 1)*log(x))*x**(y - 2)", "(2*log(x) + y*log(x)**2)*x**(y - 1)"],
    variables="x y", reads="(1 + y*log(x))*x**(y - 1)",
    doc="The derivative of x**y by x and y; at x = 0 the limit.",
    example="power_cross(0.0, 1.0) -> -inf",
)  # fmt: skip
# One family, closed under differentiation, so that 0*x**-1 never arises.
power_term: Primitive = define(
    "power_term", _power_term,
    [
        lambda z, c, x, y, k: power_term(1, x, y, k),
        lambda z, c, x, y, k: power_term(c * y, x, y - 1, k) + power_term(c * k, x, y - 1, k - 1),
        lambda z, c, x, y, k: power_term(c, x, y, k + 1),
        zero,
    ],
    ["x**y*log(x)**k", "c*y*x**(y - 1)*log(x)**k + c*k*x**(y - 1)*log(x)**(k - 1)",
     "c*x**y*log(x)**(k + 1)", "0"],
    variables="c x y k", reads="c * x**y * log(x)**k",
    doc="c*x**y*log(x)**k; 0 where c is 0, and at x = 0 for k > 0 and y >= 0.",
    example="power_term(0.0, 0.0, -1.0, 0.0) -> 0.0",
)  # fmt: skip
xlogy: Primitive = define(
    "xlogy", lambda x, y: where(equal(x, 0) & equal(y, 0), 0, x * log(y)),
    [lambda z, x, y: log(y), lambda z, x, y: ratio(x, y)], ["log(y)", "x/y"], variables="x y",
    domain="y > 0 or y == 0 and x == 0", kink="by x -inf and by y 0 at x = y = 0",
    doc="x*log(y), and 0 at x = y = 0.", example="xlogy(0.0, 0.0) -> 0.0",
)  # fmt: skip
xlog1py: Primitive = define(
    "xlog1py", lambda x, y: where(equal(x, 0) & equal(y, -1), 0, x * log1p(y)),
    [lambda z, x, y: log1p(y), lambda z, x, y: ratio(x, 1 + y)], ["log(1 + y)", "x/(1 + y)"],
    variables="x y", domain="y > -1 or y == -1 and x == 0",
    kink="by x -inf and by y 0 at x = 0, y = -1",
    doc="x*log(1 + y), accurate near y = 0, and 0 at x = 0, y = -1.",
    example="xlog1py(0.0, -1.0) -> 0.0",
)  # fmt: skip
log1mexp: Primitive = define(
    "log1mexp", lambda x: where(x < LN2, log(-expm1(-x)), log1p(-exp(-x))),
    [lambda z, x: exp(-x) / -expm1(-x)], ["1/(exp(x) - 1)"],
    domain="x > 0", limit=_log_limit, doc="log(1 - exp(-x)), accurate for every x > 0.",
    example="log1mexp(0.6931471805599453) -> -0.6931471805599453",
    source='Maechler, "Accurately computing log(1 - exp(-|a|))", 2012',
)  # fmt: skip
logaddexp: Primitive = define(
    "logaddexp", _logaddexp, [lambda z, x, y: share(x, y), lambda z, x, y: share(y, x)],
    ["exp(x)/(exp(x) + exp(y))", "exp(y)/(exp(x) + exp(y))"], variables="x y",
    doc="log(exp(x) + exp(y)), without overflow; -inf for two -inf.",
    example="logaddexp(1000.0, 1000.0) -> 1000.6931471805599",
)  # fmt: skip
share: Primitive = define(
    "share", _share, [lambda z, x, y: z * share(y, x), lambda z, x, y: -z * share(y, x)],
    ["exp(x)*exp(y)/(exp(x) + exp(y))**2", "-exp(x)*exp(y)/(exp(x) + exp(y))**2"],
    variables="x y",
    reads="exp(x)/(exp(x) + exp(y))", kink="1/2 for equal infinities",
    doc="The share of exp(x) in exp(x) + exp(y).", example="share(1.0, 1.0) -> 0.5",
)  # fmt: skip
