"""What threads share is changed under its lock, and a fork finds every lock free.

Two threads that meet in such a table are too rare for a test that waits for them: here each table
says itself whether the lock is held when it is looked at or changed.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, buffers, jit, vmap, watched
from autodiff.parameters import ParameterVector
from autodiff.program.batches import batch_calls
from autodiff.program.jit import JitWarning
from autodiff.program.tracing import calls
from autodiff.program.tracing.trace_table import Paths
from tests.trust.test_threads_and_forks import forks, in_child

w = Value(2.0)


class Lock:
    """A lock that knows whether it is held."""

    def __init__(self) -> None:
        self.held = 0

    def __enter__(self) -> None:
        self.held += 1

    def __exit__(self, *error: object) -> None:
        self.held -= 1

    def guard(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that may only be called while the lock is held."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            assert self.held, function
            return function(*args, **kwargs)

        return guarded

    def table(self, kind: type = OrderedDict) -> Any:
        """A container whose changes, and walks through it, need the lock."""
        names = ("__setitem__", "__iter__", "keys", "pop", "popitem", "move_to_end", "setdefault")
        inside = {name: self.guard(getattr(kind, name)) for name in names if hasattr(kind, name)}
        return type("Table", (kind,), inside)()


def _catches(x: Any) -> Any:
    try:
        return ad.log(x) * w
    except ValueError:
        return x * w


@pytest.mark.parametrize(
    ("function", "numbers"),
    [
        (lambda x: w * x, (1.0, 2.0)),
        (lambda x: w * x if x > 1.0 else w - x, (1.0, 2.0, 1.0)),
        (lambda x: w * len(str(x)), (1.0, 2.0, 3.0, 1.0)),
        (lambda x: w * round(x), (1.0, 2.0, 3.0, 4.0, 5.0)),
        (_catches, (-1.0, -1.0, -1.0, -1.0, -1.0)),
    ],
    ids=["plain", "paths", "keys", "too many paths", "in vain"],
)
def test_traces_are_kept_under_the_lock(function: Any, numbers: Any, monkeypatch: Any) -> None:
    compiled, lock = jit(function, max_variants=3, max_structures=1), Lock()
    compiled._lock = lock
    compiled._variants, compiled._hopeless = lock.table(), lock.table()
    for name in ("prefer", "add", "takes"):
        monkeypatch.setattr(Paths, name, lock.guard(getattr(Paths, name)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        for shape in (lambda x: x, Value):
            for number in numbers:
                compiled(shape(number))
    assert not lock.held and len(compiled.explain()) > 20


class Vanishing(OrderedDict):  # type: ignore[type-arg]  # of whatever
    """A table from which another thread takes what has just been found there."""

    def get(self, key: Any, default: Any = None) -> Any:
        return self.pop(key, default)

    def __contains__(self, key: object) -> bool:
        return self.pop(key, self) is not self


def test_what_another_thread_forgets_meanwhile_still_answers() -> None:
    compiled = jit(lambda *xs: w * xs[0])
    compiled(1.0), compiled(1.0, 2.0)
    compiled._variants = Vanishing(compiled._variants)
    assert compiled(3.0).data == 6.0
    hopeless = jit(lambda x: w * round(x), max_variants=1)
    with pytest.warns(JitWarning):
        hopeless(1.0), hopeless(2.0)
    hopeless._hopeless = Vanishing(hopeless._hopeless)
    assert hopeless(3.0).data == 6.0


def test_paths_of_examples_are_kept_under_the_lock() -> None:
    mapped, lock = vmap(lambda x: w * x if x > 1.0 else w - x), Lock()
    mapped._lock = lock
    mapped._known, mapped._warned = lock.table(), lock.table()
    for rows in ([1.0, 2.0], [2.0, 1.0, 2.0, 2.0], [0.0, 0.5, 2.0]):
        mapped(rows)
    mapped.explain()
    many = vmap(lambda x: w * round(x))
    many._lock, many._warned = lock, lock.table()
    with pytest.warns(JitWarning):
        many([float(at) for at in range(30)])
    assert not lock.held


def test_readings_are_opened_and_closed_under_the_lock(monkeypatch: Any) -> None:
    lock = Lock()
    monkeypatch.setattr(watched, "_lock", lock)
    monkeypatch.setattr(watched, "_open", lock.table(dict))
    jit(lambda x: w * x)(1.0)
    assert not lock.held and len(watched._open) == 0 and watched._reads.get() is None


def test_parameters_move_under_the_lock(monkeypatch: Any) -> None:
    lock = Lock()
    monkeypatch.setattr(buffers, "_moving", lock)
    ours = [Value(float(at)) for at in range(20)]
    vector = ParameterVector(ours[:18])
    monkeypatch.setattr(buffers, "_orders", lock.table(list))
    monkeypatch.setattr(buffers.Places, "_search", lock.guard(buffers.Places._search))
    monkeypatch.setattr(buffers, "deque", lock.guard(buffers.deque))
    buffers.move(ours[:16])
    assert vector.buffered and not lock.held


@pytest.mark.parametrize("room", [calls, batch_calls], ids=["call", "batch"])
def test_gradients_are_added_under_the_lock_of_sweeps(room: Any, monkeypatch: Any) -> None:
    lock = Lock()
    monkeypatch.setattr(room, "lock", lock)
    monkeypatch.setattr(room, "commit", lock.guard(room.commit))
    w.grad = 0.0
    if room is calls:
        jit(lambda x: w * x)(3.0).backward()
    else:
        ad.sum(vmap(lambda x: w * x)([1.0, 2.0])).backward()
    assert w.grad == 3.0 and not lock.held


@forks
@pytest.mark.parametrize("where", ["jit", "vmap", "watched", "buffers"])
def test_a_fork_finds_each_lock_free(where: str) -> None:
    """Another thread held the lock when the process was forked, and the child waited for ever."""
    compiled, mapped = jit(lambda x: w * x), vmap(lambda x: w * x)
    lock = {
        "jit": compiled._lock, "vmap": mapped._lock, "watched": watched._lock,
        "buffers": buffers._moving,
    }[where]  # fmt: skip
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)

    def work() -> bool:
        with lock:
            return compiled(2.0).data == 4.0 and [y.data for y in mapped([2.0])] == [4.0]

    try:
        assert in_child(work, 5.0) == "right"
    finally:
        leave.set()
        thread.join()
