"""One training step: forward, backward, move. The function that may be compiled lives here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autodiff
from autodiff import NonFiniteError, OperandError, Value
from nn.data import Row, Target
from nn.errors import TrainingError
from nn.losses import Loss
from nn.module import Module
from nn.optimizer import Optimizer

Step = Callable[[Sequence[Row], Sequence[Target]], float]


def training_step(model: Module, loss: Loss, optimizer: Optimizer, compile: bool) -> Step:
    """A function (inputs, targets) that makes one step and returns the loss before it."""

    def forward(inputs: Sequence[Row], targets: Sequence[Target]) -> Any:
        return loss([model(row) for row in inputs], targets)

    run = autodiff.jit(forward) if compile else forward

    def step(inputs: Sequence[Row], targets: Sequence[Target]) -> float:
        optimizer.zero_grad()
        value = run(inputs, targets)
        if not isinstance(value, Value):
            raise OperandError(f"a loss must be one Value, not {value!r:.60}")
        if math.isfinite(value.data):
            value.backward()
        if not math.isfinite(value.data) or not optimizer.finite_gradients():
            error = _explanation(forward, inputs, targets, value.data)
            optimizer.zero_grad()
            raise error
        optimizer.step()
        return float(value.data)

    return step


def _explanation(
    forward: Callable[..., Any], inputs: Sequence[Row], targets: Sequence[Target], loss: float
) -> TrainingError:
    """The error for a step that is not finite: the step again, looking at every operation."""
    what = f"the loss is {loss}" if not math.isfinite(loss) else "a gradient is not finite"
    try:
        with autodiff.strict():
            forward(inputs, targets).backward()
    except NonFiniteError as error:
        return TrainingError(f"{what}; training stopped before this step. Cause: {error}")
    return TrainingError(f"{what}; training stopped before this step")
