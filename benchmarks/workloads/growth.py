"""What grows with what: time per node, example, parameter, guard and structure at several sizes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import timed
from benchmarks.moons_data import moons
from benchmarks.rows import Options, Row, workload
from benchmarks.workloads.moons import margin_of

TABLE = "growth: {}, time for each"
KINDS = {
    "nodes of a first call": (100, 1_000, 10_000, 50_000),
    "examples of a vmap step": (10, 100, 1_000, 10_000, 100_000, 1_000_000),
    "parameters of a jit step": (100, 1_000, 10_000),
    "guards of a jit call": (100, 1_000, 8_000),
    "structures of a jit function": (4, 16, 60),
}


@workload("growth", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """Nodes, examples, parameters, guards, structures: nothing grows faster than linearly."""
    try:
        import llvmlite  # noqa: F401 - the question is whether it is there
        import numpy as np
    except ImportError as error:
        yield Row(TABLE.format("all"), "autodiff", note=f"missing: {error}")
        return
    makers: dict[str, Callable[[Any, int], Callable[[], Any]]] = {
        "nodes of a first call": _nodes, "examples of a vmap step": _examples,
        "parameters of a jit step": _parameters, "guards of a jit call": _guards,
        "structures of a jit function": _structures,
    }  # fmt: skip
    for kind, sizes in KINDS.items():
        for size in sizes[:1] if options.quick else sizes:
            step = makers[kind](np, size)
            if kind == "nodes of a first call":
                start = time.process_time()
                step()
                found, spread, runs = time.process_time() - start, 0.0, 1
            else:
                timing = timed(step, 1 if size > 100_000 else options.runs)
                found, spread, runs = timing.median, timing.spread, timing.runs
            yield Row(TABLE.format(kind), "autodiff", f"{size:,}", found / size * 1e6, "us",
                      spread / size * 1e6, runs, baseline=size == sizes[0])  # fmt: skip


def _nodes(np: Any, size: int) -> Callable[[], Any]:
    from autodiff import Value, jit, tanh

    w = Value(0.5)

    def chain(x: Any) -> Any:
        for _ in range(size // 2):
            x = tanh(x * w)
        return x

    return lambda: jit(chain)(1.0).backward()


def _examples(np: Any, size: int) -> Callable[[], Any]:
    from autodiff import Value, mean, relu, vmap

    data = moons(size)
    parameters = [Value(number) for number in data.parameters]
    points, targets = np.array(data.points), np.array(data.targets)
    each = vmap(lambda point, target: margin_of(data.sizes, point, target, parameters, relu))
    return lambda: mean(each(points, targets)).backward()


def _parameters(np: Any, size: int) -> Callable[[], Any]:
    from autodiff import Value, jit
    from nn import SGD

    ws = [Value(0.001 * k) for k in range(size)]
    xs, optimizer = np.linspace(-1.0, 1.0, size), SGD(ws, lr=0.01)

    def loss_of(xs: Any) -> Any:
        total: Any = 0.0
        for w, x in zip(ws, xs, strict=True):
            total = total + w * x
        return total * total

    loss: Any = jit(loss_of)

    def step() -> None:
        optimizer.zero_grad()
        loss(xs).backward()
        optimizer.step()

    return step


def _guards(np: Any, size: int) -> Callable[[], Any]:
    from autodiff import Value, jit

    w, xs = Value(0.5), np.linspace(0.5, 1.0, size)

    def total(xs: Any) -> Any:
        found: Any = 0.0
        for x in xs:
            found = found + x * w if x > 0.0 else found
        return found

    compiled: Any = jit(total)
    return lambda: compiled(xs)


def _structures(np: Any, size: int) -> Callable[[], Any]:
    from autodiff import Value, jit, sum

    w = Value(0.5)
    f: Any = jit(lambda xs: sum([x * w for x in xs]))
    given = [[0.1] * count for count in range(1, size + 1)]

    def step() -> None:
        for xs in given:
            f(xs)

    return step
