"""Formulas printed as JavaScript: the function of a primitive and its local derivatives.

    const f_sigmoid = (x_) => { ... };
    const d_sigmoid = [(z_, x_) => { ... }];

There is one derivative per variable, as in the rule table. Nothing raises: what has no value is
NaN. A derivative that is null is no contribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from autodiff.atoms import ATOMS
from autodiff.formula import (
    Apply,
    Constant,
    Formula,
    apply,
    is_literal,
    needed_by_both,
    parts,
    split_condition,
)
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS
from autodiff.source import Printer, Truth, indented

_WORDS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def literal(number: float) -> str:
    """A number as JavaScript writes it; whole ones without a point."""
    text = repr(number)
    return _WORDS.get(text, text.removesuffix(".0"))


def _number(text: str) -> str:
    return f"({text} ? 1 : 0)" if isinstance(text, Truth) else text


def _test(text: str) -> str:
    return text if isinstance(text, Truth) else f"({text} !== 0)"


class _Printer(Printer):
    def __init__(self) -> None:
        super().__init__(lambda name: float)  # which functions exist is the bundle's business

    def body(self, formula: Formula, known: dict[int, str] | None = None) -> list[str]:
        known = {} if known is None else known
        if not self._uses:
            self._uses = parts(formula)
        outer, self.lines = self.lines, []
        if isinstance(formula, Apply) and formula.name == "where":
            condition, then, other = formula.operands
            test = _test(self._part(condition, known))
            for common in needed_by_both(then, other):
                self._part(common, known)
            chosen, rest = self.body(then, dict(known)), self.body(other, dict(known))
            self.lines += [f"if ({test}) {{", *indented(chosen), "}", *rest]
        else:
            self.lines.append(f"return {_number(self._part(formula, known))};")
        lines, self.lines = self.lines, outer
        return lines

    def condition(self, formula: Formula) -> str:
        """A condition in one expression, true or false."""
        return _test(super().test(formula))

    def leaf(self, formula: Formula) -> str:
        return literal(formula.value) if isinstance(formula, Constant) else super().leaf(formula)

    def _named(self, formula: Apply, operands: tuple[str, ...]) -> str:
        text = self.apply(formula.name, [_number(operand) for operand in operands], operands)
        if self._uses[id(formula)][1] < 2:
            return text
        name = self._new_name()
        self.lines.append(f"const {name} = {text};")
        return Truth(name) if isinstance(text, Truth) else name

    def apply(self, name: str, operands: Sequence[str], tests: Sequence[str] = ()) -> str:
        if name == "not":
            inner = (tests or operands)[0]
            return Truth(f"(!{inner})" if isinstance(inner, Truth) else f"({inner} === 0)")
        written = ATOMS[name].javascript if name in ATOMS else ""
        if "{" in written:
            text = written.format(*operands)
            return Truth(text) if name in COMPARISONS else text
        return f"f_{name}({', '.join(operands)})"

    def _choose(self, test: str, then: Callable[[], str], other: Callable[[], str]) -> str:
        outer, first, second = self.lines, list[str](), list[str]()
        self.lines = first
        chosen = then()
        self.lines = second
        rest = other()
        self.lines = outer
        if not first and not second:
            if isinstance(test, Truth) and rest == "0" and isinstance(chosen, Truth):
                return Truth(f"({test} && {chosen})")
            if isinstance(test, Truth) and chosen == "1" and isinstance(rest, Truth):
                return Truth(f"({test} || {rest})")
            return f"({_test(test)} ? {_number(chosen)} : {_number(rest)})"
        name = self._new_name()
        self.lines += [f"let {name};", f"if ({_test(test)}) {{"]
        self.lines += [*indented([*first, f"{name} = {_number(chosen)};"]), "} else {"]
        self.lines += [*indented([*second, f"{name} = {_number(rest)};"]), "}"]
        return name


def javascript(primitive: Primitive) -> str:
    """The two declarations of a primitive: f_name and d_name. Raises KeyError where there are none:
    a user's own function in Python, which has no formula."""
    return f"{_function(primitive)}\n{_derivatives(primitive)}\n"


def has_javascript(primitive: Primitive) -> bool:
    """Whether a primitive can be printed: it has a formula, or is an atom of the table."""
    atom = ATOMS.get(primitive.name)
    known = PRIMITIVES.get(primitive.name)
    same = known is not None and known.formulas is primitive.formulas
    return primitive.name.isidentifier() and bool(
        (primitive.terms or primitive.formula is not None or (atom and atom.javascript)) and same
    )


def _function(primitive: Primitive) -> str:
    name = primitive.name
    atom = ATOMS[name].javascript if name in ATOMS else ""
    if primitive.terms is not None:
        return "\n".join(
            [f"const f_{name} = (...operands) => {{", *indented(_sum(primitive)), "};"]
        )
    names = ", ".join(f"{variable}_" for variable in primitive.variables)
    if "{" in atom:
        made = _Printer().apply(name, [f"{variable}_" for variable in primitive.variables])
        return f"const f_{name} = ({names}) => {_number(made)};"
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
    if len(set(at)) == 1:
        return f"[{literal(at[0])}]"
    return f"[{literal(at[0])}, {literal(at[1])}]"


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
    lines = [f"if (!{_Printer().condition(condition)}) return null;"]
    return _arrow(head, [*lines, *_Printer().body(derivative)])
