"""What NumPy's functions give for arrays of entries: they are computed twice.

Once with the numbers themselves, which tells the dtype of a result or raises as the plain call
does, and once with the entries, which record. Every number that is written or given back is made
one of that dtype. Where both disagree, the very numbers are guards and NumPy's own answer is given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import is_
from types import FunctionType
from typing import Any, NoReturn

from autodiff.complaints import caller
from autodiff.graph import Node
from autodiff.program.numpy_types import numpy

from .casts import HasValues, cast, exact, now, objects
from .entries import WIDER, Entry, kind_of_entry
from .plain import Plain
from .stands import Operand
from .trace import TraceError, active, refuse
from .traced import on
from .whole import TracedBool

np: Any = numpy()  # who passes an array has it: nothing else imports this module
#: rounding of the same numbers in another order
_CLOSE = 1e-6
#: functions that make nan of nan, and those that only move numbers
_PASS_NAN_ON = frozenset(
    "add subtract multiply divide true_divide floor_divide remainder divmod power float_power "
    "matmul sub mul truediv floordiv mod pow iadd imul neg pos abs absolute negative positive "
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt square sin cos tan arcsin arccos arctan sinh "
    "cosh tanh arcsinh arccosh arctanh arctan2 hypot degrees radians deg2rad rad2deg reciprocal "
    "floor ceil trunc rint round around fix sum prod mean average std var cumsum cumprod diff dot "
    "vdot inner outer tensordot einsum kron cross convolve correlate trace trapezoid "
    "eq ne lt le gt ge equal not_equal less less_equal greater greater_equal where select "
    "all any nonzero item tolist copy copyto fill put reshape ravel flatten transpose swapaxes "
    "moveaxis squeeze expand_dims diagonal diag tril triu flip fliplr flipud rot90 roll repeat "
    "tile resize take take_along_axis put_along_axis compress choose concatenate stack hstack "
    "vstack dstack column_stack block append insert delete split array_split hsplit vsplit "
    "broadcast_to broadcast_arrays atleast_1d atleast_2d atleast_3d meshgrid pad shape size ndim "
    "zeros_like ones_like empty_like full_like real conj conjugate sliding_window_view".split()
)
#: functions that ask where numbers lie
_OF_MEMORY = (np.shares_memory, np.may_share_memory)
_OBJECTS = set("O->")  # of the types of functions of objects
#: functions that must run once
_WRITING = (np.save, np.savetxt, np.savez, np.savez_compressed)


class Typed:
    """Entries of an array inside a trace: an array of objects, and the dtype of the plain call.

    It is no array of NumPy's own, so that NumPy must ask before it takes the objects out.
    """

    __slots__ = ("__weakref__", "held", "kind")
    plain_kind: Any = np.ndarray
    #: makes one for an array of objects; see entry_arrays.py
    around: Callable[[Any, Any], Any]

    def __init__(self, held: Operand, kind: Operand) -> None:
        self.held, self.kind = held, kind


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
    return thing.held if isinstance(thing, Typed) else thing


def _alone(thing: Operand) -> Operand:
    """The same, and a number in an array of its own, so that no function of NumPy's asks it again."""
    return objects([thing]).reshape(()) if isinstance(thing, Plain) else bare(thing)


def _bare_of(function: Operand, given: tuple[Any, dict[str, Operand]]) -> Operand:
    """What is passed to a function, with the entries themselves.

    Operators and methods make an array of a list, which would hold arrays.
    """
    if isinstance(function, FunctionType) or hasattr(function, "_implementation"):
        return _each(_alone, given)
    args, named = given
    parts = [_each(bare, x) if x.__class__ in (list, tuple) else _alone(x) for x in args]
    return parts, _each(bare, named)


def entries(array: Operand) -> list[Operand]:
    """The entries from the first to the last."""
    found = np.asarray(bare(array)).ravel().tolist()
    return [x.item() if x.__class__ is np.ndarray else x for x in found]


