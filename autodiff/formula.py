"""Expression trees: what a rule, a textbook formula and a parsed expression have in common.

A tree is made of three kinds of node: `Constant(2.0)`, `Variable("x")` and
`Apply("sin", (operand, ...))`. Operators build trees, so a rule such as
`lambda z, x: -z / x` is *traced* by calling it once on variables:

>>> x, z = Variable("x"), Variable("z")
>>> print(-z / x)
div(neg(z), x)

Whatever needs a derivative walks such a tree: source code for floats, nodes for Values,
instructions for the compiled machine, text and LaTeX for readers. Trees are shallow (they are
formulas, not graphs), so recursion over them is safe; graphs are never walked recursively.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


def _operator(name: str) -> Operator:
    return lambda self, other: apply(name, self, other)


def _reflected(name: str) -> Operator:
    return lambda self, other: apply(name, other, self)


class Formula:
    """A node of an expression tree. Operators build bigger trees; trees are immutable."""

    __slots__ = ()

    __add__: ClassVar[Operator] = _operator("add")
    __radd__: ClassVar[Operator] = _reflected("add")
    __sub__: ClassVar[Operator] = _operator("sub")
    __rsub__: ClassVar[Operator] = _reflected("sub")
    __mul__: ClassVar[Operator] = _operator("mul")
    __rmul__: ClassVar[Operator] = _reflected("mul")
    __truediv__: ClassVar[Operator] = _operator("div")
    __rtruediv__: ClassVar[Operator] = _reflected("div")
    __pow__: ClassVar[Operator] = _operator("pow")
    __rpow__: ClassVar[Operator] = _reflected("pow")
    __mod__: ClassVar[Operator] = _operator("mod")
    __rmod__: ClassVar[Operator] = _reflected("mod")
    __floordiv__: ClassVar[Operator] = _operator("floordiv")
    __rfloordiv__: ClassVar[Operator] = _reflected("floordiv")
    __lt__: ClassVar[Operator] = _operator("less")
    __le__: ClassVar[Operator] = _operator("less_equal")
    __gt__: ClassVar[Operator] = _operator("greater")
    __ge__: ClassVar[Operator] = _operator("greater_equal")

    def __neg__(self) -> Formula:
        return apply("neg", self)

    def __pos__(self) -> Formula:
        return self

    def __abs__(self) -> Formula:
        return apply("abs", self)

    def __and__(self, other: Operand) -> Formula:
        return apply("where", self, other, 0.0)

    def __or__(self, other: Operand) -> Formula:
        return apply("where", self, 1.0, other)

    def __bool__(self) -> bool:
        raise TypeError(
            "a formula is traced once for all numbers, so it cannot use `if`, `and`, `or` "
            "or `while` on them; choose with autodiff.where(condition, a, b)"
        )

    def __float__(self) -> float:
        raise TypeError(
            "a formula is traced once for all numbers, so it cannot use float() or "
            "functions of the math module; use the functions of autodiff"
        )


@dataclass(frozen=True, slots=True)
class Constant(Formula):
    """A number."""

    value: float

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, slots=True)
class Variable(Formula):
    """A name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Apply(Formula):
    """A primitive, by name, applied to operands."""

    name: str
    operands: tuple[Formula, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.operands))})"


Operand = Formula | float
Operator = Callable[[Any, Operand], Formula]


def apply(name: str, *operands: Operand) -> Formula:
    """`Apply` with plain numbers turned into constants."""
    return Apply(name, tuple(lift(operand) for operand in operands))


def lift(operand: Operand) -> Formula:
    """A formula as it is; a real number as a `Constant`."""
    if isinstance(operand, Formula):
        return operand
    if isinstance(operand, (int, float)):
        return Constant(float(operand))
    raise TypeError(
        f"a local derivative may combine its arguments with plain numbers only, "
        f"not with {type(operand).__name__}"
    )


