"""`evaluate`: an existing graph at other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.errors import OperandError, explain
from autodiff.graph import topological_order
from autodiff.trees import flatten
from autodiff.value import Node, Value, constant


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
    for node in topological_order(*[x for x in outputs if isinstance(x, Node)]):
        if id(node) in known:
            continue
        known[id(node)] = node._data if node.primitive is None else _compute(node, known)
    found = [known[id(x)] if isinstance(x, Node) else x for x in outputs]
    return structure.unflatten(found)


def _compute(node: Value, known: Mapping[int, float]) -> float:
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
