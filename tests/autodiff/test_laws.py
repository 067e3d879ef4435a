"""Laws of derivatives, on random programs over all functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.graph import topological_order
from tests.support.data import same
from tests.support.effort import examples
from tests.support.programs import OPERATIONS, SMOOTH, Program, Step, programs

#: Of `where(c > 0, ...)` a graph keeps the outcome, as of every comparison in Python.
WITHOUT_IF = tuple(name for name in OPERATIONS if name != "where")

few = examples(50)


def near(a: float, b: float, scale: float, tolerance: float = 1e-9) -> bool:
    """Equal up to rounding, relative to the largest number that took part."""
    return same(a, b) or abs(a - b) <= tolerance * scale


def size(*numbers: float) -> float:
    return max(map(abs, numbers), default=0.0) + 1e-6


def backward(program: Program, inputs: Sequence[float]) -> tuple[Value, list[Value]]:
    xs = [Value(x) for x in inputs]
    output = program(*xs)
    if not isinstance(output, Value):
        output = Value(output)
    output.backward()
    return output, xs


def directions(count: int) -> list[float]:
    return [math.cos(1.7 * index + 0.3) for index in range(count)]


def product(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


# ---- first order ------------------------------------------------------------------------------


@given(programs())
@few
def test_sweeps_agree_bit_for_bit(program: Program) -> None:
    output, xs = backward(program, program.inputs)
    graph = ad.gradient(output, xs)
    by_transform = ad.grad(program.of_list)(list(program.inputs))
    for x, node, number in zip(xs, graph, by_transform, strict=True):
        assert same(node.data, x.grad)
        assert same(number, x.grad)


@given(programs())
@few
def test_floats_and_values_give_the_same_bits(program: Program) -> None:
    floats = program.nodes(program.inputs)
    values = program.nodes([Value(x) for x in program.inputs])
    assert all(same(a, getattr(b, "data", b)) for a, b in zip(floats, values, strict=True))


@given(programs(min_inputs=2))
@few
def test_forward_and_reverse_are_adjoint(program: Program) -> None:
    """w (J v) = (w J) v, for the Jacobian of all nodes by all inputs."""

    def f(xs: list[Any]) -> list[Any]:
        return program.nodes(xs)

    v = directions(len(program.inputs))
    output, pull = ad.vjp(f, list(program.inputs))
    w = directions(len(output))
    (left,) = pull(w)
    same_output, right = ad.jvp(f, (list(program.inputs),), (v,))
    assert same_output == output
    scale = size(*(a * b for a, b in zip(left, v, strict=True))) + size(
        *(a * b for a, b in zip(right, w, strict=True))
    )
    assert near(product(left, v), product(right, w), scale)


@given(programs(max_steps=6), programs(max_steps=6), st.sampled_from(["add", "mul", "div"]))
@few
def test_sum_product_and_quotient_rule(f: Program, g: Program, rule: str) -> None:
    count = max(len(f.inputs), len(g.inputs))
    inputs = [*f.inputs, *g.inputs[len(f.inputs) :]][:count]
    try:
        f_value, f_inputs = backward(f, inputs[: len(f.inputs)])
        g_value, g_inputs = backward(g, inputs[: len(g.inputs)])
    except (ValueError, ArithmeticError):
        return  # g at the inputs of f
    a, b = f_value.data, g_value.data
    adjoints = [node.grad for node in topological_order(f_value, g_value)]  # some cancel out
    if rule == "div" and abs(b) < 1e-3:
        return
    combine = OPERATIONS[rule].compute

    def both(xs: list[Any]) -> Any:
        return combine(f.of_list(xs[: len(f.inputs)]), g.of_list(xs[: len(g.inputs)]))

    gradient = ad.grad(both)(inputs)
    for index in range(count):
        da = f_inputs[index].grad if index < len(f_inputs) else 0.0
        db = g_inputs[index].grad if index < len(g_inputs) else 0.0
        first, second = da, db
        if rule == "mul":
            first, second = da * b, a * db
        elif rule == "div":
            first, second = da / b, -a * db / (b * b)
        assert near(gradient[index], first + second, size(first, second, *adjoints))


@given(programs(max_inputs=1, max_steps=4), programs(max_steps=4))
@few
def test_chain_rule(outer: Program, inner: Program) -> None:
    try:
        middle, xs = backward(inner, inner.inputs)
        _, (y,) = backward(outer, [middle.data])
        whole = ad.grad(lambda xs: outer(inner.of_list(xs)))(list(inner.inputs))
    except (ValueError, ArithmeticError):
        return  # the inner result is outside the domain of the outer program
    if not math.isfinite(y.grad):
        return  # inf * 0 is nan where no path leads from an input to the output
    for x, entry in zip(xs, whole, strict=True):
        assert near(entry, y.grad * x.grad, size(y.grad * x.grad, y.grad, x.grad))


@given(programs(max_steps=6))
@few
def test_sharing_equals_duplication(program: Program) -> None:
    def duplicated(inputs: list[Any]) -> Any:
        """The program as a tree: every use of a node computes it anew."""

        def node(number: int) -> Any:
            if number < len(inputs):
                return inputs[number]
            step = program.steps[number - len(inputs)]
            operands = [x if isinstance(x, float) else node(x) for x in step.operands]
            return OPERATIONS[step.name].compute(*operands)

        return node(len(inputs) + len(program.steps) - 1)

    shared = ad.grad(program.of_list)(list(program.inputs))
    tree = ad.grad(duplicated)(list(program.inputs))
    assert all(near(a, b, size(*shared)) for a, b in zip(shared, tree, strict=True))


@given(programs())
@few
def test_dead_nodes_and_labels_change_nothing(program: Program) -> None:
    _, xs = backward(program, program.inputs)
    ys = [Value(x, f"input {index}") for index, x in enumerate(program.inputs)]
    nodes = program.nodes(ys)
    for index, node in enumerate(nodes):
        if isinstance(node, Value):
            node.named(f"node {index}")
            assert node * 3.0 + node is not None  # dead
    output = nodes[-1]
    if isinstance(output, Value):
        output.backward()
    assert all(same(x.grad, y.grad) for x, y in zip(xs, ys, strict=True))


@given(programs())
@few
def test_seeds_scale_and_passes_add_up(program: Program) -> None:
    output, xs = backward(program, program.inputs)
    once = [x.grad for x in xs]
    output.backward(3.0 * 2.0**5 - 95.0)  # 1.0
    assert all(same(x.grad, 2.0 * grad) for x, grad in zip(xs, once, strict=True))
    output.zero_grad()
    output.backward(-0.25)
    assert all(same(x.grad, -0.25 * grad) for x, grad in zip(xs, once, strict=True))


@given(programs())
@few
def test_two_passes_equal_one_over_the_sum(program: Program) -> None:
    xs, ys = ([Value(x) for x in program.inputs] for _ in range(2))
    for output in program.nodes(xs)[-2:]:
        if isinstance(output, Value):
            output.backward()
    last = program.nodes(ys)[-2:]
    total = last[0] + last[1]
    if isinstance(total, Value):
        total.backward()
    for x, y in zip(xs, ys, strict=True):
        assert near(x.grad, y.grad, size(*(z.grad for z in xs)))


# ---- higher orders ----------------------------------------------------------------------------


@given(programs(min_inputs=2, max_steps=8))
@few
def test_hessians_are_symmetric(program: Program) -> None:
    matrix = ad.hessian(program.of_list)(list(program.inputs))
    scale = size(*(entry for row in matrix for entry in row))
    for i, row in enumerate(matrix):
        for j in range(i):
            assert near(row[j], matrix[j][i], scale)


@given(programs(max_steps=8))
@few
def test_hessian_vector_products(program: Program) -> None:
    """Reverse over reverse, forward over reverse, reverse over forward, and the matrix itself."""
    x = list(program.inputs)
    v = directions(len(x))
    f = program.of_list
    matrix = ad.hessian(f)(x)
    expected = [product(row, v) for row in matrix]
    scale = size(*(entry for row in matrix for entry in row))
    _, forward = ad.jvp(ad.grad(f), (x,), (v,))
    backward = ad.grad(lambda x: ad.jvp(f, (x,), (v,))[1])(x)
    jacobian = ad.jacobian(ad.grad(f))(x)
    for found in (ad.hvp(f, (x,), (v,)), forward, backward):
        assert all(near(a, b, scale) for a, b in zip(found, expected, strict=True))
    for row, other in zip(matrix, jacobian, strict=True):
        assert all(near(a, b, scale) for a, b in zip(row, other, strict=True))


@given(programs(max_inputs=2, max_steps=5))
@examples(30)
def test_third_derivatives_are_symmetric(program: Program) -> None:
    x = list(program.inputs)
    cube = ad.jacobian(ad.hessian(program.of_list))(x)
    scale = size(*(entry for square in cube for row in square for entry in row))
    for i in range(len(x)):
        for j in range(len(x)):
            for k in range(len(x)):
                assert near(cube[i][j][k], cube[k][i][j], scale, 1e-7)


@given(programs(max_steps=6))
@examples(25)
def test_against_differences(program: Program) -> None:
    ad.check_gradients(program, *program.inputs)


# ---- graphs of derivatives --------------------------------------------------------------------


@given(programs(names=WITHOUT_IF, max_steps=8), st.data())
@examples(80)
def test_derivative_graphs_hold_at_other_inputs(program: Program, data: st.DataObject) -> None:
    """Selections decide anew: a graph built at one point is right at every other."""
    xs = [Value(x) for x in program.inputs]
    nodes = [node for node in program.nodes(xs) if isinstance(node, Value)]
    output = nodes[-1]
    first = ad.gradient(output, xs)
    second = ad.gradient(first[0], xs)
    moved = data.draw(
        st.lists(st.floats(-3.0, 3.0), min_size=len(xs), max_size=len(xs)), label="other inputs"
    )
    there = [Value(x) for x in moved]
    numbers = dict(zip(xs, moved, strict=True))
    try:
        others = [node for node in program.nodes(there) if isinstance(node, Value)]
    except (ValueError, ArithmeticError) as error:
        with pytest.raises(type(error)):
            ad.evaluate(nodes, numbers)
        return
    other = others[-1]
    assert same(ad.evaluate(output, numbers), other.data)
    other.backward()
    found = ad.evaluate(first, numbers)
    assert all(same(a, x.grad) for a, x in zip(found, there, strict=True))
    expected = ad.gradient(ad.gradient(other, there)[0], there)
    for a, b in zip(ad.evaluate(second, numbers), expected, strict=True):
        assert near(a, b.data, size(*(x.data for x in expected)))


@given(programs())
@few
def test_derivative_graphs_are_folded(program: Program) -> None:
    xs = [Value(x) for x in program.inputs]
    output = program(*xs)
    if not isinstance(output, Value):
        return
    old = set(map(id, topological_order(output)))
    for node in topological_order(*ad.gradient(output, xs)):
        if id(node) in old or node.primitive is None:
            continue
        constants = [x for x in node.operands if isinstance(x, float)]
        assert len(constants) < len(node.operands), "an operation on constants alone"
        if node.primitive.name == "mul":
            assert not {1.0, -1.0}.intersection(constants)


@given(programs())
@few
def test_expansion_keeps_values_and_gradients(program: Program) -> None:
    output, xs = backward(program, program.inputs)
    if output.primitive is None:
        return
    grads = [x.grad for x in xs]
    wide = ad.expand(output)
    assert near(wide.data, output.data, size(output.data), 1e-8)
    output.zero_grad()
    wide.zero_grad()
    wide.backward()
    assert all(near(x.grad, g, size(*grads), 1e-6) for x, g in zip(xs, grads, strict=True))


def test_a_program_is_data() -> None:
    program = Program((3.0, 2.0), (Step("mul", (0, 1)), Step("add", (2, 0.5))))
    assert program(3.0, 2.0) == 6.5
    assert program.nodes([3.0, 2.0]) == [3.0, 2.0, 6.0, 6.5]
    assert set(SMOOTH) < set(OPERATIONS)