def _array(number: Callable[[Operand], Operand], thing: Operand) -> Operand:
    """An array of numbers in the place of one of entries, and a number in the place of an entry."""
    if isinstance(thing, Typed):
        made = np.empty_like(thing.held, thing.kind)
        made[...] = np.array(list(map(number, entries(thing))), thing.kind).reshape(made.shape)
        return made
    if isinstance(thing, np.ndarray) and thing.dtype == object:
        found = list(map(number, entries(thing)))
        return np.array(found).reshape(thing.shape) if found else thing
    if isinstance(thing, np.ndarray) and number is now:
        return thing.copy(order="K")  # it may be written to, and will be once more
    return number(thing)


as_now = functools.partial(_each, functools.partial(_array, now))
exactly_now = functools.partial(_each, functools.partial(_array, exact))


def _typed(wanted: Operand, made: Operand, fresh: frozenset[int]) -> Operand:
    """What was made of entries, as the kind of thing that NumPy makes of numbers."""
    made = bare(made)
    if isinstance(wanted, (list, tuple)):
        if made.__class__ is not wanted.__class__ or len(made) != len(wanted):
            raise _Differs
        parts = [_typed(w, m, fresh) for w, m in zip(wanted, made, strict=True)]
        kind: Any = wanted.__class__
        return kind._make(parts) if hasattr(kind, "_make") else kind(parts)
    if isinstance(wanted, np.ndarray):
        if wanted.dtype.kind not in "fiub":
            return _plain(made)
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
    if isinstance(wanted, str) and wanted != made:
        raise _Differs
    return wanted if isinstance(wanted, (type, np.dtype)) else made


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
            narrow = wanted.itemsize < 8
            close = 0.0 if narrow else _CLOSE
            agree = np.allclose(wanted, made.astype(float), close, close * size, True)
            if narrow and not agree:
                refuse_here(f"{wanted.dtype.name} arithmetic, which rounds,", WIDER)
    if not agree:
        raise _Differs


def of_kind(
    made: Operand, kind: Operand, *, real: bool = True, fresh: frozenset[int] = frozenset()
) -> Operand:
    """An array of objects as one of numbers of a dtype; a real one where ints stay what they are.

    The entries of another kind are changed in place.
    """
    flat = entries(made)
    own = kind_of_entry(kind.type)
    if any(each.__class__ is not kind.type and type(each) is not own for each in flat):
        flat = [cast(each, kind.type, fresh) for each in flat]
        made.flat = objects(flat)
    # A part of another array stays one, as what is written into it is to be seen in both.
    whole = real and kind.kind != "f" and made.base is None
    if whole and not any(isinstance(each, Node) for each in flat):
        return np.array(flat, kind).reshape(made.shape).view(type(made))
    return Typed.around(made, kind)


