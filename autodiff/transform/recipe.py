"""Rules read on Values: the local derivatives of a node as nodes of a graph again.

The formulas of a primitive are flattened once into straight lists of operations, in which equal
subexpressions have one place; so the derivatives by y and by x of atan2(y, x) share their hypot.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from autodiff.formula import Apply, Constant, Formula, Variable, is_literal, split_condition
from autodiff.primitive import Primitive
from autodiff.value import Value

from .folding import ABSENT, Known, Number
from .presence import Conditions, Never, Presence

Places = list[Any]


class Plan(NamedTuple):
    """How a formula is computed: (place, primitive, places of its operands) each; the result."""

    steps: list[tuple[int, str, tuple[int, ...]]]
    result: int

    def run(self, places: Places, known: Known) -> Number:
        """Compute what is not there yet; the result."""
        for place, name, operands in self.steps:
            if places[place] is None:
                places[place] = known.apply(name, [places[operand] for operand in operands])
        return places[self.result]  # type: ignore[no-any-return]  # places hold numbers


class Rule(NamedTuple):
    """A local derivative: under which condition it contributes, and how it is computed."""

    condition: Formula | None
    plan: Plan
    #: where nothing has to be computed: the derivative, or which variable it is (-1 is z)
    number: float | None = None
    variable: int | None = None


class Recipe:
    """The rules of one primitive, flattened.

    The places of a formula's variables are filled from z, from the operands or from shared
    values; those of an n-ary primitive's columns anew for each row.
    """

    def __init__(self, primitive: Primitive) -> None:
        self._primitive = primitive
        self._placed: dict[Formula, int] = {}
        self._steps: list[tuple[int, str, tuple[int, ...]]] = []
        self._constants: Places = []
        self._comparisons: dict[Formula, Plan] = {}
        self._order = {name: which for which, name in enumerate(primitive.variables)} | {"z": -1}
        self._rules = [self._rule(formula) for formula in primitive.formulas]
        names = {
            part.name: place for part, place in self._placed.items() if isinstance(part, Variable)
        }
        columns = self._columns = primitive.columns
        placed = [(place, self._order.get(name, -1)) for name, place in names.items()]
        self._z = names.get("z")
        self._shared = [(names[name], name) for name in primitive.shared if name in names]
        self._once = [(place, which - columns) for place, which in placed if which >= columns]
        self._by_row = [(place, which) for place, which in placed if 0 <= which < columns]
        self._row = names.get("row") if primitive.rows else None
        self._free = self._free_of_row()

    def _rule(self, formula: Formula) -> Rule | None:
        if is_literal(formula, 0.0):
            return None
        condition, derivative = split_condition(formula)
        if condition is not None:
            self._compare(condition)
        plan = self._plan(derivative)
        if condition is None and isinstance(derivative, Constant):
            return Rule(None, plan, number=derivative.value)
        if condition is None and isinstance(derivative, Variable):
            return Rule(None, plan, variable=self._order.get(derivative.name))
        return Rule(condition, plan)

    def _compare(self, condition: Formula) -> None:
        """Plan the comparisons that a condition combines by not, and, or."""
        if isinstance(condition, Apply) and condition.name in ("not", "mul", "add"):
            for operand in condition.operands:
                self._compare(operand)
        else:
            self._comparisons[condition] = self._plan(condition)

    def _plan(self, formula: Formula) -> Plan:
        result = self._place(formula)
        needed = {result}
        for place, _, operands in reversed(self._steps):
            if place in needed:
                needed.update(operands)
        return Plan([step for step in self._steps if step[0] in needed], result)

    def _place(self, formula: Formula) -> int:
        """The place of a formula; operands get theirs before the operations that use them."""
        if formula not in self._placed:
            operands: tuple[int, ...] = ()
            if isinstance(formula, Apply):
                operands = tuple([self._place(operand) for operand in formula.operands])
                self._steps.append((len(self._constants), formula.name, operands))
            self._placed[formula] = len(self._constants)
            self._constants.append(formula.value if isinstance(formula, Constant) else None)
        return self._placed[formula]

    def _free_of_row(self) -> Plan:
        """What an n-ary primitive computes once for all its rows."""
        if not self._columns:
            return Plan([], 0)
        changing = {place for place, _ in self._by_row}
        if self._row is not None:
            changing.add(self._row)
        steps = []
        for step in self._steps:
            if changing.isdisjoint(step[2]):
                steps.append(step)
            else:
                changing.add(step[0])
        return Plan(steps, 0)

    def read(
        self, node: Value, active: Container[int], conditions: Conditions, plain: bool = False
    ) -> Iterator[tuple[Value, Number, Presence]]:
        """(operand, local derivative, when) for each operand, active by id, that contributes.

        Row by row, as the pullbacks of the eager sweep do: what the same node receives is added
        in the same order, and its bits are the same.

        `plain` reads the rules on the nodes' numbers: the local derivatives are floats then.
        """
        operands, known, columns = node.operands, conditions.known, self._columns
        rows = (len(operands) - self._primitive.tail) // columns if columns else 0
        z: Number = node
        numbers: Sequence[Any] = operands
        if plain:
            z, numbers = node._data, [getattr(x, "_data", x) for x in operands]
        places: Places = []
        common: Places | None = None
        at = -1
        for index in self._primitive.by_rows(len(operands)):
            operand = operands[index]
            if operand.__class__ is float or id(operand) not in active:
                continue
            which, row = index, -1
            if columns:
                which, row = (
                    divmod(index, rows)
                    if index < rows * columns
                    else (columns + index - rows * columns, 0)
                )
            rule = self._rules[which]
            if rule is None:
                continue
            if rule.number is not None:
                yield operand, rule.number, None
                continue
            variable = rule.variable
            if variable is not None:
                if variable < 0:
                    yield operand, z, None
                elif variable < columns:
                    yield operand, numbers[variable * rows + row], None
                else:
                    yield operand, numbers[columns * (rows - 1) + variable], None
                continue
            if common is None:
                common = places = self._bind(z, numbers, rows, known)
            if row != at:
                places = common.copy()
                at = row
                for place, column in self._by_row:
                    places[place] = numbers[column * rows + row]
                if self._row is not None:
                    places[self._row] = float(row)
            when: Presence = None
            if rule.condition is not None:
                try:
                    when = conditions.read(rule.condition, self._comparison(places, known))
                except Never:
                    continue
            local = rule.plan.run(places, known)
            yield operand, 0.0 if local is ABSENT else local, when

    def _comparison(self, places: Places, known: Known) -> Callable[[Formula], Number]:
        return lambda part: self._comparisons[part].run(places, known)

    def _bind(self, z: Number, numbers: Sequence[Any], rows: int, known: Known) -> Places:
        """The places with the numbers that all operands of a node share."""
        places = self._constants.copy()
        if self._z is not None:
            places[self._z] = z
        for place, which in self._once:
            places[place] = numbers[self._columns * rows + which]
        for place, name in self._shared:
            places[place] = known.apply(name, (z, *numbers))
        if self._free.steps:
            self._free.run(places, known)
        return places


#: The recipe of a primitive, made at its first use.
recipe: Callable[[Primitive], Recipe] = cache(Recipe)
