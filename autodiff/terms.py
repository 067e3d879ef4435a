"""Sums, declared once: where they start, and the factors of what each row adds.

`affine` starts at b and adds w*x: `Terms("b", "w x")`. From that follow the function, its
derivatives, the instructions of the machines, JAX's code and what readers see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .formula import Formula


class Terms:
    """The terms of a sum of any length, of one factor or two, added left to right.

    >>> Terms("b", "w x").split(("w0", "w1", "x0", "x1", "b"))
    ('b', [('w0', 'x0'), ('w1', 'x1')])
    """

    def __init__(self, start: str | float, factors: str) -> None:
        self.start = start
        self.factors: tuple[str, ...] = tuple(factors.split())
        self.tail: bool = isinstance(start, str)

    @property
    def variables(self) -> str:
        """The names of the operands: columns, then the start if it is an operand."""
        return " ".join([*self.factors, *([str(self.start)] if self.tail else [])])

    def rules(self) -> list[Callable[..., Formula | float]]:
        """The local derivatives: by a factor the other one, by the start 1."""

        def rule(index: int) -> Callable[..., Formula | float]:
            others = [at for at in range(len(self.factors)) if at != index]
            if index >= len(self.factors) or not others:
                return lambda z, *operands: 1.0
            return lambda z, *operands: operands[others[0]]

        return [rule(index) for index in range(len(self.factors) + self.tail)]

    def textbook(self) -> list[str]:
        """The same as text."""
        symbols = self.variables.split()
        made = [rule(None, *symbols) for rule in self.rules()]
        return ["1" if isinstance(rule, float) else str(rule) for rule in made]

    def split(self, operands: Sequence[Any]) -> tuple[Any, list[tuple[Any, ...]]]:
        """Where the sum starts, and the factors of each term."""
        start = operands[-1] if self.tail else self.start
        rows = (len(operands) - self.tail) // len(self.factors)
        if len(self.factors) == 1:
            return start, list(zip(operands[:rows], strict=True))
        return start, list(zip(operands[:rows], operands[rows : 2 * rows], strict=True))

    def add_up(
        self, operands: Sequence[Any], add: Callable[..., Any], mul: Callable[..., Any]
    ) -> Any:
        """The sum with somebody's addition and product; without its start where that is 0."""
        total, terms = self.split(operands)
        if not self.tail and terms:
            total, terms = _product(terms[0], mul), terms[1:]
        for term in terms:
            total = add(total, _product(term, mul))
        return total

    def source(self) -> list[str]:
        first = self.factors[0]
        columns, term = "operands", " * ".join(self.factors)
        if len(self.factors) > 1:
            columns = "zip(operands[:rows], operands[rows : 2 * rows])"
            first = ", ".join(self.factors)
        return [
            "def forward(*operands):",
            f"    rows = len(operands) // {len(self.factors)}",
            f"    total = {'operands[-1]' if self.tail else repr(self.start)}",
            f"    for {first} in {columns}:",
            f"        total += {term}",
            "    return total",
        ]


def _product(term: Sequence[Any], mul: Callable[..., Any]) -> Any:
    return term[0] if len(term) == 1 else mul(*term)
