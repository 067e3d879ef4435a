"""What NumPy's functions give for arrays of entries: they are computed twice.

Once with the numbers themselves, which tells the dtype of a result or raises as the plain call
does, and once with the entries, which record. Every number that is written or given back is made
one of that dtype. Where both disagree, the very numbers are guards and NumPy's own answer is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import is_
from types import FunctionType
from typing import Any

from autodiff import rules
from autodiff.graph import Node
from autodiff.value import record

from .casts import HasValues, cast, exact, now, objects
from .entries import WIDER
from .plain import Plain
from .stands import Operand
from .trace import TraceError, active
from .traced import on
from .typed import (
    Typed,
    as_now,
    bare,
    each_of,
    entries,
    exactly_now,
    in_numbers,
    np,
    objects_of,
    of_kind,
    refuse_here,
    things_in,
    with_plain,
)
from .whole import TracedBool

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


class _Differs(Exception):
    """NumPy gives other answers for numbers than for objects."""


def _alone(thing: Operand) -> Operand:
    """The same, and a number in an array of its own, so that no function asks it again."""
    return objects([thing]).reshape(()) if isinstance(thing, Plain) else bare(thing)


def _bare_of(function: Operand, given: tuple[Any, dict[str, Operand]]) -> Operand:
    """What is passed to a function, with the entries themselves.

    Operators and methods make an array of a list, which would hold arrays.
    """
    if isinstance(function, FunctionType) or hasattr(function, "_implementation"):
        return each_of(_alone, given)
    args, named = given
    parts = [each_of(bare, x) if x.__class__ in (list, tuple) else _alone(x) for x in args]
    return parts, each_of(bare, named)


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
            return with_plain(made)
        if not isinstance(made, np.ndarray) or made.shape != wanted.shape:
            raise _Differs
        if made.dtype == object:
            _compare(wanted, in_numbers(now, made))
            return of_kind(made, wanted.dtype, fresh=fresh)
        _compare(wanted, made)
        # A place for floats may get a traced one, a place for ints asks for its number.
        return of_kind(made.astype(object), wanted.dtype)
    if isinstance(wanted, (float, int, np.generic)):
        _compare(np.asarray(wanted), now(made))
        return cast(made, type(wanted), fresh)
    if isinstance(wanted, (type, np.dtype)):
        return wanted
    if wanted is not None:  # a text, or a class of its own
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
            narrow = wanted.itemsize < 8
            close = 0.0 if narrow else _CLOSE
            agree = np.allclose(wanted, made.astype(float), close, close * size, True)
            if narrow and not agree:
                refuse_here(f"{wanted.dtype.name} arithmetic, which rounds,", WIDER)
    if not agree:
        raise _Differs


def computed(
    function: Callable[..., Operand], args: tuple[Operand, ...], named: dict[str, Operand]
) -> Operand:
    """What a function of NumPy gives for arrays of entries."""
    given = args, named
    if function in _OF_MEMORY:
        return function(*each_of(bare, args), **named)
    if isinstance(function, np.ufunc) and set("".join(function.types)) == _OBJECTS:
        return function(*each_of(objects_of, args), **named)  # numpy.frompyfunc
    if function in _WRITING:
        numbers, options = exactly_now(given)
        return function(*numbers, **options)
    arrays = things_in(Typed, given)
    if any(map(_is_called, things_in(object, given))):
        refuse_here(
            f"{function.__name__} of a function and an array",
            "call the function in a loop, and put the results together with numpy.stack",
        )
    twins = _Twins()
    try:
        numbers, options = each_of(twins.now, given)
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
        numbers, options = each_of(twins.exactly, given)
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
            return in_numbers(number, thing)
        if id(thing) not in self:
            self[id(thing)] = in_numbers(number, thing)
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
    return next((array for array in arrays if array.held is made), with_plain(made))


def _name(function: Operand) -> str:
    """The name of a function, method or ufunc."""
    owner = getattr(function, "__self__", None)
    return str((owner if isinstance(owner, np.ufunc) else function).__name__).strip("_")


def _ask_for_nan(tree: Operand) -> None:
    """Guards on which floats are nan, which some functions treat apart, but not in objects."""
    arrays = [array for array in things_in(Typed, tree) if array.kind.kind == "f"]
    found: list[Any] = [x for array in arrays for x in entries(array) if isinstance(x, Plain)]
    if len(found) > 1 and not math.isnan(sum([each._data for each in found])):
        found = [record(rules.sum_, tuple(found))]  # no nan if there is none among them
    for each in found:
        on(each).ask(each, "isnan")


def _refuse_objects(function: Operand, named: dict[str, Operand]) -> None:
    """Raise what NumPy raises where objects go into an array of numbers."""
    ufunc = getattr(function, "__self__", function)
    for out in named.get("out") or ():
        if isinstance(ufunc, np.ufunc) and isinstance(out, Typed):
            nothing = np.empty(0, object)
            ufunc(*[nothing] * ufunc.nin, out=np.empty(0, out.kind))


def _is_called(thing: Operand) -> bool:
    return callable(thing) and not isinstance(thing, (type, Node, Typed, np.ndarray))
