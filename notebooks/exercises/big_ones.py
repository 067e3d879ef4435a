"""Lesson "how the big ones do it": a tape, what detaches, and accumulated steps."""

from __future__ import annotations

from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many, reals

#: (result, operation, left, right): what a tape writes down while a program runs.
Tape = list[tuple[int, str, int, int]]


def _tape(rng: Any) -> tuple[Any, ...]:
    tape: Tape = []
    for result in range(2, 2 + rng.randint(1, 5)):
        tape.append((result, rng.choice("+*"), rng.randrange(result), rng.randrange(result)))
    return tape, drawn(rng, 2)


@exercise(
    "sweep a tape",
    points=many(25, _tape),
    level=3,
    labels=("the gradient of input 0", "the gradient of input 1"),
    slips={
        "forward": ("the tape is read from its beginning", "from the end: the last line first"),
        "overwrite": ("a contribution overwrites what was there", "+="),
        "own": ("a product gives each operand its own number", "the other one's"),
        "no upstream": (
            "the result's gradient is left out of the products",
            "local derivative times the result's gradient",
        ),
    },
)
def check_tape(slip: Any, tape: Any, inputs: Any) -> list[float]:
    """`sweep(tape, inputs)`: the gradients of the two inputs, numbers 0 and 1 of the tape.

    A line (k, "+", i, j) or (k, "*", i, j) says that number k was made of the numbers i and j. The
    last line's is the result.
    """
    values = list(inputs)
    for _, sign, i, j in tape:
        values.append(values[i] + values[j] if sign == "+" else values[i] * values[j])
    grads = [0.0] * len(values)
    grads[-1] = 1.0
    for k, sign, i, j in tape if slip("forward") else reversed(tape):
        pair = (1.0, 1.0)
        if sign == "*":
            pair = (values[i], values[j]) if slip("own") else (values[j], values[i])
        up = 1.0 if slip("no upstream") else grads[k]
        for to, local in zip((i, j), pair, strict=True):
            grads[to] = local * up + (0.0 if slip("overwrite") else grads[to])
    return grads[:2]


@exercise(
    "what detach stops",
    points=reals(15, 2),
    labels=("df/dx", "df/dy"),
    slips={
        "all": ("the detached factor is derived, too", "for the gradient it is a constant"),
        "nothing": ("the other factor stops, too", "only the detached one does"),
        "y too": ("y's gradient is stopped", "y enters by the other factor as well"),
    },
)
def check_detach(slip: Any, x: float, y: float) -> list[float]:
    """`derivatives(x, y)` for f = detach(x*y) * (x + y): [df/dx, df/dy] as a framework gives
    them.
    """
    kept = x * y
    extra = slip("all")
    by_x = 0.0 if slip("nothing") else kept + extra * y * (x + y)
    by_y = 0.0 if slip("y too") or slip("nothing") else kept + extra * x * (x + y)
    return [by_x, by_y]


@exercise(
    "small batches, one step",
    points=many(12, lambda rng: (drawn(rng, 6), rng.choice((1, 2, 3)), 0.1)),
    level=2,
    slips={
        "no divide": (
            "the batches' means are added up, and not divided by their number",
            "the mean over all is the mean of the means",
        ),
        "last": (
            "only the last batch counts",
            "gradients of all calls add up until they are set to 0",
        ),
        "steps": ("a step is made after each batch", "accumulate first, then one step"),
        "two": ("the factor 2 of the square is missing", "2*(w - x)"),
    },
)
def check_accumulate(slip: Any, data: Any, size: int, rate: float) -> float:
    """`step(data, size, rate)`: w after one step from 0 on the mean of (w - x)**2 over all data.

    The data come in batches of `size` (it divides): each gives the gradient of its own mean.
    """
    w = g = 0.0
    batches = [data[i : i + size] for i in range(0, len(data), size)]
    two = 1.0 if slip("two") else 2.0
    for batch in batches:
        mean = sum(two * (w - x) for x in batch) / len(batch)
        share = mean if slip("no divide") or slip("steps") or slip("last") else mean / len(batches)
        if slip("steps"):
            w -= rate * share
        g = share if slip("last") else g + share
    return w if slip("steps") else w - rate * g
