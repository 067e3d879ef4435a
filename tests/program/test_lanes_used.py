"""Functions in lanes as users meet them: random ones, infinities, errors, threads."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff import Value, jit, maximum, relu, take, where
from tests.support.data import identical
from tests.support.effort import examples
from tests.support.magnitudes import as_good, magnitudes
from tests.support.programs import programs
from tests.support.threads import check_shared

llvmlite = pytest.importorskip("llvmlite")

from autodiff.program.lowering.lane_layout import LaneLayout  # noqa: E402 - after the check for llvmlite
from autodiff.program.machine import llvm_machine  # noqa: E402 - the same
from tests.program.test_code_words import instructions  # noqa: E402 - the same
from tests.program.test_lanes_found import numbers_of, variant_of  # noqa: E402 - the same


@pytest.fixture(autouse=True)
def _lanes(monkeypatch):
    """Without bodies, which serve most of these loops as well: see test_bodies.py."""
    monkeypatch.setenv("AUTODIFF_MACHINE", "llvm")
    monkeypatch.setattr(llvm_machine, "roll", lambda program: None)


CHOICES = {
    "where": lambda y, p, x: where(x > 0.4, y, x),
    "relu": lambda y, p, x: relu(y - p) * x,
    "maximum": lambda y, p, x: maximum(y, p, x),
    "take": lambda y, p, x: take([y, p, x, y * x], where(x > 0.4, 0.0, where(x > 0.0, 1.0, 3.0))),
    "abs": lambda y, p, x: abs(y - x) + y * p,
    "nothing": lambda y, p, x: y,
}


@examples(60)
@given(
    programs(min_inputs=3, max_inputs=3, max_steps=6),
    st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=12),
    st.sampled_from(sorted(CHOICES)),
    st.data(),
)
def test_random_programs_in_a_loop(program, moves, choice, data):
    """Results one by one, and as a sum, against the eager engine."""
    first, second, number = program.inputs
    parameters = [Value(first), Value(second)]
    examples_ = [number * (1.0 + move) for move in moves]
    picked = data.draw(st.sets(st.integers(0, len(moves) - 1), min_size=1))

    def f(xs):
        return [CHOICES[choice](program(*parameters, x), parameters[0], x) * x for x in xs]

    def outcome(function):
        xs = [Value(x) for x in examples_]
        try:
            results = function(xs)
        except (ValueError, ArithmeticError) as error:
            return type(error), [], []
        values = [y.data for y in results]
        autodiff.sum([results[k] for k in sorted(picked)]).backward()
        grads = [leaf.grad for leaf in (*parameters, *xs)]
        for p in parameters:
            p.grad = 0.0
        return values, grads, xs

    values, grads, _ = outcome(f)
    compiled, exact = jit(f), jit(f, exact=True)
    for _ in range(2):
        found, got, xs = outcome(compiled)
        assert found == values or all(map(identical, found, values))
        if not isinstance(values, list):
            continue
        assert all(map(identical, outcome(exact)[0], values))
        if not compiled._variants:
            continue
        variant = variant_of(compiled)
        leaves = numbers_of(variant, [x.data for x in xs])
        sizes = magnitudes(variant.program, leaves, dict.fromkeys(sorted(picked), 1.0))
        count = variant.program.arguments
        of = {id(p): size for p, size in zip(variant.captured, sizes[count:], strict=True)}
        limits = [*[of.get(id(p), 0.0) for p in parameters], *sizes[:count]]
        for g, w, limit in zip(got, grads, limits, strict=True):
            assert as_good(g, w, limit), (g, w, limit)


def test_nothing_leaks_out_of_branches_that_were_not_chosen():
    """The derivative of sqrt at 0 is infinite: 0 times it would be nan."""
    w = Value(2.0)

    def f(xs):
        return autodiff.sum([where(x > 0.0, autodiff.sqrt(x) * w, w * x) for x in xs])

    numbers = [0.0, 4.0, 0.0, 9.0, -1.0, 0.0, 1.0, 0.0, 16.0, 25.0]
    for function in (f, jit(f)):
        xs = [Value(abs(x)) for x in numbers]
        y = function(xs)
        y.backward()
        assert y.data == 2.0 * (2 + 3 + 1 + 1 + 4 + 5)
        assert [x.grad for x in xs] == [1.0 / math.sqrt(x.data) if x.data else 2.0 for x in xs]
        assert w.grad == 16.0
        w.grad = 0.0


def test_infinite_and_nan_examples_stay_by_themselves():
    w = Value(1.5)
    compiled = jit(lambda xs: [autodiff.tanh(w * x) * x + relu(x) / (x * x) for x in xs])
    numbers = [1.0, math.inf, 2.0, math.nan, -math.inf, 3.0, 1e200, 0.5, 7.0]
    for position, number in enumerate(numbers):
        xs = [Value(x) for x in numbers]
        results = compiled(xs)
        assert isinstance(variant_of(compiled).machine.layout, LaneLayout)
        results[position].backward()
        got, w.grad = (w.grad, xs[position].grad), 0.0
        assert all(x.grad == 0.0 for k, x in enumerate(xs) if k != position)
        x = Value(number)
        y = autodiff.tanh(w * x) * x + relu(x) / (x * x)
        y.backward()
        assert identical(results[position].data, y.data)
        for g, want in zip(got, (w.grad, x.grad), strict=True):
            assert identical(g, want) or math.isclose(g, want, rel_tol=1e-14)
        w.grad = 0.0


def test_the_sweep_from_one_result_of_many_leaves_the_others_alone():
    """It would else take as long as the sweep from all of them."""
    ws = [Value(0.1 * k - 0.4) for k in range(8)]

    def f(xs):
        return [autodiff.tanh(sum(w * x for w in ws) + x) * x for x in xs]

    compiled, exact = jit(f), jit(f, exact=True)
    numbers = [0.2 * k - 2.0 for k in range(24)]
    machine = None
    for picked in ([5], [0, 23], range(24), range(4, 20)):
        found = []
        for function in (compiled, exact):
            results = function(numbers)
            autodiff.sum([results[k] for k in picked]).backward()
            found.append([w.grad for w in ws])
            for w in ws:
                w.grad = 0.0
        assert found[0] == pytest.approx(found[1], rel=1e-13)
        machine = variant_of(compiled).machine
        code = machine._sweep(tuple(machine.program.outputs[k] for k in picked))
        forms = {opcode.lanes for opcode, _ in instructions(machine.machine.table, code)}
        assert forms == {True} if len(picked) > 2 else {False}


# ---- around it -------------------------------------------------------------------------------


def squares(count, exact=False):
    w = Value(0.5, "w")

    def f(xs):
        return autodiff.mean([(autodiff.log(x) * w - x) ** 2 for x in xs])

    return w, f, jit(f, exact=exact), [0.1 + 0.37 * k for k in range(count)]


def test_an_error_in_one_lane_is_that_of_the_function():
    _w, f, compiled, xs = squares(20)
    assert compiled(xs).data == f(xs).data
    assert isinstance(variant_of(compiled).machine.layout, LaneLayout)
    for wrong, kind in ((-2.0, ValueError), (1e300, OverflowError)):
        for position in (0, 7, 8, 19):
            broken = [*xs[:position], wrong, *xs[position + 1 :]]
            with pytest.raises(kind) as eager:
                f(broken)
            with pytest.raises(kind) as found:
                compiled(broken)
            assert type(found.value) is type(eager.value)
            assert str(found.value) == str(eager.value)
    assert compiled(xs).data == f(xs).data


def test_explain_says_what_was_found():
    _w, _f, compiled, xs = squares(20)
    compiled(xs)
    text = compiled.explain()
    assert "in lanes: " in text and "log in 20 lanes" in text and "instructions as" in text
    _w, _f, compiled, xs = squares(20, exact=True)
    compiled(xs)
    text = compiled.explain()
    assert "lanes" not in text and "in the order of the graph" in text


def test_threads_share_a_function():
    w, _f, compiled, xs = squares(33)
    check_shared(compiled, xs, 25)
    assert w.grad != 0.0
