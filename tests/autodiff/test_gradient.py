"""gradient(): derivatives as graphs. Their numbers, their size, and selections in them."""

from __future__ import annotations

import math
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, evaluate, gradient, rules
from autodiff.graph import statistics, topological_order
from autodiff.value import record


def names(*values: Value) -> list[str]:
    """The primitives of a graph."""
    return [node.primitive.name for node in topological_order(*values) if node.primitive]


def greater(x: Any, y: Any) -> Value:
    """A comparison as a node, as tracing records it."""
    return record(rules.greater, (x, y))


class TestResults:
    def test_the_toy(self) -> None:
        x = Value(-4.499, "x")
        f = 2 / ad.sin(ad.exp(-x))
        f.backward()
        assert gradient(f, x).data == x.grad

    def test_one_value_or_a_container(self) -> None:
        x, y = Value(2.0), Value(3.0)
        z = x * y
        assert gradient(z, x).data == 3.0
        assert [g.data for g in gradient(z, [x, y])] == [3.0, 2.0]
        assert gradient(z, {"x": x, "y": (y,)})["y"][0].data == 2.0

    def test_an_input_without_influence(self) -> None:
        x, y = Value(2.0), Value(3.0)
        found = gradient(x * 2.0, y)
        assert isinstance(found, Value)
        assert found.data == 0.0
        assert gradient(5.0, y).data == 0.0

    def test_a_constant_derivative(self) -> None:
        x = Value(2.0)
        slope = gradient(3.0 * x, x)
        assert (slope.data, slope.parents) == (3.0, ())
        assert gradient(slope, x).data == 0.0

    def test_the_output_itself(self) -> None:
        x = Value(2.0)
        assert gradient(x, x).data == 1.0
        assert [g.data for g in gradient(x * x, [x, x])] == [4.0, 4.0]

    def test_nodes_in_the_midst(self) -> None:
        x = Value(2.0)
        y = x * x
        z = y * x
        by_y, by_x = gradient(z, [y, x])
        assert (by_y.data, by_x.data) == (2.0, 12.0)

    def test_nothing_but_values(self) -> None:
        x = Value(2.0)
        with pytest.raises(TypeError, match="Values of the graph"):
            gradient(x * x, [x, 2.0])
        with pytest.raises(TypeError, match="output is a Value"):
            gradient("y", x)

    def test_grads_stay_as_they_are(self) -> None:
        x = Value(2.0)
        y = x * x
        y.backward()
        gradient(gradient(y, x), x)
        assert (x.grad, y.grad) == (4.0, 1.0)

    def test_backward_through_a_gradient(self) -> None:
        x = Value(2.0)
        gradient(x**3, x).backward()
        assert x.grad == 12.0

    def test_ladder(self) -> None:
        x = node = Value(1.0)
        for _ in range(60):
            node = node + node
        assert gradient(node, x).data == 2.0**60

    def test_long_chain(self) -> None:
        x = node = Value(0.5)
        for _ in range(20_000):
            node = node * 1.0001
        slope = gradient(node, x)
        assert slope.data == pytest.approx(1.0001**20_000)
        product = Value(0.5)
        node = product
        for _ in range(5_000):
            node = ad.sin(node)
        assert gradient(gradient(node, product), product).data < 0.0

    def test_wide_sum(self) -> None:
        xs = [Value(float(index)) for index in range(5_000)]
        found = gradient(ad.dot(xs, xs), xs)
        assert [g.data for g in found[:3]] == [0.0, 2.0, 4.0]


class TestSize:
    """Graphs of derivatives are drawn, printed and compiled: nothing superfluous may be in them."""

    def test_powers_come_down_to_numbers(self) -> None:
        x = Value(3.0, "x")
        first = gradient(x**3, x)
        second = gradient(first, x)
        third = gradient(second, x)
        assert names(second) == ["mul"]
        assert (third.data, third.parents) == (6.0, ())
        assert names(gradient(x**2, x)) == ["mul"]
        assert gradient(x**1, x).parents == ()
        assert gradient(x**0, x).data == 0.0

    def test_the_derivative_of_the_toy(self) -> None:
        x = Value(-4.499, "x")
        f = 2 / ad.sin(ad.exp(-x))
        assert statistics(f)["nodes"] == 5
        found = [name for name in names(gradient(f, x)) if name not in ("neg", "exp", "sin", "div")]
        assert sorted(found) == ["cos", "mul", "mul"]

    def test_a_product_has_no_new_nodes(self) -> None:
        x, y = Value(2.0), Value(3.0)
        assert gradient(x * y, [x, y])[0] is y
        assert gradient(x * y, [x, y])[1] is x

    def test_double_negation(self) -> None:
        x = Value(2.0)
        assert gradient(-(-x * x), x).data == 4.0
        assert "neg" not in names(gradient(-ad.cos(x), x))

    def test_common_subexpressions_once(self) -> None:
        y, x = Value(1.0), Value(2.0)
        found = names(*gradient(ad.hypot(y, x), [y, x]))
        assert found.count("hypot") == 1
        second = gradient(gradient(ad.tanh(x), x), x)
        assert names(second).count("sigmoid_slope") <= 2

    def test_relu(self) -> None:
        x = Value(2.0)
        slope = gradient(ad.relu(x), x)
        assert names(slope) == ["less_equal", "one", "where"]
        assert gradient(slope, x).parents == ()

    def test_a_network_has_few_nodes_per_weight(self) -> None:
        weights = [[Value(0.1 * (i - j)) for i in range(6)] for j in range(6)]
        hidden = [ad.relu(ad.dot(row, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])) for row in weights]
        output = ad.dot(hidden, [Value(0.3)] * 6)
        found = gradient(output, [w for row in weights for w in row])
        assert len(names(*found)) - len(names(output)) <= 2 * 36 + 6 * 6


