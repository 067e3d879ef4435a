"""`predict` and `classify`: what a model gives for each input, as plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, overload

import autodiff
from autodiff import Number, ShapeError, Value
from nn.data.rows import Row, to_array, to_rows
from nn.module import Module
from nn.parts.one_or_several import Results
from nn.training.metrics import predicted_class
from nn.training.step import EACH_TRACED


@overload
def predict(model: Callable[[Any], Results], inputs: Any) -> list[Any]: ...
@overload
def predict(model: Callable[[Any], Number], inputs: Any) -> list[float]: ...
@overload
def predict(model: Callable[[Any], Sequence[Number]], inputs: Any) -> list[list[float]]: ...
@overload
def predict(model: Callable[[Any], Any], inputs: Any) -> list[Any]: ...
def predict(model: Callable[[Any], Any], inputs: Any) -> list[Any]:
    """The outputs for each input as floats (lists of floats for several outputs).

    A module is in evaluation mode meanwhile. Nothing is kept of the graphs.

    >>> predict(lambda row: 2 * row[0], [[1.0], [2.5]])
    [2.0, 5.0]
    """
    return outputs_for(model, one_by_one(model), to_rows(inputs))


def one_by_one(model: Callable[[Any], Any]) -> Callable[[list[Row]], Iterable[Any]]:
    """The outputs for rows, each computed for itself."""
    # Recording and dropping a graph is faster than not recording it, which is a mode.
    return lambda rows: [model(row) for row in rows]


def compiled(model: Module) -> Callable[[list[Row]], Iterable[Any]]:
    """The outputs for rows: one by one, or, of many, mapped over all."""
    single = autodiff.jit(lambda row: model(row))
    mapped = autodiff.vmap(lambda row: model(row.tolist()))

    def run(rows: list[Row]) -> Iterable[Any]:
        if len(rows) > EACH_TRACED:
            return _all_numbers(mapped(to_array(rows)))
        return [single(row) for row in rows]

    return run


def _all_numbers(outputs: Any) -> Iterable[Any]:
    """The numbers of mapped outputs, at once where each is one number, or a list of numbers."""
    parts = outputs[0] if type(outputs[0]) is list else [outputs[0]]
    if all(isinstance(part, Value) for part in parts):
        with suppress(ShapeError):  # rows of different lengths
            return outputs.numbers.tolist()  # type: ignore[no-any-return]  # a list, of an array
    return outputs  # type: ignore[no-any-return]  # a list


def outputs_for(
    model: Any, forward: Callable[[list[Row]], Iterable[Any]], rows: list[Row]
) -> list[Any]:
    """The outputs of `forward`, which runs the model, for each row."""
    modules = [module for _, module in model.named_modules()] if isinstance(model, Module) else []
    modes = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        return [_numbers(output) for output in forward(rows)]
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def classify(
    model: Callable[[Any], Any],
    inputs: Any,
    classes: Sequence[Any] | None = None,
    threshold: float | None = None,
) -> list[Any]:
    """The predicted class of each input: its index, or its label from `classes`.

    A model with one output needs `threshold`: 0.0 for scores and logits, 0.5 for probabilities.

    >>> classify(lambda row: [row[0], 1 - row[0]], [[0.9], [0.2]], classes=["left", "right"])
    ['left', 'right']
    """
    indices = [predicted_class(output, threshold) for output in predict(model, inputs)]
    return indices if classes is None else [classes[index] for index in indices]


def _numbers(output: Any) -> Any:
    """Values as floats, through lists."""
    if isinstance(output, (list, tuple)):
        return [_numbers(part) for part in output]
    return output.data if isinstance(output, Value) else float(output)
