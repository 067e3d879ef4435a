"""Lesson "compile it": reading generated code, counting traces, sharing work."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import reals


@exercise(
    "from generated code to a formula",
    points=reals(20, 2),
    level=2,
    labels=("f", "df/dx", "df/dy"),
    slips={
        "t2 once": (
            "t2 is used twice in the code, and one of its contributions is missing",
            "every line that reads it contributes",
        ),
        "tanh": ("the slope of tanh is missing", "1 - t3*t3"),
        "minus": ("the minus of t4 is lost", "t4 = t3 - t2"),
        "y": ("t1 moves with y, too", "t1 = x*y"),
    },
)
def check_generated(slip: Any, x: float, y: float) -> list[float]:
    """`rewrite(x, y)`: [f, df/dx, df/dy], where generated code computes f as

    t1 = x * y; t2 = t1 + x; t3 = tanh(t2); t4 = t3 - t2; f = t4 * y
    """
    t2 = x * y + x
    t3 = math.tanh(t2)
    f = (t3 - t2) * y
    slope = 1.0 if slip("tanh") else 1.0 - t3 * t3
    by_t2 = slope + (0.0 if slip("t2 once") else 1.0 if slip("minus") else -1.0)
    return [f, y * by_t2 * (y + 1.0), y * by_t2 * (0.0 if slip("y") else x) + t3 - t2]


@exercise(
    "how many traces",
    points=lambda rng: [
        (signs,) for signs in ([1], [1, 1, 1], [1, -1], [1, -1, 1, -1], [0, 1, -1], [0, 0, 2])
    ],
    slips={
        "calls": ("every call is counted as a trace", "a path that was seen is found again"),
        "all paths": (
            "all paths are counted, taken or not",
            "a trace is made when a path is first taken",
        ),
        "zero": ("0 is taken as a path of its own", "x > 0 is False there, as for -1"),
    },
)
def check_traces(slip: Any, xs: Any) -> int:
    """`traces(xs)`: how many traces the calls f(x) for x in xs make, if f says `if x > 0: ...`.

    A compiled function keeps one trace for each way through its ifs that has been taken.
    """
    if slip("calls"):
        return len(xs)
    if slip("all paths"):
        return 2
    return len({(x > 0) - (x < 0) for x in xs} if slip("zero") else {x > 0 for x in xs})


@exercise(
    "three ifs",
    points=lambda rng: [(n, c) for n in (1, 2, 3) for c in (1, 2, 5, 100)],
    slips={
        "linear": ("two traces for each if", "the ways multiply: 2 to the number of ifs"),
        "no limit": ("more traces than calls", "a trace is made by a call: at most as many"),
        "plus one": ("one trace for each if, and one more", "each if doubles the ways"),
    },
)
def check_ways(slip: Any, ifs: int, calls: int) -> int:
    """`most(ifs, calls)`: the most traces that so many calls can make, with so many ifs in a
    row.
    """
    ways = 2 * ifs if slip("linear") else ifs + 1 if slip("plus one") else 2**ifs
    return ways if slip("no limit") else min(ways, calls)


@exercise(
    "work that is done once",
    points=lambda rng: [
        (text,)
        for text in ("a*b + a*b", "a*b + b*a", "a*a", "sin(a)*sin(a)", "a + b*c", "(a + b)*(a + b)")
    ],
    level=2,
    slips={
        "unshared": (
            "a repeated piece is counted each time",
            "the second time its result is there already",
        ),
        "order": ("a*b and b*a are taken as different", "a product does not mind its order"),
        "operands": ("letters are counted, too", "only operations"),
    },
)
def check_shared(slip: Any, text: str) -> int:
    """`operations(text)`: how many operations are left if equal pieces are computed once.

    + and * with operands exchanged are equal. The texts: "a*b + a*b", "a*b + b*a", "a*a",
    "sin(a)*sin(a)", "a + b*c", "(a + b)*(a + b)".
    """
    import ast

    nodes = [
        n for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, (ast.BinOp, ast.Call))
    ]

    def key(node: Any) -> str:
        if isinstance(node, ast.BinOp):
            pair = [key(node.left), key(node.right)]
            pair = pair if slip("order") else sorted(pair)
            return f"({pair[0]} {type(node.op).__name__} {pair[1]})"
        return ast.unparse(node)

    count = len(nodes) if slip("unshared") else len({key(n) for n in nodes})
    return count + (len({c for c in text if c in "abc"}) if slip("operands") else 0)
