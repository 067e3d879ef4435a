"""Derivatives by hand: local ones, and the gradient of a net of three layers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import autodiff
from exercises.compare import close, shown
from exercises.limits import attempt
from exercises.result import Result, Wrong, wrong

Function = Callable[..., Any]

#: The operations to differentiate, as functions that work on floats and on Values.
OPERATIONS: dict[str, Function] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1.0 / x,
    "exp": autodiff.exp,
    "log": autodiff.log,
    "sqrt": autodiff.sqrt,
    "sin": autodiff.sin,
    "cos": autodiff.cos,
    "tanh": autodiff.tanh,
    "sigmoid": autodiff.sigmoid,
    "relu": autodiff.relu,
}
_POSITIVE = frozenset({"log", "sqrt"})


def _s(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


#: Typical wrong answers: (operation, operand), the answer, what to say about it.
_SLIPS: dict[tuple[str, int], list[tuple[Function, str]]] = {
    ("sub", 1): [(lambda x, y: 1.0, "y enters with a minus: when y grows, x - y falls")],
    ("mul", 0): [(lambda x, y: x, "for x*y with y held fixed, the slope in x is y")],
    ("mul", 1): [(lambda x, y: y, "for x*y with x held fixed, the slope in y is x")],
    ("div", 0): [(lambda x, y: y, "x/y is x times 1/y: that factor is the slope")],
    ("div", 1): [
        (lambda x, y: -1.0 / (y * y), "the numerator x stays as a factor: -x/y**2"),
        (lambda x, y: 1.0 / x, "y stands below: write x*y**-1 and lower the exponent"),
    ],
    ("square", 0): [(lambda x: x, "x*x uses x twice: each use contributes x")],
    ("reciprocal", 0): [(lambda x: math.log(abs(x)), "that is the integral of 1/x")],
    ("exp", 0): [(lambda x: x * math.exp(x - 1), "the power rule is for x**n; here x is above")],
    ("log", 0): [(lambda x: math.exp(x), "that is the inverse function, not the derivative")],
    ("sqrt", 0): [
        (lambda x: 0.5 * math.sqrt(x), "the exponent goes down by one: 0.5*x**-0.5"),
        (lambda x: 1.0 / math.sqrt(x), "the factor 1/2 of the exponent is missing"),
    ],
    ("tanh", 0): [
        (lambda x: 1.0 - x * x, "square the output, not the input: 1 - tanh(x)**2"),
        (lambda x: 1.0 - math.tanh(x), "the output has to be squared: 1 - tanh(x)**2"),
    ],
    ("sigmoid", 0): [
        (lambda x: x * (1.0 - x), "use the output: with s = sigmoid(x) it is s*(1 - s)"),
        (lambda x: 1.0 - _s(x), "a factor is missing: with s = sigmoid(x) it is s*(1 - s)"),
    ],
    ("relu", 0): [
        (lambda x: max(x, 0.0), "that is relu itself; its slope is 1 or 0"),
        (lambda x: 1.0, "for x < 0 the output does not move: the slope there is 0"),
    ],
}


def check_local_derivatives(name: str, *derivatives: Function) -> Result:
    """One function of floats per operand: the derivative of the operation by that operand.

    `name` is one of OPERATIONS. For z = x*y: check_local_derivatives("mul", lambda x, y: y,
    lambda x, y: x).
    """
    exercise = f"local derivatives of {name}"
    try:
        if name not in OPERATIONS:
            raise Wrong(f"there is no operation {name!r}", f"one of {', '.join(OPERATIONS)}")
        count = _arity(name)
        if len(derivatives) != count:
            raise Wrong(
                f"got {len(derivatives)} functions for {count} operand{'s' * (count > 1)}",
                "one derivative per operand, in the order of the operands",
            )
        rng = random.Random(0)
        points = [_point(rng, name, count) for _ in range(25)]
        for operand, derivative in enumerate(derivatives):
            _check_local(name, operand, derivative, points)
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "right at 25 random points")


def _arity(name: str) -> int:
    return 2 if name in ("add", "sub", "mul", "div") else 1


def _point(rng: random.Random, name: str, count: int) -> list[float]:
    low = 0.1 if name in _POSITIVE else -2.5
    return [round(rng.uniform(low, 2.5), 2) or 0.5 for _ in range(count)]


def _right(name: str, operand: int, point: Sequence[float]) -> float:
    values = [autodiff.Value(number) for number in point]
    OPERATIONS[name](*values).backward()
    return values[operand].grad


def _check_local(name: str, operand: int, derivative: Function, points: list[list[float]]) -> None:
    letter = "xy"[operand]
    found = [attempt(f"your derivative by {letter}", derivative, *point) for point in points]
    right = [_right(name, operand, point) for point in points]
    failed = [i for i, number in enumerate(found) if not close(number, right[i])]
    if not failed:
        return
    where = ", ".join(f"{n} = {v:g}" for n, v in zip("xy", points[failed[0]], strict=False))
    message = (
        f"by {letter} at {where} you give {shown(found[failed[0]])}, right is "
        f"{shown(right[failed[0]])} (a small step in {letter} shows it)"
    )
    if all(close(number, -right[i]) for i, number in enumerate(found)):
        raise Wrong(f"{message}; only the sign is wrong", f"does z grow or fall with {letter}?")
    for slip, advice in _SLIPS.get((name, operand), []):
        if all(close(n, slip(*point)) for n, point in zip(found, points, strict=True)):
            raise Wrong(message, advice)
    forward = [autodiff.Value(0.0) + OPERATIONS[name](*point) for point in points]
    if all(close(n, z.data) for n, z in zip(found, forward, strict=True)):
        raise Wrong(f"{message}; that is {name} itself", "asked is its slope, not its value")
    if len(failed) < len(points) / 2:
        raise Wrong(f"{message}; elsewhere it is right", "look at signs and at special cases")
    raise Wrong(message, f"hold the other operand fixed and ask how z changes with {letter}")


Six = tuple[float, ...]


def check_three_layers(gradient: Callable[[float, float, Any, Any], Any]) -> Result:
    """`gradient(x, y, theta, b)`: the six partials of C for the net of three neurons.

    z1 = theta1*x + b1, h1 = relu(z1); z2 = theta2*h1 + b2, h2 = relu(z2);
    z3 = theta3*h2 + b3, p = sigmoid(z3); C = (p - y)**2. theta and b are lists of three. Return
    the six numbers (dC/dtheta1, dC/dtheta2, dC/dtheta3, dC/db1, dC/db2, dC/db3).
    """
    exercise = "three layers by hand"
    rng = random.Random(0)
    points = [(1.5, 1.0, [0.8, -0.6, 1.2], [0.1, 1.0, -0.3])]  # alive
    for _ in range(40):  # many of them with a dead relu in one of the layers
        draw = [round(rng.uniform(-1.5, 1.5), 2) for _ in range(7)]
        points.append((draw[0], float(rng.random() < 0.5), draw[1:4], draw[4:7]))
    try:
        for x, y, theta, b in points:
            _check_three(gradient, x, y, theta, b)
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, "right for 41 nets, with dead neurons too")


def net_gradient(
    x: float, y: float, theta: Sequence[float], b: Sequence[float], *,
    factor: float = 2.0, slope: bool = True, dead: bool = True, inputs: bool = True,
    weights: bool = True,
) -> Six:  # fmt: skip
    """The six partials; each option switched off leaves out what learners leave out."""
    z1 = theta[0] * x + b[0]
    h1 = max(z1, 0.0)
    z2 = theta[1] * h1 + b[1]
    h2 = max(z2, 0.0)
    p = _s(theta[2] * h2 + b[2])
    d3 = factor * (p - y) * (p * (1.0 - p) if slope else 1.0)
    d2 = d3 * (theta[2] if weights else 1.0) * (float(z2 > 0.0) if dead else 1.0)
    d1 = d2 * (theta[1] if weights else 1.0) * (float(z1 > 0.0) if dead else 1.0)
    into = (x, h1, h2) if inputs else (x, x, x)
    return (d1 * into[0], d2 * into[1], d3 * into[2], d1, d2, d3)


_NET_SLIPS: list[tuple[dict[str, Any], str]] = [
    ({"factor": 1.0}, "the square brings a factor 2: dC/dp = 2*(p - y)"),
    ({"factor": -2.0}, "the sign: C = (p - y)**2 gives 2*(p - y), not 2*(y - p)"),
    ({"slope": False}, "the sigmoid's slope p*(1 - p) is missing from the path"),
    ({"dead": False}, "a dead relu passes nothing: its local derivative is 0 where z <= 0"),
    ({"inputs": False}, "theta2 and theta3 multiply h1 and h2, not x"),
    ({"weights": False}, "a path through a layer takes its weight: dz2/dh1 = theta2"),
]


def _check_three(
    gradient: Function, x: float, y: float, theta: list[float], b: list[float]
) -> None:
    what = f"x = {x:g}, y = {y:g}, theta = {theta}, b = {b}"
    answer = attempt(f"gradient for {what}", gradient, x, y, list(theta), list(b))
    try:
        found = [float(number) for number in answer]
    except (TypeError, ValueError):
        raise Wrong(
            f"gradient gives {answer!r}", "return six numbers: three for theta, three for b"
        ) from None
    if len(found) != 6:
        raise Wrong(
            f"gradient gives {len(found)} numbers", "six: three for theta, then three for b"
        )
    right = net_gradient(x, y, theta, b)
    if _all_close(found, right):
        return
    names = ["theta1", "theta2", "theta3", "b1", "b2", "b3"]
    first = next(i for i in range(5, -1, -1) if not close(found[i], right[i]))
    message = (
        f"for {what}: dC/d{names[first]} is {shown(found[first])} and should be "
        f"{shown(right[first])}"
    )
    if _all_close(found, [right[i] for i in (3, 4, 5, 0, 1, 2)]):
        raise Wrong(f"{message}; theta and b are exchanged", "first the three by theta")
    for options, advice in _NET_SLIPS:
        if _all_close(found, net_gradient(x, y, theta, b, **options)):
            raise Wrong(message, advice)
    raise Wrong(
        message,
        "go from C backwards: the last layer first (dC/db3), then each earlier path is the one "
        "before it, times a weight and a slope",
    )


def _all_close(found: Sequence[float], right: Sequence[float]) -> bool:
    return all(close(a, b) for a, b in zip(found, right, strict=True))
