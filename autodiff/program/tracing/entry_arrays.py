"""Arrays of entries inside a trace: arrays of objects that have the dtype of the plain call.

NumPy computes twice: with the numbers themselves, which tells the dtype of a result or raises as
the plain call does, and with the entries, which record. Every number that is written or given back
is made one of that dtype. Where both disagree, the very numbers are guards and NumPy's own answer
is given.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Any

from autodiff.complaints import is_inside
from autodiff.graph import Node
from autodiff.program.numpy_types import numpy

from .bytecode import is_numpy
from .casts import HasValues, cast, exact, now, objects
from .entries import kind_of_entry
from .plain import Plain
from .stands import Operand
from .trace import active
from .whole import TracedBool

np: Any = numpy()  # who passes an array has it: nothing else imports this module
#: rounding of the same numbers in another order
_CLOSE = 1e-6


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


def _alone(thing: Operand) -> Operand:
    """The same, and a number in an array of its own, so that no ufunc asks it again."""
    return objects([thing]).reshape(()) if isinstance(thing, Plain) else bare(thing)


def _array(number: Callable[[Operand], Operand], thing: Operand) -> Operand:
    """An array of numbers in the place of one of entries, and a number in the place of an entry."""
    if isinstance(thing, Typed):
        made = np.array(list(map(number, thing.entries())), thing.kind).reshape(thing.shape)
        return made.view(thing.plain_kind)
    if isinstance(thing, np.ndarray) and thing.dtype == object:
        found = list(map(number, np.asarray(thing).ravel().tolist()))
        return np.array(found).reshape(thing.shape) if found else thing
    return number(thing)


_as_now = functools.partial(_each, functools.partial(_array, now))
exactly_now = functools.partial(_each, functools.partial(_array, exact))


def _typed(wanted: Operand, made: Operand, fresh: frozenset[int]) -> Operand:
    """What was made of entries, as the kind of thing that NumPy makes of numbers."""
    if wanted.__class__ in (list, tuple):
        if made.__class__ is not wanted.__class__ or len(made) != len(wanted):
            raise _Differs
        return wanted.__class__([_typed(w, m, fresh) for w, m in zip(wanted, made, strict=True)])
    if isinstance(wanted, np.ndarray):
        if wanted.dtype.kind not in "fiub":
            return made
        if not isinstance(made, np.ndarray) or made.shape != wanted.shape:
            raise _Differs
        if made.dtype == object:
            _compare(wanted, _array(now, made))
            return of_kind(made, wanted.dtype, fresh=fresh)
        _compare(wanted, made)
        # A place for floats may get a traced one, a place for ints asks for its number.
        return of_kind(made.astype(object), wanted.dtype)
    if isinstance(wanted, (float, int, np.generic)):
        _compare(np.asarray(wanted), now(made))
        return cast(made, type(wanted), fresh)
    if wanted is not None:  # a text, a dtype, or a class of its own
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


def of_kind(
    made: Operand, kind: Operand, *, real: bool = True, fresh: frozenset[int] = frozenset()
) -> Operand:
    """An array of objects as one of numbers of a dtype; a real one where ints stay what they are.

    The entries of another kind are changed in place.
    """
    flat = np.asarray(made).ravel().tolist()
    own = kind_of_entry(kind.type)
    if any(each.__class__ is not kind.type and type(each) is not own for each in flat):
        flat = [cast(each, kind.type, fresh) for each in flat]
        made.flat = objects(flat)
    if real and kind.kind != "f" and not any(isinstance(each, Node) for each in flat):
        return np.array(flat, kind).reshape(made.shape).view(type(made))
    typed: Any = made.view(EntryMatrix if isinstance(made, np.matrix) else EntryArray)
    typed.kind = kind
    return typed


def whole_kind(array: Operand) -> Operand:
    """The dtype of an array of ints or of truth values; None for floats and for others."""
    kind = getattr(array, "kind", None)
    return None if kind is None or kind.kind == "f" else kind


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
    change = _alone if isinstance(getattr(function, "__self__", function), np.ufunc) else bare
    called: list[Operand] = []
    _each(lambda each: called.append(each) if _is_called(each) else None, given)
    try:
        if called:  # a user's function is called once
            raise HasValues
        numbers, options = _as_now(given)
        with np.errstate(all="ignore"):
            wanted = function(*numbers, **options)
    except HasValues:
        _refuseobjects(function, named)
        things, options = _each(change, given)
        made = function(*things, **options)
        for array in arrays:
            _settle(array)
        return next((out for out in arrays if bare(out) is made), made)
    trace = active()
    start = 0 if trace is None else len(trace.nodes)
    things, options = _each(change, given)
    try:
        made = function(*things, **options)
        out = named.get("out")
        out = out[0] if out.__class__ is tuple else out
        for array in arrays:
            _settle(array)
        if isinstance(out, Typed):
            return out
        new = () if trace is None else trace.nodes[start:]
        fresh = frozenset(id(node) for node in new if not isinstance(node, TracedBool))
        return _typed(wanted, made, fresh)
    except (_Differs, TypeError, AttributeError) as error:
        if error.__class__ is not _Differs and any(array.kind.kind == "f" for array in arrays):
            raise
        numbers, options = exactly_now(given)
        return function(*numbers, **options)


def _refuseobjects(function: Operand, named: dict[str, Operand]) -> None:
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
        with contextlib.suppress(HasValues):
            np.empty(self.shape, self.kind)[key] = _as_now(thing)  # raises as the plain call does
        if isinstance(thing, (Plain, Node, float, int, np.generic)):
            bare(self)[key] = cast(thing, self.kind.type)
        else:
            things = np.asarray(bare(thing), object)
            found = [cast(each, self.kind.type) for each in things.ravel().tolist()]
            bare(self)[key] = objects(found).reshape(things.shape)

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


def _ofnows(name: str) -> Callable[..., Operand]:
    def method(self: Typed, *args: Operand, **named: Operand) -> Operand:
        return getattr(exactly_now(self), name)(*args, **named)

    return method


def _about(name: str) -> property:
    def read(self: Typed) -> Operand:
        if _seesobjects():
            return getattr(bare(self), name)
        return getattr(np.empty(self.shape, self.kind), name)

    return property(read)


def _seesobjects() -> bool:
    """Whether NumPy or the engine asks, which see an array of objects."""
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
    setattr(Typed, _name, _ofnows(_name))
for _name in ("dtype", "itemsize", "nbytes"):
    setattr(Typed, _name, _about(_name))


def _class(name: str, base: Any) -> Any:
    """The class of such arrays that passes for one of NumPy's."""
    return type(name, (Typed, base), {"plain_kind": base, "__module__": "numpy"})


EntryArray, EntryMatrix = _class("ndarray", np.ndarray), _class("matrix", np.matrix)
