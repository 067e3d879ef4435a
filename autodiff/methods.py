"""The functions of one number as methods of `Value`: `x.tanh()` is `tanh(x)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import rules
from .primitive import Primitive

if TYPE_CHECKING:
    from .value import Value


def _method(primitive: Primitive) -> Callable[[Any], Value]:
    def method(self: Any) -> Value:
        from .value import record

        return record(primitive, (self,))

    method.__name__ = primitive.name
    method.__doc__ = f"{primitive.doc} See autodiff.{primitive.name}."
    return method


class Methods:
    """Mixed into `Value`; NumPy calls the same methods for object arrays (np.exp(v))."""

    __slots__ = ()

    exp, exp2, expm1 = _method(rules.exp), _method(rules.exp2), _method(rules.expm1)
    log2, log10, log1p = _method(rules.log2), _method(rules.log10), _method(rules.log1p)
    sqrt, cbrt = _method(rules.sqrt), _method(rules.cbrt)
    sin, cos, tan = _method(rules.sin), _method(rules.cos), _method(rules.tan)
    asin, acos, atan = _method(rules.asin), _method(rules.acos), _method(rules.atan)
    arcsin, arccos, arctan = asin, acos, atan  # NumPy's names
    sinh, cosh, tanh = _method(rules.sinh), _method(rules.cosh), _method(rules.tanh)
    asinh, acosh, atanh = _method(rules.asinh), _method(rules.acosh), _method(rules.atanh)
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    erf, erfc = _method(rules.erf), _method(rules.erfc)
    gamma, lgamma, digamma = _method(rules.gamma), _method(rules.lgamma), _method(rules.digamma)
    fabs, sinc = _method(rules.fabs), _method(rules.sinc)
    degrees, radians = _method(rules.degrees), _method(rules.radians)
    rad2deg, deg2rad = degrees, radians
    relu, relu6, hardtanh = _method(rules.relu), _method(rules.relu6), _method(rules.hardtanh)
    sigmoid, log_sigmoid = _method(rules.sigmoid), _method(rules.log_sigmoid)
    logit, softsign = _method(rules.logit), _method(rules.softsign)
    selu, silu, mish = _method(rules.selu), _method(rules.silu), _method(rules.mish)

    def log(self: Any, base: Any = None) -> Value:
        """The logarithm, natural or to a base. See autodiff.log."""
        from .functions import log

        return log(self) if base is None else log(self, base)

    def leaky_relu(self: Any, slope: Any = 0.01) -> Value:
        """x for x > 0, else slope*x. See autodiff.leaky_relu."""
        from .functions import leaky_relu

        return leaky_relu(self, slope)

    def elu(self: Any, alpha: Any = 1.0) -> Value:
        """x for x > 0, else alpha*(exp(x) - 1). See autodiff.elu."""
        from .functions import elu

        return elu(self, alpha)

    def gelu(self: Any, approximate: str = "none") -> Value:
        """x times the normal distribution function of x. See autodiff.gelu."""
        from .functions import gelu

        return gelu(self, approximate)

    def softplus(self: Any, beta: Any = 1.0) -> Value:
        """log(1 + exp(beta*x))/beta. See autodiff.softplus."""
        from .functions import softplus

        return softplus(self, beta)

    def clip(self: Any, lo: Any, hi: Any) -> Value:
        """x limited to [lo, hi]. See autodiff.clip."""
        from .functions import clip

        return clip(self, lo, hi)
