"""Paths through a graph: counted without being enumerated, enumerated when they are few.

A path is a sequence of edges from a node to the output; using a node twice in one operation makes
two edges. Edges without a contribution (a selection chose another operand) carry nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autodiff.display.snapshot import Graph


@dataclass(frozen=True, slots=True)
class Edge:
    """`receiver` is operand number `position` of `user`; `value` is the local derivative."""

    receiver: int
    user: int
    position: int
    value: float


Path = tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """The edges on paths from one node to the output, and how many such paths there are."""

    source: int
    target: int
    #: edges by receiver, in the order in which the reverse sweep meets them
    edges: dict[int, tuple[Edge, ...]]
    count: int
    #: how many more there would be if every edge carried a contribution
    blocked: int
    #: edges on the longest one
    longest: int

    def __iter__(self) -> Iterator[Path]:
        """All paths, written from the output to the source as in a product of the chain rule."""
        stack: list[tuple[int, Path]] = [(self.source, ())]
        while stack:
            node, path = stack.pop()
            if node == self.target:
                yield tuple(reversed(path))
                continue
            edges = reversed(self.edges.get(node, ()))
            stack.extend((edge.user, (*path, edge)) for edge in edges)

    @property
    def nodes(self) -> list[int]:
        """The nodes on paths, the output first: the order of the reverse sweep."""
        found = {self.source, self.target}
        for edges in self.edges.values():
            found.update(edge.user for edge in edges)
        return sorted(found, reverse=True)


def paths_between(graph: Graph, source: int, target: int) -> Paths:
    """The paths from a node to the output, in time linear in the size of the graph."""
    carrying: list[Edge] = []
    counts, all_counts = [0] * len(graph), [0] * len(graph)
    length = [-1] * len(graph)
    counts[source] = all_counts[source] = 1
    length[source] = 0
    for node in graph:
        for position, operand in enumerate(node.operands):
            if operand.node is None or node.index <= source or not all_counts[operand.node]:
                continue
            all_counts[node.index] += all_counts[operand.node]
            value = graph.local_value(node, position)
            if value is None or not counts[operand.node]:
                continue
            counts[node.index] += counts[operand.node]
            length[node.index] = max(length[node.index], length[operand.node] + 1)
            carrying.append(Edge(operand.node, node.index, position, value))
    useful = [False] * len(graph)
    useful[target] = True
    kept: dict[int, list[Edge]] = {}
    for edge in reversed(carrying):  # users before operands
        if useful[edge.user]:
            useful[edge.receiver] = True
            kept.setdefault(edge.receiver, []).append(edge)
    edges = {
        node: tuple(sorted(found, key=lambda edge: (-edge.user, edge.position)))
        for node, found in kept.items()
    }
    count = counts[target]
    return Paths(source, target, edges, count, all_counts[target] - count, max(length[target], 0))
