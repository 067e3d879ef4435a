"""The 135 singular points at which a convention decides: value or exception, first and second
derivative. (The losses among them belong to the tests of nn.)"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value
from tests.support.data import close, identical, load, same
from tests.support.known import PYTHON, known

Function = Callable[..., Any]

OF_NN = ("hinge", "l1_loss", "huber(delta=1)", "bce", "bce_logits")
NOTES_ONLY = ("std",)
RECORDS = [record for record in load("conventions") if record["op"] not in (*OF_NN, *NOTES_ONLY)]

SPELLED: dict[str, Function] = {
    "0.0**y": lambda y: 0.0**y,
    "(-2.0)**y": lambda y: (-2.0) ** y,
    "abs(x)*x": lambda x: abs(x) * x,
    "clip(log(x),..)": lambda x: ad.clip(ad.log(x), -5.0, 5.0),
    "dist / norm": lambda x, y: ad.norm([x, y]),
    "elu(alpha=2)": lambda x: ad.elu(x, 2.0),
    "exp(-exp(x))": lambda x: ad.exp(-ad.exp(x)),
    "log(x, base=1)": ad.log,
    "log(x, base=-1)": ad.log,
    "maximum n-ary": ad.maximum,
    "maximum(x,x)": lambda x: ad.maximum(x, x),
    "pow(x,y)": lambda x, y: x**y,
    "relu(x)-relu(-x)": lambda x: ad.relu(x) - ad.relu(-x),
    "softmax[0]": lambda *xs: ad.softmax(xs)[0],
    "sqrt(x)*0.0": lambda x: ad.sqrt(x) * 0.0,
    "sqrt(x)**2": lambda x: ad.sqrt(x) ** 2,
    "sqrt(x*x)": lambda x: ad.sqrt(x * x),
    "where twice": lambda x: ad.where(x > 0, ad.sqrt(ad.where(x > 0, x, 1.0)), 0.0),
    "where(cond, a, b)": lambda x: ad.where(x > 0, ad.sqrt(x), 0.0),
    "x**(1/3)": lambda x: x ** (1 / 3),
    "x**-1": lambda x: x**-1,
    "x**0": lambda x: x**0,
    "x**0.0": lambda x: x**0.0,
    "x**0.5": lambda x: x**0.5,
    "x**1": lambda x: x**1,
    "x**1.5": lambda x: x**1.5,
    "x**2": lambda x: x**2,
    "x**2.0": lambda x, y: x**y,
    "x**3.0": lambda x: x**3.0,
}


def function(record: dict[str, Any]) -> Function:
    op = record["op"]
    if op == "clip" and len(record["args"]) == 1:
        return lambda x: ad.clip(x, -1.0, 1.0)
    return SPELLED.get(op) or known(op, {})


def identify(record: dict[str, Any]) -> str:
    return f"{record['op']}{tuple(record['args'])}"


@pytest.mark.parametrize("record", [r for r in RECORDS if "raises" in r], ids=identify)
def test_raises(record: dict[str, Any]) -> None:
    with pytest.raises(getattr(builtins, record["raises"])) as caught:
        function(record)(*map(Value, record["args"]))
    assert isinstance(caught.value, ad.AutodiffError)


@pytest.mark.parametrize("record", [r for r in RECORDS if "value" in r], ids=identify)
class TestPoint:
    def test_value(self, record: dict[str, Any]) -> None:
        value = function(record)(*map(Value, record["args"])).data
        equal = identical if record["op"] in PYTHON else same
        assert equal(value, record["value"])

    def test_gradient(self, record: dict[str, Any]) -> None:
        xs = [Value(x) for x in record["args"]]
        function(record)(*xs).backward()
        for x, exact in zip(xs, record["grads"], strict=True):
            assert close(x.grad, exact, 1e-15), [x.grad for x in xs]

    def test_gradient_as_a_graph(self, record: dict[str, Any]) -> None:
        xs = [Value(x) for x in record["args"]]
        output = function(record)(*xs)
        output.backward()
        for x, entry in zip(xs, ad.gradient(output, xs), strict=True):
            assert same(entry.data, x.grad)


@pytest.mark.parametrize("record", [r for r in RECORDS if r.get("second_diag")], ids=identify)
def test_second_derivative(record: dict[str, Any]) -> None:
    args = record["args"]
    matrix = ad.hessian(function(record), tuple(range(len(args))))(*args)
    for index, exact in enumerate(record["second_diag"]):
        assert close(matrix[index][index], exact, 1e-14), matrix
        for other in range(index):
            assert same(matrix[index][other], matrix[other][index]), matrix
