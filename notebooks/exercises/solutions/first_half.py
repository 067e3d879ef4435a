"""Solutions of the lessons up to softmax. A function has the name of its checker."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import Any

Rows = list[list[float]]


def nest(x: float) -> float:
    u = math.sin(x**2)
    return 1 / (2 * math.sqrt(1 + u)) * math.cos(x**2) * 2 * x


def slide(k: int) -> float:
    return -math.log((2 * k + 0.5) * math.pi)


def rounding(x: float, digits: int) -> list[float]:
    def slope(b: float) -> float:
        return -2 / math.sin(b) ** 2 * math.cos(b) * b * -1

    b = math.exp(-x)
    near = round(b, digits)
    return [near - b, slope(near) - slope(b)]


def local_and_whole(p: float, q: float) -> list[float]:
    r = p + q
    return [r, r + q * 1, q * 1]


def count_paths(root: Any, leaf: Any, parents: Any) -> int:
    known: dict[int, int] = {id(leaf): 1}

    def ways(node: Any) -> int:
        if id(node) not in known:
            known[id(node)] = sum(ways(each) for each in parents(node))
        return known[id(node)]

    return ways(root)


def eager(root: Any) -> None:
    order: list[Any] = []
    seen: set[int] = set()

    def visit(node: Any) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    root.grad = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.locals, strict=True):
            parent.grad += local * node.grad


def two_paths(x: float, y: float) -> list[float]:
    return [2 * x * math.sin(y) - y, x * x * math.cos(y) - x]


def gates(x: float, y: float, g: float) -> list[float]:
    return [g, g, g * y, g * x, g if x > y else 0.0, g if y > x else 0.0]


def tanh_pieces(x: float) -> list[float]:
    e = math.exp(2 * x)
    by_n, by_d = 1 / (e + 1), -(e - 1) / (e + 1) ** 2
    by_e = by_n * 1 + by_d * 1
    return [by_n, by_d, by_e, by_e * e * 2]


def circuit(a: float, b: float, c: float) -> list[float]:
    m = max(b, c)
    return [m, m + (a + b if b > c else 0.0), a + b if c > b else 0.0]


def rules(e: Any) -> Any:
    if e == "x":
        return 1.0
    if isinstance(e, float):
        return 0.0
    name, u = e[0], e[1]
    if name == "+":
        return ("+", rules(u), rules(e[2]))
    if name == "*":
        return ("+", ("*", rules(u), e[2]), ("*", u, rules(e[2])))
    if name == "log":
        return ("/", rules(u), u)
    return ("*", ("-", 1.0, ("**", e, 2.0)), rules(u))


def difference(f: Any, x: float, h: float) -> float:
    return float((f(x + h) - f(x - h)) / (2 * h))


def best_step(f: float, second: float, third: float, eps: float) -> list[float]:
    return [(4 * eps * f / second) ** 0.5, (3 * eps * f / third) ** (1 / 3)]


def complex_step(x: float) -> float:
    z = x + 1e-20j
    return (cmath.exp(z) * z).imag / 1e-20


class Dual:
    def __init__(self, value: float, slope: float = 0.0) -> None:
        self.value = value
        self.slope = slope

    def __add__(self, other: Any) -> Dual:
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Any) -> Dual:
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self) -> Dual:
        """The hyperbolic tangent."""
        t = math.tanh(self.value)
        return Dual(t, (1 - t * t) * self.slope)


dual = Dual


def sweeps(inputs: int, outputs: int) -> list[int]:
    return [inputs, outputs]


def products(J: Rows, v: list[float], u: list[float]) -> list[list[float]]:
    forward = [sum(a * b for a, b in zip(row, v, strict=True)) for row in J]
    backward = [
        sum(a * b for a, b in zip(column, u, strict=True)) for column in zip(*J, strict=True)
    ]
    return [forward, backward]


def neuron(ws: Sequence[Any], xs: Sequence[Any], b: Any) -> Any:
    total = b
    for w, x in zip(ws, xs, strict=True):
        total = total + w * x
    return total.tanh()


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def three_layers(x: float, y: float, theta: Sequence[float], b: Sequence[float]) -> list[float]:
    z1 = theta[0] * x + b[0]
    h1 = max(z1, 0.0)
    z2 = theta[1] * h1 + b[1]
    h2 = max(z2, 0.0)
    p = _sigmoid(theta[2] * h2 + b[2])
    d3 = 2 * (p - y) * p * (1 - p)  # dC/dz3: every path begins with it
    d2 = d3 * theta[2] * (z2 > 0)
    d1 = d2 * theta[1] * (z1 > 0)
    return [d1 * x, d2 * h1, d3 * h2, d1, d2, d3]


def tanh_layers(x: float, y: float, theta: Sequence[float], b: Sequence[float]) -> list[float]:
    h1 = math.tanh(theta[0] * x + b[0])
    h2 = math.tanh(theta[1] * h1 + b[1])
    p = math.tanh(theta[2] * h2 + b[2])
    d3 = 2 * (p - y) * (1 - p**2)
    d2 = d3 * theta[2] * (1 - h2**2)
    d1 = d2 * theta[1] * (1 - h1**2)
    return [d1 * x, d2 * h1, d3 * h2, d1, d2, d3, d1 * theta[0]]


def two_hidden(x: float, y: float, w: Any, b: Any, v: Any, c: float) -> list[float]:
    h1, h2 = math.tanh(w[0] * x + b[0]), math.tanh(w[1] * x + b[1])
    e = 2 * (v[0] * h1 + v[1] * h2 + c - y)  # dC/dp
    d1, d2 = e * v[0] * (1 - h1**2), e * v[1] * (1 - h2**2)
    return [d1 * x, d2 * x, d1, d2, e * h1, e * h2, e, d1 * w[0] + d2 * w[1]]


def sigmoid_slope(x: float) -> list[float]:
    u = math.exp(-x)
    s = 1 / (1 + u)
    return [-u, 1, -(s**2), s * (1 - s)]


def three_zeros() -> tuple[Any, ...]:
    # The first neuron is dead: theta1 and b1 hear nothing, theta2 multiplies h1 = 0.
    return 1.0, 1.0, [1.0, 1.0, 1.0], [-2.0, 1.0, 0.0]


def outer(x: list[float], g: list[float]) -> Rows:
    return [[a * b for b in g] for a in x]


def _times(A: Rows, B: Rows) -> Rows:
    return [
        [sum(a * b[j] for a, b in zip(row, B, strict=True)) for j in range(len(B[0]))] for row in A
    ]


def _turned(A: Rows) -> Rows:
    return [list(column) for column in zip(*A, strict=True)]


def affine(X: Rows, W: Rows, G: Rows) -> list[Any]:
    return [
        _times(_turned(X), G),
        [sum(column) for column in zip(*G, strict=True)],
        _times(G, _turned(W)),
    ]


def shapes(n: int, inputs: int, outputs: int) -> list[int]:
    return [inputs, outputs, 1, outputs, n, inputs, n * outputs, inputs * outputs]


def classifier(X: Rows, y: list[float], W1: Rows, W2: list[float], b: float) -> list[Any]:
    inputs, hidden = len(W1), len(W2)
    dW1, dW2, db = [[0.0] * hidden for _ in range(inputs)], [0.0] * hidden, 0.0
    for x, target in zip(X, y, strict=True):
        z = [sum(x[i] * W1[i][j] for i in range(inputs)) for j in range(hidden)]
        f = _sigmoid(sum(max(z[j], 0.0) * W2[j] for j in range(hidden)) + b)
        error = (f - target) / len(X)
        db += error
        for j in range(hidden):
            dW2[j] += error * max(z[j], 0.0)
            if z[j] > 0:
                for i in range(inputs):
                    dW1[i][j] += error * W2[j] * x[i]
    return [dW1, dW2, db]


def half_squares(X: Rows, C: Rows) -> Rows:
    m = sum(len(row) for row in X)
    return [[(x - c) / m for x, c in zip(a, b, strict=True)] for a, b in zip(X, C, strict=True)]


def jacobian(x: list[float], W: Rows) -> Rows:
    y = [math.tanh(sum(a * row[j] for a, row in zip(x, W, strict=True))) for j in range(len(W[0]))]
    return [[(1 - y[j] ** 2) * W[i][j] for i in range(len(x))] for j in range(len(y))]


def elementwise(x: list[float], g: list[float]) -> list[float]:
    return [_sigmoid(a) * (1 - _sigmoid(a)) * b for a, b in zip(x, g, strict=True)]


def _softmax(z: list[float]) -> list[float]:
    powers = [math.exp(each - max(z)) for each in z]
    return [each / sum(powers) for each in powers]


def softmax_layer(z: list[float], g: list[float]) -> list[float]:
    p = _softmax(z)
    mean = sum(a * b for a, b in zip(p, g, strict=True))
    return [a * (b - mean) for a, b in zip(p, g, strict=True)]


def size(inputs: int, outputs: int) -> list[int]:
    return [outputs * inputs * outputs, inputs * outputs]


def training_loop(value: Any, xs: Any, ys: Any, steps: int, rate: float) -> tuple[float, float]:
    w, b = 0.0, 0.0
    for _ in range(steps):
        weight, bias = value(w), value(b)
        loss = sum((weight * x + bias - y) ** 2 for x, y in zip(xs, ys, strict=True))
        (loss * (1.0 / len(xs))).backward()
        w, b = w - rate * weight.grad, b - rate * bias.grad
    return w, b


def loops(letter: str) -> str:
    return {"a": "kept", "b": "climbs", "c": "sum", "d": "b rests"}[letter]


def steepest(gx: float, gy: float) -> list[float]:
    angles = [math.radians(30 * k) for k in range(12)]
    slopes = [gx * math.cos(a) + gy * math.sin(a) for a in angles]
    return [slopes.index(min(slopes)), min(slopes)]


def momentum(x: float, steps: int, rate: float, momentum: float) -> list[float]:
    v = 0.0
    for _ in range(steps):
        v = momentum * v + 2 * x
        x = x - rate * v
    return [x, v]


def chain(ws: list[float], x: float) -> float:
    gradient = 1.0
    for w in ws:
        x = math.tanh(w * x)
        gradient *= w * (1 - x**2)
    return gradient


def depth(factor: float, threshold: float) -> int:
    layers, left = 0, 1.0
    while left >= threshold:
        layers, left = layers + 1, left * factor
    return layers


def residual(x: float, w: float) -> list[float]:
    slope = 1 - math.tanh(w * x) ** 2
    return [1 + slope * w, slope * x]


def clip(gradient: list[float], limit: float) -> list[float]:
    length = math.sqrt(sum(g * g for g in gradient))
    return [g * min(1.0, limit / length) for g in gradient]


def softmax_cross_entropy(logits: list[float], target: int) -> list[float]:
    found = _softmax(logits)
    found[target] -= 1
    return found


def two_classes(o1: float, o2: float) -> list[float]:
    p = math.exp(o1) / (math.exp(o1) + math.exp(o2))
    return [o1 - o2, p, p * (1 - p), -p * (1 - p)]


def soft_targets(logits: list[float], t: list[float]) -> list[Any]:
    p = _softmax(logits)
    loss = -sum(a * math.log(b) for a, b in zip(t, p, strict=True))
    return [loss, [b - a for a, b in zip(t, p, strict=True)]]


def logsumexp(z: list[float]) -> float:
    top = max(z)
    return top + math.log(sum(math.exp(each - top) for each in z))


def squares(z: float) -> list[float]:
    p = _sigmoid(z)
    return [2 * (p - 1) * p * (1 - p), p - 1]
