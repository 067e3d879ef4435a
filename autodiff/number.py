"""The rest of Python's number protocol for `Value`: comparisons, rounding, conversions."""

from __future__ import annotations

import dis
import math
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, ForwardRef, Self, TypeVar, Union, overload

from . import rules
from .complaints import explain, is_inside
from .errors import LostGradientWarning, OperandError
from .graph import Node
from .modes import asked, current, finish, modes
from .primitive import Primitive
from .reals import Real, constant

_new = object.__new__
T = TypeVar("T")

if TYPE_CHECKING:
    from types import FrameType
    from typing import Protocol, TypeAlias

    from .value import Value

    R = TypeVar("R", covariant=True)
    Operand: TypeAlias = Value | Real
    #: an operation on one Value, as a method without arguments
    Method: TypeAlias = Callable[[Any], Value]

    class Array(Protocol):
        """A NumPy array, or what becomes one."""

        def __array__(self) -> Any: ...

    class Operation(Protocol[R]):
        """An operator of a Value, as a method; on an array it works entry by entry."""

        @overload
        def __call__(self, other: Operand, /) -> R: ...
        @overload
        def __call__(self, other: Array, /) -> Any: ...
        @overload
        def __get__(self, instance: None, owner: Any, /) -> Callable[[Any, Any], R]: ...
        @overload
        def __get__(self, instance: object, owner: Any, /) -> Self: ...

    Operator: TypeAlias = Operation[Value]
    Comparison: TypeAlias = Operation[bool]

else:  # nobody asks at run time, and `import autodiff` stays quick
    Method = Operator = Comparison = Callable[..., Any]
    # value.py is above this file; `typing.get_type_hints` finds it all the same
    Operand = Union[ForwardRef("Value", module="autodiff.value"), Real]  # noqa: UP007 - no `|`


def unary(primitive: Primitive, name: str = "") -> Callable[[Any], Value]:
    """The operation of a primitive on one Value: a method, or the hot half of a function."""
    compute = primitive.forward

    def operation(self: Any) -> Value:
        try:
            data = compute(self._data)
        except (ValueError, ArithmeticError) as error:
            raise explain(primitive, (self,), error) from None
        node = _new(_value.Value)
        node._data = data
        node._grad = 0.0
        node._adjoint = node._y = node.label = None
        node.primitive = primitive
        node._x = self
        return finish(node) if modes else node

    operation.__doc__ = f"{primitive.doc} See autodiff.{primitive.name}."
    made: Callable[[Any], Value] = method(operation, name or primitive.name)
    return made


#: who asks a number to be a float in order to show it (logging does so by %)
_SHOWING = frozenset(("matplotlib", "mpl_toolkits", "pandas", "seaborn"))
_BINARY_OP = dis.opmap["BINARY_OP"]
_REMAINDERS = (6, 19)  # NB_REMAINDER and NB_INPLACE_REMAINDER of CPython


def _only_shows(frame: FrameType) -> bool:
    """Whether whoever asks for a float puts it into a text by `%` or draws it."""
    at, code = frame.f_lasti, frame.f_code.co_code
    if code[at] == _BINARY_OP and code[at + 1] in _REMAINDERS:
        return True
    caller: FrameType | None = frame
    while caller is not None:
        package = caller.f_globals.get("__name__", "").partition(".")[0]
        if package != "numpy":  # which only passes the question on
            return package in _SHOWING
        caller = caller.f_back
    return False


def method(function: Callable[..., Any], name: str) -> Any:
    """Give a function that was made here the name under which `Value` has it (pickle, help)."""
    function.__name__, function.__qualname__ = name, f"Value.{name}"
    function.__module__ = "autodiff.value"
    return function


def _binary(primitive: Primitive, name: str) -> Operator:
    def forward(self: Value, other: Any) -> Any:
        number = other if isinstance(other, Node) else constant(other)
        return NotImplemented if number is None else _value.record(primitive, (self, number))

    made: Operator = method(forward, f"__{name}__")
    return made


def reflected(primitive: Primitive, name: str) -> Operator:
    """The reflected form of an operator: the other number stands on the left."""

    def operation(self: Value, other: Any) -> Any:
        number = other if isinstance(other, Node) else constant(other)
        return NotImplemented if number is None else _value.record(primitive, (number, self))

    made: Operator = method(operation, f"__r{name}__")
    return made


