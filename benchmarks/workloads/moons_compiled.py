"""moons under jit: the untouched scalar loop, compiled, against vectorised tools and hands."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import timed
from benchmarks.moons_data import RATE, Moons, moons
from benchmarks.peers import load as load_scalars
from benchmarks.peers.moons_arrays import load as load_arrays
from benchmarks.rows import Options, Row, agree, workload
from benchmarks.workloads.moons import gradients, loss_of, training_step

ARRAYS = "moons compiled, one step on arrays (forward, backward, SGD)"
USERS = "moons compiled, one step as users write it"
ONCE = "moons compiled, what is done once, and parts"


@workload("moons_compiled", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """The scalar moons loop under jit against NumPy, C, PyTorch, JAX, CasADi."""
    try:
        import llvmlite  # noqa: F401 - the question is whether it is there
        import numpy as np
    except ImportError as error:
        yield Row(ARRAYS, "autodiff jit", note=f"missing: {error}")
        return
    from autodiff import Value, jit, relu
    from autodiff.program.arrays import ArrayFunction
    from nn import SGD

    data = moons(6, (2, 3, 1)) if options.quick else moons()
    expected = gradients(load_scalars("tuples"), data)
    parameters = [Value(x) for x in data.parameters]

    def scalar_loss(points: Any, targets: Any) -> Any:
        return loss_of(dataclasses.replace(data, points=points, targets=targets), parameters, relu)

    loss: Any = jit(scalar_loss)
    optimizer = SGD(parameters, lr=RATE)

    start = time.process_time()
    loss(data.points, data.targets)
    first = time.process_time() - start
    points, targets = np.array(data.points), np.array(data.targets)
    (variants,) = loss._variants.values()
    captured = [parameter.data for parameter in variants[0].captured]  # in the trace's order
    flat = np.concatenate([points.ravel(), targets, captured])
    weights = flat[len(flat) - len(parameters) :]
    known = {id(parameter): number for number, parameter in enumerate(parameters)}
    order = [known[id(parameter)] for parameter in variants[0].captured]
    for exact in (False, True):
        function = ArrayFunction(variants[0].program, exact=exact)
        weights[:] = captured

        def step_on_arrays(function: ArrayFunction = function) -> float:
            value, gradient = function(flat)
            weights[:] -= RATE * gradient[-len(parameters) :]
            return value

        found = function(flat)[1][-len(parameters) :].tolist()
        difference = agree("jit on arrays", found, [expected[number] for number in order])
        name = "autodiff jit(exact=True)" if exact else "autodiff jit"
        yield _row(ARRAYS, name, step_on_arrays, options, difference, not exact)
    for peer in load_arrays(options, ARRAYS, data):
        if isinstance(peer, Row):
            yield peer
            continue
        difference = agree(peer.name, peer.gradient(), expected)
        row = _row(ARRAYS, peer.name, peer.step, options, difference)
        yield row
        if peer.name.startswith(("NumPy", "PyTorch")):
            yield dataclasses.replace(row, table=USERS, setting="on arrays, for comparison")
        if peer.build:
            yield Row(ONCE, peer.name, "build", peer.build * 1e3, runs=1)

    def by_hand() -> None:
        for parameter in parameters:
            parameter.data -= RATE * parameter.grad
            parameter.grad = 0.0

    def with_nn() -> None:
        optimizer.step()
        optimizer.zero_grad()

    def step_as_users(inputs: Any, labels: Any, update: Callable[[], None]) -> Callable[[], Any]:
        def step() -> Any:
            result = loss(inputs, labels)
            result.backward()
            update()
            return result

        return step

    arrays, lists = (points, targets), (data.points, data.targets)
    for setting, arguments, update in (
        ("NumPy arguments, nn.SGD", arrays, with_nn),
        ("list arguments, nn.SGD", lists, with_nn),
        ("NumPy arguments, SGD in Python, parameter by parameter", arrays, by_hand),
    ):
        step = step_as_users(arguments[0], arguments[1], update)
        for parameter, number in zip(parameters, data.parameters, strict=True):
            parameter.data, parameter.grad = number, 0.0
        step()
        found = [(x - p.data) / RATE for x, p in zip(data.parameters, parameters, strict=True)]
        difference = agree("jit as users write it", found, expected)
        yield _row(USERS, "autodiff jit", step, options, difference, update is with_nn
                   and arguments is arrays, setting)  # fmt: skip
    yield from _parts(options, loss, points, targets, ArrayFunction(variants[0].program), flat,
                      {"nn.SGD: step and zero_grad": with_nn,
                       "SGD in Python, parameter by parameter": by_hand})  # fmt: skip
    for name in ("autodiff", "micrograd"):
        if options.wants(name):
            yield from _scalars(name, data, options)
    yield Row(ONCE, "autodiff jit", "first call in this process", first * 1e3, runs=1)
    if not options.quick:
        yield Row(ONCE, "autodiff jit", "first call, fresh process, warm cache",
                  _fresh_process() * 1e3, runs=1)  # fmt: skip


def _row(
    table: str, name: str, step: Callable[[], Any], options: Options, difference: float,
    baseline: bool = False, setting: str = "",
) -> Row:  # fmt: skip
    timing = timed(step, options.runs)
    return Row(table, name, setting, timing.median * 1e3, spread=timing.spread * 1e3,
               runs=timing.runs, baseline=baseline,
               details={"largest difference": difference})  # fmt: skip


def _parts(
    options: Options, loss: Any, points: Any, targets: Any, function: Any, flat: Any,
    updates: dict[str, Callable[[], None]],
) -> Iterator[Row]:  # fmt: skip
    """What a step as users write it consists of."""
    result = loss(points, targets)
    parts: dict[str, Callable[[], Any]] = {
        "forward on arrays": lambda: function.value(flat),
        "forward and reverse on arrays": lambda: function(flat),
        "call: arguments in, parameters read, forward": lambda: loss(points, targets),
        "backward(): reverse, gradients written": lambda: result.backward(),
        **updates,
    }
    for name, part in parts.items():
        timing = timed(part, options.runs)
        yield Row(ONCE, "autodiff jit", name, timing.median * 1e3, runs=timing.runs)


def _scalars(name: str, data: Moons, options: Options) -> Iterator[Row]:
    try:
        numbers = load_scalars(name)
    except ImportError as error:
        yield Row(USERS, name, note=f"missing: {error}")
        return
    timing = timed(training_step(numbers, data), 1 if name == "micrograd" else options.runs)
    yield Row(USERS, numbers.name, "eager", timing.median * 1e3, runs=timing.runs)


def _fresh_process() -> float:
    """Seconds of CPU time for imports, tracing and the first run in a new process."""
    program = (
        "import time; t = time.process_time()\n"
        "import dataclasses\n"
        "from autodiff import Value, jit, relu\n"
        "from benchmarks.moons_data import moons\n"
        "from benchmarks.workloads.moons import loss_of\n"
        "d = moons(); ps = [Value(x) for x in d.parameters]\n"
        "f = jit(lambda x, y: loss_of(dataclasses.replace(d, points=x, targets=y), ps, relu))\n"
        "f(d.points, d.targets).backward()\n"
        "print(time.process_time() - t)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
