"""Layers as texts write them: forward(input), then backward(upstream_gradient), on plain lists.

No engine is at work here. A batch is a list of rows, one per example, so the affine map is
Y = XW + b with W[i][j] from input i to output j. Each `backward` takes ∂L/∂output, keeps the
gradients of its own parameters and returns ∂L/∂input: together they are the chain rule, layer by
layer, and what they compute is a vector-Jacobian product; no Jacobian is ever built.

    X → Affine → Tanh → Affine → SoftmaxCrossEntropy → L
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Matrix = list[list[float]]


class Affine:
    """Y = XW + b, with ∂L/∂W = Xᵀ ∂L/∂Y, ∂L/∂b = the column sums of ∂L/∂Y, ∂L/∂X = ∂L/∂Y Wᵀ.

    >>> layer = Affine([[1.0, 2.0], [3.0, 4.0]], [0.5, -0.5])
    >>> layer.forward([[1.0, 1.0]])
    [[4.5, 5.5]]
    >>> layer.backward([[1.0, 0.0]])
    [[1.0, 3.0]]
    >>> layer.weight_gradient, layer.bias_gradient
    ([[1.0, 0.0], [1.0, 0.0]], [1.0, 0.0])
    """

    def __init__(self, weight: Matrix, bias: Sequence[float] | None = None) -> None:
        self.weight = [list(row) for row in weight]
        self.bias = [0.0] * len(self.weight[0]) if bias is None else list(bias)
        self.input: Matrix = []
        self.weight_gradient: Matrix = []
        self.bias_gradient: list[float] = []

    def forward(self, input: Matrix) -> Matrix:
        """XW + b; remembers X, which the weight's gradient needs."""
        self.input = input
        product = matmul(input, self.weight)
        return [[y + b for y, b in zip(row, self.bias, strict=True)] for row in product]

    def backward(self, upstream_gradient: Matrix) -> Matrix:
        """∂L/∂X; keeps the gradients of weight and bias."""
        self.weight_gradient = matmul(transpose(self.input), upstream_gradient)
        self.bias_gradient = [sum(column) for column in transpose(upstream_gradient)]
        return matmul(upstream_gradient, transpose(self.weight))


class Elementwise:
    """An activation: the same function of every number. ∂L/∂x = ∂L/∂y · f'(x)."""

    def __init__(self) -> None:
        self.input: Matrix = []
        self.output: Matrix = []

    def value(self, x: float) -> float:
        """f(x)."""
        raise NotImplementedError

    def slope(self, x: float, y: float) -> float:
        """f'(x), where y = f(x)."""
        raise NotImplementedError

    def forward(self, input: Matrix) -> Matrix:
        """f of every number; remembers inputs and outputs for the slopes."""
        self.input = input
        self.output = [[self.value(x) for x in row] for row in input]
        return self.output

    def backward(self, upstream_gradient: Matrix) -> Matrix:
        """The upstream gradient times the slope, number by number."""
        return [
            [g * self.slope(x, y) for g, x, y in zip(gs, xs, ys, strict=True)]
            for gs, xs, ys in zip(upstream_gradient, self.input, self.output, strict=True)
        ]


class ReLU(Elementwise):
    """max(0, x). The slope at 0 is 0: a choice, and the input is never shifted to avoid it."""

    def value(self, x: float) -> float:
        """max(0, x)."""
        return x if x > 0.0 else 0.0

    def slope(self, x: float, y: float) -> float:
        """1 where x is positive, else 0."""
        return 1.0 if x > 0.0 else 0.0


class Sigmoid(Elementwise):
    """1/(1 + exp(-x)), with slope y(1 - y)."""

    def value(self, x: float) -> float:
        """1/(1 + exp(-x)), in the form that cannot overflow."""
        small = math.exp(-abs(x))
        return 1.0 / (1.0 + small) if x >= 0.0 else small / (1.0 + small)

    def slope(self, x: float, y: float) -> float:
        """σ(x)·σ(-x): the same as y(1 - y), which loses all digits where y is near 1."""
        return y * self.value(-x)


class Tanh(Elementwise):
    """tanh(x), with slope 1 - y²."""

    def value(self, x: float) -> float:
        """tanh(x)."""
        return math.tanh(x)

    def slope(self, x: float, y: float) -> float:
        """1 - y², written (1 - y)(1 + y)."""
        return (1.0 - y) * (1.0 + y)


class MeanSquaredError:
    """Mean of (prediction - target)², or half of it with `half=True`, over all m numbers.

    The gradient is 2(prediction - target)/m; of 1/(2m)·Σ(...)² it is (prediction - target)/m,
    not prediction - target, as one reads now and then.

    >>> loss = MeanSquaredError(half=True)
    >>> loss.forward([[1.0, 3.0]], [[0.0, 0.0]]), loss.backward()
    (2.5, [[0.5, 1.5]])
    """

    def __init__(self, half: bool = False) -> None:
        self.factor = 0.5 if half else 1.0
        self.difference: Matrix = []

    def forward(self, input: Matrix, targets: Matrix) -> float:
        """The loss; remembers the differences."""
        self.difference = [
            [x - t for x, t in zip(xs, ts, strict=True)]
            for xs, ts in zip(input, targets, strict=True)
        ]
        return self.factor * sum(d * d for row in self.difference for d in row) / self._count()

    def backward(self, upstream_gradient: float = 1.0) -> Matrix:
        """∂L/∂prediction."""
        scale = upstream_gradient * 2.0 * self.factor / self._count()
        return [[scale * d for d in row] for row in self.difference]

    def _count(self) -> int:
        return len(self.difference) * len(self.difference[0])


class SoftmaxCrossEntropy:
    """Mean over the rows of -log softmax(row)[class], with gradient (softmax - one-hot)/rows.

    >>> loss = SoftmaxCrossEntropy()
    >>> round(loss.forward([[0.0, 0.0]], [1]), 6), loss.backward()
    (0.693147, [[0.5, -0.5]])
    """

    def __init__(self) -> None:
        self.probabilities: Matrix = []
        self.targets: list[int] = []

    def forward(self, input: Matrix, targets: Sequence[int]) -> float:
        """The loss; remembers the probabilities."""
        self.targets = list(targets)
        self.probabilities = []
        total = 0.0
        for row, target in zip(input, self.targets, strict=True):
            top = max(row)
            exps = [math.exp(x - top) for x in row]
            self.probabilities.append([e / sum(exps) for e in exps])
            total += top + math.log(sum(exps)) - row[target]
        return total / len(input)

    def backward(self, upstream_gradient: float = 1.0) -> Matrix:
        """∂L/∂logits."""
        scale = upstream_gradient / len(self.targets)
        return [
            [scale * (p - (1.0 if index == target else 0.0)) for index, p in enumerate(row)]
            for row, target in zip(self.probabilities, self.targets, strict=True)
        ]


def matmul(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product: rows of a times columns of b."""
    columns = transpose(b)
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a
    ]


def transpose(a: Matrix) -> Matrix:
    """Rows become columns."""
    return [list(column) for column in zip(*a, strict=True)]
