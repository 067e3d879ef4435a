"""moons: one training step of MLP(2, [16, 16, 1]) on 100 points, in plain scalar Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.measure import collector, timed
from benchmarks.moons_data import RATE, REGULARIZATION, Moons, moons
from benchmarks.peers import Numbers, engines, load
from benchmarks.rows import Options, Row, agree, workload

TABLE = "moons, one training step (forward, backward, SGD)"


def margin_of(
    sizes: Sequence[int], point: Sequence[Any], target: Any, parameters: Sequence[Any],
    relu: Callable[[Any], Any],
) -> Any:  # fmt: skip
    """The max-margin loss of one example."""
    values: list[Any] = list(point)
    at, last = 0, len(sizes) - 2
    for layer in range(last + 1):
        fan_in, outputs = sizes[layer], []
        for _ in range(sizes[layer + 1]):
            score = parameters[at + fan_in]
            for index in range(fan_in):
                score = score + parameters[at + index] * values[index]
            at += fan_in + 1
            outputs.append(score if layer == last else relu(score))
        values = outputs
    return relu(1.0 - target * values[0])


def loss_of(data: Moons, parameters: Sequence[Any], relu: Callable[[Any], Any]) -> Any:
    """Mean max-margin loss plus regularisation, for any kind of number."""
    total = 0.0
    for point, target in zip(data.points, data.targets, strict=True):
        total = total + margin_of(data.sizes, point, target, parameters, relu)
    mean = total * (1.0 / len(data.points))
    squares = 0.0
    for parameter in parameters:
        squares = squares + parameter * parameter
    return mean + REGULARIZATION * squares


def gradients(numbers: Numbers, data: Moons) -> list[float]:
    """The loss' gradient by each parameter at the start, computed by an engine."""
    assert numbers.backward is not None
    assert numbers.gradient is not None
    parameters = [numbers.leaf(value) for value in data.parameters]
    numbers.backward(loss_of(data, parameters, numbers.functions["relu"]))
    return [numbers.gradient(parameter) for parameter in parameters]


def training_step(numbers: Numbers, data: Moons) -> Callable[[], Any]:
    """A function that does one step; for plain floats the forward pass alone."""
    parameters = [numbers.leaf(value) for value in data.parameters]
    relu, backward, descend = numbers.functions["relu"], numbers.backward, numbers.descend

    def step() -> Any:
        loss = loss_of(data, parameters, relu)
        if backward is not None and descend is not None:
            backward(loss)
            descend(parameters, RATE)
        return loss

    return step


@workload("moons", group="eager")
def run(options: Options) -> Iterator[Row]:
    """MLP(2, [16, 16, 1]) on 100 points as plain scalar code: forward, backward, SGD."""
    data = moons(6, (2, 3, 1)) if options.quick else moons()
    expected = gradients(load("tuples"), data)
    for name, numbers in engines(options, TABLE):
        if isinstance(numbers, Row):
            yield numbers
            continue
        details = {"operations": data.operations, "version": numbers.version}
        if numbers.backward is not None:
            details["largest difference"] = agree(name, gradients(numbers, data), expected)
        for setting in ("default", "relaxed", "off"):
            with collector(setting):
                timing = timed(training_step(numbers, data), options.runs)
            yield Row(
                TABLE,
                numbers.name,
                f"collector {setting}",
                timing.median * 1e3,
                spread=timing.spread * 1e3,
                runs=timing.runs,
                baseline=name == "autodiff" and setting == "default",
                details=details,
            )
