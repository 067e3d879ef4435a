"""Slips of texts that are well known: which line is wrong, and what should stand there?"""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, reals
from exercises.softmax import softmax


@exercise(
    "φ' on a last layer without φ",
    points=lambda rng: [
        (0.9, 0.6, -0.4),
        *((x, w, v) for x, w, v in (drawn(rng, 3) for _ in range(14))),
    ],
    labels=("dL/dv", "dL/dw"),
    slips={
        "kept": (
            "φ' is kept on the last layer, which has no φ",
            "the error goes straight into the weight: (p - 1)*h",
        ),
        "first lost": ("φ' is lost on the first layer, which has one", "1 - h*h"),
        "no v": ("the last weight is missing on the way to w", "dp/dh = v"),
    },
)
def check_last_layer(slip: Any, x: float, w: float, v: float) -> list[float]:
    """`repair(x, w, v)`. A text says of h = tanh(w*x), p = v*h, L = (p - 1)**2/2 that

    "dL/dv = (p - 1)*(1 - p*p)*h" and so on. Give the right [dL/dv, dL/dw].
    """
    h = math.tanh(w * x)
    p = v * h
    error = (p - 1.0) * (1.0 - p * p if slip("kept") else 1.0)
    slope = 1.0 if slip("first lost") else 1.0 - h * h
    return [error * h, error * (1.0 if slip("no v") else v) * slope * x]


@exercise(
    "one bias is not all",
    points=many(12, lambda rng: (drawn(rng, 3),)),
    slips={
        "sum": ("every b_j gets the sum over all outputs", "b_j feeds output j alone"),
        "ones": ("the upstream gradient is lost", "dy_j/db_j = 1, times g_j"),
        "mean": ("every b_j gets the mean", "its own g_j"),
    },
)
def check_bias(slip: Any, g: Any) -> list[float]:
    """`repair(g)`. A text writes "∂ℓ/∂bⱼ = ∂ℓ/∂b" for y_j = z_j + b_j; g_j is ∂ℓ/∂y_j.

    Give the right list of ∂ℓ/∂b_j.
    """
    if slip("ones"):
        return [1.0] * len(g)
    total = sum(g) / (len(g) if slip("mean") else 1)
    return [total] * len(g) if slip("sum") or slip("mean") else list(g)


@exercise(
    "f'(x) for f'(xᵢ)",
    points=many(12, lambda rng: (drawn(rng, 3), drawn(rng, 3))),
    slips={
        "first": ("all slopes are taken at the first number", "each at its own x_i"),
        "mean": ("the slope is taken at the mean", "each at its own x_i"),
        "sin": ("the slope of sin is given as sin", "cos"),
        "no g": ("the upstream gradient is lost", "g_i*cos(x_i)"),
    },
)
def check_own_slope(slip: Any, x: Any, g: Any) -> list[float]:
    """`repair(x, g)`. A text writes "∂ℓ/∂xᵢ = gᵢ·f'(x)" for y_i = sin(x_i). Give the right list."""
    at = [x[0]] * len(x) if slip("first") else [sum(x) / len(x)] * len(x) if slip("mean") else x
    slopes = [math.sin(each) if slip("sin") else math.cos(each) for each in at]
    return [s * (1.0 if slip("no g") else up) for s, up in zip(slopes, g, strict=True)]


@exercise(
    "which is column times row",
    points=lambda rng: [(name,) for name in ("weights", "input", "bias")],
    slips={
        "input": (
            "the input's gradient is taken for column times row",
            "it is Wᵀ times g: a matrix times a column",
        ),
        "bias": ("the bias's gradient is taken for a product", "it is g itself"),
        "weights": (
            "the weights' gradient is taken for a matrix times a column",
            "x (column) times g (row): one entry for each pair",
        ),
    },
)
def check_column_row(slip: Any, name: str) -> str:
    """`kind(name)` for y = xW + b: what is the gradient of "weights", "input", "bias"?

    A text says "column times row" at the wrong one. Answer "outer", "matrix times vector" or
    "copy".
    """
    right = {"weights": "outer", "input": "matrix times vector", "bias": "copy"}
    wrong = {"weights": "matrix times vector", "input": "outer", "bias": "outer"}
    return wrong[name] if slip(name) else right[name]


