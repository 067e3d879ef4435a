"""moons-layers: the same step with nn.MLP, whose neurons are one fused node each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import collector, timed
from benchmarks.moons_data import RATE, REGULARIZATION, Moons, moons
from benchmarks.peers import load
from benchmarks.rows import Options, Row, agree, workload
from benchmarks.workloads.moons import TABLE, gradients


def model_of(data: Moons) -> Any:
    """An nn.MLP with the parameters of the task."""
    import nn

    model = nn.MLP(data.sizes[0], list(data.sizes[1:]))
    nn.vector_to_parameters(data.parameters, model.parameters())
    return model


def loss_of(model: Any, data: Moons) -> Any:
    """The loss of the plain version, written with the layers and n-ary functions."""
    from autodiff import dot, mean, relu

    margins = [
        relu(1.0 - target * model(point))
        for point, target in zip(data.points, data.targets, strict=True)
    ]
    parameters = model.parameters()
    return mean(margins) + REGULARIZATION * dot(parameters, parameters)


def training_step(model: Any, data: Moons) -> Callable[[], Any]:
    """One step of stochastic gradient descent, written out as in the plain version."""
    parameters = model.parameters()

    def step() -> Any:
        loss = loss_of(model, data)
        loss.backward()
        for parameter in parameters:
            parameter.data -= RATE * parameter.grad
            parameter.grad = 0.0
        return loss

    return step


@workload("moons-layers", group="eager")
def run(options: Options) -> Iterator[Row]:
    """The same training step with nn.MLP (fused neurons)."""
    data = moons(6, (2, 3, 1)) if options.quick else moons()
    model = model_of(data)
    loss_of(model, data).backward()
    found = [parameter.grad for parameter in model.parameters()]
    details = {"largest difference": agree("nn.MLP", found, gradients(load("tuples"), data))}
    for setting in ("default", "relaxed", "off"):
        with collector(setting):
            timing = timed(training_step(model_of(data), data), options.runs)
        yield Row(
            TABLE,
            "autodiff, nn.MLP",
            f"collector {setting}",
            timing.median * 1e3,
            spread=timing.spread * 1e3,
            runs=timing.runs,
            details=details,
        )
