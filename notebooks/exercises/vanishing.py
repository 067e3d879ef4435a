"""Lesson "gradients that vanish or explode": the product along many layers."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, reals


@exercise(
    "down a chain",
    points=many(15, lambda rng: (drawn(rng, 4), drawn(rng, 1)[0])),
    level=2,
    slips={
        "no weights": (
            "the weights are missing from the product",
            "each layer gives w times the slope",
        ),
        "no slopes": ("the slopes of tanh are missing from the product", "1 - h*h for each layer"),
        "sum": ("the layers' factors are added", "along one path factors multiply"),
        "last slope": ("the last layer's slope is missing", "every layer has its tanh"),
        "pre": ("the slope squares the pre-activation", "1 - h*h: the output"),
    },
)
def check_chain(slip: Any, ws: Any, x: float) -> float:
    """`gradient(ws, x)`: dh/dx for h = tanh(w4*tanh(w3*tanh(w2*tanh(w1*x)))), for any number of
    ws.
    """
    factors = []
    for w in ws:
        z = w * x
        x = math.tanh(z)
        slope = 1.0 if slip("no slopes") else 1.0 - (z * z if slip("pre") else x * x)
        factors.append([1.0 if slip("no weights") else w, slope])
    if slip("last slope"):
        factors[-1][1] = 1.0
    products = [a * b for a, b in factors]
    return sum(products) if slip("sum") else math.prod(products)


@exercise(
    "how deep until nothing is left",
    points=lambda rng: [(f, t) for f in (0.25, 0.5, 0.9) for t in (1e-3, 1e-6)],
    level=2,
    slips={
        "base": ("that is how often a tenth fits", "divide the two logarithms: log(t)/log(f)"),
        "down": ("one layer too few: rounded down", "the first whole number at which it is below"),
        "linear": ("the factor is taken away, not multiplied", "layers multiply"),
    },
)
def check_depth(slip: Any, factor: float, threshold: float) -> int:
    """`depth(factor, threshold)`: after how many layers of that factor the gradient is below it."""
    if slip("linear"):
        return math.ceil((1.0 - threshold) / (1.0 - factor))
    layers = math.log(threshold) / math.log(0.1 if slip("base") else factor)
    return math.floor(layers) if slip("down") else math.floor(layers) + 1


@exercise(
    "a residual",
    points=reals(20, 2),
    labels=("dy/dx", "dy/dw"),
    slips={
        "no skip": ("the way around the layer is missing", "y = x + f(x): x has two paths, add 1"),
        "slope": ("the slope of tanh is missing", "1 - t*t"),
        "w in w": ("dy/dw has the weight as a factor", "d(w*x)/dw = x"),
    },
)
def check_residual(slip: Any, x: float, w: float) -> list[float]:
    """`derivatives(x, w)` of y = x + tanh(w*x): [dy/dx, dy/dw]."""
    slope = 1.0 if slip("slope") else 1.0 - math.tanh(w * x) ** 2
    through = slope * w
    by_x = through if slip("no skip") else 1.0 + through
    return [by_x, slope * (w if slip("w in w") else x)]


@exercise(
    "clip by the norm",
    points=many(15, lambda rng: (drawn(rng, 3, -4, 4), rng.choice((0.5, 1.0, 5.0)))),
    slips={
        "each": (
            "each number is clipped alone, which turns the direction",
            "scale all by the same factor",
        ),
        "always": (
            "short gradients are made longer",
            "only what is longer than the limit is scaled",
        ),
        "sum": (
            "the sum of absolute values is taken for the length",
            "the root of the sum of squares",
        ),
        "no root": ("the root is missing from the length", "the root of the sum of squares"),
    },
)
def check_clip(slip: Any, gradient: Any, limit: float) -> list[float]:
    """`clip(gradient, limit)`: the same direction, and no longer than the limit."""
    length = math.hypot(*gradient)
    if slip("sum"):
        length = sum(map(abs, gradient))
    if slip("no root"):
        length = length * length
    if slip("each"):
        return [max(-limit, min(limit, g)) for g in gradient]
    scale = limit / length if length > limit or slip("always") else 1.0
    return [scale * g for g in gradient]
