"""Running a learner's Value class, and a learner's order of nodes, on small graphs."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from exercises.answers import close, shown
from exercises.engine import Checker, exercise
from exercises.graphs import Graph, graph
from exercises.result import Wrong
from exercises.slips import SLIPS
from exercises.values import Engine, engine


def is_value(result: Any, value: Any) -> bool:
    """Whether a result can be one of the learner's: its class, or one that works like it."""
    return isinstance(result, value) or (hasattr(result, "data") and hasattr(result, "backward"))


def _data(result: Any, right: float, what: str) -> None:
    if not hasattr(result, "data"):
        raise Wrong(f"{what} has no attribute data", "keep the number in self.data")
    if not close(result.data, right):
        raise Wrong(
            f"{what}.data is {shown(result.data)} and should be {shown(right)}",
            "the forward pass comes first: look at the number that the operation computes",
        )


def build(value: Any, graph: Graph) -> dict[str, Any]:
    """Run the graph on a class; structure and numbers of the forward pass are compared."""
    values: dict[str, Any] = {}
    right: dict[str, Any] = {}
    for name, number in graph.leaves:
        values[name] = value(number)
        right[name] = Engine(number)
        _data(values[name], number, f"Value({number:g})")
        if not hasattr(values[name], "grad"):
            raise Wrong("a Value has no attribute grad", "start it as self.grad = 0.0")
        if not close(values[name].grad, 0.0):
            raise Wrong(
                f"{name}.grad is {shown(values[name].grad)} before any backward()",
                "start it as self.grad = 0.0; only backward() changes it",
            )
    for step in graph.steps:
        result = step.run(values)
        if not is_value(result, value):
            raise Wrong(
                f"{step}: the result is a {type(result).__name__}, not a Value",
                "an operation returns a new Value that remembers what it was made of",
            )
        if any(result is values[x] for x in step.operands if isinstance(x, str)):
            raise Wrong(
                f"{step}: the result is the operand itself",
                "an operation returns a new Value and leaves its operands as they are",
            )
        values[step.name], right[step.name] = result, step.run(right)
        if not isinstance(value, type) or not issubclass(value, Engine):
            _data(result, right[step.name].data, f"{graph}: {step.name}")
    return values


def gradients(value: Any, graph: Graph) -> dict[str, Any]:
    """The numbers of a graph and, after backward(), the gradients of its leaves."""
    values = build(value, graph)
    values[graph.result].backward()
    return {
        f"{graph.result}.data": values[graph.result].data,
        **{f"{name}.grad": values[name].grad for name, _ in graph.leaves},
    }


def twice(value: Any, graph: Graph) -> dict[str, Any]:
    """The gradients after two calls of backward()."""
    values = build(value, graph)
    values[graph.result].backward()
    values[graph.result].backward()
    return {f"{name}.grad, after two calls,": values[name].grad for name, _ in graph.leaves}


def value_checker(
    name: str,
    doc: str,
    graphs: Iterable[Graph],
    slips: str,
    praise: str,
    ask: Any = gradients,
    level: int = 1,
) -> Checker:
    def reference(slip: Any, graph: Graph) -> dict[str, Any]:
        found: dict[str, Any] = ask(engine(slip.on), graph)
        return found

    reference.__name__, reference.__doc__ = f"check_{name}", doc
    reference.__module__ = "exercises.build_your_own"  # the lesson that it belongs to
    cases = [(each,) for each in graphs]
    return exercise(
        name,
        points=lambda rng: cases,
        ask=ask,
        praise=praise,
        level=level,
        needs_class=True,
        slips={key: SLIPS[key] for key in slips.split("; ")},
        hint="do this graph by hand, path by path, and compare",
    )(reference)


