"""The rest of Python's number protocol for `Value`: comparisons, rounding, conversions."""

from __future__ import annotations

import dis
import math
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from . import rules
from .context import _ours, asked, current, finish, modes
from .errors import LostGradientWarning, OperandError, RangeError, explain
from .primitive import Primitive
from .typed import Comparison, Operand, Operator, Real

if TYPE_CHECKING:
    from types import FrameType

    from .value import Value

_new = object.__new__
#: NumPy's scalars that have no as_integer_ratio, as a float, an int and a Fraction have
_NUMPY_KINDS = frozenset(
    "bool bool_ int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64 ulonglong".split()
)

T = TypeVar("T")


def constant(number: Any) -> float | None:
    """A real number of any kind (int, bool, Fraction, NumPy scalar) as a float, else None."""
    kind = number.__class__
    if kind is float:
        return number  # type: ignore[no-any-return]  # its class is exactly float
    if kind is int and -(1 << 53) < number < 1 << 53:  # most constants: x**2, 2*x
        return number + 0.0  # type: ignore[no-any-return]  # int + float is a float
    if not hasattr(kind, "as_integer_ratio") and kind.__name__ not in _NUMPY_KINDS:
        return None
    if kind.__module__ in ("decimal", "_pydecimal"):
        return None
    try:
        return float(number)
    except OverflowError:
        raise RangeError(f"{kind.__name__} operand is too large for a float") from None
    except (TypeError, ValueError):
        return None


def no_number(data: Any, is_value: bool) -> OperandError:
    """The error of what is stored as a number and is none."""
    hint = ""
    if is_value:
        hint = "; take the number of the other Value: other.data or other.item()"
    elif data is None:
        hint = "; a gradient is cleared with 0.0: v.grad = 0.0"
    return OperandError(f"a Value holds one real number, not {type(data).__name__}{hint}")


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


def _binary(primitive: Primitive, name: str) -> tuple[Operator, Operator]:
    def forward(self: Value, other: Any) -> Any:
        number = other if isinstance(other, _value.Node) else constant(other)
        return NotImplemented if number is None else _value.record(primitive, (self, number))

    return method(forward, f"__{name}__"), reflected(primitive, name)


def reflected(primitive: Primitive, name: str) -> Operator:
    """The reflected form of an operator: the other number stands on the left."""

    def operation(self: Value, other: Any) -> Any:
        number = other if isinstance(other, _value.Node) else constant(other)
        return NotImplemented if number is None else _value.record(primitive, (number, self))

    made: Operator = method(operation, f"__r{name}__")
    return made


def _comparison(name: str) -> Comparison:
    def compare(self: Value, other: Any) -> Any:
        if modes and (seen := asked(self)) is not None:
            return getattr(seen, name)(other)
        number = other._data if isinstance(other, _value.Node) else constant(other)
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


_floor: Callable[[Any], int] = _question(math.floor)
_ceil: Callable[[Any], int] = _question(math.ceil)
_trunc: Callable[[Any], int] = _question(math.trunc)
_int, _bool = _question(int), _question(bool)


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

    __mod__: Operator
    __rmod__: Operator
    __floordiv__: Operator
    __rfloordiv__: Operator
    __mod__, __rmod__ = _binary(rules.mod, "mod")
    __floordiv__, __rfloordiv__ = _binary(rules.floordiv, "floordiv")

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

    def __floor__(self) -> int:
        return _floor(self)

    def __ceil__(self) -> int:
        return _ceil(self)

    def __trunc__(self) -> int:
        return _trunc(self)

    def __int__(self) -> int:
        return _int(self)

    def __bool__(self) -> bool:
        return _bool(self)

    def __float__(self: Any) -> float:
        if modes and (seen := asked(self)) is not None:
            return seen.as_float(sys._getframe(1))  # type: ignore[attr-defined,no-any-return]  # a traced one
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
            and not _ours(sys._getframe(1).f_globals.get("__name__", ""))
            and (seen := asked(self)) is not None
        ):
            return repr(seen)
        label = "" if self.label is None else f", label={self.label!r}"
        grad = f", grad={self.grad!r}" if self.grad != 0.0 else ""
        return f"Value({self._data!r}{grad}{label})"

    def __format__(self, spec: str) -> str:
        if modes and (seen := asked(self)) is not None:  # type: ignore[arg-type]  # a Value
            return format(seen, spec)
        return format(self._data, spec) if spec else repr(self)


_nearest = _question(round)

from . import value as _value  # noqa: E402 - value.py imports this module; used at call time only
