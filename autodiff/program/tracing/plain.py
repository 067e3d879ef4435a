"""Plain numbers inside a trace: no Values, and to Python's questions what the plain call has."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from autodiff import rules
from autodiff.complaints import caller, is_library
from autodiff.methods import Methods
from autodiff.primitive import Primitive
from autodiff.program.ends import detach
from autodiff.value import Value, record

from .bytecode import is_asked_by_name
from .guard_questions import LARGEST_WHOLE
from .stands import Answer, Operand, Stands, shown_as
from .trace import TraceError, active, refuse
from .traced import (
    Comparison,
    Number,
    Question,
    TracedValue,
    become,
    comparison,
    exact_number,
    is_leaked,
    is_settled,
    on,
    question,
)


class NoAttribute(TraceError, AttributeError):
    """What a plain number has not; `hasattr` and `getattr` with a default go on without it."""


def plain(x: Operand) -> Answer:
    """A plain number as the plain call has it; of a traced one a guard says that it is this."""
    return x._number() if isinstance(x, Plain) else x


def settled(number: float, kind: type) -> Answer:
    """A constant as a traced number of a kind."""
    made = record(rules.identity, (number,))
    become(made, kind)
    on(made).known.add(id(made))
    return made


def _is_large(x: Operand) -> bool:
    """Whether x is an int beyond the floats."""
    return x.__class__ is int and abs(x) >= LARGEST_WHOLE


def _comparison(primitive: Primitive, compare: Callable[[Operand, Operand], Answer]) -> Comparison:
    """A comparison as data; where both numbers are settled, or one is no float, its answer."""
    as_data = comparison(primitive)

    def method(self: Plain, other: Operand) -> Answer:
        if isinstance(other, Plain) and other.of_array > self.of_array:
            return NotImplemented  # the answer is one of NumPy's
        if not self.of_array and (entry := self.beside_numpy(other)) is not None:
            return compare(self, entry)
        if (is_settled(self) and is_settled(other)) or _is_large(other):
            return compare(self._number(), plain(other))
        return as_data(self, other)

    return method


class Plain(Number, Methods, metaclass=Stands):
    """A number that came as a plain one, or was computed from such."""

    __slots__ = ()
    stands_for: type = float
    of_array = False  # see entries.py
    #: an entry of an array for a scalar of NumPy's that stands beside the number (entries.py)
    beside_numpy: Callable[[Operand], Answer] = staticmethod(lambda other: None)
    #: NumPy's functions with an array or a scalar of NumPy's beside the number (recording.py)
    __array_ufunc__: Callable[..., Answer]
    __array_function__: Callable[..., Answer]

    @property
    def __array__(self) -> Callable[..., Answer]:
        """What NumPy asks for where it makes an array of a list."""
        return on(self).listed.ask(self, sys._getframe(1))  # type: ignore[no-any-return]  # see there

    def __new__(cls, *args: Operand) -> Answer:
        """`type(x)(3)` makes the plain number; nodes are made otherwise."""
        made = cls.stands_for(*args)
        if args and made != args[0] and is_library(sys._getframe(1).f_code):
            # statistics.mean asks whether a type is a subclass of int, and cuts off if it is not.
            (active() or refuse()).refuse(
                caller(),
                f"a library makes {made!r} of {args[0]!r}, by the type of a number of the trace",
                "use the functions of autodiff (autodiff.mean)",
            )
        return made

    def __getattr__(self, name: str) -> Answer:
        plain = type(self).stands_for
        raise NoAttribute(
            caller(),
            f".{name} of an argument that came as a plain {plain.__name__}: it has no {name!r} "
            "outside of a trace either",
            "pass a Value, or use the functions of autodiff",
        )

    def _number(self) -> Answer:
        """The number as the plain call has it; the trace holds for it alone."""
        return type(self).stands_for(exact_number(self))

    __eq__, __ne__ = _comparison(rules.equal, eq), _comparison(rules.not_equal, ne)
    __lt__, __le__ = _comparison(rules.less, lt), _comparison(rules.less_equal, le)
    __gt__, __ge__ = _comparison(rules.greater, gt), _comparison(rules.greater_equal, ge)

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

    def __copy__(self) -> Plain:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Plain:
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[type, tuple[Answer]]:
        return type(self).stands_for, (self._number(),)

    def as_value(self, value: Value) -> None:
        """Make a Value that was just made of this number one of the trace."""
        become(value, TracedValue)
        value._data, value.primitive, value._x = self._data, detach, self
        on(self).nodes.append(value)
        on(self).named.append(value)

    @property
    def real(self) -> Answer:
        """The number."""
        return +self

    @property
    def imag(self) -> Answer:
        """Zero."""
        return type(self).stands_for(0) + 0

    def conjugate(self) -> Answer:
        """The number."""
        return +self

    def as_integer_ratio(self) -> tuple[int, int]:
        """A guard for this very number."""
        return self._number().as_integer_ratio()  # type: ignore[no-any-return]  # two ints


def _beside(name: str) -> Comparison:
    """An operator of floats; NumPy's scalars and entries of its arrays beside one know better."""
    own: Answer = getattr(Plain, name)
    word = name.strip("_")
    reflected = word[0] == "r" and word != "round"
    apply = getattr(operator, word[reflected:])

    def method(self: Plain, other: Operand) -> Answer:
        kind = other.__class__
        if kind is float or kind is int or self.of_array:
            return own(self, other)
        if isinstance(other, Plain):
            return NotImplemented if other.of_array else own(self, other)
        if (entry := self.beside_numpy(other)) is not None:
            return apply(entry, self) if reflected else apply(self, entry)
        return own(self, other)

    return method


for _word in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    for _name in (f"__{_word}__", f"__r{_word}__"):
        setattr(Plain, _name, _beside(_name))


def _hidden(name: str) -> property:
    """What nodes have and plain numbers have not; the engine and NumPy's functions find it."""
    inherited: Answer = getattr(Plain, name)

    def read(self: Plain) -> Answer:
        if is_asked_by_name(sys._getframe(1), name):
            Plain.__getattr__(self, name)
        return inherited.__get__(self)

    return property(read, getattr(inherited, "__set__", None))


for _name in ("label", *(each for each in vars(Methods) if not each.startswith("_"))):
    setattr(Plain, _name, _hidden(_name))


def of_number(name: str) -> Callable[..., Answer]:
    """A method of the plain number, asked of this very one."""

    def method(self: Plain, *args: Operand, **kwargs: Operand) -> Answer:
        return getattr(self._number(), name)(*args, **kwargs)

    return method


class TracedFloat(Plain):
    """A plain float inside a trace."""

    __slots__ = ()
    __class__: Any = shown_as(float)  # what isinstance looks at
    is_integer: Question
    hex: Callable[..., Answer]
    is_integer, hex = question("is_integer"), of_number("hex")


def constant_of_trace(x: Operand) -> Operand:
    """A float, or a scalar of NumPy's, as a traced number; anything else as it is."""
    if x.__class__ is float:
        return settled(x, TracedFloat)
    entry = Plain.beside_numpy(x)
    return x if entry is None else entry
