"""Losses of one number for each class: targets, class weights, what is ignored, the average.

A target that is a Value may be data of a compiled step. It is never asked with `if`: `where` and
`take` look at it, so that no class needs a trace of its own, and the bits are those of an index.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, cast

import autodiff
from autodiff import ShapeError, Value, where
from nn.errors import DataError
from nn.parts.checks import is_data, is_rate
from nn.parts.shapes import check_reduction, plain

from .one_or_several import Results

#: (row, target or probabilities, weight of each class or None) -> loss of one example
Single = Callable[[list[Any], Any, "list[Any] | None"], Any]


def over_classes(
    name: str, single: Single, rows: Any, targets: Any, reduction: str, weight: Any,
    ignore_index: int | None,
) -> Results:  # fmt: skip
    """A loss of a row and a target over one of each, or over a batch; the mean is weighted."""
    check_reduction(name, reduction)
    if not (ignore_index is None or hasattr(ignore_index, "__index__")):
        raise DataError(f"{name}: ignore_index = {ignore_index!r:.60} is no whole number")
    rows, targets = plain(rows), plain(targets)
    if not isinstance(rows, list) or not rows or rows[0] == []:
        raise ShapeError(f"{name} takes one number for each class, in a list")
    batch = isinstance(rows[0], list)
    if not batch:
        rows, targets = [rows], [targets]
    if not isinstance(targets, list) or len(targets) != len(rows):
        raise ShapeError(f"{name}: {len(rows)} examples need as many targets in a list")
    soft = isinstance(targets[0], list)
    for row, target in zip(rows, targets, strict=True):
        if not isinstance(row, list) or len(row) != len(rows[0]):
            raise ShapeError(f"{name}: an example has not {len(rows[0])} numbers as the first has")
        if isinstance(target, list) != soft:
            raise DataError(f"{name}: targets are class indices, or lists of probabilities")
    weights = _checked_weights(name, weight, len(rows[0]))
    pairs = [
        _of_one(name, single, row, target, weights, ignore_index)
        for row, target in zip(rows, targets, strict=True)
    ]
    losses = [loss for loss, _ in pairs]
    if reduction == "none":
        return cast("Results", losses if batch else losses[0])
    used = [(loss, share) for loss, share in pairs if share is not None]
    if reduction == "sum" and not used:
        return cast("Results", autodiff.sum(losses))
    whole = autodiff.sum([share for _, share in used] or [0.0])
    if not is_data(whole) and whole == 0.0 and reduction == "mean":
        raise DataError(f"{name}: no target counts, each is ignored or has weight 0: no mean")
    if len(used) == 1 and (reduction == "sum" or (not is_data(whole) and whole == 1.0)):
        return cast("Results", used[0][0])  # without a node that adds or divides nothing
    total = autodiff.sum([loss for loss, _ in used])
    return cast("Results", total if reduction == "sum" else total / whole)


def _of_one(
    name: str, single: Single, row: list[Any], target: Any, weights: list[Any] | None,
    ignored: int | None,
) -> tuple[Any, Any]:  # fmt: skip
    """The loss of an example, and its share of the mean; None if it is ignored."""
    if isinstance(target, list):
        return single(row, target, weights), 1.0
    if is_data(target) and not isinstance(target, float):  # a plain float is no class index
        if ignored is None:
            return single(row, target, weights), _weight_of(target, weights)
        skip = target == float(ignored)
        target = where(skip, 0.0, target)
        loss = where(skip, 0.0, single(row, target, weights))
        return loss, where(skip, 0.0, _weight_of(target, weights))
    try:
        index = operator.index(target)
    except TypeError:
        raise DataError(f"{name}: a class index is a whole number, not {target!r:.60}") from None
    if ignored is not None and index == ignored:
        return _nothing(row), None
    if not 0 <= index < len(row):
        raise DataError(
            f"{name}: class {index} is not one of the classes 0 to {len(row) - 1}; "
            "nn.encode_labels numbers any labels from 0"
        )
    return single(row, index, weights), _weight_of(index, weights)


def _weight_of(target: Any, weights: list[Any] | None) -> Any:
    return 1.0 if weights is None else autodiff.take(weights, target)


def _checked_weights(name: str, weight: Any, count: int) -> list[Any] | None:
    if weight is None:
        return None
    weights = plain(weight)
    if not isinstance(weights, list) or len(weights) != count:
        raise ShapeError(
            f"{name}: weight needs {count} numbers, one for each class: {weight!r:.60}"
        )
    for number in weights:
        if not is_data(number) and not is_rate(number):
            raise DataError(f"{name}: a class weight is {number!r:.60}; it must be 0 or more")
    return weights


def _nothing(row: list[Any]) -> Any:
    """The loss of an example that counts for nothing: a Value where others are."""
    return Value(0.0) if any(map(is_data, row)) else 0.0


def minus_dot_log_softmax(row: list[Any], shares: list[Any]) -> Any:
    """-Σ tₖ·log softmax(z)ₖ; classes of share 0 do not count: 0·log 0 is 0."""
    logs, terms = autodiff.log_softmax(row), []
    for share, log in zip(shares, logs, strict=True):
        if is_data(share):
            lost = where(share == 0.0, 0.0, share * log)
            terms.append(where(log == -math.inf, lost, share * log))
        elif share != 0.0:
            terms.append(share * log)
    if any(is_data(share) for share in shares):
        return 0.0 - autodiff.sum(terms)  # 0 where nothing counts, not -0
    return -autodiff.sum(terms) if terms else _nothing(row)


def smoothed(row: list[Any], target: Any, smoothing: float) -> list[Any]:
    """The target's probabilities, with a share of them spread evenly over the classes."""
    rest = smoothing / len(row)
    if is_data(target):
        ones = [where(target == float(k), 1.0, 0.0) for k in range(len(row))]
    elif isinstance(target, list):
        ones = target
    else:
        ones = [float(k == target) for k in range(len(row))]
    if len(ones) != len(row):
        raise ShapeError(f"cross_entropy: {len(ones)} probabilities for {len(row)} classes")
    for p in ones:
        if not is_data(p) and not (is_rate(p) and p <= 1.0):
            raise DataError(f"cross_entropy: the target {p!r:.60} is no probability")
    return [(1.0 - smoothing) * p + rest for p in ones] if smoothing else list(ones)
