"""Local derivatives: one operation, one function per operand."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import Checker, Slip, exercise
from exercises.points import reals
from exercises.result import Result, Wrong


def sigma(x: float) -> float:
    """1/(1 + exp(-x)), in the form that cannot overflow."""
    small = math.exp(-abs(x))
    return 1.0 / (1.0 + small) if x >= 0.0 else small / (1.0 + small)


_SIGN: dict[str, Slip] = {"sign": ("a sign is wrong", "does z grow or fall with this operand?")}


def _local(name: str, doc: str, right: Any, wrong: Any, said: str, hint: str, *more: Any) -> Any:
    """The checker of one operation; `wrong` and the triples in `more` are its slips."""
    slips = [(wrong, said, hint), *more]

    def reference(slip: Any, *point: float) -> Any:
        on = [formula for i, (formula, _, _) in enumerate(slips) if slip(f"slip {i + 1}")]
        found = (on or [right])[0](*point)
        return [-each for each in found] if slip("sign") else found

    reference.__name__, reference.__doc__ = f"check_{name}", doc
    places = 2 if name in ("add", "sub", "mul", "div") else 1
    checker = exercise(
        f"local derivatives of {name}",
        points=reals(25, places, 0.1 if name in ("log", "sqrt") else -2.5, 2.5),
        slips=_SIGN | {f"slip {i + 1}": (a, b) for i, (_, a, b) in enumerate(slips)},
        ask=lambda functions, *point: [each(*point) for each in functions],
        labels=("by x", "by y"),
        hint="hold the other operand fixed and ask how z changes",
    )(reference)
    checker.names = list("xy"[:places])
    return checker


_TABLE: list[tuple[Any, ...]] = [
    (
        "add",
        "x + y",
        lambda x, y: [1.0, 1.0],
        lambda x, y: [x, y],
        "the operands themselves are given as slopes",
        "a sum moves as much as each term: 1",
    ),
    (
        "sub",
        "x - y",
        lambda x, y: [1.0, -1.0],
        lambda x, y: [1.0, 1.0],
        "y enters with a minus",
        "when y grows, x - y falls: -1",
    ),
    (
        "mul",
        "x*y",
        lambda x, y: [y, x],
        lambda x, y: [x, y],
        "the factors are exchanged",
        "with y held fixed, the slope in x is y",
        (lambda x, y: [y, y], "the slope in y is given as y", "with x held fixed, it is x"),
        (lambda x, y: [x, x], "the slope in x is given as x", "with y held fixed, it is y"),
    ),
    (
        "div",
        "x/y",
        lambda x, y: [1 / y, -x / y**2],
        lambda x, y: [1 / y, -1 / y**2],
        "the numerator x is lost in the slope by y",
        "it stays as a factor: -x/y**2",
        (
            lambda x, y: [1 / y, 1 / x],
            "the slope by y is turned over",
            "write x*y**-1 and lower the exponent",
        ),
        (lambda x, y: [y, -x / y**2], "the slope by x is y", "x/y is x times 1/y: take that"),
        (lambda x, y: [1 / y, x / y**2], "the slope by y has lost its minus", "-x/y**2"),
    ),
    (
        "square",
        "x*x",
        lambda x: [2 * x],
        lambda x: [x],
        "only one of the two uses of x is counted",
        "x*x uses x twice: each contributes x",
    ),
    (
        "reciprocal",
        "1/x",
        lambda x: [-1 / x**2],
        lambda x: [math.log(abs(x))],
        "that is the integral of 1/x",
        "write x**-1 and lower the exponent",
        (lambda x: [-1 / x], "the exponent has not gone down", "-1*x**-2"),
    ),
    (
        "exp",
        "exp(x)",
        lambda x: [math.exp(x)],
        lambda x: [x * math.exp(x - 1)],
        "the power rule is for x**n; here x is above",
        "exp is its own derivative",
    ),
    (
        "log",
        "log(x)",
        lambda x: [1 / x],
        lambda x: [math.exp(x)],
        "that is the inverse function, not the derivative",
        "it is 1/x",
        (lambda x: [math.log(x)], "that is log itself", "asked is its slope"),
    ),
    (
        "sqrt",
        "sqrt(x)",
        lambda x: [0.5 / math.sqrt(x)],
        lambda x: [0.5 * math.sqrt(x)],
        "the exponent has not gone down",
        "0.5*x**-0.5",
        (
            lambda x: [1 / math.sqrt(x)],
            "the factor 1/2 of the exponent is missing",
            "0.5*x**-0.5",
        ),
    ),
    (
        "sin",
        "sin(x)",
        lambda x: [math.cos(x)],
        lambda x: [math.sin(x)],
        "that is sin itself",
        "asked is its slope, not its value",
    ),
    (
        "cos",
        "cos(x)",
        lambda x: [-math.sin(x)],
        lambda x: [math.cos(x)],
        "that is cos itself",
        "asked is its slope, not its value",
    ),
    (
        "tanh",
        "tanh(x)",
        lambda x: [1 - math.tanh(x) ** 2],
        lambda x: [1 - x * x],
        "the input is squared",
        "square the output: 1 - tanh(x)**2",
        (lambda x: [1 - math.tanh(x)], "the output is not squared", "1 - tanh(x)**2"),
    ),
    (
        "sigmoid",
        "sigmoid(x)",
        lambda x: [sigma(x) * sigma(-x)],
        lambda x: [x * (1 - x)],
        "the input stands where the output belongs",
        "with s = sigmoid(x) it is s*(1 - s)",
        (lambda x: [1 - sigma(x)], "the factor s is missing", "it is s*(1 - s)"),
    ),
    (
        "relu",
        "relu(x)",
        lambda x: [float(x > 0)],
        lambda x: [max(x, 0.0)],
        "that is relu itself",
        "its slope is 1 or 0",
        (lambda x: [1.0], "it passes where x is negative", "the slope there is 0"),
    ),
]

#: One checker per operation; each wants a list of functions, one per operand.
OPERATIONS: dict[str, Checker] = {
    name: _local(name, f"The derivatives of z = {formula}, one function per operand.", *rest)
    for name, formula, *rest in _TABLE
}


def check_local_derivatives(name: str, *derivatives: Any) -> Result:
    """One function of floats per operand: the derivative of the operation by that operand.

    `name` is one of OPERATIONS. For z = x*y: check_local_derivatives("mul", lambda x, y: y,
    lambda x, y: x).
    """
    try:
        if name not in OPERATIONS:
            raise Wrong(f"there is no operation {name!r}", f"one of {', '.join(OPERATIONS)}")
        checker = OPERATIONS[name]
        count = len(checker.names)
        if len(derivatives) != count:
            what = f"got {len(derivatives)} functions for {count} operand{'s' * (count > 1)}"
            raise Wrong(what, "one derivative per operand, in the order of the operands")
    except Wrong as found:
        return Result(f"local derivatives of {name}", False, found.message, found.hint, 0, 4)
    # An answer is a list here; a checker wants something to call.
    return checker(_Functions(derivatives))


class _Functions(tuple[Any, ...]):
    """Functions, one per operand; callable only to be accepted as an answer."""

    def __call__(self, *point: float) -> list[Any]:
        return [each(*point) for each in self]
