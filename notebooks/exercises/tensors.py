"""Lesson "from scalars to tensors": einsum's rule, broadcasting backwards, a matrix product."""

from __future__ import annotations

from typing import Any

from exercises.engine import exercise
from exercises.layers import matmul, transpose
from exercises.points import drawn, many, matrix


@exercise(
    "the rule of einsum",
    points=lambda rng: [
        (s,) for s in ("ij,jk->ik", "i,j->ij", "bij,bjk->bik", "i,i->", "ij,j->i", "bi,ij->bj")
    ],
    level=2,
    labels=("the rule for the first", "the rule for the second"),
    hint="the gradient of an operand is einsum of the upstream and the other one, to its own "
    "letters",
    slips={
        "same": (
            "the letters stay as in the forward pass",
            "upstream letters first, the operand's own letters after the arrow",
        ),
        "exchanged": (
            "the two operands are exchanged",
            "the gradient of the first one has the first one's letters",
        ),
        "itself": (
            "the operand itself stands where the other one belongs",
            "as for a product: upstream times the other",
        ),
    },
)
def check_einsum(slip: Any, rule: str) -> list[str]:
    """`backward(rule)`: the two rules, as text, that give the operands' gradients.

    For "ij,jk->ik" the first is "ik,jk->ij": upstream, the other operand, and where it goes.
    """
    (a, b), out = rule.split("->")[0].split(","), rule.split("->")[1]
    if slip("same"):
        return [rule, rule]
    first, second = f"{out},{b}->{a}", f"{out},{a}->{b}"
    if slip("itself"):
        first, second = f"{out},{a}->{a}", f"{out},{b}->{b}"
    return [second, first] if slip("exchanged") else [first, second]


@exercise(
    "broadcasting, backwards",
    points=many(12, lambda rng: (matrix(rng, 2, 3), rng.choice(("row", "column", "number")))),
    level=2,
    slips={
        "mean": ("the copies are averaged", "contributions add up"),
        "first": ("only the first copy is counted", "each copy contributes"),
        "axis": ("rows and columns are exchanged", "sum over the axis along which it was copied"),
        "uncopied": (
            "the number gets the gradient's first column only",
            "a number is copied to every place",
        ),
    },
)
def check_unbroadcast(slip: Any, G: Any, kind: str) -> list[float]:
    """`unbroadcast(G, kind)`: the gradient of b in A + b, if G arrives (a list of rows).

    b was a "row" (one number per column), a "column" (one per row) or a "number"; give a list.
    """
    if slip("axis") and kind != "number":
        kind = "row" if kind == "column" else "column"
    lists = G if kind == "column" else transpose(G)
    if kind == "number":
        lists = (
            [[row[0] for row in G]] if slip("uncopied") else [[each for row in G for each in row]]
        )
    scale = 1.0
    found = [each[0] if slip("first") else scale * sum(each) for each in lists]
    return [f / len(each) for f, each in zip(found, lists, strict=True)] if slip("mean") else found


@exercise(
    "a product of matrices, backwards",
    labels=("dA", "dB"),
    points=many(12, lambda rng: (matrix(rng, 2, 2), matrix(rng, 2, 2), matrix(rng, 2, 2))),
    slips={
        "no transpose A": ("dA lacks the transpose of B", "dA = G Bᵀ"),
        "no transpose B": ("dB lacks the transpose of A", "dB = Aᵀ G"),
        "order": ("dB's factors stand in the wrong order", "dB = Aᵀ G, not G Aᵀ"),
        "exchanged": ("dA and dB are exchanged", "first dA"),
    },
)
def check_matmul(slip: Any, A: Any, B: Any, G: Any) -> list[Any]:
    """`backward(A, B, G)` for C = AB: [dA, dB], if G is dL/dC. All are lists of rows."""
    dA = matmul(G, B if slip("no transpose A") else transpose(B))
    left = A if slip("no transpose B") else transpose(A)
    dB = matmul(G, left) if slip("order") else matmul(left, G)
    return [dB, dA] if slip("exchanged") else [dA, dB]


@exercise(
    "sum and mean, backwards",
    labels=("what sum passes", "what mean passes"),
    points=many(12, lambda rng: (drawn(rng, rng.randint(1, 5)), drawn(rng, 1)[0])),
    slips={
        "sum divides": ("the sum divides by the number", "a sum copies the gradient to each"),
        "mean copies": ("the mean copies the gradient undivided", "each gets 1/n of it"),
        "x": ("the numbers themselves stand as factors", "a sum is linear: its slopes are 1"),
    },
)
def check_reductions(slip: Any, x: Any, g: float) -> list[Any]:
    """`backward(x, g)`: what sum(x) and mean(x) pass to each number of x, if g arrives: two
    lists.
    """
    n = len(x)
    scale = x if slip("x") else [1.0] * n
    total = [g * s / (n if slip("sum divides") else 1) for s in scale]
    return [total, [g * s / (1 if slip("mean copies") else n) for s in scale]]
