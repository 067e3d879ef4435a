"""Losses of one prediction that are primitives, because the engine's other ones would lose digits.

Each is a function of floats with one rule per argument, as `autodiff.primitive` describes: z is
the output, and rules choose with `where`. Everybody else uses them through `nn.losses`.
"""

from __future__ import annotations

import math

from autodiff import clip, logit, primitive, sigmoid, softplus, where


@primitive(
    local_derivatives=[
        # Inside (0, 1) one fraction: (1-t)/(1-p) - t/p would cancel where p is near t.
        lambda z, p, t: where(
            p <= 0.0, (1.0 - t) / (1.0 - p), where(p >= 1.0, -t / p, (p - t) / (p * (1.0 - p)))
        ),
        lambda z, p, t: -logit(p),
    ],
    textbook=["(p - t)/(p*(1 - p))", "log((1 - p)/p)"],
    kink="where p = t = 0 or p = t = 1 the loss is 0 and its derivative by p is 1 or -1",
)
def bce(p: float, t: float) -> float:
    """-(t log p + (1 - t) log(1 - p)), with 0 log 0 = 0."""
    if not (0.0 <= p <= 1.0 and 0.0 <= t <= 1.0):
        if math.isnan(p) or math.isnan(t):
            return math.nan
        raise ValueError(
            "probability and target must lie in [0, 1]; "
            "for logits, which may be any number, use binary_cross_entropy_with_logits"
        )
    if (p == 0.0 and t > 0.0) or (p == 1.0 and t < 1.0):
        raise ValueError(
            "the loss is infinite, a probability has been rounded to 0 or 1; "
            "leave out the sigmoid and use binary_cross_entropy_with_logits"
        )
    loss = 0.0
    if t > 0.0:
        loss -= t * math.log(p)
    if t < 1.0:
        loss -= (1.0 - t) * math.log1p(-p)
    return loss


@primitive(
    local_derivatives=[
        # Not sigmoid(x) - t, which loses all digits where the two are nearly equal.
        lambda z, x, t: (1.0 - t) * sigmoid(x) - t * sigmoid(-x),
        lambda z, x, t: -x,
    ],
    textbook=["sigmoid(x) - t", "-x"],
)
def bce_logits(x: float, t: float) -> float:
    """(1 - t) log(1 + exp(x)) + t log(1 + exp(-x)), where a weight of 0 leaves its part out."""
    below: float = where(t == 1.0, 0.0, (1.0 - t) * softplus(x))
    above: float = where(t == 0.0, 0.0, t * softplus(-x))
    return below + above


@primitive(
    local_derivatives=[
        # At the bound the quadratic branch: clip alone would choose the bound there.
        lambda z, x, t, d: where(abs(x - t) <= d, x - t, clip(x - t, -d, d)),
        lambda z, x, t, d: where(abs(x - t) <= d, t - x, clip(t - x, -d, d)),
        lambda z, x, t, d: where(abs(x - t) <= d, 0.0, abs(x - t) - d),
    ],
    textbook=["clip(x - t, -d, d)", "clip(t - x, -d, d)", "maximum(abs(x - t) - d, 0)"],
    kink="at |x - t| = d the derivatives are those of the quadratic branch",
)
def huber_distance(x: float, t: float, d: float) -> float:
    """(x - t)**2/2 up to a distance of d, d (|x - t| - d/2) beyond."""
    distance = abs(x - t)
    return 0.5 * distance * distance if distance <= d else d * (distance - 0.5 * d)


# What is shown in their place: the formula that a textbook has.
for _loss, _formula in (
    (bce, "-t*log(p) - (1 - t)*log(1 - p)"),
    (bce_logits, "softplus(x) - t*x"),
    (huber_distance, "where(abs(x - t) <= d, (x - t)**2/2, d*(abs(x - t) - d/2))"),
):
    _loss.primitive.reads = _formula
