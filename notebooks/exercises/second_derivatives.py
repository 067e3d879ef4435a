"""Lesson "second derivatives": Hessians, Newton, and products without a Hessian."""

from __future__ import annotations

import math
from typing import Any

import autodiff
from exercises.engine import exercise
from exercises.points import drawn, many, reals


@exercise(
    "the Hessian of w₂·relu(w₁x)",
    points=reals(20, 3),
    level=2,
    slips={
        "flat": (
            "all entries are 0, as if relu nets were flat",
            "within one layer; across layers the weights multiply each other",
        ),
        "no gate": ("the gate is open where w₁x is negative", "there everything is 0"),
        "value": ("the entries are w₁x", "the mixed derivative is x"),
        "diagonal": ("the x stands on the diagonal", "d/dw₁ of d/dw₂: off the diagonal, twice"),
        "half": ("only one of the two mixed entries is there", "a Hessian is symmetric"),
    },
)
def check_relu_hessian(slip: Any, w1: float, w2: float, x: float) -> list[list[float]]:
    """`hessian(w1, w2, x)` of f = w2*relu(w1*x) by (w1, w2): two rows of two numbers."""
    gate = 1.0 if slip("no gate") else float(w1 * x > 0.0)
    mixed = 0.0 if slip("flat") else gate * (w1 * x if slip("value") else x)
    other = 0.0 if slip("half") else mixed
    return [[mixed, 0.0], [0.0, other]] if slip("diagonal") else [[0.0, mixed], [other, 0.0]]


@exercise(
    "Newton's step",
    points=many(15, lambda rng: (drawn(rng, 1, -3, 3)[0], rng.randint(1, 3))),
    level=2,
    slips={
        "root": (
            "that is Newton for a root of cos, not for a place where its slope is 0",
            "f' over f'', with f' = -sin",
        ),
        "sign": ("the step goes the wrong way", "x - f'(x)/f''(x)"),
        "upside down": ("the quotient is upside down", "f'/f''"),
        "once": ("only one step is made", "as many as asked"),
    },
)
def check_newton(slip: Any, x: float, steps: int) -> float:
    """`newton(x, steps)` on f = cos(x): where that many Newton steps for a flat place lead.

    From 0.5 it goes to 0, where cos is largest: without f'' > 0 there is no lowest place.
    """
    for _ in range(1 if slip("once") else steps):
        first, second = -math.sin(x), -math.cos(x)
        if slip("root"):
            first, second = math.cos(x), -math.sin(x)
        step = second / first if slip("upside down") else first / second
        x = x + step if slip("sign") else x - step
    return x


_SURFACES: dict[str, Any] = {
    "x*x*y": lambda x, y: x * x * y,
    "x*y + y*y*y": lambda x, y: x * y + y * y * y,
    "exp(x)*y": lambda x, y: autodiff.exp(x) * y,
}


def _ask_hvp(hvp: Any, name: str, x: list[float], v: list[float]) -> Any:
    f = _SURFACES[name]

    def gradient(point: Any) -> list[float]:
        leaves = [autodiff.Value(float(each)) for each in point]
        f(*leaves).backward()
        return [leaf.grad for leaf in leaves]

    return hvp(gradient, list(x), list(v))


@exercise(
    "a Hessian-vector product from two gradients",
    ask=_ask_hvp,
    level=3,
    tolerance=2e-5,
    floor=2e-5,
    points=many(15, lambda rng: (rng.choice(list(_SURFACES)), drawn(rng, 2), drawn(rng, 2))),
    slips={
        "gradient": (
            "that is the gradient along v, one number for each entry",
            "the difference of two gradients",
        ),
        "h for 2h": ("you divide by h, and the points are 2h apart", "divide by 2*h"),
        "v ones": ("v is left out: the step goes along (1, 1)", "step along v"),
        "turned": (
            "the difference is turned round",
            "the gradient at x + h*v minus that at x - h*v",
        ),
    },
)
def check_hvp(slip: Any, name: str, x: Any, v: Any) -> list[float]:
    """`hvp(gradient, x, v)`: the Hessian times v, from two calls of `gradient(point)`.

    Accuracy of 5 digits is enough: a step of 1e-5 in the direction v, both ways.
    """
    a, b = x
    rows = {
        "x*x*y": [[2 * b, 2 * a], [2 * a, 0.0]],
        "x*y + y*y*y": [[0.0, 1.0], [1.0, 6 * b]],
        "exp(x)*y": [[math.exp(a) * b, math.exp(a)], [math.exp(a), 0.0]],
    }[name]
    gradients = {
        "x*x*y": [2 * a * b, a * a],
        "x*y + y*y*y": [b, a + 3 * b * b],
        "exp(x)*y": [math.exp(a) * b, math.exp(a)],
    }[name]
    v = [1.0, 1.0] if slip("v ones") else v
    if slip("gradient"):
        return [g * each for g, each in zip(gradients, v, strict=True)]
    scale = (2.0 if slip("h for 2h") else 1.0) * (-1.0 if slip("turned") else 1.0)
    return [scale * sum(p * q for p, q in zip(row, v, strict=True)) for row in rows]


@exercise(
    "what kind of place",
    points=lambda rng: [
        (a, b, c)
        for a, b, c in (
            (2.0, 0.0, 3.0),
            (-1.0, 0.5, -2.0),
            (1.0, 3.0, 1.0),
            (1.0, 0.0, -1.0),
            (3.0, 0.5, -1.0),
            (2.0, -1.5, 2.0),
            (-3.0, 3.5, -2.0),
        )
    ],
    slips={
        "diagonal only": ("the mixed derivative is left out", "a*c - b*b decides"),
        "turned": ("minimum and maximum are exchanged", "curved upwards is a minimum"),
        "trace": ("the sum of the diagonal decides", "it cannot see a saddle: a*c - b*b"),
    },
)
def check_kind(slip: Any, a: float, b: float, c: float) -> str:
    """`kind(a, b, c)`: "minimum", "maximum" or "saddle", for the Hessian [[a, b], [b, c]]."""
    names = ("maximum", "minimum") if slip("turned") else ("minimum", "maximum")
    b = 0.0 if slip("diagonal only") else b
    if slip("trace"):
        return names[0] if a + c > 0 else names[1] if a + c < 0 else "saddle"
    return "saddle" if a * c - b * b < 0 else names[0] if a > 0 else names[1]
