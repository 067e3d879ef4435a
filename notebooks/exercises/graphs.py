"""Small computations as data: run on any Value class, and readable in a message."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
    "tanh": lambda x: x.tanh(),
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "relu": lambda x: x.relu(),
}
Operand = str | float


@dataclass(frozen=True)
class Step:
    """One operation: `name = left + right`, `name = left ** 3` or `name = tanh(left)`."""

    name: str
    operation: str
    operands: tuple[Operand, ...]

    def __str__(self) -> str:
        shown = [x if isinstance(x, str) else f"{x:g}" for x in self.operands]
        if self.operation == "neg":
            return f"{self.name} = -{shown[0]}"
        if len(shown) == 1:
            return f"{self.name} = {shown[0]}.{self.operation}()"
        return f"{self.name} = {shown[0]} {self.operation} {shown[1]}"

    def run(self, values: dict[str, Any]) -> Any:
        """The result of the operation on the values by name."""
        operands = [values[x] if isinstance(x, str) else x for x in self.operands]
        return _OPERATIONS[self.operation](*operands)


@dataclass(frozen=True)
class Graph:
    """Leaves with their numbers, and steps in order; the last one is the result.

    >>> print(graph("b = a + a; c = b * b", a=3.0))
    b = a + a; c = b * b  (a = 3)
    """

    leaves: tuple[tuple[str, float], ...]
    steps: tuple[Step, ...]

    @property
    def result(self) -> str:
        """The name of the last step."""
        return self.steps[-1].name

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} = {number:g}" for name, number in self.leaves)
        steps = [str(step) for step in self.steps]
        if len(steps) > 9:
            steps[2:-1] = ["..."]
        return f"{'; '.join(steps)}  ({numbers})"


def graph(text: str, **leaves: float) -> Graph:
    """A graph from text such as "b = a + a; c = tanh b": names, numbers and blanks between."""
    steps = []
    for part in text.split(";"):
        name, _, *rest = part.split()
        if len(rest) == 2:
            steps.append(Step(name, rest[0], (rest[1],)))
        else:
            left, operation, right = rest
            steps.append(Step(name, operation, (_operand(left), _operand(right))))
    return Graph(tuple(leaves.items()), tuple(steps))


def _operand(text: str) -> Operand:
    return text if text[0].isalpha() else float(text) if "." in text else int(text)


#: Graphs in which results are used more than once, the easiest to read first.
SHARED = [
    graph("b = a + a; c = b + b", a=1.0),
    graph("b = a * a; c = b * b", a=1.5),
    graph("b = a * 2; c = b * 3; d = b + c", a=1.0),
    graph("b = a * 2; c = b * 3; d = c + b; e = d * b", a=1.0),
]


def random_graphs(
    operations: Sequence[str], *, shared: bool, count: int = 60, seed: int = 0
) -> Iterator[Graph]:
    """Random graphs, small ones first, so that the first failure is easy to read.

    Without `shared` only leaves are used more than once: no step needs a topological order.
    """
    rng = random.Random(seed)
    for index in range(count):
        yield _random_graph(rng, operations, 1 + index * 7 // count, shared)


def _random_graph(rng: random.Random, operations: Sequence[str], size: int, shared: bool) -> Graph:
    leaves = tuple((name, rng.choice((-1.5, -1.0, -0.5, 0.5, 1.0, 1.5))) for name in "abc")
    names = iter("defghijklmnop")
    free: list[str] = []  # steps that no other step uses yet
    steps: list[Step] = []
    for _ in range(size):
        operation = rng.choice(operations)
        made = [step.name for step in steps] if shared else free
        first = rng.choice(made) if made and rng.random() < 0.8 else rng.choice("abc")
        operands: tuple[Operand, ...] = (first,)
        if operation == "**":
            operands = (first, rng.choice((2, 3, -1, 2.0)))
        elif operation != "tanh":
            operands = _pair(rng, first, [*made, *"abc"] if shared else list("abc"))
        free = [name for name in free if name not in operands]
        steps.append(Step(next(names), operation, operands))
        free.append(steps[-1].name)
    if not shared:
        steps = _ancestors(steps)
    return Graph(leaves, tuple(steps))


def _pair(rng: random.Random, first: str, others: Sequence[str]) -> tuple[Operand, ...]:
    second: Operand = rng.choice(others)
    kind = rng.random()
    if kind < 0.15:
        return first, rng.choice((2, -0.5, 3.0))
    if kind < 0.3:
        return rng.choice((2, -0.5, 3.0)), first
    return (first, second) if rng.random() < 0.5 else (second, first)


def _ancestors(steps: Sequence[Step]) -> list[Step]:
    """The steps that the last one depends on."""
    needed: set[Operand] = {steps[-1].name}
    found: list[Step] = []
    for step in reversed(steps):
        if step.name in needed:
            needed.update(step.operands)
            found.append(step)
    return found[::-1]
