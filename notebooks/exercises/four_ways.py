"""Lesson "four ways to differentiate": by rules, and by a step of the best size."""

from __future__ import annotations

import cmath
import math
from typing import Any

from exercises.engine import exercise
from exercises.points import many, reals
from exercises.result import Wrong

#: "x", a number, or an operation with its operands: ("*", "x", ("log", "x"))
Expression = Any

_EXPRESSIONS: list[Expression] = [
    ("+", "x", 3.0),
    ("*", "x", "x"),
    ("*", 2.0, "x"),
    ("log", "x"),
    ("tanh", "x"),
    ("log", ("*", "x", "x")),
    ("tanh", ("*", 3.0, "x")),
    ("*", "x", ("log", "x")),
    ("*", ("tanh", "x"), ("+", "x", 1.0)),
    ("tanh", ("log", ("*", "x", ("+", "x", 2.0)))),
    ("+", ("log", ("+", "x", "x")), ("*", "x", ("tanh", "x"))),
]


def value_of(expression: Expression, x: float) -> float:
    """The number of an expression."""
    if isinstance(expression, (int, float)):
        return float(expression)
    if expression == "x":
        return x
    if not isinstance(expression, (tuple, list)) or expression[0] not in _FUNCTIONS:
        raise Wrong(
            f"{expression!r} is no expression",
            '"x", a number or an operation, such as ("*", "x", 2.0)',
        )
    return float(_FUNCTIONS[expression[0]](*(value_of(each, x) for each in expression[1:])))


_FUNCTIONS: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "log": math.log,
    "tanh": math.tanh,
}


def _rule(slip: Any, e: Expression) -> Expression:
    if isinstance(e, (int, float)):
        return 1.0 if slip("constant") else 0.0
    if e == "x":
        return 1.0
    name, inner = e[0], e[1]
    d = _rule(slip, inner)
    if name == "+":
        return ("+", d, _rule(slip, e[2]))
    if name == "*":
        other = _rule(slip, e[2])
        if slip("product"):
            return ("*", d, other)
        return ("+", ("*", d, e[2]), ("*", inner, other))
    outer = ("/", 1.0, inner)
    if name == "tanh":
        outer = ("-", 1.0, ("*", inner, inner) if slip("tanh input") else ("*", e, e))
    return outer if slip("no inner") else ("*", outer, d)


def _ask_rule(differentiate: Any, expression: Expression, x: float) -> float:
    return value_of(differentiate(expression), x)


@exercise(
    "rules that give expressions",
    level=3,
    ask=_ask_rule,
    points=lambda rng: [(e, x) for e in _EXPRESSIONS for x in (0.7, 1.9)],
    slips={
        "product": (
            "the derivative of a product is the product of the derivatives in yours",
            "d(u*v) = du*v + u*dv",
        ),
        "no inner": (
            "log and tanh of something lose the derivative of what is inside",
            "multiply by the derivative of the inside",
        ),
        "tanh input": ("tanh's derivative squares the input", "1 - tanh(u)**2: the output"),
        "constant": ("a constant gets the derivative 1", "a constant does not move: 0"),
    },
)
def check_rules(slip: Any, expression: Expression, x: float) -> float:
    """`differentiate(expression)` gives the derivative by x as an expression.

    An expression is "x", a number, or a tuple: ("+", a, b), ("*", a, b), ("log", a), ("tanh", a).
    Yours may also use ("-", a, b), ("/", a, b) and ("**", a, number).
    """
    return value_of(_rule(slip, expression), x)


_NAMED: dict[str, Any] = {"sin": math.sin, "exp": math.exp, "tanh": math.tanh}


def _ask_slope(slope: Any, function: str, x: float, h: float) -> float:
    return float(slope(_NAMED[function], x, h))


@exercise(
    "the symmetric difference",
    ask=_ask_slope,
    points=many(
        20,
        lambda rng: (
            rng.choice(list(_NAMED)),
            round(rng.uniform(-2, 2), 2),
            rng.choice((0.5, 0.1, 0.01)),
        ),
    ),
    slips={
        "one-sided": ("that is the difference to one side", "one step forward minus one step back"),
        "h for 2h": ("you divide by h, and the two points are 2h apart", "divide by 2*h"),
        "turned": ("the difference is turned round", "f(x + h) - f(x - h)"),
        "ratio": ("the ratio of changes is upside down", "the change of f over the change of x"),
    },
)
def check_difference(slip: Any, function: str, x: float, h: float) -> float:
    """`slope(f, x, h)`: the slope of f at x from two points, h to the left and h to the right."""
    f = _NAMED[function]
    left, run = (x, h) if slip("one-sided") else (x - h, 2 * h)
    run = h if slip("h for 2h") else run
    rise = f(x + h) - f(left)
    rise = -rise if slip("turned") else rise
    return float(run / rise if slip("ratio") else rise / run)


@exercise(
    "the best step",
    level=3,
    labels=("the step to one side", "the symmetric step"),
    points=lambda rng: [
        (f, s, t, e)
        for f, s, t in ((1.0, 1.0, 1.0), (2.0, 0.5, 3.0), (0.1, 4.0, 0.2), (5.0, 2.0, 2.5))
        for e in (2.0**-52, 2.0**-23)
    ],
    slips={
        "epsilon": (
            "epsilon itself is far too small a step: rounding is all that is left",
            "set the two errors' derivatives against each other",
        ),
        "root for cube root": (
            "the symmetric step has the square root",
            "its error grows with h**2: the cube root",
        ),
        "no scale": (
            "the sizes of f and of its derivatives are left out",
            "rounding grows with |f|, truncation with the higher derivative",
        ),
    },
)
def check_best_step(slip: Any, f: float, second: float, third: float, eps: float) -> list[float]:
    """`steps(f, second, third, eps)`: the h with the smallest error, to one side and symmetric.

    To one side the error is 2*eps*|f|/h + h*|second|/2; symmetric it is eps*|f|/h + h**2*|third|/6.
    """
    if slip("no scale"):
        f = second = third = 1.0
    if slip("epsilon"):
        return [eps, eps]
    power = 1 / 2 if slip("root for cube root") else 1 / 3
    return [2.0 * math.sqrt(eps * f / second), (3.0 * eps * f / third) ** power]


@exercise(
    "a step in the imaginary direction",
    points=reals(15, 1, -1.5, 1.5),
    level=2,
    slips={
        "real part": (
            "that is the real part: the value of the function",
            "the slope is in the imaginary part",
        ),
        "no division": ("the imaginary part is not divided by h", "Im f(x + ih)/h"),
        "sign": ("the step goes to -ih", "Im f(x + ih)/h"),
    },
)
def check_complex_step(slip: Any, x: float) -> float:
    """`slope(x)`: the derivative of exp(x)*x by one complex number, x + 1e-20j."""
    z = complex(x, -1e-20 if slip("sign") else 1e-20)
    found = cmath.exp(z) * z
    return found.real if slip("real part") else found.imag * (1.0 if slip("no division") else 1e20)
