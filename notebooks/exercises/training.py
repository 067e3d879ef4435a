"""Gradient descent: the loop in which zero_grad() is forgotten."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from exercises.compare import close, shown
from exercises.limits import attempt
from exercises.result import Result, Wrong, wrong
from exercises.zoo import Healthy


def check_training_loop(train: Callable[..., Any]) -> Result:
    """`train(Value, xs, ys, steps, rate)` fits w*x + b by gradient descent; returns (w, b).

    Start at w = b = 0.0. The loss of a step is the mean of (w*x + b - y)**2 over all examples;
    each step moves w and b against their gradients, times the rate. `Value` has + - * ** and
    backward(); make new Values in each step, or set their grad to 0.0: as you like.
    """
    exercise = "training loop"
    rng = random.Random(0)
    try:
        for steps in (0, 1, 2, 3, 10):
            xs = [round(rng.uniform(-1, 1), 1) for _ in range(4)]
            ys = [round(2 * x + 0.5 + rng.uniform(-0.2, 0.2), 1) for x in xs]
            _check(train, xs, ys, steps, rng.choice((0.1, 0.2)))
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "the same steps as by hand, on 5 data sets")


def descend(
    xs: Sequence[float], ys: Sequence[float], steps: int, rate: float, *,
    keep: bool = False, sign: float = -1.0, mean: bool = True,
) -> tuple[float, float]:  # fmt: skip
    """The weights after gradient descent, by formulas; the options are the usual slips."""
    w = b = gw = gb = 0.0
    scale = 2.0 / (len(xs) if mean else 1)
    for _ in range(steps):
        if not keep:
            gw = gb = 0.0
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        gw += scale * sum(e * x for e, x in zip(errors, xs, strict=True))
        gb += scale * sum(errors)
        w, b = w + sign * rate * gw, b + sign * rate * gb
    return w, b


_SLIPS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"keep": True},
        "those are the numbers of a loop without zero_grad()",
        "the gradients of all steps pile up: set them to 0.0 before each backward()",
    ),
    (
        {"sign": 1.0},
        "the loop climbs",
        "the gradient points uphill: w = w - rate * gradient",
    ),
    (
        {"mean": False},
        "those are the numbers for the sum of the squares",
        "divide the loss by the number of examples",
    ),
]


def _check(train: Any, xs: list[float], ys: list[float], steps: int, rate: float) -> None:
    what = f"train(Value, {xs}, {ys}, steps={steps}, rate={rate:g})"
    answer = attempt(what, train, Healthy, list(xs), list(ys), steps, rate)
    try:
        found = tuple(float(getattr(number, "data", number)) for number in answer)
    except (TypeError, ValueError):
        raise Wrong(f"{what} gives {answer!r}", "return the pair (w, b)") from None
    if len(found) != 2:
        raise Wrong(f"{what} gives {len(found)} numbers", "return the pair (w, b)")
    right = descend(xs, ys, steps, rate)
    if _same(found, right):
        return
    message = f"{what} gives {_pair(found)} and should give {_pair(right)}"
    for options, said, advice in _SLIPS:
        if _same(found, descend(xs, ys, steps, rate, **options)):
            raise Wrong(f"{message}; {said}", advice)
    if steps and _same(found, (0.0, 0.0)):
        raise Wrong(
            f"{message}; nothing has moved",
            "change .data of the parameters (or make new ones from it), and keep them for the "
            "next step",
        )
    for other in (steps - 1, steps + 1):
        if other >= 0 and _same(found, descend(xs, ys, other, rate)):
            raise Wrong(f"{message}; that is after {other} steps", "count the steps")
    raise Wrong(message, "do one step by hand: the loss, its two derivatives, the two moves")


def _same(found: Sequence[float], right: Sequence[float]) -> bool:
    return all(close(a, b) for a, b in zip(found, right, strict=True))


def _pair(numbers: Sequence[float]) -> str:
    return f"({', '.join(shown(number) for number in numbers)})"
