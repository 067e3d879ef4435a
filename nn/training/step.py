"""One training step: forward, backward, move. The function that may be compiled lives here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autodiff
from autodiff import NonFiniteError, OperandError, ParameterVector, Value
from nn.errors import TrainingError
from nn.losses import Loss, is_mean
from nn.module import Module
from nn.optimizer import Optimizer
from nn.parts.together import all_finite

Step = Callable[[Any, Any], float]

#: Of so many examples a compiled step traces each. That is the fastest where many steps follow, but
#: the trace takes about a millisecond per example: of more, one is traced and mapped over all.
EACH_TRACED = 128


def training_step(model: Module, loss: Loss, optimizer: Optimizer, compile: bool) -> Step:
    """A function (inputs, targets) that makes one step and returns the loss before it.

    Inputs and targets are lists, or arrays where the step is compiled.
    """

    def forward(inputs: Any, targets: Any) -> Any:
        return loss([model(row) for row in _listed(inputs)], _listed(targets))

    run = _compiled(model, loss, forward) if compile else forward
    move = _move(model, optimizer)

    def step(inputs: Any, targets: Any) -> float:
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
        move()
        return float(value.data)

    return step


def _move(model: Module, optimizer: Optimizer) -> Callable[[], None]:
    """`optimizer.step`; a step to where no number is leaves everything as it was, and raises."""
    vector = ParameterVector(optimizer.params)

    def numbers() -> Any:
        return vector.data.copy() if vector.buffered else [p.data for p in vector.parameters]

    def move() -> None:
        before = numbers()
        kept = {name: getattr(optimizer, name)[:] for name in ("steps", *optimizer.buffers)}
        cause = ""
        try:
            optimizer.step()
        except (ArithmeticError, ValueError) as error:
            cause = f"the optimizer's formula raised {error!r}"
        after = numbers()
        if not cause and not all_finite(after):
            at = next(at for at, number in enumerate(after) if not math.isfinite(number))
            names = {id(p): name for name, p in model.named_parameters()}
            name = names.get(id(vector.parameters[at]), f"parameter {at}")
            cause = f"{name} would go from {float(before[at])!r} to {float(after[at])!r}"
        if cause:
            for parameter, number in zip(vector.parameters, before, strict=True):
                parameter.data = float(number)
            for name, running in kept.items():
                setattr(optimizer, name, running)
            raise TrainingError(
                f"{cause} with the learning rate {optimizer.lr!r}; training stopped before this "
                "step. Take a smaller rate, or clip the gradients"
            )

    return move


def _compiled(
    model: Module, loss: Loss, forward: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """The loss of a batch, compiled: as a whole, or of one example, mapped over many."""

    def example(row: Any, target: Any) -> Any:
        return loss([model(_listed(row))], [_listed(target)])

    whole, each = autodiff.jit(forward), autodiff.vmap(example)

    def run(inputs: Any, targets: Any) -> Any:
        if len(inputs) > EACH_TRACED and is_mean(loss, targets):
            return autodiff.mean(each(inputs, targets))
        return whole(inputs, targets)

    return run


def _listed(items: Any) -> Any:
    """Models and losses see lists, also where a compiled step gets its data as arrays."""
    return items.tolist() if hasattr(items, "tolist") else items


def _explanation(
    forward: Callable[..., Any], inputs: Any, targets: Any, loss: float
) -> TrainingError:
    """The error for a step that is not finite: the step again, looking at every operation."""
    what = f"the loss is {loss}" if not math.isfinite(loss) else "a gradient is not finite"
    try:
        with autodiff.strict():
            forward(inputs, targets).backward()
    except NonFiniteError as error:
        return TrainingError(f"{what}; training stopped before this step. Cause: {error}")
    return TrainingError(f"{what}; training stopped before this step")
