"""Faults that the deep profile and planted faults have shown, each with its story."""

from __future__ import annotations

import gc
import math
import random
import sys
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.primitive import PRIMITIVES
from autodiff.program.tracing.trace import TraceError


@pytest.mark.parametrize(("x", "y"), [(2.5e305, -2.5e305), (1e-300, 2e306)])
def test_slopes_of_powers_whose_exponent_leaves_the_range(x: float, y: float) -> None:
    """y * log(x) is infinite: the rule raised inside, and the gradient by y was nan, not 0."""
    base, exponent = Value(x), Value(y)
    z = base**exponent
    z.backward()
    assert (z.data, base.grad, exponent.grad) == (0.0, 0.0, 0.0)
    assert ad.gradient(ad.gradient(z, exponent), exponent).data == 0.0


def test_integers_beside_a_value_are_recorded_as_floats() -> None:
    """A planted fault left the int of `x % 3` among the operands, and nothing noticed."""
    x = Value(5.5)
    for result in (x % 3, x // 3, 3 % x, 3 // x, x + 3, x - 3, x * 3, x / 3, x**3, 3 - x, 3 / x):
        assert {type(operand) for operand in result.operands} == {Value, float}


@pytest.mark.parametrize(
    ("kind", "setting", "number"),
    [(nn.SGD, "lr", -1.0), (nn.SGD, "nesterov", True), (nn.Adam, "lr", math.nan),
     (nn.Adam, "betas", [1.0, 1.0]), (nn.RMSprop, "eps", -1e-8)],
)  # fmt: skip
def test_settings_that_no_constructor_takes_are_not_loaded(
    kind: Any, setting: str, number: Any
) -> None:
    """They were, and the next step went uphill, to nan, or failed in the middle of a division."""
    parameter = Value(1.0)
    optimizer = kind([parameter], lr=0.1)
    state = optimizer.state_dict()
    before = optimizer.settings()
    state["settings"][setting] = number
    with pytest.raises(nn.StateError, match="refuses the settings"):
        optimizer.load_state_dict(state)
    assert optimizer.settings() == before


def test_setting_a_gradient_inside_a_compiled_function_is_refused_in_words() -> None:
    """A planted fault exchanged the two halves of this message, and nothing noticed."""

    def careless(x: Value) -> Value:
        y = x * 2.0
        y.grad = 1.0
        return y

    with pytest.raises(TraceError, match=r"setting \.grad.*set gradients outside"):
        ad.jit(careless)(Value(1.0))


def test_scopes_and_no_grad_are_not_strict() -> None:
    """A planted fault made strictness the default of every mode, and nothing noticed."""
    with ad.scope("a"):
        assert (Value(1e200) * 1e200).data == math.inf
    with ad.no_grad():
        assert (Value(1e200) * 1e200).data == math.inf


def test_the_relaxed_collector_waits_for_many_objects() -> None:
    """A planted fault left the first threshold as it was; the block then changed little."""
    with ad.relaxed_collector():
        young, _, old = gc.get_threshold()
    assert young >= 100_000
    assert old >= 1_000 or sys.version_info >= (3, 13)


@ad.primitive(local_derivatives=[lambda z, x, y: y, lambda z, x, y: 1.0 / x])
def steep(x: float, y: float) -> float:
    """Its first derivative is fine where the second one is a division by zero."""
    return x * y


def test_a_rule_that_raises_leaves_no_half_made_sum() -> None:
    """Both contributions are computed before the first is added; total rules start afresh."""
    x, y = Value(0.0), Value(3.0)
    steep(x, y).backward()
    assert (x.grad, y.grad) == (3.0, math.inf)


def _twice_among_the_operands(x: Value) -> Value:
    a = ad.tan(x)
    return ad.affine([a, a], [a, 2.0], x)


def test_a_node_in_both_columns_of_a_fused_sum_gets_the_same_bits_everywhere() -> None:
    """Eager sweeps add its contributions row by row; gradients as graphs added them column by
    column, and so did what was compiled from them: one bit off (found by the deep profile)."""
    x = Value(0.015625)
    _twice_among_the_operands(x).backward()
    gradient = ad.grad(_twice_among_the_operands)
    assert gradient(0.015625) == x.grad
    assert gradient(Value(0.015625)).data == x.grad
    assert ad.jit(gradient)(0.015625).item() == x.grad
    assert ad.steps(_twice_among_the_operands(x)).backward[-1].total == x.grad


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("fused", [ad.dot, lambda ws, xs: ad.affine(ws, xs, ws[0])])
def test_sums_of_contributions_to_repeated_operands(fused: Any, seed: int) -> None:
    rng = random.Random(seed)
    xs = [Value(rng.uniform(-3.0, 3.0)) for _ in range(2)]
    rows = [[rng.choice([*xs, rng.uniform(-3.0, 3.0)]) for _ in range(3)] for _ in range(2)]
    output = fused([xs[0], *rows[0]], [xs[1], *rows[1]]) * 1.1
    output.backward()
    assert [g.data for g in ad.gradient(output, xs)] == [x.grad for x in xs]


@pytest.mark.parametrize(("primals", "tangents"), [((2.0,), 1.0), (2.0, (1.0,)), (2.0, 1.0)])
def test_a_direction_that_is_no_tuple_is_refused_in_words(primals: Any, tangents: Any) -> None:
    """A planted fault looked at the primals alone, and nothing noticed."""
    with pytest.raises(ad.OperandError, match="jvp: primals and tangents are tuples"):
        ad.jvp(lambda x: x * x, primals, tangents)


def test_quotients_of_remainders_are_whole_numbers_of_the_exact_quotient() -> None:
    """0.03/0.02 is 1.5 as floats and less in truth, 0.03/0.01 is 3.0 and less: a planted fault
    divided first, and the derivatives by y were one off."""
    assert ad.grad(ad.remainder, argnums=1)(0.03, 0.02) == -1.0
    assert ad.grad(ad.fmod, argnums=1)(0.03, 0.01) == -2.0


@pytest.mark.parametrize(
    ("name", "x", "limit"), [("atanh", 1.0, math.inf), ("atanh", -1.0, -math.inf)]
)
def test_total_twins_have_the_limit_at_the_end_of_a_domain(
    name: str, x: float, limit: float
) -> None:
    """Rules that use atanh read its twin, which never raises; a planted fault made it nan."""
    assert PRIMITIVES[name].total.forward(x) == limit


def test_a_printed_program_names_every_slot() -> None:
    """Planted faults mixed the names of its constants up, and took any label for a name."""
    x, y = Value(3.0, "x"), Value(4.0, "not a name")
    lines = str(ad.Program.of((x * 2.0 + y * 5.0) * 7.0)).splitlines()
    parts = [line.split(maxsplit=1) for line in lines]
    assert parts == [
        ["x", "leaf"], ["a1", "leaf"], ["c0", "2.0"], ["c1", "5.0"], ["c2", "7.0"],
        ["t0", "x * c0"], ["t1", "a1 * c1"], ["t2", "t0 + t1"], ["t3", "t2 * c2"],
        ["return", "t3"],
    ]  # fmt: skip


def test_a_mapped_function_that_runs_out_says_so() -> None:
    """Mapped in a generator, its StopIteration came out as a RuntimeError."""

    def f(x: Any) -> Any:
        return x * next(iter(()))

    for run in (ad.vmap(f), ad.vmap(ad.jit(f))):
        with pytest.raises(StopIteration):
            list(run([1.0, 2.0]))
    with ad.strict(), pytest.raises(StopIteration):
        list(ad.vmap(f)([1.0, 2.0]))
