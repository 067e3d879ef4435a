"""What a checker answers: right, or what is wrong and where to look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """The answer of a checker. True if the solution is right; shows itself in words.

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

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        first = f"{'✓' if self.ok else '✗'} {self.exercise}: {self.message}"
        return f"{first}\n  Hint: {self.hint}" if self.hint else first

    __str__ = __repr__


class Wrong(Exception):
    """Raised inside a checker where it has found out what is wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def wrong(exercise: str, found: Wrong) -> Result:
    """The answer that a finding leads to."""
    return Result(exercise, False, found.message, found.hint)
