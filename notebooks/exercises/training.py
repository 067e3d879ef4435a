"""Lesson "training": the loop, four broken ones, the steepest direction, momentum."""

from __future__ import annotations

import math
import random
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, reals
from exercises.values import Engine


def _data(rng: random.Random, steps: int) -> tuple[Any, ...]:
    xs = [round(rng.uniform(-1, 1), 1) for _ in range(4)]
    ys = [round(2 * x + 0.5 + rng.uniform(-0.2, 0.2), 1) for x in xs]
    return xs, ys, steps, rng.choice((0.1, 0.2))


def descend(slip: Any, xs: Any, ys: Any, steps: int, rate: float, momentum: float = 0.0) -> Any:
    """The weights after gradient descent, by formulas."""
    w = b = gw = gb = vw = vb = 0.0
    mean = 1 if slip("sum") else len(xs)
    steps += slip("one more") - (slip("one less") and steps > 0)
    for _ in range(steps):
        if not slip("kept"):
            gw = gb = 0.0
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        two = 1.0 if slip("two") else 2.0
        gw += two * sum(e * x for e, x in zip(errors, xs, strict=True)) / mean
        gb += two * sum(errors) / mean
        vw, vb = momentum * vw + gw, momentum * vb + gb
        sign = 1.0 if slip("climbs") else -1.0
        w, b = w + sign * rate * vw, b if slip("b rests") else b + sign * rate * vb
    return [w, b]


_LOOP = {
    "kept": (
        "those are the numbers of a loop without zero_grad()",
        "the gradients of all steps pile up: set them to 0.0 before each backward()",
    ),
    "climbs": ("the loop climbs", "the gradient points uphill: w = w - rate * gradient"),
    "sum": (
        "those are the numbers for the sum of the squares",
        "divide the loss by the number of examples",
    ),
    "two": (
        "the factor 2 of the square is missing from the gradient",
        "the derivative of e**2 is 2*e",
    ),
    "one more": ("that is one step more than was asked", "count the steps"),
    "one less": ("that is one step less than was asked", "count the steps"),
    "b rests": ("b has not moved", "both parameters take a step"),
}


@exercise(
    "training loop",
    level=2,
    slips=_LOOP,
    labels=("w", "b"),
    points=lambda rng: [_data(rng, steps) for steps in (0, 1, 2, 3, 10)],
    ask=lambda train, *point: list(train(Engine, *point)),
    hint="do one step by hand: the loss, its two derivatives, the two moves",
)
def check_training_loop(slip: Any, xs: Any, ys: Any, steps: int, rate: float) -> Any:
    """`train(Value, xs, ys, steps, rate)` fits w*x + b by gradient descent; returns (w, b).

    Start at w = b = 0.0. The loss of a step is the mean of (w*x + b - y)**2 over all examples;
    each step moves w and b against their gradients, times the rate. `Value` has + - * / ** and
    backward(); make new Values in each step, or set their grad to 0.0: as you like.
    """
    return descend(slip, xs, ys, steps, rate)


#: Letters of the broken loops, and what is wrong with each.
LOOPS = dict(zip("abcd", ("kept", "climbs", "sum", "b rests"), strict=True))


def broken_loop(letter: str) -> Any:
    """`train(xs, ys, steps, rate)` with one fault: letter "a" to "d"."""
    if letter not in LOOPS:
        raise ValueError(f"the loops are {', '.join(LOOPS)}, not {letter!r}")
    return lambda *point: descend(lambda name: name == LOOPS[letter], *point)


@exercise(
    "four broken loops",
    points=lambda rng: [(letter,) for letter in LOOPS],
    slips={
        "sum for kept": (
            "a loss that is a sum is taken for gradients that pile up",
            "look at the first step: piling up shows only from the second on",
        ),
        "climbs for b": (
            "a parameter that rests is taken for a loop that climbs",
            "print w and b after one step: which one is where it was?",
        ),
    },
    hint="run each for 0, 1 and 2 steps, beside your own loop that is right",
)
def check_loops(slip: Any, letter: str) -> str:
    """`diagnose(letter)`: what is wrong with `broken_loop(letter)`, for "a", "b", "c", "d".

    One of the words "kept" (gradients pile up), "climbs" (wrong sign), "sum" (no mean), "b rests".
    """
    fault = LOOPS[letter]
    if slip("sum for kept") and fault in ("kept", "sum"):
        return "sum" if fault == "kept" else "kept"
    if slip("climbs for b") and fault in ("climbs", "b rests"):
        return "climbs" if fault == "b rests" else "b rests"
    return fault


@exercise(
    "the steepest of twelve directions",
    points=reals(20, 2),
    level=2,
    labels=("the number of the direction", "the slope there"),
    slips={
        "up": ("that is the steepest way up", "the loss must fall: the most negative slope"),
        "longest": (
            "the slope is the gradient's length, which only the exact direction reaches",
            "take the scalar product with the direction",
        ),
        "radians": ("the angle is 30, but in radians", "a twelfth of the circle is pi/6"),
        "gradient of x": ("the slope along x alone is compared", "gx*cos + gy*sin"),
    },
)
def check_steepest(slip: Any, gx: float, gy: float) -> list[float]:
    """`steepest(gx, gy)`: which of the directions k*30 degrees (k = 0 to 11) falls most, and how
    much.

    (gx, gy) is the gradient; a step in direction k goes (cos, sin) of that angle. Return [k,
    slope].
    """
    unit = 30.0 if slip("radians") else math.pi / 6
    slopes = [
        gx * math.cos(k * unit) + (0.0 if slip("gradient of x") else gy * math.sin(k * unit))
        for k in range(12)
    ]
    best = max(slopes) if slip("up") else min(slopes)
    k = min(range(12), key=lambda k: (abs(slopes[k] - best) > 1e-12, k))
    length = math.hypot(gx, gy) * (1.0 if slip("up") else -1.0)
    return [k, length if slip("longest") else best]


@exercise(
    "momentum by hand",
    level=2,
    labels=("x", "the velocity"),
    points=many(
        12,
        lambda rng: (
            drawn(rng, 1)[0],
            rng.randint(0, 5),
            rng.choice((0.1, 0.05)),
            rng.choice((0.5, 0.9)),
        ),
    ),
    slips={
        "none": ("the velocity is forgotten at each step", "v = momentum*v + gradient"),
        "damped": (
            "the gradient is weighed with 1 - momentum, which is another convention",
            "v = momentum*v + gradient",
        ),
        "rate twice": ("the rate is in the velocity and in the step", "once: x = x - rate*v"),
        "old v": (
            "x moves with the velocity of the step before",
            "first the velocity, then the move",
        ),
        "two": ("the gradient of x**2 is taken as x", "it is 2*x"),
    },
)
def check_momentum(slip: Any, x: float, steps: int, rate: float, momentum: float) -> list[float]:
    """`run(x, steps, rate, momentum)` on the loss x**2: [x, v] at the end; v starts at 0.

    Each step: v = momentum*v + gradient, then x = x - rate*v.
    """
    v = 0.0
    for _ in range(steps):
        gradient = x if slip("two") else 2.0 * x
        gradient *= (1.0 - momentum) if slip("damped") else 1.0
        gradient *= rate if slip("rate twice") else 1.0
        old, v = v, (0.0 if slip("none") else momentum * v) + gradient
        x -= rate * (old if slip("old v") else v)
    return [x, v]
