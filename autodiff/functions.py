"""The public functions of numbers. On floats they return floats, on Values a Value.

Names and argument order are those of Python's math where it has the function; so are results and
exceptions. Each function's documentation comes from its entry in the rule table. Functions of
sequences (sum, dot, softmax, ...) are in sequences.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import rules
from .call import Number, binary, call, unary
from .errors import OperandError, ShapeError
from .formula import Formula
from .sequences import (
    affine,
    dist,
    dot,
    hypot,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    norm,
    prod,
    softmax,
    sum,
)  # fmt: skip
from .value import Node

exp = unary(rules.exp, __name__)
exp2 = unary(rules.exp2, __name__)
expm1 = unary(rules.expm1, __name__)
log2 = unary(rules.log2, __name__)
log10 = unary(rules.log10, __name__)
log1p = unary(rules.log1p, __name__)
sqrt = unary(rules.sqrt, __name__)
cbrt = unary(rules.cbrt, __name__)
log1mexp = unary(rules.log1mexp, __name__)
logaddexp = binary(rules.logaddexp, __name__)
xlogy = binary(rules.xlogy, __name__)
xlog1py = binary(rules.xlog1py, __name__)
pow = binary(rules.pow, __name__)
sin = unary(rules.sin, __name__)
cos = unary(rules.cos, __name__)
tan = unary(rules.tan, __name__)
asin = unary(rules.asin, __name__)
acos = unary(rules.acos, __name__)
atan = unary(rules.atan, __name__)
atan2 = binary(rules.atan2, __name__)
sinh = unary(rules.sinh, __name__)
cosh = unary(rules.cosh, __name__)
tanh = unary(rules.tanh, __name__)
asinh = unary(rules.asinh, __name__)
acosh = unary(rules.acosh, __name__)
atanh = unary(rules.atanh, __name__)
degrees = unary(rules.degrees, __name__)
radians = unary(rules.radians, __name__)
erf = unary(rules.erf, __name__)
erfc = unary(rules.erfc, __name__)
erfcx = unary(rules.erfcx, __name__)
erfinv = unary(rules.erfinv, __name__)
gamma = unary(rules.gamma, __name__)
lgamma = unary(rules.lgamma, __name__)
digamma = unary(rules.digamma, __name__)
sinc = unary(rules.sinc, __name__)
fabs = unary(rules.fabs, __name__)
copysign = binary(rules.copysign, __name__)
fmod = binary(rules.fmod, __name__)
remainder = binary(rules.remainder, __name__)
relu = unary(rules.relu, __name__)
relu6 = unary(rules.relu6, __name__)
hardtanh = unary(rules.hardtanh, __name__)
sigmoid = unary(rules.sigmoid, __name__)
log_sigmoid = unary(rules.log_sigmoid, __name__)
logit = unary(rules.logit, __name__)
silu = unary(rules.silu, __name__)
mish = unary(rules.mish, __name__)
selu = unary(rules.selu, __name__)
softsign = unary(rules.softsign, __name__)


def log(x: Any, base: Any = None) -> Any:
    """The logarithm of x, natural or to a base.

    log(x, base) is log(x)/log(base), as in Python's math; both are differentiable.
    Derivative by x: 1/x. Domain: x > 0, else a DomainError; base > 0 and base != 1.
    Source: DLMF 4.2.2.

    >>> log(1.0)
    0.0
    >>> log(8.0, 2.0)
    3.0
    """
    if base is None:
        return call(rules.log, x)
    return call(rules.div, call(rules.log, x), call(rules.log, base))


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma at x, for n = 0, 1, 2, ...

    Derivative by x: polygamma(n + 1, x). Domain: x not a whole number <= 0.
    Source: DLMF 5.15.

    >>> polygamma(1, 1.0)
    1.6449340668482264
    """
    if not isinstance(n, Formula) and (n != int(n) or n < 0):
        raise ShapeError(f"polygamma(n, x): n = {n!r} is not a whole number >= 0")
    return call(rules.polygamma, n, x)


