"""Metrics: what a reader wants to know about predictions besides the loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nn.errors import DataError


def predicted_class(output: Any, threshold: float | None = None) -> int:
    """The class that an output means.

    The index of the largest of several numbers; for one number, 1 above the threshold, else 0.
    The threshold is 0 for scores and logits and 0.5 for probabilities; an output does not say
    which it is, so there is no default. An output that is nan means no class: DataError.

    >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(0.3, threshold=0.5)
    (1, 0)
    """
    several = isinstance(output, (list, tuple))
    if several and not output:
        raise DataError("an output without a number means no class")
    if any(number != number for number in (output if several else [output, threshold])):
        raise DataError(f"an output or a threshold is nan, which means no class: {output!r:.60}")
    if several:
        return max(range(len(output)), key=output.__getitem__)
    if threshold is None:
        raise DataError(
            "one output can be a score or a probability: say threshold=0.0 (scores, logits) "
            "or threshold=0.5 (probabilities)"
        )
    return int(output > threshold)


def accuracy(
    predictions: Sequence[Any], targets: Sequence[Any], threshold: float | None = None
) -> float:
    """The fraction of predictions whose class is the target's; see `predicted_class`.

    Targets are class indices; for one output 0 and 1, or -1 and 1.

    >>> accuracy([[0.1, 2.0], [3.0, 1.0]], [1, 1])
    0.5
    >>> accuracy([0.9, 0.2], [1, -1], threshold=0.5)
    1.0
    """
    if len(predictions) != len(targets) or not predictions:
        raise DataError(f"{len(predictions)} predictions cannot be compared to {len(targets)}")
    right = 0
    for output, target in zip(predictions, targets, strict=True):
        if isinstance(target, (list, tuple)) or target != target:
            raise DataError(f"a target is {target!r:.60}; accuracy needs class indices")
        several = isinstance(output, (list, tuple))
        right += predicted_class(output, threshold) == (target if several else int(target > 0))
    return right / len(targets)
