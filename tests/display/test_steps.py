"""The forward and the backward pass as data."""

from __future__ import annotations

import math

import pytest

from autodiff import Value, exp, maximum, scope, sin
from autodiff.display import BackwardStep, ForwardStep, steps
from autodiff.display.notation import TextBackend, typeset
from autodiff.display.plainly import plainly
from autodiff.display.snapshot import snapshot
from autodiff.graph import topological_order
from tests.display.graphs import GRAPHS, chain, ladder, neuron, selections, toy, two_paths

TEXT = TextBackend()


def test_the_toy_has_five_forward_and_six_backward_steps() -> None:
    passes = steps(toy())
    assert len(passes) == 11 and [step.number for step in passes] == list(range(1, 12))
    assert [str(step.node.name) for step in passes.forward] == ["x", "a", "b", "c", "f"]
    assert [step.kind for step in passes.backward] == ["seed", *["contribution"] * 4, "result"]
    eighth = passes[7]
    assert isinstance(eighth, BackwardStep) and eighth.user is not None and eighth.local is not None
    assert (str(eighth.receiver.name), str(eighth.user.name)) == ("b", "c")
    assert typeset(eighth.local.formula, TEXT) == "cos b"
    assert typeset(eighth.local.numbers, TEXT) == "cos(89.93)"
    assert eighth.local.value == pytest.approx(-0.3818235541965)
    assert eighth.upstream == pytest.approx(-2.341342514210)
    assert eighth.contribution == eighth.total == pytest.approx(0.893979720367)
    assert (eighth.use, eighth.uses) == (1, 1)
    assert eighth.local.reads == (passes.forward[2].node.index,)
    last = passes[-1]
    assert isinstance(last, BackwardStep) and last.total == pytest.approx(-80.3930566017654)


def test_forward_steps_have_expression_operands_and_value() -> None:
    forward = steps(toy()).forward
    assert isinstance(forward[4], ForwardStep) and forward[4].expression is not None
    assert typeset(forward[4].expression, TEXT) == "2/c"
    assert [operand.node for operand in forward[4].operands] == [None, forward[3].node.index]
    assert forward[4].operands[0].value == 2.0
    assert forward[0].expression is None and forward[0].operands == ()


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_the_steps_arrive_at_the_gradients_of_backward(name: str) -> None:
    value = GRAPHS[name]()
    passes = steps(value)
    value.backward()
    for shown, adjoint in zip(plainly(value), passes.adjoints, strict=True):
        assert (adjoint or 0.0) == pytest.approx(shown.grad, rel=1e-14, abs=1e-16, nan_ok=True)


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_steps_neither_read_nor_change_grad(name: str) -> None:
    value = GRAPHS[name]()
    order = topological_order(value)
    for number, node in enumerate(order):
        node.grad = float(number)
    before = [str(step) for step in steps(value).backward if step.kind != "result"]
    assert [node.grad for node in order] == [float(number) for number in range(len(order))]
    for node in order:
        node.grad = math.nan
    after = [step for step in steps(value).backward if step.kind != "result"]
    assert len(before) == len(after) and all(step.total == step.total for step in after)


def test_contributions_add_up_one_by_one() -> None:
    received = [s for s in steps(two_paths()).backward if str(s.receiver.name) == "x"][:2]
    assert [(s.use, s.uses, s.contribution, s.total) for s in received] == [
        (1, 2, -6.0, -6.0),
        (2, 2, -2.0, -8.0),
    ]


def test_the_same_node_twice_in_one_operation_makes_two_contributions() -> None:
    x = Value(3.0, "x")
    received = [s for s in steps(x * x).backward if s.kind == "contribution"]
    assert [(s.position, s.contribution, s.total) for s in received] == [
        (0, 3.0, 3.0),
        (1, 3.0, 6.0),
    ]


def test_an_operand_that_was_not_chosen_is_skipped_visibly() -> None:
    skipped = [s for s in steps(selections()).backward if s.kind == "skipped"]
    assert {(str(s.receiver.name), str(s.user.name)) for s in skipped if s.user} == {
        ("b", "h"), ("a", "i"), ("c", "i"),
    }  # fmt: skip
    assert all(s.contribution is None and s.local and s.local.value is None for s in skipped)
    assert all(s.local.condition is not None for s in skipped if s.local)


def test_nothing_flows_beyond_a_node_that_got_nothing() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    passes = steps(maximum(exp(a), 10.0 * b))
    by_receiver = {str(s.receiver.name): s for s in passes.backward if s.kind != "result"}
    assert by_receiver["a"].kind == "skipped" and by_receiver["a"].upstream is None
    assert by_receiver["b"].total == 10.0


def test_a_zero_gradient_is_a_contribution() -> None:
    x = Value(0.0, "x")
    step = steps(x**2).backward[1]
    assert (step.kind, step.contribution) == ("contribution", 0.0)


def test_a_leaf_alone_has_three_steps() -> None:
    assert [type(step).__name__ for step in steps(Value(2.0, "x"))] == [
        "ForwardStep", "BackwardStep", "BackwardStep",
    ]  # fmt: skip


def test_long_chains_need_no_recursion() -> None:
    passes = steps(chain(3000))
    assert len(passes) == 3001 + 3002
    assert steps(ladder(60)).backward[-1].total == 2.0**60


# ---- names -------------------------------------------------------------------------------------


def names(*roots: Value, **variables: object) -> list[str]:
    return [str(node.name) for node in snapshot(*roots, names=variables).nodes]


def test_automatic_names_never_collide_with_the_users() -> None:
    assert names(neuron()) == ["w₀", "x₀", "a", "w₁", "x₁", "c", "g", "b", "h", "o"]


def test_variables_of_the_user_name_nodes_by_identity() -> None:
    x = Value(2.0)
    y = sin(x)
    z = y * x
    assert names(z, x=x, inner=y, z=z, _private=y) == ["x", "inner", "z"]
    weights = [Value(1.0), Value(2.0)]
    assert names(weights[0] * weights[1], weights=weights) == ["weights₀", "weights₁", "f"]
    same = Value(1.0)
    assert names(same * 2.0, first=same, second=same) == ["first", "f"]


def test_labels_that_look_alike_are_told_apart() -> None:
    assert names(Value(1.0, "x") * Value(2.0, "x") + Value(3.0, "x_2")) == [
        "x",
        "x₃",
        "a",
        "x₂",
        "f",
    ]


def test_several_unnamed_outputs_are_numbered() -> None:
    x = Value(1.0, "x")
    assert names(sin(x), exp(x)) == ["x", "f₁", "f₂"]
    assert names(sin(Value(1.0, "f"))) == ["f", "a"]


def test_names_do_not_depend_on_scopes() -> None:
    x = Value(1.0, "x")
    with scope("layer"):
        y = sin(x)
    assert names(y * x) == ["x", "a", "f"]
