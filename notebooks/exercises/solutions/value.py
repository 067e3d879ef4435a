"""Build your own Value: one solution, all steps together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any


def order(root: Any, parents: Callable[[Any], Sequence[Any]]) -> list[Any]:
    """What the root depends on, parents before children, each once."""
    found: list[Any] = []
    visited: set[int] = set()

    def visit(node: Any) -> None:
        if id(node) in visited:
            return
        visited.add(id(node))
        for parent in parents(node):
            visit(parent)
        found.append(node)

    visit(root)
    return found


class Value:
    """A number that remembers its parents and the local derivatives towards them."""

    def __init__(
        self, data: float, parents: tuple[Value, ...] = (), local: tuple[float, ...] = ()
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.local = local

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    __radd__ = __add__

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __rmul__ = __mul__

    def __pow__(self, n: float) -> Value:
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        t = math.tanh(self.data)
        return Value(t, (self,), (1.0 - t * t,))

    def backward(self) -> None:
        """Add the derivatives of this number by all others to their grads."""
        nodes = order(self, lambda node: node.parents)
        adjoint = {id(node): 0.0 for node in nodes}
        adjoint[id(self)] = 1.0
        for node in reversed(nodes):
            for parent, local in zip(node.parents, node.local, strict=True):
                adjoint[id(parent)] += local * adjoint[id(node)]
        for node in nodes:
            node.grad += adjoint[id(node)]
