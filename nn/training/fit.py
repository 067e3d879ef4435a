"""`fit`: the training loop, once, with the comforts that one always needs.

The loop without them:

    for epoch in range(epochs):
        for xs, ts in batches(inputs, targets, batch_size, seed):
            optimizer.zero_grad()
            loss([model(x) for x in xs], ts).backward()
            optimizer.step()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

import autodiff
from nn.data.rows import (
    Row,
    Target,
    check_lengths,
    encode_labels,
    parts,
    to_array,
    to_list,
    to_rows,
    to_targets,
)
from nn.errors import DataError
from nn.losses import LOSSES, Loss
from nn.module import Module, frozen_parameters
from nn.optimizer import Optimizer
from nn.parts.checks import at_least
from nn.schedules.schedule import Schedule
from nn.training.history import Callback, EarlyStopping, History
from nn.training.interrupt import Interruption
from nn.training.metrics import accuracy
from nn.training.predicting import compiled, one_by_one, outputs_for
from nn.training.progress import Progress
from nn.training.step import training_step

Metric = Callable[[Sequence[Any], Sequence[Target]], float]
#: names ("accuracy"), or functions (predictions, targets) -> float by name
Metrics = Iterable[str] | Mapping[str, Metric]

#: Above which output a model with one output means class 1, by the loss that it was trained with.
_THRESHOLDS = {"binary_cross_entropy": 0.5, "binary_cross_entropy_with_logits": 0.0, "hinge": 0.0}


def fit(
    model: Module,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
    schedule: Schedule | Sequence[Schedule] = (),
    validation: tuple[Any, Any] | None = None,
    metrics: Metrics = (),
    early_stopping: EarlyStopping | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
    compile: bool = False,
    history: History | None = None,
) -> History:
    """Train a model; return the numbers of the run.

    `loss` is a function (predictions, targets) -> Value, or its name in `nn.LOSSES`. Without
    `batch_size` each epoch is one step over all examples; with it the examples are shuffled by
    (seed, epoch). "loss" is the mean over the steps of an epoch; metrics, and those of the
    `validation` data under names like "validation_loss", are computed at its end. A callback
    `f(epoch, record)` ends the run by returning True. `progress=None` shows a bar in terminals
    only. `compile=True` runs each step through `autodiff.jit`, and the predictions too: the model
    is traced once for each size of a batch, and its parameters move all at once. For batches of
    more than 128 examples, and a loss of `nn.LOSSES`, one example is traced and mapped over all by
    `autodiff.vmap`. String targets become class indices; `history.classes` keeps the strings.

    Ctrl-C ends the run after the current step and keeps what was learnt. A loss, a gradient or a
    parameter that becomes nan or infinite raises `TrainingError`, which names the operation or the
    parameter; parameters and optimizer are then as they were before the step. The optimizer must
    have every parameter that is not frozen.

    `fit(..., history=history)` goes on after the last complete epoch. With model, optimizer and
    schedule restored as they were then, it gives the same bits as a run without a break.

    >>> from nn import MLP, SGD, xor
    >>> model = MLP(2, [4, 1], activation="tanh", seed=1)
    >>> history = fit(model, *xor(), loss="binary_cross_entropy_with_logits",
    ...               optimizer=SGD(model, lr=1.0), epochs=200, metrics=["accuracy"])
    >>> history["accuracy"][-1]
    1.0
    """
    history = History() if history is None else history
    compute_loss = _find_loss(loss)
    measures = _find_metrics(metrics, loss)
    xs, ts = _prepare(inputs, targets, history)
    measured = [("", (xs, ts), measures)] if measures else []
    if validation is not None:
        held_out = _prepare(*validation, history)
        measured.append(("validation_", held_out, {"loss": compute_loss} | measures))
    _check_optimizer(optimizer, model)
    epochs = at_least(0, "epochs", epochs)
    if batch_size is not None:
        at_least(1, "batch_size", batch_size, DataError)
    schedules = [schedule] if isinstance(schedule, Schedule) else list(schedule or ())
    if any(each.optimizer is not optimizer for each in schedules):
        raise ValueError("the schedule changes the rate of another optimizer")
    forward = compiled(model) if compile else one_by_one(model)
    inputs, targets = xs, ts
    if compile:
        # Losses check targets that are plain numbers; inside a compiled step they are data.
        compute_loss(outputs_for(model, forward, xs), ts)
        inputs, targets = to_array(xs), to_array(ts)
    step = training_step(model, compute_loss, optimizer, compile)
    first = history.epochs
    model.train()
    history.stopped = "finished"
    with ExitStack() as stack:
        bar = stack.enter_context(closing(Progress(range(first, first + epochs), progress)))
        interruption = stack.enter_context(Interruption())
        stack.enter_context(autodiff.relaxed_collector())
        try:
            for epoch in bar:
                total = 0.0
                for part in parts(len(xs), batch_size, f"{seed}/{epoch}"):
                    total += step(_pick(inputs, part), _pick(targets, part)) * len(part)
                    interruption.check()
                record = {"loss": total / len(xs)}
                for prefix, (rows, marks), asked in measured:
                    found = outputs_for(model, forward, rows)
                    record |= {prefix + name: float(f(found, marks)) for name, f in asked.items()}
                for each in schedules:
                    each.step()
                history.add(record)
                bar.show(record)
                answers = [callback(epoch, record) for callback in callbacks]
                if any(answers):
                    history.stopped = "callback"
                    break
                if early_stopping is not None and early_stopping.observe(record, model):
                    history.stopped = "early stopping"
                    break
                interruption.check()
        except KeyboardInterrupt:
            history.stopped = "interrupted"
    if early_stopping is not None:
        early_stopping.restore(model)
    return history


def _prepare(inputs: Any, targets: Any, history: History) -> tuple[list[Row], list[Target]]:
    """Data as plain lists; string labels as indices, with the classes noted in the history."""
    rows, marks = to_rows(inputs), to_list(targets)
    if any(isinstance(mark, str) for mark in marks):
        marks, history.classes = encode_labels(marks, history.classes)
    check_lengths(rows, marks)
    return rows, to_targets(marks)


def _find_loss(loss: str | Loss) -> Loss:
    if callable(loss):
        return loss
    if loss not in LOSSES:
        raise ValueError(f"there is no loss {loss!r}; there are {', '.join(LOSSES)}")
    return LOSSES[loss]


def _check_optimizer(optimizer: Optimizer, model: Module) -> None:
    """What an optimizer does not have stays as it is: perhaps it belongs to another model."""
    has, frozen = {id(p) for p in optimizer.params}, frozen_parameters()
    named = list(model.named_parameters())
    if not any(id(p) in has for _, p in named):
        raise ValueError(
            "the optimizer moves no parameter of this model; make it from the model that is to be "
            "trained: SGD(model, lr=...)"
        )
    lacking = [name for name, p in named if id(p) not in has and id(p) not in frozen]
    if lacking:
        raise ValueError(
            f"the optimizer lacks {len(lacking)} of the model's {len(named)} parameters, such as "
            f"{lacking[0]}; make it from the whole model, and freeze() what is to stay as it is"
        )


def _find_metrics(metrics: Metrics, loss: str | Loss) -> dict[str, Metric]:
    """Metrics by name; "accuracy" of one output knows its threshold from the loss."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "")
    threshold = _THRESHOLDS.get(name)
    found: dict[str, Metric] = {}
    for metric in [metrics] if isinstance(metrics, str) else metrics:
        if metric != "accuracy":
            raise ValueError(f"there is no metric {metric!r}; give {{name: function}}")
        found[metric] = partial(accuracy, threshold=threshold)
    return found


def _pick(items: Any, part: Sequence[int]) -> Any:
    if not hasattr(items, "tolist"):
        return [items[at] for at in part]
    return items if isinstance(part, range) else items[part]
