"""Arrays of entries inside a trace, which pass for arrays of the plain call's dtype.

Operators, functions and methods are computed as array_functions.py says. What NumPy would make of
such an array without a question about the dtype (`numpy.asarray`, `memoryview`) is refused.
"""

from __future__ import annotations

import contextlib
import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

from autodiff.complaints import is_inside
from autodiff.graph import Node

from .array_functions import computed
from .bytecode import beyond_numpy, is_asked_by_name
from .casts import HasValues, cast, objects
from .plain import Plain
from .stands import Operand, Stands
from .typed import Typed, as_now, bare, exactly_now, np, objects_of, of_kind, refuse_here

_NAN = float("nan")  # what NumPy writes for None
_MEMORY = "compute with the array itself, or take a copy: x.copy(), x.astype(float)"


class EntryArray(Typed, metaclass=Stands):
    """Entries of a NumPy array inside a trace: numbers with the arithmetic of their dtype."""

    __slots__ = ()
    stands_for: Any = np.ndarray
    __class__: Any = np.ndarray  # what isinstance looks at
    __array_finalize__ = None  # the engine knows arrays by it
    __hash__: Any = None

    def __array_ufunc__(
        self, ufunc: Operand, method: str, *args: Operand, **named: Operand
    ) -> Operand:
        return computed(getattr(ufunc, method) if method != "__call__" else ufunc, args, named)

    def __array_function__(
        self, function: Operand, types: object, args: Operand, named: Operand
    ) -> Operand:
        return computed(function, args, named)

    def __array__(self, dtype: Operand = None, copy: Operand = None) -> Operand:
        """The array of objects for the engine; nobody else can tell of which dtype it is."""
        if not is_inside(beyond_numpy(sys._getframe(1)).f_globals.get("__name__", "")):
            refuse_here(
                "an array is made of an array of a trace by numpy.asarray or the like,"
                " which would forget its dtype,",
                f"x is an array already: {_MEMORY}",
            )
        return self.held

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Iterator[Operand]:
        parts = iter(self.held)
        return parts if self.held.ndim == 1 else map(self._around, parts)

    def __contains__(self, thing: Operand) -> bool:
        return bool((self == thing).any())

    def _around(self, found: Operand) -> Operand:
        return type(self).around(found, self.kind) if isinstance(found, np.ndarray) else found

    def __getitem__(self, key: Operand) -> Operand:
        return self._around(self.held[key if key.__class__ is int else exactly_now(key)])

    def __setitem__(self, key: Operand, thing: Operand) -> None:
        key = exactly_now(key)
        with contextlib.suppress(HasValues):
            np.empty(self.held.shape, self.kind)[key] = as_now(thing)  # raises as the plain call
        if isinstance(thing, (Plain, Node, float, int, np.generic)):
            self.held[key] = cast(thing, self.kind.type)
        else:
            things = np.asarray(bare(thing), object)
            numbers = [_NAN if each is None else each for each in things.ravel().tolist()]
            found = [cast(each, self.kind.type) for each in numbers]
            self.held[key] = objects(found).reshape(things.shape) if things.ndim else found[0]

    def astype(self, dtype: Operand, *args: Operand, **named: Operand) -> Operand:
        """The entries as numbers of another dtype."""
        if np.dtype(dtype).kind not in "fiub":
            if np.dtype(dtype).kind == "O":
                return objects_of(self)
            return exactly_now(self).astype(dtype, *args, **named)
        numbers = as_now(self)
        if numbers.astype(dtype, *args, **named) is numbers:
            return self
        return of_kind(self.held.copy(order="K"), np.dtype(dtype))

    def view(self, *kinds: Operand) -> Operand:
        """The same memory."""
        if any(kind is not np.ndarray for kind in kinds):
            refuse_here("the memory of an array seen as another dtype", "use x.astype(...)")
        return self._around(self.held.view())

    @property
    def T(self) -> Operand:  # noqa: N802 - NumPy's name
        """Rows and columns exchanged."""
        return self._around(self.held.T)

    @property
    def real(self) -> Operand:
        """The same memory."""
        return self.view()

    @property
    def imag(self) -> Operand:
        """Zeros."""
        return np.zeros(self.held.shape, self.kind)

    @property
    def flat(self) -> Flat:
        """The entries one after the other."""
        return Flat(self)

    @flat.setter
    def flat(self, things: Operand) -> None:
        self.flat[:] = things

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one entry to the next."""
        size = self.held.itemsize
        return tuple([step // size * self.kind.itemsize for step in self.held.strides])

    def __getattr__(self, name: str) -> Operand:
        if not hasattr(np.ndarray, name) or not is_asked_by_name(sys._getframe(1), name):
            raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")
        refuse_here(f".{name} of an array", _MEMORY)

    def __bool__(self) -> bool:
        return bool(self.held)

    def __float__(self) -> float:
        return float(self.held.item() if self.held.size == 1 else self.held)

    def __int__(self) -> int:
        return int(self.held.item() if self.held.size == 1 else self.held)

    def __index__(self) -> int:
        return operator.index(exactly_now(self))

    def __complex__(self) -> complex:
        return complex(exactly_now(self))

    def __repr__(self) -> str:
        return repr(exactly_now(self))

    def __str__(self) -> str:
        return str(exactly_now(self))

    def __format__(self, spec: str) -> str:
        return format(exactly_now(self), spec)

    def __copy__(self) -> Operand:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Operand:
        return self.copy()

    def __reduce_ex__(self, protocol: Any) -> Operand:
        return exactly_now(self).__reduce_ex__(protocol)


class Flat:
    """The entries of an array one after the other, to be read and written; an iterator, too."""

    def __init__(self, array: EntryArray) -> None:
        self.base: EntryArray = array
        self._rest = iter(array.held.flat)

    def __iter__(self) -> Flat:
        return self

    def __next__(self) -> Operand:
        return next(self._rest)

    def __len__(self) -> int:
        return int(self.base.held.size)

    def copy(self) -> Operand:
        """An array of them."""
        return self.base.flatten()

    def __getitem__(self, key: Operand) -> Operand:
        return self.copy()[key]

    def __setitem__(self, key: Operand, thing: Operand) -> None:
        changed = self.copy()
        changed[key] = thing
        self.base.held.flat = bare(changed)

    def __getattr__(self, name: str) -> Operand:
        if name.startswith("__array"):
            refuse_here("numpy.asarray of x.flat", "use x.ravel()")
        raise AttributeError(name)


def _method(name: str) -> Callable[..., Operand]:
    def method(self: EntryArray, *args: Operand, **named: Operand) -> Operand:
        return computed(getattr(self.plain_kind, name), (self, *args), named)

    return method


def _operator(name: str) -> Callable[[Operand, Operand], Operand]:
    apply = getattr(operator, name)

    def forward(self: EntryArray, other: Operand) -> Operand:
        return computed(apply, (self, other), {})

    return forward


def _in_place(name: str, ufunc: str) -> Callable[[Operand, Operand], Operand]:
    apply, function = getattr(operator, name), getattr(np, ufunc)

    def in_place(self: EntryArray, other: Operand) -> Operand:
        if self.plain_kind is np.matrix:
            return computed(apply, (self, other), {})
        return computed(function, (self, other), {"out": (self,)})

    return in_place


def _reflected(name: str) -> Callable[[Operand, Operand], Operand]:
    apply = getattr(operator, name)

    def reflected(self: EntryArray, other: Operand) -> Operand:
        return computed(apply, (other, self), {})

    return reflected


def _ofnows(name: str) -> Callable[..., Operand]:
    def method(self: EntryArray, *args: Operand, **named: Operand) -> Operand:
        return getattr(exactly_now(self), name)(*args, **named)

    return method


def _about(name: str) -> property:
    def read(self: EntryArray) -> Operand:
        if is_inside(sys._getframe(1).f_globals.get("__name__", "")):
            return getattr(self.held, name)  # the engine sees an array of objects
        return getattr(np.empty(self.held.shape, self.kind), name)

    return property(read)


def _of_held(name: str) -> property:
    return property(
        lambda self: getattr(self.held, name),
        lambda self, wanted: setattr(self.held, name, wanted),
    )


_COMPUTING = (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "choose", "clip", "compress",
    "conj", "conjugate", "copy", "cumprod", "cumsum", "diagonal", "dot", "fill", "flatten", "item",
    "max", "mean", "min", "nonzero", "partition", "prod", "put", "ravel", "repeat", "reshape",
    "round", "searchsorted", "sort", "squeeze", "std", "sum", "swapaxes", "take", "tolist", "trace",
    "transpose", "var", "__divmod__", "__rdivmod__",
)  # fmt: skip
_BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "matmul": "matmul",
    "lshift": "left_shift", "rshift": "right_shift",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
for _name in _COMPUTING:
    setattr(EntryArray, _name, _method(_name))
for _name, _ufunc in _BINARY.items():
    _word = f"{_name}_" if _name in ("and", "or") else _name
    setattr(EntryArray, f"__{_name}__", _operator(_word))
    setattr(EntryArray, f"__r{_name}__", _reflected(_word))
    setattr(EntryArray, f"__i{_name}__", _in_place(f"i{_name}", _ufunc))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(EntryArray, f"__{_name}__", _operator(_name))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(EntryArray, f"__{_name}__", _method(f"__{_name}__"))
for _name in ("tobytes", "tofile", "dump", "dumps", "byteswap"):
    setattr(EntryArray, _name, _ofnows(_name))
for _name in ("dtype", "itemsize", "nbytes"):
    setattr(EntryArray, _name, _about(_name))
for _name in ("shape", "ndim", "size", "flags"):
    setattr(EntryArray, _name, _of_held(_name))


class EntryMatrix(EntryArray):
    """The same of NumPy's matrices."""

    __slots__ = ()
    stands_for = plain_kind = __class__ = np.matrix


Typed.around = staticmethod(
    lambda held, kind: (EntryMatrix if isinstance(held, np.matrix) else EntryArray)(held, kind)
)
