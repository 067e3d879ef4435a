"""Activation functions, accurate over the whole range.

They are total: nan gives nan, an infinity the limit. `log(1 + exp(x))` and its relatives use only
`exp(-|x|)`, so nothing overflows and no threshold changes the mathematics (Maechler, "Accurately
computing log(1 - exp(-|a|))", 2012).
"""

from __future__ import annotations

import math

from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .arithmetic import abs, copysign
from .error_functions import ONE_OVER_SQRT_PI, TWO_OVER_SQRT_PI, erfc, gauss
from .exponentials import exp, expm1, log, log1p
from .hyperbolic import atanh, sigmoid, sigmoid_slope, tanh
from .selections import equal, not_equal, where
from .table import INF, define, product_error

# scale and alpha of selu: the values for which activations keep mean 0 and variance 1
# (Klambauer et al., "Self-normalizing neural networks", 2017).
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193, 1.6732632423543772848170
SELU_SLOPE = SELU_SCALE * SELU_ALPHA
SQRT_HALF = math.sqrt(0.5)
SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)

_INV_SQRT2 = 0.7071067811865476
_INV_SQRT2_ERROR = -4.833646656726457e-17  # 1/sqrt(2) is the sum of the two
_INV_SQRT_2PI = 0.3989422804014327
_GELU_LINEAR = 1.5957691216057308  # 2*sqrt(2/pi), and what the double leaves
_GELU_LINEAR_ERROR = -9.96930880911092e-17
_GELU_CUBIC = 0.07135481627260025  # 0.044715 * 2*sqrt(2/pi), and what the double leaves
_GELU_CUBIC_ERROR = -6.175149918155315e-19
_EXP_SUBNORMAL = -700.0  # below, exp(x) has lost digits or soon will; exp(x/2) has not


def _logit(x: Formula) -> Formula:
    """Between 1/4 and 3/4 by atanh, where 2x - 1 is exact: no cancellation at 1/2."""
    return where((x >= 0.25) & (x <= 0.75), 2 * atanh(2 * x - 1), log(x / (1 - x)))


def _times_exp(a: Formula, x: Formula) -> Formula:
    """a*exp(x) for very negative x, where exp(x) alone would be subnormal; 0 at x = -inf."""
    half = exp(0.5 * x)
    return where(half, (a * half) * half, copysign(0, a))


def _mish(x: Formula) -> Formula:
    """tanh(log(1 + e)) = e(e + 2)/(e(e + 2) + 2) with e = exp(x) (Misra, "Mish", 2019)."""
    e = exp(-x)
    n = 1 + 2 * e
    right = x * (n / (n + 2 * e * e))
    e = exp(x)
    n = e * (e + 2)
    left = x * (n / (n + 2))
    return where(x > 0, right, where(x < _EXP_SUBNORMAL, _times_exp(x, x), left))


def _bell(factor: Formula, x: Formula) -> Formula:
    """factor*exp(-x*x/2): x is split in two, so that the larger square is exact."""
    c = 134217729.0 * x
    high = c - (c - x)
    half = exp(-0.25 * high * high)  # its square may be subnormal
    inside = half * (half * (factor * exp(-0.5 * (x - high) * (x + high))))
    outside = where(equal(x, x), copysign(0, factor), x)
    return where((x > -40) & (x < 40), inside, outside)


def _gelu(x: Formula) -> Formula:
    """x*Phi(x), Phi the standard normal distribution function. Error up to 3.5 ulp.

    Phi(x) = erfc(-x/sqrt(2))/2 keeps the left tail; there erfc magnifies the rounding of its
    argument t by 2*t*t, which one Newton-like term takes back; beyond x = -37, where erfc is
    subnormal, the asymptotic series is used (DLMF 7.12.1).
    """
    right = 0.5 * x * erfc(-x * _INV_SQRT2)
    t = -x * _INV_SQRT2
    rest = -(product_error(x, _INV_SQRT2) + x * _INV_SQRT2_ERROR)
    left = 0.5 * x * (erfc(t) - TWO_OVER_SQRT_PI * exp(-t * t) * rest)
    w = 1 / x / x
    mills = 1 - 9 * w * (1 - 11 * w * (1 - 13 * w))
    mills = 1 - w * (1 - 3 * w * (1 - 5 * w * (1 - 7 * w * mills)))
    return where(x > -1, right, where(x > -37, left, _bell(-_INV_SQRT_2PI * mills, x)))


