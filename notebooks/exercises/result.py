"""What a checker answers: right, or what is wrong and where to look."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from textwrap import TextWrapper

_WRAPPED = TextWrapper(
    100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False,
    replace_whitespace=False, drop_whitespace=True,
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """The answer of a checker. True if the solution is right; shows itself in words.

    `points` out of `worth` are for grading: all for a right answer, half where one slip explains
    every number, a quarter for two slips. `slips` are their names, `seed` that of the points.

    >>> Result("add", True, "right on 60 random graphs")
    ✓ add: right on 60 random graphs
    >>> print(Result("add", False, "a + a: a.grad is 1.0", hint="each use contributes"))
    ✗ add: a + a: a.grad is 1.0
      Hint: each use contributes
    """

    exercise: str
    ok: bool
    message: str
    hint: str = ""
    points: float = 0
    worth: float = 0
    slips: tuple[str, ...] = ()
    seed: int = 0

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        lines = [f"{'✓' if self.ok else '✗'} {self.exercise}: {self.message}"]
        lines += [f"  Hint: {self.hint}"] * bool(self.hint)
        # Pages that show notebooks cut long lines off; a number or a name is never broken.
        return "\n".join(map(_WRAPPED.fill, lines))

    __str__ = __repr__

    def json(self) -> str:
        """One line for a program that keeps marks."""
        return json.dumps(asdict(self), ensure_ascii=False)


def grade(results: Iterable[Result]) -> str:
    """All results with their sum, as JSON.

    >>> print(grade([Result("add", True, "right", points=4, worth=4)]).splitlines()[1])
      "points": 4,
    """
    each = list(results)
    total = {"points": sum(r.points for r in each), "worth": sum(r.worth for r in each)}
    return json.dumps(total | {"results": [asdict(r) for r in each]}, ensure_ascii=False, indent=2)


class Wrong(Exception):
    """Raised inside a checker where it has found out what is wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
