"""Laws that hold for every program, in eager, in derivatives of higher order, and in jit.

The laws of one derivative (sum, product and chain rule, symmetry, adjointness, sharing, seeds)
are in tests/autodiff/test_laws.py; here are the forward law, what must not happen, and the same
laws for compiled functions.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.support.data import same
from tests.support.effort import examples
from tests.support.programs import OPERATIONS, Program, programs

ANY = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2e-308, 1e308]),
    st.floats(-5.0, 5.0),
    st.integers(-200, 200).map(float),
)

# ---- forward is Python -----------------------------------------------------------------------

UNARY = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh "
    "asinh acosh atanh erf erfc degrees radians fabs"
).split()
BINARY = "atan2 fmod remainder copysign hypot".split()


def outcome(function: Callable[..., Any], *numbers: Any) -> Any:
    """The number that a function gives, or the kind of its error."""
    try:
        result = function(*numbers)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        kinds = (ValueError, ZeroDivisionError, OverflowError)
        return next(kind for kind in kinds if isinstance(error, kind))
    return result.data if isinstance(result, Value) else result


def agree(found: Any, expected: Any) -> bool:
    """The same error, or the same bits."""
    if isinstance(found, type) or isinstance(expected, type):
        return found is expected
    return same(found, expected) and math.copysign(1.0, found) == math.copysign(1.0, expected)


@pytest.mark.parametrize("name", UNARY)
@given(x=ANY)
@examples(100)
def test_functions_are_those_of_math_bit_for_bit(name: str, x: float) -> None:
    function, expected = getattr(ad, name), outcome(getattr(math, name), x)
    assert agree(outcome(function, x), expected)
    assert agree(outcome(function, Value(x)), expected)
    assert agree(outcome(lambda v: getattr(v, name)(), Value(x)), expected)


@pytest.mark.parametrize("name", BINARY)
@given(x=ANY, y=ANY)
@examples(150)
def test_functions_of_two_numbers_are_those_of_math(name: str, x: float, y: float) -> None:
    function, expected = getattr(ad, name), outcome(getattr(math, name), x, y)
    for operands in ((x, y), (Value(x), y), (x, Value(y)), (Value(x), Value(y))):
        assert agree(outcome(function, *operands), expected)


@given(ANY, ANY)
@examples(400)
def test_powers_are_those_of_floats(x: float, y: float) -> None:
    """Except for a negative base with a fraction: Python's number would be complex."""
    complex_power = x < 0.0 and math.isfinite(x) and math.isfinite(y) and not y.is_integer()
    expected = ValueError if complex_power else outcome(pow, x, y)
    for function in (ad.pow, lambda a, b: a**b):
        for operands in ((Value(x), y), (x, Value(y)), (Value(x), Value(y))):
            assert agree(outcome(function, *operands), expected)


@given(st.lists(ANY, min_size=1, max_size=5))
@examples(200)
def test_sums_go_from_left_to_right(xs: list[float]) -> None:
    total = xs[0]
    for x in xs[1:]:
        total += x
    assert agree(ad.sum(xs), total) or total == 0.0
    assert agree(ad.sum(list(map(Value, xs))).data, ad.sum(xs))


# ---- errors change nothing -------------------------------------------------------------------


@given(st.sampled_from(sorted(OPERATIONS)), st.data())
@examples(300)
def test_an_exception_in_forward_leaves_the_operands_untouched(
    name: str, data: st.DataObject
) -> None:
    operation = OPERATIONS[name]
    count = data.draw(st.sampled_from(operation.counts))
    numbers = data.draw(st.lists(ANY, min_size=count, max_size=count))
    operands = [Value(number, f"x{index}") for index, number in enumerate(numbers)]
    try:
        operation.compute(*operands)
    except (ValueError, ArithmeticError) as error:
        caught = error
    else:
        caught = ad.DomainError("none")
    assert isinstance(caught, ad.AutodiffError)
    assert str(caught)
    for operand, number in zip(operands, numbers, strict=True):
        assert same(operand.data, number)
        assert (operand.grad, operand.primitive, operand._adjoint) == (0.0, None, None)


