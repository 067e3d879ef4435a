"""Lesson "gates": add copies, mul swaps, max routes; a function from pieces."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, reals


@exercise(
    "three gates",
    points=reals(20, 3),
    labels=[f"what {gate} passes to {to}" for gate in ("add", "mul", "max") for to in "xy"],
    slips={
        "add splits": (
            "add splits the gradient into halves",
            "add copies it: each term moves the sum by as much",
        ),
        "mul copies": (
            "mul gives each factor its own number",
            "mul swaps: each factor gets the other one",
        ),
        "max copies": (
            "max passes the gradient to both",
            "max routes: all to the larger operand, nothing to the other",
        ),
        "max to smaller": (
            "max routes to the smaller operand",
            "only the larger one moves the output",
        ),
        "no upstream": ("the gradient from above is left out", "local derivative times upstream"),
    },
)
def check_gates(slip: Any, x: float, y: float, g: float) -> list[float]:
    """`backward(x, y, g)`: what x + y, x*y and max(x, y) pass to x and to y, if g arrives.

    Six numbers: [x of add, y of add, x of mul, y of mul, x of max, y of max].
    """
    g = 1.0 if slip("no upstream") else g
    half = g / 2 if slip("add splits") else g
    first, second = (x, y) if slip("mul copies") else (y, x)
    to_x = float((x > y) != slip("max to smaller"))
    routed = [g, g] if slip("max copies") else [g * to_x, g * (1.0 - to_x)]
    return [half, half, g * first, g * second, *routed]


@exercise(
    "tanh from pieces",
    points=reals(20),
    level=2,
    labels=("dt/dn", "dt/dd", "dt/de", "dt/dx"),
    slips={
        "one path": (
            "e reaches t by numerator and denominator; one path is missing",
            "add both: dt/dn + dt/dd",
        ),
        "inner 2": ("the 2 of exp(2x) is missing", "the chain goes on: a factor 2"),
        "minus": ("the denominator's minus is missing", "dt/dd = -n/d**2"),
        "exp": ("the step from x to e is missing", "de/dx = 2*e"),
    },
)
def check_tanh_pieces(slip: Any, x: float) -> list[float]:
    """`derivatives(x)` for t = n/d, n = e - 1, d = e + 1, e = exp(2*x): [dt/dn, dt/dd, dt/de,
    dt/dx].

    The last one must be 1 - tanh(x)**2.
    """
    e = math.exp(2.0 * x)
    n, d = e - 1.0, e + 1.0
    by_n, by_d = 1.0 / d, n / d**2 * (1.0 if slip("minus") else -1.0)
    by_e = by_n if slip("one path") else by_n + by_d
    by_x = by_e * (1.0 if slip("exp") else e) * (1.0 if slip("inner 2") else 2.0)
    return [by_n, by_d, by_e, by_x]


@exercise(
    "a circuit of gates",
    points=many(20, lambda rng: tuple(drawn(rng, 3))),
    level=2,
    labels=("df/da", "df/db", "df/dc"),
    slips={
        "max routes c": (
            "the branch that max leaves out still gets its gradient",
            "nothing passes to the smaller one",
        ),
        "b once": (
            "b feeds the sum and the product, and one of the two is missing",
            "add both contributions",
        ),
        "no swap": ("the product gives each factor its own number", "mul swaps"),
    },
)
def check_circuit(slip: Any, a: float, b: float, c: float) -> list[float]:
    """`derivatives(a, b, c)` for f = (a + b)*max(b, c): [df/da, df/db, df/dc], gate by gate."""
    total, top = a + b, max(b, c)
    to_sum, to_top = (total, top) if slip("no swap") else (top, total)
    to_b = to_top * float(b >= c)
    to_c = to_top * float(b < c or slip("max routes c"))
    return [to_sum, to_b if slip("b once") else to_sum + to_b, to_c]
