"""A trace that is on: every new node joins it, as the kind of number that the plain call has."""

from __future__ import annotations

from autodiff import rules
from autodiff.graph import Node
from autodiff.modes import current
from autodiff.primitive import Primitive
from autodiff.program.ends import TRUTH, detach
from autodiff.value import Value, record

from .entries import entry
from .listed import Listed
from .plain import Plain, TracedFloat
from .stands import Answer, Operand
from .trace import Trace
from .traced import Number, TracedValue
from .whole import TracedBool, TracedInt

_new = object.__new__


class Recording(Trace):
    """The trace of a run that is on."""

    def __init__(self, *, settle: bool = False) -> None:
        super().__init__(settle=settle)
        self.listed = Listed(self)

    def observe(self, node: Node) -> Node:
        """Called with every node that is computed while the trace is on."""
        kind = kind_of(node)
        if kind is TracedBool:
            x, y = node._x, node._y
            key = node.primitive, *[v if v.__class__ is float else id(v) for v in (x, y)]
            known = self.comparisons.setdefault(key, node)
            if known is not node:
                return known
        node.__class__ = kind
        self.nodes.append(node)
        if self.listed.taken or self.listed.summing:
            self.listed.used(node)
        if kind is not TracedValue or current().recording or node.primitive is detach:
            return node
        return record(detach, (node,))

    def make(self, primitive: Primitive, data: float, x: Operand, y: Operand) -> Node:
        """The node of an operator: quickly where an operand is a Value, as most are."""
        if (
            self.listed.taken
            or self.listed.summing
            or not (
                type(x) is TracedValue
                or type(y) is TracedValue
                or isinstance(x, Value)
                or isinstance(y, Value)
            )
        ):
            return record(primitive, (x, y))
        node = _new(TracedValue)
        node._data = data
        node._grad = 0.0
        node._adjoint = None
        node.primitive = primitive
        node._x = x
        node._y = y
        self.nodes.append(node)
        return node

    def argument(self, number: Value | float, label: str | None) -> Node:
        """The traced leaf that stands for a number argument."""
        node: Node = Value(number._data if isinstance(number, Value) else float(number), label)
        node._grad = number._grad if isinstance(number, Value) else 0.0
        node.__class__ = kind_of_argument(number)
        self.nodes.append(node)
        return node


def kind_of(node: Node) -> type[Node]:
    """The class of a computed node: plain where all operands are, as in the plain call."""
    primitive = node.primitive
    if primitive in TRUTH:
        return TracedBool
    if type(node._x) is TracedValue or type(node._y) is TracedValue:  # mostly; the rest is slow
        return TracedValue
    if primitive is rules.identity or primitive is detach:
        return TracedValue  # the variable of a transform, a Value without gradient
    for part in (node._x, node._y):
        for operand in part if part.__class__ is tuple else (part,):
            if isinstance(operand, Value):
                return TracedValue
    return TracedFloat


def kind_of_argument(number: Value | float) -> type[Number]:
    """The class of the leaf for a number argument."""
    if isinstance(number, Value):
        return TracedValue
    return TracedInt if isinstance(number, int) else TracedFloat


_WORDS = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv"}


def _of_numpy(self: Plain, ufunc: Operand, method: str, *args: Operand, **named: Operand) -> Answer:
    """A function of NumPy's with an array or a scalar of NumPy's beside a number of the trace."""
    word = _WORDS.get(ufunc.__name__)
    if word and args[0].__class__.__name__ == "float64" and not named:
        made = getattr(self, f"__r{word}__")(float(args[0]))  # mostly; the rest is slow
        return entry(made, word)
    from .array_functions import computed

    return computed(ufunc if method == "__call__" else getattr(ufunc, method), args, named)


def _of_functions(
    self: Plain, function: Operand, types: object, args: Operand, named: Operand
) -> Answer:
    from .array_functions import computed

    return computed(function, args, named)


Plain.__array_ufunc__, Plain.__array_function__ = _of_numpy, _of_functions