@given(st.sampled_from(sorted(OPERATIONS)), st.data())
@examples(300)
def test_backward_never_raises_where_forward_has_a_value(name: str, data: st.DataObject) -> None:
    operation = OPERATIONS[name]
    count = data.draw(st.sampled_from(operation.counts))
    operands = [Value(x) for x in data.draw(st.lists(ANY, min_size=count, max_size=count))]
    try:
        result = operation.compute(*operands)
    except ad.AutodiffError:
        return
    if isinstance(result, Value):  # take() of floats, conditions
        result.backward()
        first = ad.gradient(result, operands)
        for entry in first:
            ad.gradient(entry, operands)
        assert all(
            same(operand.grad, entry.data) for operand, entry in zip(operands, first, strict=True)
        )


# ---- constants, and the same node twice ------------------------------------------------------


@given(programs())
@examples(40)
def test_what_is_not_used_has_gradient_zero(program: Program) -> None:
    unused = Value(3.0)
    xs = [Value(x) for x in program.inputs]
    output = program(*xs) + 0.0 * xs[0]  # a program may be a constant
    output.backward()
    assert (unused.grad, ad.gradient(output, unused).data) == (0.0, 0.0)
    for derive in (ad.grad, lambda f, at: ad.grad(ad.jit(f), at)):
        found = derive(lambda *xs: program(*xs[:-1]), len(xs))(*program.inputs, 3.0)
        assert found == 0.0
        assert type(found) is float
    assert ad.hessian(lambda x: 2.0)(1.0) == 0.0


@pytest.mark.parametrize("name", sorted(n for n, o in OPERATIONS.items() if 2 in o.counts))
@given(st.floats(0.2, 3.0))
@examples(20)
def test_the_same_node_as_both_operands(name: str, number: float) -> None:
    """d/dx f(x, x) is the sum of both partial derivatives: in eager, as a graph, and in jit."""
    operation = OPERATIONS[name]
    if not operation.inside(number, number) or not operation.smooth:
        return
    x, y, both = Value(number), Value(number), Value(number)
    for result in (operation.compute(x, y), operation.compute(both, both)):
        result.backward()
    expected = x.grad + y.grad
    scale = 1e-12 * (abs(x.grad) + abs(y.grad))
    assert abs(both.grad - expected) <= scale
    assert same(ad.grad(lambda v: operation.compute(v, v))(number), both.grad)
    z = Value(number)
    ad.jit(lambda v: operation.compute(v, v))(z).backward()
    assert same(z.grad, both.grad)


def test_ladders_in_linear_time() -> None:
    def ladder(x: Any) -> Any:
        for _ in range(60):
            x = x + x
        return x

    x = Value(1.0)
    ad.jit(ladder)(x).backward()
    assert (ladder(1.0), ad.grad(ladder)(1.0), x.grad) == (2.0**60,) * 3
    assert ad.grad(ad.grad(lambda x: ladder(x) * x))(1.0) == 2.0**61
    assert ad.jvp(ladder, (1.0,), (1.0,)) == (2.0**60, 2.0**60)


# ---- compiled functions ----------------------------------------------------------------------


def eager(program: Program, *passes: float) -> tuple[float, list[float]]:
    """The value, and the gradients after passes with these seeds."""
    return _run(program, program, passes)


def compiled(program: Program, *passes: float, exact: bool = True) -> tuple[float, list[float]]:
    return _run(program, ad.jit(program.__call__, exact=exact), passes)


def _run(
    program: Program, function: Callable[..., Any], passes: Sequence[float]
) -> tuple[float, list[float]]:
    xs = [Value(x) for x in program.inputs]
    output = function(*xs)
    output = output if isinstance(output, Value) else Value(output)
    for seed in passes:
        output.backward(seed)
    return output.data, [x.grad for x in xs]


def equal(one: tuple[float, list[float]], other: tuple[float, list[float]]) -> bool:
    return same(one[0], other[0]) and all(map(same, one[1], other[1]))


@given(programs())
@examples(30)
def test_compiled_equals_eager_bit_for_bit(program: Program) -> None:
    assert equal(compiled(program, 1.0), eager(program, 1.0))
    assert equal(compiled(program, 1.0, -0.3), eager(program, 1.0, -0.3))


