"""Formulas printed as JavaScript: the function of a primitive and its local derivatives.

    const f_sigmoid = (x_) => { ... };
    const d_sigmoid = [(z_, x_) => { ... }];

There is one derivative per variable, as in the rule table. Nothing raises: what has no value is
NaN. A derivative that is null is no contribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autodiff.atoms import ATOMS
from autodiff.formula import Formula, apply, is_literal, split_condition
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.source import Printer, Truth, indented

_WORDS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def literal(number: float) -> str:
    """A number as JavaScript writes it; whole ones without a point."""
    text = repr(number)
    return _WORDS.get(text, text.removesuffix(".0"))


class _Printer(Printer):
    """The same in JavaScript."""

    one, none, both, either, end = "1", "0", "&&", "||", ";"

    def __init__(self) -> None:
        super().__init__(lambda name: float)  # which functions exist is the bundle's business

    def literal(self, number: float) -> str:
        return literal(number)

    def choice(self, test: str, then: str, other: str) -> str:
        return f"({test} ? {then} : {other})"

    def tested(self, text: str) -> str:
        return text if isinstance(text, Truth) else f"({text} !== 0)"

    def denied(self, text: str) -> str:
        return f"(!{text})" if isinstance(text, Truth) else f"({text} === 0)"

    def let(self, name: str, text: str) -> str:
        return f"const {name} = {text};"

    def when(self, test: str, lines: Sequence[str], other: Sequence[str] = ()) -> list[str]:
        rest = ["} else {", *indented(other)] if other else []
        return [f"if ({test}) {{", *indented(lines), *rest, "}"]

    def declared(self, name: str) -> list[str]:
        return [f"let {name};"]

    def spelled(self, name: str) -> str:
        written = ATOMS[name].javascript if name in ATOMS else ""
        return written if "{" in written else ""


def javascript(primitive: Primitive) -> str:
    """The two declarations of a primitive: f_name and d_name. Raises KeyError where there are none:
    a user's own function in Python, which has no formula."""
    return f"{_function(primitive)}\n{_derivatives(primitive)}\n"


def has_javascript(primitive: Primitive) -> bool:
    """Whether a primitive can be printed: it has a formula, or is an atom of the table."""
    atom = ATOMS.get(primitive.name)
    known = PRIMITIVES.get(primitive.name)
    same = known is not None and (primitive is known or primitive is known.total)
    return primitive.name.isidentifier() and bool(
        (primitive.terms or primitive.formula is not None or (atom and atom.javascript)) and same
    )


def _function(primitive: Primitive) -> str:
    name = primitive.name
    atom = ATOMS[name].javascript if name in ATOMS else ""
    if primitive.terms is not None:
        return f"{_arrow(f'const f_{name} = (...operands) => ', _sum(primitive))};"
    operands = [f"{variable}_" for variable in primitive.variables]
    names = ", ".join(operands)
    if "{" in atom:
        made = _Printer().apply(name, operands)
        return f"const f_{name} = ({names}) => {_Printer().number(made)};"
    if atom:
        return f"const f_{name} = {atom};"
    formula = primitive.formula if primitive.has_limit else _guarded(primitive)
    if formula is None:
        raise KeyError(name)
    made = _arrow(f"const f_{name} = ({names}) => ", _Printer().body(formula)) + ";"
    limit = _limit(primitive)
    if limit is None:
        return made
    made = made.replace(f"const f_{name} =", f"const g_{name} =", 1)
    return f"{made}\nconst f_{name} = (...xs) => orElse(g_{name}(...xs), {limit}, xs);"


def _guarded(primitive: Primitive) -> Formula | None:
    """The function, nan outside its domain: nothing raises here."""
    inside, formula = primitive.condition, primitive.formula
    if inside is None or formula is None:
        return formula
    return apply("where", inside, formula, math.nan)


def _limit(primitive: Primitive) -> str | None:
    """What stands where the formula has no value: one number, or one each at -1 and at 1."""
    if not primitive.has_limit:
        return None
    at = [primitive.limit(*[x] * len(primitive.variables)) for x in (-1.0, 1.0, 0.3, -7.0)]
    return f"[{', '.join(map(literal, at[: 1 if len(set(at)) == 1 else 2]))}]"


def _arrow(head: str, lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return head + lines[0].removeprefix("return ").removesuffix(";")
    return "\n".join([head + "{", *indented(lines), "}"])


def _sum(primitive: Primitive) -> list[str]:
    terms = primitive.terms
    assert terms is not None
    count = len(terms.factors)
    factors = [f"operands[{'i' if at == 0 else f'{at} * rows + i'}]" for at in range(count)]
    start = "operands[operands.length - 1]" if terms.tail else literal(float(terms.start))
    return [
        f"const rows = Math.floor(operands.length / {count});",
        f"let total = {start};",
        f"for (let i = 0; i < rows; i++) total += {' * '.join(factors)};",
        "return total;",
    ]


def _derivatives(primitive: Primitive) -> str:
    names = ["z", *primitive.variables, *primitive.shared, *primitive.rows]
    head = f"({', '.join(f'{name}_' for name in names)}) => "
    written = [_derivative(formula, head) for formula in primitive.formulas]
    name = primitive.name
    if primitive.columns == 0:
        return f"const d_{name} = [{', '.join(written)}];"
    shared = ", ".join(f"f_{each}" for each in primitive.shared)
    return (
        f"const d_{name} = {{ columns: {primitive.columns}, tail: {primitive.tail}, "
        f"shared: () => [{shared}], of: [{', '.join(written)}] }};"
    )


def _derivative(formula: Formula, head: str) -> str:
    if is_literal(formula, 0.0):
        return "() => null"
    condition, derivative = split_condition(formula)
    if condition is None:
        return _arrow(head, _Printer().body(derivative))
    unless = f"if (!{_Printer().test(condition)}) return null;"
    return _arrow(head, [unless, *_Printer().body(derivative)])
