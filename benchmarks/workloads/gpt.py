"""gpt: one training step of a scalar GPT, Adam included, on 8 letters that change every step."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.gpt_model import flat, loss_of, start
from benchmarks.measure import timed
from benchmarks.peers.gpt_arrays import load
from benchmarks.rows import Options, Row, agree, workload

ARRAYS = "gpt compiled, one step on arrays (letters change, Adam)"
USERS = "gpt, one step as users write it (letters change, Adam)"
RATE = 0.01
WORDS = ([0, 3, 1, 12, 9, 1, 14, 5, 0], [0, 19, 5, 2, 1, 19, 20, 9, 0], [0, 1, 1, 1, 2, 2, 7, 7, 0])


class Adam:
    """Adam on one NumPy array."""

    def __init__(self, np: Any, parameters: Any) -> None:
        self.np, self.parameters, self.count = np, parameters, 0
        self.first, self.second = np.zeros_like(parameters), np.zeros_like(parameters)

    def step(self, gradient: Any) -> None:
        self.count += 1
        self.first *= 0.9
        self.first += 0.1 * gradient
        self.second *= 0.999
        self.second += 0.001 * gradient * gradient
        size = self.np.sqrt(self.second / (1.0 - 0.999**self.count)) + 1e-8
        self.parameters -= (RATE / (1.0 - 0.9**self.count)) * self.first / size


@workload("gpt", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """A scalar GPT of 4 192 parameters: eager, compiled, and vectorised in JAX and PyTorch."""
    from autodiff import Value, jit

    model = start()
    values: Any = {n: [[Value(x) for x in row] for row in m] for n, m in model.items()}
    parameters = flat(values)
    words: Any = [word[:4] for word in WORDS] if options.quick else WORDS
    expected = {}
    for word in words:
        loss_of(values, word).backward()
        expected[tuple(word)] = [parameter.grad for parameter in parameters]
        for parameter in parameters:
            parameter.grad = 0.0

    def scalar_loss(letters: Any) -> Any:
        return loss_of(values, letters)

    loss: Any = jit(scalar_loss)
    step = users_step(loss, words, parameters)
    for word in words:
        loss(word).backward()
        agree("jit", [parameter.grad for parameter in parameters], expected[tuple(word)])
        for parameter in parameters:
            parameter.grad = 0.0
    yield from _arrays(loss, words, model, parameters, expected, options)
    # Values of their own: those of a compiled function are slower to read one by one.
    plain: Any = {n: [[Value(x) for x in row] for row in m] for n, m in model.items()}
    for name, function, runs in (
        ("autodiff jit", step, options.runs),
        (
            "autodiff, eager",
            users_step(lambda letters: loss_of(plain, letters), words, flat(plain)),
            min(3, options.runs),
        ),
    ):
        timing = timed(function, runs)
        yield Row(USERS, name, "nn.Adam", timing.median * 1e3, spread=timing.spread * 1e3,
                  runs=timing.runs, baseline=name == "autodiff jit")  # fmt: skip


def users_step(function: Any, words: Any, parameters: list[Any]) -> Callable[[], Any]:
    """A step with the optimizer of nn."""
    from nn import Adam as Optimizer

    optimizer = Optimizer(parameters, lr=RATE)
    letters = itertools.cycle(words)

    def step() -> Any:
        optimizer.zero_grad()
        loss = function(next(letters))
        loss.backward()
        optimizer.step()
        return loss

    return step


def _arrays(
    loss: Any, words: Any, model: Any, parameters: list[Any], expected: Any, options: Options
) -> Iterator[Row]:
    try:
        import llvmlite  # noqa: F401 - the question is whether it is there
        import numpy as np
    except ImportError as error:
        yield Row(ARRAYS, "autodiff jit", note=f"missing: {error}")
        return
    from autodiff.program.arrays import ArrayFunction

    ((variant,),) = loss._variants.values()
    function, count = ArrayFunction(variant.program), len(words[0])
    leaves = np.array([0.0] * count + [parameter.data for parameter in variant.captured])
    adam = Adam(np, leaves[count:])
    letters = itertools.cycle([np.array(word, dtype=float) for word in words])

    def step() -> float:
        leaves[:count] = next(letters)
        value, gradient = function(leaves)
        adam.step(gradient[count:])
        return value

    timing = timed(step, options.runs)
    yield Row(ARRAYS, "autodiff jit", "", timing.median * 1e3,
              spread=timing.spread * 1e3, runs=timing.runs, baseline=True)  # fmt: skip
    for name, part in (
        ("forward", lambda: function.value(leaves)),
        ("forward and reverse", lambda: function(leaves)),
    ):  # fmt: skip
        timing = timed(part, options.runs)
        yield Row(ARRAYS, "autodiff jit", name, timing.median * 1e3, runs=timing.runs)
    for peer in load(options, ARRAYS, model, RATE):
        if isinstance(peer, Row):
            yield peer
            continue
        for word in words:
            agree(peer.name, peer.gradient(word), expected[tuple(word)])
        cycle = itertools.cycle(words)
        timing = timed(lambda peer=peer, cycle=cycle: peer.step(next(cycle)), options.runs)  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
        row = Row(ARRAYS, peer.name, "", timing.median * 1e3, spread=timing.spread * 1e3,
                  runs=timing.runs)  # fmt: skip
        yield row
        yield dataclasses.replace(row, table=USERS, setting="on arrays, for comparison")
