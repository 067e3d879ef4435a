"""`evaluate`: an existing graph at other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from autodiff.complaints import explain
from autodiff.errors import OperandError
from autodiff.graph import Node, topological_order
from autodiff.number import Operand
from autodiff.reals import constant
from autodiff.trees import flatten
from autodiff.value import Value


@overload
def evaluate(value: Value, numbers: Mapping[Value, Operand]) -> float: ...
@overload
def evaluate(value: list[Value], numbers: Mapping[Value, Operand]) -> list[float]: ...
@overload
def evaluate(value: object, numbers: Mapping[Value, Operand]) -> Any: ...
def evaluate(value: Any, numbers: Mapping[Value, Any]) -> Any:
    """The number that a graph gives when some of its nodes have other numbers.

    `numbers` maps Values, leaves or nodes in the graph's midst, to their new numbers; a node given
    there is not computed. Every other leaf keeps its number. The graph itself stays as it is.
    `value` may be a container of Values; the result is a float, or floats in that container.

    Selections decide anew; an `if` of the Python program that built the graph does not. A
    condition such as `x > 0` is a plain bool there, so it keeps its outcome too. Raises what the
    operations raise at the new numbers, and OperandError for keys that are no Values.

    >>> x = Value(3.0, "x")
    >>> y = x * x + 1.0
    >>> evaluate(y, {x: 0.5}), y.data
    (1.25, 10.0)
    """
    known: dict[int, float] = {}
    for node, given in numbers.items():
        if not isinstance(node, Node):
            raise OperandError(
                f"evaluate: the keys are the Values themselves, not {node!r}: "
                "evaluate(y, {x: 0.7}), not evaluate(y, {'x': 0.7})"
            )
        number = given._data if isinstance(given, Node) else constant(given)
        if number is None:
            raise OperandError(f"evaluate: {node!r} gets {given!r}, which is no real number")
        known[id(node)] = number
    outputs, structure = flatten(value, "evaluate: the value")
    for step in topological_order(*[x for x in outputs if isinstance(x, Node)]):
        if id(step) not in known:
            known[id(step)] = step._data if step.primitive is None else _compute(step, known)
    found = [known[id(x)] if isinstance(x, Node) else x for x in outputs]
    return structure.unflatten(found)


def _compute(node: Node, known: Mapping[int, float]) -> float:
    assert node.primitive is not None
    operands = node.operands
    numbers = [x if x.__class__ is float else known[id(x)] for x in operands]
    try:
        return node.primitive.forward(*numbers)
    except (ValueError, ArithmeticError) as error:
        shown = [
            x if x.__class__ is float else Value(number, x.label)
            for x, number in zip(operands, numbers, strict=True)
        ]
        raise explain(node.primitive, shown, error) from None