def clip(x: Any, lo: Any, hi: Any) -> Any:
    """x limited to the interval [lo, hi].

    Derivative by x: 1 strictly inside, else 0; at a bound the bound is chosen and gets the
    derivative. Raises DomainError when lo > hi.

    >>> clip(5.0, 0.0, 1.0)
    1.0
    """
    return call(rules.clip, x, lo, hi)


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x for x > 0, else slope*x.

    Derivative by x: 1 for x > 0, else the slope (at 0 too).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return call(rules.leaky_relu, x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0, else alpha*(exp(x) - 1).

    Derivative by x: 1 for x > 0, else alpha*exp(x) (at 0 alpha).

    >>> elu(2.0)
    2.0
    """
    return call(rules.elu, x, alpha)


def gelu(x: Any, approximate: str = "none") -> Any:
    """x times the standard normal distribution function of x.

    With approximate="tanh": x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2.
    Derivative: (1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi).

    >>> gelu(0.0), round(gelu(1.0, "tanh"), 12)
    (0.0, 0.841191990608)
    """
    if approximate not in ("none", "tanh"):
        raise ShapeError(f'gelu: approximate is "none" or "tanh", not {approximate!r}')
    return call(rules.gelu if approximate == "none" else rules.gelu_tanh, x)


def softplus(x: Any, beta: Any = 1.0) -> Any:
    """log(1 + exp(beta*x))/beta, a smooth rectifier; exact for every x, without a threshold.

    Derivative by x: sigmoid(beta*x).

    >>> softplus(800.0)
    800.0
    """
    if beta.__class__ in (int, float) and beta == 1:
        return call(rules.softplus, x)
    return call(rules.div, call(rules.softplus, call(rules.mul, beta, x)), beta)


def where(condition: Any, a: Any | Callable[[], Any], b: Any | Callable[[], Any]) -> Any:
    """a if the condition holds, else b; the operand not chosen gets no contribution.

    Branches may be functions without arguments: then only the chosen one is called. With
    numbers both branches are computed by the caller, but `where(x > 0, sqrt(x), 0)` still has
    gradient 0 at 0, because sqrt gets no contribution there.

    >>> where(True, 2.0, 3.0)
    2.0
    >>> where(False, lambda: 1 / 0, lambda: 4.0)
    4.0
    """
    if callable(a) or callable(b):
        chosen = a if condition else b
        return chosen() if callable(chosen) else chosen
    if type(condition) is bool and not any(isinstance(x, (Node, Formula)) for x in (a, b)):
        condition = float(condition)
    return call(rules.where, condition, a, b)


def take(xs: Sequence[Any], index: Any) -> Any:
    """xs[index], where the index may be data: inside jit it needs no new trace.

    Derivative: 1 by the entry taken, no contribution to the others. Raises ShapeError for an
    index that is not a whole number from 0 to len(xs) - 1.

    >>> take([5.0, 6.0, 7.0], 2)
    7.0
    """
    if isinstance(index, (Node, Formula)):
        return call(rules.take, *xs, index)
    try:
        whole = int(index)
    except (TypeError, ValueError, OverflowError):
        raise OperandError(f"take: the index {index!r} is not a whole number") from None
    if whole != index or not 0 <= whole < len(xs):
        raise ShapeError(f"take: index {index!r} is outside 0 .. {len(xs) - 1}")
    return xs[whole]


__all__ = [
    "Number", "acos", "acosh", "affine", "asin", "asinh", "atan", "atan2", "atanh", "cbrt",
    "clip", "copysign", "cos", "cosh", "degrees", "digamma", "dist", "dot", "elu", "erf", "erfc",
    "erfcx", "erfinv", "exp", "exp2", "expm1", "fabs", "fmod", "gamma", "gelu", "hardtanh",
    "hypot", "leaky_relu", "lgamma", "log", "log10", "log1mexp", "log1p", "log2", "log_sigmoid",
    "log_softmax", "logaddexp", "logit", "logsumexp", "maximum", "mean", "minimum", "mish",
    "norm", "polygamma", "pow", "prod", "radians", "relu", "relu6", "remainder", "selu",
    "sigmoid", "silu", "sin", "sinc", "sinh", "softmax", "softplus", "softsign", "sqrt", "sum",
    "take", "tan", "tanh", "where", "xlog1py", "xlogy",
]  # fmt: skip
