"""A well-made small engine as people write it today: slots, and for each node a tuple of operands
and a tuple of local gradients. No closures, no recursion; what most rewrites of micrograd end at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.peers import Numbers


class TupleValue:
    """A scalar with its operands and the local gradients by them."""

    __slots__ = ("data", "grad", "local", "operands")

    def __init__(
        self,
        data: float,
        operands: tuple[TupleValue, ...] = (),
        local: tuple[float, ...] = (),
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.operands = operands
        self.local = local

    def __add__(self, other: TupleValue | float) -> TupleValue:
        if isinstance(other, TupleValue):
            return TupleValue(self.data + other.data, (self, other), (1.0, 1.0))
        return TupleValue(self.data + other, (self,), (1.0,))

    def __mul__(self, other: TupleValue | float) -> TupleValue:
        if isinstance(other, TupleValue):
            return TupleValue(self.data * other.data, (self, other), (other.data, self.data))
        return TupleValue(self.data * other, (self,), (other,))

    def __sub__(self, other: TupleValue | float) -> TupleValue:
        if isinstance(other, TupleValue):
            return TupleValue(self.data - other.data, (self, other), (1.0, -1.0))
        return TupleValue(self.data - other, (self,), (1.0,))

    def __rsub__(self, other: float) -> TupleValue:
        return TupleValue(other - self.data, (self,), (-1.0,))

    def __pow__(self, power: float) -> TupleValue:
        return TupleValue(self.data**power, (self,), (power * self.data ** (power - 1),))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self) -> TupleValue:
        if self.data > 0.0:
            return TupleValue(self.data, (self,), (1.0,))
        return TupleValue(0.0, (self,), (0.0,))

    def sin(self) -> TupleValue:
        return TupleValue(math.sin(self.data), (self,), (math.cos(self.data),))

    def exp(self) -> TupleValue:
        e = math.exp(self.data)
        return TupleValue(e, (self,), (e,))

    def tanh(self) -> TupleValue:
        t = math.tanh(self.data)
        return TupleValue(t, (self,), (1.0 - t * t,))

    def backward(self) -> None:
        order: list[TupleValue] = []
        visited: set[TupleValue] = set()
        stack = [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in visited:
                visited.add(node)
                stack.append((node, True))
                stack.extend([(each, False) for each in node.operands if each not in visited])
        self.grad = 1.0
        for node in reversed(order):
            grad = node.grad
            for operand, local in zip(node.operands, node.local):  # noqa: B905 - the fast spelling
                operand.grad += local * grad


def clear(parameters: Sequence[TupleValue]) -> None:
    for parameter in parameters:
        parameter.grad = 0.0


def descend(parameters: Sequence[TupleValue], rate: float) -> None:
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
        parameter.grad = 0.0


def load() -> Numbers:
    return Numbers(
        name="tuples of (operands, local gradients)",
        version="benchmarks/peers/tuples_scalars.py",
        leaf=TupleValue,
        value=lambda v: float(v.data),
        functions={
            "relu": TupleValue.relu,
            "sin": TupleValue.sin,
            "exp": TupleValue.exp,
            "tanh": TupleValue.tanh,
        },
        backward=TupleValue.backward,
        gradient=lambda v: float(v.grad),
        clear=clear,
        descend=descend,
    )
