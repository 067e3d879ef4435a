"""Arrays of entries: arrays of objects that know the dtype of the plain call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from autodiff.complaints import caller
from autodiff.graph import Node
from autodiff.program.numpy_types import numpy

from .casts import cast, exact, now, objects
from .entries import Entry, kind_of_entry
from .stands import Operand
from .trace import active, refuse

np: Any = numpy()  # who passes an array has it: nothing else imports this module


class Typed:
    """Entries of an array inside a trace: an array of objects, and the dtype of the plain call.

    It is no array of NumPy's own, so that NumPy must ask before it takes the objects out.
    """

    __slots__ = ("__weakref__", "held", "kind")
    held: Operand
    kind: Operand
    plain_kind: Any = np.ndarray
    #: makes one for an array of objects; see entry_arrays.py
    around: Callable[[Any, Any], Any]

    def __init__(self, held: Operand, kind: Operand) -> None:
        self.held, self.kind = held, kind


def each_of(change: Callable[[Operand], Operand], tree: Operand) -> Operand:
    """What is passed to a function, with arrays and numbers changed."""
    if tree.__class__ in (list, tuple):
        return tree.__class__([each_of(change, part) for part in tree])
    if tree.__class__ is dict:
        return {key: each_of(change, part) for key, part in tree.items()}
    return change(tree)


def bare(thing: Operand) -> Operand:
    """An array of entries as an array of objects, which shares them."""
    return thing.held if isinstance(thing, Typed) else thing


def entries(array: Operand) -> list[Operand]:
    """The entries from the first to the last."""
    found = np.asarray(bare(array)).ravel().tolist()
    return [x.item() if x.__class__ is np.ndarray else x for x in found]


def in_numbers(number: Callable[[Operand], Operand], thing: Operand) -> Operand:
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


as_now: Callable[[Operand], Operand] = functools.partial(
    each_of, functools.partial(in_numbers, now)
)
exactly_now: Callable[[Operand], Operand] = functools.partial(
    each_of, functools.partial(in_numbers, exact)
)


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


def objects_of(thing: Operand) -> Operand:
    """An array of entries as NumPy makes it one of objects."""
    return with_plain(thing.held.copy()) if isinstance(thing, Typed) else thing


def with_plain(made: Operand) -> Operand:
    """An array of objects whose numbers are Python's."""
    if isinstance(made, np.ndarray) and made.dtype == object:
        flat = entries(made)
        if any(isinstance(each, Entry) for each in flat):
            made.flat = objects([
                cast(each, type(each.kind.type(0).item())) if isinstance(each, Entry) else each
                for each in flat
            ])  # fmt: skip
    return made


def things_in(kind: type, tree: Operand) -> list[Operand]:
    """The things of a kind in what is passed to a function."""
    found: list[Operand] = []
    each_of(lambda each: found.append(each) if isinstance(each, kind) else None, tree)
    return found


def refuse_here(what: str, remedy: str) -> NoReturn:
    """TraceError at the user's line."""
    trace = active()
    if trace is None:
        refuse()
    trace.refuse(caller(), what, remedy)
