"""evaluate(): an existing graph at other numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest

import autodiff as ad
from autodiff import Value, evaluate


def test_leaves_get_other_numbers() -> None:
    x, y = Value(3.0, "x"), Value(2.0, "y")
    z = x * y + ad.sin(x)
    assert evaluate(z, {x: 0.7}) == (Value(0.7) * 2.0 + ad.sin(0.7)).data
    assert evaluate(z, {x: 0, y: Fraction(1, 2)}) == 0.0
    assert evaluate(z, {}) == z.data


def test_the_graph_stays_as_it_is() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    evaluate(y, {x: 5.0})
    assert (x.data, y.data, x.grad) == (3.0, 9.0, 6.0)


def test_nodes_in_the_midst() -> None:
    x = Value(3.0)
    y = x * x
    assert evaluate(y + x, {y: 1.0}) == 4.0
    assert evaluate(y, {y: 1.0}) == 1.0


def test_equal_values_are_different_keys() -> None:
    x, y = Value(3.0), Value(3.0)
    assert evaluate(x - y, {x: 5.0}) == 2.0


def test_containers() -> None:
    x = Value(3.0)
    assert evaluate({"a": [x * x, 1.0]}, {x: 2.0}) == {"a": [4.0, 1.0]}


def test_numbers_as_values() -> None:
    x = Value(3.0)
    assert evaluate(x * x, {x: Value(2.0)}) == 4.0


def test_values_that_do_not_occur() -> None:
    x = Value(3.0)
    assert evaluate(ad.gradient(2.0 * x, x), {x: 5.0}) == 2.0


def test_selections_decide_anew_and_ifs_do_not() -> None:
    x = Value(3.0)
    assert evaluate(ad.relu(x), {x: -1.0}) == 0.0
    y = x * 2.0 if x > 0 else x * 5.0
    assert evaluate(y, {x: -1.0}) == -2.0


def test_the_same_errors_as_in_the_first_place() -> None:
    z = Value(2.0, "z")
    with pytest.raises(ad.DomainError, match=r"log\(z\): z = -1.0 is outside the domain z > 0"):
        evaluate(ad.log(z), {z: -1.0})
    with pytest.raises(ZeroDivisionError):
        evaluate(1.0 / z, {z: 0.0})
    with pytest.raises(OverflowError):
        evaluate(ad.exp(z), {z: 1000.0})


def test_derivatives_do_not_raise() -> None:
    x = Value(4.0)
    assert evaluate(ad.gradient(ad.sqrt(x), x), {x: 0.0}) == float("inf")


def test_wrong_keys_and_numbers() -> None:
    x = Value(2.0, "x")
    with pytest.raises(TypeError, match="keys are the Values themselves"):
        evaluate(x * x, {"x": 1.0})  # type: ignore[dict-item]  # on purpose
    with pytest.raises(TypeError, match="no real number"):
        evaluate(x * x, {x: "1"})


def test_long_chain() -> None:
    x = node = Value(1.0)
    for _ in range(100_000):
        node = node + 1.0
    assert evaluate(node, {x: 2.0}) == 100_002.0
