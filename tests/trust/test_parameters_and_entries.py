"""What traced functions ask of parameters, and of entries of arrays: answers were frozen."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import TraceError
from tests.trust.python_programs import outcome

W, U = Value(0.75, "w"), Value(-1.25, "u")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * W if W > 0 else x * U, lambda x: max(W, U) * x, lambda x: min(x, W, U),
        lambda x: max([x, W]), lambda x: W > x, lambda x: W == x,  # noqa: SIM300
         lambda x: sorted([x, W, U])[1],
        lambda x: (W > 0) * x, lambda x: x * int(W), lambda x: x * round(W),
        lambda x: -x if W else x,
        lambda x: x * math.floor(W) + math.ceil(W), lambda x: f"{W:.2f}", lambda x: "%.1f" % W,  # noqa: UP031
        lambda x: ad.where(W > x, W, x),  # noqa: SIM300
        lambda x: W.detach() * x, lambda x: W < U < x,
        lambda x: np.array([W, U]).max() * x, lambda x: str(W), lambda x: [W, U][W < U] * x,
        lambda x: math.isnan(W), lambda x: any(t > x for t in (W, U)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrap", [jit, lambda f: lambda x: vmap(f)([x, x])[1]])
def test_what_is_asked_of_parameters_is_a_guard(f: Callable[[Any], Any], wrap: Any) -> None:
    """`if w > 0` kept the answer of the first call, for all later numbers of w."""
    compiled = wrap(f)
    W.grad = U.grad = 0.0
    for numbers in [(0.75, -1.25), (-2.6, -1.25), (5.5, 9.0), (0.75, -1.25), (-0.0, 0.5)]:
        W.data, U.data = numbers
        for x in (1.0, -3.0, 7.0):
            want = outcome(lambda x=x: f(x))
            assert outcome(lambda x=x: compiled(x))[1] == want[1], (numbers, x, want[0])
    W.data, U.data = 0.75, -1.25


@pytest.mark.parametrize(
    "f",
    [
        lambda x: W.data * x, lambda x: float(W) * x, lambda x: W.item() * x, lambda x: math.sin(W),
        lambda x: W.grad * x, lambda x: setattr(W, "data", 2.0), lambda x: W.zero_grad(),
        lambda x: W.backward(), lambda x: setattr(W, "grad", 2.0), lambda x: {x: 1},
        lambda x: x.label,
    ],
)  # fmt: skip
def test_what_would_freeze_or_write_a_parameter_is_refused(f: Callable[[Any], Any]) -> None:
    """`w.data` was a constant of the trace, and writing to it happened once."""
    with pytest.raises(TraceError, match=r"\.py:\d+"):
        jit(f)(Value(1.0, "x"))
    assert (W.data, W.grad) == (0.75, 0.0)


def test_texts_of_values_show_gradients_or_refuse() -> None:
    """The text of a Value shows its gradient, which no replay follows."""
    f = jit(lambda x: f"{W}{x}")
    assert f(Value(1.0)) == f(Value(1.0)) == "Value(0.75, label='w')Value(1.0)"
    x = Value(1.0)
    for changed in (W, x):
        changed.grad = 2.0
        with pytest.raises(TraceError, match="text of a gradient"):
            f(x)
        changed.grad = 0.0
    assert f(x) == "Value(0.75, label='w')Value(1.0)"


@dataclasses.dataclass
class Unit:
    """An object of a user's own, not Watched."""

    weight: Any
    rest: Any = None


class OfClass:
    """A parameter in a class."""

    weight = W


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: Unit(W), lambda unit: setattr(unit, "weight", U)),
        (lambda: types.SimpleNamespace(weight=W), lambda unit: setattr(unit, "weight", U)),
        (lambda: Unit(W, Unit(U)), lambda unit: setattr(unit, "weight", Value(4.0))),
        (OfClass, lambda unit: setattr(unit, "weight", U)),
    ],
)
@pytest.mark.parametrize(
    "inside", [lambda unit: unit, lambda unit: [unit], lambda unit: {1: [unit]}]
)
def test_another_parameter_in_any_object_is_noticed(make: Any, change: Any, inside: Any) -> None:
    """Only lists, dicts and Modules were followed."""
    unit = make()
    held = inside(unit)

    def f(x: Any) -> Any:
        found = held
        while not hasattr(found, "weight"):
            found = next(iter(found.values())) if isinstance(found, dict) else found[0]
        return found.weight * x

    compiled = jit(f)
    assert compiled(2.0).data == f(2.0).data
    change(unit)
    assert compiled(2.0).data == f(2.0).data


