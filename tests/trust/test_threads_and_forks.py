"""Threads with arguments of their own, and processes forked while another thread computes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, collector, graph, modes
from autodiff.program.machine import chosen

WS = [Value(0.1 * k + 0.5) for k in range(20)]


def loss(x: Any) -> Any:
    return ad.sum([ad.sin(w * x) * w for w in WS])


FUNCTIONS: dict[str, Callable[[float], Any]] = {
    "grad": ad.grad(lambda x: ad.gamma(x) * loss(x).data),
    "gradient": lambda x: [g.data for g in ad.gradient(loss(Value(x)), WS)],
    "hessian": ad.hessian(lambda x: ad.tanh(x) * x),
    "jit": (lambda fast: lambda x: fast(x).data)(ad.jit(loss)),
    "jit with variants": (lambda fast: lambda x: fast(x).data)(
        ad.jit(lambda x: loss(x) if x > 2.0 else ad.gamma(x))
    ),
    "vmap": (lambda many: lambda x: [y.data for y in many([x, x + 1.0])])(ad.vmap(loss)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_eight_threads_with_other_arguments_get_what_one_gets(name: str) -> None:
    function = FUNCTIONS[name]
    numbers = [0.5 + 0.4 * k for k in range(8)]
    serial = [function(x) for x in numbers]
    found: list[Any] = [None] * 8
    barrier = threading.Barrier(8)

    def work(k: int) -> None:
        barrier.wait()
        found[k] = [function(numbers[k]) for _ in range(12)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[expected] * 12 for expected in serial]
    assert not graph._busy and modes.modes == []


def test_an_exception_inside_a_sweep_leaves_the_lock_free() -> None:
    class Broken(Exception):
        pass

    y = loss(1.0)
    with pytest.raises(Broken), graph.marked(y):
        raise Broken
    done = threading.Thread(target=y.backward)
    done.start()
    done.join(10)
    assert not done.is_alive()
    y.zero_grad()


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_child(work: Callable[[], bool], seconds: float = 20.0) -> str:
    """What happened to a forked process that was to do this."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    for _ in range(int(seconds * 200)):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return {0: "right", 256: "wrong"}.get(status, f"failed: {status}")
        time.sleep(0.005)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "hangs"


@pytest.fixture
def busy() -> Iterator[None]:
    """Two threads that sweep, transform and run compiled code."""
    fast, stop = ad.jit(loss), threading.Event()
    fast(1.0)

    def work() -> None:
        while not stop.is_set():
            with ad.relaxed_collector(), ad.scope("busy"):
                loss(Value(1.0)).backward()
                ad.gradient(loss(Value(1.0)), WS)
                fast(1.0).backward()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


@forks
@pytest.mark.parametrize("machine", ["llvm", "python"])
def test_fork_while_other_threads_sweep(busy, monkeypatch, machine: str) -> None:
    """The child waited for ever for a lock whose owner was not there, or took the marks of a
    sweep that nobody ended for its own."""
    monkeypatch.setenv("AUTODIFF_MACHINE", machine)
    if machine == "llvm":
        pytest.importorskip("llvmlite")
    assert chosen().name == machine
    fast = ad.jit(loss)
    alone = [Value(w.data) for w in WS]
    ad.sum([ad.sin(w * 1.0) * w for w in alone]).backward()
    expected = [w.grad for w in alone]
    fast(1.0)

    def work() -> bool:
        for w in WS:
            w.grad = 0.0
        loss(1.0).backward()
        right = [w.grad for w in WS] == pytest.approx(expected, abs=1e-12)
        for w in WS:
            w.grad = 0.0
        fast(1.0).backward()
        again = [w.grad for w in WS] == pytest.approx(expected, abs=1e-12)
        return right and again and modes.modes == [] and collector._relaxed == []

    for _ in range(15):
        assert in_child(work) == "right"


@ad.primitive(local_derivatives=[lambda z, x: 1.0])
def waits(x: float) -> float:
    WAITING.set()
    RELEASE.wait(10)
    return x


WAITING, RELEASE = threading.Event(), threading.Event()


@forks
def test_fork_while_another_thread_holds_the_lock_of_a_machine(monkeypatch) -> None:
    monkeypatch.setenv("AUTODIFF_MACHINE", "python")
    RELEASE.set()
    fast = ad.jit(lambda x: waits(x) * 2.0)
    assert fast(1.0).data == 2.0
    RELEASE.clear()
    WAITING.clear()
    thread = threading.Thread(target=lambda: fast(1.0))
    thread.start()
    WAITING.wait(10)

    def work() -> bool:
        RELEASE.set()
        return bool(fast(3.0).data == 6.0)

    try:
        assert in_child(work) == "right"
    finally:
        RELEASE.set()
        thread.join()


@forks
def test_a_sweep_that_never_ends_is_abandoned_in_the_child(monkeypatch) -> None:
    """Where a fork cannot wait, the child takes the marks off that the other thread has set."""
    from autodiff import locks

    monkeypatch.setattr(locks, "PATIENCE", 0.05)
    y, inside, leave = loss(1.0), threading.Event(), threading.Event()

    def sweep() -> None:
        with graph.marked(y):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=sweep)
    thread.start()
    inside.wait(10)

    def work() -> bool:
        return len(graph.topological_order(y)) == graph.statistics(y)["nodes"] > len(WS)

    try:
        assert in_child(work) == "right"
    finally:
        leave.set()
        thread.join()
