"""Lesson "memory": what a backward pass keeps, and what checkpoints give back."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many


@exercise(
    "kept with checkpoints",
    points=lambda rng: [(400, 10), (400, 20), (100, 10), (100, 50), (36, 6), (64, 1)],
    labels=("the count of kept numbers", "the count of computed steps"),
    level=2,
    slips={
        "all": (
            "everything is kept, as without checkpoints",
            "between checkpoints only one segment is held at a time",
        ),
        "no segment": (
            "the segment at work is forgotten",
            "its steps are held while it is swept: add them",
        ),
        "no rerun": ("the second run of each segment is forgotten", "each step is computed twice"),
        "distance": (
            "the number of checkpoints is taken as the distance",
            "steps/distance of them",
        ),
    },
)
def check_checkpoints(slip: Any, steps: int, every: int) -> list[int]:
    """`cost(steps, every)`: numbers kept at the same time, and steps computed, for a chain.

    One number per step. A checkpoint every `every` steps is kept; then, from the end, one segment
    after the other is computed again, kept while it is swept, and let go. The distance divides.
    """
    held = steps if slip("all") else (0 if slip("no segment") else every)
    held += 0 if slip("all") else every if slip("distance") else steps // every
    return [held, steps if slip("no rerun") else 2 * steps]


@exercise(
    "the best distance",
    points=lambda rng: [(n,) for n in (4, 16, 100, 400, 2500, 10000)],
    labels=("the distance", "the count of kept numbers"),
    slips={
        "half": ("a checkpoint in the middle only", "n/k + k is smallest where both are equal"),
        "log": ("the logarithm is taken", "n/k + k is smallest at the root of n"),
        "one term": ("only the checkpoints are counted", "and the segment at work: n/k + k"),
    },
)
def check_distance(slip: Any, steps: int) -> list[float]:
    """`best(steps)`: the distance k with the smallest n/k + k, and that number. n is a square."""
    k = steps / 2 if slip("half") else math.log2(steps) if slip("log") else math.sqrt(steps)
    return [k, steps / k + (0.0 if slip("one term") else k)]


@exercise(
    "a sweep with checkpoints",
    points=many(12, lambda rng: (drawn(rng, 1)[0], 4 * rng.randint(1, 6), 4)),
    level=3,
    slips={
        "start": (
            "every segment is computed again from x, not from its checkpoint",
            "start from the number that was kept there",
        ),
        "end": ("the slopes are taken at the end of each segment", "each step at its own number"),
        "last only": ("only the last segment is swept", "go on to the first: the product of all"),
        "no cos": ("the steps' slopes are 1 only", "d(x + sin(x)/2)/dx = 1 + cos(x)/2"),
    },
)
def check_sweep(slip: Any, x: float, steps: int, every: int) -> float:
    """`gradient(x, steps, every)`: dy/dx, if x becomes x + sin(x)/2 so many times.

    Keep only every `every`-th number; compute the rest again, a segment at a time.
    """
    kept = []
    here = x
    for index in range(steps):
        if index % every == 0:
            kept.append(here)
        here += math.sin(here) / 2.0
    product = 1.0
    for start in kept[-1:] if slip("last only") else reversed(kept):
        here, segment = (x if slip("start") else start), []
        for _ in range(every):
            segment.append(here)
            here += math.sin(here) / 2.0
        for each in segment:
            at = segment[-1] if slip("end") else each
            product *= 1.0 if slip("no cos") else 1.0 + math.cos(at) / 2.0
    return product


@exercise(
    "what an operation must remember",
    points=lambda rng: [
        (name,) for name in ("add", "mul", "exp", "sin", "tanh", "relu", "neg", "div")
    ],
    slips={
        "add keeps": ("add keeps its operands", "its slopes are 1 and 1, whatever they are"),
        "mul keeps one": ("mul keeps the output", "each operand needs the other one"),
        "exp input": (
            "exp and tanh keep the input",
            "their slopes follow from the output, which is there",
        ),
        "sin output": (
            "sin keeps the output",
            "cos(x) needs the input: sin alone has lost the sign",
        ),
    },
)
def check_remember(slip: Any, name: str) -> str:
    """`remember(name)`: what the backward pass needs: "nothing", "input", "output" (the smaller).

    For add, mul, exp, sin, tanh, relu, neg, div. Where input and output both do, say "output".
    """
    table = {
        "add": "nothing",
        "neg": "nothing",
        "mul": "input",
        "sin": "input",
        "div": "input",
        "exp": "output",
        "tanh": "output",
        "relu": "output",
    }
    if slip("add keeps") and name == "add":
        return "input"
    if slip("mul keeps one") and name == "mul":
        return "output"
    if slip("exp input") and name in ("exp", "tanh"):
        return "input"
    return "output" if slip("sin output") and name == "sin" else table[name]
