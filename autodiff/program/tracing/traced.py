"""The numbers that a traced function sees, each as the plain call would see it.

A Value is a Value whose number cannot be read. A plain float, int or bool, and what is computed
from plain numbers alone, is a node too, but no Value: it says of itself to `isinstance`, `match`
and `singledispatch` what the plain number would, and Python's questions about it are guards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Never, NoReturn

from autodiff import rules
from autodiff.complaints import caller
from autodiff.graph import Node
from autodiff.primitive import Primitive
from autodiff.program.ends import detach
from autodiff.program.inputs import Tree
from autodiff.reals import constant
from autodiff.value import Value, record

from .bytecode import PREDICATES, is_asked_by_name, reason, wants_bools
from .stands import Answer, Operand, Stands
from .trace import Leaked, Trace, Traced, active, refuse

become = object.__dict__["__class__"].__set__

#: methods that ask for an answer, and that compare
Question = Callable[[Any], Answer]
Comparison = Callable[[Any, Operand], Answer]


def on(node: Node) -> Trace:
    """The trace that is on; a number that outlived its trace refuses."""
    trace = active()
    if trace is None or is_leaked(node):
        refuse()
    return trace


def is_leaked(node: Node) -> bool:
    """Whether the number outlived its trace."""
    return isinstance(node._data, Leaked)


def exact_number(node: Node) -> float:
    """The number itself: from here on the trace holds for its very bits alone."""
    on(node).ask(node, "value")
    return node._data


def question(name: str) -> Question:
    """A method that asks, and makes the answer a guard."""

    def ask(self: Node) -> Answer:
        return on(self).ask(self, name)

    return ask


def comparison(primitive: Primitive) -> Comparison:
    """A comparison as a node."""

    def method(self: Number, other: Operand) -> Answer:
        number = other if isinstance(other, Node) else constant(other)
        return NotImplemented if number is None else truth(record(primitive, (self, number)))

    return method


def truth(node: Answer) -> Answer:
    """A condition as data; as a bool where somebody compares conditions by identity."""
    return node._number() if wants_bools() else node


def is_settled(x: Operand) -> bool:
    """Whether a number is the same in every replay."""
    return (id(x) in on(x).known) if isinstance(x, Traced) else not isinstance(x, Node)


class Number(Traced):
    """What all numbers of a trace answer."""

    __slots__ = ()

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        kind = "Value" if isinstance(self, Value) else "number"
        on(self).refuse(
            caller(),
            f"{what} of a traced {kind}{f' {self.label!r}' if self.label else ''}: "
            "jit records this function once and replays it with other numbers",
            remedy,
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

    def __round__(self, digits: int | None = None) -> Answer:
        if digits is None:
            return on(self).ask(self, "round")
        return record(rules.round_, (self, float(digits)))

    __eq__, __ne__ = comparison(rules.equal), comparison(rules.not_equal)
    __lt__, __le__ = comparison(rules.less), comparison(rules.less_equal)
    __gt__, __ge__ = comparison(rules.greater), comparison(rules.greater_equal)
    __hash__ = object.__hash__


_label: Any = vars(Node)["label"]
_ShownValue = type("Value", (Value,), {"__slots__": ()})


class TracedValue(Number, Value, metaclass=Stands):
    """A Value inside a trace: it records operations, and its number cannot be read."""

    __slots__ = ()
    stands_for = Value
    __class__: Any = _ShownValue  # what singledispatch looks at; see stands.shown_as

    def __new__(cls, *args: Tree, **kwargs: Tree) -> Answer:
        """`type(x)(3)` makes a Value."""
        return Value(*args, **kwargs)

    @property
    def data(self) -> float:
        """Not readable: the number would be frozen into the trace."""
        if reason(sys._getframe(1)) == "hasattr":
            return self._data
        self._refuse("reading .data", "compute with the Value itself, or return it and read it")

    @data.setter
    def data(self, number: Operand) -> None:
        self._refuse("setting .data", "update parameters outside the jitted function")

    @property
    def __array__(self) -> Answer:
        """What NumPy asks for where it makes an array of a list."""
        return on(self).listed.value(self, sys._getframe(1))

    @property
    def label(self) -> str | None:
        """Not readable of an argument: the next call may bring another one."""
        if self.primitive is None and is_asked_by_name(sys._getframe(1), "label"):
            self._refuse("reading .label", "pass the text as an argument of its own")
        try:
            found: str | None = _label.__get__(self)
        except AttributeError:  # most nodes have none, and their slot is unset (recording.py)
            return None
        return found

    @label.setter
    def label(self, label: str | None) -> None:
        _label.__set__(self, label)
        if label and (trace := active()) is not None:
            trace.named.append(self)

    @property
    def grad(self) -> float:
        """Not readable inside a trace."""
        if reason(sys._getframe(1)) == "hasattr":
            return self._grad
        self._refuse("reading .grad", "use autodiff.grad or gradient inside, .grad after the call")

    @grad.setter
    def grad(self, number: Operand) -> None:
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
        leaf = self._x if self.primitive is rules.identity else self
        if leaf._grad != 0.0:
            self._refuse("the text of a gradient", "write f'{v:.3f}', which shows the number")
        on(self).shown.append(leaf)
        label = "" if self.label is None else f", label={self.label!r}"
        return f"Value({exact_number(self)!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(exact_number(self), spec) if spec else repr(self)

    def __reduce__(self) -> NoReturn:
        self._refuse("pickling", "copy results after the call")

    __copy__ = __deepcopy__ = __reduce__  # type: ignore[assignment]  # all three refuse
