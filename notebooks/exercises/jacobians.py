"""Lesson "Jacobians": whole matrices of partials, and why nobody builds them."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, matrix


@exercise(
    "the Jacobian of a layer",
    points=many(12, lambda rng: (drawn(rng, 2), matrix(rng, 2, 3))),
    level=2,
    slips={
        "transposed": (
            "rows and columns are exchanged",
            "one row per output, one column per input",
        ),
        "no slope": (
            "the slope of tanh is missing",
            "row j is (1 - y_j**2) times the weights into output j",
        ),
        "slope of x": (
            "the slope belongs to the input's index",
            "it belongs to the output j: the whole row",
        ),
        "diagonal": ("only the diagonal is filled", "every output depends on every input"),
    },
)
def check_jacobian(slip: Any, x: Any, W: Any) -> list[list[float]]:
    """`jacobian(x, W)` of y_j = tanh(sum over i of x_i*w_ij): a row per output, a column per
    input.
    """
    y = [math.tanh(sum(x[i] * W[i][j] for i in range(len(x)))) for j in range(len(W[0]))]
    slopes = [1.0 if slip("no slope") else 1.0 - each * each for each in y]
    rows = [
        [(slopes[i] if slip("slope of x") else slopes[j]) * W[i][j] for i in range(len(x))]
        for j in range(len(y))
    ]
    if slip("diagonal"):
        rows = [[v if i == j else 0.0 for i, v in enumerate(row)] for j, row in enumerate(rows)]
    return [list(column) for column in zip(*rows, strict=True)] if slip("transposed") else rows


@exercise(
    "elementwise, with a diagonal",
    points=many(12, lambda rng: (drawn(rng, 3), drawn(rng, 3))),
    slips={
        "added": ("slope and upstream are added", "multiply them, number by number"),
        "output": ("the slope is s itself", "σ' = s*(1 - s)"),
        "one minus": ("the slope is 1 - s", "σ' = s*(1 - s)"),
        "sum": (
            "each number gets the sum of all upstream gradients",
            "the Jacobian is diagonal: each hears from its own output",
        ),
    },
)
def check_elementwise(slip: Any, x: Any, g: Any) -> list[float]:
    """`backward(x, g)` for y_i = sigmoid(x_i): dL/dx if g is dL/dy, without any matrix."""
    s = [1.0 / (1.0 + math.exp(-each)) for each in x]
    slopes = [a * (1.0 - a) for a in s]
    slopes = s if slip("output") else [1.0 - a for a in s] if slip("one minus") else slopes
    ups = [sum(g)] * len(g) if slip("sum") else g
    return [a + b if slip("added") else a * b for a, b in zip(slopes, ups, strict=True)]


@exercise(
    "a softmax layer",
    points=many(15, lambda rng: (drawn(rng, 3), drawn(rng, 3))),
    level=3,
    slips={
        "diagonal": ("only the diagonal p*(1 - p) is used", "every p depends on every logit"),
        "no diagonal": (
            "the diagonal lacks its p: all entries are -p_i*p_j",
            "where i = j add p_i",
        ),
        "no p": ("the factor p in front is missing", "p_i*(g_i - sum of g*p)"),
        "plain mean": ("the plain mean of g is taken away", "weigh it with p"),
        "sign": ("every sign is turned", "p_i*(g_i - sum of g*p)"),
    },
)
def check_softmax_layer(slip: Any, z: Any, g: Any) -> list[float]:
    """`backward(z, g)` for p = softmax(z): dL/dz if g is dL/dp. No matrix is needed."""
    powers = [math.exp(each - max(z)) for each in z]
    p = [each / sum(powers) for each in powers]
    inner = sum(g) / len(g) if slip("plain mean") else sum(a * b for a, b in zip(g, p, strict=True))
    rows = []
    for a, b in zip(p, g, strict=True):
        found = b * (1.0 - a) if slip("diagonal") else (0.0 if slip("no diagonal") else b) - inner
        found = found if slip("no p") else a * found
        rows.append(-found if slip("sign") else found)
    return rows


@exercise(
    "how large a Jacobian is",
    points=lambda rng: [(100, 100), (784, 64), (3, 2), (10, 1)],
    labels=("the number of entries", "the number of those that are not zero"),
    slips={
        "weights": ("you count the weights, not the entries", "each output by each weight"),
        "all": (
            "you count all entries as not zero",
            "an output moves only with the weights into it",
        ),
        "diagonal": (
            "you count one entry per output",
            "each output has as many weights as there are inputs",
        ),
    },
)
def check_size(slip: Any, inputs: int, outputs: int) -> list[int]:
    """`size(inputs, outputs)`: entries of dy/dW for one example y = xW, and how many are not
    zero.
    """
    entries = inputs * outputs * (1 if slip("weights") else outputs)
    full = outputs if slip("diagonal") else inputs * outputs
    return [entries, entries if slip("all") else full]
