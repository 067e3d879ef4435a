"""`expand`: fused and composed nodes written out in elementary ones, for pictures and texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache, reduce
from typing import Any

from autodiff import rules
from autodiff.expression import parse
from autodiff.expression.evaluation import evaluate_formula
from autodiff.formula import Formula
from autodiff.graph import Node, topological_order
from autodiff.modes import entered
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.value import Value, record

from .folding import Number

#: Composed functions in elementary ones, in the language of formulas.
_COMPOSED = {
    "sigmoid": "1/(1 + exp(-x))",
    "log_sigmoid": "-log(1 + exp(-x))",
    "logit": "log(x/(1 - x))",
    "softplus": "log(1 + exp(x))",
    "silu": "x/(1 + exp(-x))",
    "mish": "x*tanh(log(1 + exp(x)))",
    "gelu": "x*(1 + erf(x/sqrt(2)))/2",
    "gelu_tanh": "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2",
    "softsign": "x/(1 + abs(x))",
    "tanh": "(exp(2*x) - 1)/(exp(2*x) + 1)",
    "sinh": "(exp(x) - exp(-x))/2",
    "cosh": "(exp(x) + exp(-x))/2",
    "expm1": "exp(x) - 1",
    "log1p": "log(1 + x)",
    "exp_minus": "exp(x - s)",
    "ratio": "x/h",
}


def expand(value: Value) -> Value:
    """The same value with fused and composed nodes written out in elementary operations.

    `sum`, `dot` and `affine` become additions and multiplications in the order in which they are
    computed, the same number bit for bit; `logsumexp`, `hypot` and functions such as `sigmoid` and
    `tanh` become exponentials, logarithms, roots and arithmetic, the same number up to rounding.
    A node whose written-out form would overflow or lose digits stays as it is. Labels stay, leaves
    are the same objects, and so are nodes with nothing to expand at or below them.

    >>> w, x, b = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "b")
    >>> from autodiff import affine
    >>> y = expand(affine([w], [x], b))
    >>> y, y.primitive, y.operands
    (Value(7.0), <primitive add>, (Value(1.0, label='b'), Value(6.0)))
    """
    new: dict[int, Number] = {}
    for node in topological_order(value):
        operands = [x if x.__class__ is float else new[id(x)] for x in node.operands]
        new[id(node)] = _expanded(node, operands)
    result = new[id(value)]
    return result if isinstance(result, Node) else Value(result, value.label)


def _expanded(node: Value, operands: Sequence[Any]) -> Number:
    primitive = node.primitive
    if primitive is None:
        return node
    with entered(scope=node.scope) if node.scope else nullcontext():
        written = _write(primitive, operands)
    if written is not None and _agree(written, node.data):
        if any(written is operand for operand in operands):
            return written  # a sum of one number: nothing is left to label
        assert isinstance(written, Node)
        written.label = node.label
        return written
    if all(a is b for a, b in zip(operands, node.operands, strict=True)):
        return node
    kept = record(primitive, operands)
    kept.label = node.label
    if node.scope:
        kept._note = node._note
    return kept


def _agree(written: Number, data: float) -> bool:
    number = written if isinstance(written, float) else written.data
    return number == data or abs(number - data) <= 1e-9 * abs(data)


def _write(primitive: Primitive, operands: Sequence[Any]) -> Number | None:
    if primitive.shown_as is not None:
        plain = PRIMITIVES[primitive.shown_as]
        few = operands[: plain.arity]
        return _write(plain, few) or _apply(plain, *few)
    writer = _WRITERS.get(primitive.name)
    try:
        if writer is not None:
            return writer(operands)
        if primitive.terms is not None:
            return primitive.terms.add_up(operands, _add, _mul)  # type: ignore[no-any-return]  # numbers
        if primitive.name in _COMPOSED:
            names = dict(zip(primitive.variables, operands, strict=True))
            return evaluate_formula(_composed(primitive.name), names)  # type: ignore[no-any-return]  # Values give a Value
    except (ValueError, ArithmeticError):
        return None  # out of range in this form
    return None


@cache
def _composed(name: str) -> Formula:
    return parse(_COMPOSED[name])


def _apply(primitive: Primitive, *operands: Number) -> Number:
    """A node; of constants alone a constant."""
    if all(isinstance(operand, float) for operand in operands):
        return primitive.forward(*operands)
    return record(primitive, operands)


def _add(x: Number, y: Number) -> Number:
    return _apply(rules.add, x, y)


def _mul(x: Number, y: Number) -> Number:
    return _apply(rules.mul, x, y)


def _sum(operands: Sequence[Any]) -> Any:
    return reduce(_add, operands) if operands else 0.0


def _hypot(operands: Sequence[Any]) -> Number:
    return _apply(rules.sqrt, _sum([_mul(x, x) for x in operands]))


def _logsumexp(operands: Sequence[Any]) -> Number:
    """log(exp(x) + ...), with a constant shift where the plain form leaves the range."""
    largest = max(getattr(x, "data", x) for x in operands)
    shift = 0.0 if abs(largest) < 500.0 or not math.isfinite(largest) else largest
    shifted = [_apply(rules.sub, x, shift) for x in operands] if shift else operands
    total = _apply(rules.log, _sum([_apply(rules.exp, x) for x in shifted]))
    return _add(total, shift) if shift else total


_WRITERS: dict[str, Callable[[Sequence[Any]], Number]] = {"hypot": _hypot, "logsumexp": _logsumexp}
