"""Entries of NumPy arrays inside a trace: numbers with the arithmetic of their dtype.

In the plain call they are NumPy's scalars. Floats and ints of 64 bits compute as Python's do, so
they are recorded, and so is whatever meets a Value. Other ints may wrap, and two conditions add up
to a condition: there the very numbers are guards, and NumPy computes. Floats of fewer bits round in
every operation, which no replay follows: that is refused.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from autodiff.complaints import caller
from autodiff.graph import Node
from autodiff.reals import constant
from autodiff.value import Value

from .bytecode import is_asked_by_name, is_numpy, reason
from .plain import Plain, TracedFloat, plain, settled
from .stands import Answer, Operand, Stands, shown_as
from .trace import Traced, active
from .traced import Comparison, become, on
from .whole import TracedBool, TracedInt

WIDER = "pass x.astype(float)"
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_FLOATS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
_REFLECTED = tuple(f"r{name}" for name in _FLOATS)
_BITS = ("and", "or", "xor", "lshift", "rshift")
_OF_KIND = frozenset(("dtype", "shape", "ndim", "size", "itemsize", "nbytes", "flags", "strides"))


def _is_float(x: Operand) -> bool:
    """Whether NumPy takes a plain number for a float of 64 bits, or for one of Python's."""
    return isinstance(x, float) and not isinstance(x, Narrow)


def _may_record(x: Entry, other: Operand, name: str) -> bool:
    """Whether NumPy computes this as floats or ints of 64 bits do, so that it can be recorded."""
    kind, size = x.kind.kind, x.kind.itemsize
    if kind == "f":
        return bool(size == 8)
    if kind == "b":
        return name in ("and", "or", "xor", "rand", "ror", "rxor")
    if name in _COMPARISONS or name.endswith("truediv") or _is_float(other):
        return True
    wide = (
        kind == "i"
        and size == 8
        and (other.kind if isinstance(other, Entry) else x.kind).kind in "ib"
    )
    return wide and not name.endswith("pow")


def _operator(name: str) -> Comparison:
    def method(self: Any, other: Operand) -> Answer:
        own = getattr(super(Entry, self), f"__{name}__")
        if isinstance(other, Value):
            return own(other)
        if not isinstance(other, Plain):
            if constant(other) is None:
                return NotImplemented
            if not isinstance(other, (int, float)):  # an int of NumPy's is none of Python's
                beside = _beside_numpy(other)
                other = other if beside is None else beside
        if isinstance(self, Narrow) and name not in _COMPARISONS:
            self._refuse(f"{self.kind.name} arithmetic, which rounds,", WIDER)
        if _may_record(self, other, name):
            return entry(own(other), name)
        return self._asked(f"__{name}__", other)

    return method


def entry(made: Answer, name: str) -> Answer:
    """What an operation has recorded, as NumPy's scalar."""
    if isinstance(made, tuple):
        return tuple([entry(part, name) for part in made])
    if made.__class__ is bool:
        return _numpy().bool_(made)
    if isinstance(made, Traced):
        numpy = _numpy()
        boolean = isinstance(made, TracedBool)
        whole = numpy.int64 if isinstance(made, TracedInt) else numpy.float64
        become(made, kind_of_entry(numpy.bool_ if boolean else whole))
    return made


def _numpy() -> Any:
    import numpy

    return numpy


class Entry(Plain):
    """What the entries of arrays have in common; mixed in before a traced number."""

    __slots__ = ()
    of_array = True

    @property
    def kind(self) -> Answer:
        """NumPy's name for the kind of number."""
        return _numpy().dtype(type(self).stands_for)

    def _asked(self, name: str, *others: Operand) -> Answer:
        """NumPy's own answer for these very numbers; it must not have wrapped."""
        numpy = _numpy()
        number, plains = self._number(), [plain(other) for other in others]
        with numpy.errstate(all="ignore"):
            answer = getattr(number, name)(*plains)
        if self.kind.kind in "iu" and name not in ("__invert__",):
            whole = getattr(int(number), name)(*[int(p) for p in plains])
            if whole is not NotImplemented and answer is not NotImplemented and whole != answer:
                self._refuse(
                    f"{self.kind.name} arithmetic that wraps",
                    "pass x.tolist(), whose ints are Python's",
                )
        return answer

    def __getattr__(self, name: str) -> Answer:
        frame, scalar = sys._getframe(1), type(self).stands_for
        # Not for NumPy and the engine, which look whether something is an array.
        if name.startswith("_") or is_numpy(frame) or not is_asked_by_name(frame, name):
            raise AttributeError(name)
        asked_only = reason(frame) == "hasattr" and hasattr(scalar, name)
        kind: type = scalar
        return getattr(kind(0) if asked_only or name in _OF_KIND else self._number(), name)

    def __repr__(self) -> str:
        # x.tolist() has floats of Python in the plain call and entries here: their texts differ.
        self._refuse(
            "the repr of an array or of an entry of one",
            "pass x.tolist(), or make texts of single numbers, str(x[0])",
        )

    def __str__(self) -> str:
        return str(self._number())

    def __round__(self, digits: int | None = None) -> Answer:
        if digits is not None:
            return self._asked("__round__", digits)
        return int(self) if isinstance(self, Whole) else super().__round__()

    def __divmod__(self, other: Operand) -> Answer:
        if isinstance(other, Value):
            return super().__divmod__(other)
        return self // other, self % other

    def __rdivmod__(self, other: Operand) -> Answer:
        return other // self, other % self

    __hash__ = Plain.__hash__


