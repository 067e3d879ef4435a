"""Modes: no_grad, scope, and how they are put back."""

import asyncio
import threading

import pytest

import autodiff
from autodiff import Value, no_grad, scope
from autodiff.modes import Mode, _after_fork, _switch, modes


def test_no_grad_records_nothing_and_is_put_back_after_an_exception():
    x = Value(2.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        y = autodiff.exp(x) * 3.0 + autodiff.sum([x, x])
        assert y.parents == () and y.primitive is None
        x / 0.0
    assert (x * 2.0).parents == (x,) and modes == []


def test_no_grad_belongs_to_a_thread():
    x, seen = Value(2.0), []
    inside, done = threading.Event(), threading.Event()

    def other():
        inside.wait(10)
        seen.append((x * 2.0).parents)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        done.wait(10)
        assert (x * 2.0).parents == ()
    thread.join()
    assert seen == [(x,)]


def test_no_grad_belongs_to_an_asyncio_task():
    x = Value(2.0)

    async def quiet(ready, go):
        with no_grad():
            ready.set()
            await go.wait()
            return (x * 2.0).parents

    async def recording(ready, go):
        await ready.wait()
        parents = (x * 2.0).parents
        go.set()
        return parents

    async def main():
        ready, go = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(quiet(ready, go), recording(ready, go))

    first, second = asyncio.run(main())
    assert first == () and second == (x,) and modes == []


def test_no_grad_as_decorator():
    @no_grad()
    def predict(x):
        return x * 2.0

    assert predict(Value(3.0)).parents == () and predict(Value(4.0)).data == 8.0


def test_scopes_nest_and_are_put_back():
    with scope("a"):
        first = Value(1.0) * 2.0
        with scope("b"):
            second = first + 1.0
    third = second * 2.0
    assert (first.scope, second.scope, third.scope) == (("a",), ("a", "b"), ())


def test_a_forked_process_does_not_ask_for_the_traces_of_other_threads(monkeypatch):
    """They never end there, and reading `.data` would go on asking for them."""
    monkeypatch.setattr(autodiff.modes, "_switches", 0)  # however many the tests before have made
    _switch()
    plain = vars(Value)["data"]
    monkeypatch.setattr(autodiff.modes, "modes", [Mode(asked=lambda _: None)])
    _switch()
    assert vars(Value)["data"] is not plain
    _after_fork()
    found = vars(Value)["data"]
    autodiff.modes.modes.clear()
    _switch()
    assert found is plain
