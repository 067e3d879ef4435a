"""Derivatives by hand, softmax with cross-entropy, the training loop: solutions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


#: One function per operand.
LOCAL_DERIVATIVES: dict[str, list[Callable[..., float]]] = {
    "add": [lambda x, y: 1.0, lambda x, y: 1.0],
    "sub": [lambda x, y: 1.0, lambda x, y: -1.0],
    "mul": [lambda x, y: y, lambda x, y: x],
    "div": [lambda x, y: 1.0 / y, lambda x, y: -x / y**2],
    "square": [lambda x: 2.0 * x],
    "reciprocal": [lambda x: -1.0 / x**2],
    "exp": [lambda x: math.exp(x)],
    "log": [lambda x: 1.0 / x],
    "sqrt": [lambda x: 0.5 / math.sqrt(x)],
    "sin": [lambda x: math.cos(x)],
    "cos": [lambda x: -math.sin(x)],
    "tanh": [lambda x: 1.0 - math.tanh(x) ** 2],
    "sigmoid": [lambda x: _sigmoid(x) * (1.0 - _sigmoid(x))],
    "relu": [lambda x: 1.0 if x > 0.0 else 0.0],
}


def three_layers(
    x: float, y: float, theta: Sequence[float], b: Sequence[float]
) -> tuple[float, ...]:
    """The six partials of the net of three neurons, from the last layer to the first."""
    z1 = theta[0] * x + b[0]
    h1 = max(z1, 0.0)
    z2 = theta[1] * h1 + b[1]
    h2 = max(z2, 0.0)
    p = _sigmoid(theta[2] * h2 + b[2])
    d3 = 2.0 * (p - y) * p * (1.0 - p)  # dC/dz3: every path begins with it
    d2 = d3 * theta[2] * (1.0 if z2 > 0.0 else 0.0)  # dC/dz2
    d1 = d2 * theta[1] * (1.0 if z1 > 0.0 else 0.0)  # dC/dz1
    return d1 * x, d2 * h1, d3 * h2, d1, d2, d3


def softmax_cross_entropy(logits: Sequence[float], target: int) -> list[float]:
    """softmax - 1 at the target, softmax elsewhere."""
    largest = max(logits)
    powers = [math.exp(z - largest) for z in logits]
    total = sum(powers)
    return [power / total - (1.0 if i == target else 0.0) for i, power in enumerate(powers)]


def train(
    value: Any, xs: Sequence[float], ys: Sequence[float], steps: int, rate: float
) -> tuple[float, float]:
    """Gradient descent on the mean of (w*x + b - y)**2, with new Values in each step."""
    w, b = 0.0, 0.0
    for _ in range(steps):
        weight, bias = value(w), value(b)
        loss = sum((weight * x + bias - y) ** 2 for x, y in zip(xs, ys, strict=True))
        loss = loss * (1.0 / len(xs))
        loss.backward()
        w, b = w - rate * weight.grad, b - rate * bias.grad
    return w, b
