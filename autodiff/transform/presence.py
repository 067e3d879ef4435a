"""When an adjoint is there at all: the conditions of the selections between it and the output.

Below `where(c, sqrt(x), 0)` the adjoint of sqrt exists only while c holds. A graph of derivatives
is evaluated again at other numbers, so that "no contribution" cannot be decided when the graph is
built, and multiplying by a zero adjoint instead would give 0*inf = nan at x = 0. Therefore each
adjoint of a sweep carries a `Presence`, and contributions are cut off by it where they meet
others: `where(c, g*d, 0)`, never `g*d` alone.

A presence is None (always there), a `Literal` (a node, or its negation), or an And or Or of such.
They are interned per sweep: equal ones are the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autodiff.formula import Apply, Formula
from autodiff.graph import Node
from autodiff.value import Value

from .folding import Known, Number, chosen, gated, is_boolean, times


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """The condition that a node is not 0, or that it is 0."""

    node: Value
    positive: bool


@dataclass(frozen=True, slots=True, eq=False)
class Both:
    """Two conditions that must hold."""

    parts: tuple[Some, Some]


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """Conditions of which at least one must hold."""

    parts: tuple[Some, ...]


Some = Literal | Both | Either
Presence = Some | None


class Never(Exception):
    """A condition made of constants that does not hold."""


class Conditions:
    """The presences of one sweep, and the nodes that compute them."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._interned: dict[Any, Some] = {}
        self._nodes: dict[int, Value] = {}

    def literal(self, node: Value, positive: bool) -> Some:
        """The condition that `node` is not 0 (or is 0)."""
        key = ("literal", id(node), positive)
        return self._interned.setdefault(key, Literal(node, positive))

    def _of(self, node: Value, positive: bool) -> Presence:
        """The same, taken apart where a node combines conditions."""
        while _is(node, "not"):
            node, positive = node._x, not positive
        if (_is(node, "mul") or _is(node, "add")) and all(map(is_boolean, node.operands)):
            parts = [self._of(operand, positive) for operand in node.operands]
            return self.both(*parts) if _is(node, "mul") is positive else self.any(parts)
        return self.literal(node, positive)

    def both(self, first: Presence, second: Presence) -> Presence:
        if first is None or first is second:
            return second
        if second is None:
            return first
        key = ("both", *sorted((id(first), id(second))))
        return self._interned.setdefault(key, Both((first, second)))

    def any(self, parts: Iterable[Presence]) -> Presence:
        found: dict[int, Some] = {}
        for part in parts:
            if part is None:
                return None
            found[id(part)] = part
            if isinstance(part, Literal):
                opposite = self.literal(part.node, not part.positive)
                if id(opposite) in found:
                    return None
        if len(found) == 1:
            return next(iter(found.values()))
        return self._interned.setdefault(("any", *sorted(found)), Either(tuple(found.values())))

    def read(
        self, condition: Formula, number: Callable[[Formula], Number], wanted: bool = True
    ) -> Presence:
        """The condition of a rule; `number` evaluates its comparisons. Raises Never."""
        if isinstance(condition, Apply) and condition.name == "not":
            return self.read(condition.operands[0], number, not wanted)
        if isinstance(condition, Apply) and condition.name in ("mul", "add"):
            parts = []
            for operand in condition.operands:
                try:
                    parts.append(self.read(operand, number, wanted))
                except Never:
                    if (condition.name == "mul") is wanted:
                        raise
            if not parts:
                raise Never
            if (condition.name == "mul") is not wanted:
                return self.any(parts)
            return self.both(parts[0], parts[1])
        truth = number(condition)
        if not isinstance(truth, float):
            return self._of(truth, wanted)
        if bool(truth) is not wanted:
            raise Never
        return None

    def node(self, presence: Some) -> Value:
        """A node that is 1 where the condition holds and 0 elsewhere (or any truth value)."""
        stack = [presence]  # parts first, without recursion: nested relus nest conditions
        while stack:
            parts = [] if isinstance(stack[-1], Literal) else stack[-1].parts
            missing = [part for part in parts if id(part) not in self._nodes]
            if missing:
                stack.extend(missing)
                continue
            current = stack.pop()
            if id(current) not in self._nodes:
                self._nodes[id(current)] = self._compute(current)
        return self._nodes[id(presence)]

    def _compute(self, presence: Some) -> Value:
        if isinstance(presence, Literal):
            return presence.node if presence.positive else self._apply("not", [presence.node])
        parts = [self._boolean(part) for part in presence.parts]
        if isinstance(presence, Both):
            return self._apply("mul", parts)
        return self._apply("add" if len(parts) == 2 else "sum", parts)

    def _boolean(self, presence: Some) -> Value:
        """Like `node`, but certainly not nan: fit for products and sums."""
        node = self.node(presence)
        if not isinstance(presence, Literal) or is_boolean(node):
            return node
        return self._apply("not_equal", [node, 0.0])

    def _apply(self, name: str, operands: Sequence[Number]) -> Value:
        node = self.known.apply(name, operands)
        assert isinstance(node, Node)
        return node

    def cut(self, presence: Presence, x: Number) -> Number:
        """x, and 0 where it is not there."""
        if presence is None:
            return x
        if isinstance(presence, Literal) and not presence.positive:
            return chosen(presence.node, 0.0, x)
        return chosen(self.node(presence), x, 0.0)

    def cut_product(self, presence: Presence, x: Number, y: Number) -> Number:
        """x * y, and 0 where it is not there."""
        if presence is None:
            return times(x, y)
        if isinstance(presence, Literal) and not presence.positive:
            product = times(x, y)
            if product is x or product is y:
                return chosen(presence.node, 0.0, product)
        return gated(self.node(presence), x, y)


def _is(node: Value, name: str) -> bool:
    return node.primitive is not None and node.primitive.name == name
