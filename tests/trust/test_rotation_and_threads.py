"""Traces are kept by use, within their limits, also when several threads trace at once."""

from __future__ import annotations

import gc
import math
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, jit, vmap
from autodiff.program.jit import JitWarning
from tests.support.effort import FACTOR

w = Value(2.0)


def total(xs: Any) -> Any:
    return w * sum(xs)


def test_structures_are_kept_by_use() -> None:
    """The oldest was forgotten, however often it was used."""
    traced = []

    def f(xs: Any) -> Any:
        traced.append(len(xs))
        return total(xs)

    compiled = jit(f, max_structures=3)
    for length in (1, 2, 3, 1, 4, 1, 5, 1, 4):  # 1 and 4 stay; 2, then 3 are forgotten
        assert compiled([1.0] * length).data == 2.0 * length
    assert traced == [1, 2, 3, 4, 5]
    compiled([1.0] * 2)
    assert traced == [1, 2, 3, 4, 5, 2]


def test_lengths_in_rotation_are_warned_about_once() -> None:
    """70 lengths in rotation were traced at every call, and nobody was told."""
    f = jit(total)
    found = []
    for _ in range(3):
        for length in range(1, 71):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                assert f([0.5] * length).data == length
            found += [str(each.message) for each in caught if each.category is JitWarning]
    assert len(found) == 1
    assert "raise max_structures" in found[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        enough = jit(total, max_structures=70)
        for _ in range(2):
            for length in range(1, 71):
                assert enough([0.5] * length).data == length


def test_lengths_in_rotation_in_vmap_are_warned_about_once() -> None:
    """Nobody was told there; batches that are large enough pay for their traces."""
    for examples, warned in ((1, 1), (10, 0)):
        f, found = vmap(total), []
        for _ in range(2):
            for length in range(1, 101):
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    assert f([[0.5] * length] * examples)[0].data == length
                found += [(each.filename, str(each.message)) for each in caught]
        assert len(found) == warned
        assert all(name == __file__ and "pad sequences" in text for name, text in found)


def test_errors_that_a_function_catches_are_not_traced_again_and_again() -> None:
    """Each call was a vain trace before the plain run: for ever, and nobody was told."""
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        try:
            return ad.log(x) * w
        except ValueError:
            return x * 0.0

    compiled = jit(f, max_variants=4)
    for _ in range(3):
        assert compiled(-1.0).data == 0.0
    assert compiled(1.0).data == 0.0  # a number that raises nothing is traced
    assert compiled(math.e).data == 2.0
    before = len(calls)
    assert compiled(-1.0).data == 0.0 and len(calls) == before + 1
    assert compiled(math.e).data == 2.0 and len(calls) == before + 1
    vain = jit(f, max_variants=4)
    for _ in range(3):
        vain(-1.0)
    with pytest.warns(JitWarning, match=r"caught what an operation raised.*if x > 0") as found:
        vain(-1.0)
    assert [each.filename for each in found] == [__file__]
    before = len(calls)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vain(-1.0).data == 0.0 and vain(1.0).data == 0.0
    assert len(calls) == before + 2
    assert "1 structure(s) run eagerly" in vain.explain()


@pytest.mark.filterwarnings("ignore::autodiff.program.jit.JitWarning")
def test_structures_in_rotation() -> None:
    """Many more of them than are kept."""
    most = 501 if FACTOR > 1 else 161
    f = jit(total)
    each = vmap(total)
    for _ in range(2):
        for length in range(1, most):
            assert f([0.5] * length).data == length
            assert len(f._variants) <= 64
        for length in range(1, most, 5):
            assert each([[0.5] * length])[0].data == length
            assert len(each._known) <= 64


def test_structures_that_were_given_up_are_bounded_too() -> None:
    """Each of them was remembered for ever."""

    def f(word: str, x: Any) -> Any:
        return w * x if x > len(word) else x * 1.0

    compiled = jit(f, max_structures=5, max_variants=1)
    for count in range(20):
        word = "x" * count
        assert compiled(word, -1.0).data == -1.0
        with pytest.warns(JitWarning, match="different paths"):
            assert compiled(word, 100.0).data == 200.0
        assert compiled(word, -1.0).data == -1.0
    assert len(compiled._hopeless) <= 5


def test_dropped_functions_leave_nothing_behind() -> None:
    gone = []
    for count in range(300):
        f = jit(lambda x, k=float(count): w * x + k)
        f(1.0)
        if count % 50 == 0:
            gone.append(weakref.ref(f.__wrapped__))
    del f
    gc.collect()
    assert [each() for each in gone] == [None] * len(gone)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run something in several threads that start together; what one raises is raised here."""
    barrier, failures = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except Exception as error:  # noqa: BLE001 - it is raised below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_eight_threads_with_other_arguments_each() -> None:
    """Two threads that traced together left more variants than allowed, and gave up for good."""

    def f(n: Any, xs: Any) -> Any:
        for _ in range(n):
            xs = [ad.tanh(x) * w for x in xs]
        return ad.sum(xs)

    for _ in range(5):
        compiled = jit(f, max_variants=8)

        def work(number: int, compiled: Any = compiled) -> None:
            for turn in range(12):
                n, xs = (number + turn) % 8, [0.1 * number, 0.2 * turn]
                assert compiled(n, xs).data == f(n, [Value(x) for x in xs]).data

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            in_threads(8, work)
        assert not compiled._hopeless
        assert all(len(known) <= 8 for known in compiled._variants.values())
        assert sum(map(len, compiled._variants.values())) == 8


def test_threads_with_structures_and_changes_of_their_own() -> None:
    """Each thread has a module whose mode it switches; all call the same compiled function."""
    import nn

    class Scaled(nn.Module):
        def __init__(self, scale: float) -> None:
            self.scale = scale

        def forward(self, x: Any) -> Any:
            return w * x * self.scale if self.training else x

    compiled = jit(lambda model, xs: ad.sum([model(x) for x in xs]), max_structures=4)

    def work(number: int) -> None:
        model = Scaled(float(number))
        for turn in range(15):
            model.train(turn % 2 == 0)
            model.scale = float(turn % 3)
            xs = [0.5] * (1 + (number + turn) % 5)
            assert compiled(model, xs).data == ad.sum([Value(0.0), *map(model, xs)]).data

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        in_threads(8, work)
    assert len(compiled._variants) <= 4