def fold(
    formula: Formula,
    constant: Callable[[float], T],
    variable: Callable[[str], T],
    combine: Callable[[str, tuple[T, ...]], T],
) -> T:
    """Rebuild a tree bottom-up as something else: the one way in which trees are interpreted.

    >>> fold(Variable("x") * 3.0 + 1.0, str, str, lambda name, args: f"{name}[{' '.join(args)}]")
    'add[mul[x 3.0] 1.0]'
    """
    if isinstance(formula, Constant):
        return constant(formula.value)
    if isinstance(formula, Variable):
        return variable(formula.name)
    assert isinstance(formula, Apply)
    operands = tuple(fold(operand, constant, variable, combine) for operand in formula.operands)
    return combine(formula.name, operands)


def write(
    formula: Formula,
    leaf: Callable[[Formula], T],
    combine: Callable[[Apply, tuple[T, ...]], T],
    choose: Callable[[T, Callable[[], T], Callable[[], T]], T],
    known: dict[int, T] | None = None,
) -> T:
    """Print a function for some target: each part once, of a `where` only what is chosen.

    Parts are the same if they are one object: `e = exp(x)` used twice is computed once.
    `choose(condition, then, other)` writes a selection; `then()` and `other()` write its branches,
    where it calls them. What a branch has computed is not known outside of it.
    """
    known = {} if known is None else known
    found = known.get(id(formula))
    if found is not None:
        return found

    def part(of: Formula, known: dict[int, T] = known) -> T:
        return write(of, leaf, combine, choose, known)

    if not isinstance(formula, Apply):
        found = leaf(formula)
    elif formula.name == "where":
        condition, then, other = formula.operands
        test = part(condition)
        for common in needed_by_both(then, other):
            part(common)
        found = choose(test, lambda: part(then, dict(known)), lambda: part(other, dict(known)))
    else:
        found = combine(formula, tuple([part(operand) for operand in formula.operands]))
    known[id(formula)] = found
    return found


def needed_by_both(then: Formula, other: Formula) -> list[Apply]:
    """What both branches of a selection compute in any case: operands first."""
    either = certain(other)
    return [part for key, part in certain(then).items() if key in either]


def certain(formula: Formula) -> dict[int, Apply]:
    """The parts that are computed whatever the conditions are, by `id`, operands first."""
    found: dict[int, Apply] = {}
    if isinstance(formula, Apply):
        if formula.name == "where":
            condition, then, other = formula.operands
            found.update(certain(condition))
            found.update({id(part): part for part in needed_by_both(then, other)})
        else:
            for operand in formula.operands:
                found.update(certain(operand))
        found[id(formula)] = formula
    return found


def parts(formula: Formula) -> dict[int, tuple[Formula, int]]:
    """By `id`, every different part of a formula with the number of its uses."""
    found: dict[int, tuple[Formula, int]] = {}
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        _, uses = found.get(id(part), (part, 0))
        found[id(part)] = part, uses + 1
        if uses == 0 and isinstance(part, Apply):
            waiting.extend(part.operands)
    return found


def names_in(formula: Formula) -> set[str]:
    """The names of the primitives in a formula."""
    return {part.name for part, _ in parts(formula).values() if isinstance(part, Apply)}


def variables(formula: Formula) -> dict[str, None]:
    """The names that occur in a tree, in order of their first appearance."""
    found: dict[str, None] = {}
    fold(formula, str, found.setdefault, lambda *_: None)
    return found


def is_literal(formula: Formula, number: float) -> bool:
    """Whether a derivative is just that number."""
    return isinstance(formula, Constant) and formula.value == number


def split_condition(formula: Formula) -> tuple[Formula | None, Formula]:
    """A selection's derivative as (condition, derivative); the condition is None elsewhere."""
    if isinstance(formula, Apply) and formula.name == "when":
        return formula.operands[0], formula.operands[1]
    return None, formula
