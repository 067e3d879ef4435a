"""Compiled functions, and models that hold them, are copied, pickled and sent to processes.

`copy.deepcopy` of a model with a compiled step raised "ctypes objects containing pointers cannot
be pickled", and so did pickle, and every pool.
"""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.program.copies import Copied
from tests.tools import compiled_copies as program

ROOT = Path(__file__).parents[2]


def _pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def _by_cloudpickle(thing: Any) -> Any:
    return _pickled_by(pytest.importorskip("cloudpickle"), thing)


def _pickled_by(tool: Any, thing: Any) -> Any:
    return pickle.loads(tool.dumps(thing))


WAYS: list[Callable[[Any], Any]] = [_pickled, copy.deepcopy, copy.copy, _by_cloudpickle]
way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))


@way
def test_a_decorated_function_is_itself(way: Callable[[Any], Any]) -> None:
    program.line(3.0)
    assert way(program.line) is program.line
    assert way(program.Net.cost) is program.Net.cost


@way
def test_others_are_made_again_without_traces(way: Callable[[Any], Any]) -> None:
    program.exact(3.0)
    other = way(program.exact)
    assert other is not program.exact
    assert other.__wrapped__ is program.plain and other.__name__ == "plain"
    assert "0 structure(s)" in other.explain() and "1 structure(s)" in program.exact.explain()
    assert other(5.0).data == 10.0 and other._exact is True
    mapped = way(ad.vmap(program.plain, in_axes=(0,)))
    assert [each.data for each in mapped([1.0, 2.0])] == [2.0, 4.0] and mapped._in_axes == (0,)


@pytest.mark.parametrize("way", [_pickled, copy.deepcopy, _by_cloudpickle])
def test_a_copied_model_computes_with_its_own_parameters(way: Callable[[Any], Any]) -> None:
    model = program.Net()
    model.fast(1.0), model.cost(1.0), model.each([1.0, 2.0])
    other = way(model)
    model.w.data = 100.0
    assert (other.fast(2.0).data, other.cost(1.0).data, other.each([1.0])[0].data) == (
        6.0,
        9.0,
        3.0,
    )
    other.fast(2.0).backward()
    assert (other.w.grad, model.w.grad) == (2.0, 0.0)


def test_a_trained_and_compiled_model_is_copied() -> None:
    model = nn.MLP(2, [4, 1], activation="tanh", seed=0)
    model.step = ad.jit(model.forward)  # type: ignore[attr-defined]  # as users write it
    optimizer = nn.SGD(model, lr=0.1)
    nn.fit(model, *nn.xor(), loss="mse", optimizer=optimizer, epochs=2, compile=True)
    before = model.step([1.0, 0.0]).data  # type: ignore[attr-defined]
    other = copy.deepcopy(model)
    assert other.step([1.0, 0.0]).data == before  # type: ignore[attr-defined]
    assert len(other.parameters()) == len(model.parameters())


def test_what_has_no_name_is_refused_by_pickle() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(ad.jit(lambda x: x))


def test_a_name_that_means_another_function_is_no_name() -> None:
    """jit(f) has f's name, and the module has f itself under it."""
    assert not program.exact._has_the_name("plain")
    assert program.line._has_the_name("line")
    assert not isinstance(program.plain, Copied)


def test_methods_bind() -> None:
    model = program.Net()
    assert isinstance(model.cost, types.MethodType)

    class Mapped:
        scale = 2.0

        def twice(self, x: Value) -> Value:
            return x * self.scale

        right = ad.vmap(twice, in_axes=(None, 0))

    assert [each.data for each in Mapped().right([1.0, 2.0])] == [2.0, 4.0]


@pytest.mark.extras
def test_pools_and_other_interpreters() -> None:
    pytest.importorskip("cloudpickle", reason="needs the extra `tools`")
    pytest.importorskip("llvmlite")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "tools" / "compiled_copies.py")],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
