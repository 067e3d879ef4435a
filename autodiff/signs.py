"""The operators, once: their primitives, how Python and people write them, how tightly they bind.

The parser, the printers of every target, the error messages and the tracer all read this table.

>>> SIGNS["less_equal"].text, SIGNS["less_equal"].shown
('<=', '≤')
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

COMPARING, ADDING, MULTIPLYING = 3, 4, 5


class Sign(NamedTuple):
    """How an operator of two operands is written; those that bind tighter have a higher level."""

    text: str
    level: int
    python: Callable[[Any, Any], Any]
    shown: str


def _sign(text: str, level: int, python: Callable[[Any, Any], Any], shown: str = "") -> Sign:
    return Sign(text, level, python, shown or text)


SIGNS: dict[str, Sign] = {
    "less": _sign("<", COMPARING, operator.lt),
    "less_equal": _sign("<=", COMPARING, operator.le, "≤"),
    "greater": _sign(">", COMPARING, operator.gt),
    "greater_equal": _sign(">=", COMPARING, operator.ge, "≥"),
    "equal": _sign("==", COMPARING, operator.eq, "="),
    "not_equal": _sign("!=", COMPARING, operator.ne, "≠"),
    "add": _sign("+", ADDING, operator.add),
    "sub": _sign("-", ADDING, operator.sub),
    "mul": _sign("*", MULTIPLYING, operator.mul),
    "div": _sign("/", MULTIPLYING, operator.truediv),
    "floordiv": _sign("//", MULTIPLYING, operator.floordiv),
    "mod": _sign("%", MULTIPLYING, operator.mod),
}

#: the primitives that compare, by name
COMPARISONS = {name: sign for name, sign in SIGNS.items() if sign.level == COMPARING}
#: those that calculate
ARITHMETIC = {name: sign for name, sign in SIGNS.items() if sign.level > COMPARING}
