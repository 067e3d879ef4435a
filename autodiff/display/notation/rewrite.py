"""Formulas as a mathematician would write them, before they are printed.

Two kinds of rewriting, both for readers only: `elementary` spells functions out that have an
ordinary notation (`log1p(x)` is log(1 + x), `dot` a sum of products), and `tidy` removes what
substitution leaves behind (`2*x**(2 - 1)` is 2x). Numbers are never computed from the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autodiff.formula import Apply, Constant, Formula, Variable
from autodiff.primitive import PRIMITIVES

from .symbols import Figure

_ONE, _TWO = Constant(1.0), Constant(2.0)


def elementary(name: str, operands: tuple[Formula, ...]) -> Formula:
    """The application spelled out where that is shorter to read than the function's name."""
    terms = PRIMITIVES[name].terms if name in PRIMITIVES else None
    if terms is not None and len(terms.factors) > 1:
        start, rows = terms.split(operands)
        return Apply("sum", (*(w * x for w, x in rows), *([start] if terms.tail else [])))
    spell = _SPELLED.get(name)
    return spell(*operands) if spell else Apply(name, operands)


def _mean(*operands: Formula) -> Formula:
    return Apply("sum", operands) / float(len(operands)) if len(operands) > 1 else operands[0]


_SPELLED: dict[str, Callable[..., Formula]] = {
    "expm1": lambda x: Apply("exp", (x,)) - _ONE,
    "log1p": lambda x: Apply("log", (_ONE + x,)),
    "exp2": lambda x: Apply("pow", (_TWO, x)),
    "mean": _mean,
    "reciprocal": lambda x: _ONE / x,
    "square": lambda x: Apply("pow", (x, _TWO)),
}


def substitute(formula: Formula, values: dict[str, Formula]) -> Formula:
    """The formula with its variables replaced; unlike formula.substitute it keeps our leaves."""
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
    if (folded := _folded(formula.name, operands)) is not None:
        return folded
    rule = _TIDY.get(formula.name)
    simpler = rule(*operands) if rule else None
    return Apply(formula.name, operands) if simpler is None else simpler


def _folded(name: str, operands: tuple[Formula, ...]) -> Formula | None:
    """The number that an operation on whole numbers gives; others stay as they were written."""
    numbers = [f.value for f in operands if isinstance(f, Constant) and not isinstance(f, Figure)]
    compute = _WHOLE.get(name)
    if compute is None or len(numbers) != len(operands):
        return None
    try:
        result = compute(*numbers)
    except (ArithmeticError, ValueError):
        return None
    short = math.isfinite(result) and abs(result) < 1e6 and result * 16 == int(result * 16)
    return Constant(result) if short else None


_WHOLE: dict[str, Callable[..., float]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "neg": lambda x: -x,
}


def _is(formula: Formula, number: float) -> bool:
    """Whether it is that literal number (a figure of the graph is never simplified away)."""
    return isinstance(formula, Constant) and type(formula) is Constant and formula.value == number


def _tidy_add(x: Formula, y: Formula) -> Formula | None:
    return y if _is(x, 0) else x if _is(y, 0) else None


def _tidy_sub(x: Formula, y: Formula) -> Formula | None:
    if _is(y, 0):
        return x
    return tidy(-y) if _is(x, 0) else None


def _tidy_mul(x: Formula, y: Formula) -> Formula | None:
    if _is(x, 1):
        return y
    if _is(y, 1):
        return x
    if _is(x, -1) or _is(y, -1):
        return tidy(-(y if _is(x, -1) else x))
    if _is(x, 0) or _is(y, 0):
        return Constant(0.0)
    if type(y) is Constant and type(x) is not Constant:
        return y * x
    if isinstance(y, Apply) and y.name == "div" and _is(y.operands[0], 1):
        return x / y.operands[1]
    return None


def _tidy_div(x: Formula, y: Formula) -> Formula | None:
    if _is(y, 1):
        return x
    if isinstance(x, Apply) and x.name == "neg":
        return -(x.operands[0] / y)
    if isinstance(y, Apply) and y.name == "neg":
        return tidy(-(x / y.operands[0]))
    if type(x) is Constant and x.value < 0:
        return -(Constant(-x.value) / y)
    if isinstance(x, Apply) and x.name == "div":
        return x.operands[0] / tidy(x.operands[1] * y)
    return None


def _tidy_pow(x: Formula, y: Formula) -> Formula | None:
    if _is(y, 1):
        return x
    return _ONE if _is(y, 0) else None


def _tidy_neg(x: Formula) -> Formula | None:
    return x.operands[0] if isinstance(x, Apply) and x.name == "neg" else None


_TIDY: dict[str, Callable[..., Formula | None]] = {
    "add": _tidy_add,
    "sub": _tidy_sub,
    "mul": _tidy_mul,
    "div": _tidy_div,
    "pow": _tidy_pow,
    "neg": _tidy_neg,
}
