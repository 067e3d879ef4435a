"""Conditions as text: comparisons joined by `and`, `or` and `not`. Domains are written so.

>>> from autodiff.primitive import PRIMITIVES
>>> print(parse_condition("x > 0 or x < 0 and whole(y)", Words(PRIMITIVES)))
where(greater(x, 0.0), 1.0, where(less(x, 0.0), whole(y), 0.0))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from autodiff.formula import Formula, apply

from .parser import Parser
from .words import Words


def parse_condition(text: str, words: Words) -> Formula:
    """Read a condition; `and` binds stronger than `or`. Raises ExpressionError for anything else.

    The words stand between comparisons, without brackets around them.
    """
    return _chain([_conjunction(part, words) for part in text.split(" or ")], Formula.__or__)


def _chain(parts: list[Formula], join: Callable[[Formula, Formula], Formula]) -> Formula:
    return reduce(lambda rest, part: join(part, rest), reversed(parts))


def _conjunction(text: str, words: Words) -> Formula:
    parts = [_negation(part.strip(), words) for part in text.split(" and ")]
    return _chain(parts, Formula.__and__)


def _negation(text: str, words: Words) -> Formula:
    formula = Parser(text.removeprefix("not "), words).whole()
    return apply("not", formula) if text.startswith("not ") else formula
