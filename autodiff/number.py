"""The rest of Python's number protocol for `Value`: comparisons, rounding, conversions."""

from __future__ import annotations

import dis
import math
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import rules
from .context import current, finish, modes
from .errors import LostGradientWarning, OperandError, RangeError, explain
from .primitive import Primitive

if TYPE_CHECKING:
    from types import FrameType

    from .value import Value

_new = object.__new__
#: NumPy's scalars that have no as_integer_ratio, as a float, an int and a Fraction have
_NUMPY_KINDS = frozenset(
    "bool bool_ int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64 ulonglong".split()
)


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


def unary(primitive: Primitive) -> Callable[[Any], Value]:
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

    operation.__name__ = primitive.name
    operation.__doc__ = f"{primitive.doc} See autodiff.{primitive.name}."
    return operation


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


def _binary(primitive: Primitive) -> Any:
    def forward(self: Value, other: Any) -> Value:
        number = other if isinstance(other, _value.Node) else constant(other)
        return NotImplemented if number is None else _value.record(primitive, (self, number))

    return forward


def _reflected(primitive: Primitive) -> Any:
    def reflected(self: Value, other: Any) -> Value:
        number = constant(other)
        return NotImplemented if number is None else _value.record(primitive, (number, self))

    return reflected


def _comparison(name: str) -> Any:
    def compare(self: Value, other: Any) -> Any:
        number = other._data if isinstance(other, _value.Node) else constant(other)
        return NotImplemented if number is None else getattr(self._data, name)(number)

    compare.__name__ = name
    return compare


class Number:
    """What a float can do and `value.py` does not show; mixed into `Value`.

    Comparisons give plain bools and build no graph. `//`, `round(v, n)` and the first part of
    `divmod` are Values with derivative 0; `round(v)`, `math.floor` and the like are ints.
    """

    __slots__ = ()
    _data: float

    __hash__ = object.__hash__
    __eq__ = _comparison("__eq__")
    __ne__ = _comparison("__ne__")
    __lt__ = _comparison("__lt__")
    __le__ = _comparison("__le__")
    __gt__ = _comparison("__gt__")
    __ge__ = _comparison("__ge__")

    __neg__ = unary(rules.neg)
    __abs__ = unary(rules.abs)
    __mod__, __rmod__ = _binary(rules.mod), _reflected(rules.mod)
    __floordiv__, __rfloordiv__ = _binary(rules.floordiv), _reflected(rules.floordiv)

    def __pos__(self) -> Any:
        return self

    def __divmod__(self, other: Any) -> Any:
        quotient = self.__floordiv__(other)
        return NotImplemented if quotient is NotImplemented else (quotient, self.__mod__(other))

    def __rdivmod__(self, other: Any) -> Any:
        quotient = self.__rfloordiv__(other)
        return NotImplemented if quotient is NotImplemented else (quotient, self.__rmod__(other))

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return round(self._data)
        return _value.record(rules.round_, (self, float(digits)))

    def __floor__(self) -> int:
        return math.floor(self._data)

    def __ceil__(self) -> int:
        return math.ceil(self._data)

    def __trunc__(self) -> int:
        return math.trunc(self._data)

    def __int__(self) -> int:
        return int(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __float__(self: Any) -> float:
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
        label = "" if self.label is None else f", label={self.label!r}"
        grad = f", grad={self.grad!r}" if self.grad != 0.0 else ""
        return f"Value({self._data!r}{grad}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)


from . import value as _value  # noqa: E402 - value.py imports this module; used at call time only
