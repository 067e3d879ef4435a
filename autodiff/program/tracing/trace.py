"""Tracing: running a function once on Values that record and cannot be looked at.

Inside a trace every number argument is a `TracedValue`. Arithmetic on it records nodes as always;
asking for its number is an error, because the answer would be frozen into the trace. Where Python
itself needs an answer (`if`, an index, a range), the answer becomes a *guard*: at replay the trace
is only used if all its guards come out as they did.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from autodiff import rules
from autodiff.context import _caller, current
from autodiff.errors import AutodiffError
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS
from autodiff.value import Value, constant, record


class TraceError(AutodiffError, TypeError):
    """Something that cannot be part of a trace, such as reading the number of a traced Value."""


class Guard(NamedTuple):
    """An answer that a trace depends on: `TESTS[test]` of the node's number was `expected`."""

    node: Value
    test: str
    expected: int
    line: str


TESTS: dict[str, Callable[[float], int]] = {
    "bool": bool, "int": int, "floor": math.floor, "ceil": math.ceil, "round": round,
}  # fmt: skip

#: Identity without derivative: `detach` and `no_grad` inside a trace.
detach = Primitive(
    "detach", lambda x: x, [lambda z, x: 0.0], ["0"], variables=["x"],
    doc="The same number; no derivative passes.", example="detach(2.0) -> 2.0",
    function=lambda x: x,
)  # fmt: skip

#: Operations that give whole numbers for whole numbers, and those that give a truth value.
_WHOLE = frozenset(
    (rules.add, rules.sub, rules.mul, rules.neg, rules.abs, rules.mod, rules.floordiv)
)
_TRUTH = frozenset(PRIMITIVES[name] for name in COMPARISONS)


