"""Names on `Value`: the functions of one number as methods, and where micrograd's names went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from . import rules
from .number import unary
from .typed import Operand

if TYPE_CHECKING:
    from .value import Value


def _renamed(old: str, new: str) -> property:
    def absent(self: Any) -> Any:
        raise AttributeError(f"a Value has no attribute {old!r}; it is spelled {new!r} here")

    return property(absent)


class Methods:
    """Mixed into `Value`; NumPy calls the same methods for object arrays (np.exp(v))."""

    __slots__ = ()

    exp, exp2, expm1 = unary(rules.exp), unary(rules.exp2), unary(rules.expm1)
    log2, log10, log1p = unary(rules.log2), unary(rules.log10), unary(rules.log1p)
    sqrt, cbrt = unary(rules.sqrt), unary(rules.cbrt)
    sin, cos, tan = unary(rules.sin), unary(rules.cos), unary(rules.tan)
    asin, acos, atan = unary(rules.asin), unary(rules.acos), unary(rules.atan)
    arcsin, arccos, arctan = asin, acos, atan  # NumPy's names
    sinh, cosh, tanh = unary(rules.sinh), unary(rules.cosh), unary(rules.tanh)
    asinh, acosh, atanh = unary(rules.asinh), unary(rules.acosh), unary(rules.atanh)
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    erf, erfc = unary(rules.erf), unary(rules.erfc)
    gamma, lgamma, digamma = unary(rules.gamma), unary(rules.lgamma), unary(rules.digamma)
    fabs, sinc = unary(rules.fabs), unary(rules.sinc)
    degrees, radians = unary(rules.degrees), unary(rules.radians)
    rad2deg, deg2rad = degrees, radians
    relu, relu6, hardtanh = unary(rules.relu), unary(rules.relu6), unary(rules.hardtanh)
    sigmoid, log_sigmoid = unary(rules.sigmoid), unary(rules.log_sigmoid)
    logit, softsign = unary(rules.logit), unary(rules.softsign)
    selu, silu, mish = unary(rules.selu), unary(rules.silu), unary(rules.mish)

    def log(self: Any, base: Operand | None = None) -> Value:
        """The logarithm, natural or to a base. See autodiff.log."""
        from .functions import log

        return log(self) if base is None else log(self, base)

    def leaky_relu(self: Any, slope: Operand = 0.01) -> Value:
        """x for x > 0, else slope*x. See autodiff.leaky_relu."""
        from .functions import leaky_relu

        return leaky_relu(self, slope)

    def elu(self: Any, alpha: Operand = 1.0) -> Value:
        """x for x > 0, else alpha*(exp(x) - 1). See autodiff.elu."""
        from .functions import elu

        return elu(self, alpha)

    def gelu(self: Any, approximate: Literal["none", "tanh"] = "none") -> Value:
        """x times the normal distribution function of x. See autodiff.gelu."""
        from .functions import gelu

        made: Value = gelu(self, approximate)
        return made

    def softplus(self: Any, beta: Operand = 1.0) -> Value:
        """log(1 + exp(beta*x))/beta. See autodiff.softplus."""
        from .functions import softplus

        return softplus(self, beta)

    def clip(self: Any, lo: Operand, hi: Operand) -> Value:
        """x limited to [lo, hi]. See autodiff.clip."""
        from .functions import clip

        return clip(self, lo, hi)

    # Properties and no __getattr__: with that hook every attribute is loaded far slower.
    _prev = _renamed("_prev", "parents")
    _op = _renamed("_op", "primitive")
    _backward = _renamed("_backward", "local_derivatives")
