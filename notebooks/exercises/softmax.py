"""Softmax and cross-entropy, backwards."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from exercises.compare import close, shown
from exercises.limits import attempt
from exercises.result import Result, Wrong, wrong


def softmax(logits: Sequence[float]) -> list[float]:
    """exp(z)/sum of exp(z), with the largest logit subtracted first."""
    largest = max(logits)
    powers = [math.exp(z - largest) for z in logits]
    return [power / sum(powers) for power in powers]


def check_softmax_cross_entropy(gradient: Callable[[Sequence[float], int], Any]) -> Result:
    """`gradient(logits, target)`: the derivatives of -log(softmax(logits)[target]) by each logit.

    Any finite logits must work, 1000 and -1000 too.
    """
    exercise = "softmax and cross-entropy, backwards"
    rng = random.Random(0)
    cases = [([1.0, 2.0, 3.0], 1), ([0.0, 0.0], 0), ([0.5], 0)]
    for _ in range(40):
        logits = [round(rng.uniform(-3.0, 3.0), 2) for _ in range(rng.randint(2, 6))]
        cases.append((logits, rng.randrange(len(logits))))
    try:
        for logits, target in cases:
            _check(gradient, logits, target)
        for logits, target in [([1000.0, 999.0, 0.0], 1), ([-1000.0, -1001.0], 0)]:
            _check_large(gradient, logits, target)
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "right on 45 cases, huge logits too")


def _right(logits: Sequence[float], target: int) -> list[float]:
    return [p - (i == target) for i, p in enumerate(softmax(logits))]


def _check(gradient: Any, logits: list[float], target: int) -> None:
    what = f"gradient({logits}, {target})"
    answer = attempt(what, gradient, list(logits), target)
    try:
        found = [float(number) for number in answer]
    except (TypeError, ValueError):
        raise Wrong(f"{what} gives {answer!r}", "return a list: one number per logit") from None
    right = _right(logits, target)
    if len(found) != len(right):
        raise Wrong(
            f"{what} gives {len(found)} numbers for {len(right)} logits",
            "every logit moves the loss, because all are in the denominator",
        )
    if _same(found, right):
        return
    first = next(i for i, number in enumerate(found) if not close(number, right[i]))
    message = f"{what}[{first}] is {shown(found[first])} and should be {shown(right[first])}"
    for numbers, advice in _slips(logits, target, right):
        if _same(found, numbers):
            raise Wrong(message, advice)
    if not close(sum(found), 0.0):
        raise Wrong(
            f"{message}; your numbers add up to {shown(sum(found))}",
            "adding the same number to all logits changes nothing, so the gradients must add up "
            "to 0",
        )
    raise Wrong(message, "write the loss as log(sum of exp(z)) - z[target] and differentiate that")


def _slips(logits: list[float], target: int, right: list[float]) -> list[tuple[list[float], str]]:
    p = softmax(logits)
    at_target = [right[i] if i == target else 0.0 for i in range(len(p))]
    elsewhere = [0.0 if i == target else p[i] for i in range(len(p))]
    first = [q - (i == 0) for i, q in enumerate(p)]
    by_p = [-1.0 / p[i] if i == target else 0.0 for i in range(len(p))]
    mean = [number / len(p) for number in right]
    diagonal = [-(1.0 - p[i]) if i == target else p[i] * (1 - p[i]) for i in range(len(p))]
    return [
        (p, "that is the softmax itself: subtract 1 at the target"),
        ([-g for g in right], "the sign: the loss is minus the logarithm"),
        (at_target, "the other logits are in the denominator: their gradient is their softmax"),
        (elsewhere, "at the target it is softmax - 1, not 0"),
        ([q - 1.0 for q in p], "subtract 1 at the target only"),
        (first, "subtract 1 at the target, which need not be the first class"),
        (by_p, "that is the derivative by the probabilities; go on through the softmax"),
        (mean, "one example has one loss: nothing to divide by"),
        (diagonal, "the softmax's Jacobian is not diagonal: every p depends on every logit"),
    ]


def _check_large(gradient: Any, logits: list[float], target: int) -> None:
    try:
        _check(gradient, logits, target)
    except Wrong as found:
        raise Wrong(
            f"for large logits: {found.message}",
            "softmax does not change when a number is subtracted from all logits: subtract the "
            "largest one before exp",
        ) from None


def _same(found: Sequence[float], right: Sequence[float]) -> bool:
    return all(close(a, b) for a, b in zip(found, right, strict=True))
