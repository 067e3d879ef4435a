"""Formulas computed on floats and Values."""

from __future__ import annotations

import math

import pytest

from autodiff import Value
from autodiff.errors import DivisionByZero, DomainError, ExpressionError, RangeError
from autodiff.expression import parse
from autodiff.expression.evaluation import evaluate_formula
from autodiff.formula import Formula
from autodiff.graph import topological_order


def value_of(text: str, **variables: float) -> float:
    result = evaluate_formula(parse(text), variables)
    assert isinstance(result, float)
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2/sin(exp(-x))", 2 / math.sin(math.exp(4.499))),
        ("7 % 3 + 7 // 2 - -1", 5.0),
        ("-2**2", -4.0),
        ("log(8, 2)", 3.0),
        ("sum(1, 2, 3) + mean(2, 4) + prod(2, 5)", 19.0),
        ("hypot(3, 4) + norm(3, 4)", 10.0),
        ("maximum(1, x, 2)", 2.0),
        ("where(x < 0, 10, 20)", 10.0),
        ("where(x > 0, 10, 20)", 20.0),
        ("when(x > 0, 10)", 0.0),
        ("when(-5 < x < 0, 10)", 10.0),
        ("abs(x) + fabs(x)", 8.998),
        ("leaky_relu(-1) + elu(2) + softplus(0)", -0.01 + 2.0 + math.log(2.0)),
        ("polygamma(1, 1)", math.pi**2 / 6),
        ("atan2(1, 1) * 4 - pi", 0.0),
    ],
)
def test_on_floats(text: str, expected: float) -> None:
    assert value_of(text, x=-4.499) == pytest.approx(expected, rel=1e-15, abs=1e-15)


def test_on_values_the_graph_is_the_formula() -> None:
    x = Value(-4.499, "x")
    f = evaluate_formula(parse("2/sin(exp(-x))"), {"x": x})
    names = [node.primitive.name for node in topological_order(f) if node.primitive is not None]
    assert names == ["neg", "exp", "sin", "div"]
    f.backward()
    assert x.grad == pytest.approx(-80.39305660176542, rel=1e-13)


def test_the_condition_is_part_of_the_graph() -> None:
    """`where(x > 0, sqrt(x), 0)` at -1 was one card that said "f is an input"."""
    x = Value(2.0)
    chosen = evaluate_formula(parse("where(x*x > 3, x, 0)"), {"x": x})
    chosen.backward()
    assert x.grad == 1.0
    names = [node.primitive and node.primitive.name for node in topological_order(chosen)]
    assert names == [None, "mul", "greater", "where"]
    other = evaluate_formula(parse("where(x < 0, sqrt(x - 4), x)"), {"x": x})
    assert other.data == 2.0 and math.isnan(other.operands[1].data)


def test_the_branch_not_chosen_needs_no_value() -> None:
    assert value_of("where(x > 0, 1/x, 5)", x=0.0) == 5.0
    assert value_of("where(x <= 0, 5, where(x > 1, log(x), 1/x))", x=0.0) == 5.0
    with pytest.raises(DivisionByZero):
        value_of("where(x > 0, 5, 1/x)", x=0.0)


def test_the_branch_not_chosen_needs_its_variables() -> None:
    with pytest.raises(ExpressionError, match="y has no value"):
        value_of("where(x > 0, x, y)", x=1.0)


def test_nested_choices_are_computed_once() -> None:
    """Computing a branch again after a failure would take 2**80 steps here."""
    text = "1/x"
    for _ in range(80):
        text = f"where(x < 0, 1, {text})"
    with pytest.raises(DivisionByZero):
        value_of(text, x=0.0)


def test_errors_tell_operands_apart() -> None:
    with pytest.raises(DivisionByZero, match=r"^a / x: a = 1.0, x = 0.0 is outside .* x != 0$"):
        evaluate_formula(parse("1/x"), {"x": Value(0.0, "x")})


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ExpressionError, match=r"lenght has no value: did you mean length\?"):
        evaluate_formula(parse("2*lenght"), {"length": 1.0})
    with pytest.raises(ExpressionError, match=r"^q has no value$"):
        evaluate_formula(parse("q"), {})


def test_a_failure_is_located() -> None:
    failed: list[Formula] = []
    formula = parse("1 + log(x - 1)")
    with pytest.raises(DomainError):
        evaluate_formula(formula, {"x": 0.0}, failed.append)
    assert [str(node) for node in failed] == ["log(sub(x, 1.0))"]


def test_towers_of_powers_overflow_at_once() -> None:
    with pytest.raises(RangeError):
        value_of("9**9**9")


def test_a_fractional_power_of_a_negative_number_is_no_complex_number() -> None:
    with pytest.raises(DomainError):
        value_of("(-8)**(1/3)")
