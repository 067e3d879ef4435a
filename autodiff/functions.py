"""The public functions of numbers. On floats they return floats, on Values a Value.

Names and argument order are those of Python's math where it has the function; so are results and
exceptions. Each function's documentation comes from its entry in the rule table. Functions of
sequences (sum, dot, softmax, ...) are in sequences.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

from . import rules
from .call import Binary, Number, Unary, binary, call, unary
from .errors import ShapeError
from .formula import Formula
from .graph import Node
from .methods import Methods
from .number import Operand
from .reals import Real
from .sequences import affine, dist, dot, hypot, maximum, mean, minimum, norm, prod, sum, take
from .softmaxes import log_softmax, logsumexp, softmax
from .value import Value

exp: Unary = unary(rules.exp)
exp2: Unary = unary(rules.exp2)
expm1: Unary = unary(rules.expm1)
log2: Unary = unary(rules.log2)
log10: Unary = unary(rules.log10)
log1p: Unary = unary(rules.log1p)
sqrt: Unary = unary(rules.sqrt)
cbrt: Unary = unary(rules.cbrt)
log1mexp: Unary = unary(rules.log1mexp)
logaddexp: Binary = binary(rules.logaddexp)
xlogy: Binary = binary(rules.xlogy)
xlog1py: Binary = binary(rules.xlog1py)
pow: Binary = binary(rules.pow)
sin: Unary = unary(rules.sin)
cos: Unary = unary(rules.cos)
tan: Unary = unary(rules.tan)
asin: Unary = unary(rules.asin)
acos: Unary = unary(rules.acos)
atan: Unary = unary(rules.atan)
atan2: Binary = binary(rules.atan2)
sinh: Unary = unary(rules.sinh)
cosh: Unary = unary(rules.cosh)
tanh: Unary = unary(rules.tanh)
asinh: Unary = unary(rules.asinh)
acosh: Unary = unary(rules.acosh)
atanh: Unary = unary(rules.atanh)
degrees: Unary = unary(rules.degrees)
radians: Unary = unary(rules.radians)
erf: Unary = unary(rules.erf)
erfc: Unary = unary(rules.erfc)
erfcx: Unary = unary(rules.erfcx)
erfinv: Unary = unary(rules.erfinv)
gamma: Unary = unary(rules.gamma)
lgamma: Unary = unary(rules.lgamma)
digamma: Unary = unary(rules.digamma)
sinc: Unary = unary(rules.sinc)
fabs: Unary = unary(rules.fabs)
copysign: Binary = binary(rules.copysign)
fmod: Binary = binary(rules.fmod)
remainder: Binary = binary(rules.remainder)
relu: Unary = unary(rules.relu)
relu6: Unary = unary(rules.relu6)
hardtanh: Unary = unary(rules.hardtanh)
sigmoid: Unary = unary(rules.sigmoid)
log_sigmoid: Unary = unary(rules.log_sigmoid)
logit: Unary = unary(rules.logit)
silu: Unary = unary(rules.silu)
mish: Unary = unary(rules.mish)
selu: Unary = unary(rules.selu)
softsign: Unary = unary(rules.softsign)


@overload
def log(x: Real, base: Real | None = None) -> float: ...
@overload
def log(x: Operand, base: Operand | None = None) -> Value: ...
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


@overload
def polygamma(n: Real, x: Real) -> float: ...
@overload
def polygamma(n: Real, x: Value) -> Value: ...
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


@overload
def clip(x: Real, lo: Real, hi: Real) -> float: ...
@overload
def clip(x: Operand, lo: Operand, hi: Operand) -> Value: ...
def clip(x: Any, lo: Any, hi: Any) -> Any:
    """x limited to the interval [lo, hi].

    Derivative by x: 1 strictly inside, else 0; at a bound the bound is chosen and gets the
    derivative. Raises DomainError when lo > hi.

    >>> clip(5.0, 0.0, 1.0)
    1.0
    """
    return call(rules.clip, x, lo, hi)


@overload
def leaky_relu(x: Real, slope: Real = 0.01) -> float: ...
@overload
def leaky_relu(x: Operand, slope: Operand = 0.01) -> Value: ...
def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x for x > 0, else slope*x.

    Derivative by x: 1 for x > 0, else the slope (at 0 too).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return call(rules.leaky_relu, x, slope)


@overload
def elu(x: Real, alpha: Real = 1.0) -> float: ...
@overload
def elu(x: Operand, alpha: Operand = 1.0) -> Value: ...
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0, else alpha*(exp(x) - 1).

    Derivative by x: 1 for x > 0, else alpha*exp(x) (at 0 alpha).

    >>> elu(2.0)
    2.0
    """
    return call(rules.elu, x, alpha)


@overload
def gelu(x: Value, approximate: Literal["none", "tanh"] = "none") -> Value: ...
@overload
def gelu(x: Real, approximate: Literal["none", "tanh"] = "none") -> float: ...
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


@overload
def softplus(x: Real, beta: Real = 1.0) -> float: ...
@overload
def softplus(x: Operand, beta: Operand = 1.0) -> Value: ...
def softplus(x: Any, beta: Any = 1.0) -> Any:
    """log(1 + exp(beta*x))/beta, a smooth rectifier; exact for every x, without a threshold.

    Derivative by x: sigmoid(beta*x).

    >>> softplus(800.0)
    800.0
    """
    if beta.__class__ in (int, float) and beta == 1:
        return call(rules.softplus, x)
    return call(rules.div, call(rules.softplus, call(rules.mul, beta, x)), beta)


@overload
def where(condition: Real, a: Real | Callable[[], Real], b: Real | Callable[[], Real]) -> float: ...
@overload
def where(
    condition: Operand, a: Operand | Callable[[], Operand], b: Operand | Callable[[], Operand]
) -> Value: ...
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


#: The methods of Value that are more than one primitive are these functions, self being the first
#: operand. NumPy calls arctan2, hypot and fmod on the entries of object arrays.
_METHODS = {
    "log": log, "leaky_relu": leaky_relu, "elu": elu, "gelu": gelu, "softplus": softplus,
    "clip": clip, "arctan2": atan2, "hypot": hypot, "fmod": fmod,
}  # fmt: skip
for _name, _function in _METHODS.items():
    setattr(Methods, _name, _function)


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
