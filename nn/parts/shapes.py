"""Losses of single numbers over whole shapes, and what becomes of several losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import autodiff
from autodiff import OperandError, ShapeError
from nn.files.state import to_number
from nn.parts.checks import is_data

from .one_or_several import Results


def over_numbers(
    name: str, single: Callable[..., Any], predictions: Any, targets: Any, reduction: str,
    weight: Any = None,
) -> Results:  # fmt: skip
    """A loss of single numbers over two numbers or two sequences of the same shape.

    With a weight, a number or one for each entry along the last axis, `single` takes that too.
    """
    check_reduction(name, reduction)
    losses = _map(name, single, plain(predictions), plain(targets), weight)
    if not isinstance(losses, list) or reduction == "none":
        return cast("Results", losses)
    flat = list(flatten(losses))
    return cast("Results", autodiff.mean(flat) if reduction == "mean" else autodiff.sum(flat))


def check_reduction(name: str, reduction: str) -> None:
    """ValueError for a reduction that is not known."""
    if reduction not in ("mean", "sum", "none"):
        more = ", half_mean" if name == "mse" else ""
        raise ValueError(f"{name}: no reduction {reduction!r}; there are mean, sum, none{more}")


def plain(items: Any) -> Any:
    """Sequences and arrays as lists, all the way down; a single number as it is."""
    if isinstance(items, (list, tuple)):
        return [plain(item) for item in items]
    return plain(items.tolist()) if hasattr(items, "tolist") else items


def flatten(items: list[Any]) -> Iterator[Any]:
    """The numbers of lists in lists, from left to right."""
    for item in items:
        if isinstance(item, list):
            yield from flatten(item)
        else:
            yield item


def _map(name: str, single: Callable[..., Any], xs: Any, ts: Any, weight: Any) -> Any:
    """The loss of each prediction and target, through lists in lists of the same shape."""
    if not isinstance(xs, list) and not isinstance(ts, list):
        if isinstance(weight, list):
            raise ShapeError(f"{name}: a list of weights needs a list of predictions")
        for number in (xs, ts):
            known = is_data(number) or isinstance(number, (float, int))
            if not known and to_number(number) is None:
                raise OperandError(f"{name} takes real numbers and Values, not {number!r:.60}")
        return single(xs, ts) if weight is None else single(xs, ts, weight)
    if not isinstance(xs, list) or not isinstance(ts, list):
        raise ShapeError(f"{name}: predictions and targets differ in shape: {xs!r:.60}, {ts!r:.60}")
    if len(xs) != len(ts):
        raise ShapeError(f"{name}: {len(xs)} predictions for {len(ts)} targets")
    if not xs:
        raise ShapeError(f"{name}: there are no predictions")
    weights = [weight] * len(xs)
    if isinstance(weight, list) and not isinstance(xs[0], list):
        weights = weight
    if len(weights) != len(xs):
        raise ShapeError(f"{name}: {len(weights)} weights for {len(xs)} predictions")
    return [_map(name, single, *each) for each in zip(xs, ts, weights, strict=True)]
