"""Conditions as text: comparisons joined by `and`, `or` and `not`. Domains are written so.

>>> from autodiff.primitive import PRIMITIVES
>>> print(parse_condition("x > 0 or x < 0 and whole(y)", Words(PRIMITIVES)))
where(greater(x, 0.0), 1.0, where(less(x, 0.0), whole(y), 0.0))
"""

from __future__ import annotations

from autodiff.formula import Formula, apply

from .parser import Parser
from .words import Words


def parse_condition(text: str, words: Words) -> Formula:
    """Read a condition; `and` binds stronger than `or`. Raises ExpressionError for anything else.

    The words stand between comparisons, without brackets around them.
    """
    for word, join in ((" or ", Formula.__or__), (" and ", Formula.__and__)):
        if word in text:
            first, rest = (parse_condition(part, words) for part in text.split(word, 1))
            return join(first, rest)
    text = text.strip()
    formula = Parser(text.removeprefix("not "), words).whole()
    return apply("not", formula) if text.startswith("not ") else formula
