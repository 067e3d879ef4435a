"""Formulas as a mathematician would write them, before they are printed.

Two kinds of rewriting, both for readers only: `elementary` spells functions out that have an
ordinary notation (`log1p(x)` is log(1 + x), `dot` a sum of products), and `tidy` removes what
substitution leaves behind (`2*x**(2 - 1)` is 2x). Numbers are never computed from the result.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TypeGuard

from autodiff.formula import Apply, Constant, Formula, Variable
from autodiff.primitive import PRIMITIVES
from autodiff.signs import COMPARISONS

from .symbols import Figure

_ONE, _TWO = Constant(1.0), Constant(2.0)


def elementary(name: str, operands: tuple[Formula, ...]) -> Formula:
    """The application spelled out where that is shorter to read than the function's name."""
    terms = PRIMITIVES[name].terms if name in PRIMITIVES else None
    if terms is not None and len(terms.factors) > 1:
        start, rows = terms.split(operands)
        return Apply("sum", (*(w * x for w, x in rows), *([start] if terms.tail else [])))
    spell = SPELLED.get(name)
    return spell(*operands) if spell else Apply(name, operands)


def _mean(*operands: Formula) -> Formula:
    return Apply("sum", operands) / float(len(operands)) if len(operands) > 1 else operands[0]


def _below(xs: tuple[Formula, ...]) -> Formula:
    """The exponentials below the largest: that one is 1."""
    largest = Apply("maximum", xs)
    return Apply("sum", tuple(Apply("exp", (x - largest,)) for x in xs)) - _ONE


#: functions that are shown as what they are made of
SPELLED: dict[str, Callable[..., Formula]] = {
    "expm1": lambda x: Apply("exp", (x,)) - _ONE,
    "log1p": lambda x: Apply("log", (_ONE + x,)),
    "exp2": lambda x: Apply("pow", (_TWO, x)),
    "mean": _mean,
    "log_sigmoid": lambda x: Apply("log", (Apply("sigmoid", (x,)),)),
    "trunc_quotient": lambda x, y: Apply("trunc", (x / y,)),
    "round_quotient": lambda x, y: Apply("round", (x / y,)),
    "peak": lambda z, first, *xs: Apply("maximum", xs),
    "below_peak": lambda z, *xs: _below(xs),
    "reciprocal": lambda x: _ONE / x,
    "square": lambda x: Apply("pow", (x, _TWO)),
}


def substitute(formula: Formula, values: dict[str, Formula]) -> Formula:
    """The formula with its variables replaced, by their names."""
    if isinstance(formula, Apply):
        return Apply(formula.name, tuple(substitute(f, values) for f in formula.operands))
    if isinstance(formula, Variable):
        return values.get(formula.name, formula)
    return formula


def tidy(formula: Formula) -> Formula:
    """Fold numbers and drop neutral elements, without changing what the formula means.

    >>> from autodiff.formula import Variable
    >>> x = Variable("x")
    >>> print(tidy(2.0 * x ** (Constant(2.0) - 1.0)))
    mul(2.0, x)
    """
    if not isinstance(formula, Apply):
        return formula
    operands = tuple(tidy(operand) for operand in formula.operands)
    if formula.name == "where" and (holds := _number(operands[0])) is not None:
        return operands[1 if holds else 2]
    if (folded := _folded(formula.name, operands)) is not None:
        return folded
    simpler = _simpler(formula.name, *operands) if len(operands) < 3 else None
    return Apply(formula.name, operands) if simpler is None else simpler


def _folded(name: str, operands: tuple[Formula, ...]) -> Formula | None:
    """The number that an operation on whole numbers gives; others stay as they were written."""
    numbers = [f.value for f in operands if isinstance(f, Constant) and not isinstance(f, Figure)]
    compute = _WHOLE.get(name)
    if compute is None or len(numbers) != len(operands):
        return None
    result = compute(*numbers)
    if name in COMPARISONS:
        return Constant(float(result))
    short = math.isfinite(result) and abs(result) < 1e6 and result * 16 == int(result * 16)
    return Constant(result) if short else None


_WHOLE: dict[str, Callable[..., float]] = {
    name: getattr(operator, name) for name in ("add", "sub", "mul", "neg")
} | {name: sign.python for name, sign in COMPARISONS.items()}


def _number(formula: Formula | None) -> float | None:
    """The literal number that it is; a figure of the graph is never simplified away."""
    return formula.value if type(formula) is Constant else None


def _simpler(name: str, x: Formula, y: Formula = _ONE) -> Formula | None:
    match name, _number(x), _number(y):
        case ("add" | "sub", _, 0) | ("mul" | "div" | "pow", _, 1):
            return x
        case ("add", 0, _) | ("mul", 1, _):
            return y
        case ("sub", 0, _) | ("mul", -1, _):
            return tidy(-y)
        case "mul", _, -1:
            return tidy(-x)
        case ("mul", 0, _) | ("mul", _, 0):
            return Constant(0.0)
        case "pow", _, 0:
            return _ONE
        case "mul", number, _ if number is not None and _is(y, "neg"):
            positive = Constant(abs(number)) * y.operands[0]
            return -positive if number > 0 else positive
        case "mul", None, number if number is not None:
            return y * x
        case "div", number, _ if number is not None and number < 0 and not _is(y, "neg"):
            return -(Constant(-number) / y)
    if name == "mul" and _is(y, "div") and _number(y.operands[0]) == 1:
        return x / y.operands[1]
    if name == "div" and _is(x, "neg"):
        return -(x.operands[0] / y)
    if name == "div" and _is(y, "neg"):
        return tidy(-(x / y.operands[0]))
    if name == "div" and _is(x, "div"):
        return x.operands[0] / tidy(x.operands[1] * y)
    return x.operands[0] if name == "neg" and _is(x, "neg") else None


def subtracted(term: Formula) -> Formula | None:
    """What a sum takes away with a term -x or -x*y; None for others."""
    if _is(term, "neg"):
        return term.operands[0]
    if _is(term, "mul") and _is(term.operands[0], "neg"):
        return Apply("mul", (term.operands[0].operands[0], *term.operands[1:]))
    return None


def begins_with_minus(formula: Formula) -> bool:
    """Whether it is printed with a minus in front."""
    if isinstance(formula, Apply):
        inside = formula.name in ("mul", "div") and begins_with_minus(formula.operands[0])
        return inside or formula.name == "neg"
    return isinstance(formula, Constant) and formula.value < 0.0


def _is(formula: Formula, name: str) -> TypeGuard[Apply]:
    return isinstance(formula, Apply) and formula.name == name
