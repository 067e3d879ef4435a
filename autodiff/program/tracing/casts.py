"""Numbers made numbers of another dtype inside a trace, as NumPy makes them."""

from __future__ import annotations

from typing import Any

from autodiff import rules
from autodiff.graph import Node
from autodiff.program.numpy_types import numpy
from autodiff.value import Value, record

from .entries import kind_of_entry
from .guard_questions import LARGEST_WHOLE
from .plain import Plain, TracedFloat
from .stands import Answer, Operand
from .traced import become, on
from .whole import TracedBool, TracedInt

np: Any = numpy()  # who passes an array has it: nothing else imports this module
_PYTHON = {float: TracedFloat, int: TracedInt, bool: TracedBool}


class HasValues(Exception):
    """A Value takes part: the plain call has an array of objects, too."""


def now(thing: Operand) -> Operand:
    """The number of an entry as it is now; no guard."""
    if isinstance(thing, Plain):
        whole = isinstance(thing, TracedInt)
        return type(thing).stands_for(int(thing._data) if whole else thing._data)
    if isinstance(thing, Node):
        raise HasValues
    return thing


def exact(thing: Operand) -> Operand:
    """The same with a guard."""
    return thing._number() if isinstance(thing, Plain) else thing


def cast(thing: Operand, kind: type, fresh: frozenset[int] = frozenset()) -> Answer:
    """A number as NumPy (or Python) makes it one of another kind.

    One that nobody else holds yet, of `fresh` ids, is changed itself.
    """
    if thing is None:  # what np.empty has in an array of objects, and nan among floats
        return kind(np.nan if np.dtype(kind).kind == "f" else 0)
    if not isinstance(thing, Plain):
        return kind(float(thing)) if isinstance(thing, Value) else kind(thing)  # a Value refuses
    mine = type(thing).stands_for
    if mine is kind:
        return thing
    before, after = np.dtype(mine), np.dtype(kind)
    if before.kind == "f" and after.kind in "iu":
        return kind(int(thing))  # a guard on what NumPy cuts off
    if after.kind == "b":
        return kind(bool(thing))
    if not np.can_cast(before, after):
        return kind(thing._number())
    trace = on(thing)
    made = thing if id(thing) in fresh else record(rules.identity, (thing,))
    become(made, _PYTHON.get(kind) or kind_of_entry(after.type))
    if isinstance(made, TracedInt):
        trace.bounds[id(made)] = trace.bounds.get(id(thing), LARGEST_WHOLE)
    if id(thing) in trace.known:
        trace.known.add(id(made))
    return made


def objects(found: list[Operand]) -> Operand:
    """An array of these, whatever they are."""
    made = np.empty(len(found), object)
    for at, each in enumerate(found):
        made[at] = each
    return made
