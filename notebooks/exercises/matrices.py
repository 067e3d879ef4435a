"""Lesson "matrices from scalars": indices, shapes, batches, and the binary classifier."""

from __future__ import annotations

import random
from typing import Any

from exercises.engine import exercise
from exercises.layers import matmul, transpose
from exercises.local import sigma
from exercises.points import drawn, many, matrix


def _index_point(rng: random.Random) -> tuple[Any, ...]:
    inputs, outputs = rng.choice(((2, 3), (3, 2), (2, 2), (1, 3)))
    return drawn(rng, inputs), drawn(rng, outputs)


@exercise(
    "who hears from whom",
    points=many(15, _index_point),
    level=1,
    slips={
        "y for x": (
            "the upstream of the wrong output stands there: i where j belongs",
            "a weight hears from the output that it feeds: index j",
        ),
        "transposed": (
            "rows and columns are exchanged",
            "row i for input i, column j for output j",
        ),
        "sum": (
            "the upstream gradients are added before they reach a weight",
            "w_ij feeds output j alone",
        ),
        "no x": ("the input is missing", "dy_j/dw_ij = x_i"),
    },
)
def check_outer(slip: Any, x: Any, g: Any) -> list[list[float]]:
    """`weight_gradient(x, g)`: dL/dw_ij for y_j = sum over i of x_i*w_ij + b_j, a list of rows.

    g_j is dL/dy_j. Row i belongs to input i.
    """
    ups = [sum(g)] * len(g) if slip("sum") else g
    ins = [1.0] * len(x) if slip("no x") else x
    if slip("y for x"):
        return [[ups[i % len(g)] * ins[i] for _ in g] for i in range(len(x))]
    rows = [[a * b for b in ups] for a in ins]
    return transpose(rows) if slip("transposed") else rows


def _affine_point(rng: random.Random) -> tuple[Any, ...]:
    rows, inputs, outputs = rng.choice(((2, 3, 2), (3, 2, 4), (4, 1, 2), (1, 2, 3), (2, 2, 2)))
    return matrix(rng, rows, inputs), matrix(rng, inputs, outputs), matrix(rng, rows, outputs)


@exercise(
    "a layer and a batch",
    labels=("dL/dW", "dL/db", "dL/dX"),
    points=many(15, _affine_point),
    level=2,
    slips={
        "mean": (
            "the gradients are divided by the number of examples",
            "what arrives has the 1/N already: add up",
        ),
        "bias row": (
            "the bias hears from the first example only",
            "it is used by each row: sum the column",
        ),
        "bias sum": (
            "the bias gets one sum over everything",
            "each b_j has the sum of its own column",
        ),
        "x by w": ("dL/dX lacks the weights", "dL/dX = G Wᵀ: each input hears from all outputs"),
        "sign": ("a minus has slipped in", "the chain rule only multiplies and adds"),
    },
)
def check_affine(slip: Any, X: Any, W: Any, G: Any) -> list[Any]:
    """`backward(X, W, G)` for Y = XW + b, one example per row: [dL/dW, dL/db, dL/dX].

    G is dL/dY. Lists of rows; dL/db is a plain list.
    """
    weight = matmul(transpose(X), G)
    bias = G[0] if slip("bias row") else [sum(column) for column in transpose(G)]
    if slip("bias sum"):
        bias = [sum(map(sum, G))] * len(G[0])
    back = [[1.0] * len(W) for _ in W[0]] if slip("x by w") else transpose(W)
    inputs = matmul(G, back)
    scale = (1.0 / len(X) if slip("mean") else 1.0) * (-1.0 if slip("sign") else 1.0)
    return [
        [[scale * each for each in row] for row in weight],
        [scale * each for each in bias],
        [[(-1.0 if slip("sign") else 1.0) * each for each in row] for row in inputs],
    ]


@exercise(
    "shapes only",
    points=lambda rng: [(5, 3, 2), (1, 4, 1), (64, 10, 7), (8, 8, 9)],
    labels=[
        f"the number of {kind} of {name}"
        for name in ("dL/dW", "dL/db", "dL/dX", "dY/dW")
        for kind in ("rows", "columns")
    ],
    slips={
        "W transposed": (
            "dL/dW has its shape turned",
            "a gradient has the shape of what it belongs to",
        ),
        "b per row": (
            "dL/db has a row for each example",
            "one b serves all rows: its shape is (1, outputs)",
        ),
        "X like Y": ("dL/dX has the shape of Y", "it has the shape of X"),
        "small": (
            "dY/dW is taken for something small",
            "every output by every weight: that is why nobody builds it",
        ),
    },
)
def check_shapes(slip: Any, n: int, inputs: int, outputs: int) -> list[int]:
    """`shapes(n, inputs, outputs)` for Y = XW + b with n examples: eight whole numbers.

    Rows and columns of dL/dW, of dL/db (a single row), of dL/dX, and of the whole Jacobian dY/dW,
    with one row per number in Y and one column per number in W.
    """
    weight = [outputs, inputs] if slip("W transposed") else [inputs, outputs]
    bias = [n if slip("b per row") else 1, outputs]
    into = [n, outputs if slip("X like Y") else inputs]
    full = [outputs, inputs] if slip("small") else [n * outputs, inputs * outputs]
    return [*weight, *bias, *into, *full]


