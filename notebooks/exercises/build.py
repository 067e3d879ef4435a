"""Build your own Value: one checker per step, each content with what its step asks for.

A Value has `Value(number)`, `.data`, `.grad` (0.0 at first) and `.backward()`; everything inside
is up to you. A checker uses only the operations of its own step and of earlier ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import Any

from exercises.compare import build, check_graph, checked, close, gradients, is_value, same, shown
from exercises.graphs import Graph, graph, random_graphs
from exercises.limits import attempt
from exercises.result import Result, Wrong, wrong
from exercises.zoo import Healthy, Stale


def check_add(value: Any) -> Result:
    """Step 1: `a + b` with backward(), also for `a + a`, `a + 1` and `1 + a`."""
    firsts = [
        graph("c = a + b", a=2.0, b=3.0),
        graph("b = a + a", a=3.0),
        graph("b = a + 1", a=2.0),
        graph("b = 1 + a", a=2.0),
    ]
    return checked(
        "add", value, chain(firsts, random_graphs("+", shared=False)),
        "A sum passes its gradient on to every term.",
    )  # fmt: skip


def check_mul(value: Any) -> Result:
    """Step 2: `a * b`, also for `a * a`, `a * 2` and `2 * a`."""
    firsts = [
        graph("c = a * b", a=2.0, b=3.0),
        graph("b = a * a", a=3.0),
        graph("b = a * 3", a=2.0),
        graph("b = 3 * a", a=2.0),
    ]
    return checked(
        "mul", value,
        chain(firsts, random_graphs("*", shared=False), random_graphs("+*", shared=False)),
        "Each factor gets the gradient times the other one.",
    )  # fmt: skip


def check_topological_order(order: Callable[[Any, Callable[[Any], Sequence[Any]]], Any]) -> Result:
    """Step 3: `order(root, parents)` lists what root depends on, parents before children.

    Nodes are opaque: `parents(node)` gives those that a node was made of. Each node comes once,
    the root last.
    """
    exercise = "topological order"
    rng = random.Random(0)
    try:
        for size in [1, 2, 2, 3, 3, *range(4, 40)]:
            _check_order(order, *_random_parents(rng, size))
        ladder: list[list[int]] = [
            [],
            *([index, index] for index in range(60)),
        ]  # 2**60 paths, 61 nodes
        _check_order(order, ladder, 60)
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "right on 42 graphs. Reversed, it is the order for backward()")


class _Node:
    """An opaque node; equal only to itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def _random_parents(rng: random.Random, size: int) -> tuple[list[list[int]], int]:
    """For each node the numbers of its parents, and the root."""
    return [
        [rng.randrange(index) for _ in range(rng.choice((1, 2, 2)) if index else 0)]
        for index in range(size)
    ], size - 1


def _check_order(order: Any, parents: list[list[int]], root: int) -> None:
    nodes = [_Node(f"n{index}") for index in range(len(parents))]
    table = {id(node): [nodes[i] for i in parents[k]] for k, node in enumerate(nodes)}
    edges = ", ".join(
        f"n{k} of {' and '.join(f'n{i}' for i in each)}" for k, each in enumerate(parents) if each
    )
    what = f"order(n{root}) for {edges or 'a single node'}"
    what = what if len(what) < 200 else f"order(n{root}) for a graph of {len(parents)} nodes"
    found = attempt(what, order, nodes[root], lambda node: table[id(node)])
    if not isinstance(found, (list, tuple)):
        raise Wrong(f"{what} gives a {type(found).__name__}", "return a list of nodes")
    place = {id(node): index for index, node in enumerate(found)}
    needed = _reachable(parents, root)
    for index, node in enumerate(nodes):
        if index in needed and id(node) not in place:
            raise Wrong(f"{what}: {node} is missing from {found[:8]}", "go on to all parents")
        if index not in needed and id(node) in place:
            raise Wrong(f"{what}: {node} does not belong there", "start from the root")
    if len(found) != len(place):
        raise Wrong(
            f"{what}: a node is listed more than once: {found[:8]}",
            "remember the nodes that have been visited, and skip them",
        )
    for index in needed:
        for parent in table[id(nodes[index])]:
            if place[id(parent)] > place[id(nodes[index])]:
                raise Wrong(
                    f"{what}: {nodes[index]} comes before its parent {parent}: {found[:8]}",
                    "append a node after all its parents have been visited, not before; parents "
                    "come first, the root last",
                )


def _reachable(parents: list[list[int]], root: int) -> set[int]:
    found = {root}
    for index in range(root, -1, -1):
        if index in found:
            found.update(parents[index])
    return found


def check_backward(value: Any) -> Result:
    """Step 4: backward() on graphs in which results are used more than once."""
    firsts = [
        graph("b = a + a; c = b + b", a=1.0),
        graph("b = a * a; c = b * b", a=1.5),
        graph("b = a * 2; c = b * 3; d = b + c", a=1.0),
        graph("b = a * 2; c = b * 3; d = c + b; e = d * b", a=1.0),
        ladder(50),
    ]
    return checked(
        "backward", value, chain(firsts, random_graphs("+*", shared=True, count=100)),
        "Every node waits for all its users.",
    )  # fmt: skip


def ladder(rungs: int) -> Graph:
    """b = a + a; c = b + b; ...: as many paths as 2 to the number of rungs."""
    names = ["a", *(f"v{index}" for index in range(1, rungs + 1))]
    steps = "; ".join(f"{new} = {old} + {old}" for old, new in pairwise(names))
    return graph(steps, a=1.0)


