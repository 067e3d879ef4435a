"""strict(): numbers that are not finite, and stale operands."""

import math

import pytest

import autodiff
from autodiff import NonFiniteError, StaleGraphError, Value, scope, strict


def test_strict_names_the_operation_that_overflows():
    x = Value(1e200, "x")
    with strict(), pytest.raises(NonFiniteError, match=r"x = 1e\+200.*inf.*test_strictness"):
        x * x
    assert math.isinf((x * x).data)


def test_strict_finds_a_gradient_that_is_not_finite():
    x = Value(0.0, "x")
    with strict():
        y = autodiff.sqrt(x) * 2.0
        with pytest.raises(NonFiniteError, match=r"sqrt\(x\).*derivative.*inf.*test_strictness"):
            y.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_strict_finds_operands_changed_after_the_graph_was_built():
    x = Value(3.0, "x")
    y = autodiff.sin(x) * 2.0
    x.data = 4.0
    with strict(), pytest.raises(StaleGraphError, match=r"sin\(x\).*build the graph again"):
        y.backward()
    assert x.grad == 0.0
    y.backward()  # outside strict() the sweep uses the numbers as they are


def test_strict_names_the_product_that_overflows():
    """Local derivative and adjoint are finite, their product is not."""
    x = Value(1e-300, "x")
    with strict():
        y = (x * 1e200) * 1e200
        with pytest.raises(NonFiniteError, match=r"operand 0 is 1e\+200, the adjoint 1e\+200.*\(/"):
            y.backward()


def test_strict_blames_no_operation_where_the_sum_of_contributions_overflows():
    x = Value(1e-300, "x")
    y = x * 1.0
    z = y * 1e308 + y * 1e308
    with strict(), pytest.raises(NonFiniteError, match=r"^the gradient of Value.*is inf$"):
        z.backward()


@pytest.mark.parametrize(("before", "after"), [(2.0, math.nan), (math.nan, 2.0)])
def test_strict_compares_nan_with_nan_only(before, after):
    x = Value(before, "x")
    y = x * 1.0
    with strict():
        y.backward()  # the same nan again is not stale
        assert x.grad == 1.0
        x.data = after
        with pytest.raises(StaleGraphError, match=r"built; build the graph again$"):
            y.backward()


def test_other_modes_do_not_check():
    """Every mode once switched the checks on in one sweep, when strictness became a file."""
    f = autodiff.grad(autodiff.sqrt)
    with scope("a"):
        assert f(0.0) == math.inf
        Value(0.0).sqrt().backward()
    with strict(), pytest.raises(NonFiniteError):
        f(0.0)