def _classifier_point(rng: random.Random) -> tuple[Any, ...]:
    n, inputs, hidden = rng.choice(((3, 2, 3), (4, 3, 2), (2, 2, 4)))
    targets = [float(rng.random() < 0.5) for _ in range(n)]
    return (
        matrix(rng, n, inputs),
        targets,
        matrix(rng, inputs, hidden),
        drawn(rng, hidden),
        drawn(rng, 1)[0],
    )


@exercise(
    "all gradients of the binary classifier",
    labels=("dL/dW1", "dL/dW2", "dL/db"),
    points=many(20, _classifier_point),
    level=3,
    slips={
        "sum": (
            "the 1/N of the mean is missing",
            "the mean over N examples divides every gradient by N",
        ),
        "sign": (
            "f - y has become y - f",
            "the gradient of the cross-entropy by the logit is f - y",
        ),
        "slope kept": (
            "the sigmoid's slope f*(1 - f) is still there",
            "with cross-entropy it cancels: f - y alone",
        ),
        "dead": ("dead hidden neurons get a gradient", "multiply with [xW₁ > 0]"),
        "gate by input": (
            "the gate looks at x, or takes h itself as its slope",
            "the slope of relu is 1 or 0, no number h",
        ),
        "no W2": (
            "W₂ is missing on the way back to W₁",
            "the error goes back by the weights: (f - y)W₂ᵀ",
        ),
        "bias mean": ("the bias gets only the first example's error", "it is used by all: add up"),
        "W2 by z": ("W₂'s gradient takes xW₁ before relu", "it multiplies h = max(0, xW₁)"),
    },
)
def check_classifier(slip: Any, X: Any, y: Any, W1: Any, W2: Any, b: float) -> list[Any]:
    """`gradient(X, y, W1, W2, b)`: [dL/dW1, dL/dW2, dL/db] of the binary classifier.

    f = sigmoid(max(0, xW1)·W2 + b) for each row x of X; L is the mean over the rows of
    -y*log(f) - (1 - y)*log(1 - f). W1 is a list of rows; W2 and y are plain lists.
    """
    Z = matmul(X, W1)
    H = [[max(z, 0.0) for z in row] for row in Z]
    f = [sigma(sum(h * w for h, w in zip(row, W2, strict=True)) + b) for row in H]
    scale = (1.0 if slip("sum") else 1.0 / len(X)) * (-1.0 if slip("sign") else 1.0)
    d = [
        scale * (p - t) * (p * (1.0 - p) if slip("slope kept") else 1.0)
        for p, t in zip(f, y, strict=True)
    ]
    weights = [1.0] * len(W2) if slip("no W2") else W2

    def gate(z: float) -> float:
        if slip("gate by input"):
            return z if slip("dead") else max(z, 0.0)
        return 1.0 if slip("dead") else float(z > 0.0)

    dZ = [
        [e * w * gate(z) for w, z in zip(weights, row, strict=True)]
        for e, row in zip(d, Z, strict=True)
    ]
    rows = Z if slip("W2 by z") else H
    dW2 = [sum(e * row[j] for e, row in zip(d, rows, strict=True)) for j in range(len(W2))]
    return [matmul(transpose(X), dZ), dW2, d[0] if slip("bias mean") else sum(d)]


def _two_matrices(rng: random.Random) -> tuple[Any, ...]:
    rows, columns = rng.choice(((3, 2), (2, 3), (1, 4)))
    return matrix(rng, rows, columns), matrix(rng, rows, columns)


@exercise(
    "half the mean of squares",
    points=many(10, lambda rng: _two_matrices(rng)),
    slips={
        "no m": (
            "x - c is not divided by m",
            "1/(2m) times the sum of squares has the gradient (x - c)/m",
        ),
        "two": ("the factor 2 has stayed", "it cancels against the 1/2"),
        "rows": ("you divide by the number of rows", "m counts all numbers"),
        "sign": (
            "c - x where x - c belongs",
            "a loss grows where the prediction moves away from the target",
        ),
    },
)
def check_half_squares(slip: Any, X: Any, C: Any) -> list[list[float]]:
    """`gradient(X, C)`: dL/dX of L = 1/(2m)·sum of (x - c)**2 over all m numbers, a list of
    rows.
    """
    m = len(X) if slip("rows") else len(X) * len(X[0])
    scale = (2.0 if slip("two") else 1.0) / (1 if slip("no m") else m)
    scale = -scale if slip("sign") else scale
    return [[scale * (x - c) for x, c in zip(a, b, strict=True)] for a, b in zip(X, C, strict=True)]
