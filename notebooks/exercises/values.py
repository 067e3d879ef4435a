"""A small right engine with one switch per slip: the reference of "build your own Value".

The specimens of the bug zoo are this engine with one switch on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


class Engine:
    """A number with parents and local derivatives; `slips` are those switched on."""

    slips: frozenset[str] = frozenset()

    def __init__(
        self, data: float, parents: Sequence[Engine] = (), locals_: Sequence[float] = ()
    ) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.parents = tuple(parents)
        self.locals = tuple(locals_)

    def _make(self, data: float, parents: Sequence[Any], locals_: Sequence[float]) -> Any:
        return type(self)(data, parents, locals_)

    def _lift(self, other: Any) -> Any:
        return other if isinstance(other, Engine) else type(self)(other)

    def _slope(self, right: float, **wrong: float) -> float:
        """The first wrong slope whose slip is on; names with _ for blanks."""
        for name, number in wrong.items():
            if name.replace("_", " ") in self.slips:
                return number
        return right

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._make(self.data + other.data, (self, other), (1.0, 1.0))

    def __radd__(self, other: float) -> Any:
        if "__radd__ leaks .data" in self.slips:
            return type(self)(other + self.data)
        return self + other

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        pair = (other.data, self.data)
        if "exchanged" in self.slips:
            pair = pair[::-1]
        return self._make(self.data * other.data, (self, other), pair)

    def __rmul__(self, other: float) -> Any:
        if "__rmul__ leaks .data" in self.slips:
            return type(self)(other * self.data)
        return self * other

    def __neg__(self) -> Any:
        return self._make(-self.data, (self,), (-1.0,))

    def __sub__(self, other: Any) -> Any:
        other = self._lift(other)
        slope = self._slope(-1.0, minus_lost=1.0)
        return self._make(self.data - other.data, (self, other), (1.0, slope))

    def __rsub__(self, other: float) -> Any:
        return self - other if "number - value turned" in self.slips else self._lift(other) - self

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        sign = self._slope(-1.0, divisor_without_minus=1.0)
        below = self._slope(other.data**2, divisor_without_square=other.data)
        pair = (1.0 / other.data, sign * self.data / below)
        return self._make(self.data / other.data, (self, other), pair)

    def __rtruediv__(self, other: float) -> Any:
        return self / other if "number / value turned" in self.slips else self._lift(other) / self

    def __pow__(self, n: float) -> Any:
        kept = "exponent kept" in self.slips
        factor = self._slope(n, factor_n_missing=1.0)
        slope = factor * self.data ** (n if kept else n - 1) if factor else 0.0
        return self._make(self.data**n, (self,), (slope,))

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        x, t = self.data, math.tanh(self.data)
        slope = self._slope(
            1.0 - t * t, tanh_of_the_input=1.0 - x * x, tanh_like_sigmoid=t * (1.0 - t),
            tanh_without_square=1.0 - t,
        )  # fmt: skip
        return self._make(t, (self,), (slope,))

    def exp(self) -> Any:
        """The exponential function."""
        x, e = self.data, math.exp(self.data)
        slope = self._slope(
            e, exp_by_the_power_rule=x * math.exp(x - 1.0), exp_of_the_output=math.exp(min(e, 700))
        )
        return self._make(e, (self,), (slope,))

    def log(self) -> Any:
        """The natural logarithm."""
        x, y = self.data, math.log(self.data)
        slope = self._slope(
            1.0 / x, log_of_the_output=1.0 / y if y else math.inf, log_inverted=math.exp(x)
        )
        return self._make(y, (self,), (slope,))

    def relu(self) -> Any:
        """max(0, x)."""
        y = max(self.data, 0.0)
        slope = self._slope(float(self.data > 0.0), relu_passes_all=1.0, relu_itself=y)
        return self._make(y, (self,), (slope,))

    # ---- the sweep ---------------------------------------------------------------------------

    def _order(self) -> list[Engine]:
        """Parents before children, without recursion."""
        if "breadth first" in self.slips:
            found: dict[int, Engine] = {id(self): self}
            queue: list[Engine] = [self]
            for node in queue:  # grows while it is read
                fresh = [p for p in node.parents if found.setdefault(id(p), p) is not None]
                queue += [p for p in dict.fromkeys(fresh) if all(p is not q for q in queue)]
            return queue[::-1]
        order: list[Engine] = []
        seen: set[int] = set()
        stack: list[tuple[Engine, bool]] = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                if "pre-order" in self.slips:
                    order.insert(0, node)
                else:
                    stack.append((node, True))
                right = "= for +=, right first" in self.slips
                stack += [(p, False) for p in (node.parents if right else node.parents[::-1])]
        return order

    def _overwrites(self) -> bool:
        return bool({"= for +=", "= for +=, right first"} & self.slips)

    def _amount(self, local: float, upstream: float) -> float:
        local = 1.0 if "no local" in self.slips else local
        return local if "no upstream" in self.slips else local * upstream

    def _recurse(self) -> None:
        """Go down at once, with whatever has arrived so far."""
        if "seed everywhere" in self.slips:
            self.grad = 1.0
        for parent, local in zip(self.parents, self.locals, strict=True):
            amount = self._amount(local, self.grad)
            parent.grad = amount if self._overwrites() else parent.grad + amount
            parent._recurse()

    def backward(self) -> None:
        """Add the derivatives of this node to every `grad`."""
        seed = 0.0 if "no seed" in self.slips else 1.0
        if {"no topological order", "seed everywhere"} & self.slips:
            if len(self._order()) > 20:
                raise OverflowError("as many steps as there are paths")
            self.grad += seed
            self._recurse()
            return
        order = self._order()
        adjoint = {id(node): node.grad if "stale" in self.slips else 0.0 for node in order}
        adjoint[id(self)] = seed
        for node in order if "from the leaves" in self.slips else reversed(order):
            for parent, local in zip(node.parents, node.locals, strict=True):
                amount = self._amount(local, adjoint[id(node)])
                kept = 0.0 if self._overwrites() else adjoint[id(parent)]
                adjoint[id(parent)] = kept + amount
        for node in order:
            kept = 0.0 if {"replaced", "stale"} & self.slips else node.grad
            node.grad = kept + adjoint[id(node)]

    def zero_grad(self) -> None:
        """Set the grad of every node to 0."""
        for node in self._order():
            node.grad = node.grad if "no zero_grad" in self.slips else 0.0


def engine(slips: frozenset[str] = frozenset(), doc: str = "A small engine.") -> type[Engine]:
    """The engine with these slips, as a class called Value."""
    return type("Value", (Engine,), {"slips": slips, "__doc__": doc})
