"""Runs of styled text: what SVG's `<text>` can set (italics, raised and lowered pieces)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .backend import Backend
from .names import Name
from .numbers import Slot, shown
from .symbols import Role


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one style. `level` is 0 on the line, 1 raised, -1 lowered."""

    text: str
    italic: bool = False
    level: int = 0
    role: Role = ""
    bold: bool = False


Runs = tuple[Run, ...]


def plain(runs: Runs) -> str:
    """The characters alone."""
    return "".join(run.text for run in runs)


class RunsBackend(Backend[Runs]):
    """Formulas on one line."""

    stacked = False
    minus: Runs = (Run("−"),)
    comma: Runs = (Run(", "),)
    separator: Runs = (Run(",   "),)
    applied: Runs = (Run("\u2009"),)

    def row(self, parts: Sequence[Runs]) -> Runs:
        return tuple(run for part in parts for run in part)

    def number(self, value: float, role: Role = "") -> Runs:
        if isinstance(value, Slot):
            return (Run(value.mark("s"), role=role),)
        number = shown(value, self.digits)
        sign = "−" if number.negative else ""
        if number.exponent is None:
            return (Run(sign + number.mantissa, role=role),)
        exponent = str(number.exponent).replace("-", "−")
        return Run(f"{sign}{number.mantissa}×10", role=role), Run(exponent, level=1, role=role)

    def name(self, name: Name) -> Runs:
        bare = str(replace(name, sub="", layer="", example=""))
        runs = [Run(bare, italic=not name.verbatim)]
        if name.layer:
            runs.append(Run(f"({name.layer})", level=1))
        if name.sub:
            runs.append(Run(name.sub, level=-1, italic=name.sub.isalpha()))
        return (*runs, Run(f"[{name.example}]")) if name.example else tuple(runs)

    def word(self, text: str) -> Runs:
        return (Run(text, italic=text in ("∂", "d")),)

    def operator(self, sign: str) -> Runs:
        if not sign.strip():
            return (Run("\u2009" * len(sign)),)
        return (Run("/" if sign == "/" else f" {sign} "),)

    def bracket(self, inner: Runs, left: str = "(", right: str = ")") -> Runs:
        return (Run(left), *inner, Run(right))

    def fraction(self, over: Runs, under: Runs) -> Runs:
        return (*over, Run("/"), *under)

    def power(self, base: Runs, exponent: Runs) -> Runs:
        return (*base, *(replace(run, level=1) for run in exponent))

    def subscript(self, base: Runs, index: Runs) -> Runs:
        return (*base, *(replace(run, level=-1) for run in index))

    def root(self, inner: Runs, index: str = "") -> Runs:
        return (Run({"": "√", "3": "∛"}[index]), *inner)

    def colour(self, inner: Runs, role: Role) -> Runs:
        return tuple(run if run.role else replace(run, role=role) for run in inner)

    def strong(self, inner: Runs) -> Runs:
        return tuple(replace(run, bold=True) for run in inner)
