"""What a trace depends on besides its arguments, looked at again before each replay.

Parameters are read at every call, so a replay must find the very Values that were traced: under
the names by which the function finds them (its own and those of the functions that it calls), in
the lists and dicts where they lie, and in the attributes of watched objects. The last are looked
at when one has been written (see watched.py); the others are few, and are looked at in every call.
"""

from __future__ import annotations

import dis
import functools
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import is_
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType

from autodiff.buffers import BufferedValue
from autodiff.complaints import is_inside
from autodiff.program.inputs import Tree
from autodiff.value import Value
from autodiff.watched import MISSING, Reads, Watched, latest

from .frozen import Frozen
from .statics import exactly

_NUMBERS = (bool, int, float, str, type(None))
_CONTAINERS = (list, tuple, dict, deque, set)
#: kinds whose objects hold nothing that could be a parameter
_EMPTY = frozenset((*_NUMBERS, Value, BufferedValue))

#: a namespace or a cell, a name, and what is found there
Found = tuple[dict[str, object] | Mapping[str, object] | CellType, str, object]


class Watch:
    """The names, containers and attributes that one trace has used."""

    def __init__(
        self, function: Callable[..., Tree], reads: Reads, captured: Sequence[Value]
    ) -> None:
        #: what of it is plain and can change unseen
        self.frozen = Frozen()
        for kind, name in reads.inherited:
            self.frozen.add(f"{kind.__qualname__}.{name}", getattr(kind, name, None))
        self._used = {*map(id, captured), *(key for key, _ in reads)}
        self._lists: dict[int, tuple[Collection[object], list[object]]] = {}
        self._inside: set[int] = set()  # objects that have been looked into
        self._reads = list(reads.values())
        self._mark: object = None  # nothing is looked at yet: f may have written what it reads
        for read in self._reads:
            self._holds(read.found, every=True)
        names, cells = [], []
        for place, name, thing in self._reached(function):
            if not isinstance(thing, (Value, *_CONTAINERS)) or self._holds(thing):
                if isinstance(place, CellType):
                    cells.append((place, thing))
                else:
                    names.append((place, name, thing))
        self._names, self._cells = tuple(names), tuple(cells)
        # Objects that have no `==` of their own are compared by identity in C.
        plain = {at for at, (items, held) in self._lists.items() if _is_plain(items, held)}
        self._objects = tuple([pair for at, pair in self._lists.items() if at in plain])
        self._items = tuple([pair for at, pair in self._lists.items() if at not in plain])
        del self._lists, self._used, self._inside

    def __bool__(self) -> bool:
        return bool(self._names or self._cells or self._objects or self._items or self._reads)

    def stands(self) -> bool:
        """Whether everything is as it was when the function was traced."""
        for names, name, thing in self._names:
            if names.get(name) is not thing:
                return False
        try:
            for cell, thing in self._cells:
                if cell.cell_contents is not thing:
                    return False
        except ValueError:  # the name has been deleted
            return False
        for items, held in self._objects:
            if items != held:
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
        elif _has(thing) and not isinstance(thing, FunctionType) and id(thing) not in self._inside:
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

    def _reached(self, function: object) -> Iterator[Found]:
        """(namespace or cell, name, what it holds) in a function and all that it may call."""
        frozen, seen = self.frozen, set()
        pending = [("", function), *[(read.name, read.found) for read in self._reads]]
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
            elif not isinstance(thing, FunctionType):
                if not isinstance(thing, (Value, ModuleType)):
                    yield from self._attributes(label, thing, pending)
                    kinds = thing.__mro__ if isinstance(thing, type) else type(thing).__mro__
                    found = [part for kind in kinds for part in vars(kind).values()]
                    pending += [(label, x) for x in found if isinstance(x, FunctionType)]
                if isinstance(inner := getattr(thing, "__wrapped__", None), FunctionType):
                    pending.append((label, inner))
            elif not is_inside(thing.__module__ or ""):
                frozen.codes.append(thing.__code__)
                names = _names(thing.__code__)
                found = [(thing.__globals__, n, thing.__globals__.get(n)) for n in names]
                cells = zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True)
                for place, name, part in [*found, *((c, n, _content(c)) for n, c in cells)]:
                    frozen.add(name, part)
                    if not isinstance(part, (ModuleType, BuiltinFunctionType, type, *_NUMBERS)):
                        yield place, name, part
                        pending.append((name, part))
                self._given(pending, _defaults(thing))
                if isinstance(inner := getattr(thing, "__wrapped__", None), FunctionType):
                    pending.append((label, inner))

    def _given(
        self, pending: list[tuple[str, object]], given: Iterable[tuple[str, object]]
    ) -> None:
        """What a function is given once: defaults, and the arguments of a partial."""
        for name, part in given:
            self.frozen.add(name, part)
            if isinstance(part, _CONTAINERS):
                self._holds(part)
            pending.append((name, part))

    def _attributes(
        self, label: str, thing: object, pending: list[tuple[str, object]]
    ) -> Iterator[Found]:
        """The Values and containers that an object of no watched class holds, by their names."""
        if is_inside(type(thing).__module__):
            return
        own = {} if isinstance(thing, Watched) else getattr(thing, "__dict__", {})
        for names in (own, *(vars(kind) for kind in type(thing).__mro__[:-1])):
            for name, part in list(names.items()):
                if isinstance(part, (Value, *_CONTAINERS)):
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


def _is_plain(items: Collection[object], held: list[object]) -> bool:
    kinds = set(map(type, held))
    own: object = object.__eq__
    return type(items) is list and all(kind.__eq__ is own for kind in kinds)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not set yet
        return None


@functools.lru_cache(1_000)
def _names(code: CodeType) -> list[str]:
    """The names of the module that a function uses, its inner functions included."""
    found = {part.argval for part in dis.get_instructions(code) if part.opname in _LOADS}.union(
        *(_names(part) for part in code.co_consts if isinstance(part, CodeType))
    )
    return sorted(found)


_LOADS = ("LOAD_GLOBAL", "LOAD_NAME")
