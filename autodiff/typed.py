"""What type checkers and editors are told: the kinds of number, and the shapes of functions.

At run time an operand is any real number (number.py converts it); a checker is told which classes
those are. An operator or a function of NumPy's arrays gives an array of Values: Any here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ForwardRef, Protocol, Self, TypeAlias, Union, overload

if TYPE_CHECKING:
    from .value import Value


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

if TYPE_CHECKING:
    Operand: TypeAlias = "Value | Real"
    #: an operation on one Value, as a method without arguments
    Method: TypeAlias = Callable[[Any], Value]

    class Array(Protocol):
        """A NumPy array, or what becomes one."""

        def __array__(self) -> Any: ...

    class Operator(Protocol):
        """An arithmetic operator of a Value, as a method."""

        @overload
        def __call__(self, other: Operand, /) -> Value: ...
        @overload
        def __call__(self, other: Array, /) -> Any: ...
        @overload
        def __get__(self, instance: None, owner: Any, /) -> Callable[[Any, Any], Any]: ...
        @overload
        def __get__(self, instance: object, owner: Any, /) -> Self: ...

    class Comparison(Protocol):
        """A comparison of a Value by its number, as a method."""

        @overload
        def __call__(self, other: Operand, /) -> bool: ...
        @overload
        def __call__(self, other: Array, /) -> Any: ...
        @overload
        def __get__(self, instance: None, owner: Any, /) -> Callable[[Any, Any], bool]: ...
        @overload
        def __get__(self, instance: object, owner: Any, /) -> Self: ...

    class Unary(Protocol):
        """A function of one number: a float gives a float, a Value gives a Value."""

        @overload
        def __call__(self, x: Value) -> Value: ...
        @overload
        def __call__(self, x: Real) -> float: ...

    class Binary(Protocol):
        """A function of two numbers: two floats give a float, a Value gives a Value."""

        @overload
        def __call__(self, x: Real, y: Real, /) -> float: ...
        @overload
        def __call__(self, x: Operand, y: Operand, /) -> Value: ...

    class Elementary(Protocol):
        """A user's primitive: a function of numbers that carries its `Primitive`."""

        primitive: Any

        @overload
        def __call__(self, *operands: Real) -> float: ...
        @overload
        def __call__(self, *operands: Operand) -> Value: ...

else:  # nobody asks at run time, and `import autodiff` stays quick
    Method = Operator = Comparison = Unary = Binary = Elementary = Callable[..., Any]
    # value.py is above this file; `typing.get_type_hints` finds it all the same
    Operand = Union[ForwardRef("Value", module="autodiff.value"), Real]  # noqa: UP007 - no `|`
