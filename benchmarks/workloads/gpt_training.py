"""gpt-training: notebook 12's training of a scalar GPT, as figures that one can quote."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.estimates import micrograd
from benchmarks.gpt_model import NOTEBOOK, flat, loss_of, notebook
from benchmarks.measure import timed
from benchmarks.rows import Options, Row, workload
from benchmarks.workloads.gpt import users_step

TIME = "gpt training, one step on one name (forward, backward, Adam)"
LOSS = "gpt training, cross-entropy per letter"
NAMES = "gpt training, names that it invents"
STEPS, PART, TEMPERATURE, ROW = 1000, 100, 0.6, 8


@workload("gpt_training", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """A scalar GPT learns names in 1 000 steps: loss, inventions, time eager and compiled."""
    known, held_out = notebook.read_map(NOTEBOOK.parents[1] / "towns.txt")
    steps, part, count = (4, 2, 1) if options.quick else (STEPS, PART, 40)
    if options.quick:
        known, held_out = ["ora"], ["ro"]
    model = notebook.untrained(42)
    start = time.process_time()
    losses = notebook.train(model, known, steps, seed=1)
    total = time.process_time() - start
    yield from _times(options, known, steps, total)

    yield Row(LOSS, "autodiff jit", "untrained: log 27", 3.2958, unit="nats")
    for first in range(0, steps, part):
        mean = sum(losses[first : first + part]) / part
        yield Row(LOSS, "autodiff jit", f"training, steps {first + 1} to {first + part}", mean,
                  unit="nats", runs=part)  # fmt: skip
    numbers = {name: [[w.data for w in row] for row in rows] for name, rows in model.items()}
    for what, names in (("held-out names", held_out), ("names trained on", known)):
        yield Row(LOSS, "autodiff jit", f"after training, {len(names)} {what}",
                  _exam(numbers, names), unit="nats", runs=1)  # fmt: skip

    dice = random.Random(7)
    for _ in range(0, count, ROW):
        names = [notebook.invent(numbers, dice, TEMPERATURE) for _ in range(min(ROW, count))]
        new = sum(name not in known and name not in held_out for name in names)
        yield Row(NAMES, f"temperature {TEMPERATURE}", " ".join(names), float(new),
                  unit=f"of {len(names)} are new", runs=1)  # fmt: skip


def _times(options: Options, known: list[str], steps: int, total: float) -> Iterator[Row]:
    """A step compiled, a step eager, and what micrograd would need."""
    from autodiff import Program, jit

    words = [notebook.encode(name) for name in known[: 1 if options.quick else 5]]
    for compiled in (True, False):
        model = notebook.untrained(42)

        def loss(letters: Any, model: Any = model) -> Any:
            return loss_of(model, letters)

        step = users_step(jit(loss) if compiled else loss, words, flat(model))
        for _ in words if compiled else ():
            step()  # traces each length
        timing = timed(step, options.runs if compiled else min(3, options.runs))
        yield Row(TIME, "autodiff jit" if compiled else "autodiff, eager", f"{len(words)} names",
                  timing.median * 1e3, spread=timing.spread * 1e3, runs=timing.runs,
                  baseline=compiled)  # fmt: skip
        if compiled:
            yield Row(TIME, "autodiff jit", f"mean of {steps:,} steps, tracing included",
                      total / steps * 1e3, runs=1, details={"seconds in all": total})  # fmt: skip
    sizes = [len(Program.of(loss_of(model, word)).primitives) for word in words]
    yield micrograd(options, TIME, round(sum(sizes) / len(sizes)), "without Adam")


def _exam(numbers: Any, names: list[str]) -> float:
    """Cross-entropy per letter."""
    letters = [len(name) + 1 for name in names]
    losses = [loss_of(numbers, notebook.encode(name)) for name in names]
    total = sum(count * loss for count, loss in zip(letters, losses, strict=True))
    return float(total / sum(letters))