KINDS = (
    np.int8,
    np.uint8,
    np.int16,
    np.int32,
    np.uint32,
    np.int64,
    np.float16,
    np.float32,
    np.float64,
)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0] + x[1], lambda x: x[0] - x[1], lambda x: x[0] * x[0] * x[0],
        lambda x: x[0] / x[1],
        lambda x: x[0] // x[1], lambda x: x[0] % x[1], lambda x: x[0] ** 2, lambda x: x[0] ** -1,
        lambda x: x[0] + 0.1, lambda x: x[0] * 1000, lambda x: 2 - x[0], lambda x: -x[0],
        lambda x: ~x[0],
        lambda x: abs(x[0]), lambda x: x[0] & 6, lambda x: x[0] | 1, lambda x: x[0] ^ x[1],
        lambda x: x[0] << 3,
        lambda x: x[0] > 0.1, lambda x: x[0] == 0.1, lambda x: (x[0] > 1) + (x[1] > 1),
        lambda x: (x[0] > 1) is True, lambda x: ~(x[0] > 1), lambda x: -(x[0] > 1),
        lambda x: [7, 8][x[0] > 1],
        lambda x: sum(z > 1 for z in x), lambda x: divmod(x[0], x[1]), lambda x: round(x[0], 1),
        lambda x: round(x[0]), lambda x: isinstance(x[0], float), lambda x: isinstance(x[0], int),
        lambda x: isinstance(x[0], np.generic), lambda x: isinstance(x[0], np.floating),
        lambda x: type(x[0]).__name__, lambda x: x[0].dtype, lambda x: x[0].exp(),
        lambda x: hasattr(x[0], "exp"),
        lambda x: f"{x[0]}", lambda x: str(x[0]), lambda x: {1: 2, 3: 4}.get(x[0], 0),
        lambda x: x[0].item(),
        lambda x: float(np.mean(x)), lambda x: x.mean() * W, lambda x: x.sum() * W,
        lambda x: x[0] * W + x[1],
        lambda x: np.sqrt(abs(x))[0] * W, lambda x: ad.sin(x[0]),
        lambda x: ad.relu(x[0]) * W, lambda x: str(x),
        lambda x: max(x[0], 1), lambda x: (x[0] > x[1]) * W, lambda x: ad.where(x[0] > x[1], W, U),
    ],
)  # fmt: skip
def test_entries_of_arrays_compute_as_their_dtype(f: Callable[[Any], Any]) -> None:
    """np.int8(100) + 100 wraps and float32 rounds; a trace computed with floats of 64 bits."""

    def seen(result: Any) -> Any:
        """A result with its numbers as floats; nan as text, which equals itself."""
        if isinstance(result, tuple):
            return [seen(part) for part in result]
        if isinstance(result, Value):
            return seen(result.data)
        if isinstance(result, (np.number, np.bool_, int, float)):
            return repr(float(result))
        return type(result) if isinstance(result, Exception) else repr(result)

    compiled = jit(f)
    for kind in KINDS * 2:
        for numbers in ([1, 2], [100, 3], [3, 1], [0.1, 0.7]):
            x = np.array(numbers).astype(kind)
            want = outcome(lambda x=x: f(x))[0]
            got = outcome(lambda x=x: compiled(x))[0]
            if isinstance(got, TraceError):
                assert ".py:" in str(got)
            else:
                assert seen(got) == seen(want), (kind, x, want, got)


def test_what_names_and_types_say_of_traced_numbers() -> None:
    """`type(x).__name__` was "TracedFloat"; methods of Values were found on plain floats."""
    f = jit(lambda x: [type(x).__name__, x.__class__.__name__, type(x * W) == Value])  # noqa: E721 - it is asked
    assert f(1.0) == ["float", "float", True] and f(Value(1.0)) == ["Value", "Value", True]
    assert jit(lambda x: [hasattr(x, n) for n in ("exp", "relu", "label")])(1.0) == [False] * 3
    with pytest.raises(AttributeError):
        jit(lambda x: x.relu())(1.0)
    assert np.isclose(jit(lambda x: np.exp(x)[0] * W)(np.array([1.0])).data, 0.75 * math.e)


def test_the_losses_of_arrays_of_targets_ask_for_no_number() -> None:
    """A look at `x.tolist` made each target a guard, and each batch a new trace."""
    import nn

    model = nn.MLP(2, [3, 1], seed=0)
    step = jit(lambda xs, ts: nn.mse([model(row) for row in xs], ts))
    for at in range(3):
        step(np.full((4, 2), at + 0.5), np.full(4, at + 0.25))
    assert "guard" not in step.explain() and "path 2" not in step.explain()
