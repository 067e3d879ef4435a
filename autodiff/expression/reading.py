"""Texts of the language as formulas, by the names of all functions and primitives."""

from __future__ import annotations

from functools import cache

from autodiff.formula import Formula
from autodiff.grammar import Parser, parser
from autodiff.primitive import Primitive

from .vocabulary import WORDS


def parse(text: str) -> Formula:
    """Read a formula.

    Raises `ExpressionError`, with the position and often a suggestion, for anything that is not
    one: nothing is ever executed, and time and memory are linear in the length of the text.

    >>> print(parse("x**2 - log(3*y)"))
    sub(pow(x, 2.0), log(mul(3.0, y)))
    >>> parse("2x")
    Traceback (most recent call last):
    autodiff.errors.ExpressionError: an operator is missing before x: write 2*x
    """
    return parse_with_places(text)[0]


def parse_with_places(text: str) -> tuple[Formula, dict[int, int]]:
    """The formula, and for the `id` of each of its nodes the position of its operator or name."""
    reader = Parser(text, WORDS)
    return reader.whole(), reader.places


def parse_condition(text: str) -> Formula:
    """Read a condition, as domains are written: comparisons joined by `and`, `or` and `not`.

    >>> print(parse_condition("x > 0 and not whole(y)"))
    where(greater(x, 0.0), not(whole(y)), 0.0)
    """
    return parser.parse_condition(text, WORDS)


@cache
def textbook_formula(primitive: Primitive, variable: int) -> Formula:
    """The derivative by a variable as textbooks write it; else the rule itself.

    >>> from autodiff.primitive import PRIMITIVES
    >>> print(textbook_formula(PRIMITIVES["tanh"], 0))
    sub(1.0, pow(tanh(x), 2.0))
    """
    if not primitive.textbook:
        return primitive.formulas[variable]
    return parse(primitive.textbook[variable])
