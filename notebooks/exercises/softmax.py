"""Lesson "softmax and cross-entropy": one subtraction, and why it must not overflow."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from exercises.engine import exercise
from exercises.local import sigma
from exercises.points import drawn, many


def softmax(logits: Sequence[float]) -> list[float]:
    """exp(z)/sum of exp(z), with the largest logit subtracted first."""
    powers = [math.exp(z - max(logits)) for z in logits]
    return [power / sum(powers) for power in powers]


def _points(rng: random.Random) -> list[tuple[Any, ...]]:
    cases: list[tuple[Any, ...]] = [([1.0, 2.0, 3.0], 1), ([0.0, 0.0], 0), ([0.5], 0)]
    for _ in range(30):
        logits = drawn(rng, rng.randint(2, 6), -3.0, 3.0)
        cases.append((logits, rng.randrange(len(logits))))
    return [*cases, ([1000.0, 0.0, -1000.0], 1), ([-800.0, -801.0], 1)]


@exercise(
    "softmax and cross-entropy, backwards",
    points=_points,
    level=2,
    hint="write the loss as log(sum of exp) - logit of the target; its gradient adds up to 0",
    slips={
        "alone": ("that is softmax itself", "take 1 away at the target"),
        "sign": (
            "every sign is turned",
            "a loss grows where a wrong logit grows: softmax - 1 at the target",
        ),
        "target only": (
            "the other logits get nothing",
            "they are in the denominator: their gradient is their softmax",
        ),
        "zero at target": ("the target gets 0", "there it is softmax - 1"),
        "one everywhere": ("1 is taken away everywhere", "at the target only"),
        "first": (
            "1 is taken away at the first class",
            "at the target, which need not be the first",
        ),
        "by p": ("that is the derivative by the probabilities", "go on through the softmax"),
        "mean": (
            "the gradient is divided by the number of classes",
            "one example has one loss: nothing to divide by",
        ),
        "diagonal": (
            "softmax is taken as if each p depended on its own logit only",
            "its Jacobian is not diagonal",
        ),
    },
)
def check_softmax_cross_entropy(slip: Any, logits: Any, target: int) -> list[float]:
    """`gradient(logits, target)`: the derivatives of -log(softmax(logits)[target]) by each logit.

    Any finite logits must work, 1000 and -1000 too.
    """
    p = softmax(logits)
    at = 0 if slip("first") else target
    found = []
    for i, q in enumerate(p):
        one = float(i == at or slip("one everywhere")) * (not slip("alone"))
        g = q - one
        if i != at and slip("diagonal"):
            g = q * (1.0 - q)
        if i != at and (slip("target only") or slip("by p")):
            g = 0.0
        if i == at and slip("by p"):
            g = -1.0 / q if q else -math.inf
        if i == at and slip("zero at target"):
            g = 0.0
        found.append(g / (len(p) if slip("mean") else 1))
    return [-g for g in found] if slip("sign") else found


@exercise(
    "two classes are one sigmoid",
    points=many(15, lambda rng: tuple(drawn(rng, 2, -4, 4))),
    labels=("the argument of σ", "p₁", "dp₁/do₁", "dp₁/do₂"),
    slips={
        "turned": ("the difference is o₂ - o₁", "divide by exp(o₁): p₁ = 1/(1 + exp(o₂ - o₁))"),
        "ratio": (
            "the ratio of the logits stands where their difference belongs",
            "exp turns differences into ratios",
        ),
        "same sign": ("both logits raise p₁", "the other one lowers it"),
        "no slope": ("the slope p*(1 - p) is missing", "it is a sigmoid"),
    },
)
def check_two_classes(slip: Any, o1: float, o2: float) -> list[float]:
    """`as_sigmoid(o1, o2)` for p₁ = exp(o1)/(exp(o1) + exp(o2)) = σ(z): [z, p₁, dp₁/do1,
    dp₁/do2].
    """
    z = o1 / o2 if slip("ratio") else o1 - o2
    z = -z if slip("turned") else z
    p = sigma(z)
    slope = 1.0 if slip("no slope") else p * (1.0 - p)
    return [z, p, slope, slope if slip("same sign") else -slope]


def _soft_point(rng: random.Random) -> tuple[Any, ...]:
    logits = drawn(rng, 3)
    weights = [rng.randint(1, 8) for _ in logits]
    return logits, [each / sum(weights) for each in weights]


@exercise(
    "soft targets",
    points=many(15, _soft_point),
    level=2,
    labels=("the loss", "dL/do"),
    slips={
        "hard": ("only the most likely class counts", "every class counts with its target"),
        "sign": (
            "the loss has the wrong sign",
            "minus the sum: logs of probabilities are negative",
        ),
        "gradient sign": ("the gradient is t - p", "p - t"),
        "p in front": (
            "the loss weighs with p, which is the entropy",
            "the targets weigh: -sum of t*log(p)",
        ),
    },
)
def check_soft_targets(slip: Any, logits: Any, t: Any) -> list[Any]:
    """`loss_and_gradient(logits, t)` for L = -sum of t_k*log(p_k): [L, [dL/do_k for each k]]."""
    p = softmax(logits)
    if slip("hard"):
        t = [float(i == t.index(max(t))) for i in range(len(t))]
    loss = -sum(a * math.log(b) for a, b in zip(p if slip("p in front") else t, p, strict=True))
    gradient = [b - a for a, b in zip(t, p, strict=True)]
    return [
        -loss if slip("sign") else loss,
        [-g for g in gradient] if slip("gradient sign") else gradient,
    ]


@exercise(
    "a stable logsumexp",
    level=2,
    points=lambda rng: [
        *((drawn(rng, 3),) for _ in range(10)),
        ([1000.0, 1001.0],),
        ([-1000.0, -1002.0, -1001.0],),
    ],
    slips={
        "not added": (
            "the largest logit is taken out and not put back",
            "log(sum of exp(z - m)) + m",
        ),
        "mean": ("the mean is computed, not the sum", "no 1/n"),
        "max": ("that is the maximum alone", "near it, but always above"),
        "sign": ("m is taken away twice", "log(sum of exp(z - m)) + m"),
    },
)
def check_logsumexp(slip: Any, z: Any) -> float:
    """`logsumexp(z)`: log of the sum of exp(z), for logits of 1000 and of -1000, too."""
    m = max(z)
    inner = 0.0 if slip("max") else math.log(sum(math.exp(each - m) for each in z))
    inner -= math.log(len(z)) if slip("mean") else 0.0
    return inner + (0.0 if slip("not added") else -m if slip("sign") else m)


@exercise(
    "why not squares",
    points=many(15, lambda rng: tuple(drawn(rng, 1, -7, 7))),
    labels=("the slope by squares", "the slope by cross-entropy"),
    slips={
        "slope kept": ("cross-entropy keeps the slope p*(1 - p)", "there it cancels: p - 1"),
        "no slope": ("squares have no slope p*(1 - p)", "that slope is what makes them slow"),
        "two": ("the factor 2 of the square is missing", "2*(p - 1)*p*(1 - p)"),
        "sign": ("1 - p where p - 1 belongs", "p must grow, so the gradient is negative"),
    },
)
def check_squares(slip: Any, z: float) -> list[float]:
    """`slopes(z)` for p = sigmoid(z) and target 1: [d(p - 1)**2/dz, d(-log p)/dz].

    At z = -6 they are -0.005 and -0.998: that is why.
    """
    p = sigma(z)
    slope = p * (1.0 - p)
    error = 1.0 - p if slip("sign") else p - 1.0
    squares = (1.0 if slip("two") else 2.0) * error * (1.0 if slip("no slope") else slope)
    return [squares, error * (slope if slip("slope kept") else 1.0)]
