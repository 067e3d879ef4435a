"""`jit(f).explain()`: what was traced, in plain words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tracing.paths import Paths
    from .tracing.variant import Variant


def report(
    name: str,
    variants: Mapping[Hashable, Paths],
    hopeless: int,
) -> str:
    """The text of `explain()`."""
    lines = [f"{name}: {len(variants)} structure(s) of arguments traced"]
    if hopeless:
        lines.append(f"{hopeless} structure(s) run eagerly: too many different paths")
    for number, known in enumerate(variants.values(), 1):
        for path, variant in enumerate(known, 1):
            lines.append("")
            lines.append(f"structure {number}, path {path} of {len(known)}")
            lines += ["  " + line for line in describe(variant, variant.machine)]
    return "\n".join(lines)


def describe(variant: Variant, machine: Any) -> Iterator[str]:
    """Lines about one trace and the machine that runs it."""
    program = variant.program
    numbers = program.statistics()
    yield (
        f"{program.arguments} numbers in arguments, {len(variant.captured)} captured Values, "
        f"{variant.results} result(s)"
    )
    counts = ", ".join(f"{count} {name}" for name, count in list(program.count().items())[:8])
    yield f"{numbers['instructions']} instructions: {counts}"
    if program.constants:
        shown = ", ".join(map(repr, program.constants[:8]))
        more = ", ..." if len(program.constants) > 8 else ""
        yield f"{len(program.constants)} constants: {shown}{more}"
    if variant.frozen:
        yield "frozen when this was traced: " + ", ".join(f"{n} = {v}" for n, v in variant.frozen)
    yield from machine.describe()
    if variant.written:
        yield f"written by the traced call alone: {', '.join(variant.written)}"
    for guard in variant.guards[:8]:
        from linecache import getline

        path, _, number = guard.line.rpartition(":")
        source = getline(path, int(number)).strip() if number.isdecimal() else ""
        asked = f"`{source}`, {guard.question}(...)" if source else f"{guard.question}(...)"
        yield f"guard at {guard.line}: {asked} is {guard.expected!r}"
    if len(variant.guards) > 8:
        yield f"... and {len(variant.guards) - 8} more guards"


def frozen(function: Callable[..., Any]) -> list[tuple[str, str]]:
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


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return bool(value) and all(map(_is_plain, value))
    return isinstance(value, (int, float, str))
