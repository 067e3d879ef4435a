"""How an entry of the rule table is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.atoms import ATOMS
from autodiff.formula import Formula, apply
from autodiff.primitive import PRIMITIVES, Forward, Primitive, Rule
from autodiff.terms import Terms

INF, NAN, PI = math.inf, math.nan, math.pi

#: The function of an entry that is an atom: it stands in atoms.py.
ATOM = None


def define(
    name: str, function: Rule | None, rules: Sequence[Rule], textbook: Sequence[str] = (), *,
    variables: str = "x", **details: Any,
) -> Primitive:  # fmt: skip
    """Add a primitive to the table: its function, ATOM or a formula of other primitives."""
    forward: Forward | None = ATOMS[name].python if name in ATOMS else None
    primitive = Primitive(
        name, forward, rules, textbook, variables=variables.split(), function=function, **details
    )
    PRIMITIVES[name] = primitive
    return primitive


def define_sum(name: str, start: str | float, factors: str, **details: Any) -> Primitive:
    """Add a sum, whose derivatives follow from its terms."""
    terms = Terms(start, factors)
    columns = len(terms.factors)
    return define(
        name, ATOM, terms.rules(), terms.textbook(), variables=terms.variables, columns=columns,
        terms=terms, **details,
    )  # fmt: skip


def when(condition: Formula, derivative: Formula | float) -> Formula:
    """The derivative of a selection: `derivative` if the condition holds, else no contribution."""
    return apply("when", condition, derivative)


def zero(*_: Formula) -> float:
    """The rule of what is constant."""
    return 0.0


def constant(value: float) -> Callable[..., float]:
    """A rule, or a limit, that is a number."""
    return lambda *_: value


def product_error(a: Any, b: Any) -> Any:
    """What rounding takes from a*b, exactly, for moderate a and b (Dekker 1971)."""
    c = 134217729.0 * a
    a_high = c - (c - a)
    a_low = a - a_high
    c = 134217729.0 * b
    b_high = c - (c - b)
    b_low = b - b_high
    return a_low * b_low - (((a * b - a_high * b_high) - a_low * b_high) - a_high * b_low)


def polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """The polynomial with these coefficients, highest power first (Horner)."""
    total: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total
