"""How formulas look on paper: arcsin for asin, |x| for abs, and what stands in a product."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autodiff import signs
from autodiff.formula import Apply, Constant, Formula, Variable

from .numbers import shown
from .symbols import Derivative

#: comparisons, by their sign
COMPARISONS = {name: sign.shown for name, sign in signs.COMPARISONS.items()}
#: functions that mathematicians write without brackets, with their usual names
BARE = {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arsinh", "acosh": "arcosh",
    "atanh": "artanh", "log": "log", "log2": "log", "log10": "log",
}  # fmt: skip
#: the bases of logarithms that show theirs
BASES = {"log2": 2.0, "log10": 10.0}
#: functions with another name on paper than in Python
WORDS = {
    "sigmoid": "σ", "gamma": "Γ", "lgamma": "log Γ", "digamma": "ψ", "maximum": "max",
    "minimum": "min", "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU",
    "elu": "ELU", "selu": "SELU", "exp()": "exp",
}  # fmt: skip
#: families (n, x): the n-th derivative of which function
DERIVATIVES = {"polygamma": "ψ", "sinc_derivative": "sinc"}
#: functions written as a pair of fences
FENCED = {"abs": "||", "fabs": "||", "norm": "‖‖", "floor": "⌊⌋", "floordiv": "⌊⌋"}
#: numbers that have a sign of their own in formulas
CONSTANTS = {math.pi: "π", math.e: "e"}
#: roots, by the index that they show
ROOTS = {"sqrt": "", "cbrt": "3"}
#: operations that are written with + and −
SIGNS = ("add", "sub", "sum", "neg")
#: functions whose notation begins with a single sign
LETTERS = ("exp", "sqrt", "cbrt", "sigmoid", "gamma", "digamma", "polygamma")


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
    left, right = map(_upward, factors)
    if not (isinstance(left, Apply) and isinstance(right, Apply) and left.name == right.name):
        return None
    chained = left.name in COMPARISONS and left.operands[1] == right.operands[0]
    return (COMPARISONS[left.name], [*left.operands, right.operands[1]]) if chained else None


def _upward(formula: Formula) -> Formula:
    """x > 0 as 0 < x."""
    other = _TURNED.get(formula.name) if isinstance(formula, Apply) else None
    return Apply(other, formula.operands[::-1]) if other else formula  # type: ignore[attr-defined]  # an Apply


_TURNED = {"greater": "less", "greater_equal": "less_equal"}


def size(formula: Formula) -> int:
    """How many operations, numbers and variables a formula has."""
    return 1 + sum(map(size, formula.operands)) if isinstance(formula, Apply) else 1


def nests(formula: Formula) -> bool:
    """Whether it holds an exponent itself, which would become unreadably small."""
    return isinstance(formula, Apply) and (
        formula.name in ("exp", "pow") or any(map(nests, formula.operands))
    )


def spelled_exp(formula: Apply) -> bool:
    """Whether it is exp(…), because e with that exponent could not be read."""
    argument = formula.operands[0]
    return formula.name == "exp" and (size(argument) > 5 or nests(argument))


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
    wordy = isinstance(base, Apply) and (
        base.name not in (*SIGNS, *FENCED, *LETTERS) or spelled_exp(base)
    )
    return " " if wordy else ""
