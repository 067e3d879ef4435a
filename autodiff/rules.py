"""The table of rules: every primitive once, with its local derivatives.

Read an entry as: name, function of floats, local derivatives (z is the output, x, y, ... the
operands), the same derivatives as textbooks write them. The rules mean operations that never
raise, contain no branch where the function is smooth, and are chosen for accuracy
(docs/conventions.md says which obvious formulas lose digits, and how many). A selection writes
`when(condition, derivative)`: no contribution at all unless the condition holds.

Sources: DLMF is the NIST Digital Library of Mathematical Functions; G&W is Griewank & Walther,
Evaluating Derivatives, 2nd edition.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from . import special
from .formula import Formula, apply
from .primitive import PRIMITIVES, Forward, Primitive, Rule

INF = math.inf
LN2, LN10 = math.log(2.0), math.log(10.0)
SQRT_HALF = math.sqrt(0.5)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
ONE_OVER_SQRT_PI = 1.0 / math.sqrt(math.pi)
SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193, 1.6732632423543772848170
SELU_SLOPE = SELU_SCALE * SELU_ALPHA
TINY, UP = 1e-290, 2.0**600


def define(
    name: str,
    forward: Forward,
    rules: Sequence[Rule],
    textbook: Sequence[str] = (),
    *,
    variables: str = "x",
    **details: Any,
) -> Primitive:
    """Add a primitive to the table."""
    primitive = Primitive(name, forward, rules, textbook, variables=variables.split(), **details)
    PRIMITIVES[name] = primitive
    return primitive


def when(condition: Formula, derivative: Formula | float) -> Formula:
    """The derivative of a selection: `derivative` if the condition holds, else no contribution."""
    return apply("when", condition, derivative)


def _zero(*_: Formula) -> float:
    return 0.0


def _constant(value: float) -> Rule:
    return lambda *_: value


# ---- arithmetic ------------------------------------------------------------------------------


def _quotient_limit(x: float, y: float) -> float:
    if x == 0.0 or x != x:
        return math.nan
    return math.copysign(INF, x) * math.copysign(1.0, y)


add: Primitive = define(
    "add", operator.add, [_constant(1.0), _constant(1.0)], ["1", "1"], variables="x y",
    doc="The sum.", example="add(2.0, 3.0) -> 5.0", reads="x + y",
)  # fmt: skip
sub: Primitive = define(
    "sub", operator.sub, [_constant(1.0), _constant(-1.0)], ["1", "-1"], variables="x y",
    doc="The difference.", example="sub(2.0, 3.0) -> -1.0", reads="x - y",
)  # fmt: skip
mul: Primitive = define(
    "mul", operator.mul, [lambda z, x, y: y, lambda z, x, y: x], ["y", "x"], variables="x y",
    doc="The product.", example="mul(2.0, 3.0) -> 6.0", reads="x * y",
)  # fmt: skip
div: Primitive = define(
    "div", operator.truediv, [lambda z, x, y: 1 / y, lambda z, x, y: -z / y], ["1/y", "-x/y**2"],
    variables="x y", domain="y != 0", limit=_quotient_limit,
    doc="The quotient.", example="div(3.0, 2.0) -> 1.5", reads="x / y",
)  # fmt: skip
neg: Primitive = define(
    "neg", operator.neg, [_constant(-1.0)], ["-1"],
    doc="The negative.", example="neg(2.0) -> -2.0", reads="-x",
)  # fmt: skip
pow: Primitive = define(
    "pow", special.power,
    [lambda z, x, y: power_term(y, x, y - 1, 0), lambda z, x, y: power_term(1, x, y, 1)],
    ["y*x**(y - 1)", "x**y*log(x)"],
    variables="x y", limit=special.total_power,
    domain="x > 0 or (x < 0 and y whole) or (x = 0 and y >= 0)",
    kink="at x = 0 the derivative by y is 0, by x it is the limit; 0 for y = 0",
    remedy="for odd roots of negative numbers see cbrt",
    doc="The power x**y, a real number.", example="pow(2.0, 3.0) -> 8.0", reads="x ** y",
    source="DLMF 4.2.26",
)  # fmt: skip
abs: Primitive = define(
    "abs", operator.abs, [lambda z, x: sign(x)], ["sign(x)"], kink="0 at x = 0",
    doc="The absolute value.", example="abs(-2.0) -> 2.0",
)  # fmt: skip
fabs: Primitive = define(
    "fabs", math.fabs, [lambda z, x: sign(x)], ["sign(x)"], kink="0 at x = 0",
    doc="The absolute value (as math.fabs).", example="fabs(-2.0) -> 2.0",
)  # fmt: skip
mod: Primitive = define(
    "mod", operator.mod, [_constant(1.0), lambda z, x, y: -floordiv(x, y)],
    ["1", "-floordiv(x, y)"], variables="x y", domain="y != 0",
    kink="at a jump the derivative of the branch on the right",
    doc="The remainder with the sign of y, x - y*floor(x/y).", example="mod(7.0, 3.0) -> 1.0",
    reads="x % y",
)  # fmt: skip
floordiv: Primitive = define(
    "floordiv", operator.floordiv, [_zero, _zero], ["0", "0"], variables="x y", domain="y != 0",
    kink="0 everywhere", doc="The floor of the quotient: piecewise constant.",
    example="floordiv(7.0, 2.0) -> 3.0", reads="x // y",
)  # fmt: skip
fmod: Primitive = define(
    "fmod", math.fmod, [_constant(1.0), lambda z, x, y: -trunc_quotient(x, y)],
    ["1", "-trunc_quotient(x, y)"], variables="x y", domain="y != 0 and x finite",
    kink="at a jump the formula's value",
    doc="The remainder with the sign of x, x - y*trunc(x/y).", example="fmod(-7.0, 3.0) -> -1.0",
)  # fmt: skip
remainder: Primitive = define(
    "remainder", math.remainder, [_constant(1.0), lambda z, x, y: -round_quotient(x, y)],
    ["1", "-round_quotient(x, y)"], variables="x y", domain="y != 0 and x finite",
    kink="at a jump the formula's value",
    doc="The IEEE 754 remainder, x - y*n with n the integer nearest to x/y.",
    example="remainder(7.0, 4.0) -> -1.0",
)  # fmt: skip
copysign: Primitive = define(
    "copysign", math.copysign, [lambda z, x, y: sign(x) * copysign(1, y), _zero],
    ["sign(x)*copysign(1, y)", "0"], variables="x y", kink="0 at x = 0",
    doc="The magnitude of x with the sign of y.", example="copysign(2.0, -0.0) -> -2.0",
)  # fmt: skip
round_: Primitive = define(
    "round", lambda x, n: round(x, int(n)), [_zero, _zero], ["0", "0"], variables="x n",
    kink="0 everywhere", doc="x rounded to n decimals: piecewise constant.",
    example="round(2.567, 1.0) -> 2.6",
)  # fmt: skip

# ---- exponentials, logarithms, roots ---------------------------------------------------------

exp: Primitive = define(
    "exp", math.exp, [lambda z, x: z], ["exp(x)"], limit=_constant(INF),
    doc="e to the power x.", example="exp(1.0) -> 2.718281828459045", source="DLMF 4.2.19",
)  # fmt: skip
exp2: Primitive = define(
    "exp2", math.exp2, [lambda z, x: z * LN2], ["2**x*log(2)"], limit=_constant(INF),
    doc="2 to the power x.", example="exp2(3.0) -> 8.0",
)  # fmt: skip
expm1: Primitive = define(
    "expm1", math.expm1, [lambda z, x: exp(x)], ["exp(x)"], limit=_constant(INF),
    doc="exp(x) - 1, accurate near 0.", example="expm1(0.0) -> 0.0",
)  # fmt: skip


def _log_limit(x: float) -> float:
    return -INF if x == 0.0 else math.nan


log: Primitive = define(
    "log", math.log, [lambda z, x: 1 / x], ["1/x"], domain="x > 0", limit=_log_limit,
    doc="The natural logarithm.", example="log(1.0) -> 0.0", source="DLMF 4.2.2",
)  # fmt: skip
log2: Primitive = define(
    "log2", math.log2, [lambda z, x: (1 / LN2) / x], ["1/(x*log(2))"], domain="x > 0",
    limit=_log_limit, doc="The logarithm to base 2.", example="log2(8.0) -> 3.0",
)  # fmt: skip
log10: Primitive = define(
    "log10", math.log10, [lambda z, x: (1 / LN10) / x], ["1/(x*log(10))"], domain="x > 0",
    limit=_log_limit, doc="The logarithm to base 10.", example="log10(1000.0) -> 3.0",
)  # fmt: skip
log1p: Primitive = define(
    "log1p", math.log1p, [lambda z, x: 1 / (1 + x)], ["1/(1 + x)"], domain="x > -1",
    limit=lambda x: _log_limit(x + 1.0), doc="log(1 + x), accurate near 0.",
    example="log1p(0.0) -> 0.0",
)  # fmt: skip
sqrt: Primitive = define(  # z + 0 turns -0.0 into 0.0: the one-sided derivative there is +inf
    "sqrt", math.sqrt, [lambda z, x: 0.5 / (z + 0.0)], ["1/(2*sqrt(x))"], domain="x >= 0",
    kink="inf at x = 0", doc="The square root.", example="sqrt(9.0) -> 3.0",
)  # fmt: skip
cbrt: Primitive = define(
    "cbrt", math.cbrt, [lambda z, x: 1 / (3 * z * z)], ["1/(3*cbrt(x)**2)"], kink="inf at x = 0",
    doc="The cube root, of negative numbers too.", example="cbrt(-8.0) -> -2.0",
)  # fmt: skip

# ---- trigonometric and hyperbolic functions --------------------------------------------------

sin: Primitive = define(
    "sin", math.sin, [lambda z, x: cos(x)], ["cos(x)"], domain="x finite",
    doc="The sine of x radians.", example="sin(0.0) -> 0.0", source="DLMF 4.20.1",
)  # fmt: skip
cos: Primitive = define(
    "cos", math.cos, [lambda z, x: -sin(x)], ["-sin(x)"], domain="x finite",
    doc="The cosine of x radians.", example="cos(0.0) -> 1.0", source="DLMF 4.20.2",
)  # fmt: skip
tan: Primitive = define(
    "tan", math.tan, [lambda z, x: 1 + z * z], ["1 + tan(x)**2"], domain="x finite",
    doc="The tangent of x radians.", example="tan(0.0) -> 0.0", source="DLMF 4.20.3",
)  # fmt: skip
asin: Primitive = define(
    "asin", math.asin, [lambda z, x: asin_slope(x)], ["1/sqrt(1 - x**2)"],
    domain="-1 <= x <= 1", kink="inf at x = -1 and x = 1",
    doc="The arc sine in radians, from -pi/2 to pi/2.", example="asin(0.0) -> 0.0",
    source="DLMF 4.24.7",
)  # fmt: skip
acos: Primitive = define(
    "acos", math.acos, [lambda z, x: -asin_slope(x)], ["-1/sqrt(1 - x**2)"],
    domain="-1 <= x <= 1", kink="-inf at x = -1 and x = 1",
    doc="The arc cosine in radians, from 0 to pi.", example="acos(1.0) -> 0.0",
    source="DLMF 4.24.8",
)  # fmt: skip
atan: Primitive = define(
    "atan", math.atan, [lambda z, x: atan_slope(x)], ["1/(1 + x**2)"],
    doc="The arc tangent in radians.", example="atan(0.0) -> 0.0", source="DLMF 4.24.9",
)  # fmt: skip
atan2: Primitive = define(
    "atan2", math.atan2,
    [lambda z, y, x: over_norm2(x, y), lambda z, y, x: -over_norm2(y, x)],
    ["x/(x**2 + y**2)", "-y/(x**2 + y**2)"], variables="y x", kink="0 at the origin",
    doc="The angle of the point (x, y) in radians, from -pi to pi.",
    example="atan2(1.0, 1.0) -> 0.7853981633974483",
)  # fmt: skip
sinh: Primitive = define(
    "sinh", math.sinh, [lambda z, x: cosh(x)], ["cosh(x)"],
    limit=lambda x: math.copysign(INF, x), doc="The hyperbolic sine.",
    example="sinh(0.0) -> 0.0", source="DLMF 4.34.1",
)  # fmt: skip
cosh: Primitive = define(
    "cosh", math.cosh, [lambda z, x: sinh(x)], ["sinh(x)"], limit=_constant(INF),
    doc="The hyperbolic cosine.", example="cosh(0.0) -> 1.0", source="DLMF 4.34.2",
)  # fmt: skip
tanh: Primitive = define(  # 1 - z*z loses all digits when z is near 1
    "tanh", math.tanh, [lambda z, x: 4 * sigmoid_slope(2 * x)], ["1 - tanh(x)**2"],
    doc="The hyperbolic tangent.", example="tanh(0.0) -> 0.0", source="DLMF 4.34.3",
)  # fmt: skip
asinh: Primitive = define(
    "asinh", math.asinh, [lambda z, x: asinh_slope(x)], ["1/sqrt(1 + x**2)"],
    doc="The inverse hyperbolic sine.", example="asinh(0.0) -> 0.0", source="DLMF 4.38.9",
)  # fmt: skip
acosh: Primitive = define(
    "acosh", math.acosh, [lambda z, x: acosh_slope(x)], ["1/sqrt(x**2 - 1)"],
    domain="x >= 1", kink="inf at x = 1", doc="The inverse hyperbolic cosine.",
    example="acosh(1.0) -> 0.0", source="DLMF 4.38.10",
)  # fmt: skip
atanh: Primitive = define(
    "atanh", math.atanh, [lambda z, x: 1 / ((1 - x) * (1 + x))], ["1/(1 - x**2)"],
    domain="-1 < x < 1", limit=lambda x: math.copysign(INF, x) if x in (-1.0, 1.0) else math.nan,
    doc="The inverse hyperbolic tangent.", example="atanh(0.0) -> 0.0", source="DLMF 4.38.11",
)  # fmt: skip
degrees: Primitive = define(
    "degrees", math.degrees, [_constant(180.0 / math.pi)], ["180/pi"],
    doc="An angle in degrees, from radians.", example="degrees(0.0) -> 0.0",
)  # fmt: skip
radians: Primitive = define(
    "radians", math.radians, [_constant(math.pi / 180.0)], ["pi/180"],
    doc="An angle in radians, from degrees.", example="radians(0.0) -> 0.0",
)  # fmt: skip

# ---- special functions -----------------------------------------------------------------------

erf: Primitive = define(
    "erf", math.erf, [lambda z, x: gauss(TWO_OVER_SQRT_PI, 0, x)], ["2/sqrt(pi)*exp(-x**2)"],
    doc="The error function.", example="erf(0.0) -> 0.0", source="DLMF 7.2.1",
)  # fmt: skip
erfc: Primitive = define(
    "erfc", math.erfc, [lambda z, x: gauss(-TWO_OVER_SQRT_PI, 0, x)], ["-2/sqrt(pi)*exp(-x**2)"],
    doc="1 - erf(x), accurate for large x.", example="erfc(0.0) -> 1.0", source="DLMF 7.2.2",
)  # fmt: skip
gamma: Primitive = define(
    "gamma", math.gamma, [lambda z, x: z * digamma(x)], ["gamma(x)*digamma(x)"],
    domain="x not a whole number <= 0",
    limit=lambda x: math.nan if x < 0.0 else math.copysign(INF, x),
    doc="The gamma function.", example="gamma(5.0) -> 24.0", source="DLMF 5.2.1, 5.2.2",
)  # fmt: skip
lgamma: Primitive = define(
    "lgamma", math.lgamma, [lambda z, x: digamma(x)], ["digamma(x)"],
    domain="x not a whole number <= 0", limit=_constant(INF),
    doc="The logarithm of the absolute value of the gamma function.",
    example="lgamma(1.0) -> 0.0", source="DLMF 5.2.1",
)  # fmt: skip
digamma: Primitive = define(
    "digamma", special.digamma, [lambda z, x: polygamma(1, x)], ["polygamma(1, x)"],
    domain="x not a whole number <= 0", limit=special.total_digamma,
    doc="The logarithmic derivative of the gamma function.",
    example="digamma(1.0) -> -0.5772156649015329", source="DLMF 5.2.2",
)  # fmt: skip
polygamma: Primitive = define(
    "polygamma", special.polygamma, [_zero, lambda z, n, x: polygamma(n + 1, x)],
    ["0", "polygamma(n + 1, x)"], variables="n x", domain="x not a whole number <= 0",
    limit=special.total_polygamma,
    doc="The n-th derivative of digamma, n = 0, 1, 2, ...",
    example="polygamma(1, 1.0) -> 1.6449340668482264", source="DLMF 5.15",
)  # fmt: skip
sinc: Primitive = define(
    "sinc", special.sinc, [lambda z, x: sinc_derivative(1, x)],
    ["sinc_derivative(1, x)"], domain="x finite",
    doc="The normalised sinc, sin(pi*x)/(pi*x), 1 at 0.", example="sinc(0.0) -> 1.0",
)  # fmt: skip
hypot: Primitive = define(
    "hypot", math.hypot, [lambda z, x, fine_length: direction(x, z, fine_length)], ["x/z"],
    variables="x", columns=1, shared=["fine_length"], kink="0 at the origin",
    doc="The Euclidean norm of the operands.", example="hypot(3.0, 4.0) -> 5.0",
)  # fmt: skip

# ---- selections: pass the adjoint to the chosen operand, nothing to the others ---------------


def _largest(*xs: float) -> float:
    return math.nan if any(x != x for x in xs) else max(xs)


def _smallest(*xs: float) -> float:
    return math.nan if any(x != x for x in xs) else min(xs)


def _clip(x: float, lo: float, hi: float) -> float:
    if lo > hi:
        raise ValueError("the lower bound is above the upper one")
    if lo != lo or hi != hi:
        return math.nan
    return lo if x <= lo else hi if x >= hi else x


relu: Primitive = define(
    "relu", lambda x: 0.0 if x <= 0.0 else x, [lambda z, x: when(not_(x <= 0), one(x))],
    ["when(x > 0, 1)"], kink="0 at x = 0", doc="The rectifier, max(x, 0).",
    example="relu(-2.0) -> 0.0",
)  # fmt: skip
relu6: Primitive = define(
    "relu6", lambda x: 0.0 if x <= 0.0 else 6.0 if x >= 6.0 else x,
    [lambda z, x: when(not_((x <= 0) + (x >= 6)), one(x))], ["when(0 < x < 6, 1)"],
    kink="0 at x = 0 and x = 6", doc="The rectifier clipped at 6.", example="relu6(8.0) -> 6.0",
)  # fmt: skip
hardtanh: Primitive = define(
    "hardtanh", lambda x: -1.0 if x <= -1.0 else 1.0 if x >= 1.0 else x,
    [lambda z, x: when(not_((x <= -1) + (x >= 1)), one(x))], ["when(-1 < x < 1, 1)"],
    kink="0 at x = -1 and x = 1", doc="x clipped to [-1, 1].", example="hardtanh(3.0) -> 1.0",
)  # fmt: skip
clip: Primitive = define(
    "clip", _clip,
    [
        lambda z, x, lo, hi: when(not_((x <= lo) + (x >= hi)), one(x)),
        lambda z, x, lo, hi: when(x <= lo, 1.0),
        lambda z, x, lo, hi: when((x >= hi) * not_(x <= lo), 1.0),
    ],
    ["when(lo < x < hi, 1)", "when(x <= lo, 1)", "when(x >= hi, 1)"],
    variables="x lo hi", domain="lo <= hi", kink="at a bound the bound is chosen: 0",
    doc="x limited to the interval [lo, hi].", example="clip(5.0, 0.0, 1.0) -> 1.0",
)  # fmt: skip
maximum: Primitive = define(
    "maximum", _largest, [lambda z, x, ties: when(not_(x < z), 1 / ties)], ["when(x >= z, 1/ties)"],
    variables="x", columns=1, shared=["ties"], kink="1/k to each of k tied operands",
    doc="The largest operand; nan if any is nan.", example="maximum(2.0, 3.0) -> 3.0",
)  # fmt: skip
minimum: Primitive = define(
    "minimum", _smallest, [lambda z, x, ties: when(not_(x > z), 1 / ties)],
    ["when(x <= z, 1/ties)"],
    variables="x", columns=1, shared=["ties"], kink="1/k to each of k tied operands",
    doc="The smallest operand; nan if any is nan.", example="minimum(2.0, 3.0) -> 2.0",
)  # fmt: skip
where: Primitive = define(
    "where", lambda condition, x, y: x if condition else y,
    [_zero, lambda z, c, x, y: when(c, 1.0), lambda z, c, x, y: when(not_(c), 1.0)],
    ["0", "when(c, 1)", "when(equal(c, 0), 1)"], variables="c x y",
    doc="x if the condition holds (is not 0), else y.", example="where(1.0, 2.0, 3.0) -> 2.0",
)  # fmt: skip


def _take(*operands: float) -> float:
    *xs, index = operands
    if not (index.is_integer() and 0 <= index < len(xs)):
        raise ValueError(f"index {index!r} of {len(xs)} entries")
    return xs[int(index)]


take: Primitive = define(
    "take", _take, [lambda z, x, index, row: when(equal(row, index), 1.0), _zero],
    ["when(equal(row, index), 1)", "0"], variables="x index", columns=1, by_row=True,
    domain="index a whole number, 0 <= index < the number of entries",
    doc="The entry with that index, which comes last.", example="take(5.0, 6.0, 1.0) -> 6.0",
)  # fmt: skip

# ---- activations -----------------------------------------------------------------------------

sigmoid: Primitive = define(
    "sigmoid", special.sigmoid, [lambda z, x: sigmoid_slope(x)], ["sigmoid(x)*(1 - sigmoid(x))"],
    doc="The logistic function 1/(1 + exp(-x)).", example="sigmoid(0.0) -> 0.5",
)  # fmt: skip
log_sigmoid: Primitive = define(
    "log_sigmoid", special.log_sigmoid, [lambda z, x: sigmoid(-x)], ["1 - sigmoid(x)"],
    doc="The logarithm of the logistic function.", example="log_sigmoid(-800.0) -> -800.0",
)  # fmt: skip
logit: Primitive = define(
    "logit", special.logit, [lambda z, x: 1 / (x * (1 - x))], ["1/(x*(1 - x))"],
    domain="0 < x < 1", limit=lambda x: {0.0: -INF, 1.0: INF}.get(x, math.nan),
    doc="The inverse of sigmoid, log(x/(1 - x)).", example="logit(0.5) -> 0.0",
)  # fmt: skip
softplus: Primitive = define(
    "softplus", special.softplus, [lambda z, x: sigmoid(x)], ["sigmoid(x)"],
    doc="log(1 + exp(x)), a smooth rectifier.", example="softplus(800.0) -> 800.0",
)  # fmt: skip
silu: Primitive = define(
    "silu", special.silu, [lambda z, x: sigmoid(x) + silu_bend(x)],
    ["sigmoid(x)*(1 + x*(1 - sigmoid(x)))"],
    doc="x*sigmoid(x), also called swish.", example="silu(0.0) -> 0.0",
)  # fmt: skip
mish: Primitive = define(
    "mish", special.mish,
    [lambda z, x: tanh(softplus(x)) + mish_bend(x)],
    ["tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))**2)"],
    doc="x*tanh(softplus(x)).", example="mish(0.0) -> 0.0",
)  # fmt: skip
gelu: Primitive = define(
    "gelu", special.gelu,
    [lambda z, x: 0.5 * erfc(-SQRT_HALF * x) + gauss(ONE_OVER_SQRT_PI, 1, SQRT_HALF * x)],
    ["(1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi)"],
    doc="x times the standard normal distribution function of x.", example="gelu(0.0) -> 0.0",
)  # fmt: skip


def _gelu_tanh_rule(z: Formula, x: Formula) -> Formula:
    u = 2 * SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)
    slope = 2 * SQRT_2_OVER_PI * (1 + 0.134145 * x * x)
    return sigmoid(u) * (1 + x * slope * sigmoid(-u))


gelu_tanh: Primitive = define(
    "gelu_tanh", special.gelu_tanh, [_gelu_tanh_rule],
    [
        (
            "(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2 + x*sqrt(2/pi)*(1 + 0.134145*x**2)"
            "*(1 - tanh(sqrt(2/pi)*(x + 0.044715*x**3))**2)/2"
        )
    ],
    doc="The approximation of gelu through tanh.", example="gelu_tanh(0.0) -> 0.0",
)  # fmt: skip
softsign: Primitive = define(
    "softsign", special.softsign, [lambda z, x: (1 / (1 + abs(x))) / (1 + abs(x))],
    ["1/(1 + abs(x))**2"], kink="second derivative 0 at x = 0",
    doc="x/(1 + abs(x)).", example="softsign(1.0) -> 0.5",
)  # fmt: skip
leaky_relu: Primitive = define(
    "leaky_relu", lambda x, slope: x if x > 0.0 else slope * x,
    [
        lambda z, x, slope: where(x > 0, 1.0, where(x <= 0, slope, x)),
        lambda z, x, slope: where(x > 0, 0.0, x),
    ],
    ["where(x > 0, 1, slope)", "where(x > 0, 0, x)"], variables="x slope",
    kink="the slope at x = 0", doc="x for x > 0, else slope*x.",
    example="leaky_relu(-2.0, 0.5) -> -1.0",
)  # fmt: skip
elu: Primitive = define(
    "elu", special.elu,
    [
        lambda z, x, alpha: where(x > 0, 1.0, alpha * exp(x)),
        lambda z, x, alpha: where(x > 0, 0.0, expm1(x)),
    ],
    ["where(x > 0, 1, alpha*exp(x))", "where(x > 0, 0, exp(x) - 1)"], variables="x alpha",
    kink="alpha at x = 0", doc="x for x > 0, else alpha*(exp(x) - 1).",
    example="elu(2.0, 1.0) -> 2.0",
)  # fmt: skip
selu: Primitive = define(
    "selu", special.selu, [lambda z, x: where(x > 0, SELU_SCALE, SELU_SLOPE * exp(x))],
    [f"where(x > 0, {SELU_SCALE!r}, {SELU_SLOPE!r}*exp(x))"],
    kink=f"{SELU_SLOPE!r} at x = 0", doc="The scaled elu of self-normalising networks.",
    example="selu(1.0) -> 1.0507009873554805",
)  # fmt: skip

# ---- n-ary primitives: sums are added left to right ------------------------------------------


def _sum(*xs: float) -> float:
    total = 0.0
    for x in xs:
        total += x
    return total


def _dot(*operands: float) -> float:
    half = len(operands) // 2
    total = 0.0
    for x, y in zip(operands[:half], operands[half:], strict=True):
        total += x * y
    return total


def _affine(*operands: float) -> float:
    half = len(operands) // 2
    total = operands[-1]
    for w, x in zip(operands[:half], operands[half:], strict=False):
        total += w * x
    return total


sum_: Primitive = define(
    "sum", _sum, [_constant(1.0)], ["1"], variables="x", columns=1,
    doc="The sum of the operands, added left to right.", example="sum(1.0, 2.0, 3.0) -> 6.0",
)  # fmt: skip
dot: Primitive = define(
    "dot", _dot, [lambda z, x, y: y, lambda z, x, y: x], ["y", "x"], variables="x y", columns=2,
    doc="The sum of products x*y, added left to right.",
    example="dot(1.0, 2.0, 3.0, 4.0) -> 11.0",
)  # fmt: skip
affine: Primitive = define(
    "affine", _affine, [lambda z, w, x, b: x, lambda z, w, x, b: w, _constant(1.0)],
    ["x", "w", "1"], variables="w x b", columns=2,
    doc="A neuron's sum b + w*x + ..., added left to right from b.",
    example="affine(2.0, 3.0, 1.0) -> 7.0",
)  # fmt: skip
logsumexp: Primitive = define(  # z alone is too coarse: at x = (1e300, 1e300) exp(x - z) would be 1
    "logsumexp", lambda *xs: special.logsumexp(xs),
    [lambda z, x, logsumexp_error: shifted_exp(x, z, logsumexp_error)], ["exp(x - z)"],
    variables="x", columns=1, shared=["logsumexp_error"],
    doc="log(exp(x) + ...), without overflow.",
    example="logsumexp(0.0, 0.0) -> 0.6931471805599453",
)  # fmt: skip

# ---- internal: what only rules use -----------------------------------------------------------


def _asin_slope(x: float) -> float:
    return 1.0 / math.sqrt((1.0 - x) * (1.0 + x))


def _acosh_slope(x: float) -> float:
    return 1.0 / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0))


def _gauss(c: float, n: float, x: float) -> float:
    bell = math.exp(-x * x)
    if n < 0.0 or not bell:
        return c * 0.0  # n = -1 comes with the factor n = 0; at infinity the exponential wins
    power: float = x**n
    return c * (power * bell)


def _silu_bend(x: float) -> float:
    slope = special.sigmoid(x) * special.sigmoid(-x)
    return x * slope if slope else slope


def _mish_bend(x: float) -> float:
    twice = 2.0 * special.softplus(x)
    slope = 4.0 * special.sigmoid(x) * (special.sigmoid(twice) * special.sigmoid(-twice))
    return x * slope if slope else slope


def _fine_length(z: float, *xs: float) -> float:
    return z if z >= TINY else math.hypot(*[x * UP for x in xs])


def _direction(x: float, z: float, fine_length: float) -> float:
    if z >= TINY:
        return x / z
    return special.hypot_ratio(x * UP, fine_length)


def _logsumexp_error(z: float, *xs: float) -> float:
    if -16.0 <= z <= 16.0 or not math.isfinite(z):
        return 0.0  # the error is below the rounding errors of exp(x - z)
    largest = max(xs)
    return (largest - z) + special.logsumexp([x - largest for x in xs])


def _sign(x: float) -> float:
    return x if x != x else float((x > 0.0) - (x < 0.0))


def _ties(z: float, *xs: float) -> float:
    return z if z != z else float(xs.count(z))


def _truth(test: Callable[[float, float], bool]) -> Forward:
    return lambda x, y: 1.0 if test(x, y) else 0.0


# Derivatives that are primitives of their own, where elementary operations would give 0*inf at
# an end of the domain or at infinity. They are closed under differentiation.
asin_slope: Primitive = define(
    "asin_slope", _asin_slope, [lambda z, x: x * z * z * z], ["x/sqrt(1 - x**2)**3"],
    reads="1/sqrt((1 - x)*(1 + x))", limit=lambda x: INF if x in (-1.0, 1.0) else math.nan,
    domain="-1 < x < 1", doc="The derivative of asin.", example="asin_slope(0.0) -> 1.0",
)  # fmt: skip
acosh_slope: Primitive = define(
    "acosh_slope", _acosh_slope, [lambda z, x: -x * z * z * z], ["-x/sqrt(x**2 - 1)**3"],
    reads="1/(sqrt(x - 1)*sqrt(x + 1))", limit=lambda x: INF if x == 1.0 else math.nan,
    domain="x > 1", doc="The derivative of acosh.",
    example="acosh_slope(1.25) -> 1.3333333333333333",
)  # fmt: skip
asinh_slope: Primitive = define(
    "asinh_slope", lambda x: 1.0 / math.hypot(1.0, x), [lambda z, x: -over_norm2(x, 1) * z],
    ["-x/sqrt(1 + x**2)**3"], reads="1/sqrt(1 + x**2)", doc="The derivative of asinh.",
    example="asinh_slope(0.0) -> 1.0",
)  # fmt: skip
atan_slope: Primitive = define(
    "atan_slope", lambda x: 1.0 / (1.0 + x * x), [lambda z, x: -2 * over_norm2(x, 1) * z],
    ["-2*x/(1 + x**2)**2"], reads="1/(1 + x**2)", doc="The derivative of atan.",
    example="atan_slope(1.0) -> 0.5",
)  # fmt: skip
over_norm2: Primitive = define(
    "over_norm2", special.over_norm2,
    [
        lambda z, x, y: (over_norm2(y, x) - z) * (over_norm2(y, x) + z),
        lambda z, x, y: -2 * z * over_norm2(y, x),
    ],
    ["(y**2 - x**2)/(x**2 + y**2)**2", "-2*x*y/(x**2 + y**2)**2"], variables="x y",
    reads="x/(x**2 + y**2)", kink="0 at the origin",
    doc="x/(x**2 + y**2), 0 at the origin and at infinity.",
    example="over_norm2(3.0, 4.0) -> 0.12",
)  # fmt: skip
gauss: Primitive = define(
    "gauss", _gauss,
    [
        lambda z, c, n, x: gauss(1, n, x),
        _zero,
        lambda z, c, n, x: gauss(c * n, n - 1, x) + gauss(-2 * c, n + 1, x),
    ],
    ["x**n*exp(-x**2)", "0", "c*(n*x**(n - 1) - 2*x**(n + 1))*exp(-x**2)"],
    variables="c n x", reads="c*x**n*exp(-x**2)",
    doc="c*x**n*exp(-x**2) for n = 0, 1, 2, ...; 0 for n < 0.",
    example="gauss(3.0, 1.0, 0.0) -> 0.0",
)  # fmt: skip
# Its forward uses |x|, its rule does not: so every order is smooth, and small next to 0.
sigmoid_slope: Primitive = define(
    "sigmoid_slope", special.sigmoid_slope, [lambda z, x: -z * tanh(0.5 * x)],
    ["sigmoid(x)*(1 - sigmoid(x))*(1 - 2*sigmoid(x))"], reads="sigmoid(x)*sigmoid(-x)",
    doc="The derivative of sigmoid.", example="sigmoid_slope(0.0) -> 0.25",
)  # fmt: skip
silu_bend: Primitive = define(
    "silu_bend", _silu_bend,
    [lambda z, x: sigmoid_slope(x) - z * tanh(0.5 * x)],
    ["sigmoid(x)*(1 - sigmoid(x))*(1 + x*(1 - 2*sigmoid(x)))"],
    reads="x*sigmoid(x)*sigmoid(-x)", doc="x*sigmoid'(x), the second term of silu'.",
    example="silu_bend(0.0) -> 0.0",
)  # fmt: skip
mish_bend: Primitive = define(
    "mish_bend", _mish_bend,
    [
        lambda z, x: 4 * sigmoid(x) * sigmoid_slope(2 * softplus(x))
        + z * (sigmoid(-x) - 2 * tanh(softplus(x)) * sigmoid(x))
    ],
    [
        (
            "sigmoid(x)*(1 - tanh(softplus(x))**2)*"
            "(1 + x*(1 - sigmoid(x) - 2*tanh(softplus(x))*sigmoid(x)))"
        )
    ],
    reads="x*sigmoid(x)*(1 - tanh(softplus(x))**2)",
    doc="x times the derivative of tanh(softplus(x)), the second term of mish'.",
    example="mish_bend(0.0) -> 0.0",
)  # fmt: skip
sign: Primitive = define("sign", _sign, [_zero], ["0"], kink="0 at x = 0",
              doc="-1, 0 or 1: piecewise constant.", example="sign(-2.0) -> -1.0")  # fmt: skip
ratio: Primitive = define(
    "ratio", special.hypot_ratio, [lambda z, x, h: ratio(1, h), lambda z, x, h: -ratio(z, h)],
    ["1/h", "-x/h**2"], variables="x h", reads="x / h", doc="x/h, and 0 where h is 0.",
    kink="0 at h = 0", example="ratio(1.0, 0.0) -> 0.0",
)  # fmt: skip
fine_length: Primitive = define(
    "fine_length", _fine_length, [_zero], variables="x", columns=1,
    doc="The first operand z; where z is tiny, the norm of the others times 2**600.",
    example="fine_length(5.0, 3.0, 4.0) -> 5.0",
)  # fmt: skip
direction: Primitive = define(  # fine_length is z in other words: it has no derivative of its own
    "direction", _direction,
    [lambda z, x, h, f: ratio(1, h), lambda z, x, h, f: -ratio(z, h), _zero],
    ["1/h", "-x/h**2", "0"],
    variables="x h f", reads="x / h", kink="0 at h = 0",
    doc="x/h for h = hypot(x, ...), 0 where h is 0; to all digits where h is tiny.",
    example="direction(3.0, 5.0, 5.0) -> 0.6",
)  # fmt: skip
shifted_exp: Primitive = define(
    "shifted_exp", lambda x, s, e: math.exp(x - s - e),
    [lambda z, x, s, e: z, lambda z, x, s, e: -z, _zero], ["exp(x - s)", "-exp(x - s)", "0"],
    variables="x s e", reads="exp(x - s)", limit=_constant(INF),
    doc="exp(x - s), s given to more digits by its rounding error e: an entry of softmax.",
    example="shifted_exp(3.0, 3.0, 0.0) -> 1.0",
)  # fmt: skip
logsumexp_error: Primitive = define(
    "logsumexp_error", _logsumexp_error, [_zero], variables="x", columns=1,
    doc="What rounding took from the first operand, the logsumexp of the others, if it is large.",
    example="logsumexp_error(1e300, 1e300, 1e300) -> 0.6931471805599453",
)  # fmt: skip


def _power_term(c: float, x: float, y: float, k: float) -> float:
    if c == 0.0 or k < 0.0:  # k < 0 stands only next to a factor 0, where it must stay finite
        return 0.0
    if k == 0.0:
        return c * special.total_power(x, y)
    return c * special.power_log(x, y, int(k))


# One family, closed under differentiation, so that 0*x**-1 never arises.
power_term: Primitive = define(
    "power_term", _power_term,
    [
        lambda z, c, x, y, k: power_term(1, x, y, k),
        lambda z, c, x, y, k: power_term(c * y, x, y - 1, k) + power_term(c * k, x, y - 1, k - 1),
        lambda z, c, x, y, k: power_term(c, x, y, k + 1),
        _zero,
    ],
    [
        "x**y*log(x)**k",
        "c*y*x**(y - 1)*log(x)**k + c*k*x**(y - 1)*log(x)**(k - 1)",
        "c*x**y*log(x)**(k + 1)",
        "0",
    ],
    variables="c x y k", reads="c * x**y * log(x)**k",
    doc="c*x**y*log(x)**k; 0 where c is 0, and at x = 0 for k > 0 and y >= 0.",
    example="power_term(0.0, 0.0, -1.0, 0.0) -> 0.0",
)  # fmt: skip
sinc_derivative: Primitive = define(
    "sinc_derivative", special.sinc_derivative, [_zero, lambda z, n, x: sinc_derivative(n + 1, x)],
    ["0", "sinc_derivative(n + 1, x)"], variables="n x",
    doc="The n-th derivative of the normalised sinc.", example="sinc_derivative(1.0, 0.0) -> 0.0",
)  # fmt: skip
trunc_quotient: Primitive = define(
    "trunc_quotient", lambda x, y: float(round((x - math.fmod(x, y)) / y)), [_zero, _zero],
    ["0", "0"], variables="x y", doc="trunc(x/y): piecewise constant.",
    example="trunc_quotient(-7.0, 3.0) -> -2.0",
)  # fmt: skip
round_quotient: Primitive = define(
    "round_quotient", lambda x, y: float(round((x - math.remainder(x, y)) / y)), [_zero, _zero],
    ["0", "0"], variables="x y", doc="The integer nearest to x/y: piecewise constant.",
    example="round_quotient(7.0, 4.0) -> 2.0",
)  # fmt: skip
ties: Primitive = define(
    "ties", _ties, [_zero], variables="x", columns=1,
    doc="How many of the operands after the first equal the first.",
    example="ties(2.0, 2.0, 1.0, 2.0) -> 2.0",
)  # fmt: skip
identity: Primitive = define(
    "identity", lambda x: x, [_constant(1.0)], ["1"], reads="x",
    doc="x as a node of its own: the variable by which a transform differentiates.",
    example="identity(2.0) -> 2.0",
)  # fmt: skip
one: Primitive = define(
    "one", lambda x: 1.0 if x == x else x, [_zero], ["0"],
    doc="1, and nan where x is nan: a selection that chose nan has no derivative.",
    example="one(2.0) -> 1.0",
)  # fmt: skip
gate: Primitive = define(
    "gate", lambda c, x, y: x * y if c else 0.0,
    [_zero, lambda z, c, x, y: when(c, y), lambda z, c, x, y: when(c, x)],
    ["0", "when(c, y)", "when(c, x)"], variables="c x y", reads="where(c, x * y, 0)",
    doc="x*y if the condition holds, else 0: a contribution below a selection.",
    example="gate(0.0, 2.0, 3.0) -> 0.0",
)  # fmt: skip
not_: Primitive = define("not", lambda x: 0.0 if x else 1.0, [_zero], doc="1 where x is 0, else 0.",
              example="not(0.0) -> 1.0")  # fmt: skip

less: Primitive
less_equal: Primitive
greater: Primitive
greater_equal: Primitive
equal: Primitive
not_equal: Primitive
less, less_equal, greater, greater_equal, equal, not_equal = (
    define(name, _truth(test), [_zero, _zero], variables="x y", doc=f"1 if x {symbol} y, else 0.",
           example=f"{name}(1.0, 2.0) -> {1.0 if test(1.0, 2.0) else 0.0}", reads=f"x {symbol} y")
    for name, symbol, test in (
        ("less", "<", operator.lt), ("less_equal", "<=", operator.le),
        ("greater", ">", operator.gt), ("greater_equal", ">=", operator.ge),
        ("equal", "==", operator.eq), ("not_equal", "!=", operator.ne),
    )
)  # fmt: skip
