"""Lesson "towns that do not exist": counting, overfitting, temperature."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many
from exercises.softmax import softmax

_TEXTS = ("abab", "abcabd", "aabbab", "abcacb", "bababa")


@exercise(
    "interpolated counts",
    points=lambda rng: [
        (t, a, b, w) for t in _TEXTS for a, b in ("ab", "ba", "aa") for w in (0.5, 0.9)
    ],
    level=2,
    slips={
        "total": (
            "the pairs are divided by all pairs, not by those that begin with a",
            "after a: only pairs with a in front",
        ),
        "turned": ("the pair is turned round", "how often b follows a"),
        "weights": ("the two weights are exchanged", "w for the pair, 1 - w for the single sign"),
        "no singles": (
            "the single counts are left out",
            "without them an unseen pair has the probability 0",
        ),
        "last a": (
            "an a at the end is counted, though nothing follows it",
            "pairs begin with all signs but the last",
        ),
    },
)
def check_interpolated(slip: Any, text: str, a: str, b: str, w: float) -> float:
    """`probability(text, a, b, w)` of b after a: w*pairs(a, b)/pairs(a, any) + (1 - w)*count(b)/n.

    If no pair begins with a, the first quotient is 0. n is the length of the text.
    """
    first, second = (b, a) if slip("turned") else (a, b)
    pairs = list(pairwise(text))
    from_a = sum(x == first for x in (text if slip("last a") else text[:-1]))
    from_a = len(pairs) if slip("total") else from_a
    pair = pairs.count((first, second)) / from_a if from_a else 0.0
    single = 0.0 if slip("no singles") else text.count(b) / len(text)
    w = 1.0 - w if slip("weights") else w
    return w * pair + (1.0 - w) * single


def _curves(rng: Any) -> tuple[Any, ...]:
    seen = sorted((round(rng.uniform(0.5, 3.0), 2) for _ in range(6)), reverse=True)
    best = rng.randint(0, 4)
    held = [round(1.5 + 0.2 * abs(i - best) + rng.uniform(0, 0.05), 2) for i in range(6)]
    return seen, held


@exercise(
    "when to stop",
    points=many(12, _curves),
    labels=("the step", "the gap there"),
    slips={
        "last": (
            "you train to the end, where the seen loss is smallest",
            "it always falls: the held-out loss decides",
        ),
        "gap": (
            "you stop where the two losses are closest",
            "the lowest held-out loss is what counts",
        ),
        "sign": ("the gap is turned round", "held out minus seen"),
    },
)
def check_stop(slip: Any, seen: Any, held: Any) -> list[float]:
    """`stop(seen, held)`: the index to stop at, and how far held-out and seen loss lie apart
    there.
    """
    gaps = [h - s for s, h in zip(seen, held, strict=True)]
    step = held.index(min(held))
    if slip("gap"):
        step = min(range(len(gaps)), key=lambda i: abs(gaps[i]))
    step = len(held) - 1 if slip("last") else step
    return [step, -gaps[step] if slip("sign") else gaps[step]]


@exercise(
    "temperature",
    points=many(15, lambda rng: (drawn(rng, 3), rng.choice((0.5, 2.0, 1.0, 0.1)))),
    slips={
        "times": (
            "the logits are multiplied with the temperature",
            "divide: cold makes differences large",
        ),
        "after": ("the probabilities are divided, after softmax", "divide the logits, before"),
        "none": ("the temperature is left out", "logits/T"),
        "power": (
            "the probabilities are raised to T without adding up to 1",
            "divide the logits instead",
        ),
    },
)
def check_temperature(slip: Any, logits: Any, T: float) -> list[float]:
    """`probabilities(logits, T)`: softmax at a temperature."""
    if slip("after"):
        return [p / T for p in softmax(logits)]
    if slip("power"):
        return [p**T for p in softmax(logits)]
    scale = T if slip("times") else 1.0 if slip("none") else 1.0 / T
    return softmax([z * scale for z in logits])


@exercise(
    "perplexity",
    points=many(12, lambda rng: ([round(rng.uniform(0.05, 0.9), 2) for _ in range(4)],)),
    labels=("the mean loss", "the perplexity"),
    slips={
        "mean p": ("the mean of the probabilities is taken first", "first the logs, then the mean"),
        "base 2": ("2 is raised to a loss in natural logs", "exp undoes log"),
        "sum": ("the losses are added, not averaged", "the mean over the signs"),
    },
)
def check_perplexity(slip: Any, probabilities: Any) -> list[float]:
    """`measure(probabilities)` that a model gave to what came: [mean of -log p, exp of it]."""
    n = 1 if slip("sum") else len(probabilities)
    loss = sum(-math.log(p) for p in probabilities) / n
    if slip("mean p"):
        loss = -math.log(sum(probabilities) / n)
    return [loss, 2.0**loss if slip("base 2") else math.exp(loss)]
