"""Straight float pullbacks, derived from the rules.

The pullback of a node takes the node's adjoint g and adds `g * local derivative` to the adjoint of
each operand that is a Value. The eager engine runs one per node and backward pass, so each
primitive gets a straight Python function of its own, printed from its rules; for `x / y`

    def pullback(node, g):
        x, y = node._x, node._y
        z = node._data
        x_, y_ = ...floats of the operands...
        if x.__class__ is not float: x._adjoint += g * (1.0 / y_)
        if y.__class__ is not float: y._adjoint += g * ((-z) / y_)

Plain Python operators are fast but raise (1/0, an overflow); then the same formulas are evaluated
once more by the primitives' total twins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .atoms import ATOMS
from .formula import Formula, fold, is_literal, split_condition, variables
from .source import Printer, compiled, indented

Pullback = Callable[[Any, float], None]
_DIVISIONS = ("div", "mod", "floordiv")
#: composites that are short enough to be written out
_INLINE = ("one", "sign", "exp_below", "power_slope", "power_growth")


class Operation(Protocol):
    """What a pullback is printed from: the rules of a primitive (primitive.py knows this file)."""

    name: str
    variables: tuple[str, ...]
    columns: int
    tail: int
    rows: tuple[str, ...]
    shared: tuple[str, ...]
    forward: Callable[..., float]

    @property
    def numbers(self) -> tuple[str, ...]: ...
    @property
    def formulas(self) -> tuple[Formula, ...]: ...
    @property
    def formula(self) -> Formula | None: ...
    @property
    def total(self) -> Operation: ...


class _Printer(Printer):
    """Prints the rules of a primitive, each as one expression; knows whether that may raise."""

    def __init__(self, of: Operation, table: Mapping[str, Operation], total: bool) -> None:
        def function(name: str) -> Callable[..., float]:
            return (table[name].total if total else table[name]).forward

        super().__init__(function)
        self.of, self.table, self.total = of, table, total
        self.may_raise = False
        self.rules = dict(zip(of.variables, of.formulas, strict=True))

    def print(self, formula: Formula) -> str:
        """A formula as one expression."""
        return fold(formula, repr, lambda name: f"{name}_", self._apply)

    def _apply(self, name: str, operands: tuple[str, ...]) -> str:
        if name == "where":
            condition, chosen, other = operands
            return f"({chosen} if {condition} else {other})"
        if name in ATOMS and ATOMS[name].source and not (name in _DIVISIONS and self.total):
            self.may_raise |= name in _DIVISIONS
            return self.apply(name, operands)
        if name == "not":
            return f"(not {operands[0]})"
        formula = self.table[name].formula
        if name in _INLINE and formula is not None and all(map(str.isidentifier, operands)):
            names = dict(zip(self.table[name].variables, operands, strict=True))
            return fold(formula, repr, names.__getitem__, self._apply)
        self.may_raise = True
        self.functions[f"f_{name}"] = self._function(name)
        return f"f_{name}({', '.join(operands)})"

    def source(self) -> list[str]:
        of, columns = self.of, self.of.columns
        body = self._by_rows(of.variables[:columns], of.variables[columns:])
        head = []
        if any("z" in variables(formula) for formula in of.formulas) or of.shared:
            head.append("z_ = node._data")
        head += [f"{name}_ = 0.0" for name in of.shared if name not in of.numbers]
        for name in of.numbers:
            self.functions[f"f_{name}"] = self.table[name].forward
            head.append(f"{name}_ = f_{name}(z_, *[{_float_of('x')} for x in node._x])")
        return ["def pullback(node, g):", *indented(head + body)]

    def _by_rows(self, columns: tuple[str, ...], tail: tuple[str, ...]) -> list[str]:
        """The body: of any number of operands a loop over the rows; what follows is single."""
        ends = {name: f"{name} = node._x[{at - len(tail)}]" for at, name in enumerate(tail)}
        if not columns:
            return self._flat(tail)
        if len(columns) == 2:
            pair = f"for {columns[0]}, {columns[1]} in zip(node._x, node._y):"
            body = [pair, *indented(self._pair(columns))]
            for name, end in ends.items():
                body += [end, f"if {_is_value(name)}:", *indented(self._contribute((name,)))]
            return body
        rows = f"node._x[:-{len(tail)}]" if tail else "node._x"
        body = [line for name in tail for line in (ends[name], f"{name}_ = {_float_of(name)}")]
        if self.of.rows:
            return body + self._loop(f"for row_, {columns[0]} in enumerate({rows}):", *columns)
        return body + self._loop(f"for {columns[0]} in {rows}:", *columns)

    def _flat(self, names: tuple[str, ...]) -> list[str]:
        if len(names) == 1:
            return [f"{names[0]} = node._x", *self._contribute(names)]
        if len(names) == 2:
            return [f"{names[0]} = node._x", f"{names[1]} = node._y", *self._pair(names)]
        floats = [f"{name}_ = {_float_of(name)}" for name in names]
        return [f"{', '.join(names)} = node._x", *floats, *self._gather(names)]

    def _loop(self, loop: str, name: str) -> list[str]:
        once = [f"if {_is_value(name)}:", *indented(self._contribute((name,)))]
        if not self.may_raise:
            return [loop, *indented(once)]
        # What may raise is computed for all operands before the first adjoint is touched.
        condition, number = self._terms(name)
        return [
            "parts = []",
            loop,
            f"    {name}_ = {_float_of(name)}",
            f"    parts.append({f'{number} if {condition} else None' if condition else number})",
            f"for {name}, part in zip(node._x, parts):",
            f"    if part is not None and {_is_value(name)}:",
            f"        {name}._adjoint += part",
        ]

    def _pair(self, names: tuple[str, ...]) -> list[str]:
        """Two operands of which one may be a constant: three straight branches."""
        x, y = names
        lines = [f"if {y}.__class__ is float:", f"    if {_is_value(x)}:", f"        {y}_ = {y}"]
        lines += indented(indented(self._contribute((x,))))
        lines += [f"elif {x}.__class__ is float:", f"    {x}_ = {x}"]
        lines += indented(self._contribute((y,)))
        return [*lines, "else:", *indented(self._contribute(names))]

    def _contribute(self, names: tuple[str, ...]) -> list[str]:
        """Add the contributions to the operands `names`, which are Values."""
        lines = self._gather(names, certain=True)
        text = "\n".join(lines)
        return [f"{name}_ = {name}._data" for name in names if f"{name}_" in text] + lines

    def _gather(self, names: tuple[str, ...], certain: bool = False) -> list[str]:
        """Compute all contributions first, then add them: an exception leaves no half-made sum."""
        terms = {
            name: self._terms(name)
            for name in names
            if not is_literal(self.rules[name], 0.0)  # piecewise constant: no contribution
        }
        first, then = [], []
        for name, (condition, number) in terms.items():
            tests = ([] if certain else [_is_value(name)]) + ([condition] if condition else [])
            test = " and ".join(tests)
            at_once = not self.may_raise or len(terms) == 1
            amount = number if at_once else f"d{name}"
            if not at_once:
                chosen = f" if {test} else None" if test else ""
                first.append(f"d{name} = {number}{chosen}")
                test = f"d{name} is not None" if test else ""
            if test:
                then += [f"if {test}:", f"    {name}._adjoint += {amount}"]
            else:
                then.append(f"{name}._adjoint += {amount}")
        return first + then or ["pass"]

    def _terms(self, name: str) -> tuple[str | None, str]:
        """(condition, adjoint times local derivative), printed."""
        condition, derivative = split_condition(self.rules[name])
        test = None if condition is None else self.print(condition)
        if is_literal(derivative, 1.0):
            return test, "g"
        if is_literal(derivative, -1.0):
            return test, "-g"
        return test, f"g * {self.print(derivative)}"


def derive(primitive: Operation, table: Mapping[str, Operation]) -> Pullback:
    """The straight pullback of a primitive; `table` has those that its rules name."""
    printer = _Printer(primitive, table, total=False)
    lines = printer.source()
    namespace: dict[str, Any] = dict(printer.functions)
    if printer.may_raise:
        # An exception leaves before any adjoint is touched: contributions are computed first.
        slow = _Printer(primitive, table, total=True)
        namespace["total_pullback"] = compiled(
            f"total pullback of {primitive.name}", slow.source(), slow.functions
        )
        guarded = ["    try:", *indented(lines[1:]), "    except (ValueError, ArithmeticError):"]
        lines = [lines[0], *guarded, "        total_pullback(node, g)"]
    return compiled(f"pullback of {primitive.name}", lines, namespace)


def _is_value(name: str) -> str:
    return f"{name}.__class__ is not float"


def _float_of(name: str) -> str:
    return f"{name} if {name}.__class__ is float else {name}._data"