@exercise(
    "a ratio upside down",
    points=reals(15, 2, 0.3, 2.0),
    labels=("the ratio", "its limit"),
    slips={
        "ratio": ("the ratio of changes is upside down", "change of f over change of x"),
        "limit": ("the limit is upside down", "df/dx = 2*x"),
        "no change": ("the value is divided, not the change", "f(x + h) - f(x)"),
    },
)
def check_ratio(slip: Any, x: float, h: float) -> list[float]:
    """`repair(x, h)`. A text writes "df/dx ≈ h/(f(x + h) - f(x))". For f = x**2: [the right
    ratio, its limit].
    """
    change = (x + h) ** 2 - (0.0 if slip("no change") else x * x)
    return [h / change if slip("ratio") else change / h, 1 / (2 * x) if slip("limit") else 2 * x]


@exercise(
    "1ᵀb is no bias",
    points=many(10, lambda rng: (drawn(rng, 2), rng.randint(2, 4))),
    slips={
        "sum": (
            "1ᵀb adds the biases up to one number",
            "1 bᵀ: a column of ones times a row gives every row the same b",
        ),
        "turned": ("rows and columns are exchanged", "one row for each example"),
        "one row": ("there is a single row", "one for each example"),
    },
)
def check_ones(slip: Any, b: Any, n: int) -> list[list[float]]:
    """`repair(b, n)`. A text adds "1ᵀb" to XW with n examples: what is meant? A list of rows."""
    if slip("sum"):
        return [[sum(b)] * len(b) for _ in range(n)]
    rows = [list(b) for _ in range(1 if slip("one row") else n)]
    return [[each] * n for each in b] if slip("turned") else rows


@exercise(
    "a vector by a vector",
    points=many(10, lambda rng: (drawn(rng, 3),)),
    level=2,
    slips={
        "full": (
            "σ(1 - σ) fills the whole matrix",
            "each output moves with its own input: off the diagonal 0",
        ),
        "softmax": ("those are the entries of softmax", "σ works number by number"),
        "s": ("the diagonal holds σ", "σ*(1 - σ)"),
    },
)
def check_vector_by_vector(slip: Any, x: Any) -> list[list[float]]:
    """`repair(x)`. A text writes "∂σ(x)/∂x = σ(x)(1 - σ(x))" for a vector x. Give the matrix, as
    rows.
    """
    if slip("softmax"):
        p = softmax(x)
        return [[a * (float(i == j) - b) for j, b in enumerate(p)] for i, a in enumerate(p)]
    s = [1.0 / (1.0 + math.exp(-each)) for each in x]
    slopes = s if slip("s") else [a * (1.0 - a) for a in s]
    return [
        [a * float(i == j or slip("full")) for j in range(len(x))] for i, a in enumerate(slopes)
    ]


@exercise(
    "larger networks overfit less?",
    points=many(
        10,
        lambda rng: (
            [round(rng.uniform(0.1, 0.9), 2) for _ in range(3)],
            [round(rng.uniform(0.9, 2.0), 2) for _ in range(3)],
        ),
    ),
    labels=("the gap of the small net", "the gap of the middle one", "the gap of the large one"),
    slips={
        "seen": (
            "only the losses on seen data are given",
            "overfitting is the gap to held-out data",
        ),
        "held": (
            "only the losses on held-out data are given",
            "overfitting is the gap to seen data",
        ),
        "sign": ("the gap is turned round", "held out minus seen"),
    },
)
def check_gap(slip: Any, seen: Any, held: Any) -> list[float]:
    """`gaps(seen, held)`. "Larger networks overfit less", says a text, and shows seen losses only.

    Give the number that would have to be shown, for each net: how far held-out lies above seen.
    """
    if slip("seen") or slip("held"):
        return list(seen if slip("seen") else held)
    gaps = [h - s for s, h in zip(seen, held, strict=True)]
    return [-g for g in gaps] if slip("sign") else gaps
