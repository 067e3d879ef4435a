"""Second and third derivatives keep their digits, entry by entry.

The table (scripts/make_digits_data.py) holds derivatives of orders 1 to 3 in tails, next to zeros
and where one operand is far larger than the others, each with its condition number. The stories
are faults that were found in this way.
"""

from __future__ import annotations

import math

import pytest

import autodiff as ad
import nn
from autodiff import Value
from tests.support.digits import ULP, derivatives, errors, records

NAMES = list(dict.fromkeys(record[0] for record in records()))
#: errors allowed, in ulps for each unit of condition, by order
ALLOWED = (5.0, 1e-13 / ULP, 1e-12 / ULP)
#: the first order at which a rule still loses digits somewhere: docs/conventions.md says where
SHORT = {"norm3": 2, "atan2": 3, "gelu_tanh": 3, "erfcx": 3}
INF = math.inf


@pytest.mark.parametrize("name", NAMES)
def test_every_entry(name: str) -> None:
    for order, error, point, orders, found, exact in errors(name):
        if order < SHORT.get(name, 4):
            assert error <= ALLOWED[order - 1], (point, orders, found, exact, error)


def hessian(f, *point):  # type: ignore[no-untyped-def]  # a short hand
    return [list(row) for row in ad.hessian(f, tuple(range(len(point))))(*point)]


TINY = 4.248354255291589e-18


@pytest.mark.parametrize("compiled", [False, True])
def test_hessian_of_a_confidently_wrong_example(compiled: bool) -> None:
    """It was all zero: p - p*p for 1 - p below a rounding error; so a Newton step was nan."""
    f = ad.hessian(lambda row: nn.cross_entropy(row, 1))
    if compiled:
        f = ad.jit(f)
    found = f([0.0, -40.0])
    for row, expected in zip(found, [[TINY, -TINY], [-TINY, TINY]], strict=True):
        assert row == pytest.approx(expected, rel=2e-15, abs=0.0)


def test_jacobian_of_softmax_for_an_almost_certain_class() -> None:
    """Entry [0][0] was 0."""
    found = ad.jacobian(ad.softmax)([0.0, -40.0])
    assert found[0] == pytest.approx([TINY, -TINY], rel=2e-15, abs=0.0)
    assert found[1] == pytest.approx([-TINY, TINY], rel=2e-15, abs=0.0)


def test_log_softmax_of_an_almost_certain_class() -> None:
    """x - logsumexp(xs) is a difference of two large numbers: 3e-11 of the value was wrong."""
    assert ad.log_softmax([12.0, 0.0])[0] == -math.log1p(math.exp(-12.0))
    xs = [Value(1e15), Value(1e15 - 1.0)]
    assert ad.log_softmax(xs)[0].data == pytest.approx(-math.log1p(math.exp(-1.0)), rel=1e-15)


def test_logsumexp_of_an_infinite_entry() -> None:
    """The gradient was [nan, 0]."""
    assert ad.grad(ad.logsumexp)([INF, 1.0]) == [1.0, 0.0]
    assert ad.grad(ad.logsumexp)([INF, 1.0, INF]) == [0.5, 0.0, 0.5]
    assert all(math.isnan(part) for part in ad.grad(ad.logsumexp)([-INF, -INF]))


def test_hessian_of_a_norm_along_its_large_entry() -> None:
    """It was 0, the difference of two equal numbers; third derivatives had the wrong sign."""
    assert ad.hessian(ad.norm)([1e-8, 1.0])[1][1] == pytest.approx(1e-16, rel=1e-15)
    third = derivatives(ad.hypot, [1e-8, 1.0])
    assert third[0, 3] == pytest.approx(-3e-16, rel=1e-15)
    assert third[2, 1] == pytest.approx(-1.0, rel=1e-15)
    apart = ad.hessian(lambda p: ad.dist(p, [0.0, 1.0]))([1e-8, 2.0])
    assert apart[1][1] == pytest.approx(1e-16, rel=1e-15)


def test_atanh_next_to_zero_and_atan_far_away() -> None:
    """atanh'' was 0 at 1e-17, and wrong digits below 1e-6; atan' was 0 at 1e155."""
    assert hessian(ad.atanh, 1e-17) == [[2e-17]]
    assert hessian(ad.atanh, 1e-9)[0][0] == pytest.approx(2e-9, rel=1e-15)
    assert ad.grad(ad.atan)(1e155) == 1e-310
    assert ad.grad(ad.atan)(INF) == 0.0


def test_cbrt_at_the_ends() -> None:
    """Its second derivative was nan at 0 and at inf."""
    assert hessian(ad.cbrt, 0.0) == [[-INF]]
    assert hessian(ad.cbrt, INF) == [[0.0]]


@pytest.mark.parametrize(
    ("y", "mixed"), [(0.5, -INF), (1.0, -INF), (1.5, 0.0), (2.0, 0.0), (3.0, 0.0)]
)
def test_mixed_derivative_of_a_power_at_zero(y: float, mixed: float) -> None:
    """The limit of (1 + y*log(x))*x**(y - 1): it was 1 at (0, 1), and nan at (0, 1/2)."""
    (_, a), (b, _) = hessian(lambda x, y: x**y, 0.0, y)
    assert a == b == mixed


def test_leaky_relu_of_nan() -> None:
    """The second derivative was 1 and the third 0."""
    for found in derivatives(ad.leaky_relu, [math.nan]).values():
        assert math.isnan(found)
    for found in derivatives(ad.leaky_relu, [math.nan, 0.1]).values():
        assert math.isnan(found) or found == 0.0


@pytest.mark.parametrize(
    "name", ["add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "divmod"]
)
def test_reflected_methods_take_values(name: str) -> None:
    """Value.__radd__(Value) was NotImplemented; float's is the sum."""
    a, b = 2.0, 7.0
    found = getattr(Value(a), f"__r{name}__")(Value(b))
    expected = getattr(a, f"__r{name}__")(b)
    if name == "divmod":
        assert [part.data for part in found] == list(expected)
        return
    assert isinstance(found, Value)
    assert found.data == expected
    assert len(found.parents) == 2