class _Leaked:
    """Stands where the number of a traced Value was, once its trace has ended."""

    def _refuse(self, *_: Any) -> NoReturn:
        raise TraceError(
            f"{_caller()}: this Value was computed inside a jitted function and outlived the "
            "trace; return it from the function instead of storing it"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _refuse
    __rtruediv__ = __pow__ = __rpow__ = __mod__ = __rmod__ = __neg__ = __abs__ = _refuse
    __floordiv__ = __rfloordiv__ = __lt__ = __le__ = __gt__ = __ge__ = __float__ = _refuse
    __bool__ = __int__ = __round__ = __floor__ = __ceil__ = __trunc__ = __format__ = _refuse


_LEAKED = _Leaked()


class Trace:
    """The nodes and guards of one run of a function on traced Values."""

    def __init__(self) -> None:
        self.nodes: list[Value] = []
        self.guards: list[Guard] = []
        #: an operation raised inside the trace and f went on: its `except` hides a branch
        self.raised = False

    def observe(self, node: Value) -> Value:
        """Called with every node that is computed while the trace is on."""
        whole = node.primitive in _TRUTH or (
            node.primitive in _WHOLE and _is_whole(node._x) and _is_whole(node._y)
        )
        node.__class__ = TracedInt if whole else TracedValue
        self.nodes.append(node)
        if not current().recording and node.primitive is not detach:
            return record(detach, (node,))
        return node

    def argument(self, number: Any, label: str | None) -> Value:
        """The traced leaf that stands for a number argument."""
        kind = TracedInt if isinstance(number, int) else TracedValue
        node = kind(number._data if isinstance(number, Value) else number, label)
        self.nodes.append(node)
        return node

    def ask(self, node: TracedValue, test: str) -> int:
        """The answer to a question that Python needs answered; it becomes a guard."""
        answer = TESTS[test](node._data)
        self.guards.append(Guard(node, test, answer, _caller()))
        return answer

    def close(self) -> None:
        """End the trace: its nodes' numbers can no longer be used by mistake."""
        for node in self.nodes:
            node._data = _LEAKED  # type: ignore[assignment]  # refuses to be used as a float


def active() -> Trace | None:
    """The trace that is on in this context."""
    trace = getattr(current().observer, "__self__", None)
    return trace if isinstance(trace, Trace) else None


def is_traced(node: Any) -> bool:
    """Whether a Value was made inside a trace."""
    return isinstance(node, TracedValue)


def _is_whole(operand: Any) -> bool:
    kind = operand.__class__
    return kind is TracedInt or operand is None or (kind is float and operand.is_integer())


def _comparison(primitive: Primitive) -> Any:
    def compare(self: TracedValue, other: Any) -> Any:
        number = other if isinstance(other, Value) else constant(other)
        return NotImplemented if number is None else record(primitive, (self, number))

    return compare


def _logical(primitive: Primitive) -> Any:
    def combine(self: TracedValue, other: Any) -> Any:
        number = other if isinstance(other, Value) else constant(other)
        return NotImplemented if number is None else record(primitive, (self, number))

    return combine


def _question(test: str) -> Any:
    def ask(self: TracedValue) -> int:
        trace = active()
        if trace is None:
            _LEAKED._refuse()
        return trace.ask(self, test)

    return ask


class TracedValue(Value):
    """A Value inside a trace: it records operations, and its number cannot be read."""

    __slots__ = ()

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise TraceError(
            f"{_caller()}: {what} of a traced Value{_called(self)}: jit records this function "
            f"once and replays it with other numbers; {remedy}"
        )

    @property
    def data(self) -> float:
        """Not readable: the number would be frozen into the trace."""
        if _asked_by_errors():
            if (trace := active()) is not None:
                trace.raised = True
            return self._data
        self._refuse("reading .data", "compute with the Value itself, or return it and read it")

    @data.setter
    def data(self, number: Any) -> None:
        self._refuse("setting .data", "update parameters outside the jitted function")

    @property
    def grad(self) -> float:
        """Not readable inside a trace."""
        self._refuse("reading .grad", "use autodiff.grad or gradient inside, .grad after the call")

    @grad.setter
    def grad(self, number: Any) -> None:
        self._refuse("setting .grad", "set gradients outside the jitted function")

    def backward(self, seed: float = 1.0) -> None:
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

    def __float__(self) -> float:
        self._refuse(
            "float()", "use the functions of autodiff (autodiff.sin) instead of those of math"
        )

    __bool__, __int__, __trunc__ = _question("bool"), _question("int"), _question("int")
    __floor__, __ceil__ = _question("floor"), _question("ceil")

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return _question("round")(self)
        return record(rules.round_, (self, float(digits)))

    __hash__ = object.__hash__
    __eq__, __ne__ = _comparison(rules.equal), _comparison(rules.not_equal)
    __lt__, __le__ = _comparison(rules.less), _comparison(rules.less_equal)
    __gt__, __ge__ = _comparison(rules.greater), _comparison(rules.greater_equal)

    def __repr__(self) -> str:
        label = "" if self.label is None else f"label={self.label!r}"
        return f"TracedValue({label})"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> Any:
        self._refuse("pickling", "copy results after the call")

    __copy__ = __deepcopy__ = __reduce__  # type: ignore[assignment]  # all three refuse


class TracedInt(TracedValue):
    """A whole number or a truth value inside a trace: as an index it is a guard."""

    __slots__ = ()

    __index__ = _question("int")
    __and__ = __rand__ = _logical(rules.mul)
    __xor__ = __rxor__ = _logical(rules.not_equal)

    def __or__(self, other: Any) -> Any:
        number = other if isinstance(other, Value) else constant(other)
        if number is None:
            return NotImplemented
        return record(rules.maximum, (self, number))

    __ror__ = __or__


def _called(node: Value) -> str:
    return f" {node.label!r}" if node.label else ""


def _asked_by_errors() -> bool:
    """Whether the engine itself asks, to write the message of an error."""
    import sys

    return sys._getframe(2).f_globals.get("__name__") == "autodiff.errors"