def check_twice(value: Any) -> Result:
    """Step 5: a second backward() adds to the gradients, as if each had been alone."""
    exercise = "backward twice"
    try:
        for each in [
            graph("b = a + a", a=1.0),
            graph("b = a * a; c = b * a", a=3.0),
            *random_graphs("+*", shared=True, count=40),
        ]:
            _check_twice(value, each)
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "right on 42 graphs. Gradients of two calls add up")


def _check_twice(value: Any, each: Graph) -> None:
    check_graph(value, each)
    values = build(value, each)
    result = values[each.result]
    attempt(f"backward() for {each}", lambda: result.backward())
    attempt(f"a second backward() for {each}", lambda: result.backward())
    once = gradients(Healthy, each)
    found = {name: values[name].grad for name in once}
    if same(found, {name: 2.0 * number for name, number in once.items()}):
        return
    name = next(name for name, number in once.items() if not close(found[name], 2.0 * number))
    message = (
        f"{each}, backward() twice: {name}.grad is {shown(found[name])} and should be "
        f"{shown(2.0 * once[name])}"
    )
    if same(found, once):
        raise Wrong(
            f"{message}; the second call has replaced the first",
            "add what this pass has found to what is there: losses of two calls add up",
        )
    if same(found, _stale(each)):
        raise Wrong(
            f"{message}; the second pass has used gradients that the first one left inside",
            "gather the contributions of a pass apart from .grad (in a dictionary, say), and add "
            "them to .grad at its end",
        )
    raise Wrong(message, "each pass must start from 0 inside the graph and 1 at its result")


def _stale(each: Graph) -> dict[str, float]:
    values: dict[str, Any] = {name: Stale(number) for name, number in each.leaves}
    for step in each.steps:
        values[step.name] = step.run(values)
    values[each.result].backward()
    values[each.result].backward()
    return {name: values[name].grad for name, _ in each.leaves}


def check_power(value: Any) -> Result:
    """Step 6: `a ** n` for a plain number n, whole or not."""
    firsts = [
        graph("b = a ** 2", a=3.0),
        graph("b = a ** 3", a=2.0),
        graph("b = a ** -1", a=2.0),
        graph("b = a ** 0.5", a=4.0),
        graph("b = a ** 1", a=-2.0),
        graph("b = a ** 0", a=3.0),
    ]
    return checked(
        "power", value, chain(firsts, random_graphs(["**"], shared=False, count=30)),
        "With it come division, a * b**-1, and the square root.",
    )  # fmt: skip


def check_tanh(value: Any) -> Result:
    """Step 7: the method `a.tanh()`, the first function of the engine."""
    firsts = [graph("b = tanh a", a=number) for number in (0.5, -2.0, 0.0)]
    return checked(
        "tanh", value, chain(firsts, random_graphs(["tanh"], shared=False, count=30)),
        "The derivative uses the output, 1 - t*t.",
    )  # fmt: skip


def check_neuron(neuron: Callable[[Any, Any, Any], Any], value: Any = None) -> Result:
    """Step 8: `neuron(ws, xs, b)` is tanh(w0*x0 + w1*x1 + ... + b), for lists of any length.

    Works with autodiff's Value, or with the class that you give as the second argument.
    """
    exercise = "neuron"
    if value is None:
        from autodiff import Value as value  # noqa: N813 - the default of the argument `value`
    rng = random.Random(0)
    try:
        for size in (1, 2, 2, 3, 5, 1, 4):
            _check_neuron(neuron, value, rng, size)
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "right for 7 random neurons. A layer is a list of these")


def _check_neuron(neuron: Any, value: Any, rng: random.Random, size: int) -> None:
    def draw() -> float:
        return round(rng.uniform(-1.5, 1.5), 1) or 0.5

    w, x, b = [draw() for _ in range(size)], [draw() for _ in range(size)], draw()
    what = f"neuron({w}, {x}, {b:g})"
    mine = [value(number) for number in (*w, *x, b)]
    ours = [Healthy(number) for number in (*w, *x, b)]
    result = attempt(what, neuron, mine[:size], mine[size:-1], mine[-1])
    total = sum((p * q for p, q in zip(ours, ours[size:-1], strict=False)), Healthy(0.0))
    right = (total + ours[-1]).tanh()
    if not is_value(result, value):
        raise Wrong(
            f"{what} is a {type(result).__name__}, not a Value",
            "compute with the Values themselves; .data would lose the gradient",
        )
    _check_neurons_number(what, result.data, total.data, ours[-1].data)
    attempt(f"backward() of {what}", lambda: result.backward())
    right.backward()
    names = [f"{kind}[{i}]" for kind in "wx" for i in range(size)] + ["b"]
    for name, found, expected in zip(names, mine, ours, strict=True):
        if not close(found.grad, expected.grad):
            raise Wrong(
                f"{what}: the gradient of {name} is {shown(found.grad)} and should be "
                f"{shown(expected.grad)}",
                "the number is right, so a connection is lost or counted twice: use each Value "
                "once, and never its .data",
            )


def _check_neurons_number(what: str, found: Any, total: float, b: float) -> None:
    from math import tanh

    if close(found, tanh(total + b)):
        return
    message = f"{what}.data is {shown(found)} and should be {shown(tanh(total + b))}"
    if close(found, total + b):
        raise Wrong(f"{message}; that is the sum before tanh", "apply .tanh() to the sum")
    if close(found, tanh(total)) or close(found, total):
        raise Wrong(f"{message}; the bias is missing", "add b to the sum of the products")
    if close(found, tanh(total) + b):
        raise Wrong(f"{message}; the bias is added after tanh", "add b inside: tanh(sum + b)")
    raise Wrong(message, "multiply each w with its own x, add the products and b, then tanh")
