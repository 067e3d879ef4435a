"""What a trace depends on besides its arguments, looked at again before each replay.

Parameters are read at every call, so a replay must find the very Values that were traced: under
the names by which the function finds them (its own and those of the functions that it calls), in
the lists and dicts where they lie, and in the attributes of watched objects. The last are looked
at when one has been written (see watched.py); the others are few, and are looked at in every call.
"""

from __future__ import annotations

import functools
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import is_
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)  # fmt: skip
from typing import Any

from autodiff.buffers import BufferedValue
from autodiff.complaints import is_inside
from autodiff.modes import identical
from autodiff.program.inputs import Tree
from autodiff.value import Value
from autodiff.watched import MISSING, Reads, Watched, latest

from .bytecode import ATTRIBUTES, GLOBALS, names_in
from .frozen import Frozen
from .lookups import Found, Names, content
from .statics import exactly

_NUMBERS = (bool, int, float, str, type(None))
_CONTAINERS = (list, tuple, dict, deque, set)
#: kinds whose objects hold nothing that could be a parameter
_EMPTY = frozenset((*_NUMBERS, Value, BufferedValue))

#: what is still to be looked into, under the name by which it was found
Pending = list[tuple[str, object]]


class Watch:
    """The names, containers and attributes that one trace has used."""

    def __init__(
        self, function: Callable[..., Tree], reads: Reads, captured: Sequence[Value]
    ) -> None:
        #: what of it is plain and can change unseen
        self.frozen: Frozen = Frozen()
        self._used = {*map(id, captured), *(key for key, _ in reads)}
        self._lists: dict[int, tuple[Collection[object], list[object]]] = {}
        self._inside: set[int] = set()  # objects that have been looked into
        self._reads = list(reads.values())
        self._mark: object = None  # nothing is looked at yet: f may have written what it reads
        for read in self._reads:
            self._holds(read.found, every=True)
        #: names of attributes in the functions that were reached, and what Module itself calls
        self._loaded: set[str] = {"forward"}
        found: list[Found] = []
        for place, name, thing in [*self._reached(function), *self._inherited(reads)]:
            if isinstance(thing, (Value, *_CONTAINERS)) and not self._holds(thing):
                continue
            if isinstance(place, CellType):
                found.append((place, "cell_contents", thing))
            elif not isinstance(place, MappingProxyType) or (
                name in self._loaded or name.startswith("__")
            ):
                found.append((place, name, thing))
        self._names = Names(found)
        # Lists of parameters, and of objects without `==` of their own, are compared in C.
        plain = {at for at, (items, held) in self._lists.items() if _is_plain(items, held)}
        self._live: list[Any] = [pair[0] for at, pair in self._lists.items() if at in plain]
        self._held = [pair[1] for at, pair in self._lists.items() if at in plain]
        self._items = tuple([pair for at, pair in self._lists.items() if at not in plain])
        del self._lists, self._used, self._inside, self._loaded

    def __bool__(self) -> bool:
        return bool(self._names or self._held or self._items or self._reads)

    def stands(self) -> bool:
        """Whether everything is as it was when the function was traced."""
        if not self._names.stand():
            return False
        if self._held and not identical(self._held, self._live):
            return False
        for items, held in self._items:
            if len(items) != len(held) or not all(map(is_, items, held)):
                return False
        return self._mark is latest.mark or self._read_again()

    def _read_again(self) -> bool:
        mark = latest.mark
        for names, name, found in self._reads:
            if name == "__dict__":
                if tuple(names) != found:
                    return False
                continue
            now = names.get(name, MISSING)
            if now is not found and not (
                now.__class__ in _NUMBERS and exactly(now) == exactly(found)
            ):
                return False
        self._mark = mark
        return True

    def _holds(self, thing: object, *, every: bool = False) -> bool:
        """Whether the trace has used something in a thing; watches the containers on the way.

        `every` container is watched where an attribute is read, also one of plain numbers.
        """
        if isinstance(thing, Value):
            return id(thing) in self._used
        if isinstance(thing, Watched):
            return id(vars(thing)) in self._used
        items: Collection[object]
        if isinstance(thing, dict):
            items = thing.values()
        elif isinstance(thing, _CONTAINERS):
            items = thing
        elif id(thing) not in self._inside and _may_hold(thing):
            self._inside.add(id(thing))
            return sum([self._holds(part) for part in vars(thing).values()]) > 0
        else:
            return id(thing) in self._inside
        if id(thing) in self._lists:
            return True
        held = list(items)
        self._lists[id(thing)] = items, held  # here already, for those that hold themselves
        if all(issubclass(kind, Value) for kind in set(map(type, held))):  # mostly, and many
            found = not self._used.isdisjoint(map(id, held))
        else:
            found = sum([self._holds(part, every=every) for part in held]) > 0
        if isinstance(thing, tuple) or not (found or every):
            del self._lists[id(thing)]  # a tuple does not change
        return found

    def _inherited(self, reads: Reads) -> Iterator[Found]:
        """What classes of watched objects gave in their place, and who might stand before them."""
        for kind, name in reads.inherited:
            for each in kind.__mro__:
                if _is_foreign(each):
                    continue
                part = vars(each).get(name)
                yield vars(each), name, part
                if part is not None:
                    self._holds(part, every=True)
                    break

    def _reached(self, function: object) -> Iterator[Found]:
        """(namespace, cell or owner; name; what it holds) in a function and what it may call."""
        seen = set()
        pending: Pending = [("", function), *[(read.name, read.found) for read in self._reads]]
        while pending:
            label, thing = pending.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if isinstance(thing, functools.partial):
                pending.append((label, thing.func))
                self._given(pending, ((f"argument {at}", x) for at, x in enumerate(thing.args)))
                self._given(pending, thing.keywords.items())
            elif isinstance(thing, MethodType):
                pending += [(label, thing.__func__), ("self", thing.__self__)]
            elif isinstance(thing, _CONTAINERS):
                items = list(thing.values() if isinstance(thing, dict) else thing)
                if not all(kind in _EMPTY for kind in set(map(type, items))):
                    keys = thing if isinstance(thing, dict) else range(len(items))
                    pending += [
                        (f"{label}[{key!r:.20}]", x) for key, x in zip(keys, items, strict=True)
                        if isinstance(x, _CONTAINERS) or _has(x)
                    ]  # fmt: skip
            elif isinstance(thing, FunctionType):
                if not is_inside(thing.__module__ or ""):
                    yield from self._in_function(thing, pending)
            elif not isinstance(thing, (Value, ModuleType)):
                yield from self._in_object(label, thing, pending)
            if isinstance(inner := getattr(thing, "__wrapped__", None), FunctionType):
                pending.append((label, inner))

    def _given(self, pending: Pending, given: Iterable[tuple[str, object]]) -> None:
        """What a function is given once: defaults, and the arguments of a partial."""
        for name, part in given:
            self.frozen.add(name, part)
            if isinstance(part, _CONTAINERS):
                self._holds(part)
            pending.append((name, part))

    def _in_function(self, function: FunctionType, pending: Pending) -> Iterator[Found]:
        """What a function finds in its module, around it, and in itself."""
        code = function.__code__
        self.frozen.codes.append(code)
        loaded = names_in(code, ATTRIBUTES)
        self._loaded.update(loaded)
        names: list[tuple[dict[str, Any], str]]
        names = [(function.__globals__, name) for name in names_in(code, GLOBALS)]
        modules = set()
        for space, name in names:  # grows: what stands in modules is found by their attributes
            part = space.get(name)
            if isinstance(part, ModuleType) and part not in modules and not _is_standard(part):
                modules.add(part)
                names += [(vars(part), each) for each in loaded if each in vars(part)]
        found = [(space, name, space.get(name)) for space, name in names]
        cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
        own = [(vars(function), name, part) for name, part in vars(function).items()]
        for place, name, part in [*found, *own, *((c, n, content(c)) for n, c in cells)]:
            self.frozen.add(name, part)
            if isinstance(part, (ModuleType, *_NUMBERS)) or (
                isinstance(part, type) and _is_foreign(part)
            ):
                continue
            yield place, name, part
            pending.append((name, part))
        yield function, "__code__", code  # a notebook that reloads modules puts another one there
        yield function, "__defaults__", function.__defaults__ or ()
        yield function, "__kwdefaults__", function.__kwdefaults__ or {}
        self._given(pending, _defaults(function))

    def _in_object(self, label: str, thing: object, pending: Pending) -> Iterator[Found]:
        """What an object or a class holds by names: Values, containers, others that hold some."""
        kind = thing if isinstance(thing, type) else type(thing)
        if kind is not SimpleNamespace and _is_foreign(kind):
            return
        kinds = [each for each in kind.__mro__ if not _is_foreign(each)]
        own: Mapping[str, Any] = {}
        if not isinstance(thing, (type, Watched)):
            own = getattr(thing, "__dict__", {})
            for each in kinds:
                for name, part in vars(each).items():
                    if isinstance(part, MemberDescriptorType):
                        yield thing, name, getattr(thing, name, None)
                        pending.append((f"{label}.{name}", getattr(thing, name, None)))
        for names in (own, *map(vars, kinds)):
            for name, part in list(names.items()):
                function = getattr(part, "__func__", getattr(part, "fget", part))
                if isinstance(function, FunctionType) and names is not own:
                    yield names, name, part
                    pending.append((name, function))
                elif isinstance(part, (Value, *_CONTAINERS)) or (_has(part) and self._holds(part)):
                    yield names, name, part
                    if names is not own and name not in own and self._holds(part):
                        yield own, name, None  # nothing stands before that of the class
                if not isinstance(thing, Watched) and (names is own or name not in own):
                    self.frozen.add_attribute(label, name, part)
                if isinstance(part, _CONTAINERS) or _has(part):
                    pending.append((f"{label}.{name}", part))


