"""Lesson "numerical stability": the same function, written so that its digits survive."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.local import sigma

_WIDE = (-800.0, -40.0, -25.0, -3.0, 0.0, 0.7, 36.0, 50.0, 800.0)


@exercise(
    "softplus for every number",
    points=lambda rng: [(x,) for x in _WIDE],
    level=2,
    floor=0.0,
    tolerance=1e-12,
    slips={
        "threshold": (
            "above a threshold x itself is given, below 0",
            "no jump is needed: max(x, 0) + log1p(exp(-|x|))",
        ),
        "log(1 + e)": ("log(1 + e) loses a small e", "log1p(e) keeps it"),
        "no max": ("the part max(x, 0) is missing", "log(1 + exp(x)) = x + log(1 + exp(-x))"),
    },
)
def check_softplus(slip: Any, x: float) -> float:
    """`softplus(x)`: log(1 + exp(x)) with 12 digits for x from -800 to 800."""
    small = math.exp(-abs(x))
    if slip("threshold"):
        small = 0.0 if abs(x) > 20.0 else small
    tail = math.log(1.0 + small) if slip("log(1 + e)") else math.log1p(small)
    return tail + (0.0 if slip("no max") else max(x, 0.0))


@exercise(
    "the slope of a saturated sigmoid",
    points=lambda rng: [(x,) for x in _WIDE],
    level=2,
    floor=0.0,
    tolerance=1e-12,
    slips={
        "y(1 - y)": (
            "y*(1 - y) is 0 where y has been rounded to 1",
            "1 - y is sigmoid(-x): multiply s(x)*s(-x)",
        ),
        "one side": ("it is even: the slope at -x is that at x", "s(x)*s(-x)"),
        "s": ("that is the sigmoid", "its slope is s(x)*s(-x)"),
    },
)
def check_saturated(slip: Any, x: float) -> float:
    """`slope(x)`: the derivative of 1/(1 + exp(-x)) with 12 digits for x from -800 to 800."""
    if slip("one side"):
        return sigma(x) * sigma(-x) if x > 0 else sigma(x)
    y = sigma(x)
    return y if slip("s") else y * (1.0 - y) if slip("y(1 - y)") else y * sigma(-x)


@exercise(
    "cross-entropy from a logit",
    points=lambda rng: [(z, t) for z in _WIDE for t in (0.0, 1.0, 0.3)],
    level=3,
    floor=0.0,
    tolerance=1e-12,
    labels=("the loss", "its slope"),
    slips={
        "clamped": (
            "a clamp on the probability caps the loss",
            "from the logit: max(z, 0) - t*z + log1p(exp(-|z|))",
        ),
        "sign of t": ("the target's term has the wrong sign", "- t*z"),
        "s - t": (
            "sigmoid(z) - t loses its digits where they are nearly equal",
            "(1 - t)*s(z) - t*s(-z)",
        ),
        "slope only s": ("the target is missing from the slope", "(1 - t)*s(z) - t*s(-z)"),
    },
)
def check_from_logit(slip: Any, z: float, t: float) -> list[float]:
    """`loss_and_slope(z, t)` of -t*log(p) - (1 - t)*log(1 - p), p = sigmoid(z), z from -800 to 800.

    12 digits of both, also where p is 1 to the last digit.
    """
    term = t * z if slip("sign of t") else -t * z
    loss = max(z, 0.0) + term + math.log1p(math.exp(-abs(z)))
    if slip("clamped"):
        loss = min(loss, -math.log(1e-7))
    slope = (1.0 - t) * sigma(z) - t * sigma(-z)
    if slip("s - t"):
        slope = sigma(z) - t
    return [loss, sigma(z) if slip("slope only s") else slope]


@exercise(
    "a difference that keeps its digits",
    points=lambda rng: [(x, d) for x in (1.0, 1e4, 1e8, 3.0) for d in (1e-3, 1e-9, 0.5)],
    floor=0.0,
    tolerance=1e-12,
    level=2,
    slips={
        "as written": (
            "the two roots are nearly equal, and their difference has lost its digits",
            "multiply with the sum of the roots: d over it",
        ),
        "half": ("that is the slope times d: right only for small d", "d/(sqrt(x + d) + sqrt(x))"),
        "no d": ("d is missing", "d/(sqrt(x + d) + sqrt(x))"),
    },
)
def check_roots(slip: Any, x: float, d: float) -> float:
    """`difference(x, d)`: sqrt(x + d) - sqrt(x) with 12 digits, for x up to 1e8 and d down to
    1e-9.
    """
    if slip("as written"):
        return math.sqrt(x + d) - math.sqrt(x)
    top = 1.0 if slip("no d") else d
    return top / (2 * math.sqrt(x) if slip("half") else math.sqrt(x + d) + math.sqrt(x))