def _gelu_tanh(x: Formula) -> Formula:
    """Written as x*sigmoid(2u) (Hendrycks and Gimpel, "Gaussian error linear units", 2016).

    In the left tail exp(2u) magnifies the rounding of 2u by |2u|, hence the terms of u are kept
    to twice the precision there. Error up to 2.5 ulp.
    """
    square = x * x
    cubic = _GELU_CUBIC * square
    factor = _GELU_LINEAR + cubic
    steep = cubic > _GELU_LINEAR
    larger, smaller = where(steep, cubic, _GELU_LINEAR), where(steep, _GELU_LINEAR, cubic)
    factor_error = (
        ((larger - factor) + smaller)
        + product_error(_GELU_CUBIC, square)
        + _GELU_CUBIC * product_error(x, x)
        + _GELU_CUBIC_ERROR * square
        + _GELU_LINEAR_ERROR
    )
    u = x * factor
    u_error = product_error(x, factor) + x * factor_error
    e = exp(u)
    tail = x * ((e + e * u_error) / (1 + e))
    left = where(u < _EXP_SUBNORMAL, _times_exp(x * (1 + u_error), u), tail)
    right = x * sigmoid(x * (_GELU_LINEAR + _GELU_CUBIC * x * x))
    return where(x > -1, right, where(x < -30, copysign(0, x), left))


def _gelu_tanh_rule(z: Formula, x: Formula) -> Formula:
    u = 2 * SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)
    slope = 2 * SQRT_2_OVER_PI * (1 + 0.134145 * x * x)
    return sigmoid(u) * (1 + x * slope * sigmoid(-u))


def _softsign(x: Formula) -> Formula:
    size = abs(x)
    return where((size < INF) | not_equal(x, x), x / (1 + size), copysign(1, x))


def _bent(x: Formula, slope: Formula) -> Formula:
    """x*slope, and 0 where the slope is, even at infinity."""
    return where(slope, x * slope, slope)


def _mish_bend(x: Formula) -> Formula:
    twice = 2 * softplus(x)
    return _bent(x, 4 * sigmoid(x) * (sigmoid(twice) * sigmoid(-twice)))


