"""`Value`: a float that remembers how it was computed, and `backward()`.

A Value holds its number, the primitive that computed it, and the operands of that primitive. So
the Values themselves are the computational graph. `backward()` walks it once, from the result to
the leaves, and adds up by the multivariate chain rule

    dL/dx  =  sum over the users u of x of   dL/du * du/dx

where du/dx, the local derivative, comes from the rule table (rules/). To read this file one
needs to know that `primitive.forward` computes a primitive on floats, and that
`primitive.pullback(node, g)` adds g times each local derivative to the operands' adjoints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any, Never

from . import rules
from .complaints import explain
from .copying import Copying
from .errors import OperandError
from .graph import UNTOUCHED, Node, commit, marked, note_of
from .methods import Methods, no_option, not_by_hand
from .modes import asked, asks_in_traces, current, finish, modes
from .number import Number, Operator, method, reflected
from .primitive import Primitive, local_derivative
from .reals import Real, constant, no_number
from .strictness import check_adjoints, check_graph

_new = object.__new__


def record(primitive: Primitive, operands: Sequence[Any]) -> Value:
    """Compute a primitive on Values and floats, and record the result as a node."""
    try:
        data = primitive.forward(*[x if x.__class__ is float else x._data for x in operands])
    except (ValueError, ArithmeticError) as error:
        raise explain(primitive, operands, error) from None
    node = _new(Value)
    node._data = data
    node._grad = 0.0
    node._adjoint = node.label = None
    node.primitive = primitive
    node._x, node._y = primitive.pack(operands)
    return finish(node) if modes else node


def _operator(primitive: Primitive, name: str) -> Operator:
    """An arithmetic operator: the hot path of the engine."""
    compute = primitive.forward

    def forward(self: Value, other: Any) -> Any:
        kind = other.__class__
        if kind is Value:
            number = other._data
        elif kind is float:
            number = other
        elif isinstance(other, Node):
            number = other._data
        else:
            number = other = constant(other)
            if number is None:
                return NotImplemented
        try:
            data = compute(self._data, number)
        except (ValueError, ArithmeticError) as error:
            raise explain(primitive, (self, other), error) from None
        if modes:
            make = current().make
            if make is None:
                return record(primitive, (self, other))
            return make(primitive, data, self, other)
        node = _new(Value)
        node._data = data
        node._grad = 0.0
        node._adjoint = node.label = None
        node.primitive = primitive
        node._x = self
        node._y = other
        return node

    operator: Operator = method(forward, f"__{name}__")
    return operator


class Arithmetic(Number, Copying, Node):
    """A node with Python's operators: `Value`, and the numbers of traces."""

    __slots__ = ()

    __add__: Operator = _operator(rules.add, "add")
    __radd__: Operator = reflected(rules.add, "add")
    __sub__: Operator = _operator(rules.sub, "sub")
    __rsub__: Operator = reflected(rules.sub, "sub")
    __mul__: Operator = _operator(rules.mul, "mul")
    __rmul__: Operator = reflected(rules.mul, "mul")
    __truediv__: Operator = _operator(rules.div, "truediv")
    __rtruediv__: Operator = reflected(rules.div, "truediv")
    __pow__: Operator = _operator(rules.pow, "pow")
    __rpow__: Operator = reflected(rules.pow, "pow")


