"""Names on `Value`: the functions of one number as methods, and hints at micrograd's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

from . import rules
from .errors import OperandError
from .number import Method, Operand, unary

if TYPE_CHECKING:
    from .value import Value

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

    exp: ClassVar[Method] = unary(rules.exp)
    exp2: ClassVar[Method] = unary(rules.exp2)
    expm1: ClassVar[Method] = unary(rules.expm1)
    log2: ClassVar[Method] = unary(rules.log2)
    log10: ClassVar[Method] = unary(rules.log10)
    log1p: ClassVar[Method] = unary(rules.log1p)
    log1mexp: ClassVar[Method] = unary(rules.log1mexp)
    sqrt: ClassVar[Method] = unary(rules.sqrt)
    cbrt: ClassVar[Method] = unary(rules.cbrt)
    sin: ClassVar[Method] = unary(rules.sin)
    cos: ClassVar[Method] = unary(rules.cos)
    tan: ClassVar[Method] = unary(rules.tan)
    asin: ClassVar[Method] = unary(rules.asin)
    acos: ClassVar[Method] = unary(rules.acos)
    atan: ClassVar[Method] = unary(rules.atan)
    arcsin: ClassVar[Method] = asin  # NumPy's names
    arccos: ClassVar[Method] = acos
    arctan: ClassVar[Method] = atan
    sinh: ClassVar[Method] = unary(rules.sinh)
    cosh: ClassVar[Method] = unary(rules.cosh)
    tanh: ClassVar[Method] = unary(rules.tanh)
    asinh: ClassVar[Method] = unary(rules.asinh)
    acosh: ClassVar[Method] = unary(rules.acosh)
    atanh: ClassVar[Method] = unary(rules.atanh)
    arcsinh: ClassVar[Method] = asinh
    arccosh: ClassVar[Method] = acosh
    arctanh: ClassVar[Method] = atanh
    erf: ClassVar[Method] = unary(rules.erf)
    erfc: ClassVar[Method] = unary(rules.erfc)
    erfcx: ClassVar[Method] = unary(rules.erfcx)
    erfinv: ClassVar[Method] = unary(rules.erfinv)
    gamma: ClassVar[Method] = unary(rules.gamma)
    lgamma: ClassVar[Method] = unary(rules.lgamma)
    digamma: ClassVar[Method] = unary(rules.digamma)
    fabs: ClassVar[Method] = unary(rules.fabs)
    sinc: ClassVar[Method] = unary(rules.sinc)
    degrees: ClassVar[Method] = unary(rules.degrees)
    radians: ClassVar[Method] = unary(rules.radians)
    rad2deg: ClassVar[Method] = degrees
    deg2rad: ClassVar[Method] = radians
    relu: ClassVar[Method] = unary(rules.relu)
    relu6: ClassVar[Method] = unary(rules.relu6)
    hardtanh: ClassVar[Method] = unary(rules.hardtanh)
    sigmoid: ClassVar[Method] = unary(rules.sigmoid)
    log_sigmoid: ClassVar[Method] = unary(rules.log_sigmoid)
    logit: ClassVar[Method] = unary(rules.logit)
    softsign: ClassVar[Method] = unary(rules.softsign)
    selu: ClassVar[Method] = unary(rules.selu)
    silu: ClassVar[Method] = unary(rules.silu)
    mish: ClassVar[Method] = unary(rules.mish)

    if TYPE_CHECKING:  # functions.py gives these: the public functions themselves

        def log(self: Any, base: Operand | None = None) -> Value: ...
        def leaky_relu(self: Any, slope: Operand = 0.01) -> Value: ...
        def elu(self: Any, alpha: Operand = 1.0) -> Value: ...
        def gelu(self: Any, approximate: Literal["none", "tanh"] = "none") -> Value: ...
        def softplus(self: Any, beta: Operand = 1.0) -> Value: ...
        def clip(self: Any, lo: Operand, hi: Operand) -> Value: ...
        def arctan2(self: Any, x: Operand, /) -> Value: ...
        def hypot(self: Any, other: Operand) -> Value: ...
        def fmod(self: Any, other: Operand, /) -> Value: ...

    # One number is no sequence: NumPy, iter() and unpacking see none, whatever __getitem__ says.
    if not TYPE_CHECKING:  # checkers find v[0] and iter(v) by themselves
        __iter__ = None

        def __getitem__(self, index: Any) -> NoReturn:
            """A Value has no entries; raises a TypeError that says so."""
            raise OperandError(
                f"a Value is one number and has no entry [{index!r}]; a network with one output "
                "gives that Value itself, not a list of one"
            )

    # What NumPy calls on the entries of object arrays.

    def rint(self: Any) -> Value:
        """The nearest whole number as a Value, with derivative 0: round(x, 0)."""
        made: Value = round(self, 0)
        return made

    def conjugate(self: Any) -> Value:
        """The number itself: it is real."""
        made: Value = self
        return made

    def _sympy_(self: Any) -> Any:
        raise OperandError(
            "SymPy would take the number of a Value and lose its gradient. Write .data where the "
            "number is meant; sympy.lambdify(symbol, expression, modules=autodiff) makes an "
            "expression a function of Values"
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
