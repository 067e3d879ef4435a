"""Modes: no_grad, strict, scope, relaxed_collector."""

import asyncio
import gc
import math
import threading

import pytest

import autodiff
from autodiff import NonFiniteError, StaleGraphError, Value, no_grad, scope, strict
from autodiff.context import modes


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


def test_strict_names_the_operation_that_overflows():
    x = Value(1e200, "x")
    with strict(), pytest.raises(NonFiniteError, match=r"x = 1e\+200.*inf.*test_context"):
        x * x
    assert math.isinf((x * x).data)


def test_strict_finds_a_gradient_that_is_not_finite():
    x = Value(0.0, "x")
    with strict():
        y = autodiff.sqrt(x) * 2.0
        with pytest.raises(NonFiniteError, match=r"sqrt\(x\).*derivative.*inf.*test_context"):
            y.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_strict_finds_operands_changed_after_the_graph_was_built():
    x = Value(3.0, "x")
    y = autodiff.sin(x) * 2.0
    x.data = 4.0
    with strict(), pytest.raises(StaleGraphError, match=r"sin\(x\).*build the graph again"):
        y.backward()
    assert x.grad == 0.0
    y.backward()  # outside strict() the sweep uses the numbers as they are


def test_strict_names_the_product_that_overflows():
    """Local derivative and adjoint are finite, their product is not."""
    x = Value(1e-300, "x")
    with strict():
        y = (x * 1e200) * 1e200
        with pytest.raises(NonFiniteError, match=r"operand 0 is 1e\+200, the adjoint 1e\+200.*\(/"):
            y.backward()


def test_strict_blames_no_operation_where_the_sum_of_contributions_overflows():
    x = Value(1e-300, "x")
    y = x * 1.0
    z = y * 1e308 + y * 1e308
    with strict(), pytest.raises(NonFiniteError, match=r"^the gradient of Value.*is inf$"):
        z.backward()


@pytest.mark.parametrize(("before", "after"), [(2.0, math.nan), (math.nan, 2.0)])
def test_strict_compares_nan_with_nan_only(before, after):
    x = Value(before, "x")
    y = x * 1.0
    with strict():
        y.backward()  # the same nan again is not stale
        assert x.grad == 1.0
        x.data = after
        with pytest.raises(StaleGraphError, match=r"built; build the graph again$"):
            y.backward()


def test_scopes_nest_and_are_put_back():
    with scope("a"):
        first = Value(1.0) * 2.0
        with scope("b"):
            second = first + 1.0
    third = second * 2.0
    assert (first.scope, second.scope, third.scope) == (("a",), ("a", "b"), ())


def test_relaxed_collector_is_put_back_after_an_exception():
    before = gc.get_threshold()
    with pytest.raises(KeyError), autodiff.relaxed_collector():
        assert gc.get_threshold() != before
        raise KeyError
    assert gc.get_threshold() == before


def test_relaxed_collector_puts_the_program_s_own_setting_back():
    """A planted fault put back what had been set when the package was imported."""
    before = gc.get_threshold()
    gc.set_threshold(1000, 7, 6)
    try:
        with autodiff.relaxed_collector():
            assert gc.get_threshold()[:2] == (100_000, 10)
        assert gc.get_threshold()[:2] == (1000, 7)
    finally:
        gc.set_threshold(*before)


def test_relaxed_collector_in_threads_that_overlap_is_put_back():
    """The second thread to enter once took the first one's setting for the one to put back."""
    before = gc.get_threshold()
    entered, left = threading.Event(), threading.Event()

    def second():
        with autodiff.relaxed_collector():
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=second)
    with autodiff.relaxed_collector():
        thread.start()
        entered.wait(10)
    left.set()
    thread.join()
    assert gc.get_threshold() == before
