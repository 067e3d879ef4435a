"""A graph as it is shown: without the operands that some operations have for the last digits.

An entry of softmax is exp(x - s). Where it is nearly 1, its derivative p - p*p has lost digits, so
the engine's operation has one more operand, what is below the largest entry, and sends the adjoint
there. Nobody who learns the chain rule should have to see that: the plain operation is shown, with
the number and the grads of the engine.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, NamedTuple

from autodiff.graph import topological_order
from autodiff.primitive import PRIMITIVES, Primitive, local_derivative
from autodiff.value import Value

from .settling import settle


class Shown(NamedTuple):
    """What is shown of a node: its operation and operands, and what has arrived at it."""

    value: Value
    primitive: Primitive | None
    operands: tuple[Any, ...]
    grad: float


#: how small a remainder may be, the 1 - p of a share p, before the plain form loses what is shown
_REMAINDER = 1e-10


def plainly(*roots: Value) -> list[Shown]:
    """The nodes that are shown of a graph, operands before users."""
    found: list[Shown] = []
    seen = set(map(id, roots))
    detours: dict[int, float] = defaultdict(float)
    order = topological_order(*roots)
    settled = settle(order, roots)
    for value in reversed(order):
        if id(value) in seen:
            primitive, operands = _plain(value, *settled[id(value)], detours)
            detour = detours.get(id(value))
            grad = value.grad if detour is None else value.grad + detour
            found.append(Shown(value, primitive, operands, grad))
            seen.update(map(id, operands))
    return found[::-1]


def _plain(
    value: Value, primitive: Primitive | None, operands: tuple[Any, ...], detours: dict[int, float]
) -> tuple[Primitive | None, tuple[Any, ...]]:
    """The operation that is shown, unless it would show other numbers.

    An adjoint that took the other way would have come to the last of its operands: `detours`.
    """
    if primitive is None or primitive.shown_as is None:
        return primitive, operands
    plain = PRIMITIVES[primitive.shown_as]
    numbers = [getattr(operand, "data", operand) for operand in operands]
    few, last = numbers[: plain.arity], numbers[-1]
    other_way = local_derivative(primitive, len(numbers) - 1, value.data, numbers) is not None
    same = math.isclose(plain.forward(*few), value.data, rel_tol=1e-9)
    if not same or (other_way and 0.0 < last < _REMAINDER):
        return primitive, operands
    if other_way and value.grad:
        at = len(few) - 1
        slopes = (local_derivative(plain, at, value.data, few),
                  local_derivative(primitive, at, value.data, numbers))  # fmt: skip
        detours[id(operands[at])] += value.grad * ((slopes[0] or 0.0) - (slopes[1] or 0.0))
        taken = local_derivative(primitive, len(numbers) - 1, value.data, numbers) or 0.0
        detours[id(operands[-1])] -= value.grad * taken  # where that operand is shown for others
    return plain, operands[: len(few)]
