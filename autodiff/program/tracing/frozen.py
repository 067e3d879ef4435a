"""What a trace keeps as it was: plain numbers and texts that the function reads from outside."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from autodiff.program.inputs import Tree


def frozen(function: Callable[..., Tree]) -> list[tuple[str, str]]:
    """What a function closes over, reads from its module or has as defaults, if it is plain.

    Names with numbers, texts and containers of these, and the numbers that objects hold, as they
    are now: a trace keeps them.
    """
    function = inspect.unwrap(function)
    shown: list[tuple[str, str]] = []
    try:
        found = inspect.getclosurevars(function)
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return shown
    names = {**found.globals, **found.nonlocals}
    names |= {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    for name, value in names.items():
        if _is_plain(value):
            shown.append((name, f"{value!r:.60}"))
        elif not callable(value) and not inspect.ismodule(value):
            held = getattr(value, "__dict__", {})
            shown += [
                (f"{name}.{key}", f"{part!r:.60}") for key, part in held.items() if _is_plain(part)
            ]
    return shown[:20]


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return bool(value) and all(map(_is_plain, value))
    return isinstance(value, (int, float, str))
