"""Lesson "the chain rule": local derivatives, a nest of functions, a slide that is nearly right."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import reals


@exercise(
    "a nest of functions",
    points=reals(20),
    level=1,
    slips={
        "no inner 2x": (
            "the innermost function x**2 has no derivative in your product",
            "the chain goes on to x: a factor 2*x",
        ),
        "half missing": (
            "the factor 1/2 of the root is missing",
            "the derivative of sqrt(u) is 1/(2*sqrt(u))",
        ),
        "cos of x": (
            "cos takes x, not x**2",
            "the derivative of sin(u) is cos(u), with the same u = x**2",
        ),
        "root kept": (
            "the root multiplies where it should divide",
            "the derivative of sqrt(u) is 1/(2*sqrt(u))",
        ),
    },
)
def check_nest(slip: Any, x: float) -> float:
    """`derivative(x)`: df/dx of f = sqrt(1 + sin(x**2))."""
    root = math.sqrt(1.0 + math.sin(x * x))
    outer = (1.0 if slip("half missing") else 0.5) * (root if slip("root kept") else 1.0 / root)
    middle = math.cos(x if slip("cos of x") else x * x)
    return outer * middle * (1.0 if slip("no inner 2x") else 2.0 * x)


@exercise(
    "where the slide is right",
    points=lambda rng: [(k,) for k in (14, 0, 1, 2, 5, 20)],
    level=2,
    slips={
        "degrees": (
            "that is where exp(-x) is 90 degrees, counted in degrees",
            "sin takes radians: 90 degrees are pi/2",
        ),
        "sign": ("the minus of exp(-x) is lost", "exp(-x) = b gives x = -log(b)"),
        "half turns": (
            "you count half turns: at every other one sin is -1 and f is -2",
            "sin has the period 2*pi",
        ),
        "where sin is 0": ("there sin is 0, and 2/sin has no value", "sin(b) = 1 at pi/2"),
    },
)
def check_slide(slip: Any, k: int) -> float:
    """`place(k)`: the x at which 2/sin(exp(-x)) is exactly 2 with slope 0, as the slide says.

    That is where exp(-x) is a quarter turn after k full turns; for k = 14 it is near the slide's.
    """
    b = (k if slip("half turns") else 2 * k) * math.pi
    b += 0.0 if slip("where sin is 0") else math.pi / 2
    b = 360.0 * k + 90.0 if slip("degrees") else b or math.pi
    return math.log(b) if slip("sign") else -math.log(b)


@exercise(
    "rounding in the middle",
    level=2,
    labels=("the error of b", "the error of df/dx"),
    points=lambda rng: [(-4.499, 0), (-4.499, 1), (-4.499, 2), (-1.3, 1), (-2.2, 0), (0.4, 1)],
    slips={
        "relative": ("you give relative errors", "rounded minus exact, without dividing"),
        "sign": ("you give exact minus rounded", "rounded minus exact"),
        "cos exact": (
            "cos is taken at the exact b, not at the rounded one",
            "round b once; every later step uses the rounded number",
        ),
        "factor exact": (
            "the last factor exp(-x) is not rounded, and it is b itself",
            "db/da = b: use the rounded one, too",
        ),
    },
)
def check_rounding(slip: Any, x: float, digits: int) -> list[float]:
    """`errors(x, digits)`: how far off b and df/dx are if b is rounded to that many digits.

    f = 2/sin(b), b = exp(-x). Give [round(b, digits) - b, slope with the rounded b - slope].
    """
    exact = math.exp(-x)
    b = round(exact, digits)

    def slope(b: float, in_cos: float, last: float) -> float:
        return 2.0 * math.cos(in_cos) / math.sin(b) ** 2 * last

    right = slope(exact, exact, exact)
    found = slope(b, exact if slip("cos exact") else b, exact if slip("factor exact") else b)
    errors = [b - exact, found - right]
    if slip("relative"):
        errors = [errors[0] / exact, errors[1] / right]
    return [-each for each in errors] if slip("sign") else errors