class Value(Arithmetic, Methods):
    """A float that remembers how it was computed.

    `data` is the number, `grad` the derivative that `backward()` calls have added up so far,
    `primitive` the operation (None for a leaf) and `operands` its operands in order, constants
    included. Values compare by number and hash by identity.

    >>> x = Value(-4.499, label="x")
    >>> f = 2 / (-x).exp().sin()
    >>> f.backward()
    >>> round(f.data, 12), round(x.grad, 10)
    (2.163951253707, -80.3930566018)
    """

    __match_args__ = ("data",)
    __slots__ = ()
    primitive: Primitive | None

    def __init__(
        self,
        data: Real,
        label: str | None = None,
        _children: None = None,  # micrograd's arguments get a hint: *args would slow every leaf
        _op: None = None,
        _local_grads: None = None,
    ) -> None:
        self._grad = 0.0
        self._adjoint = self._x = self._y = self.primitive = None
        if label is not None and not isinstance(label, str):
            raise not_by_hand(label)
        if not (_children is _op is _local_grads is None):
            raise not_by_hand()
        self.label = label
        # A plain number of a trace stands for a float, which checkers take it for.
        if isinstance(data, Node) and not isinstance(data, Value):  # type: ignore[unreachable]  # see above
            data.as_value(self)
        else:
            self._data = self._real(data)

    @staticmethod
    def _real(data: Any) -> float:
        number = constant(data)
        if number is None:
            raise no_number(data, isinstance(data, Value))
        return number

    @property
    def data(self) -> float:
        """The number, always a float."""
        if modes and (seen := asked(self)) is not None:
            return seen.data
        return self._data

    @data.setter
    def data(self, number: Real) -> None:
        if modes and (seen := asked(self)) is not None:
            seen.data = number
        self._data = number if number.__class__ is float else self._real(number)

    @property
    def grad(self) -> float:
        """The derivative accumulated by `backward()` calls; 0.0 before any."""
        if modes and (seen := asked(self)) is not None:
            return seen.grad
        return self._grad

    @grad.setter
    def grad(self, number: Real) -> None:
        if modes and (seen := asked(self)) is not None:
            seen.grad = number
        self._grad = number if number.__class__ is float else self._real(number)

    @property
    def local_derivatives(self) -> tuple[Callable[[], float], ...]:
        """One function per parent, without arguments, that gives the local derivative there."""

        def closure(index: int) -> Callable[[], float]:
            def local() -> float:
                assert self.primitive is not None
                numbers = [getattr(x, "_data", x) for x in self.operands]
                return local_derivative(self.primitive, index, self._data, numbers) or 0.0

            return local

        operands = self.operands
        return tuple([closure(i) for i, x in enumerate(operands) if x.__class__ is not float])

    @property
    def scope(self) -> tuple[str, ...]:
        """The names of the `scope(...)` blocks in which the node was computed, outermost first."""
        return note_of(self).scope

    def backward(self, seed: float = 1.0, **options: Never) -> None:
        """Add seed * d(self)/d(node) to the `grad` of every node that self depends on.

        Repeated calls add up: call `zero_grad()` between training steps. Never raises for
        numerical reasons: where the value exists and the derivative is infinite, so is the grad.
        An interrupt leaves every `grad` as it was, or all of them updated.

        >>> x = Value(3.0)
        >>> y = x * x * x
        >>> y.backward(); y.backward()
        >>> x.grad
        54.0
        """
        if options:
            raise no_option(*options)
        if modes and (seen := asked(self)) is not None:
            return seen.backward()
        seed = self._real(seed)
        strict = modes and current().strict
        with marked(self) as order:
            if strict:
                check_graph(order)
            self._adjoint = seed
            for node in reversed(order):
                if node.primitive is not None and node._adjoint is not UNTOUCHED:
                    node.primitive.pullback(node, node._adjoint)  # type: ignore[arg-type]  # a float inside the block
            if strict:
                check_adjoints(order)
            commit(order)
        return None

    def zero_grad(self) -> None:
        """Set the grad of every node that self depends on to 0.0."""
        if modes and (seen := asked(self)) is not None:
            seen.grad = 0.0
        with marked(self) as order:
            deque(map(setattr, order, repeat("_grad"), repeat(0.0)), maxlen=0)

    def detach(self) -> Value:
        """A new leaf with the same number: no gradient flows through it."""
        if modes and (seen := asked(self)) is not None:
            return seen.detach()
        return Value(self._data, self.label)

    def named(self, label: str | None) -> Value:
        """Set the label and return self: `z = (x * y).named("z")`."""
        self.label = Value(0.0, label).label
        return self

    def item(self) -> float:
        """The number as a float, without the warning that float() gives."""
        if modes and (seen := asked(self)) is not None:
            return seen.item()
        return self._data


def _set_data(self: Value, number: Real) -> None:
    self._data = number if number.__class__ is float else self._real(number)


def _set_grad(self: Value, number: Real) -> None:
    self._grad = number if number.__class__ is float else self._real(number)


for _name, _set in (("data", _set_data), ("grad", _set_grad)):
    _doc = vars(Value)[_name].__doc__
    asks_in_traces(Value, _name, property(attrgetter(f"_{_name}"), _set, doc=_doc))


def same(a: Value, b: Value) -> bool:
    """Whether two names mean one node: Python's `a is b`.

    `==`, `in`, `index` and `remove` compare numbers, so they take two nodes for one where these
    are equal: find a node in a list with `any(same(v, each) for each in values)`. Raises
    OperandError for anything that is no Value.

    >>> a, b = Value(1.0), Value(1.0)
    >>> a == b, same(a, b), same(a, a)
    (True, False, True)
    """
    for each in (a, b):
        if not isinstance(each, Value):
            raise OperandError(f"same compares two Values, not {type(each).__name__}")
    return a is b
