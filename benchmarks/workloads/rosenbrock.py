"""rosenbrock: value and gradient of the Rosenbrock function of 1000 variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from benchmarks.measure import collector, deep_recursion, timed
from benchmarks.peers import Numbers, engines
from benchmarks.rows import Options, Row, agree, workload

TABLE = "rosenbrock, n = 1000, value and gradient"


def rosenbrock(xs: Sequence[Any]) -> Any:
    """Sum over i of 100 (x[i+1] - x[i]²)² + (1 - x[i])²."""
    total: Any = 0.0
    for x, following in pairwise(xs):
        total = total + 100.0 * (following - x**2) ** 2 + (1.0 - x) ** 2
    return total


def exact_gradient(xs: Sequence[float]) -> list[float]:
    """The gradient as one differentiates it by hand."""
    gradient = [0.0] * len(xs)
    for i, (x, following) in enumerate(pairwise(xs)):
        gradient[i] += -400.0 * x * (following - x * x) - 2.0 * (1.0 - x)
        gradient[i + 1] += 200.0 * (following - x * x)
    return gradient


def evaluation(numbers: Numbers, start: Sequence[float]) -> Callable[[], Any]:
    """A function that computes value and gradient once, from cleared gradients."""
    xs = [numbers.leaf(value) for value in start]
    backward, clear = numbers.backward, numbers.clear

    def step() -> Any:
        if backward is None or clear is None:
            return rosenbrock(xs), xs
        clear(xs)
        value = rosenbrock(xs)
        backward(value)
        return value, xs

    return step


@workload("rosenbrock", group="eager")
def run(options: Options) -> Iterator[Row]:
    """Rosenbrock function of 1000 variables: value and gradient, written by hand as the check."""
    start = [0.5 + 0.1 * (i % 7) for i in range(8 if options.quick else 1000)]
    expected = exact_gradient(start)
    for name, numbers in engines(options, TABLE):
        if isinstance(numbers, Row):
            yield numbers
            continue
        details: dict[str, Any] = {"version": numbers.version}
        with deep_recursion(numbers.recursive):
            step = evaluation(numbers, start)
            if numbers.gradient is not None:
                found = [numbers.gradient(x) for x in step()[1]]
                details["largest difference"] = agree(name, found, expected)
            with collector("default"):
                timing = timed(step, options.runs)
        yield Row(
            TABLE,
            numbers.name,
            "recursion limit raised" if numbers.recursive else "",
            timing.median * 1e3,
            spread=timing.spread * 1e3,
            runs=timing.runs,
            baseline=name == "autodiff",
            details=details,
        )
