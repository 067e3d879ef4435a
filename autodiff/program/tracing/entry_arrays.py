"""Arrays of entries inside a trace: arrays of objects that have the dtype of the plain call.

NumPy computes twice: with the numbers themselves, which tells the dtype of a result or raises as
the plain call does, and with the entries, which record. Every number that is written or given back
is made one of that dtype. Where both disagree, the very numbers are guards and NumPy's own answer
is given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff import rules
from autodiff.graph import Node
from autodiff.value import record

from .entries import Whole, is_numpy, kind_of_entry
from .guard_questions import LARGEST_WHOLE
from .plain import Plain, TracedFloat
from .stands import Answer, Operand
from .traced import become, on
from .whole import TracedBool, TracedInt

_PYTHON = {float: TracedFloat, int: TracedInt, bool: TracedBool}
#: rounding of the same numbers in another order
_CLOSE = 1e-6


class _HasValues(Exception):
    """A Value takes part: the plain call has an array of objects, too."""


class _Differs(Exception):
    """NumPy gives other answers for numbers than for objects."""


def _each(change: Callable[[Operand], Operand], tree: Operand) -> Operand:
    """What is passed to a function, with arrays and numbers changed."""
    if tree.__class__ in (list, tuple):
        return tree.__class__([_each(change, part) for part in tree])
    if tree.__class__ is dict:
        return {key: _each(change, part) for key, part in tree.items()}
    return change(tree)


def bare(thing: Operand) -> Operand:
    """An array of entries as an array of objects, which shares them."""
    return thing.view(thing.plain_kind) if isinstance(thing, Typed) else thing


def _number(thing: Operand) -> Operand:
    """The number of an entry as it is now; no guard."""
    if isinstance(thing, Plain):
        whole = isinstance(thing, TracedInt)
        return type(thing).stands_for(int(thing._data) if whole else thing._data)
    if isinstance(thing, Node):
        raise _HasValues
    return thing


def _exact(thing: Operand) -> Operand:
    """The same with a guard."""
    return thing._number() if isinstance(thing, Plain) else thing


def _array(number: Callable[[Operand], Operand], thing: Operand) -> Operand:
    """An array of numbers in the place of one of entries, and a number in the place of an entry."""
    if isinstance(thing, Typed):
        made = np.array(list(map(number, thing.entries())), thing.kind).reshape(thing.shape)
        return made.view(thing.plain_kind)
    if isinstance(thing, np.ndarray) and thing.dtype == object:
        found = list(map(number, np.asarray(thing).ravel().tolist()))
        return np.array(found).reshape(thing.shape) if found else thing
    return number(thing)


_as_now = functools.partial(_each, functools.partial(_array, _number))
exactly_now = functools.partial(_each, functools.partial(_array, _exact))


def cast(thing: Operand, kind: type) -> Answer:
    """A number as NumPy (or Python) makes it one of another kind."""
    if thing is None:  # what np.empty has in an array of objects
        return kind(0)
    if not isinstance(thing, Plain):
        return float(thing) if isinstance(thing, Node) else kind(thing)  # a Value refuses
    mine = type(thing).stands_for
    if mine is kind:
        return thing
    before, after = np.dtype(mine), np.dtype(kind)
    if before.kind == "f" and after.kind in "iu":
        return kind(int(thing))  # a guard on what NumPy cuts off
    if after.kind == "b":
        return kind(bool(thing))
    if not np.can_cast(before, after) and not (after.kind == "f" and after.itemsize == 8):
        return kind(thing._number())
    made = record(rules.identity, (thing,))
    trace = on(made)
    become(made, _PYTHON.get(kind) or kind_of_entry(after.type))
    if isinstance(made, TracedInt):
        trace.bounds[id(made)] = trace.bounds.get(id(thing), LARGEST_WHOLE)
    if id(thing) in trace.known:
        trace.known.add(id(made))
    return made


def _typed(wanted: Operand, made: Operand) -> Operand:
    """What was made of entries, as the kind of thing that NumPy makes of numbers."""
    if wanted.__class__ in (list, tuple):
        if made.__class__ is not wanted.__class__ or len(made) != len(wanted):
            raise _Differs
        return wanted.__class__([_typed(w, m) for w, m in zip(wanted, made, strict=True)])
    if isinstance(wanted, np.ndarray):
        if wanted.dtype.kind not in "fiub":
            return made
        if not isinstance(made, np.ndarray) or made.shape != wanted.shape:
            raise _Differs
        if made.dtype == object:
            _compare(wanted, _array(_number, made))
            return of_kind(made, wanted.dtype)
        _compare(wanted, made)
        # A place for floats may get a traced one, a place for ints asks for its number.
        return of_kind(made.astype(object), wanted.dtype)
    if isinstance(wanted, (float, int, np.generic)):
        _compare(np.asarray(wanted), _number(made))
        return cast(made, type(wanted))
    if isinstance(wanted, str) and wanted != made:
        raise _Differs
    return made


def _compare(wanted: Operand, made: Operand) -> None:
    """Raise where numbers differ by more than the rounding of the same ones in another order."""
    if wanted.dtype.kind not in "fiub" or not wanted.size:
        return
    wanted, made = np.asarray(wanted), np.asarray(made)
    if made.dtype == object:  # np.empty
        return
    with np.errstate(all="ignore"):
        if wanted.dtype.kind != "f":
            agree = np.array_equal(wanted, made)
        else:
            size = np.max(np.abs(wanted), initial=1.0, where=np.isfinite(wanted))
            agree = np.allclose(wanted, made.astype(float), _CLOSE, _CLOSE * size, True)
    if not agree:
        raise _Differs


def of_kind(made: Operand, kind: Operand, *, real: bool = True) -> Operand:
    """An array of objects as one of numbers of a dtype; a real one where ints stay what they are.

    The entries of another kind are changed in place.
    """
    flat = np.asarray(made).ravel().tolist()
    own = kind_of_entry(kind.type)
    if any(each.__class__ is not kind.type and type(each) is not own for each in flat):
        flat = [cast(each, kind.type) for each in flat]
        made.flat = _objects(flat)
    if real and kind.kind != "f" and not any(isinstance(each, Node) for each in flat):
        return np.array(flat, kind).reshape(made.shape).view(type(made))
    typed: Any = made.view(EntryMatrix if isinstance(made, np.matrix) else EntryArray)
    typed.kind = kind
    return typed


def whole_kind(array: Operand) -> Operand:
    """The dtype of an array of ints or of truth values; None for floats and for others."""
    kind = getattr(array, "kind", None)
    return None if kind is None or kind.kind == "f" else kind


def _objects(found: list[Operand]) -> Operand:
    made = np.empty(len(found), object)
    for at, each in enumerate(found):
        made[at] = each
    return made


def _settle(array: Typed) -> None:
    """What a function wrote into an array becomes numbers of its dtype."""
    of_kind(bare(array), array.kind)


def _arrays_in(tree: Operand) -> list[Typed]:
    found: list[Typed] = []
    _each(lambda each: found.append(each) if isinstance(each, Typed) else None, tree)
    return found


def _is_called(thing: Operand) -> bool:
    return callable(thing) and not isinstance(thing, (type, Node, np.ndarray))


def computed(
    function: Callable[..., Operand], args: tuple[Operand, ...], named: dict[str, Operand]
) -> Operand:
    """What a function of NumPy gives for arrays of entries."""
    given = args, named
    arrays = _arrays_in(given)
    called: list[Operand] = []
    _each(lambda each: called.append(each) if _is_called(each) else None, given)
    try:
        if called:  # a user's function is called once
            raise _HasValues
        numbers, options = _as_now(given)
        with np.errstate(all="ignore"):
            wanted = function(*numbers, **options)
    except _HasValues:
        _refuse_objects(function, named)
        things, options = _each(bare, given)
        made = function(*things, **options)
        for array in arrays:
            _settle(array)
        return next((out for out in arrays if bare(out) is made), made)
    things, options = _each(bare, given)
    try:
        made = function(*things, **options)
        out = named.get("out")
        out = out[0] if out.__class__ is tuple else out
        for array in arrays:
            _settle(array)
        if isinstance(out, Typed):
            return out
        return _typed(wanted, made)
    except (_Differs, TypeError, AttributeError) as error:
        if error.__class__ is not _Differs and any(array.kind.kind == "f" for array in arrays):
            raise
        numbers, options = exactly_now(given)
        return function(*numbers, **options)


def _refuse_objects(function: Operand, named: dict[str, Operand]) -> None:
    """Raise what NumPy raises where objects go into an array of numbers."""
    ufunc = getattr(function, "__self__", function)
    for out in named.get("out") or ():
        if isinstance(ufunc, np.ufunc) and isinstance(out, Typed):
            nothing = np.empty(0, object)
            ufunc(*[nothing] * ufunc.nin, out=np.empty(0, out.kind))


class Typed:
    """What arrays and matrices of entries have in common."""

    kind: Any
    plain_kind: Any = np.ndarray
    view: Any
    shape: Any

    def __array_finalize__(self, other: Operand) -> None:
        super().__array_finalize__(other)  # type: ignore[misc]  # mixed in before an array
        self.kind = getattr(other, "kind", None)

    def entries(self) -> list[Operand]:
        """The entries from the first to the last."""
        return np.asarray(self).ravel().tolist()  # type: ignore[no-any-return]  # NumPy's list

    def __array_ufunc__(
        self, ufunc: Operand, method: str, *args: Operand, **named: Operand
    ) -> Operand:
        return computed(getattr(ufunc, method) if method != "__call__" else ufunc, args, named)

    def __array_function__(
        self, function: Operand, types: object, args: Operand, named: Operand
    ) -> Operand:
        return computed(function, args, named)

    def __getitem__(self, key: Operand) -> Operand:
        return super().__getitem__(exactly_now(key))  # type: ignore[misc]  # mixed in before an array

    def __setitem__(self, key: Operand, thing: Operand) -> None:
        key = exactly_now(key)
        try:
            np.empty(self.shape, self.kind)[key] = _as_now(thing)  # raises as the plain call does
        except _HasValues:
            pass
        if isinstance(thing, (Plain, Node, float, int, np.generic)):
            bare(self)[key] = cast(thing, self.kind.type)
        else:
            things = np.asarray(bare(thing), object)
            found = [cast(each, self.kind.type) for each in things.ravel().tolist()]
            bare(self)[key] = _objects(found).reshape(things.shape)

    def astype(self, dtype: Operand, *args: Operand, **named: Operand) -> Operand:
        """The entries as numbers of another dtype."""
        if np.dtype(dtype).kind not in "fiub":
            return exactly_now(self).astype(dtype, *args, **named)
        _as_now(self).astype(dtype, *args, **named)
        made = bare(self).copy()
        return of_kind(made, np.dtype(dtype))

    def __copy__(self) -> Operand:
        return self.copy()  # type: ignore[attr-defined]  # an array's

    def __deepcopy__(self, memo: object) -> Operand:
        return self.copy()  # type: ignore[attr-defined]  # an array's


def _method(name: str) -> Callable[..., Operand]:
    def method(self: Typed, *args: Operand, **named: Operand) -> Operand:
        return computed(getattr(self.plain_kind, name), (self, *args), named)

    return method


def _of_numbers(name: str) -> Callable[..., Operand]:
    def method(self: Typed, *args: Operand, **named: Operand) -> Operand:
        return getattr(exactly_now(self), name)(*args, **named)

    return method


def _about(name: str) -> property:
    def read(self: Typed) -> Operand:
        if is_numpy_or_engine():
            return getattr(bare(self), name)
        return getattr(np.empty(self.shape, self.kind), name)

    return property(read)


def is_numpy_or_engine() -> bool:
    """Whether NumPy or the engine asks, which see an array of objects."""
    import sys

    from autodiff.complaints import is_inside

    frame = sys._getframe(2)
    return is_numpy(frame) or is_inside(frame.f_globals.get("__name__", ""))


_COMPUTING = (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "clip", "compress", "conj",
    "conjugate", "cumprod", "cumsum", "diagonal", "dot", "fill", "item", "max", "mean", "min",
    "nonzero", "partition", "prod", "put", "repeat", "round", "searchsorted", "sort", "std",
    "sum", "take", "tolist", "trace", "var", "choose",
)  # fmt: skip
for _name in _COMPUTING:
    setattr(Typed, _name, _method(_name))
for _name in ("tobytes", "tofile", "dump", "dumps", "__reduce__", "byteswap"):
    setattr(Typed, _name, _of_numbers(_name))
for _name in ("dtype", "itemsize", "nbytes"):
    setattr(Typed, _name, _about(_name))


def _class(name: str, base: Any) -> Any:
    """The class of such arrays that passes for one of NumPy's."""
    return type(name, (Typed, base), {"plain_kind": base, "__module__": "numpy"})


EntryArray, EntryMatrix = _class("ndarray", np.ndarray), _class("matrix", np.matrix)
