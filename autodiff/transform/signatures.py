"""What type checkers are told of the functions that transforms return.

They take what the differentiated function takes, where floats may stand for Values; so their
parameters are open, and what they return follows from the argument that is differentiated.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, overload

from autodiff.value import Value

X = TypeVar("X")
Floats = list[float] | list[int]


class Gradient(Protocol):
    """The gradient by the first argument, in its containers."""

    @overload
    def __call__(self, x: Value, /, *args: Any, **kwargs: Any) -> Value: ...
    @overload
    def __call__(self, x: float, /, *args: Any, **kwargs: Any) -> float: ...
    @overload
    def __call__(self, x: Floats, /, *args: Any, **kwargs: Any) -> list[float]: ...
    @overload
    def __call__(self, x: X, /, *args: Any, **kwargs: Any) -> X: ...


class ValueAndGradient(Protocol):
    """The value, and the gradient by the first argument, in its containers."""

    @overload
    def __call__(self, x: Value, /, *args: Any, **kwargs: Any) -> tuple[Any, Value]: ...
    @overload
    def __call__(self, x: float, /, *args: Any, **kwargs: Any) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: Floats, /, *args: Any, **kwargs: Any) -> tuple[float, list[float]]: ...
    @overload
    def __call__(self, x: X, /, *args: Any, **kwargs: Any) -> tuple[float, X]: ...


class Hessian(Protocol):
    """The second derivatives by the first argument, in its containers twice."""

    @overload
    def __call__(self, x: Value, /, *args: Any, **kwargs: Any) -> Value: ...
    @overload
    def __call__(self, x: float, /, *args: Any, **kwargs: Any) -> float: ...
    @overload
    def __call__(self, x: Floats, /, *args: Any, **kwargs: Any) -> list[list[float]]: ...
    @overload
    def __call__(self, x: object, /, *args: Any, **kwargs: Any) -> Any: ...
