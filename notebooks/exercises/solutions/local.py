"""Local derivatives: solutions, one function per operand."""

from __future__ import annotations

import math
from collections.abc import Callable


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
