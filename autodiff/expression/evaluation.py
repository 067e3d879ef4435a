"""The value of a formula, on floats or on Values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autodiff.call import call
from autodiff.errors import ExpressionError
from autodiff.formula import Apply, Constant, Formula, Variable
from autodiff.functions import where
from autodiff.grammar.parser import CONSTANTS
from autodiff.primitive import PRIMITIVES
from autodiff.signs import COMPARISONS
from autodiff.value import Value

from .vocabulary import nearest, public_functions, takes_a_sequence

Failed = Callable[[Formula], None] | None
"""Is told at which node a computation fails."""


def evaluate_formula(formula: Formula, variables: Mapping[str, Any], failed: Failed = None) -> Any:
    """Compute a formula, given a number or a Value for each of its variables.

    Floats give a float; Values give a Value whose graph has one node per operation of the
    formula. `when(condition, a)` is a, or 0 where the condition does not hold; of
    `where(condition, a, b)` only the chosen branch needs to have a value. Raises
    `ExpressionError` for a variable without a value, and what the operations raise; `failed` is
    told at which node.

    >>> from autodiff import Value
    >>> from autodiff.expression import parse
    >>> evaluate_formula(parse("-x**2"), {"x": 3.0})
    -9.0
    >>> x = Value(3.0)
    >>> y = evaluate_formula(parse("x * log(x)"), {"x": x})
    >>> y.backward()
    >>> x.grad
    2.09861228866811
    """
    if isinstance(formula, Constant):
        return formula.value
    if isinstance(formula, Apply) and formula.name == "where":
        return _choose(formula, variables, failed)
    operands = formula.operands if isinstance(formula, Apply) else ()
    numbers = [evaluate_formula(operand, variables, failed) for operand in operands]
    try:
        if isinstance(formula, Variable):
            return _look_up(formula.name, variables)
        assert isinstance(formula, Apply)
        return _apply(formula.name, numbers)
    except (ArithmeticError, TypeError, ValueError):
        if failed is not None:
            failed(formula)
        raise


def _choose(
    formula: Apply, variables: Mapping[str, Any], failed: Failed, needed: bool = True
) -> Any:
    """`where` with its condition and both branches in the graph.

    where(x > 0, 1/x, 0) has a value at 0, too: what the other branch lacks is nan there.
    """
    condition, *branches = formula.operands
    holds = evaluate_formula(condition, variables, failed)
    chosen, other = branches if holds else reversed(branches)
    compute = evaluate_formula if needed else _whatever
    found, rest = compute(chosen, variables, failed), _whatever(other, variables, failed)
    return where(
        _recorded(condition, variables, holds), *((found, rest) if holds else (rest, found))
    )


def _recorded(condition: Formula, variables: Mapping[str, Any], holds: Any) -> Any:
    """The condition as a node, where it depends on a Value and is made of comparisons."""
    if not isinstance(condition, Apply) or condition.name not in (*COMPARISONS, "mul"):
        return holds
    if condition.name == "mul":
        operands = [_recorded(each, variables, None) for each in condition.operands]
    else:
        operands = [evaluate_formula(each, variables) for each in condition.operands]
    if any(each is None for each in operands):
        return holds
    recorded = any(isinstance(each, Value) for each in operands)
    return call(PRIMITIVES[condition.name], *operands) if recorded else holds


def _whatever(formula: Formula, variables: Mapping[str, Any], failed: Failed) -> Any:
    """The value of a branch that was not chosen, computed by the functions that never raise."""
    if isinstance(formula, Apply) and formula.name == "where":
        return _choose(formula, variables, failed, needed=False)
    if not isinstance(formula, Apply):
        return evaluate_formula(formula, variables, failed)
    operands = [_whatever(operand, variables, failed) for operand in formula.operands]
    try:
        return _apply(formula.name, operands)
    except ExpressionError:
        raise
    except (ArithmeticError, ValueError):
        primitive = PRIMITIVES.get(formula.name)
        return math.nan if primitive is None else call(primitive.total, *operands)


def _look_up(name: str, variables: Mapping[str, Any]) -> Any:
    if name in variables:
        return variables[name]
    similar = _apart(name, variables) or nearest(name, variables)
    raise ExpressionError(
        f"{name} has no value", suggestion=f"did you mean {similar}?" if similar else None
    )


def _apart(name: str, variables: Mapping[str, Any]) -> str | None:
    """A name as the product that it may stand for: xy is x*y where both have values."""
    pieces: list[str] = []
    rest = name
    while rest:
        heads = (rest[:end] for end in range(len(rest), 0, -1))
        piece = next((head for head in heads if head in variables or head in CONSTANTS), None)
        if piece is None and pieces and rest.isdecimal():
            piece = rest
        if piece is None:
            return None
        pieces.append(piece)
        rest = rest[len(piece) :]
    return "*".join(pieces)


def _apply(name: str, numbers: list[Any]) -> Any:
    if name in COMPARISONS:
        return COMPARISONS[name].python(*numbers)
    if name == "when":
        return numbers[1] if numbers[0] else 0.0
    if function := public_functions().get(name):
        return function(numbers) if takes_a_sequence(function) else function(*numbers)
    return call(PRIMITIVES[name], *numbers)