def _comparison(name: str) -> Comparison:
    def compare(self: Value, other: Any) -> Any:
        if modes and (seen := asked(self)) is not None:
            return getattr(seen, name)(other)
        number = other._data if isinstance(other, Node) else constant(other)
        return NotImplemented if number is None else getattr(self._data, name)(number)

    made: Comparison = method(compare, name)
    return made


def _question(answer: Callable[[Any], T]) -> Callable[[Any], T]:
    """A method that says something about the number; in a trace the answer is a guard."""

    def ask(self: Any) -> T:
        if modes and (seen := asked(self)) is not None:
            guarded: T = getattr(seen, name)()
            return guarded
        return answer(self._data)

    ask.__name__ = name = f"__{answer.__name__}__"
    return ask


class Number:
    """What a float can do and `value.py` does not show; mixed into `Value`.

    Comparisons give plain bools and build no graph. `//`, `round(v, n)` and the first part of
    `divmod` are Values with derivative 0; `round(v)`, `math.floor` and the like are ints.
    """

    __slots__ = ()
    _data: float

    if TYPE_CHECKING:

        def __hash__(self) -> int: ...
        def __neg__(self) -> Value: ...
        def __abs__(self) -> Value: ...

    else:
        __hash__ = object.__hash__
        __neg__ = unary(rules.neg, "__neg__")
        __abs__ = unary(rules.abs, "__abs__")

    __eq__: Comparison = _comparison("__eq__")  # type: ignore[assignment]  # object's takes everything
    __ne__: Comparison = _comparison("__ne__")  # type: ignore[assignment]  # the same
    __lt__: Comparison = _comparison("__lt__")
    __le__: Comparison = _comparison("__le__")
    __gt__: Comparison = _comparison("__gt__")
    __ge__: Comparison = _comparison("__ge__")

    __mod__: Operator = _binary(rules.mod, "mod")
    __rmod__: Operator = reflected(rules.mod, "mod")
    __floordiv__: Operator = _binary(rules.floordiv, "floordiv")
    __rfloordiv__: Operator = reflected(rules.floordiv, "floordiv")

    def __pos__(self) -> Self:
        return self

    def __divmod__(self, other: Operand) -> tuple[Value, Value]:
        quotient = self.__floordiv__(other)
        return NotImplemented if quotient is NotImplemented else (quotient, self.__mod__(other))

    def __rdivmod__(self, other: Real) -> tuple[Value, Value]:
        quotient = self.__rfloordiv__(other)
        return NotImplemented if quotient is NotImplemented else (quotient, self.__rmod__(other))

    @overload
    def __round__(self, digits: None = None) -> int: ...
    @overload
    def __round__(self, digits: int) -> Value: ...
    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return _nearest(self)
        return _value.record(rules.round_, (self, float(digits)))

    __floor__: ClassVar[Callable[[Any], int]] = _question(math.floor)
    __ceil__: ClassVar[Callable[[Any], int]] = _question(math.ceil)
    __trunc__: ClassVar[Callable[[Any], int]] = _question(math.trunc)
    __int__: ClassVar[Callable[[Any], int]] = _question(int)
    __bool__: ClassVar[Callable[[Any], bool]] = _question(bool)

    def __float__(self: Any) -> float:
        if modes and (seen := asked(self)) is not None:
            return seen.as_float(sys._getframe(1))  # type: ignore[no-any-return]  # a traced one
        if self.primitive is not None:
            if _only_shows(sys._getframe(1)):
                return self._data  # type: ignore[no-any-return]  # self is a Value
            message = (
                f"float() of a computed Value ({self!r}) cuts the gradient; use the functions of "
                "autodiff instead of those of math, and .data where a plain number is meant"
            )
            if modes and current().strict:
                raise OperandError(message)
            warnings.warn(message, LostGradientWarning, stacklevel=2)
        return self._data  # type: ignore[no-any-return]  # self is a Value

    def __repr__(self: Any) -> str:
        if (
            modes
            and not is_inside(sys._getframe(1).f_globals.get("__name__", ""))
            and (seen := asked(self)) is not None
        ):
            return repr(seen)
        label = "" if self.label is None else f", label={self.label!r}"
        grad = f", grad={self.grad!r}" if self.grad != 0.0 else ""
        return f"Value({self._data!r}{grad}{label})"

    def __format__(self: Any, spec: str) -> str:
        if modes and (seen := asked(self)) is not None:
            return format(seen, spec)
        return format(self._data, spec) if spec else repr(self)


_nearest = _question(round)

from . import value as _value  # noqa: E402 - value.py imports this module; used at call time only
