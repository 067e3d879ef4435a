"""Lesson "forward or backward?": dual numbers, what a sweep costs, two products."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import Slip, exercise
from exercises.graphs import Graph, random_graphs
from exercises.points import drawn, many, matrix


class _Dual:
    """A value and its slope by one input."""

    slips: frozenset[str] = frozenset()

    def __init__(self, value: float, slope: float = 0.0) -> None:
        self.value, self.slope = value, slope

    def _make(self, value: float, slope: float) -> Any:
        return type(self)(value, slope)

    def _lift(self, other: Any) -> Any:
        constant = 1.0 if "constant" in self.slips else 0.0
        return other if isinstance(other, _Dual) else type(self)(float(other), constant)

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._make(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        slope = self.slope * other.value + self.value * other.slope
        if "product" in self.slips:
            slope = self.slope * other.slope
        if "own" in self.slips:
            slope = self.slope * self.value + other.slope * other.value
        return self._make(self.value * other.value, slope)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        t = math.tanh(self.value)
        outer = 1.0 - t * t
        return self._make(t, outer if "no inner" in self.slips else outer * self.slope)


_DUAL: dict[str, Slip] = {
    "product": ("the slope of a product is the product of the slopes", "slope*value + value*slope"),
    "own": ("each factor's slope is multiplied with its own value", "with the other one's value"),
    "constant": ("a plain number gets the slope 1", "a constant does not move: slope 0"),
    "no inner": ("tanh forgets the slope of what is inside", "(1 - t*t) * self.slope"),
}


def _ask_dual(dual: Any, graph: Graph, by: str) -> list[float]:
    values = {name: dual(number, 1.0 if name == by else 0.0) for name, number in graph.leaves}
    for step in graph.steps:
        values[step.name] = step.run(values)
    result = values[graph.result]
    return [result.value, result.slope]


@exercise(
    "dual numbers",
    level=2,
    ask=_ask_dual,
    slips=_DUAL,
    needs_class=True,
    labels=("the value", "the slope"),
    points=lambda rng: [
        (g, rng.choice("abc")) for g in random_graphs(["+", "*", "tanh"], shared=True, count=40)
    ],
)
def check_dual(slip: Any, graph: Graph, by: str) -> list[float]:
    """`Dual(value, slope)`: a class with + and * (numbers on both sides, too) and `tanh()`.

    Each result has `.value` and `.slope`, the derivative by the input whose slope is 1.
    """
    return _ask_dual(type("Dual", (_Dual,), {"slips": slip.on}), graph, by)


@exercise(
    "what a sweep costs",
    labels=("the number of forward sweeps", "the number of backward sweeps"),
    points=lambda rng: [(1000, 1), (1, 1000), (3, 5), (7, 7), (28, 10), (1, 1)],
    slips={
        "exchanged": (
            "forward and backward are exchanged",
            "forward: one input at a time; backward: one output",
        ),
        "product": (
            "one sweep per entry of the Jacobian is more than is needed",
            "a sweep gives a whole column, or a whole row",
        ),
        "one": (
            "one forward sweep does not know all inputs",
            "it carries the slope by one direction",
        ),
    },
)
def check_sweeps(slip: Any, inputs: int, outputs: int) -> list[int]:
    """`sweeps(inputs, outputs)`: how many sweeps a whole Jacobian takes, [forward, backward]."""
    if slip("product"):
        return [inputs * outputs, inputs * outputs]
    forward, backward = (outputs, inputs) if slip("exchanged") else (inputs, outputs)
    return [1 if slip("one") else forward, backward]


def _products(rng: Any) -> tuple[Any, ...]:
    rows, columns = rng.choice(((2, 3), (3, 2), (1, 4)))
    return matrix(rng, rows, columns), drawn(rng, columns), drawn(rng, rows)


@exercise(
    "two products",
    labels=("J·v", "u·J"),
    points=many(15, _products),
    level=2,
    slips={
        "sum only": (
            "the vector is left out: these are the sums of rows and columns",
            "weigh each entry with its number of the vector",
        ),
        "sign": ("the backward product has the wrong sign", "it is a plain product, u times J"),
        "unit": ("only the first entry of v is used", "all directions count: sum over the columns"),
    },
)
def check_products(slip: Any, J: Any, v: Any, u: Any) -> list[list[float]]:
    """`products(J, v, u)`: [J·v, u·J] for a matrix as a list of rows.

    J·v is what a forward sweep gives (jvp), u·J is what a backward sweep gives (vjp).
    """
    if slip("sum only"):
        v, u = [1.0] * len(v), [1.0] * len(u)
    if slip("unit"):
        v = [v[0], *[0.0] * (len(v) - 1)]
    right = [sum(u[i] * J[i][j] for i in range(len(J))) for j in range(len(J[0]))]
    forward = [sum(a * b for a, b in zip(row, v, strict=True)) for row in J]
    return [forward, [-each for each in right] if slip("sign") else right]
