"""Kinks are found by the slopes beside a point, in every primitive, and nowhere else."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autodiff.kinks import chosen_slope
from autodiff.primitive import PRIMITIVES


@pytest.mark.parametrize(
    ("name", "operands", "position", "slope"),
    [
        ("abs", [0.0], 0, 0.0), ("abs", [-0.0], 0, 0.0), ("relu", [0.0], 0, 0.0),
        ("relu6", [6.0], 0, 0.0), ("hardtanh", [-1.0], 0, 0.0), ("leaky_relu", [0.0], 0, 0.01),
        ("maximum", [2.0, 2.0], 0, 0.5), ("minimum", [2.0, 2.0, 2.0], 1, 1 / 3),
        ("hypot", [0.0, 0.0], 0, 0.0),
    ],
)  # fmt: skip
def test_the_chosen_slope(name: str, operands: list[float], position: int, slope: float) -> None:
    if name == "leaky_relu":
        operands = [*operands, 0.01][: PRIMITIVES[name].arity or 1]
    z = PRIMITIVES[name].forward(*operands)
    assert chosen_slope(PRIMITIVES[name], position, z, operands) == pytest.approx(slope)


SMOOTH = (
    "sin",
    "cos",
    "cosh",
    "exp",
    "tanh",
    "sigmoid",
    "neg",
    "atan",
    "softplus",
    "erf",
    "expm1",
    "cbrt",
    "sqrt",
)


@given(st.sampled_from(SMOOTH), st.floats(0.0, 700.0))
def test_smooth_functions_have_none(name: str, x: float) -> None:
    primitive = PRIMITIVES[name]
    assert chosen_slope(primitive, 0, primitive.forward(x), [x]) is None


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("pow", [0.0, 2.0]), ("pow", [0.0, 3.0]), ("cos", [0.0]), ("cos", [math.pi]),
        ("cosh", [0.0]), ("cos", [1e6 * math.pi]), ("sin", [math.pi / 2]), ("gelu", [-0.7517916]),
        ("sinc", [0.0]), ("lgamma", [1.4616321449683622]),
    ],
)  # fmt: skip
def test_a_level_place_is_none(name: str, operands: list[float]) -> None:
    """x**2 at 0 was said to have no derivative: the slopes beside it are tiny, one up, one down."""
    primitive = PRIMITIVES[name]
    assert chosen_slope(primitive, 0, primitive.forward(*operands), operands) is None


@given(st.floats(-1e6, 1e6).filter(bool))
@example(5e-324)
@example(-5e-324)
def test_only_the_kink_itself(x: float) -> None:
    assert chosen_slope(PRIMITIVES["abs"], 0, abs(x), [x]) is None


@pytest.mark.parametrize(
    ("name", "operands", "position"),
    [
        ("abs", [0.0], 0), ("relu", [0.0], 0), ("relu6", [0.0], 0), ("relu6", [6.0], 0),
        ("hardtanh", [-1.0], 0), ("hardtanh", [1.0], 0), ("maximum", [0.1, 0.1], 1),
        ("minimum", [3.0, 3.0], 0), ("hypot", [0.0, 0.0], 1), ("leaky_relu", [0.0, 0.01], 0),
    ],
)  # fmt: skip
def test_the_floats_beside_a_kink_are_none(name: str, operands: list[float], position: int) -> None:
    """|x| at 5e-324 was called a kink: one of the slopes beside it was the one chosen at 0."""
    primitive = PRIMITIVES[name]
    operands = operands[: primitive.arity or len(operands)]
    z = primitive.forward(*operands)
    assert chosen_slope(primitive, position, z, operands) is not None
    for side in (-math.inf, math.inf):
        beside = list(operands)
        beside[position] = math.nextafter(operands[position], side)
        assert chosen_slope(primitive, position, primitive.forward(*beside), beside) is None


def test_what_is_not_finite_is_no_kink() -> None:
    for x in (math.inf, math.nan):
        assert chosen_slope(PRIMITIVES["abs"], 0, abs(x), [x]) is None
    assert chosen_slope(PRIMITIVES["tan"], 0, math.tan(math.pi / 2), [math.pi / 2]) is None
