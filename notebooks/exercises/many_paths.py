"""Lesson "many paths": one step against all of them, how many there are, and in which order."""

from __future__ import annotations

import math
import random
from typing import Any

from exercises.engine import exercise
from exercises.graphs import SHARED, Graph, random_graphs
from exercises.points import reals
from exercises.running import Edges, Node, gradients, random_edges, show_edges
from exercises.slips import SLIPS
from exercises.values import Engine, engine


@exercise(
    "one step and all paths",
    points=reals(20, 2),
    labels=("∂s/∂q", "ds/dq", "ds/dp"),
    slips={
        "local for whole": (
            "ds/dq holds only the direct step",
            "q reaches s by r as well: add ∂s/∂r·∂r/∂q",
        ),
        "whole for local": (
            "∂s/∂q already goes through r",
            "one step alone: r is held fixed, so it is r",
        ),
        "path added": (
            "the factors along the path of p are added",
            "multiply along a path, add paths",
        ),
        "r is p": ("r is taken as p alone", "r = p + q"),
    },
)
def check_local_and_whole(slip: Any, p: float, q: float) -> list[float]:
    """`derivatives(p, q)` for s = q*r with r = p + q: [∂s/∂q, ds/dq, ds/dp].

    ∂s/∂q is the step from q to s alone, with r held fixed; d goes through all paths.
    """
    r = p if slip("r is p") else p + q
    whole = r if slip("local for whole") else r + q
    return [r + q if slip("whole for local") else r, whole, q + 1.0 if slip("path added") else q]


def _ask_count(count: Any, edges: Edges) -> float:
    nodes = [Node(f"n{index}") for index in range(len(edges))]
    table = {id(node): [nodes[i] for i in each] for node, each in zip(nodes, edges, strict=True)}
    return float(count(nodes[-1], nodes[0], lambda node: table[id(node)]))


def _count_points(rng: random.Random) -> list[tuple[Edges]]:
    small: list[tuple[Edges]] = [([[]],), ([[], [0]],), ([[], [0, 0]],), ([[], [0, 0], [1, 0]],)]
    ladder: Edges = [[], *([index, index] for index in range(40))]
    return [*small, *((random_edges(rng, size),) for size in range(4, 16)), (ladder,)]


@exercise(
    "count the paths",
    show=show_edges,
    points=_count_points,
    ask=_ask_count,
    level=2,
    slips={
        "doubles once": (
            "an operand that is used twice by the same node counts once",
            "a + a has two wires: each is a path of its own",
        ),
        "steps": (
            "you count wires, not paths",
            "a node has as many paths as its parents have together",
        ),
        "multiplied": (
            "the paths of two parents are multiplied",
            "ways that exclude each other add up",
        ),
        "nodes": (
            "you count nodes, not paths",
            "a node has as many paths as its parents have together",
        ),
    },
)
def check_count_paths(slip: Any, edges: Edges) -> float:
    """`count(root, leaf, parents)`: how many paths lead from the leaf to the root, in one sweep.

    `parents(node)` gives the operands of a node, twice if it is used twice. From a node to itself
    there is one path. A graph of 41 nodes here has a million million paths: visit each node once.
    """
    counts: list[int] = []
    wires: list[int] = []
    for index, each in enumerate(edges):
        each = sorted(set(each)) if slip("doubles once") else each
        ways = [counts[i] for i in each]
        total = sum(ways)
        if slip("multiplied") and len(ways) == 2:
            total = ways[0] * ways[1]
        counts.append(1 if index == 0 else total)
        wires.append(len(each))
    needed = {len(edges) - 1}
    for index in range(len(edges) - 1, -1, -1):
        if index in needed:
            needed.update(edges[index])
    if slip("steps"):
        return float(sum(wires[i] for i in needed))
    return float(len(needed) if slip("nodes") else counts[-1])


def _ask_eager(backward: Any, graph: Graph) -> dict[str, Any]:
    class Eager(Engine):
        def backward(self) -> None:
            backward(self)

    Eager.slips = frozenset({"plain"})  # only to be another class than the reference's
    return gradients(Eager, graph)


@exercise(
    "repair an eager backward",
    level=2,
    ask=_ask_eager,
    points=lambda rng: [(g,) for g in (*SHARED, *random_graphs("+*", shared=True, count=60))],
    slips={
        key: SLIPS[key]
        for key in (
            "= for +=",
            "= for +=, right first",
            "pre-order",
            "no topological order",
            "breadth first",
            "from the leaves",
            "no upstream",
            "no seed",
            "seed everywhere",
        )
    },
)
def check_eager(slip: Any, graph: Graph) -> dict[str, Any]:
    """`backward(root)`: fill in `grad` of every node that root depends on.

    A node has `parents`, `locals` (the local derivative towards each) and `grad`, 0.0 at first.
    The eager one goes down at once, and passes on what has not all arrived yet: make it wait.
    """
    return gradients(engine(slip.on), graph)


@exercise(
    "where paths cancel",
    labels=("df/dx", "df/dy"),
    points=reals(20, 2, 0.2, 2.0),
    level=3,
    slips={
        "product": ("the two contributions are multiplied", "paths add up"),
        "second path": (
            "the path through the square is missing",
            "a = x*x is used, too: 2*x*sin(y)",
        ),
        "no square slope": ("the square contributes x, not 2*x", "x stands in it twice"),
        "sine": ("the sine keeps its form in the derivative by y", "its slope is cos(y)"),
    },
)
def check_two_paths(slip: Any, x: float, y: float) -> list[float]:
    """`derivatives(x, y)` for f = a*sin(y) - x*y with a = x*x: [df/dx, df/dy]."""
    through = (1.0 if slip("no square slope") else 2.0) * x * math.sin(y)
    through = 0.0 if slip("second path") else through
    whole = through * -y if slip("product") else through - y
    return [whole, x * x * (math.sin(y) if slip("sine") else math.cos(y)) - x]
