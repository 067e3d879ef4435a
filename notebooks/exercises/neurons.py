"""Lesson "neurons, layers, networks": one neuron, and gradients of small nets by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import autodiff
from exercises.engine import Slip, exercise
from exercises.local import sigma
from exercises.points import drawn, many
from exercises.result import Wrong
from exercises.running import is_value
from exercises.values import Engine


def _neuron_point(rng: random.Random) -> tuple[Any, ...]:
    size = rng.choice((1, 2, 2, 3, 4))
    return drawn(rng, size), drawn(rng, size), drawn(rng, 1)[0]


def _run_neuron(value: Any, neuron: Any, ws: Any, xs: Any, b: float) -> dict[str, float]:
    leaves = [value(number) for number in (*ws, *xs, b)]
    size = len(ws)
    result = neuron(leaves[:size], leaves[size:-1], leaves[-1])
    if not is_value(result, value):
        raise Wrong(
            f"the result is a {type(result).__name__}, not a Value",
            "compute with the Values themselves; .data would lose the gradient",
        )
    result.backward()
    names = [f"the gradient of {kind}[{i}]" for kind in ("w", "x") for i in range(size)]
    grads = zip([*names, "the gradient of b"], leaves, strict=True)
    return {"the value": result.data, **{name: leaf.grad for name, leaf in grads}}


@exercise(
    "neuron",
    points=many(12, _neuron_point),
    praise="A layer is a list of these.",
    ask=lambda neuron, *point: _run_neuron(autodiff.Value, neuron, *point),
    slips={
        "no tanh": ("that is the sum before tanh", "apply .tanh() to the sum"),
        "no bias": ("the bias is missing", "add b to the sum of the products"),
        "bias outside": ("the bias is added after tanh", "add b inside: tanh(sum + b)"),
        "first pair": (
            "only the first weight and input are used",
            "multiply each w with its own x, and add all products",
        ),
        "turned": (
            "the weights are paired with the inputs in reverse order",
            "multiply each w with its own x",
        ),
        "sums": (
            "the sums are multiplied, not the pairs",
            "multiply each w with its own x, then add",
        ),
        "x.data": ("the inputs are used by .data: their gradient is lost", "use each Value itself"),
    },
    hint="multiply each w with its own x, add the products and b, then tanh",
)
def check_neuron(slip: Any, ws: Any, xs: Any, b: Any) -> dict[str, float]:
    """`neuron(ws, xs, b)` is tanh(w0*x0 + w1*x1 + ... + b), for lists of Values of any length."""

    def neuron(ws: Any, xs: Any, b: Any) -> Any:
        if slip("x.data"):
            xs = [Engine(x.data) for x in xs]
        if slip("first pair"):
            ws, xs = ws[:1], xs[:1]
        if slip("turned"):
            ws = ws[::-1]
        zero = Engine(0.0)
        total = sum((w * x for w, x in zip(ws, xs, strict=True)), zero)
        if slip("sums"):
            total = sum(ws, zero) * sum(xs, zero)
        inside = total if slip("no bias") or slip("bias outside") else total + b
        result = inside if slip("no tanh") else inside.tanh()
        return result + b if slip("bias outside") and not slip("no bias") else result

    return _run_neuron(Engine, neuron, ws, xs, b)


# ---- three layers of one neuron ----------------------------------------------------------------

_NET: dict[str, Slip] = {
    "factor": ("the factor 2 of the square is missing", "dC/dp = 2*(p - y)"),
    "sign": ("the error has the wrong sign", "C = (p - y)**2 gives 2*(p - y), not 2*(y - p)"),
    "slope": (
        "the slope of the last activation is missing from the path",
        "p*(1 - p) for a sigmoid",
    ),
    "inputs": ("every weight is multiplied with x", "theta2 and theta3 multiply h1 and h2"),
    "weights": ("the weights are missing from the paths between layers", "dz2/dh1 = theta2"),
}
_THETA = [f"dC/d{name}{n}" for name in ("theta", "b") for n in (1, 2, 3)]


def _three_points(rng: random.Random) -> list[tuple[Any, ...]]:
    points: list[tuple[Any, ...]] = [(1.5, 1.0, [0.8, -0.6, 1.2], [0.1, 1.0, -0.3])]  # alive
    for _ in range(40):  # many with a dead relu in one of the layers
        draw = drawn(rng, 7, -1.5, 1.5)
        points.append((draw[0], float(rng.random() < 0.5), draw[1:4], draw[4:7]))
    return points


@exercise(
    "three layers by hand",
    points=_three_points,
    level=2,
    labels=_THETA,
    hint="go from C backwards: the last layer first (dC/db3), then each earlier path is the one "
    "before it, times a weight and a slope",
    praise="With dead neurons, too.",
    slips={
        **_NET,
        "dead": ("a dead relu passes its gradient on", "its local derivative is 0 where z <= 0"),
        "exchanged": ("theta and b are exchanged", "first the three by theta, then the three by b"),
    },
)
def check_three_layers(slip: Any, x: float, y: float, theta: Any, b: Any) -> list[float]:
    """`gradient(x, y, theta, b)`: the six partials of C for the net of three neurons.

    z1 = theta1*x + b1, h1 = relu(z1); z2 = theta2*h1 + b2, h2 = relu(z2);
    z3 = theta3*h2 + b3, p = sigmoid(z3); C = (p - y)**2. theta and b are lists of three. Return
    the six numbers (dC/dtheta1, dC/dtheta2, dC/dtheta3, dC/db1, dC/db2, dC/db3).
    """
    z1 = theta[0] * x + b[0]
    h1 = max(z1, 0.0)
    z2 = theta[1] * h1 + b[1]
    h2 = max(z2, 0.0)
    p = sigma(theta[2] * h2 + b[2])
    slopes = [1.0 if slip("dead") else float(z > 0.0) for z in (z1, z2)]
    slopes.append(1.0 if slip("slope") else p * (1.0 - p))
    weights, biases, _ = _back(slip, x, y, theta, [h1, h2, p], slopes)
    return biases + weights if slip("exchanged") else weights + biases


def _back(
    slip: Any,
    x: float,
    y: float,
    theta: Sequence[float],
    h: Sequence[float],
    slopes: Sequence[float],
) -> tuple[list[float], list[float], float]:
    """The gradients of a row of neurons: weights, biases and input."""
    up = (1.0 if slip("factor") else 2.0) * (h[-1] - y) * (-1.0 if slip("sign") else 1.0)
    weights: list[float] = []
    biases: list[float] = []
    for n in (2, 1, 0):
        delta = up * slopes[n]
        into = x if n == 0 or slip("inputs") else h[n - 1]
        weights.insert(0, delta * into)
        biases.insert(0, delta)
        up = delta * (1.0 if slip("weights") else theta[n])
    return weights, biases, up


@exercise(
    "three layers with tanh",
    points=_three_points,
    level=2,
    labels=[*_THETA, "dC/dx"],
    slips={
        **_NET,
        "tanh input": ("tanh's slope squares the pre-activation z", "1 - h*h: the output"),
        "no dC/dx weight": ("dC/dx lacks the first weight", "dz1/dx = theta1"),
    },
)
def check_tanh_layers(slip: Any, x: float, y: float, theta: Any, b: Any) -> list[float]:
    """`gradient(x, y, theta, b)`: seven partials, for the net of three neurons with tanh.

    z1 = theta1*x + b1, h1 = tanh(z1), and so on to p = tanh(z3); C = (p - y)**2. Return dC/dtheta
    (three), dC/db (three), and dC/dx.
    """
    h, zs = [], []
    last = x
    for weight, bias in zip(theta, b, strict=True):
        zs.append(weight * last + bias)
        last = math.tanh(zs[-1])
        h.append(last)
    slopes = [1.0 - (z if slip("tanh input") else t) ** 2 for z, t in zip(zs, h, strict=True)]
    if slip("slope"):
        slopes[2] = 1.0
    weights, biases, by_x = _back(slip, x, y, theta, h, slopes)
    return [*weights, *biases, biases[0] if slip("no dC/dx weight") else by_x]


@exercise(
    "two hidden neurons",
    level=3,
    points=many(
        20,
        lambda rng: (
            drawn(rng, 1)[0],
            drawn(rng, 1)[0],
            drawn(rng, 2),
            drawn(rng, 2),
            drawn(rng, 2),
            drawn(rng, 1)[0],
        ),
    ),
    labels=["dC/dw1", "dC/dw2", "dC/db1", "dC/db2", "dC/dv1", "dC/dv2", "dC/dc", "dC/dx"],
    slips={
        "factor": _NET["factor"],
        "sign": _NET["sign"],
        "one path": (
            "x reaches C by both neurons, and only the first is counted",
            "add the two contributions",
        ),
        "no v": ("the outer weights v are missing from the paths to w, b and x", "dp/dh = v"),
        "tanh": ("the slope of tanh is missing", "dh/dz = 1 - h*h"),
        "cross": ("each neuron takes the other one's outer weight", "h1 goes out by v1, h2 by v2"),
        "bias": ("the bias gets the input as a factor, too", "dz/db = 1"),
    },
)
def check_two_hidden(
    slip: Any, x: float, y: float, w: Any, b: Any, v: Any, c: float
) -> list[float]:
    """`gradient(x, y, w, b, v, c)`: the eight partials of a net of two hidden neurons.

    h1 = tanh(w1*x + b1), h2 = tanh(w2*x + b2), p = v1*h1 + v2*h2 + c, C = (p - y)**2. Return
    [dC/dw1, dC/dw2, dC/db1, dC/db2, dC/dv1, dC/dv2, dC/dc, dC/dx].
    """
    h = [math.tanh(w[i] * x + b[i]) for i in (0, 1)]
    up = (v[0] * h[0] + v[1] * h[1] + c - y) * (1.0 if slip("factor") else 2.0)
    up = -up if slip("sign") else up
    out = [1.0, 1.0] if slip("no v") else v[::-1] if slip("cross") else v
    d = [up * out[i] * (1.0 if slip("tanh") else 1.0 - h[i] ** 2) for i in (0, 1)]
    by_x = d[0] * w[0] + (0.0 if slip("one path") else d[1] * w[1])
    bias = [each * (x if slip("bias") else 1.0) for each in d]
    return [d[0] * x, d[1] * x, *bias, up * h[0], up * h[1], up, by_x]


@exercise(
    "the slope of the sigmoid",
    points=many(20, lambda rng: tuple(drawn(rng, 1, -4.0, 4.0))),
    labels=("∂u/∂x", "∂d/∂u", "∂s/∂d", "ds/dx"),
    slips={
        "minus x": ("u = exp(-x) gets the slope +u", "the inner function -x brings a minus"),
        "power": ("the slope of 1/d has no square", "d**-1 has the slope -d**-2"),
        "sign": ("the slope of 1/d has no minus", "d**-1 has the slope -d**-2"),
        "product": (
            "ds/dx is not the product of the steps",
            "multiply all along the only path: s*(1 - s)",
        ),
    },
)
def check_sigmoid_slope(slip: Any, x: float) -> list[float]:
    """`slopes(x)` for s = 1/d, d = 1 + u, u = exp(-x): [∂u/∂x, ∂d/∂u, ∂s/∂d, ds/dx].

    Then see that the last one is s*(1 - s).
    """
    u = math.exp(-x)
    d = 1.0 + u
    by_x = u if slip("minus x") else -u
    by_d = (1.0 if slip("sign") else -1.0) / (d if slip("power") else d * d)
    return [by_x, 1.0, by_d, by_x + by_d if slip("product") else by_x * by_d]


def _zeros(answer: Any) -> list[float]:
    x, y, theta, b = answer()
    partials = check_three_layers.solution()(x, y, list(theta), list(b))
    return [float(sum(abs(each) < 1e-12 for each in partials))]


@exercise(
    "exactly three zeros",
    points=lambda rng: [()],
    level=3,
    ask=_zeros,
    labels=("the number of partials that are 0",),
    hint="kill the first neuron, and count; then think of x, and of a neuron that puts out 0",
    slips={
        "two": (
            "a dead first neuron alone stops theta1, b1 and, because h1 is 0, theta2",
            "count again",
        ),
        "all": (
            "with a dead second neuron only b3 is left",
            "kill the first, and keep the second alive by b2",
        ),
    },
)
def check_three_zeros(slip: Any) -> list[float]:
    """`choose()` gives (x, y, theta, b) so that exactly three of the six partials are zero.

    The net is that of "three layers by hand".
    """
    return [5.0 if slip("all") else 2.0 if slip("two") else 3.0]
