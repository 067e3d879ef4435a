"""What a trace keeps as it was, for `explain`: numbers, and answers that nobody can notice."""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from itertools import islice
from types import CodeType, ModuleType
from typing import Any

#: where what is other in every call comes from
_CHANGING = frozenset(("random", "time", "secrets", "uuid", "numpy.random"))
_OF_MODULES = {"numpy": {"random"}, "datetime": {"now", "today", "utcnow"}}
_FEW = 20  # entries of a container that are looked at


class Frozen:
    """Plain numbers and texts that a function finds outside, and the code that may use them."""

    def __init__(self) -> None:
        self._named: dict[str, str] = {}
        #: by attribute: what objects hold, under their names
        self._held: dict[str, dict[str, str]] = {}
        self._places: dict[str, Any] = {}
        self.codes: list[CodeType] = []

    def add(self, name: str, thing: Any) -> None:
        """A name of a function means this."""
        if _is_plain(thing):
            self._named[name] = _shown(thing)
        elif _home(thing) in _CHANGING or _home(thing) in _OF_MODULES:
            self._places[name] = _home(thing)

    def add_attribute(self, holder: str, name: str, thing: Any) -> None:
        """An object that a function can reach has this attribute."""
        if _is_plain(thing):
            self._held.setdefault(name, {})[f"{holder}.{name}"] = _shown(thing)

    def describe(self) -> Iterator[str]:
        """Lines for `explain`."""
        codes = list(_all_codes(self.codes))
        asked = {
            part.argval
            for code in codes
            for part in dis.get_instructions(code)
            if part.opname.startswith("LOAD") and isinstance(part.argval, str)
        }
        numbers = dict(self._named)
        for name, held in self._held.items():
            if name in asked:
                numbers |= held
        if numbers:
            pairs = ", ".join(f"{name} = {shown}" for name, shown in numbers.items())
            yield f"frozen when this was traced: {pairs}"
        given = [
            name for name, home in self._places.items() if asked & _OF_MODULES.get(home, asked)
        ]
        if given:
            yield f"as it came in the traced call: what {', '.join(given)} gave"
        lines = sorted({line for code in codes for line in _identities(code)})
        if lines:
            yield f"asked by identity, and answered as in the traced call: {', '.join(lines)}"


def _is_plain(thing: Any) -> bool:
    if isinstance(thing, dict):
        return bool(thing) and all(map(_is_plain, islice(thing.values(), _FEW)))
    if isinstance(thing, (list, tuple, set, frozenset)):
        return bool(thing) and all(map(_is_plain, islice(thing, _FEW)))
    return isinstance(thing, (int, float, complex, str, bytes))


def _shown(thing: Any) -> str:
    if isinstance(thing, (list, tuple)) and len(thing) > _FEW:
        thing = [*thing[:_FEW], ...]
    return f"{thing!r:.60}"


def _home(thing: Any) -> str:
    """The module from which a thing is."""
    if isinstance(thing, ModuleType):
        return thing.__name__
    owner = getattr(thing, "__self__", None)
    kind = type(thing if owner is None or isinstance(owner, ModuleType) else owner)
    home = kind.__module__
    if home == "builtins":
        home = getattr(thing, "__module__", None) or home
    return "numpy.random" if home.startswith("numpy.random") else home


def _all_codes(codes: Iterable[CodeType]) -> Iterator[CodeType]:
    for code in codes:
        yield code
        yield from _all_codes(part for part in code.co_consts if isinstance(part, CodeType))


def _identities(code: CodeType) -> Iterator[str]:
    """Where code compares by `is` with something else than a constant, or asks for an `id`."""
    before, line = None, code.co_firstlineno
    for part in dis.get_instructions(code):
        line = part.starts_line or line
        place = f"{code.co_filename}:{line}"
        if part.opname == "IS_OP" and before is not None and before.opname != "LOAD_CONST":
            yield f"is ({place})"
        elif part.opname == "LOAD_GLOBAL" and part.argval in ("id", "issubclass"):
            yield f"{part.argval}() ({place})"
        before = part
