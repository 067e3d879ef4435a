"""A scalar GPT of 4 192 parameters: one layer, width 16, 4 heads, RMSNorm, relu; plain loops."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import autodiff as ad

WIDTH, HEADS, BLOCK, LETTERS, HIDDEN = 16, 4, 16, 27, 64
SHAPES = {
    "tokens": (LETTERS, WIDTH), "places": (BLOCK, WIDTH), "query": (WIDTH, WIDTH),
    "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH), "out": (WIDTH, WIDTH),
    "up": (HIDDEN, WIDTH), "down": (WIDTH, HIDDEN), "head": (LETTERS, WIDTH),
}  # fmt: skip
Matrix = list[list[Any]]


def start(seed: int = 42) -> dict[str, Matrix]:
    """Initial parameters as plain floats."""
    source = random.Random(seed)
    return {
        name: [[source.gauss(0.0, 0.08) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in SHAPES.items()
    }


def flat(model: dict[str, Matrix]) -> list[Any]:
    """All parameters in one list."""
    return [entry for matrix in model.values() for row in matrix for entry in row]


def linear(matrix: Matrix, xs: Sequence[Any]) -> list[Any]:
    """A matrix times a vector, as plain scalar code writes it."""
    return [sum([w * x for w, x in zip(row[1:], xs[1:], strict=True)], row[0] * xs[0])
            for row in matrix]  # fmt: skip


def normalised(xs: Sequence[Any]) -> list[Any]:
    """RMSNorm."""
    mean = sum([x * x for x in xs], 0.0) * (1.0 / len(xs))
    scale = (mean + 1e-5) ** -0.5
    return [x * scale for x in xs]


def softmax(xs: Sequence[Any]) -> list[Any]:
    """Softmax as plain scalar code writes it; the logits here are small."""
    powers = [ad.exp(x) for x in xs]
    total = sum(powers[1:], powers[0])
    return [power / total for power in powers]


def loss_of(model: dict[str, Matrix], letters: Sequence[Any]) -> Any:
    """Mean cross-entropy of the next letter; letters are numbers from 0 to 26."""
    columns = list(zip(*model["tokens"], strict=True))
    keys: list[list[Any]] = []
    values: list[list[Any]] = []
    losses = []
    size = WIDTH // HEADS
    for place in range(len(letters) - 1):
        x = [ad.take(column, letters[place]) for column in columns]
        x = [a + b for a, b in zip(x, model["places"][place], strict=True)]
        x = normalised(x)
        residual, x = x, normalised(x)
        query = linear(model["query"], x)
        keys.append(linear(model["key"], x))
        values.append(linear(model["value"], x))
        attended: list[Any] = []
        for head in range(HEADS):
            part = slice(head * size, head * size + size)
            scores = [
                sum([a * b for a, b in zip(query[part], key[part], strict=True)], 0.0) * size**-0.5
                for key in keys
            ]
            weights = softmax(scores)
            for entry in range(part.start, part.stop):
                terms = zip(weights, values, strict=True)
                attended.append(sum([w * value[entry] for w, value in terms], 0.0))
        x = [a + b for a, b in zip(linear(model["out"], attended), residual, strict=True)]
        residual, x = x, normalised(x)
        hidden = [ad.relu(h) for h in linear(model["up"], x)]
        x = [a + b for a, b in zip(linear(model["down"], hidden), residual, strict=True)]
        probabilities = softmax(linear(model["head"], x))
        losses.append(-ad.log(ad.take(probabilities, letters[place + 1])))
    return sum(losses, 0.0) * (1.0 / len(losses))
