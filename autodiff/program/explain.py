"""`jit(f).explain()`: what was traced, in plain words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tracing.variant import Variant


def report(
    name: str,
    function: Callable[..., Any],
    variants: Mapping[Hashable, Collection[Variant]],
    hopeless: int,
) -> str:
    """The text of `explain()`."""
    lines = [f"{name}: {len(variants)} structure(s) of arguments traced"]
    if hopeless:
        lines.append(f"{hopeless} structure(s) run eagerly: too many different paths")
    frozen = list(frozen_numbers(function))
    if frozen:
        lines.append("frozen at the first call: " + ", ".join(f"{n} = {v!r}" for n, v in frozen))
    for number, known in enumerate(variants.values(), 1):
        for path, variant in enumerate(known, 1):
            lines.append("")
            lines.append(f"structure {number}, path {path} of {len(known)}")
            lines += ["  " + line for line in _describe(variant)]
    return "\n".join(lines)


def _describe(variant: Variant) -> Iterator[str]:
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
    yield from variant.machine.describe()
    for guard in variant.guards[:8]:
        yield f"guard at {guard.line}: {guard.question}(...) is {guard.expected!r}"
    if len(variant.guards) > 8:
        yield f"... and {len(variant.guards) - 8} more guards"


def frozen_numbers(function: Callable[..., Any]) -> Iterator[tuple[str, float]]:
    """The plain numbers that a function closes over or reads from its module."""
    try:
        found = inspect.getclosurevars(inspect.unwrap(function))
    except (TypeError, ValueError):
        return
    for names in (found.nonlocals, found.globals):
        for name, value in names.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                yield name, value
