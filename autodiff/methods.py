"""Names on `Value`: the functions of one number as methods, and hints at micrograd's names."""

from __future__ import annotations

from typing import Any, NoReturn

from . import rules
from .errors import OperandError
from .number import unary

_OWN = (
    "a node of your own is made by calling a function of floats below "
    "@autodiff.primitive(local_derivatives=[lambda z, x: ...])"
)


def not_by_hand(label: Any = ()) -> OperandError:
    """The error of Value(data, (a, b), "+") and its like, or of a label that is none."""
    if isinstance(label, (tuple, list, set, frozenset)):
        return OperandError(f"a Value is made of one number and perhaps a label; {_OWN}")
    return OperandError(f"a label is a string, not {type(label).__name__}")


def no_option(*names: str) -> OperandError:
    """The error of backward(retain_graph=True) and its like."""
    (name, *_) = names
    hints = {
        "retain_graph": "the graph always stays: leave it out",
        "create_graph": "autodiff.gradient(output, inputs) gives derivatives that have a graph",
        "gradient": "write backward(seed)",
    }
    return OperandError(
        f"backward() takes no {name}; {hints.get(name, 'its argument is the seed')}"
    )


def _renamed(old: str, new: str) -> property:
    def absent(self: Any) -> NoReturn:
        raise AttributeError(f"a Value has no attribute {old!r}; it is spelled {new} here")

    def fixed(self: Any, value: Any) -> NoReturn:
        raise AttributeError(f"{old!r} cannot be set on a Value; {_OWN}")

    return property(absent, fixed)


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
    erf, erfc, erfcx = unary(rules.erf), unary(rules.erfc), unary(rules.erfcx)
    erfinv, log1mexp = unary(rules.erfinv), unary(rules.log1mexp)
    gamma, lgamma, digamma = unary(rules.gamma), unary(rules.lgamma), unary(rules.digamma)
    fabs, sinc = unary(rules.fabs), unary(rules.sinc)
    degrees, radians = unary(rules.degrees), unary(rules.radians)
    rad2deg, deg2rad = degrees, radians
    relu, relu6, hardtanh = unary(rules.relu), unary(rules.relu6), unary(rules.hardtanh)
    sigmoid, log_sigmoid = unary(rules.sigmoid), unary(rules.log_sigmoid)
    logit, softsign = unary(rules.logit), unary(rules.softsign)
    selu, silu, mish = unary(rules.selu), unary(rules.silu), unary(rules.mish)

    def log(self: Any, base: Any = None) -> Any:
        """The logarithm, natural or to a base. See autodiff.log."""
        from .functions import log

        return log(self) if base is None else log(self, base)

    def leaky_relu(self: Any, slope: Any = 0.01) -> Any:
        """x for x > 0, else slope*x. See autodiff.leaky_relu."""
        from .functions import leaky_relu

        return leaky_relu(self, slope)

    def elu(self: Any, alpha: Any = 1.0) -> Any:
        """x for x > 0, else alpha*(exp(x) - 1). See autodiff.elu."""
        from .functions import elu

        return elu(self, alpha)

    def gelu(self: Any, approximate: str = "none") -> Any:
        """x times the normal distribution function of x. See autodiff.gelu."""
        from .functions import gelu

        return gelu(self, approximate)

    def softplus(self: Any, beta: Any = 1.0) -> Any:
        """log(1 + exp(beta*x))/beta. See autodiff.softplus."""
        from .functions import softplus

        return softplus(self, beta)

    def clip(self: Any, lo: Any, hi: Any) -> Any:
        """x limited to [lo, hi]. See autodiff.clip."""
        from .functions import clip

        return clip(self, lo, hi)

    # One number is no sequence: NumPy, iter() and unpacking see none, whatever __getitem__ says.
    __iter__: None = None

    def __getitem__(self, index: Any) -> NoReturn:
        """A Value has no entries; raises a TypeError that says so."""
        raise OperandError(
            f"a Value is one number and has no entry [{index!r}]; a network with one output "
            "gives that Value itself, not a list of one"
        )

    # Properties and no __getattr__: with that hook every attribute is loaded far slower.
    _prev = _renamed("_prev", "'parents' (a tuple in order)")
    _children = _renamed("_children", "'parents' (a tuple in order)")
    _op = _renamed("_op", "'primitive.name' (the 'primitive' of a leaf is None)")
    _local_grads = _renamed(
        "_local_grads", "'local_derivatives' ([local() for local in v.local_derivatives])"
    )
    _backward = _renamed(
        "_backward",
        "'local_derivatives' (one step by hand, which does nothing at a leaf: for parent, local "
        "in zip(v.parents, v.local_derivatives): parent.grad += local() * v.grad)",
    )
