"""Which numbers an operation takes beside Values: any real number, as a float.

Checkers are told the classes; at run time `constant` converts whatever is one.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from .errors import OperandError, RangeError


class Ratio(Protocol):
    """A Fraction, or another exact number."""

    @property
    def numerator(self) -> Any: ...
    @property
    def denominator(self) -> Any: ...


class Scalar(Protocol):
    """A NumPy scalar: it has a dtype and, other than an array, a hash."""

    @property
    def dtype(self) -> Any: ...
    def __hash__(self) -> int: ...


Real: TypeAlias = float | Ratio | Scalar


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
