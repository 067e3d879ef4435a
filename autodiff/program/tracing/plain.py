"""Plain numbers inside a trace: no Values, and to Python's questions what the plain call has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from autodiff.context import _caller
from autodiff.methods import Methods
from autodiff.value import Value

from .instruction import is_asked_by_name
from .stands import Stands, shown_as
from .trace import TraceError, detach
from .traced import Number, TracedValue, become, exact_number, is_leaked, on, question


class NoAttribute(TraceError, AttributeError):
    """What a plain number has not; `hasattr` and `getattr` with a default go on without it."""


class Plain(Number, Methods, metaclass=Stands):
    """A number that came as a plain one, or was computed from such."""

    __slots__ = ()
    stands_for = float
    of_array = False  # see entries.py

    def __new__(cls, *args: Any) -> Any:
        """`type(x)(3)` makes the plain number; nodes are made otherwise."""
        return cls.stands_for(*args)

    def __getattr__(self, name: str) -> Any:
        plain = type(self).stands_for
        raise NoAttribute(
            _caller(),
            f".{name} of an argument that came as a plain {plain.__name__}: it has no {name!r} "
            "outside of a trace either",
            "pass a Value, or use the functions of autodiff",
        )

    def _number(self) -> Any:
        """The number as the plain call has it; the trace holds for it alone."""
        return type(self).stands_for(exact_number(self))

    def __hash__(self) -> int:
        return hash(self._number())

    def __repr__(self) -> str:
        if is_leaked(self):
            return "<a number that outlived its trace>"
        return repr(self._number())

    def __str__(self) -> str:
        return str(self._number())

    def __format__(self, spec: str) -> str:
        return format(self._number(), spec)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self).stands_for, (self._number(),)

    def as_value(self, value: Value) -> None:
        """Make a Value that was just made of this number one of the trace."""
        become(value, TracedValue)
        value._data, value.primitive, value._x = self._data, detach, self
        on(self).nodes.append(value)

    @property
    def real(self) -> Any:
        """The number."""
        return +self

    @property
    def imag(self) -> Any:
        """Zero."""
        return type(self).stands_for(0) + 0

    def conjugate(self) -> Any:
        """The number."""
        return +self

    def as_integer_ratio(self) -> tuple[int, int]:
        """A guard for this very number."""
        return self._number().as_integer_ratio()  # type: ignore[no-any-return]  # two ints


def _hidden(name: str) -> property:
    """What nodes have and plain numbers have not; the engine and NumPy's functions find it."""
    inherited: Any = getattr(Plain, name)

    def read(self: Plain) -> Any:
        if is_asked_by_name(sys._getframe(1), name):
            Plain.__getattr__(self, name)
        return inherited.__get__(self)

    return property(read, getattr(inherited, "__set__", None))


for _name in ("label", *(each for each in vars(Methods) if not each.startswith("_"))):
    setattr(Plain, _name, _hidden(_name))


def of_number(name: str) -> Callable[..., Any]:
    """A method of the plain number, asked of this very one."""

    def method(self: Plain, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._number(), name)(*args, **kwargs)

    return method


class TracedFloat(Plain):
    """A plain float inside a trace."""

    __slots__ = ()
    __class__: Any = shown_as(float)  # what isinstance looks at
    is_integer: Any
    hex: Any
    is_integer, hex = question("is_integer"), of_number("hex")
