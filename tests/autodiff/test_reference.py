"""Values, gradients and full Hessians of 74 functions against correctly rounded numbers.

The criteria are those of the data: Python's own value bit for bit where Python has the function;
elsewhere, and for derivatives, a relative error of 1e-13 per unit of condition number.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value
from tests.support.data import close, identical, load
from tests.support.known import LOSSES, PYTHON, known, left_to_right

RECORDS = [record for record in load("reference")["records"] if record["name"] not in LOSSES]
NAMES = sorted({record["name"] for record in RECORDS})
MINIMUM_OF_GAMMA = 1.4616321449683623

#: Sums are those of a loop: the data have the correctly rounded ones.
SUMS = {
    "sum": left_to_right,
    "mean": lambda xs: left_to_right(xs) / len(xs),
    "dot": lambda xs: left_to_right(
        [x * y for x, y in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)]
    ),
}


def records(name: str) -> list[dict[str, Any]]:
    return [record for record in RECORDS if record["name"] == name]


def allowed(condition: float) -> float:
    return 1e-13 * min(max(1.0, condition if condition == condition else 1.0), 30.0)


def overflows(record: dict[str, Any]) -> bool:
    """Whether Python itself raises OverflowError there: then so does the engine."""
    try:
        PYTHON.get(record["name"], lambda *_: 0.0)(*record["args"])
    except OverflowError:
        function = known(record["name"], record["params"])
        with pytest.raises(OverflowError):
            function(*map(Value, record["args"]))
        return True
    return False


def is_near_stationary(record: dict[str, Any]) -> bool:
    gamma_like = record["name"] in ("gamma", "lgamma")
    return "near-stationary" in record["tags"] or (
        gamma_like and abs(record["args"][0] - MINIMUM_OF_GAMMA) < 1e-3
    )


@pytest.mark.parametrize("name", NAMES)
def test_value(name: str) -> None:
    for record in records(name):
        args = record["args"]
        if overflows(record):
            continue
        function = known(name, record["params"])
        value = function(*map(Value, args)).data
        assert identical(function(*args), value), "floats and Values give the same bits"
        if name in PYTHON:
            assert identical(value, PYTHON[name](*args)), args
        elif name in SUMS:
            assert value == SUMS[name](args), args
        else:
            tolerance = allowed(record["cond_value"])
            assert close(value, record["value"], tolerance, 5e-324), (args, value)


@pytest.mark.parametrize("name", NAMES)
def test_gradient(name: str) -> None:
    for record in records(name):
        if overflows(record):
            continue
        xs = [Value(x) for x in record["args"]]
        known(name, record["params"])(*xs).backward()
        floor = 1e-15 if is_near_stationary(record) else 5e-320
        for x, exact, condition in zip(xs, record["grads"], record["cond_grads"], strict=True):
            assert close(x.grad, exact, allowed(condition), floor), (record["args"], x.grad, exact)


@pytest.mark.parametrize("name", NAMES)
def test_hessian(name: str) -> None:
    for record in records(name):
        args = record["args"]
        entries = [entry for row in record["hess"] for entry in row]
        if not all(abs(entry) < 1e150 for entry in entries) or overflows(record):
            continue
        matrix = ad.hessian(known(name, record["params"]), tuple(range(len(args))))(*args)
        tolerance = 1e-10 * max(map(abs, entries)) + 1e-290
        if all(abs(x) <= 1e-7 for x in args):
            finite = [abs(entry) for entry in record["grads"] if math.isfinite(entry)]
            tolerance += 1e-14 * max(finite, default=0.0)
        for row, exact_row in zip(matrix, record["hess"], strict=True):
            for entry, exact in zip(row, exact_row, strict=True):
                assert abs(entry - exact) <= tolerance, (args, matrix, record["hess"])
