"""The numbers that a traced function sees, each as the plain call would see it.

A Value is a Value whose number cannot be read. A plain float, int or bool, and what is computed
from plain numbers alone, is a node too, but no Value: it says of itself to `isinstance`, `match`
and `singledispatch` what the plain number would, and Python's questions about it are guards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from types import FrameType
from typing import Any, Never, NoReturn

from autodiff import rules
from autodiff.context import _caller
from autodiff.number import constant
from autodiff.primitive import Primitive
from autodiff.value import Node, Value, record

from .instruction import PREDICATES, is_asked_by_name, reason, wants_bools
from .questions import LARGEST_WHOLE
from .stands import Stands
from .trace import LEAKED, TRUTH, Trace, Traced, active, detach, refuse

become = object.__dict__["__class__"].__set__


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


def kind_of_argument(number: Any) -> type[Any]:
    """The class of the leaf for a number argument."""
    if isinstance(number, Value):
        return TracedValue
    return TracedInt if isinstance(number, int) else TracedFloat


def on(node: Node) -> Trace:
    """The trace that is on; a number that outlived its trace refuses."""
    trace = active()
    if trace is None or is_leaked(node):
        refuse()
    return trace


def is_leaked(node: Any) -> bool:
    """Whether the number outlived its trace."""
    return node._data is LEAKED


def exact_number(node: Node) -> float:
    """The number itself: from here on the trace holds for its very bits alone."""
    on(node).ask(node, "value")
    return node._data


def question(name: str) -> Any:
    """A method that asks, and makes the answer a guard."""

    def ask(self: Node) -> Any:
        return on(self).ask(self, name)

    return ask


def _comparison(primitive: Primitive, compare: Callable[[Any, Any], Any]) -> Any:
    """A comparison as a node; where both numbers are settled, or one is no float, its answer."""

    def method(self: Number, other: Any) -> Any:
        if isinstance(self, Plain) and isinstance(other, Plain) and other.of_array > self.of_array:
            return NotImplemented  # the answer is one of NumPy's
        settled = is_settled(self) and is_settled(other)
        if isinstance(self, Plain) and (settled or _is_large(other)):
            return compare(self._number(), plain(other))
        number = other if isinstance(other, Node) else constant(other)
        return NotImplemented if number is None else truth(record(primitive, (self, number)))

    return method


def truth(node: Any) -> Any:
    """A condition as data; as a bool where somebody compares conditions by identity."""
    return node._number() if wants_bools() else node


def plain(x: Any) -> Any:
    """A plain number as the plain call has it; of a traced one a guard says that it is this."""
    return x._number() if isinstance(x, Plain) else x


def is_settled(x: Any) -> bool:
    """Whether a number is the same in every replay."""
    return (id(x) in on(x).known) if isinstance(x, Traced) else not isinstance(x, Node)


def _is_large(x: Any) -> bool:
    """Whether x is an int beyond the floats."""
    return x.__class__ is int and abs(x) >= LARGEST_WHOLE


class Number(Traced):
    """What all numbers of a trace answer."""

    __slots__ = ()

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        kind = "Value" if isinstance(self, Value) else "number"
        on(self).refuse(
            f"{_caller()}: {what} of a traced {kind}{f' {self.label!r}' if self.label else ''}: "
            f"jit records this function once and replays it with other numbers; {remedy}"
        )

    def __float__(self) -> float:
        return self.as_float(sys._getframe(1))

    def as_float(self, frame: FrameType) -> float:
        """The number as a float, if the frame that wants it can be told what for."""
        why = reason(frame)
        if why in PREDICATES:
            on(self).ask(self, why)
            return self._data
        if why == "%" or on(self).settle(self):
            return exact_number(self)
        self._refuse(
            "float()", "use the functions of autodiff (autodiff.sin) instead of those of math"
        )

    __bool__, __int__, __trunc__ = question("bool"), question("int"), question("int")
    __floor__, __ceil__ = question("floor"), question("ceil")

    def __round__(self, digits: Any = None) -> Any:
        if digits is None:
            return on(self).ask(self, "round")
        return record(rules.round_, (self, float(digits)))

    __eq__, __ne__ = _comparison(rules.equal, eq), _comparison(rules.not_equal, ne)
    __lt__, __le__ = _comparison(rules.less, lt), _comparison(rules.less_equal, le)
    __gt__, __ge__ = _comparison(rules.greater, gt), _comparison(rules.greater_equal, ge)
    __hash__ = object.__hash__


_label: Any = vars(Node)["label"]
_ShownValue = type("Value", (Value,), {"__slots__": ()})


class TracedValue(Number, Value, metaclass=Stands):
    """A Value inside a trace: it records operations, and its number cannot be read."""

    __slots__ = ()
    stands_for = Value
    __class__ = property(lambda self: _ShownValue)  # what singledispatch looks at

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """`type(x)(3)` makes a Value."""
        return Value(*args, **kwargs)

    @property
    def data(self) -> float:
        """Not readable: the number would be frozen into the trace."""
        if reason(sys._getframe(1)) == "hasattr":
            return self._data
        self._refuse("reading .data", "compute with the Value itself, or return it and read it")

    @data.setter
    def data(self, number: Any) -> None:
        self._refuse("setting .data", "update parameters outside the jitted function")

    @property
    def label(self) -> str | None:
        """Not readable of an argument: the next call may bring another one."""
        if self.primitive is None and is_asked_by_name(sys._getframe(1), "label"):
            self._refuse("reading .label", "pass the text as an argument of its own")
        found: str | None = _label.__get__(self)
        return found

    @label.setter
    def label(self, label: str | None) -> None:
        _label.__set__(self, label)

    @property
    def grad(self) -> float:
        """Not readable inside a trace."""
        if reason(sys._getframe(1)) == "hasattr":
            return self._grad
        self._refuse("reading .grad", "use autodiff.grad or gradient inside, .grad after the call")

    @grad.setter
    def grad(self, number: Any) -> None:
        self._refuse("setting .grad", "set gradients outside the jitted function")

    def backward(self, seed: float = 1.0, **options: Never) -> None:
        """Not possible inside a trace."""
        self._refuse(
            "backward()", "call backward() on the result, or use autodiff.grad inside the function"
        )

    def detach(self) -> Value:
        """The same number without a gradient."""
        return record(detach, (self,)).named(self.label)

    def item(self) -> float:
        """Not readable: the number would be frozen into the trace."""
        self._refuse("item()", "compute with the Value itself, or return it and read it then")

    def __repr__(self) -> str:
        if is_leaked(self):
            return "<a Value that outlived its trace>"
        leaf: Any = self._x if self.primitive is rules.identity else self
        if leaf._grad != 0.0:
            self._refuse("the text of a gradient", "write f'{v:.3f}', which shows the number")
        on(self).shown.append(leaf)
        label = "" if self.label is None else f", label={self.label!r}"
        return f"Value({exact_number(self)!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(exact_number(self), spec) if spec else repr(self)

    def __reduce__(self) -> Any:
        self._refuse("pickling", "copy results after the call")

    __copy__ = __deepcopy__ = __reduce__  # type: ignore[assignment]  # all three refuse


from .plain import NoAttribute as NoAttribute  # noqa: E402 - plain.py derives from Number
from .plain import Plain as Plain  # noqa: E402
from .plain import TracedFloat as TracedFloat  # noqa: E402
from .whole import TracedBool as TracedBool  # noqa: E402
from .whole import TracedInt as TracedInt  # noqa: E402 - whole.py derives from Plain
