"""`to_python`: a Program as straight-line Python, as one would write backpropagation by hand."""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.errors import OperandError, ShapeError
from autodiff.formula import Formula, fold
from autodiff.primitive import PRIMITIVES, is_literal, split_condition
from autodiff.signs import SIGNS
from autodiff.value import Value

from .program import Program

_ATOM, MINUS = 9, 6
Text = tuple[str, int]  # an expression and how tightly its outermost operator binds


def to_python(f_or_value: Any, /, *examples: Any, name: str | None = None) -> str:
    """Readable Python source that computes a value and its gradient: forward, then backward.

    Takes a Value (whose graph is printed, as a function of its leaves), a Program, or a function
    together with `examples` of its arguments (for a function of numbers they may be left out).
    The source defines one function of the leaves, which returns the value (a tuple of values for
    several) and the tuple of derivatives. It runs on floats, where it equals the engine, and on
    NumPy arrays, entry by entry. Comments give the local derivatives of the chain rule.

    >>> x = Value(-4.499, label="x")
    >>> print(to_python((2 / (-x).exp().sin()).named("f")))
    from autodiff.program.elementwise import cos, exp, sin
    <BLANKLINE>
    <BLANKLINE>
    def f_and_gradient(x):
        # forward
        t0 = -x
        t1 = exp(t0)
        t2 = sin(t1)
        f = 2.0 / t2
        # backward: d_v is the derivative of the result by v
        d_f = 1.0
        d_t2 = d_f * (-f / t2)  # f = 2.0 / t2
        d_t1 = d_t2 * cos(t1)  # t2 = sin(t1)
        d_t0 = d_t1 * t1  # t1 = exp(t0)
        d_x = -d_t0  # t0 = -x
        return f, (d_x,)
    """
    program, title = program_for("to_python", f_or_value, examples)
    return Printer(program).source(name or title)


def program_for(name: str, f_or_value: Any, examples: Sequence[Any]) -> tuple[Program, str]:
    """The Program and the title of what a printer called `name` was given."""
    if isinstance(f_or_value, Value):
        label = f_or_value.label
        return Program.of(f_or_value), _identifier(label) if label else "value"
    if isinstance(f_or_value, Program):
        return f_or_value, "value"
    if not callable(f_or_value):
        kind = type(f_or_value).__name__
        raise OperandError(f"{name} takes a Value, a Program or a function, not {kind}")
    program = program_of(f_or_value, examples)
    return program, _identifier(getattr(f_or_value, "__name__", "value"))


def program_of(f: Callable[..., Any], examples: Sequence[Any]) -> Program:
    """The Program of a function, traced at examples of its arguments (at 0.5 where none)."""
    from .tracing.containers import flatten, rebuild
    from .tracing.variant import trace, trace_anywhere

    f = inspect.unwrap(f)
    if not examples:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = [
            parameter
            for parameter in inspect.signature(f).parameters.values()
            if parameter.kind in kinds and parameter.default is parameter.empty
        ]
        examples = tuple(Value(0.5, parameter.name) for parameter in parameters)
        run = trace_anywhere
    else:
        run = trace
    numbers: list[Any] = []
    flatten((tuple(examples), {}), numbers)
    numbers = [x if isinstance(x, Value) else Value(x) for x in numbers]
    variant = run("to_python", f, rebuild(tuple(examples), iter(numbers)), {}, numbers)
    if variant.results == 0:
        raise ShapeError("the function returned nothing that depends on its arguments")
    if variant.guards:
        raise OperandError(
            f"the function decides by numbers at {variant.guards[0].line}: a single Program "
            "cannot follow; use autodiff.where"
        )
    return variant.program


def _identifier(name: str) -> str:
    return name if name.isidentifier() and not keyword.iskeyword(name) else "value"


class Printer:
    """Prints one Program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions: set[str] = set()
        self.names = [
            f"{name}_" if keyword.iskeyword(name) or name in PRIMITIVES else name
            for name in program.names()
        ]
        for at, number in enumerate(program.constants, program.leaves):
            self.names[at] = _literal(number)
        self.active = program.activity()

    def source(self, title: str) -> str:
        """The whole module."""
        body = ["# forward", *self._forward()]
        body += ["# backward: d_v is the derivative of the result by v", *self._backward()]
        outputs = [self.names[slot] for slot in self.program.outputs]
        result = outputs[0] if len(outputs) == 1 else f"({', '.join(outputs)})"
        body.append(f"return {result}, ({self._gradient()})")
        arguments = ", ".join(self.names[: self.program.leaves])
        lines = [f"def {title}_and_gradient({arguments}):", *[f"    {line}" for line in body]]
        if self.functions:
            imported = ", ".join(sorted(self.functions))
            lines = [f"from autodiff.program.elementwise import {imported}", "", "", *lines]
        return "\n".join(lines)

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
        if primitive.terms is not None:
            start, terms = primitive.terms.split(operands)
            first = start[0] if primitive.terms.tail else repr(start)
            products = [t[0] if len(t) == 1 else self._apply("mul", t) for t in terms]
            return " + ".join([first, *[text for text, _ in products]])
        return self._apply(primitive.name, tuple(operands))[0]

    def _operand(self, slot: int) -> Text:
        text = self.names[slot]
        return text, MINUS if text.startswith("-") else _ATOM

    # ---- backward ----------------------------------------------------------------------------

    def _backward(self) -> list[str]:
        program = self.program
        self.touched: set[int] = set()
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
                self.functions.add(shared)
                operands = ", ".join([self.names[slot], *[self.names[s] for s in slots]])
                names[shared] = f"{shared}({operands})", _ATOM
            if "row" in names:
                names["row"] = repr(names["row"]), _ATOM
            lines.append(self._add(slots[at], self._amount(rule, names, slot)))
        if lines:
            lines[0] += f"  # {self._result(index)} = {self._expression(index)}"
        return lines

    def _amount(self, rule: Formula, names: dict[str, Text], slot: int) -> str:
        condition, derivative = split_condition(rule)
        adjoint: Text = (self._name(slot), _ATOM)
        if is_literal(derivative, 1.0):
            amount = adjoint
        elif is_literal(derivative, -1.0):
            amount = self._apply("neg", (adjoint,))
        else:
            amount = self._apply("mul", (adjoint, self._formula(derivative, names)))
        if condition is not None:
            amount = self._apply("where", (self._formula(condition, names), amount, ("0.0", _ATOM)))
        return amount[0]

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

    def _constant(self, number: float) -> Text:
        text = _literal(number)
        return text, MINUS if text.startswith("-") else _ATOM

    def _apply(self, name: str, operands: Sequence[Text]) -> Text:
        if name in SIGNS:
            sign = SIGNS[name]
            left = wrapped(operands[0], sign.level)
            right = wrapped(operands[1], sign.level + 1)
            return f"{left} {sign.text} {right}", sign.level
        if name == "neg":
            return f"-{wrapped(operands[0], MINUS + 1)}", MINUS
        shown = {"sum": "sum_", "round": "round_", "not": "not_"}.get(name, name)
        self.functions.add(shown)
        return f"{shown}({', '.join(text for text, _ in operands)})", _ATOM


def wrapped(operand: Text, level: int) -> str:
    """The operand, in brackets where it binds less tightly."""
    text, binds = operand
    return text if binds >= level else f"({text})"


def _literal(number: float) -> str:
    return repr(number) if math.isfinite(number) else f'float("{number!r}")'
