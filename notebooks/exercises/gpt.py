"""Lesson "a scalar GPT": attention backwards, the first loss, and a mask that leaks."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, matrix
from exercises.softmax import softmax


@exercise(
    "attention, backwards",
    labels=("dq", "dK", "dV"),
    points=many(
        12, lambda rng: (drawn(rng, 2), matrix(rng, 3, 2), matrix(rng, 3, 2), drawn(rng, 2))
    ),
    level=3,
    slips={
        "scale": (
            "the 1/sqrt(d) of the scores is missing on the way back",
            "what is multiplied forwards is multiplied backwards",
        ),
        "diagonal": ("softmax is taken as diagonal", "p_i*(g_i - sum of g*p)"),
        "v by g": ("every value gets the whole gradient", "weighed by its p_i"),
        "q and k": (
            "the query's gradient takes the query, not the keys",
            "score_i = q·k_i: dq = sum of ds_i*k_i",
        ),
        "no softmax": (
            "the softmax is skipped on the way back",
            "its Jacobian lies between p and the scores",
        ),
    },
)
def check_attend(slip: Any, q: Any, K: Any, V: Any, g: Any) -> list[Any]:
    """`backward(q, K, V, g)` for out = sum of p_i*V_i, p = softmax(q·K_i/sqrt(d)): [dq, dK, dV].

    g is dL/dout; K and V are lists of rows; d is the length of q.
    """
    root = math.sqrt(len(q))
    p = softmax([sum(a * b for a, b in zip(q, k, strict=True)) / root for k in K])
    dp = [sum(a * b for a, b in zip(g, v, strict=True)) for v in V]
    inner = 0.0 if slip("diagonal") else sum(a * b for a, b in zip(p, dp, strict=True))
    ds = [
        a * (b * (1.0 - a) if slip("diagonal") else b - inner) for a, b in zip(p, dp, strict=True)
    ]
    ds = dp if slip("no softmax") else ds
    ds = ds if slip("scale") else [each / root for each in ds]
    dq = [
        sum(s * (q[j] if slip("q and k") else k[j]) for s, k in zip(ds, K, strict=True))
        for j in range(len(q))
    ]
    dK = [[s * each for each in q] for s in ds]
    dV = [[(1.0 if slip("v by g") else a) * each for each in g] for a in p]
    return [dq, dK, dV]


@exercise(
    "the loss at the start",
    points=lambda rng: [(n,) for n in (2, 10, 27, 65, 50257)],
    labels=("the loss", "the probability"),
    slips={
        "base 2": ("that is counted in bits", "the loss uses the natural logarithm"),
        "sign": ("the loss is negative", "-log(1/n) = log(n)"),
        "n": ("that is 1 minus the probability", "the loss is -log of the probability"),
    },
)
def check_first_loss(slip: Any, n: int) -> list[float]:
    """`at_start(n)`: the cross-entropy of a model that knows nothing of n signs, and its
    probability.
    """
    loss = math.log2(n) if slip("base 2") else math.log(n)
    if slip("n"):
        loss = 1.0 - 1.0 / n
    return [-loss if slip("sign") else loss, 1.0 / n]


@exercise(
    "a mask that does not leak",
    points=many(12, lambda rng: (drawn(rng, 4), rng.randint(0, 3))),
    level=2,
    slips={
        "after": (
            "the mask comes after softmax: the rest no longer adds up to 1",
            "mask the scores before softmax",
        ),
        "zero score": (
            "masked scores are set to 0, and exp(0) is 1",
            "leave them out, or use -inf",
        ),
        "one more": ("the next place is seen: the answer leaks", "places 0 to t, no more"),
        "not itself": ("the place itself is masked, too", "0 to t, with t"),
        "turned": ("the past is masked", "what comes later is"),
    },
)
def check_mask(slip: Any, scores: Any, t: int) -> list[float]:
    """`weights(scores, t)`: the attention of place t over all places; later places get 0."""
    last = t + slip("one more") - (slip("not itself") and t > 0)
    seen = [i >= last if slip("turned") else i <= last for i in range(len(scores))]
    if slip("after"):
        return [p * s for p, s in zip(softmax(scores), seen, strict=True)]
    if slip("zero score"):
        return softmax([z if s else 0.0 for z, s in zip(scores, seen, strict=True)])
    p = iter(softmax([z for z, s in zip(scores, seen, strict=True) if s]))
    return [next(p) if s else 0.0 for s in seen]