for _name in (*_COMPARISONS, *_FLOATS, *_REFLECTED):
    setattr(Entry, f"__{_name}__", _operator(_name))


class Whole(Entry):
    """An int of NumPy's."""

    __slots__ = ()

    def _unary(self, name: str) -> Answer:
        own = getattr(super(Entry, self), name)
        return entry(own(), name) if _may_record(self, 0, "add") else self._asked(name)

    def __neg__(self) -> Answer:
        return self._unary("__neg__")

    def __abs__(self) -> Answer:
        return self._unary("__abs__")

    def __invert__(self) -> Answer:
        return self._unary("__invert__")

    def __pos__(self) -> Answer:
        return self


for _name in (*_BITS, *(f"r{each}" for each in _BITS)):
    setattr(Whole, f"__{_name}__", _operator(_name))


class Truth(Whole):
    """A condition of NumPy's: no int, and no index."""

    __slots__ = ()

    def _number(self) -> Answer:
        return _numpy().bool_(super()._number())

    def __index__(self) -> int:
        return self._number().__index__()  # type: ignore[no-any-return]  # raises

    def __pos__(self) -> Answer:
        return self._asked("__pos__")


class Real(Entry):
    """A float of NumPy's."""

    __slots__ = ()

    def __neg__(self) -> Answer:
        return self._same(super().__neg__())

    def __abs__(self) -> Answer:
        return self._same(super().__abs__())

    def __pos__(self) -> Answer:
        return self

    def _same(self, made: Answer) -> Answer:
        become(made, type(self))
        return made


class Narrow(Real):
    """A float of fewer than 64 bits: exact beside Values; comparisons are NumPy's, with guards."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Answer:
        return _unrounded(self, name)


class Small(Whole):
    """An int of so few bits that NumPy's functions of it are narrow floats."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Answer:
        return _unrounded(self, name)


def _unrounded(self: Any, name: str) -> Answer:
    """An attribute, but for the methods that NumPy calls for its functions of arrays."""
    if name == "__array__":
        return on(self).listed.ask(self, sys._getframe(2))
    if name in _METHODS:
        if is_asked_by_name(sys._getframe(2), name):
            return Plain.__getattr__(self, name)
        self._refuse(f"{name} of {self.kind.name}, which rounds,", WIDER)
    return super(Entry, self).__getattribute__(name)


def _methods() -> frozenset[str]:
    from autodiff.methods import Methods

    return frozenset(name for name in vars(Methods) if not name.startswith("_"))


_METHODS = _methods()
_BASES: dict[str, tuple[type, type]] = {
    "b": (Truth, TracedBool), "i": (Whole, TracedInt), "u": (Whole, TracedInt),
    "f": (Real, TracedFloat),
}  # fmt: skip


@functools.cache
def kind_of_entry(scalar: type) -> Stands:
    """The class for entries of a kind of NumPy's scalars."""
    dtype = _numpy().dtype(scalar)
    mixed, base = _BASES[dtype.kind]
    if dtype.kind == "f" and dtype.itemsize < 8:
        mixed = Narrow
    elif dtype.kind in "iu" and dtype.itemsize < 4:
        mixed = Small
    shown = scalar if dtype.kind == "b" else shown_as(scalar)
    inside = {"__slots__": (), "stands_for": scalar, "__class__": shown}
    return Stands(f"Traced{scalar.__name__}", (mixed, base), inside)


def as_entry(leaf: Node | float, scalar: type) -> Answer:
    """A leaf made for a number of an array."""
    if isinstance(leaf, Plain):
        become(leaf, kind_of_entry(scalar))
    return leaf


_WIDE = frozenset(("longdouble", "float128", "clongdouble"))
_SCALARS = frozenset(
    "bool bool_ float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
)


def _beside_numpy(other: Operand) -> Answer:
    """An entry for a scalar of NumPy's: its arithmetic gives such scalars; None for others."""
    kind = other.__class__
    if kind.__module__ != "numpy" or kind.__name__ not in (_SCALARS | _WIDE):
        return None
    if kind.__name__ in _WIDE:
        trace = active()
        if trace is None:
            return None
        trace.refuse(
            caller(),
            f"{other!r}, which no float holds, beside a traced number",
            "use float(...) or int(...) of it",
        )
    if other.item() != float(other) and other == other:
        return None  # a whole number that no float holds: NumPy computes
    return settled(float(other), kind_of_entry(kind))


Plain.beside_numpy = staticmethod(_beside_numpy)
