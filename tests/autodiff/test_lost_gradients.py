"""One rule: `float()` of a computed Value warns, of an input only where it is known to be one.

A table of who asks for a float: arithmetic outside of the engine warns, what only shows a number
is silent.
"""

from __future__ import annotations

import io
import logging
import math
import statistics
import types
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import LostGradientWarning, OperandError, Value

LOG = logging.getLogger("lost gradients")
LOG.addHandler(logging.StreamHandler(io.StringIO()))
LOG.propagate = False

x = Value(2.0, "x")
v = x * 3.0


def warned(call: Callable[[], Any]) -> list[str]:
    """The messages about lost gradients."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(each.message) for each in caught if each.category is LostGradientWarning]


def _numpy() -> Any:
    return pytest.importorskip("numpy")


def _axes() -> Any:
    return pytest.importorskip("matplotlib.figure").Figure().subplots()


def _series() -> Any:
    return pytest.importorskip("pandas").Series([1.0])


def _augmented() -> str:
    text = "%.2f"
    text %= v
    return text


SILENT: dict[str, Callable[[], Any]] = {
    "f-string": lambda: f"{v:.3f} {v}", "format": lambda: "{:8.3f}".format(v),  # noqa: UP032
    "percent": lambda: "%.3f" % v, "percent, several": lambda: "%s: %g" % ("loss", v),  # noqa: UP031
    "percent of bytes": lambda: b"%.3f" % v, "percent and equals": _augmented,
    "str": lambda: str(v) + repr(v), "print": lambda: print(v, file=io.StringIO()),
    "logging": lambda: LOG.warning("loss %.3f after %d", v, 3),
    "int and floor": lambda: (int(v), math.floor(v), round(v)),
    "data": lambda: math.sin(v.data) + v.item(), "a leaf outside": lambda: math.sin(x),
    "no_grad": lambda: math.sin(ad.no_grad()(lambda: x * x)()),
    "detached": lambda: float(v.detach()),
    "plot": lambda: _axes().plot([1.0, 2.0], [v, v]),
    "scatter": lambda: _axes().scatter([v], [1.0]),
    "bar": lambda: _axes().bar([1.0], [v]), "axhline": lambda: _axes().axhline(v),
    "DataFrame": lambda: pytest.importorskip("pandas").DataFrame({"a": [v, v]}).astype(float),
    "Series": lambda: pytest.importorskip("pandas").Series([v, v], dtype=float).mean(),
    "numerical_gradient": lambda: ad.numerical_gradient(lambda a: math.sin(a), 2.0),
}  # fmt: skip

WARNING: dict[str, Callable[[], Any]] = {
    "float": lambda: float(v), "math.sin": lambda: math.sin(v), "math.isnan": lambda: math.isnan(v),
    "math.isfinite": lambda: math.isfinite(v), "math.fsum": lambda: math.fsum([v, 1.0]),
    "an operator beside %": lambda: 5.0 % math.exp(v),
    "sqrt inside %": lambda: "%g" % math.sqrt(v),  # noqa: UP031
    "sin inside an f-string": lambda: f"{math.sin(v)}",
    "statistics": lambda: statistics.fmean([v, v]),
    "np.array": lambda: _numpy().array([v, v], float),
    "np.asarray": lambda: _numpy().asarray([v], dtype=float),
    "np.full": lambda: _numpy().full(3, v, dtype=float),
    "np.mean": lambda: _numpy().mean(_numpy().array([v, v]), dtype=float),
    "called by pandas": lambda: _series().map(lambda _: math.sin(v)),
    "grad": lambda: ad.grad(lambda a: a * math.sin(a))(2.0),
    "grad of an array": lambda: ad.grad(lambda a: a[0] * math.sin(a[1]))(_numpy().ones(2)),
    "value_and_grad": lambda: ad.value_and_grad(lambda a: a * math.sin(a))(2.0),
    "jacobian": lambda: ad.jacobian(lambda a: [a * math.sin(a)])(2.0),
    "hessian": lambda: ad.hessian(lambda a: a * math.sin(a))(2.0),
    "hvp": lambda: ad.hvp(lambda a: a * a * math.sin(a), 2.0, 1.0),
    "vjp": lambda: ad.vjp(lambda a: a * math.sin(a), 2.0),
    "jvp": lambda: ad.jvp(lambda a: a * math.sin(a), (2.0,), (1.0,)),
    "nested grad": lambda: ad.grad(lambda a: a * ad.grad(lambda b: b * math.sin(b))(3.0))(2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_who_only_shows_a_number_is_silent(name: str) -> None:
    """Every `"loss %.3f" % loss` and every plot of a loss warned, so that nobody read warnings."""
    assert warned(SILENT[name]) == []


@pytest.mark.parametrize("name", WARNING)
def test_who_computes_with_a_number_is_warned(name: str) -> None:
    messages = warned(WARNING[name])
    assert messages and all(".data" in message for message in messages)


def test_check_gradients_warns_and_fails() -> None:
    with pytest.warns(LostGradientWarning), pytest.raises(ad.GradientCheckError):
        ad.check_gradients(lambda a: a * math.sin(a), 2.0)


@pytest.mark.parametrize("name", ["float", "math.isnan", "np.array", "grad", "hessian", "jvp"])
def test_strict_raises(name: str) -> None:
    with ad.strict(), pytest.raises((OperandError, ValueError)) as caught:
        WARNING[name]()
    # NumPy says in its own words that an array takes numbers, because of ours
    ours = caught.value if isinstance(caught.value, OperandError) else caught.value.__cause__
    assert "cuts the gradient" in str(ours)


@pytest.mark.parametrize("name", ["f-string", "percent", "logging", "plot", "a leaf outside"])
def test_strict_lets_numbers_be_shown(name: str) -> None:
    with ad.strict():
        SILENT[name]()


@pytest.mark.parametrize(("caller", "silent"), [("matplotlib.axes", True), ("mine", False)])
def test_numpy_passes_the_question_on(caller: str, silent: bool) -> None:
    """Functions of NumPy written in Python stand between a picture and the number it asks for."""

    def between(number: Any) -> float:
        return float(number)

    def asks(ask: Callable[[Any], float], number: Any) -> float:
        return ask(number)

    inner = types.FunctionType(between.__code__, {"__name__": "numpy.lib", "float": float})
    outer = types.FunctionType(asks.__code__, {"__name__": caller})
    assert bool(warned(lambda: outer(inner, v))) is not silent
