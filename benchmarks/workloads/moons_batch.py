"""moons-batch: the loss of one example in scalars, mapped over thousands by vmap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import timed
from benchmarks.moons_data import RATE, REGULARIZATION, Moons, moons
from benchmarks.peers import load as load_scalars
from benchmarks.peers.moons_arrays import load as load_arrays
from benchmarks.rows import Options, Row, agree, workload
from benchmarks.workloads.moons import gradients, margin_of

EXAMPLES = 10_000
PEERS = ("numpy", "c", "torch", "jax")
TABLE = "batch of {:,} moons through vmap, one step (forward, backward, SGD)"


@workload("moons_batch", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """The scalar loss of one example under vmap, on a large batch, against arrays."""
    count = 16 if options.quick else EXAMPLES
    table = TABLE.format(count)
    try:
        import numpy as np
    except ImportError as error:
        yield Row(table, "autodiff, vmap", note=f"missing: {error}")
        return
    from benchmarks.peers.moons_arrays.numpy_moons import load as by_hand

    sizes = (2, 3, 1) if options.quick else (2, 16, 16, 1)
    few = moons(8, sizes)  # for which an engine of scalars can say what is right
    agree("NumPy", by_hand(few).gradient(), gradients(load_scalars("tuples"), few))
    data = moons(count, sizes)
    expected = by_hand(data).gradient()

    points, targets = np.array(data.points), np.array(data.targets)
    parameters, loss_of = _model(data)
    start = time.process_time()
    loss_of(points, targets).backward()
    first = time.process_time() - start
    found = [parameter.grad for parameter in parameters]
    details = {"largest difference": agree("vmap", found, expected)}
    timing = timed(_step(parameters, loss_of, points, targets), options.runs)
    yield Row(table, "autodiff, vmap", "NumPy arguments, nn.SGD", timing.median * 1e3,
              spread=timing.spread * 1e3, runs=timing.runs, baseline=True,
              details=details)  # fmt: skip
    yield Row(table, "autodiff, vmap", "first call and backward (traces)", first * 1e3, runs=1)
    for peer in load_arrays(options, table, data, PEERS):
        if isinstance(peer, Row):
            yield peer
            continue
        details = {"largest difference": agree(peer.name, peer.gradient(), expected)}
        timing = timed(peer.step, options.runs)
        yield Row(table, peer.name, "", timing.median * 1e3, spread=timing.spread * 1e3,
                  runs=timing.runs, details=details)  # fmt: skip


def _model(data: Moons) -> tuple[list[Any], Callable[[Any, Any], Any]]:
    """Parameters of its own, and the loss of a batch as users write it."""
    from autodiff import Value, dot, mean, relu, vmap

    parameters = [Value(number) for number in data.parameters]

    def example_loss(point: Any, target: Any) -> Any:
        return margin_of(data.sizes, point, target, parameters, relu)

    each = vmap(example_loss)

    def loss_of(points: Any, targets: Any) -> Any:
        return mean(each(points, targets)) + REGULARIZATION * dot(parameters, parameters)

    return parameters, loss_of


def _step(
    parameters: list[Any], loss_of: Callable[[Any, Any], Any], points: Any, targets: Any
) -> Callable[[], Any]:
    from nn import SGD

    optimizer = SGD(parameters, lr=RATE)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(points, targets)
        loss.backward()
        optimizer.step()
        return loss

    return step
