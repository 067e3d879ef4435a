"""autodiff/special/ against high-precision values, at its limits, and by its identities."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff.special
from autodiff.atoms import ATOMS
from autodiff.primitive import PRIMITIVES

INF, NAN = math.inf, math.nan


class Functions:
    """Functions of floats by name: loops of autodiff/special/, and composites of the rule table.

    `total_digamma` is the one that never raises.
    """

    def __getattr__(self, name):
        primitive = PRIMITIVES.get(name)
        if primitive is not None and primitive.formula is not None and name not in ATOMS:
            return primitive.forward
        if name in ("total_digamma", "total_polygamma"):
            return PRIMITIVES[name.removeprefix("total_")].total.forward
        return getattr(autodiff.special, name)


special = Functions()
RECORDS = json.loads((Path(__file__).parent.parent / "data" / "special.json").read_text())
NAMES = sorted({name for name, _, _ in RECORDS})

# Largest error in ulps; 4 unless told.
ULPS = {"selu": 3, "sigmoid": 2, "softplus": 2, "log_sigmoid": 2, "logit": 2, "sinc": 3}
# Functions of one float that never raise.
TOTAL = (
    "gelu", "gelu_tanh", "log_sigmoid", "mish", "selu", "sigmoid", "silu",
    "sinc", "softplus", "softsign", "total_digamma",
)  # fmt: skip

any_float = st.floats()
finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=1e-3, max_value=1e3)


def call(name: str, args: list[float]) -> float:
    if name == "logsumexp":
        return special.logsumexp(*args)
    return getattr(special, name)(*args)


def slack(name: str, args: list[float]) -> float:
    """What is allowed beyond the ulps: absolute error where the function itself cancels."""
    if name == "digamma" and args[0] < 0.0:  # next to the zeros between the poles
        return 3e-16 * abs(special.digamma(1.0 - args[0]))
    if name == "sinc_derivative":  # its bound is pi^n/(n + 1)
        n = args[0]
        size = 1e-15 if abs(args[1]) > 0.1 else 0.0
        return size * math.pi**n / (n + 1.0) + 2e-323 * math.pi**n
    return 0.0


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_high_precision(name: str) -> None:
    for record, args, expected in RECORDS:
        if record == name:
            error = abs(call(name, args) - expected)
            allowed = ULPS.get(name, 4) * math.ulp(expected) + slack(name, args)
            assert error <= allowed, (name, args, error / math.ulp(expected))


def test_the_table_covers_orders_tails_and_negative_arguments() -> None:
    orders = {args[0] for name, args, _ in RECORDS if name == "polygamma"}
    assert {1.0, 2.0, 3.0, 4.0, 12.0} <= orders
    for name in ("digamma", "polygamma", "sinc_derivative", "gelu"):
        assert any(args[-1] < 0.0 for record, args, _ in RECORDS if record == name)
    assert any(0.0 < abs(value) < 1e-300 for name, _, value in RECORDS if name == "gelu")


@pytest.mark.parametrize("name", TOTAL)
@given(x=any_float)
def test_total_functions_never_raise(name: str, x: float) -> None:
    result = getattr(special, name)(x)
    assert isinstance(result, float)
    assert math.isnan(result) == math.isnan(x) or name == "total_digamma"


@given(x=any_float, y=any_float, k=st.integers(0, 9), n=any_float)
def test_total_functions_of_more_operands_never_raise(x: float, y: float, k: int, n: float) -> None:
    for result in (
        special.total_power(x, y),
        special.power_log(x, y, float(k)),
        special.ratio(x, abs(y)),
        special.over_norm2(x, y),
        special.total_polygamma(float(k), x),
        special.total_polygamma(n, x),
        special.sinc_derivative(float(k), x),
        special.sinc_derivative(n if n < 1e3 or n != n else 0.5, x),
        special.logsumexp(*[x, y, float(k)]),
        special.elu(x, y),
    ):
        assert isinstance(result, float)


@pytest.mark.parametrize(
    ("name", "at_minus_infinity", "at_infinity"),
    [
        ("sigmoid", 0.0, 1.0),
        ("log_sigmoid", -INF, 0.0),
        ("softplus", 0.0, INF),
        ("silu", 0.0, INF),
        ("mish", 0.0, INF),
        ("gelu", 0.0, INF),
        ("gelu_tanh", 0.0, INF),
        ("selu", -1.7580993408473766, INF),
        ("softsign", -1.0, 1.0),
        ("sinc", 0.0, 0.0),
        ("total_digamma", NAN, INF),
    ],
)
def test_limits(name: str, at_minus_infinity: float, at_infinity: float) -> None:
    function = getattr(special, name)
    assert function(-INF) == at_minus_infinity or math.isnan(at_minus_infinity)
    assert function(INF) == at_infinity
    assert math.isnan(function(NAN))


@given(x=finite)
def test_reflections(x: float) -> None:
    assert special.log_sigmoid(x) == -special.softplus(-x)
    assert special.sigmoid(x) + special.sigmoid(-x) == pytest.approx(1.0, rel=1e-15)
    assert special.softsign(-x) == -special.softsign(x)
    assert special.sinc(-x) == special.sinc(x)


@given(x=st.floats(-30.0, 30.0))
def test_logit_inverts_sigmoid(x: float) -> None:
    p = special.sigmoid(x)
    # sigmoid squeezes: the distance of neighbouring x with the same p grows like 1/(1 - p).
    assert special.logit(p) == pytest.approx(x, abs=1e-15 + 4e-16 / (1.0 - p))


@pytest.mark.parametrize("p", [0.0, 1.0, -0.0, -0.5, 1.5, INF, -INF])
def test_logit_refuses_what_is_no_probability(p: float) -> None:
    with pytest.raises(ValueError, match="outside the domain 0 < x < 1"):
        autodiff.logit(p)


# ---- digamma and polygamma -------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, -7.0, -1e300, -INF])
def test_poles_raise(x: float) -> None:
    with pytest.raises(ValueError, match="pole"):
        special.digamma(x)
    with pytest.raises(ValueError, match="pole"):
        special.polygamma(2, x)


def test_results_too_large_raise() -> None:
    with pytest.raises(OverflowError, match="too large"):
        special.digamma(1e-310)
    with pytest.raises(OverflowError, match="too large"):
        special.digamma(-1e-310)
    with pytest.raises(OverflowError, match="too large"):
        special.polygamma(1000, 1.0)
    with pytest.raises(OverflowError, match="too large"):
        special.polygamma(1, -1e-200)


@pytest.mark.parametrize("n", [-1, 0.5, NAN, INF, 1001])
def test_orders_are_whole_numbers(n: float) -> None:
    with pytest.raises(ValueError, match="is not an integer from 0 to"):
        special.polygamma(n, 1.0)
    assert math.isnan(special.total_polygamma(n, 1.0))


def test_total_forms_at_poles_are_the_limits_where_both_sides_agree() -> None:
    assert special.total_digamma(0.0) == -INF
    assert special.total_digamma(-0.0) == INF
    assert special.total_digamma(1e-310) == -INF
    assert special.total_digamma(-1e-310) == INF
    assert math.isnan(special.total_digamma(-2.0))
    assert special.total_polygamma(1, 0.0) == special.total_polygamma(3, -2.0) == INF
    assert special.total_polygamma(2, 0.0) == special.total_polygamma(2, 1e-200) == -INF
    assert special.total_polygamma(2, -0.0) == special.total_polygamma(2, -1e-200) == INF
    assert math.isnan(special.total_polygamma(2, -2.0))
    assert math.isnan(special.total_polygamma(1, -INF))
    assert math.isnan(special.polygamma(3, NAN))


@given(x=positive, n=st.integers(1, 12))
def test_polygamma_recurrence(x: float, n: int) -> None:
    step = (-1.0) ** n * math.factorial(n) / x ** (n + 1)
    here = special.polygamma(n, x)
    # x + 1 is rounded, and the difference may cancel.
    scale = max(abs(here), abs(step)) * (n + 2)
    assert special.polygamma(n, x + 1.0) - here == pytest.approx(step, abs=1e-15 * scale)


@given(n=st.integers(0, 1000), x=st.floats(-50.0, 2000.0))
def test_high_orders_end(n: int, x: float) -> None:
    assert isinstance(special.total_polygamma(n, x), float)


def test_polygamma_of_order_zero_is_digamma() -> None:
    assert special.polygamma(0, 2.5) == special.digamma(2.5)
    assert special.polygamma(0.0, INF) == INF


def test_polygamma_at_infinity_is_a_signed_zero() -> None:
    assert math.copysign(1.0, special.polygamma(1, INF)) == 1.0
    assert math.copysign(1.0, special.polygamma(2, INF)) == -1.0


# ---- sinc ------------------------------------------------------------------------------------


@given(x=st.integers(1, 2**60))
def test_sinc_is_exactly_zero_at_integers(x: int) -> None:
    assert special.sinc(float(x)) == special.sinc(-float(x)) == 0.0


@given(x=st.floats(-30.0, 30.0), n=st.integers(1, 9))
def test_sinc_derivatives_satisfy_their_differential_equation(x: float, n: int) -> None:
    # differentiate pi*x*sinc(x) = sin(pi*x) n times
    left = x * special.sinc_derivative(n, x) + n * special.sinc_derivative(n - 1, x)
    right = math.pi ** (n - 1) * math.sin(math.pi * (x % 2.0) + n * math.pi / 2.0)
    assert left == pytest.approx(right, abs=1e-14 * math.pi**n * (1.0 + abs(x)))


def test_sinc_derivative_limits() -> None:
    assert special.sinc_derivative(3, INF) == special.sinc_derivative(3, -INF) == 0.0
    assert math.isnan(special.sinc_derivative(3, NAN))
    assert math.isnan(special.sinc_derivative(-1, 0.5))
    assert math.isnan(special.sinc_derivative(0.5, 0.5))
    assert special.sinc_derivative(1, 1e308) == pytest.approx(1e-308)
    assert special.sinc_derivative(1, 0.0) == 0.0
    assert special.sinc_derivative(800, 0.0) == INF


# ---- powers and distances --------------------------------------------------------------------


def bits(x: float) -> bytes:
    return struct.pack("<d", x)


@given(x=any_float, y=any_float)
def test_power_is_python_s_without_complex_numbers(x: float, y: float) -> None:
    try:
        expected = x**y
    except (ZeroDivisionError, OverflowError) as error:
        complex_overflow = x < 0.0 and not y.is_integer()
        with pytest.raises(ValueError if complex_overflow else type(error)):
            special.power(x, y)
        return
    if isinstance(expected, complex):
        with pytest.raises(ValueError, match="negative base"):
            special.power(x, y)
        assert math.isnan(special.total_power(x, y))
    else:
        assert bits(special.power(x, y)) == bits(expected) == bits(special.total_power(x, y))


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.0, -1.0, INF),
        (0.0, -2.5, INF),
        (-0.0, -1.0, -INF),
        (-0.0, -2.0, INF),
        (-0.0, -0.5, INF),
        (0.0, -INF, INF),
        (1e200, 2.0, INF),
        (-1e200, 3.0, -INF),
        (-1e200, 4.0, INF),
        (-1e-200, -3.0, -INF),
        (-INF, 0.5, INF),
        (NAN, 0.0, 1.0),
    ],
)
def test_total_power_is_ieee_pow(x: float, y: float, expected: float) -> None:
    assert special.total_power(x, y) == expected


def test_complex_results_that_overflow_are_refused_as_the_others() -> None:
    with pytest.raises(ValueError, match="negative base"):
        special.power(-1e300, 300.5)
    assert math.isnan(special.total_power(-1e300, 300.5))


@pytest.mark.parametrize(
    ("x", "y", "k", "expected"),
    [
        (0.0, 2.0, 1.0, 0.0),
        (0.0, 0.0, 1.0, 0.0),
        (0.0, 0.0, 0.0, 1.0),
        (-0.0, 0.5, 3.0, 0.0),
        (0.0, -1.0, 1.0, -INF),
        (0.0, -1.0, 2.0, INF),
        (0.0, INF, 2.0, 0.0),
        (1.0, 5.0, 2.0, 0.0),
        (1.0, INF, 2.0, 0.0),
        (0.5, INF, 2.0, 0.0),
        (0.5, -INF, 1.0, -INF),
        (INF, 2.0, 1.0, INF),
        (INF, -2.0, 1.0, 0.0),
        (1e300, 3.0, 2.0, INF),
        (1e-300, 3.0, 2.0, 0.0),
        (1e-300, -3.0, 3.0, -INF),
        (2.0, 1e308, 3.0, INF),
        (2.0, -1e308, 3.0, 0.0),
    ],
)
def test_power_log_at_the_edges(x: float, y: float, k: float, expected: float) -> None:
    assert special.power_log(x, y, k) == expected


def test_power_log_is_nan_where_the_logarithm_is() -> None:
    assert math.isnan(special.power_log(-2.0, 2.0, 1.0))
    assert special.power_log(-2.0, 2.0, 0.0) == 4.0
    assert math.isnan(special.power_log(NAN, 2.0, 1.0))
    assert math.isnan(special.power_log(0.0, NAN, 1.0))
    assert math.isnan(special.power_log(2.0, NAN, 1.0))


def test_power_log_survives_where_the_power_alone_does_not() -> None:
    # x**y overflows, log(x)**k brings it back: (1 + d)**y with y*d = 800, times d**30.
    d = 2.0**-40
    expected = math.exp(800.0 - 400.0 * d + 30.0 * math.log(d))  # log1p(d) = d - d*d/2
    assert special.power_log(1.0 + d, 800.0 / d, 30.0) == pytest.approx(expected, rel=1e-9)
    # x**y is subnormal and has lost digits.
    assert special.power_log(1e-5, 64.5, 4.0) == pytest.approx(
        math.log(1e-5) ** 4 * 1e-5**60.5 * 1e-10 * 1e-10, rel=1e-12
    )


def test_gradients_of_distances() -> None:
    assert special.ratio(0.0, 0.0) == 0.0
    assert special.ratio(-3.0, 5.0) == -0.6
    assert special.over_norm2(0.0, 0.0) == 0.0
    assert special.over_norm2(INF, 1.0) == special.over_norm2(1.0, -INF) == 0.0
    assert math.isnan(special.over_norm2(NAN, 1.0))
    assert special.over_norm2(5e-324, 5e-324) == INF
    assert special.over_norm2(1.7e308, 1.7e308) == pytest.approx(1 / 3.4e308, rel=1e-6)


# ---- logsumexp -------------------------------------------------------------------------------


def test_logsumexp_conventions() -> None:
    assert special.logsumexp(*[-1234.5]) == -1234.5
    assert special.logsumexp(*[-INF, -INF]) == -INF
    assert special.logsumexp(*[-INF, 2.0]) == 2.0
    assert special.logsumexp(*[INF, -INF]) == INF
    assert math.isnan(special.logsumexp(*[INF, NAN]))
    assert math.isnan(special.logsumexp(*[NAN, 1.0]))
    assert special.logsumexp(*[0.0, -800.0, -1e300]) == 0.0
    with pytest.raises(ValueError, match="empty"):
        special.logsumexp(*[])


@given(xs=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), shift=st.floats(-1e3, 1e3))
def test_logsumexp_follows_shifts_and_forgets_order(xs: list[float], shift: float) -> None:
    value = special.logsumexp(*xs)
    assert special.logsumexp(*[x + shift for x in xs]) == pytest.approx(value + shift, abs=1e-12)
    assert special.logsumexp(*sorted(xs)) == pytest.approx(value, abs=1e-12)
    assert max(xs) <= value <= max(xs) + math.log(len(xs)) + 1e-12