class TestSelections:
    """No contribution is not a contribution of 0: 0 times an infinite derivative would be nan."""

    def test_where_before_a_singularity(self) -> None:
        x = Value(0.0)
        y = record(rules.where, (greater(x, 0.0), ad.sqrt(x), 0.0))
        slope = gradient(y, x)
        assert slope.data == 0.0
        assert gradient(slope, x).data == 0.0
        assert evaluate(slope, {x: 4.0}) == 0.25
        assert evaluate(gradient(slope, x), {x: 4.0}) == -1.0 / 32.0

    def test_relu_before_a_singularity(self) -> None:
        x = Value(-1.0)
        slope = gradient(ad.sqrt(ad.relu(x)), x)
        assert slope.data == 0.0
        assert evaluate(slope, {x: 4.0}) == 0.25
        assert gradient(slope, x).data == 0.0

    def test_plain_arithmetic_stays_nan(self) -> None:
        x = Value(0.0)
        assert math.isnan(gradient(ad.sqrt(x) * 0.0, x).data)

    def test_a_shared_operand_of_two_branches(self) -> None:
        x = Value(0.0)
        root = ad.sqrt(x)
        both = record(rules.where, (greater(x, 0.0), root, 0.0)) + record(
            rules.where, (greater(x, 9.0), root * root, 0.0)
        )
        slope = gradient(both, x)
        assert slope.data == 0.0
        assert evaluate(slope, {x: 4.0}) == 0.25
        assert evaluate(slope, {x: 16.0}) == 0.125 + 1.0

    def test_a_branch_and_a_plain_use(self) -> None:
        x = Value(0.0)
        y = Value(-3.0)
        slope = gradient(record(rules.where, (greater(y, 0.0), x * y, 0.0)) + 2.0 * x, x)
        assert slope.data == 2.0
        assert evaluate(slope, {y: 5.0}) == 7.0

    def test_both_branches_need_no_condition(self) -> None:
        """An operand of both branches always has a contribution."""
        x, c = Value(2.0), Value(1.0)
        y = record(rules.where, (c, x * 3.0, x * 5.0))
        slope = gradient(ad.log(x) * 0.0 + y, x)
        assert slope.data == 3.0
        assert evaluate(slope, {c: 0.0}) == 5.0

    def test_conditions_that_are_no_truth_values(self) -> None:
        c, d, x = Value(1e-200), Value(-1e-200), Value(3.0)
        inner = record(rules.where, (c, x * x, 0.0))
        y = record(rules.where, (d, inner, 0.0)) + record(rules.where, (c, x, 0.0))
        slope = gradient(y, x)
        assert slope.data == 7.0
        assert evaluate(slope, {c: 0.0}) == 0.0
        assert evaluate(slope, {d: 0.0}) == 1.0
        assert evaluate(slope, {c: math.nan}) == 7.0

    def test_ties_split_again_at_each_replay(self) -> None:
        x, y = Value(1.0), Value(2.0)
        slopes = gradient(ad.maximum(x, y), [x, y])
        assert [slope.data for slope in slopes] == [0.0, 1.0]
        assert evaluate(slopes, {x: 2.0}) == [0.5, 0.5]
        assert evaluate(slopes, {x: 3.0}) == [1.0, 0.0]

    def test_constant_conditions_are_decided_at_once(self) -> None:
        x = Value(2.0)
        assert gradient(ad.where(True, x * x, x), x).data == 4.0
        assert "where" not in names(gradient(record(rules.where, (1.0, x * x, x)), x))
        assert gradient(record(rules.where, (0.0, x * x, 3.0)), x).data == 0.0

    def test_nan_is_not_hidden(self) -> None:
        x = Value(2.0)
        slope = gradient(ad.relu(x), x)
        assert math.isnan(evaluate(slope, {x: math.nan}))

    def test_second_derivatives_of_the_chosen_branch(self) -> None:
        x = Value(0.5)
        for f, second in (
            (lambda x: ad.relu(x) ** 3, 3.0),
            (lambda x: ad.maximum(x * x, x**3), 2.0),
            (lambda x: ad.clip(x, -1.0, 1.0) ** 3, 3.0),
            (lambda x: ad.elu(-x), math.exp(-0.5)),
        ):
            assert gradient(gradient(f(x), x), x).data == pytest.approx(second)
