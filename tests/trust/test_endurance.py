"""Large graphs, long runs, threads and tasks: nothing recurses, grows, or mixes.

The figures at a million nodes are in docs/decisions; the suite runs a hundred thousand.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import sys
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.graph import statistics, topological_order

SIZE = 100_000
WIDE = 20_000


def chain(length: int) -> tuple[Value, Value]:
    x = y = Value(0.5, "x")
    for step in range(length):
        y = y + x if step % 2 else y * 0.5
    return x, y


# ---- size ------------------------------------------------------------------------------------


def test_every_walk_over_a_deep_graph_is_a_loop() -> None:
    x, y = chain(SIZE)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)  # far below the depth, and enough for pytest itself
    try:
        y.backward()
        first = ad.gradient(y, x)
        y.zero_grad()
        copies = [copy.deepcopy(y), pickle.loads(pickle.dumps(y))]
        numbers = [ad.evaluate(y, {x: 0.5}), *[each.data for each in copies]]
        depth = statistics(y)["depth"]
        pushed = ad.jvp(lambda v: chain_of(v, 2_000), (0.5,), (1.0,))
        assert len(repr(y)) < 100
        del copies, y
    finally:
        sys.setrecursionlimit(limit)
    assert numbers == [numbers[0]] * 3
    assert first.data == pytest.approx(2.0)
    assert (depth, x.grad) == (SIZE, 0.0)
    assert pushed[1] == pytest.approx(2.0)


def chain_of(x: Any, length: int) -> Any:
    y = x
    for step in range(length):
        y = y + x if step % 2 else y * 0.5
    return y


@pytest.mark.parametrize(
    "function",
    [ad.sum, ad.mean, ad.prod, ad.norm, ad.logsumexp, lambda xs: ad.maximum(*xs),
     lambda xs: ad.dot(xs, xs), lambda xs: ad.affine(xs, [1.0] * len(xs), 0.5)],
    ids=["sum", "mean", "prod", "norm", "logsumexp", "maximum", "dot", "affine"],
)  # fmt: skip
def test_wide_operations(function: Callable[[list[Value]], Value]) -> None:
    xs = [Value(1.0) for _ in range(WIDE)]
    y = function(xs)
    y.backward()
    assert len({x.grad for x in xs}) == 1
    assert pickle.loads(pickle.dumps(y)).data == copy.deepcopy(y).data == y.data


def test_one_node_with_many_users_and_one_with_many_operands() -> None:
    x = Value(0.5)
    y = ad.sum([x * float(k) for k in range(SIZE)])
    y.backward()
    assert x.grad == ad.gradient(y, x).data == SIZE * (SIZE - 1) / 2


def test_softmax_has_a_number_of_edges_that_is_linear_in_its_length() -> None:
    xs = [Value(0.001 * k) for k in range(2_000)]
    found = statistics(*ad.softmax(xs))
    assert found["edges"] < 6 * len(xs)


# ---- endurance -------------------------------------------------------------------------------


def train(model: nn.Module, optimizer: nn.Optimizer, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        nn.mse(model([0.3, -0.2]), 0.7).backward()
        optimizer.step()


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_memory_stays_flat_while_training(compiled: bool) -> None:
    """With the cyclic collector off: nothing is left to it."""
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    optimizer = nn.Adam(model, lr=1e-3)
    loss = lambda: nn.mse(model([0.3, -0.2]), 0.7)  # noqa: E731 - jit takes either
    run = ad.jit(loss) if compiled else loss

    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            run().backward()
            optimizer.step()

    steps(50)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        steps(200)
        left = gc.collect()  # it also empties Python's lists of free tuples, which count as memory
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
    assert left < 20  # one cycle per step would be at least 200 objects
    assert after - before < 10_000  # one kept node per step would be above 20 000


# ---- threads and tasks -----------------------------------------------------------------------


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """The results of work(0), work(1), ... each in a thread, all started together."""
    results: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def run(index: int) -> None:
        gate.wait()
        try:
            results[index] = work(index)
        except BaseException as error:  # noqa: BLE001 - the test shows it
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns often
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    return results


def learn(index: int) -> list[str]:
    """A small training run with everything: losses, optimizers, second derivatives."""
    model = nn.MLP(2, [4, 1], activation="tanh", seed=index)
    optimizer = nn.Adam(model, lr=0.01)
    with ad.scope(f"thread {index}"):
        train(model, optimizer, 15)
    second = ad.hessian(lambda p: ad.exp(p[0] * p[1]) * ad.sin(p[0]))([0.1 * index, 0.7])
    numbers = [parameter.data for parameter in model.parameters()]
    return [number.hex() for number in [*numbers, *second[0], *second[1]]]


def test_eight_threads_on_their_own_graphs_equal_serial_runs() -> None:
    assert in_threads(8, learn) == [learn(index) for index in range(8)]


def test_eight_threads_on_one_compiled_function_equal_serial_runs() -> None:
    def function(x: Any, ys: list[Any]) -> Any:
        return ad.exp(ad.sin(x) * ys[0]) + ad.logsumexp([x, *ys]) * ad.maximum(x, ys[-1])

    def work(f: Callable[..., Any], index: int) -> list[str]:
        found = []
        for step in range(30):
            x = Value(0.1 * index + 0.01 * step)
            ys = [Value(0.3 - 0.02 * k * index) for k in range(1 + (step + index) % 3)]
            f(x, ys).backward()
            found += [x.grad.hex(), *[y.grad.hex() for y in ys]]
        return found

    expected = [work(function, index) for index in range(8)]
    for _ in range(3):
        fast = ad.jit(function)  # traced by whichever thread comes first
        assert in_threads(8, lambda index, f=fast: work(f, index)) == expected


def test_modes_of_threads_do_not_mix() -> None:
    def work(index: int) -> bool:
        x = Value(2.0)
        for _ in range(300):
            if index % 2:
                with ad.no_grad():
                    if (x * x).parents:
                        return False
            elif not (x * x).parents:
                return False
        return True

    assert in_threads(8, work) == [True] * 8


def test_asyncio_tasks_with_no_grad_interleave() -> None:
    async def work(index: int) -> bool:
        x = Value(2.0)
        for _ in range(20):
            if index % 2:
                with ad.no_grad():
                    await asyncio.sleep(0)
                    if (x * x).parents:
                        return False
            else:
                with ad.scope(f"task {index}"):
                    await asyncio.sleep(0)
                    y = x * x
                if y.scope != (f"task {index}",) or not y.parents:
                    return False
                y.backward()
        return True

    async def everyone() -> list[bool]:
        return await asyncio.gather(*[work(index) for index in range(10)])

    assert asyncio.run(everyone()) == [True] * 10
    assert len(topological_order(Value(1.0) * 2.0)) == 2