def _defaults(function: FunctionType) -> list[tuple[str, object]]:
    """The parameters of a function that have a default."""
    code, values = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount][code.co_argcount - len(values) :]
    return [*zip(names, values, strict=True), *(function.__kwdefaults__ or {}).items()]


def _has(thing: object) -> bool:
    """Whether something has attributes of its own that may be parameters."""
    return hasattr(thing, "__dict__") and not isinstance(
        thing, (ModuleType, BuiltinFunctionType, type)
    )


def _may_hold(thing: object) -> bool:
    """Whether a user's object, or a module of nn, may hold parameters in its attributes."""
    kind = type(thing)
    if not _has(thing) or kind is FunctionType or kind.__module__.startswith("autodiff.program"):
        return False
    return kind is SimpleNamespace or not _is_standard(kind)


def _is_foreign(kind: type) -> bool:
    """Whether a class is none of the user's."""
    return is_inside(kind.__module__) or _is_standard(kind)


def _is_plain(items: Collection[object], held: list[object]) -> bool:
    """Whether `identical` takes a list: a Value of a user's class may have an `==` of its own."""
    kinds = set(map(type, held)) - {BufferedValue}
    own: object = object.__eq__
    return type(items) is list and all(kind.__eq__ is own for kind in kinds)


def _is_standard(thing: type | ModuleType) -> bool:
    """Whether a module or class comes with Python, or with a package of the machine's."""
    name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
    if name.partition(".")[0] in sys.stdlib_module_names and name != "__main__":
        return True
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file
