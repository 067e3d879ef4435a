"""The text of `to_python`: a Program as statements and expressions of Python."""

from __future__ import annotations

import keyword
import math
from collections.abc import Sequence
from typing import NamedTuple

from autodiff.formula import Apply, Formula, fold, is_literal, names_in, split_condition
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import SIGNS

from .ends import detach
from .program import Program

ATOM, MINUS, _POWER = 9, 6, 7
#: Whose derivatives are finite at finite numbers, and raise nothing.
_TAME = frozenset(
    "add sub mul neg sin cos tanh sigmoid sigmoid_slope abs sign one not where less less_equal "
    "greater greater_equal equal not_equal floordiv erf erfc relu copysign".split()
)
#: Whose function raises wherever the division in its derivative would.
_DIVIDES_SAFELY = frozenset("div log log2 log10 log1p logit atanh maximum minimum softsign".split())
Text = tuple[str, int]  # an expression and how tightly its outermost operator binds


class Condition(NamedTuple):
    """That a test comes out true, or `denied`: that it does not."""

    test: Text
    denied: bool


class Printer:
    """Prints one Program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions: set[str] = set()
        self._total, self._plain_powers = False, True
        self.names: list[str] = [
            f"{name}_" if keyword.iskeyword(name) or name in PRIMITIVES else name
            for name in program.names()
        ]
        for at, number in enumerate(program.constants, program.leaves):
            self.names[at] = _literal(number)
        self.active: list[bool] = program.activity()

    def source(self, title: str) -> str:
        """The whole module."""
        body = ["# forward", *self._forward()]
        body += ["# backward: d_v is the derivative of the result by v", *self._backward()]
        outputs = [self.names[slot] for slot in self.program.outputs]
        result = outputs[0] if len(outputs) == 1 else f"({', '.join(outputs)})"
        body.append(f"return {result}, ({self._gradient()})")
        self._note_shared(body)
        arguments = ", ".join(self.names[: self.program.leaves])
        lines = [f"def {title}_and_gradient({arguments}):", *[f"    {line}" for line in body]]
        if self.functions:
            imported = ", ".join(sorted(self.functions))
            lines = [f"from autodiff.program.elementwise import {imported}", "", "", *lines]
        return "\n".join(lines)

    def _note_shared(self, body: Sequence[str]) -> None:
        """The functions of shared values that the lines really call."""
        text = "\n".join(body)
        shared = {name for primitive in self.program.primitives for name in primitive.shared}
        self.functions |= {name for name in shared if f"{name}(" in text}

    def _gradient(self) -> str:
        parts = [self._adjoint(slot) for slot in range(self.program.leaves)]
        return ", ".join(parts) + ("," if len(parts) == 1 else "")

    # ---- forward -----------------------------------------------------------------------------

    def _forward(self) -> list[str]:
        return [f"{self._result(index)} = {self._expression(index)}" for index in self._indices()]

    def _indices(self) -> range:
        return range(len(self.program.primitives))

    def _result(self, index: int) -> str:
        return self.names[self.program.first_result + index]

    def _expression(self, index: int) -> str:
        primitive = self.program.primitives[index]
        operands = [self._operand(slot) for slot in self.program.operands[index]]
        self._plain_powers = True  # they raise where the engine does
        if primitive is detach:
            return operands[0][0]
        if primitive.terms is not None:
            start, terms = primitive.terms.split(operands)
            first = start[0] if primitive.terms.tail else repr(start)
            products = [t[0] if len(t) == 1 else self._apply("mul", t) for t in terms]
            return " + ".join([first, *[text for text, _ in products]])
        return self._apply(primitive.name, tuple(operands))[0]

    def _operand(self, slot: int) -> Text:
        return self._literal(self.names[slot])

    # ---- backward ----------------------------------------------------------------------------

    def _backward(self) -> list[str]:
        program = self.program
        self.touched: set[int] = set()
        #: slots that a selection may pass by: when it does, or when it does not
        self.chosen: dict[int, Condition] = {}
        lines = []
        for slot in dict.fromkeys(program.outputs):
            if self.active[slot]:
                times = program.outputs.count(slot)
                lines.append(f"{self._name(slot)} = {float(times)!r}")
                self.touched.add(slot)
        for index in reversed(program.order(program.outputs)):
            slot = program.first_result + index
            if self.active[slot] and slot in self.touched:
                lines += self._contributions(index)
        return lines

    def _contributions(self, index: int) -> list[str]:
        primitive, slots = self.program.primitives[index], self.program.operands[index]
        slot = self.program.first_result + index
        lines = []
        for at in primitive.by_rows(len(slots)):
            rule = primitive.derivative(at, len(slots))
            if not self.active[slots[at]] or is_literal(rule, 0.0):
                continue
            names = primitive.bind(at, self._operand(slot), [self._operand(s) for s in slots])
            for shared in primitive.shared:
                operands = ", ".join([self.names[slot], *[self.names[s] for s in slots]])
                names[shared] = f"{shared}({operands})", ATOM
            if "row" in names:
                names["row"] = repr(names["row"]), ATOM
            lines.append(
                self._add(slots[at], self._amount(primitive, rule, names, slot, slots[at]))
            )
        if lines:
            lines[0] += f"  # {self._result(index)} = {self._expression(index)}"
        return lines

    def _amount(
        self, primitive: Primitive, rule: Formula, names: dict[str, Text], slot: int, target: int
    ) -> str:
        """Adjoint times derivative; below a selection that chose otherwise it is no contribution.

        A derivative that is infinite there, or cannot be computed, must do no harm.
        """
        condition, derivative = split_condition(rule)
        chosen = self.chosen.get(slot)  # None: the adjoint of the slot is certainly wanted
        operations = names_in(derivative)
        wild = not operations <= _TAME
        self._total = wild and (chosen is not None or primitive.name not in _DIVIDES_SAFELY)
        self._plain_powers = chosen is None
        factor = self._formula(derivative, names)
        self._total = False
        adjoint: Text = (self._name(slot), ATOM)
        if factor[0] in ("1.0", "-1.0"):
            amount = adjoint if factor[0] == "1.0" else self._apply("neg", (adjoint,))
        else:
            amount = self._apply("mul", (adjoint, factor))
        where = [] if chosen is None else [chosen]
        if chosen is not None and not (_is_number(factor) or "one" in operations):  # 0 * inf
            amount = self._unless(chosen, amount)
        if condition is not None:
            denied = isinstance(condition, Apply) and condition.name == "not"
            if isinstance(condition, Apply) and denied:
                condition = condition.operands[0]
            where.append(Condition(self._formula(condition, names), denied))
            amount = self._unless(where[-1], amount)
        self._choose(target, where)
        return amount[0]

    def _unless(self, chosen: Condition, amount: Text) -> Text:
        """The amount where the condition holds, else 0.0."""
        zero: Text = ("0.0", ATOM)
        both = (zero, amount) if chosen.denied else (amount, zero)
        return self._apply("where", (chosen.test, *both))

    def _choose(self, target: int, conditions: list[Condition]) -> None:
        """Note under which conditions a slot gets a contribution: one of several is enough."""
        known = self.chosen.get(target)
        if not conditions or (target in self.touched and known is None):
            self.chosen.pop(target, None)
            return
        both = _joined(conditions, all_of=True)
        if target in self.touched and known is not None and known != both:
            both = _joined([known, both], all_of=False)
        self.chosen[target] = both

    def _add(self, slot: int, amount: str) -> str:
        name = self._name(slot)
        if slot in self.touched:
            minus = amount.startswith("-")
            return f"{name} = {name} {'-' if minus else '+'} {amount[minus:]}"
        self.touched.add(slot)
        return f"{name} = {amount}"

    def _name(self, slot: int) -> str:
        return f"d_{self.names[slot]}"

    def _adjoint(self, slot: int) -> str:
        return self._name(slot) if slot in self.touched else "0.0"

    # ---- expressions -------------------------------------------------------------------------

    def _formula(self, formula: Formula, names: dict[str, Text]) -> Text:
        return fold(formula, self._constant, names.__getitem__, self._apply)

    def _literal(self, text: str) -> Text:
        return text, MINUS if text.startswith("-") else ATOM

    def _constant(self, number: float) -> Text:
        return self._literal(_literal(number))

    def _apply(self, name: str, operands: Sequence[Text]) -> Text:
        if name == "power_slope" and _is_number(operands[1]):
            less = self._constant(float(operands[1][0]) - 1.0)
            return self._power_rule(operands[1], operands[0], less)
        if name == "power_term" and _is_number(operands[0]) and operands[3][0] == "0.0":
            return self._power_rule(*operands[:3])
        if name == "pow" and self._plain_powers and _whole(operands[1]) is not None:
            exponent = operands[1][0]
            if not exponent.startswith("-"):
                exponent = exponent.removesuffix(".0")  # as one writes it; 1e30 stays
            return f"{wrapped(operands[0], _POWER + 1)} ** {exponent}", _POWER
        if name in SIGNS and not (name == "div" and self._total):
            if all(map(_is_number, operands)) and name in ("add", "sub"):
                x, y = (float(text) for text, _ in operands)
                return self._constant(x + y if name == "add" else x - y)
            return self._infix(name, *operands)
        if name == "neg":
            return self._minus(*operands)
        shown = {"sum": "sum_", "round": "round_", "not": "not_"}.get(name, name)
        self.functions.add(shown)
        return f"{shown}({', '.join(text for text, _ in operands)})", ATOM

    def _infix(self, name: str, x: Text, y: Text) -> Text:
        sign = SIGNS[name]
        return f"{wrapped(x, sign.level)} {sign.text} {wrapped(y, sign.level + 1)}", sign.level

    def _minus(self, x: Text) -> Text:
        return f"-{wrapped(x, MINUS + 1)}", MINUS

    def _power_rule(self, factor: Text, base: Text, exponent: Text) -> Text:
        """c * x**y: what the derivative of a constant power is."""
        whole = _whole(exponent)
        if whole == 0.0 or factor[0] == "0.0":
            return factor
        if whole == 1.0:
            power = base
        else:
            safe = self._plain_powers and whole is not None and whole > 0.0
            before, self._plain_powers = self._plain_powers, safe
            power = self._apply("pow", (base, exponent))
            self._plain_powers = before
        return power if factor[0] == "1.0" else self._apply("mul", (factor, power))


def _joined(conditions: list[Condition], *, all_of: bool) -> Condition:
    """The condition that all of some hold, or one of them; conditions are 1.0 and 0.0."""
    if len(conditions) == 1:
        return conditions[0]
    denied = all(each.denied for each in conditions)
    tests = [
        (f"{wrapped(test, 4)} == 0.0", 3) if is_denied and not denied else test
        for test, is_denied in conditions
    ]
    sign, level = ("*", 5) if all_of != denied else ("+", 4)
    parts = [wrapped(test, level if at == 0 else level + 1) for at, test in enumerate(tests)]
    return Condition((f" {sign} ".join(parts), level), denied)


def _is_number(operand: Text) -> bool:
    """Whether an expression is a literal."""
    try:
        return operand[0].lstrip("-")[:1].isdigit() and float(operand[0]) is not None
    except ValueError:
        return False


def _whole(operand: Text) -> float | None:
    """A whole constant, else None."""
    if not _is_number(operand):
        return None
    number = float(operand[0])
    return number if number.is_integer() else None


def wrapped(operand: Text, level: int) -> str:
    """The operand, in brackets where it binds less tightly."""
    text, binds = operand
    return text if binds >= level else f"({text})"


def _literal(number: float) -> str:
    return repr(number) if math.isfinite(number) else f'float("{number!r}")'
