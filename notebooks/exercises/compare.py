"""A learner's Value class on a small graph, compared with the numbers that are right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from exercises.graphs import Graph
from exercises.limits import attempt
from exercises.result import Result, Wrong, wrong
from exercises.zoo import DIAGNOSES, Healthy


def close(found: Any, right: float) -> bool:
    """Whether a number is right to rounding."""
    try:
        number = float(found)
    except (TypeError, ValueError):
        return False
    return math.isclose(number, right, rel_tol=1e-8, abs_tol=1e-10)


def shown(number: Any) -> str:
    """A number as messages show it."""
    return f"{number:.6g}" if isinstance(number, float) else repr(number)


def is_value(result: Any, value: Any) -> bool:
    """Whether a result can be one of the learner's: its class, or one that works like it."""
    return isinstance(result, value) or (hasattr(result, "data") and hasattr(result, "backward"))


def gradients(engine: type[Healthy], graph: Graph) -> dict[str, float]:
    """The gradients of the leaves, by an engine of our own."""
    values: dict[str, Any] = {name: engine(number) for name, number in graph.leaves}
    for step in graph.steps:
        values[step.name] = step.run(values)
    values[graph.result].backward()
    return {name: values[name].grad for name, _ in graph.leaves}


def build(value: Any, graph: Graph) -> dict[str, Any]:
    """Run the graph on the learner's class; the numbers of every step are compared."""
    values: dict[str, Any] = {}
    right: dict[str, Any] = {}
    for name, number in graph.leaves:
        values[name] = attempt(f"Value({number:g})", value, number)
        right[name] = Healthy(number)
        _check_data(values[name], number, f"Value({number:g})")
    for step in graph.steps:
        result = attempt(f"{step}  ({_numbers(graph)})", step.run, values)
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
        values[step.name] = result
        right[step.name] = step.run(right)
        _check_data(result, right[step.name].data, f"{graph}: {step.name}")
    return values


def _numbers(graph: Graph) -> str:
    return ", ".join(f"{name} = {number:g}" for name, number in graph.leaves)


def _check_data(result: Any, right: float, what: str) -> None:
    if not hasattr(result, "data"):
        raise Wrong(f"{what} has no attribute data", "keep the number in self.data")
    if not close(result.data, right):
        raise Wrong(
            f"{what}.data is {shown(result.data)} and should be {shown(right)}",
            "the forward pass comes first: look at the number that the operation computes",
        )


def check_graph(value: Any, graph: Graph, hint: str = "") -> None:
    """Forward and backward on one graph; raises `Wrong` at the first thing that is not right."""
    values = build(value, graph)
    for name, _ in graph.leaves:
        if not hasattr(values[name], "grad"):
            raise Wrong("a Value has no attribute grad", "start it as self.grad = 0.0")
        if not close(values[name].grad, 0.0):
            raise Wrong(
                f"{name}.grad is {shown(values[name].grad)} before any backward()",
                "start it as self.grad = 0.0; only backward() changes it",
            )
    result = values[graph.result]
    attempt(f"{graph.result}.backward() for {graph}", lambda: result.backward())
    right = gradients(Healthy, graph)
    found = {name: values[name].grad for name in right}
    for name, number in right.items():
        if not close(found[name], number):
            raise _finding(graph, found, right, name, hint)


def _finding(
    graph: Graph, found: dict[str, Any], right: dict[str, float], name: str, hint: str
) -> Wrong:
    message = f"{graph}: {name}.grad is {shown(found[name])} and should be {shown(right[name])}"
    if same(found, {key: -number for key, number in right.items()}):
        return Wrong(f"{message}; every sign is the opposite", "a minus too much, or one missing")
    for engine, (said, advice) in DIAGNOSES.items():
        try:  # a faulty engine may need for ever where a right one does not
            numbers = attempt(engine.__name__, gradients, engine, graph)
        except Wrong:
            continue
        if same(found, numbers):
            return Wrong(f"{message}; {said}", advice)
    return Wrong(message, hint or "do this graph by hand, path by path, and compare")


def same(found: dict[str, Any], numbers: dict[str, float]) -> bool:
    """Whether all gradients are those numbers."""
    return all(close(found[name], number) for name, number in numbers.items())


def checked(
    exercise: str, value: Any, graphs: Iterable[Graph], praise: str, *more: Callable[[], None]
) -> Result:
    """Run a checker's graphs, then what else it looks at."""
    count = 0
    try:
        if not isinstance(value, type):
            raise Wrong(
                f"got a {type(value).__name__}, not a class",
                "give the class itself, Value, not one of its objects",
            )
        for graph in graphs:
            check_graph(value, graph)
            count += 1
        for look in more:
            look()
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, f"right on {count} graphs. {praise}")
