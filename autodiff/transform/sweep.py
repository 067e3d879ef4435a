"""The sweeps of the chain rule on Values and on floats, and `gradient`, which needs one.

`adjoints` is the reverse sweep whose results are graphs again: backward() with the rules read on
Values. `tangents` is the forward sweep with the same rules. `float_adjoints` is the reverse sweep
of backward() itself, without touching any `grad`. All add up in the same order, so that their
first-order numbers agree bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autodiff.errors import OperandError
from autodiff.graph import UNTOUCHED, Node, marked, topological_order
from autodiff.modes import current
from autodiff.number import Operand
from autodiff.reals import constant
from autodiff.strictness import check_adjoints, check_graph
from autodiff.trees import flatten
from autodiff.value import Value

from .contributions import Contributions, arrive
from .folding import Known, Number
from .presence import Conditions
from .recipe import recipe
from .signatures import X


def adjoints(
    outputs: Sequence[Value], seeds: Sequence[Number], inputs: Sequence[Value]
) -> list[Number | None]:
    """The sum of seed * d(output)/d(input) for each input, as nodes or floats.

    None stands for an input that no output depends on.
    """
    order = topological_order(*outputs)
    active = _dependents(order, inputs)
    conditions = Conditions(Known(order))
    found: dict[int, Contributions] = {}
    for output, seed in zip(outputs, seeds, strict=True):
        if id(output) in active:
            arrive(found, output, seed, 1.0, None, conditions)
    for node in reversed(order):
        arrived = found.get(id(node))
        if arrived is None or node.primitive is None or not active[id(node)]:
            continue
        g, presence = arrived.get(conditions)
        for operand, local, when in recipe(node.primitive).read(node, active, conditions):
            arrive(found, operand, g, local, conditions.both(presence, when), conditions)
    results = [found.get(id(node)) for node in inputs]
    return [None if arrived is None else arrived.final(conditions) for arrived in results]


def _dependents(order: Iterable[Value], inputs: Iterable[Value]) -> dict[int, bool]:
    """The nodes that depend on the inputs, by id; whether by one of their operands."""
    active = {id(node): False for node in inputs}
    for node in order:
        if not active.keys().isdisjoint(map(id, node.operands)):
            active[id(node)] = True
    return active


def float_adjoints(
    outputs: Sequence[Value], seeds: Sequence[Any], inputs: Sequence[Value]
) -> list[float]:
    """The same in floats, by the sweep of backward(); 0.0 where there is no contribution."""
    strict = current().strict
    with marked(*outputs) as order:
        if strict:
            check_graph(order)
        for output, seed in zip(outputs, seeds, strict=True):
            output._adjoint += seed
        for node in reversed(order):
            if node.primitive is not None and node._adjoint is not UNTOUCHED:
                node.primitive.pullback(node, node._adjoint)  # type: ignore[arg-type]  # a float inside the block
        if strict:
            check_adjoints(order)
        return [0.0 if node._adjoint is None else 0.0 + node._adjoint for node in inputs]


def tangents(
    outputs: Sequence[Value], directions: Mapping[int, Number], plain: bool
) -> list[Number]:
    """The derivatives of the outputs when the inputs (by id) move in the given directions.

    Forward accumulation: the tangent of a node is the sum of its local derivatives times the
    tangents of its operands, operands first. `plain` computes in floats, for float directions.
    """
    order = topological_order(*outputs)
    conditions = Conditions(Known(() if plain else order))
    moved = {key: Contributions(tangent, 1.0, None) for key, tangent in directions.items()}
    for node in order:
        if node.primitive is None or id(node) in moved:
            continue
        reading = recipe(node.primitive).read(node, moved, conditions, plain)
        for operand, local, when in reading:
            tangent, presence = moved[id(operand)].get(conditions)
            arrive(moved, node, tangent, local, conditions.both(presence, when), conditions)
    results = [moved.get(id(node)) for node in outputs]
    return [0.0 if tangent is None else tangent.final(conditions) for tangent in results]


def gradient(output: Operand, inputs: X) -> X:
    """The derivatives of a Value by others, as Values: differentiable again, printable, compilable.

    `inputs` is a Value or a container of Values, leaves of the graph or nodes in its midst; the
    result comes in the same container. An input that the output does not depend on gives
    Value(0.0). No `grad` is read or changed. Raises OperandError for what is no Value.

    >>> x = Value(2.0)
    >>> first = gradient(x**3, x)
    >>> second = gradient(first, x)
    >>> first.data, second.data, gradient(second, x).data
    (12.0, 12.0, 6.0)
    """
    if not isinstance(output, Node) and constant(output) is None:
        raise OperandError(f"gradient: the output is a Value, not {type(output).__name__}")
    nodes, structure = flatten(inputs, "gradient: inputs")
    for node in nodes:
        if not isinstance(node, Node):
            raise OperandError(
                f"gradient: the inputs are Values of the graph, not numbers such as {node!r}"
            )
    found: list[Number | None] = [None] * len(nodes)
    if isinstance(output, Node):
        found = adjoints([output], [1.0], nodes)
    made: X = structure.unflatten(
        [x if isinstance(x, Node) else Value(0.0 if x is None else x) for x in found]
    )
    return made
