"""A small right engine, and the same engine with one fault each.

The faulty ones are the specimens of the exercise "find the bug", and the checkers use them to
name a fault: if a learner's gradients are the numbers of a faulty engine, that is the fault.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


class Healthy:
    """A small engine without faults: each node keeps its parents and the local derivatives."""

    def __init__(
        self, data: float, parents: Sequence[Healthy] = (), locals_: Sequence[float] = ()
    ) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.parents = tuple(parents)
        self.locals = tuple(locals_)

    def _make(self, data: float, parents: Sequence[Any], locals_: Sequence[float]) -> Any:
        return type(self)(data, parents, locals_)

    def _lift(self, other: Any) -> Any:
        return other if isinstance(other, Healthy) else type(self)(other)

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._make(self.data + other.data, (self, other), (1.0, 1.0))

    def __radd__(self, other: float) -> Any:
        return self + other

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._make(self.data * other.data, (self, other), (other.data, self.data))

    def __rmul__(self, other: float) -> Any:
        return self * other

    def __neg__(self) -> Any:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + -self._lift(other)

    def __rsub__(self, other: float) -> Any:
        return self._lift(other) - self

    def __pow__(self, n: float) -> Any:
        return self._make(self.data**n, (self,), (n * self.data ** (n - 1),))

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        t = math.tanh(self.data)
        return self._make(t, (self,), (1.0 - t * t,))

    def _order(self) -> list[Healthy]:
        """Parents before children, without recursion."""
        order: list[Healthy] = []
        seen: set[int] = set()
        stack: list[tuple[Healthy, bool]] = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(parent, False) for parent in node.parents]
        return order

    def backward(self) -> None:
        """Add the derivatives of this node to every `grad`."""
        order = self._order()
        adjoint = {id(node): 0.0 for node in order}
        adjoint[id(self)] = 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.locals, strict=True):
                self._contribute(adjoint, parent, local * adjoint[id(node)])
        for node in order:
            node.grad += adjoint[id(node)]

    def _contribute(self, adjoint: dict[int, float], parent: Healthy, amount: float) -> None:
        adjoint[id(parent)] += amount

    def zero_grad(self) -> None:
        """Set the grad of every node to 0."""
        for node in self._order():
            node.grad = 0.0


class Overwriting(Healthy):
    """`=` for `+=`: the last use of a value wins."""

    def _contribute(self, adjoint: dict[int, float], parent: Healthy, amount: float) -> None:
        adjoint[id(parent)] = amount


class Unordered(Healthy):
    """No topological order: a node passes on what it has before all of it has arrived."""

    def backward(self) -> None:
        """Go down at once, with whatever has arrived so far."""
        self.grad += 1.0
        stack: list[Any] = [(self, iter(zip(self.parents, self.locals, strict=True)))]
        while stack:
            node, uses = stack[-1]
            for parent, local in uses:
                parent.grad += local * node.grad
                stack.append((parent, iter(zip(parent.parents, parent.locals, strict=True))))
                break
            else:
                stack.pop()


class BreadthFirst(Healthy):
    """Another order that is not topological: by the distance from the result."""

    def _order(self) -> list[Healthy]:
        order: list[Healthy] = [self]
        seen = {id(self)}
        for node in order:
            for parent in node.parents:
                if id(parent) not in seen:
                    seen.add(id(parent))
                    order.append(parent)
        return order[::-1]


class FromLeaves(Healthy):
    """The sweep in the order of the forward pass: contributions come after they were needed."""

    def backward(self) -> None:
        """Go through the nodes from the leaves to the result."""
        order = self._order()
        adjoint = {id(node): 0.0 for node in order}
        adjoint[id(self)] = 1.0
        for node in order:
            for parent, local in zip(node.parents, node.locals, strict=True):
                adjoint[id(parent)] += local * adjoint[id(node)]
        for node in order:
            node.grad += adjoint[id(node)]


class NeverZero(Healthy):
    """zero_grad() that does nothing: gradients of all steps pile up."""

    def zero_grad(self) -> None:
        """Leave everything as it is."""


class Leaking(Healthy):
    """`__radd__` that uses .data: the number is right, the connection is lost."""

    def __radd__(self, other: float) -> Any:
        return type(self)(other + self.data)


class WrongTanh(Healthy):
    """A wrong local derivative: 1 - x**2 where 1 - tanh(x)**2 is meant."""

    def tanh(self) -> Any:
        """The hyperbolic tangent, with the square of the wrong number in its derivative."""
        return self._make(math.tanh(self.data), (self,), (1.0 - self.data**2,))


class Stale(Healthy):
    """Stale gradients: a second backward starts from what the first one left inside the graph."""

    def backward(self) -> None:
        """Use `grad` itself as the place where contributions gather."""
        order = self._order()
        self.grad = 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.locals, strict=True):
                parent.grad += local * node.grad


class Exchanged(Healthy):
    """The product rule with the operands exchanged: each gets its own number."""

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._make(self.data * other.data, (self, other), (self.data, other.data))


class PowerKept(Healthy):
    """The power rule without lowering the exponent."""

    def __pow__(self, n: float) -> Any:
        return self._make(self.data**n, (self,), (n * self.data**n,))


class PowerBare(Healthy):
    """The power rule without the factor n."""

    def __pow__(self, n: float) -> Any:
        return self._make(self.data**n, (self,), (self.data ** (n - 1),))


class SigmoidTanh(Healthy):
    """The derivative of the sigmoid in the place of that of tanh."""

    def tanh(self) -> Any:
        """The hyperbolic tangent, with t(1 - t) as its derivative."""
        t = math.tanh(self.data)
        return self._make(t, (self,), (t * (1.0 - t),))


class LinearTanh(Healthy):
    """1 - t where 1 - t**2 is meant."""

    def tanh(self) -> Any:
        """The hyperbolic tangent, without the square in its derivative."""
        t = math.tanh(self.data)
        return self._make(t, (self,), (1.0 - t,))


class Unseeded(Healthy):
    """backward() that forgets the seed: everything stays 0."""

    def backward(self) -> None:
        """Do nothing: 0 times anything is 0."""


#: What a learner reads when the numbers are those of a faulty engine.
DIAGNOSES: dict[type[Healthy], tuple[str, str]] = {
    Overwriting: (
        "these are the numbers of an engine that writes = where += is needed",
        "each use of a value contributes, and the chain rule adds the contributions up",
    ),
    Unordered: (
        "these are the numbers of a backward pass without a topological order",
        "a node must wait for all nodes that use it: sort the nodes, then go in reverse",
    ),
    BreadthFirst: (
        "these are the numbers of a backward pass in breadth-first order",
        "a node near the result may be used by one far from it too: sort topologically",
    ),
    FromLeaves: (
        "these are the numbers of a sweep from the leaves to the result",
        "go the other way: for node in reversed(order), the result first",
    ),
    Leaking: (
        "these are the numbers of an engine whose __radd__ leaks .data",
        "number + value must stay connected: return self + other, no new Value of self.data",
    ),
    Exchanged: (
        "these are the numbers of a product rule with the operands exchanged",
        "the derivative of a*b by a is b: each operand gets the other one's data",
    ),
    PowerKept: (
        "these are the numbers of n*x**n",
        "the exponent goes down by one: d(x**n)/dx = n*x**(n - 1)",
    ),
    PowerBare: (
        "these are the numbers of x**(n - 1)",
        "the factor n is missing: d(x**n)/dx = n*x**(n - 1)",
    ),
    WrongTanh: (
        "these are the numbers of 1 - x**2",
        "the derivative of tanh is 1 - tanh(x)**2: square the output, not the input",
    ),
    SigmoidTanh: (
        "these are the numbers of t*(1 - t), the derivative of the sigmoid",
        "for t = tanh(x) the derivative is 1 - t*t",
    ),
    LinearTanh: ("these are the numbers of 1 - t", "for t = tanh(x) the derivative is 1 - t*t"),
    # Last: other faults may leave nothing but zeros too.
    Unseeded: (
        "all gradients are 0",
        "the sweep starts with the derivative of the result by itself: that is 1",
    ),
}