def computed(
    function: Callable[..., Operand], args: tuple[Operand, ...], named: dict[str, Operand]
) -> Operand:
    """What a function of NumPy gives for arrays of entries."""
    given = args, named
    if function in _OF_MEMORY:
        return function(*_each(bare, args), **named)
    if isinstance(function, np.ufunc) and set("".join(function.types)) == _OBJECTS:
        return function(*_each(objects_of, args), **named)  # numpy.frompyfunc
    if function in _WRITING:
        numbers, options = exactly_now(given)
        return function(*numbers, **options)
    arrays = _found(Typed, given)
    if any(map(_is_called, _found(object, given))):
        refuse_here(
            f"{function.__name__} of a function and an array",
            "call the function in a loop, and put the results together with numpy.stack",
        )
    twins = _Twins()
    try:
        numbers, options = _each(twins.now, given)
    except HasValues:
        return _with_values(function, given, arrays)
    before = [(array, entries(array), twins[id(array)].copy()) for array in arrays]
    with np.errstate(all="ignore"):
        wanted = function(*numbers, **options)  # raises as the plain call does
    trace = active()
    start = 0 if trace is None else len(trace.nodes)
    things, options = _bare_of(function, given)
    try:
        if _name(function) not in _PASS_NAN_ON:
            _ask_for_nan(given)
        made = function(*things, **options)
        for array, held, number in before:
            twin = twins[id(array)]
            if not all(map(is_, held, entries(array))):
                of_kind(array.held, array.kind)  # what was written is a number of its dtype
                _compare(twin, as_now(array))
            elif twin.tobytes() != number.tobytes():
                raise _Differs
        given_back = next((array for array in arrays if twins[id(array)] is wanted), None)
        if given_back is not None:
            return given_back
        new = () if trace is None else trace.nodes[start:]
        fresh = frozenset(id(node) for node in new if not isinstance(node, TracedBool))
        return _typed(wanted, made, fresh)
    except TraceError:
        raise
    except (_Differs, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        unknown = isinstance(error, (TypeError, AttributeError))
        if unknown and any(array.kind.kind == "f" for array in arrays):
            raise
        for array, held, _ in before:
            array.held.flat = objects(held)
        twins.clear()
        numbers, options = _each(twins.exactly, given)
        wanted = function(*numbers, **options)
        for array, _, number in before:
            twin = twins[id(array)]
            if twin.tobytes() != number.tobytes():
                array.held.flat = objects(list(twin.ravel()))
        return next((array for array in arrays if twins[id(array)] is wanted), wanted)


class _Twins(dict[int, Any]):
    """By the id of an array of entries, the array of their numbers that stands for it."""

    def _twin(self, number: Callable[[Operand], Operand], thing: Operand) -> Operand:
        if not isinstance(thing, Typed):
            return _array(number, thing)
        if id(thing) not in self:
            self[id(thing)] = _array(number, thing)
        return self[id(thing)]

    def now(self, thing: Operand) -> Operand:
        """What stands for a thing, without a guard."""
        return self._twin(now, thing)

    def exactly(self, thing: Operand) -> Operand:
        """The same with guards."""
        return self._twin(exact, thing)


def _with_values(function: Callable[..., Operand], given: Operand, arrays: list[Typed]) -> Operand:
    """The same where Values take part: the plain call has objects, too."""
    _refuse_objects(function, given[1])
    things, options = _bare_of(function, given)
    made = function(*things, **options)
    for array in arrays:
        of_kind(array.held, array.kind)
    return next((array for array in arrays if array.held is made), _plain(made))


def objects_of(thing: Operand) -> Operand:
    """An array of entries as NumPy makes it one of objects."""
    return _plain(thing.held.copy()) if isinstance(thing, Typed) else thing


def _plain(made: Operand) -> Operand:
    """An array of objects whose numbers are Python's."""
    if isinstance(made, np.ndarray) and made.dtype == object:
        flat = entries(made)
        if any(isinstance(each, Entry) for each in flat):
            made.flat = objects([
                cast(each, type(each.kind.type(0).item())) if isinstance(each, Entry) else each
                for each in flat
            ])  # fmt: skip
    return made


def _name(function: Operand) -> str:
    """The name of a function, method or ufunc."""
    owner = getattr(function, "__self__", None)
    return str((owner if isinstance(owner, np.ufunc) else function).__name__).strip("_")


def _ask_for_nan(tree: Operand) -> None:
    """Guards on which floats are nan: NumPy's functions treat them apart, those of objects do not."""
    for array in _found(Typed, tree):
        for each in entries(array) if array.kind.kind == "f" else ():
            if isinstance(each, Plain):
                on(each).ask(each, "isnan")


def _refuse_objects(function: Operand, named: dict[str, Operand]) -> None:
    """Raise what NumPy raises where objects go into an array of numbers."""
    ufunc = getattr(function, "__self__", function)
    for out in named.get("out") or ():
        if isinstance(ufunc, np.ufunc) and isinstance(out, Typed):
            nothing = np.empty(0, object)
            ufunc(*[nothing] * ufunc.nin, out=np.empty(0, out.kind))


def _found(kind: type, tree: Operand) -> list[Operand]:
    """The things of a kind in what is passed to a function."""
    found: list[Operand] = []
    _each(lambda each: found.append(each) if isinstance(each, kind) else None, tree)
    return found


def _is_called(thing: Operand) -> bool:
    return callable(thing) and not isinstance(thing, (type, Node, Typed, np.ndarray))


def refuse_here(what: str, remedy: str) -> NoReturn:
    """TraceError at the user's line."""
    trace = active()
    if trace is None:
        refuse()
    trace.refuse(caller(), what, remedy)