def single(*texts: str, positive: bool = False) -> list[Graph]:
    """Each text at a few points: one operation, so that no order can matter."""
    points: tuple[tuple[float, float], ...] = ((2.0, 3.0), (3.0, 0.5), (0.5, 1.5), (1.25, 4.0))
    points += () if positive else ((-1.5, 2.0), (0.25, -0.5))
    found = []
    for point in points:
        for text in texts:
            names = sorted({word for word in text.split("=")[1].split() if word in ("a", "b")})
            found.append(graph(text, **dict(zip(names, point, strict=False))))
    return found


def ladder(rungs: int) -> Graph:
    """b = a + a; c = b + b; ...: as many paths as 2 to the number of rungs."""
    names = ["a", *(f"v{index}" for index in range(1, rungs + 1))]
    steps = "; ".join(f"{new} = {old} + {old}" for old, new in pairwise(names))
    return graph(steps, a=1.0)


class Node:
    """An opaque node; equal only to itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


Edges = list[list[int]]


def random_edges(rng: random.Random, size: int) -> Edges:
    """For each node the numbers of its parents; the last node is the root."""
    return [
        [rng.randrange(index) for _ in range(rng.choice((1, 2, 2)) if index else 0)]
        for index in range(size)
    ]


def order_points(rng: random.Random) -> list[tuple[Edges]]:
    small: list[tuple[Edges]] = [([[]],), ([[], [0]],), ([[], [0, 0]],), ([[], [0], [1, 0]],)]
    drawn = [(random_edges(rng, size),) for size in (3, 3, *range(4, 30))]
    return [*small, *drawn, ([[], *([index, index] for index in range(60))],)]


def ask_order(order: Any, edges: Edges) -> dict[str, Any]:
    """How often each node is listed, and whether each parent comes first."""
    nodes = [Node(f"n{index}") for index in range(len(edges))]
    table = {id(node): [nodes[i] for i in each] for node, each in zip(nodes, edges, strict=True)}
    found = order(nodes[-1], lambda node: table[id(node)])
    if not isinstance(found, Iterable):
        raise Wrong(f"order gives a {type(found).__name__}", "return a list of nodes")
    found = list(found)
    strangers = [each for each in found if id(each) not in table]
    if strangers:
        raise Wrong(f"{strangers[0]!r} is no node of the graph", "list the nodes themselves")
    at = {id(node): index for index, node in reversed(list(enumerate(found)))}
    root = "last" if found and found[-1] is nodes[-1] else "not last"
    report: dict[str, Any] = {
        f"how often {node} is listed": float(sum(each is node for each in found)) for node in nodes
    }
    for index, each in enumerate(edges):
        for parent in each:
            before = at.get(id(nodes[parent]), -1) < at.get(id(nodes[index]), len(found))
            key = f"the place of n{parent}, a parent of n{index},"
            report[key] = "before it" if before else "after it"
    return report | {f"the place of the root {nodes[-1]}": root}


def show_edges(edges: Edges) -> str:
    """A graph in words."""
    parts = [
        f"n{k} made of {' and '.join(f'n{i}' for i in each)}"
        for k, each in enumerate(edges)
        if each
    ]
    text = ", ".join(parts) or "a single node"
    return f"for {text}" if len(text) < 150 else f"for a graph of {len(edges)} nodes"


def sort(root: Any, parents: Any, slip: Any = lambda name: False) -> list[Any]:
    """Parents before children, each once: without recursion, as deep graphs need it."""
    found: list[Any] = []
    seen: set[int] = set()
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found.append(node)
        elif id(node) not in seen:
            if not slip("not marked"):
                seen.add(id(node))
            if len(found) > 2000:
                raise OverflowError("as many visits as there are paths")
            if slip("pre-order"):
                found.append(node)
            else:
                stack.append((node, True))
            above = list(parents(node))[::-1]
            stack += [
                (each, False) for each in (above[-1:] if slip("first parent only") else above)
            ]
    if slip("children first"):
        found.reverse()
    if slip("root missing"):
        found = [each for each in found if each is not root]
    return found
