"""Derivatives of orders 0 to 6 of every unary function against high-precision values.

The table (made by scripts/make_derivative_data.py) holds random points, tails, ends of domains,
0 and removable singularities, and for each derivative its condition number |x*f'/f|: what a
change of x by one rounding does to it. Nothing can be more accurate than that without effort;
rules are judged by how close they come.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value
from autodiff.rules import PRIMITIVES

RECORDS = json.loads((Path(__file__).parent.parent / "data" / "derivatives.json").read_text())
NAMES = list(dict.fromkeys(record[0] for record in RECORDS))
ORDERS = 6

# Names in the table that are no public names.
SPELLED: dict[str, Callable[[Any], Any]] = {
    "polygamma1": lambda x: ad.polygamma(1, x),
    "polygamma2": lambda x: ad.polygamma(2, x),
    "polygamma3": lambda x: ad.polygamma(3, x),
    "gelu_tanh": lambda x: ad.gelu(x, "tanh"),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "x**2.5": lambda x: x**2.5,
    "x**7": lambda x: x**7,
    "x**x": lambda x: x**x,
    "2.5**x": lambda x: 2.5**x,
}

# Relative error allowed per unit of condition (largest measured: 6e-15 for mish, 4e-15 for the
# sixth derivative of silu, 2e-15 for lgamma, whose value is Python's, 1e-15 for the others).
RELATIVE = 3e-15
RELATIVE_OF = {"mish": 1e-14, "silu": 6e-15, "lgamma": 1e-14}
# Next to 0 an odd or even derivative goes to 0 as the difference of terms that are as large as
# its neighbours: it is judged by these.
NEAR_ZERO, OF_NEIGHBOURS = 1e-3, 2e-15
TINY = 1e-306  # half a dozen operations among subnormals
LARGEST = 1e150  # beyond, the next orders overflow


def function(name: str) -> Callable[[Any], Any]:
    return SPELLED.get(name) or getattr(ad, name)


def repeated(f: Callable[[Any], Any], point: float) -> list[float]:
    """f and its derivatives to order 6 at a point, each by a sweep over the graph of the last."""
    x = Value(point)
    result = f(x)
    found = [float(result.data)]
    for _ in range(ORDERS):
        (result,) = ad.gradient(result, [x])
        found.append(float(result.data))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_orders_0_to_6(name: str) -> None:
    f = function(name)
    relative = RELATIVE_OF.get(name, RELATIVE)
    for record, x, derivatives, conditions in RECORDS:
        if record != name:
            continue
        expected = [float(entry) for entry in derivatives]  # float("inf") too
        for order, (found, exact, condition) in enumerate(
            zip(repeated(f, x), expected, conditions, strict=True)
        ):
            if abs(exact) > LARGEST:
                break
            allowed = relative * max(1.0, condition or 1.0) * abs(exact) + TINY
            if abs(x) < NEAR_ZERO and order >= 2:
                neighbours = (expected[order - 1], *expected[order + 1 : order + 2])
                allowed += OF_NEIGHBOURS * max(abs(y) for y in neighbours if abs(y) < LARGEST)
            assert abs(found - exact) <= allowed, (name, x, order, found, exact, condition)


def test_every_smooth_unary_function_is_in_the_table() -> None:
    kinked = {"abs", "fabs", "relu", "relu6", "hardtanh"}
    public = {name for name, p in PRIMITIVES.items() if p.arity == 1 and name in dir(ad)} - kinked
    assert public - set(NAMES) == set()
    assert {record[1] for record in RECORDS if record[0] == "sinc"} >= {0.0, 1.0, -1.0, 2.0}
    assert all(len(record[2]) == ORDERS + 1 for record in RECORDS)


@pytest.mark.parametrize("name", ["tanh", "sinc", "softplus", "gelu", "lgamma", "x**x"])
def test_nested_grad_is_repeated_gradient(name: str) -> None:
    f = function(name)
    by_gradient = repeated(f, 0.7)[:4]
    nested: Callable[[Any], Any] = f
    for order in range(1, 4):
        nested = ad.grad(nested)
        assert nested(0.7) == pytest.approx(by_gradient[order], rel=1e-13)


@pytest.mark.parametrize("name", ["tanh", "sin", "atan", "erf", "sinc", "asinh", "gelu", "silu"])
def test_parity_at_zero_is_exact(name: str) -> None:
    """Odd functions have even derivatives that are exactly 0 at 0; silu is x/2 + an even one."""
    vanishing = {"sinc": (1, 3, 5), "gelu": (3, 5), "silu": (3, 5)}.get(name, (0, 2, 4, 6))
    found = repeated(function(name), 0.0)
    assert [found[order] for order in vanishing] == [0.0] * len(vanishing)


def test_third_derivative_of_x_to_the_x_at_1() -> None:
    """Was nan: the family c*x**y*log(x)**k reached k = -1 with the factor 0, and 0*inf is nan."""
    assert repeated(lambda x: x**x, 1.0) == pytest.approx([1, 1, 2, 3, 8, 10, 54], rel=1e-14)


def test_second_derivative_of_sigmoid_next_to_zero() -> None:
    """The rule sigmoid(x)*sigmoid(-x) lost 3e-13 of it at -1e-4, and all digits at 1e-300."""
    for x in (-1e-4, 1e-10, 1e-300):
        exact = -2.0 * math.sinh(x / 2.0) / math.cosh(x / 2.0) ** 3 / 8.0
        assert repeated(ad.sigmoid, x)[2] == pytest.approx(exact, rel=4e-16)


def test_derivatives_of_a_power_at_zero() -> None:
    """Falling factorials end at 0: no 0*inf from x**-1 next to a factor 0."""
    assert repeated(lambda x: x**3, 0.0) == [0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0]
    assert repeated(lambda x: x**3.0, -0.0)[3:] == [6.0, 0.0, 0.0, 0.0]


def test_high_orders_of_families_stay_small_graphs() -> None:
    """sinc and digamma belong to families: a derivative of theirs is one node, not a sum."""
    for f in (ad.sinc, ad.digamma, ad.lgamma):
        x = Value(0.37)
        result = f(x)
        for _ in range(12):
            (result,) = ad.gradient(result, [x])
        assert len(result.parents) == 1
        assert result.parents[0] is x
    x = Value(0.0)
    result = ad.sinc(x)
    for order in range(1, 13):
        (result,) = ad.gradient(result, [x])
        exact = 0.0 if order % 2 else (-1) ** (order // 2) * math.pi**order / (order + 1)
        assert result.data == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(("x", "slope"), [(1e-310, -math.inf), (-1e-310, math.inf)])
def test_slope_of_lgamma_beyond_the_range_is_a_signed_infinity(x: float, slope: float) -> None:
    """Was nan: lgamma exists next to 0 where digamma, about -1/x, overflows."""
    value = Value(x)
    ad.lgamma(value).backward()
    assert value.grad == slope