log_sigmoid: Primitive = define(
    "log_sigmoid", lambda x: where(x >= 0, -log1p(exp(-x)), x - log1p(exp(x))),
    [lambda z, x: sigmoid(-x)], ["1 - sigmoid(x)"],
    doc="The logarithm of the logistic function.", example="log_sigmoid(-800.0) -> -800.0",
)  # fmt: skip
logit: Primitive = define(
    "logit", _logit, [lambda z, x: 1 / (x * (1 - x))], ["1/(x*(1 - x))"],
    domain="0 < x < 1", limit=lambda x: {0.0: -INF, 1.0: INF}.get(x, math.nan),
    doc="The inverse of sigmoid, log(x/(1 - x)).", example="logit(0.5) -> 0.0",
)  # fmt: skip
softplus: Primitive = define(
    "softplus", lambda x: where(x > 0, x + log1p(exp(-x)), log1p(exp(x))),
    [lambda z, x: sigmoid(x)], ["sigmoid(x)"],
    doc="log(1 + exp(x)), a smooth rectifier.", example="softplus(800.0) -> 800.0",
)  # fmt: skip
silu: Primitive = define(
    "silu", lambda x: where(x < _EXP_SUBNORMAL, _times_exp(x, x), x * sigmoid(x)),
    [lambda z, x: sigmoid(x) + silu_bend(x)], ["sigmoid(x)*(1 + x*(1 - sigmoid(x)))"],
    doc="x*sigmoid(x), also called swish.", example="silu(0.0) -> 0.0",
)  # fmt: skip
silu_bend: Primitive = define(
    "silu_bend", lambda x: _bent(x, sigmoid(x) * sigmoid(-x)),
    [lambda z, x: sigmoid_slope(x) - z * tanh(0.5 * x)],
    ["sigmoid(x)*(1 - sigmoid(x))*(1 + x*(1 - 2*sigmoid(x)))"],
    reads="x*sigmoid(x)*(1 - sigmoid(x))", doc="x*sigmoid'(x), the second term of silu'.",
    example="silu_bend(0.0) -> 0.0",
)  # fmt: skip
mish: Primitive = define(
    "mish", _mish, [lambda z, x: tanh(softplus(x)) + mish_bend(x)],
    ["tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))**2)"],
    doc="x*tanh(softplus(x)).", example="mish(0.0) -> 0.0",
)  # fmt: skip
mish_bend: Primitive = define(
    "mish_bend", _mish_bend,
    [lambda z, x: 4 * sigmoid(x) * sigmoid_slope(2 * softplus(x))
     + z * (sigmoid(-x) - 2 * tanh(softplus(x)) * sigmoid(x))],
    [("sigmoid(x)*(1 - tanh(softplus(x))**2)*"
      "(1 + x*(1 - sigmoid(x) - 2*tanh(softplus(x))*sigmoid(x)))")],
    reads="x*sigmoid(x)*(1 - tanh(softplus(x))**2)",
    doc="x times the derivative of tanh(softplus(x)), the second term of mish'.",
    example="mish_bend(0.0) -> 0.0",
)  # fmt: skip
gelu: Primitive = define(
    "gelu", _gelu,
    [lambda z, x: 0.5 * erfc(-SQRT_HALF * x) + gauss(ONE_OVER_SQRT_PI, 1, SQRT_HALF * x)],
    ["(1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi)"],
    doc="x times the standard normal distribution function of x.", example="gelu(0.0) -> 0.0",
)  # fmt: skip
gelu_tanh: Primitive = define(
    "gelu_tanh", _gelu_tanh, [_gelu_tanh_rule],
    [("(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2 + x*sqrt(2/pi)*(1 + 0.134145*x**2)"
      "*(1 - tanh(sqrt(2/pi)*(x + 0.044715*x**3))**2)/2")],
    doc="The approximation of gelu through tanh.", example="gelu_tanh(0.0) -> 0.0",
)  # fmt: skip
softsign: Primitive = define(
    "softsign", _softsign, [lambda z, x: (1 / (1 + abs(x))) / (1 + abs(x))],
    ["1/(1 + abs(x))**2"], kink="second derivative 0 at x = 0",
    doc="x/(1 + abs(x)).", example="softsign(1.0) -> 0.5",
)  # fmt: skip
leaky_relu: Primitive = define(
    "leaky_relu", lambda x, slope: where(x > 0, x, slope * x),
    [
        lambda z, x, slope: where(x > 0, 1.0, where(x <= 0, slope, exp(x))),  # nan in all orders
        lambda z, x, slope: where(x > 0, 0.0, where(x <= 0, x, exp(x))),
    ],
    ["where(x > 0, 1, slope)", "where(x > 0, 0, x)"], variables="x slope",
    kink="the slope at x = 0", doc="x for x > 0, else slope*x.",
    example="leaky_relu(-2.0, 0.5) -> -1.0",
)  # fmt: skip
elu: Primitive = define(
    "elu", lambda x, alpha: where(x > 0, x, alpha * expm1(x)),
    [
        lambda z, x, alpha: where(x > 0, 1.0, alpha * exp(x)),
        lambda z, x, alpha: where(x > 0, 0.0, expm1(x)),
    ],
    ["where(x > 0, 1, alpha*exp(x))", "where(x > 0, 0, exp(x) - 1)"], variables="x alpha",
    kink="alpha at x = 0", doc="x for x > 0, else alpha*(exp(x) - 1).",
    example="elu(2.0, 1.0) -> 2.0",
)  # fmt: skip
selu: Primitive = define(
    "selu", lambda x: SELU_SCALE * where(x > 0, x, SELU_ALPHA * expm1(x)),
    [lambda z, x: where(x > 0, SELU_SCALE, SELU_SLOPE * exp(x))],
    [f"where(x > 0, {SELU_SCALE!r}, {SELU_SLOPE!r}*exp(x))"],
    kink=f"{SELU_SLOPE!r} at x = 0", doc="The scaled elu of self-normalising networks.",
    example="selu(1.0) -> 1.0507009873554805",
)  # fmt: skip
