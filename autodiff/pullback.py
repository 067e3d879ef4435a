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
    """Prints rules as one expression each; knows whether that may raise."""

    def __init__(self, table: Mapping[str, Operation], total: bool) -> None:
        def function(name: str) -> Callable[..., float]:
            return (table[name].total if total else table[name]).forward

        super().__init__(function)
        self.table = table
        self.total = total
        self.may_raise = False

    def __call__(self, formula: Formula) -> str:
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


def derive(primitive: Operation, table: Mapping[str, Operation]) -> Pullback:
    """The straight pullback of a primitive; `table` has those that its rules name."""
    printer = _Printer(table, total=False)
    lines = _source(primitive, printer)
    namespace: dict[str, Any] = dict(printer.functions)
    if printer.may_raise:
        # An exception leaves before any adjoint is touched: contributions are computed first.
        slow = _Printer(table, total=True)
        lines_of_total = _source(primitive, slow)
        total = compiled(f"total pullback of {primitive.name}", lines_of_total, slow.functions)
        namespace["total_pullback"] = total
        guarded = ["    try:", *indented(lines[1:]), "    except (ValueError, ArithmeticError):"]
        lines = [lines[0], *guarded, "        total_pullback(node, g)"]
    return compiled(f"pullback of {primitive.name}", lines, namespace)


def _source(primitive: Operation, printer: _Printer) -> list[str]:
    names = primitive.variables
    if primitive.columns == 0:
        body = _flat(primitive, printer)
    elif primitive.columns == 1:
        rows = f"node._x[:-{primitive.tail}]" if primitive.tail else "node._x"
        loop = f"for {names[0]} in {rows}:"
        if primitive.rows:
            loop = f"for row_, {names[0]} in enumerate({rows}):"
        body = []
        for place, name in enumerate(names[1:]):
            body += [f"{name} = node._x[{place - primitive.tail}]", f"{name}_ = {_float_of(name)}"]
        body += _loop(primitive, printer, loop, names[:1])
    else:
        pair = f"for {names[0]}, {names[1]} in zip(node._x, node._y):"
        body = _loop(primitive, printer, pair, names[:2])
        for place, name in enumerate(names[2:]):
            body += [f"{name} = node._x[{place - primitive.tail}]", f"if {_is_value(name)}:"]
            body += indented(_contribute(primitive, printer, (name,)))
    head = []
    if any("z" in variables(formula) for formula in primitive.formulas) or primitive.shared:
        head.append("z_ = node._data")
    head += [f"{name}_ = 0.0" for name in primitive.shared if name not in primitive.numbers]
    for name in primitive.numbers:
        printer.functions[f"f_{name}"] = printer.table[name].forward
        head.append(f"{name}_ = f_{name}(z_, *[{_float_of('x')} for x in node._x])")
    return ["def pullback(node, g):", *indented(head + body)]


def _flat(primitive: Operation, printer: _Printer) -> list[str]:
    """The body for a fixed number of operands."""
    names = primitive.variables
    if len(names) == 1:
        return [f"{names[0]} = node._x", *_contribute(primitive, printer, names)]
    if len(names) == 2:
        return [f"{names[0]} = node._x", f"{names[1]} = node._y", *_pair(primitive, printer, names)]
    lines = [f"{', '.join(names)} = node._x"]
    lines += [f"{name}_ = {_float_of(name)}" for name in names]
    return lines + _gather(primitive, printer, names)


def _loop(primitive: Operation, printer: _Printer, loop: str, names: tuple[str, ...]) -> list[str]:
    """The body for the columns of an n-ary primitive."""
    if len(names) == 2:
        return [loop, *indented(_pair(primitive, printer, names))]
    once = [f"if {_is_value(names[0])}:", *indented(_contribute(primitive, printer, names))]
    if not printer.may_raise:
        return [loop, *indented(once)]
    # What may raise is computed for all operands before the first adjoint is touched.
    (name,) = names
    condition, number = _terms(primitive, printer, name)
    amount = f"{number} if {condition} else None" if condition else number
    return [
        "parts = []",
        loop,
        f"    {name}_ = {_float_of(name)}",
        f"    parts.append({amount})",
        f"for {name}, part in zip(node._x, parts):",
        f"    if part is not None and {_is_value(name)}:",
        f"        {name}._adjoint += part",
    ]


def _pair(primitive: Operation, printer: _Printer, names: tuple[str, ...]) -> list[str]:
    """Two operands of which one may be a constant: three straight branches."""
    x, y = names
    lines = [f"if {y}.__class__ is float:", f"    if {_is_value(x)}:", f"        {y}_ = {y}"]
    lines += indented(indented(_contribute(primitive, printer, (x,))))
    lines += [f"elif {x}.__class__ is float:", f"    {x}_ = {x}"]
    lines += indented(_contribute(primitive, printer, (y,)))
    return [*lines, "else:", *indented(_contribute(primitive, printer, names))]


def _contribute(primitive: Operation, printer: _Printer, names: tuple[str, ...]) -> list[str]:
    """Add the contributions to the operands `names`, which are Values."""
    lines = _gather(primitive, printer, names, certain=True)
    text = "\n".join(lines)
    return [f"{name}_ = {name}._data" for name in names if f"{name}_" in text] + lines


def _gather(
    primitive: Operation, printer: _Printer, names: tuple[str, ...], certain: bool = False
) -> list[str]:
    """Compute all contributions first, then add them: an exception leaves no half-made sum."""
    terms = {
        name: _terms(primitive, printer, name)
        for name in names
        if not is_literal(_rule(primitive, name), 0.0)  # piecewise constant: no contribution
    }
    first, then = [], []
    for name, (condition, number) in terms.items():
        tests = ([] if certain else [_is_value(name)]) + ([condition] if condition else [])
        test = " and ".join(tests)
        at_once = not printer.may_raise or len(terms) == 1
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


def _rule(primitive: Operation, name: str) -> Formula:
    return primitive.formulas[primitive.variables.index(name)]


def _terms(primitive: Operation, printer: _Printer, name: str) -> tuple[str | None, str]:
    """(condition, adjoint times local derivative), printed."""
    condition, derivative = split_condition(_rule(primitive, name))
    test = None if condition is None else printer(condition)
    if is_literal(derivative, 1.0):
        return test, "g"
    if is_literal(derivative, -1.0):
        return test, "-g"
    return test, f"g * {printer(derivative)}"


def _is_value(name: str) -> str:
    return f"{name}.__class__ is not float"


def _float_of(name: str) -> str:
    return f"{name} if {name}.__class__ is float else {name}._data"
