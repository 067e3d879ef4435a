"""The forward and the backward pass, one small step at a time, as plain data.

The sweep here is the textbook's: reversed topological order, one chain-rule contribution per edge,
computed from the rule table. It neither reads nor changes anybody's `.grad`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, overload

from autodiff.formula import Formula
from autodiff.value import Value

from .snapshot import Graph, Local, Node, Operand, snapshot

Kind = Literal["seed", "contribution", "skipped", "result"]


@dataclass(frozen=True, slots=True)
class ForwardStep:
    """A value is computed and kept: `c = sin b = 0.9242`; `expression` is None for a leaf."""

    number: int
    node: Node
    expression: Formula | None
    operands: tuple[Operand, ...]
    value: float


@dataclass(frozen=True, slots=True)
class BackwardStep:
    """One step of the reverse sweep.

    * `seed`: the output's derivative by itself is 1.
    * `contribution`: `receiver` gets `upstream * local.value` from `user`, its operand number
      `position`; this is contribution `use` of `uses` to it, and the sum so far is `total`.
    * `skipped`: the receiver gets no contribution on this edge, because a selection chose another
      operand (or the operation is constant in it, or nothing arrives from further up).
    * `result`: the derivatives by all leaves are complete; nothing is computed.
    """

    number: int
    kind: Kind
    receiver: Node
    user: Node | None = None
    position: int | None = None
    local: Local | None = None
    upstream: float | None = None
    contribution: float | None = None
    total: float | None = None
    use: int = 1
    uses: int = 1

    @property
    def summed(self) -> bool:
        """Whether the receiver has contributions to add up."""
        return self.uses > 1


Step = ForwardStep | BackwardStep


class Steps(Sequence[Step]):
    """All steps in order, numbered from 1; printing them prints the table of the terminal."""

    def __init__(
        self, graph: Graph, items: Sequence[Step], adjoints: Sequence[float | None]
    ) -> None:
        self.graph = graph
        self.items: tuple[Step, ...] = tuple(items)
        #: the derivative of the output by every node; None where nothing arrives
        self.adjoints: tuple[float | None, ...] = tuple(adjoints)

    @property
    def forward(self) -> list[ForwardStep]:
        """The steps that compute values."""
        return [step for step in self.items if isinstance(step, ForwardStep)]

    @property
    def backward(self) -> list[BackwardStep]:
        """The steps that compute derivatives."""
        return [step for step in self.items if isinstance(step, BackwardStep)]

    @property
    def root(self) -> Node:
        """The output."""
        return self.graph.nodes[self.graph.roots[0]]

    @property
    def leaves(self) -> list[Node]:
        """The nodes without operands."""
        return [node for node in self.graph if node.primitive is None]

    @cached_property
    def readers(self) -> list[list[tuple[int, int]]]:
        """For every node the (user, operand number) of the local derivatives that read its value.

        Only those through which something flows back.
        """
        found: list[list[tuple[int, int]]] = [[] for _ in self.graph]
        for step in self.backward:
            if step.kind == "contribution" and step.user and step.local:
                for node in step.local.reads:
                    found[node].append((step.user.index, step.position or 0))
        return found

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.items)

    def __repr__(self) -> str:
        forward = len(self.forward)
        return f"<{forward} forward and {len(self) - forward} backward steps to {self.root.name}>"


def steps(value: Value, *, names: Mapping[str, Any] | None = None) -> Steps:
    """The forward and the backward pass of a graph as plain data.

    `names` (for example `locals()`) gives unnamed nodes the names of Python variables.

    >>> from autodiff import Value, sin
    >>> x = Value(0.5, "x")
    >>> for step in steps(sin(x) * x).backward:
    ...     print(step.kind, step.receiver.name, step.contribution)
    seed f None
    contribution a 0.5
    contribution x 0.479425538604203
    contribution x 0.4387912809451864
    result x None
    """
    return trace(snapshot(value, names=names))


def trace(graph: Graph, root: int | None = None) -> Steps:
    """The steps of a graph to one of its outputs, by default the first one."""
    items: list[Step] = [
        ForwardStep(number, node, graph.expression(node), node.operands, node.value)
        for number, node in enumerate(graph, 1)
    ]
    adjoints = _reverse(graph, items, graph.roots[0] if root is None else root)
    return Steps(graph, items, adjoints)


def _reverse(graph: Graph, items: list[Step], top: int) -> list[float | None]:
    adjoints: list[float | None] = [None] * len(graph)
    root = graph.nodes[top]
    adjoints[root.index] = 1.0
    items.append(BackwardStep(len(items) + 1, "seed", root, total=1.0))
    seen = [0] * len(graph)
    for user in reversed(graph.nodes):
        upstream = adjoints[user.index]
        primitive = user.primitive
        for position in primitive.by_rows(len(user.operands)) if primitive is not None else ():
            operand = user.operands[position]
            if operand.node is None:
                continue
            receiver, local = graph.nodes[operand.node], graph.local(user, position)
            seen[receiver.index] += 1
            kind: Kind = "skipped"
            contribution = None
            if upstream is not None and local.value is not None:
                kind, contribution = "contribution", upstream * local.value
                before = adjoints[receiver.index]
                adjoints[receiver.index] = contribution if before is None else before + contribution
            numbers = upstream, contribution, adjoints[receiver.index], seen[receiver.index]
            edge = receiver, user, position, local
            items.append(
                BackwardStep(len(items) + 1, kind, *edge, *numbers, graph.uses[receiver.index])
            )
    leaf = next((node for node in graph if node.primitive is None), root)
    total = adjoints[leaf.index]
    items.append(BackwardStep(len(items) + 1, "result", leaf, total=total))
    return adjoints
