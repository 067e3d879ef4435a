"""What the objects among the arguments hold, which a traced function gets as they are.

Lists, dicts and arrays are rebuilt for a trace, so what the function does to them is seen and does
no harm. Other objects, what lies in their attributes, and generators of random numbers are the
caller's own: what they held is kept, compared when the function has returned, and put back where
the call is refused or is run again as it is.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable
from enum import Enum
from functools import partial
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NamedTuple

from autodiff.extras import require
from autodiff.graph import Node
from autodiff.trees import opened

from .statics import PLAIN, exactly, is_constant

_MISSING = object()
_HEAP_TYPE = 1 << 9  # of classes that are written in Python
_NUMBERS = frozenset((float, complex, range, slice)) | PLAIN
_LEFT_ALONE: tuple[type, ...] = (Node, type, Enum, FunctionType, ModuleType)
#: so many objects, and containers in them, are looked at
_MOST = 100_000


class _Look(NamedTuple):
    """How to see what a kind of thing holds, and how to put that back."""

    see: Callable[[Any], list[Any]]
    put: Callable[[Any, list[Any]], None]


class Objects:
    """The objects among the arguments of a call, as they are before it.

    With `containers`, also the lists, dicts and arrays that hold them.
    """

    def __init__(self, args: Any, *, containers: bool = False) -> None:
        self._kept: list[tuple[Any, _Look, list[Any]]] = []
        pending: deque[tuple[Any, bool]] = deque([(args, containers)])
        seen: set[int] = set()
        while pending and len(self._kept) < _MOST:
            thing, inside = pending.popleft()
            look = None if id(thing) in seen else _look(thing)
            if look is None:
                continue
            seen.add(id(thing))
            held = look.see(thing)
            inside = inside or not _is_rebuilt(thing)
            if inside:
                self._kept.append((thing, look, held))
            pending += [(x, inside) for x in held if x.__class__ not in _NUMBERS]

    def changed(self) -> Any:
        """Something that holds other things by now; None where all is as it was."""
        for thing, look, held in self._kept:
            if not _same(held, look.see(thing)):
                return thing
        return None

    def restore(self) -> None:
        """Put back what was there."""
        for thing, look, held in self._kept:
            if not _same(held, look.see(thing)):
                look.put(thing, held)


def _is_rebuilt(thing: Any) -> bool:
    """Whether a trace gets a container of its own in the place of an argument."""
    kind = type(thing)
    return (
        opened(thing) is not None or kind in (set, bytearray) or hasattr(kind, "__array_finalize__")
    )


def _same(held: list[Any], now: list[Any]) -> bool:
    return len(held) == len(now) and all(
        a is b or (a.__class__ in _NUMBERS and exactly(a) == exactly(b))
        for a, b in zip(held, now, strict=True)
    )


def _look(thing: Any) -> _Look | None:
    """How to look at a thing; None where it holds nothing that may change."""
    kind = thing.__class__
    if kind in _NUMBERS or isinstance(thing, _LEFT_ALONE) or is_constant(kind):
        return None
    if kind.__module__.startswith("autodiff.program."):
        return None  # a compiled function, which traces when it likes
    if kind is MethodType or kind is partial:
        return _CALLED
    if isinstance(thing, random.Random) or _source(thing) is not None:
        return _RANDOM
    if isinstance(thing, dict):
        return _DICT
    if isinstance(thing, (list, deque, set, bytearray)):
        return _ITEMS
    if isinstance(thing, tuple):
        return _TUPLE
    if hasattr(kind, "__array_finalize__"):
        return _ARRAY
    return _ATTRIBUTES if kind.__flags__ & _HEAP_TYPE or opened(thing) is not None else None


# ---- containers ----------------------------------------------------------------------------------


def _refill(thing: Any, held: list[Any]) -> None:
    thing.clear()
    (thing.update if isinstance(thing, set) else thing.extend)(held)


def _refill_dict(thing: Any, held: list[Any]) -> None:
    thing.clear()
    half = len(held) // 2
    thing.update(zip(held[:half], held[half:], strict=True))


def _entries(thing: Any) -> list[Any]:
    return thing.ravel().tolist() if thing.dtype.kind == "O" else [thing.tobytes()]


def _put_entries(thing: Any, held: list[Any]) -> None:
    if thing.dtype.kind != "O":
        held = require("numpy", "jit").frombuffer(held[0], dtype=thing.dtype)
    for at, entry in enumerate(held):
        thing.flat[at] = entry


# ---- objects -------------------------------------------------------------------------------------


def _source(thing: Any) -> Any:
    """Where a generator of NumPy's has its numbers from."""
    if not type(thing).__module__.startswith("numpy.random"):
        return None
    return getattr(thing, "bit_generator", getattr(thing, "_bit_generator", None))


def _state(thing: Any) -> list[Any]:
    source = _source(thing)
    if source is None:
        state = thing.getstate()
    else:  # the older kind keeps a number in store
        state = thing.get_state(legacy=False) if hasattr(thing, "get_state") else source.state
    return [json.dumps(state, default=lambda array: array.tolist())]


def _put_state(thing: Any, held: list[Any]) -> None:
    state, source = json.loads(held[0]), _source(thing)
    if source is None:
        version, numbers, gauss = state
        thing.setstate((version, tuple(numbers), gauss))
    elif hasattr(thing, "set_state"):
        thing.set_state(state)
    else:
        source.state = state


def _own(thing: Any) -> dict[str, Any]:
    """The attributes of an object itself, without the hook of watched objects."""
    try:
        own: Any = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return own if own.__class__ is dict else {}


def _slots(thing: Any) -> list[Any]:
    """The places for attributes that classes in Python give an object."""
    kinds = [kind for kind in type(thing).__mro__ if kind.__flags__ & _HEAP_TYPE]
    parts = [part for kind in kinds for part in vars(kind).values()]
    return [part for part in parts if isinstance(part, MemberDescriptorType)]


def _in_slot(thing: Any, slot: Any) -> Any:
    try:
        return slot.__get__(thing)
    except AttributeError:
        return _MISSING


def _attributes(thing: Any) -> list[Any]:
    own = _own(thing)
    return [*[_in_slot(thing, slot) for slot in _slots(thing)], *own, *own.values()]


def _put_attributes(thing: Any, held: list[Any]) -> None:
    slots = _slots(thing)
    for slot, part in zip(slots, held, strict=False):
        if part is not _MISSING:
            slot.__set__(thing, part)
        elif _in_slot(thing, slot) is not _MISSING:
            slot.__delete__(thing)
    _refill_dict(_own(thing), held[len(slots) :])


def _nothing(thing: Any, held: list[Any]) -> None:
    """What does not change itself."""


_CALLED = _Look(
    lambda f: [f.func, f.args, f.keywords] if isinstance(f, partial) else [f.__self__], _nothing
)
_TUPLE, _ITEMS = _Look(list, _nothing), _Look(list, _refill)
_DICT = _Look(lambda d: [*d.keys(), *d.values()], _refill_dict)
_ARRAY = _Look(_entries, _put_entries)
_RANDOM = _Look(_state, _put_state)
_ATTRIBUTES = _Look(_attributes, _put_attributes)
