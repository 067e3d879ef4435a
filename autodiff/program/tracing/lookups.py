"""Names under which a trace has found something, looked up again before each replay.

That is on the way of every call: all names of one owner are got at once, and compared in C.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import attrgetter, call, is_, itemgetter
from types import CellType, MappingProxyType
from typing import Any

#: a namespace, a cell or an owner of attributes; a name; what is found there
Found = tuple[Any, str, object]


class Names:
    """What was found under names."""

    def __init__(self, found: Iterable[Found]) -> None:
        #: what is None, or is not there
        self._empty: list[tuple[Any, str]] = []
        owners: dict[int, tuple[Any, dict[str, object]]] = {}
        for owner, name, thing in found:
            if thing is None and not isinstance(owner, CellType):
                self._empty.append((owner, name))
            else:
                owners.setdefault(id(owner), (owner, {}))[1][name] = thing
        self._owners = [owner for owner, _ in owners.values()]
        self._getters: list[Any] = []
        self._things: list[object] = []
        for owner, named in owners.values():
            names = [*named, next(iter(named))]  # two at least, so that they come in a tuple
            self._getters.append((itemgetter if _is_namespace(owner) else attrgetter)(*names))
            self._things += [named[name] for name in names]

    def __bool__(self) -> bool:
        return bool(self._empty or self._owners)

    def stand(self) -> bool:
        """Whether the very same things are there."""
        try:
            now = chain.from_iterable(map(call, self._getters, self._owners))
            if not all(map(is_, now, self._things)):
                return False
        except (LookupError, AttributeError, ValueError):  # the name has been deleted
            return False
        for owner, name in self._empty:
            held = owner.get(name) if _is_namespace(owner) else getattr(owner, name, None)
            if held is not None:
                return False
        return True


def content(cell: CellType) -> object:
    """What is in a cell; None for a name that is not set yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _is_namespace(owner: object) -> bool:
    return isinstance(owner, (dict, MappingProxyType))
