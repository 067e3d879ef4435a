"""Arithmetic on floats and Values for derivative graphs: total, and with nothing left to fold.

Derivatives of derivatives are printed and compiled, so they must stay small. Operations on plain
floats are computed at once, and what changes no bit is left out: x*1, x/1, x - 0, -(-x). The
derivatives of powers with constant exponents come down to numbers: x**3 has the third derivative
6.0. Everything else becomes a node of a primitive's total twin, which never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autodiff import rules
from autodiff.primitive import PRIMITIVES
from autodiff.signs import COMPARISONS
from autodiff.value import Value, record

Number = Value | float

#: A term of a sum that is not there: x + -0.0 is x, bit for bit, for every x. This very object.
ABSENT = float("-0.0")

_MUL, _ADD, _NEG = rules.mul, rules.add, rules.neg
_POW, _WHERE, _GATE = rules.pow.total, rules.where, rules.gate


def times(x: Number, y: Number) -> Number:
    """x * y."""
    if x.__class__ is float:
        if y.__class__ is float:
            return x * y
        if x == 1.0:
            return y
        if x == -1.0:
            return negative(y)
    elif y.__class__ is float:
        if y == 1.0:
            return x
        if y == -1.0:
            return negative(x)
    return record(_MUL, (x, y))


def plus(x: Number, y: Number) -> Number:
    """x + y."""
    if x is ABSENT:
        return y
    if y is ABSENT:
        return x
    if x.__class__ is float and y.__class__ is float:
        return x + y
    return record(_ADD, (x, y))


def negative(x: Number) -> Number:
    """-x."""
    if x.__class__ is float:
        return -x
    if x.primitive is not None and x.primitive.name == "neg":  # type: ignore[union-attr]  # a Value
        return x._x  # type: ignore[union-attr, no-any-return]  # its operand
    return record(_NEG, (x,))


def chosen(condition: Number, x: Number, y: Number) -> Number:
    """x if the condition holds, else y."""
    if condition.__class__ is float:
        return x if condition else y
    return record(_WHERE, (condition, x, y))


def gated(condition: Value, x: Number, y: Number) -> Number:
    """x * y if the condition holds, else 0."""
    if x.__class__ is float and y.__class__ is float:
        return record(_WHERE, (condition, x * y, 0.0))
    if x.__class__ is float and x == 1.0:
        return record(_WHERE, (condition, y, 0.0))
    if y.__class__ is float and y == 1.0:
        return record(_WHERE, (condition, x, 0.0))
    return record(_GATE, (condition, x, y))


def _minus(x: Number, y: Number) -> Number:
    if y.__class__ is float and y == 0.0 and str(y) == "0.0":
        return x
    return record(rules.sub, (x, y))


def _quotient(x: Number, y: Number) -> Number:
    if y.__class__ is float and y == 1.0:
        return x
    return record(rules.div.total, (x, y))


def _power_term(c: Number, x: Number, y: Number, k: Number) -> Number:
    """c * x**y * log(x)**k, with what a constant exponent allows."""
    if c.__class__ is float and c == 0.0:
        return ABSENT
    if k.__class__ is float and k == 0.0 and c.__class__ is float and y.__class__ is float:
        if y == 0.0:
            return c
        if y == 1.0:
            return times(c, x)
        if c == 1.0:
            return record(_POW, (x, y))
    return record(rules.power_term.total, (c, x, y, k))


def _power_slope(x: Number, y: Number) -> Number:
    if y.__class__ is float:
        return _power_term(y, x, y - 1.0, 0.0)
    return record(rules.power_slope.total, (x, y))


def _gauss(c: Number, n: Number, x: Number) -> Number:
    if c.__class__ is float and c == 0.0:
        return ABSENT
    return record(rules.gauss.total, (c, n, x))


#: Primitives whose value is 0 or 1.
_BOOLEAN = frozenset((*COMPARISONS, "not"))


def is_boolean(x: Number) -> bool:
    """Whether a node's value is 0 or 1, whatever its operands are."""
    return x.__class__ is not float and getattr(x.primitive, "name", "") in _BOOLEAN  # type: ignore[union-attr]  # a Value


_SPECIAL: dict[str, Callable[..., Number]] = {
    "mul": times, "add": plus, "sub": _minus, "neg": negative, "div": _quotient, "where": chosen,
    "power_term": _power_term, "power_slope": _power_slope, "gauss": _gauss,
}  # fmt: skip


class Known:
    """The nodes of a graph by what they compute, so that nothing is computed twice."""

    def __init__(self, nodes: Iterable[Value]) -> None:
        self._nodes: dict[tuple[Any, ...], Number] = {}
        for node in nodes:
            primitive = node.primitive
            if primitive is not None and primitive.arity is not None:
                self._nodes[_key(primitive.name, node.operands)] = node

    def apply(self, name: str, operands: Sequence[Number]) -> Number:
        """The primitive of that name on floats and Values: folded, and never raising."""
        if operands[0].__class__ is float and set(map(type, operands)) == {float}:
            return PRIMITIVES[name].total.forward(*operands)
        key = _key(name, operands)
        found = self._nodes.get(key)
        if found is None:
            special = _SPECIAL.get(name)
            found = special(*operands) if special else record(PRIMITIVES[name].total, operands)
            self._nodes[key] = found
        return found


def _key(name: str, operands: Sequence[Number]) -> tuple[Any, ...]:
    """What a node computes. A float is itself, but 0.0 differs from -0.0 and nan from nan."""
    if len(operands) == 1:
        return name, id(operands[0])
    return name, *[(x or str(x)) if x.__class__ is float else id(x) for x in operands]
