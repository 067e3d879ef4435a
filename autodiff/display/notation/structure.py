"""What the printer asks about the shape of a formula: terms, size, what stands in a product."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.formula import Apply, Constant, Formula, Variable

from .numbers import shown
from .on_paper import COMPARISONS, CONSTANTS, FENCED, LETTERS, SIGNS
from .symbols import Derivative


def flat(name: str, operands: Sequence[Formula]) -> list[Formula]:
    """The terms of nested sums (or the factors of nested products) in one list."""
    found: list[Formula] = []
    for operand in operands:
        if isinstance(operand, Apply) and operand.name == name:
            found += flat(name, operand.operands)
        else:
            found.append(operand)
    return found


def interval(factors: Sequence[Formula]) -> tuple[str, list[Formula]] | None:
    """`(a < x)·(x < b)`, how formulas say "and", as a < x < b."""
    if len(factors) != 2:
        return None
    left, right = factors
    if not (isinstance(left, Apply) and isinstance(right, Apply) and left.name == right.name):
        return None
    chained = left.name in COMPARISONS and left.operands[1] == right.operands[0]
    return (COMPARISONS[left.name], [*left.operands, right.operands[1]]) if chained else None


def size(formula: Formula) -> int:
    """How many operations, numbers and variables a formula has."""
    return 1 + sum(map(size, formula.operands)) if isinstance(formula, Apply) else 1


def nests(formula: Formula) -> bool:
    """Whether it holds an exponent itself, which would become unreadably small."""
    return isinstance(formula, Apply) and (
        formula.name in ("exp", "pow") or any(map(nests, formula.operands))
    )


def times(left: Formula, right: Formula, digit: bool) -> str:
    """Nothing in 2x and 3(x + 1), a space in 2 sin b, a dot in x · y and 2 · 3.

    `digit`: whether the right factor is shown with a digit first.
    """
    plain_number = type(left) is Constant and shown(left.value).exponent is None
    if isinstance(right, Derivative) or (plain_number and abs(left.value) == 1.0):  # type: ignore[attr-defined]  # a Constant
        return "·"
    if plain_number and isinstance(right, Constant) and abs(right.value) in CONSTANTS:
        return ""
    if not plain_number or digit or isinstance(right, Constant):
        return "·"
    if isinstance(right, Variable):
        return "" if len(right.name.rstrip("₀₁₂₃₄₅₆₇₈₉_0123456789")) <= 1 else "·"
    assert isinstance(right, Apply)
    if right.name in ("div", "mul") or (
        right.name == "pow" and isinstance(right.operands[0], Constant)
    ):
        return "·"
    base = right.operands[0] if right.name == "pow" else right
    wordy = isinstance(base, Apply) and base.name not in (*SIGNS, *FENCED, *LETTERS)
    return " " if wordy else ""