@given(programs())
@examples(30)
def test_where_structure_repeats_gradients_agree_to_rounding(program: Program) -> None:
    """Values have the same bits even then. Story: the deep profile found the first short sum
    whose terms lanes add in another order; bits are what `exact` promises."""
    value, gradients = compiled(program, 1.0, exact=False)
    expected, wanted = eager(program, 1.0)
    assert same(value, expected)
    for gradient, right in zip(gradients, wanted, strict=True):
        assert same(gradient, right) or abs(gradient - right) <= 1e-9 * (1.0 + abs(right))


@given(programs())
@examples(20)
def test_compiled_passes_double_and_seeds_scale(program: Program) -> None:
    _, once = compiled(program, 1.0)
    assert all(map(same, compiled(program, 1.0, 1.0)[1], [g + g for g in once]))
    assert all(map(same, compiled(program, 4.0)[1], [4.0 * g for g in once]))
    assert compiled(program, 0.0)[1] == [0.0] * len(once)


@given(programs(max_steps=6), programs(max_steps=6))
@examples(20)
def test_two_compiled_outputs_equal_one_pass_over_their_sum(f: Program, g: Program) -> None:
    split = len(f.inputs)
    numbers = [*f.inputs, *g.inputs]

    def both(xs: Sequence[Any]) -> list[Any]:
        shared = xs[0] * xs[-1]  # and no output is a constant
        return [f(*xs[:split]) + shared, g(*xs[split:]) - shared]

    xs, ys = [Value(x) for x in numbers], [Value(x) for x in numbers]
    for output in ad.jit(both)(xs):
        output.backward()
    ad.sum(both(ys)).backward()
    for x, y in zip(xs, ys, strict=True):
        assert same(x.grad, y.grad) or abs(x.grad - y.grad) <= 1e-9 * (1.0 + abs(y.grad))


@given(programs(max_steps=6))
@examples(15)
def test_compiled_derivatives_of_higher_order(program: Program) -> None:
    for transform in (ad.grad, ad.hessian):
        derived = transform(program.of_list)
        fast = ad.jit(derived)(list(program.inputs))
        flat = [fast] if transform is ad.grad else fast
        plain = derived(list(program.inputs))
        rows = [plain] if transform is ad.grad else plain
        for row, expected in zip(flat, rows, strict=True):
            for entry, number in zip(row, expected, strict=True):
                assert same(getattr(entry, "data", entry), number)


@given(programs(max_steps=5))
@examples(20)
def test_a_compiled_function_at_other_numbers(program: Program) -> None:
    """A replay computes, and does not remember the numbers of the trace."""
    function = ad.jit(lambda *xs: program(*xs) + 0.0 * xs[0])
    for step in (0.0, 1e-3, -2e-3):
        numbers = [x + step for x in program.inputs]
        xs, ys = [Value(x) for x in numbers], [Value(x) for x in numbers]
        try:
            expected = program(*ys) + 0.0 * ys[0]
        except ad.AutodiffError as error:
            with pytest.raises(type(error)):
                function(*xs)
            continue
        found = function(*xs)
        found.backward()
        expected.backward()
        assert same(found.data, expected.data)
        assert all(same(x.grad, y.grad) for x, y in zip(xs, ys, strict=True))


def test_nothing_stays_alive_of_derivative_graphs_and_compiled_results() -> None:
    w = Value(0.5)
    fast = ad.jit(lambda x: ad.sin(w * x) + x)

    def run() -> None:
        x = Value(0.3)
        first = ad.gradient(ad.exp(ad.sin(x) * x) + ad.maximum(x, w), x)
        ad.gradient(first, x).backward()
        ad.grad(ad.grad(lambda v: v**3 * w))(2.0)
        (fast(x) * x).backward()

    def alive() -> int:
        return sum(issubclass(type(thing), Value) for thing in gc.get_objects())

    run()
    gc.collect()
    gc.disable()
    try:
        before = alive()
        run()
        assert alive() == before
    finally:
        gc.enable()
