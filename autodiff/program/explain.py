"""`jit(f).explain()`: what was traced, in plain words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Protocol

from .tracing.trace_table import Paths
from .tracing.variant import Variant


def report(name: str, variants: Mapping[Hashable, Paths], hopeless: int) -> str:
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


class _Described(Protocol):
    def describe(self) -> list[str]:
        """What was made of the Program."""


def describe(variant: Variant, machine: _Described) -> Iterator[str]:
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
    yield from variant.frozen.describe()
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
