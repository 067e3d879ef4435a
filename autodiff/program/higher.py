"""Instructions as a graph again: what higher derivatives are made of.

Replaying instructions on Values gives the graph that they stand for. Differentiating that graph
gives another one, to be flattened again: so every instruction of a Hessian-vector product comes
from the rule table.
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.graph import Node
from autodiff.value import Value, record

from .flattening import flatten_graph
from .instructions import Instructions


def replay(program: Instructions, leaves: Sequence[Value | float]) -> list[Value | float]:
    """Run instructions on Values: the outputs as nodes of a graph on these leaves.

    Operations that would leave their domain give nan or an infinity, as machines do.
    """
    numbers: list[Value | float] = [*leaves, *program.constants]
    for primitive, operands in zip(program.primitives, program.operands, strict=True):
        chosen = [numbers[slot] for slot in operands]
        if any(isinstance(x, Node) for x in chosen):
            numbers.append(record(primitive.total, chosen))
        else:
            numbers.append(primitive.total.forward(*chosen))
    return [numbers[slot] for slot in program.outputs]


def hvp_instructions(program: Instructions) -> Instructions:
    """The instructions of the Hessian of the first output times a vector.

    Its leaves are those of the given ones, then one tangent for each; its outputs are the
    entries of the product.
    """
    from autodiff.transform import gradient

    leaves = [Value(0.5, program.labels.get(slot)) for slot in range(program.leaves)]
    tangents = [Value(1.0) for _ in leaves]
    output = replay(program, leaves)[0]
    zero = Value(0.0)
    inputs = [*leaves, *tangents]
    if not isinstance(output, Node):
        return flatten_graph([zero * 0.0 for _ in leaves], inputs)
    first: list[Value] = gradient(output, leaves)
    along = zero
    for part, tangent in zip(first, tangents, strict=True):
        along = along + part * tangent
    return flatten_graph(gradient(along, leaves), inputs)
