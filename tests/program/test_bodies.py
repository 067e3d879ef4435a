"""Bodies found in plain Python loops over examples: sums of alike terms on the block machine."""

import doctest
import math
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Program, Value, jit
from tests.support.data import identical
from tests.support.effort import examples
from tests.support.magnitudes import as_good, magnitudes
from tests.support.programs import programs
from tests.support.threads import check_shared

llvmlite = pytest.importorskip("llvmlite")
np = pytest.importorskip("numpy")

from autodiff.program.lowering.opcodes import CodeError, verify  # noqa: E402 - the same
from autodiff.program.machine import rolled_layout  # noqa: E402 - the same
from autodiff.program.machine.rolled_layout import RolledLayout  # noqa: E402 - after the check
from tests.program.test_lanes_found import numbers_of, variant_of  # noqa: E402 - the same
from tests.program.test_lanes_used import CHOICES  # noqa: E402 - the same


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    monkeypatch.setenv("AUTODIFF_MACHINE", "llvm")


def taken(leaves):
    """Their gradients, which are 0 afterwards."""
    return [(leaf.grad, setattr(leaf, "grad", 0.0))[0] for leaf in leaves]


def compare(f, xs, parameters, *, rolled=True):
    """jit(f) against f on Values xs: values bit for bit, gradients up to rounding."""
    leaves = [*parameters, *xs]
    want = f(xs)
    want.backward()
    expected = taken(leaves)
    compiled, exact = jit(f), jit(f, exact=True)
    for _ in range(2):
        y = exact(xs)
        y.backward()
        assert identical(y.data, want.data)
        assert all(map(identical, taken(leaves), expected))
        y = compiled(xs)
        y.backward()
        assert identical(y.data, want.data)
        variant = variant_of(compiled)
        sizes = magnitudes(variant.program, numbers_of(variant, [x.data for x in xs]), {0: 1.0})
        count = variant.program.arguments
        of = {id(p): size for p, size in zip(variant.captured, sizes[count:], strict=True)}
        limits = [*[of.get(id(p), 0.0) for p in parameters], *sizes[:count]]
        for g, w, limit in zip(taken(leaves), expected, limits, strict=True):
            assert as_good(g, w, limit), (g, w, limit)
    assert isinstance(variant_of(compiled).machine.layout, RolledLayout) is rolled
    return variant_of(compiled).machine.layout


def numbers(count):
    return [Value(0.07 * k - 1.3) for k in range(count)]


A, B, C = Value(0.7, "a"), Value(-0.4, "b"), Value(1.3, "c")


def chain(f, start=0.0):
    def total(xs):
        found = start
        for x in xs:
            found = found + f(x)
        return found

    return total


def network(x):
    hidden = [ad.relu(A * x + B), ad.tanh(B * x + C), ad.relu(C * x)]
    return (A * hidden[0] + B * hidden[1] + C * hidden[2] + A) ** 2


def first_layer(xs):
    """What all terms use of each other is computed before them."""
    means = [ad.mean(xs[max(0, at - 2) : at + 3]) for at in range(len(xs))]
    return ad.sum([network(m) * ad.exp(m) * A + ad.sin(m * C) for m in means])


def state(xs):
    """A state goes from term to term: the terms are what follows from it."""
    h, losses = A, []
    for x in xs:
        h = ad.tanh(h * B + x)
        losses.append(network(h) + network(h * A) * ad.sin(h))
    return ad.sum(losses)


def exported(xs):
    """What belongs to the terms is also used outside of them."""
    inner = [ad.tanh(A * x + B) for x in xs]
    outer = [(h * C + A) ** 2 * ad.exp(h * B) for h in inner]
    return ad.mean(outer) * inner[3] + ad.maximum(*inner[:4])


LOOPS = {
    "a loop": chain(network),
    "a loop from a parameter": chain(network, A * B),
    "sum": lambda xs: sum(network(x) for x in xs),
    "mean": lambda xs: ad.mean([network(x) for x in xs]) + A * A,
    "dot": lambda xs: ad.dot([ad.sin(A * x) for x in xs], [ad.exp(B * x) + C for x in xs]),
    "maximum": lambda xs: ad.maximum(*[network(x) for x in xs]) * C,
    "logsumexp": lambda xs: ad.logsumexp([network(x) for x in xs]),
    "same operation, other numbers": lambda xs: sum(
        (x * (0.5 * k) - A) ** 2 * 2.0 for k, x in enumerate(xs)
    ),
    "pairs": lambda xs: sum(
        ad.sin(x * A) * ad.tanh(y - B) + (x - y) ** 2 for x, y in zip(xs, xs[::-1], strict=True)
    ),
    "a guard in each term": chain(lambda x: network(x) if x < 100.0 else x),
    "nothing shared": lambda xs: sum(ad.tanh(x * x) * ad.exp(x) for x in xs),
    "shared alone": lambda xs: sum(ad.tanh(A * B) * x + ad.exp(C) * ad.sin(x) for x in xs),
    "first layer": first_layer,
    "state": state,
    "exported": exported,
    "two sums": lambda xs: chain(network)(xs) * 0.1 + sum(p * p for p in (A, B, C)),
}


@pytest.mark.parametrize("count", [16, 33, 41, 64])
@pytest.mark.parametrize("name", LOOPS)
def test_a_sum_over_examples(name, count):
    compare(LOOPS[name], numbers(count), [A, B, C])


@pytest.mark.parametrize("count", [24, 40])
def test_terms_that_need_the_sum_so_far_are_no_body(count):
    """All terms at once would read sums that are not there yet: a wrong number, in silence."""

    def feedback(xs):
        total = A
        for x in xs:
            total = total + network(x * total * 0.1) * 0.1
        return total

    compare(feedback, numbers(count), [A, B, C], rolled=False)


def term(x, w=A, f=ad.tanh, swapped=False, extra=0, more=()):
    inner = f(x * w) if swapped else f(w * x)
    for _ in range(extra):
        inner = inner + C
    return ad.sum([inner * B + ad.exp(inner) * w, x, inner, *more]) + A


ODDITIES = {
    "another parameter": {"w": C},
    "a number of the trace": {"w": 0.5},
    "another function": {"f": ad.sigmoid},
    "operands in another order": {"swapped": True},
    "more operations": {"extra": 2},
    "more operands": {"more": [B]},
}


@pytest.mark.parametrize("at", [0, 1, 7, 18, 19])
@pytest.mark.parametrize("odd", ODDITIES)
def test_one_term_that_is_not_like_the_others(odd, at):
    """Four terms are compared first: what they have in common the others need not have."""

    def total(xs):
        return sum(term(x, **(ODDITIES[odd] if k == at else {})) for k, x in enumerate(xs))

    xs = numbers(20)
    want, compiled = total(xs), jit(total)
    want.backward()
    expected = taken([A, B, C, *xs])
    y = compiled(xs)
    y.backward()
    assert identical(y.data, want.data)
    assert taken([A, B, C, *xs]) == pytest.approx(expected, rel=1e-13)


def test_columns_of_operands_are_the_same_instructions():
    """Operands stay in columns until all of them are asked for; nobody sees a difference."""
    one, other = [Program.of(state(numbers(20)), inputs=[A, B, C]) for _ in range(2)]
    rows = [one.row(at) for at in range(len(one.primitives))]
    widest, flat = one.widest, one.flat()
    assert rows == list(one.operands) == [one.row(at) for at in range(len(rows))]
    assert {len(row) for row in rows} == {1, 2, 20} and widest == one.widest == 20
    given = Program(**{field.name: getattr(other, field.name) for field in fields(other)})
    assert all(map(np.array_equal, flat, given.flat()))


def test_few_terms_and_other_graphs_stay_as_they_are():
    compare(chain(network), numbers(15), [A, B, C], rolled=False)

    def recurrence(xs):
        """Each term is made from the one before it."""
        terms = [A]
        for x in xs:
            terms.append(ad.tanh(terms[-1] * B + x) * C)
        return ad.sum(terms)

    compare(recurrence, numbers(40), [A, B, C], rolled=False)


@examples(60)
@given(
    programs(min_inputs=3, max_inputs=3, max_steps=6),
    st.lists(st.floats(-0.2, 0.2), min_size=16, max_size=40),
    st.sampled_from(sorted(CHOICES)),
    st.sampled_from([ad.sum, ad.mean, sum]),
)
def test_random_programs_in_a_loop(program, moves, choice, add_up):
    first, second, number = program.inputs
    parameters = [Value(first), Value(second)]
    xs = [Value(number * (1.0 + move)) for move in moves]

    def f(xs):
        return add_up([CHOICES[choice](program(*parameters, x), parameters[0], x) * x for x in xs])

    def outcome(function):
        try:
            y = function(xs)
        except (ValueError, ArithmeticError) as error:
            return type(error), None
        y.backward()
        return y.data, taken([*parameters, *xs])

    value, grads = outcome(f)
    compiled = jit(f)
    for _ in range(2):
        found, got = outcome(compiled)
        assert found is value or identical(found, value)
        if grads is None or not compiled._variants:
            continue
        variant = variant_of(compiled)
        sizes = magnitudes(variant.program, numbers_of(variant, [x.data for x in xs]), {0: 1.0})
        count = variant.program.arguments
        of = {id(p): size for p, size in zip(variant.captured, sizes[count:], strict=True)}
        limits = [*[of.get(id(p), 0.0) for p in parameters], *sizes[:count]]
        for g, w, limit in zip(got, grads, limits, strict=True):
            assert as_good(g, w, limit), (g, w, limit)


def test_the_sweep_computes_blocks_again_where_they_are_many(monkeypatch):
    monkeypatch.setattr(rolled_layout, "_KEPT", 1)
    compare(LOOPS["a loop"], numbers(70), [A, B, C])
    compare(LOOPS["exported"], numbers(70), [A, B, C])


def test_nothing_leaks_out_of_branches_that_were_not_chosen():
    """The derivative of sqrt at 0 is infinite: 0 times it would be nan."""
    w = Value(2.0)

    def f(xs):
        return ad.sum([ad.where(x > 0.0, ad.sqrt(x) * w, w * x) for x in xs])

    compiled = jit(f)
    for function in (f, compiled):
        xs = [Value(float(k % 5) ** 2) for k in range(40)]
        function(xs).backward()
        assert [x.grad for x in xs] == [1.0 / math.sqrt(x.data) if x.data else 2.0 for x in xs]
        assert w.grad == 80.0
        w.grad = 0.0
    assert isinstance(variant_of(compiled).machine.layout, RolledLayout)


def test_infinite_weights_reach_only_what_uses_them():
    """An adjoint of 0 that nothing has reached, times infinity, would be nan."""
    w, v, b = Value(math.inf), Value(0.5), Value(0.25)

    def f(xs):
        return ad.sum([ad.where(x > 0.0, x * v + x * b, w * x + w * b) for x in xs])

    xs = [Value(0.5 + 0.1 * k) for k in range(20)]
    compiled = jit(f)
    kept = []
    for function, number in ((f, math.inf), *[(compiled, x) for x in (math.inf, 1.0) * 2]):
        w.data = number
        kept.append(function(xs))  # each run knows whether its results were finite
        kept[-1].backward()
        kept[0].backward()
        assert taken(xs) == [1.5] * 20 and taken([w]) == [0.0]
        assert taken([v, b]) == pytest.approx([58.0, 58.0])
    kept[1].backward()
    assert taken(xs) == [0.75] * 20 and taken([w]) == [0.0]
    assert isinstance(variant_of(compiled).machine.layout, RolledLayout)


@pytest.mark.parametrize("number", [1e150, 0.25])
def test_infinite_results_reach_only_what_uses_them(number):
    """A sweep takes a layer with care where some result was infinite, though all leaves are finite.

    It did not look at the results again, and forgetting what the run had said of them, it would
    have given nan to the weights.
    """
    ws, c = [Value(0.5 + 0.25 * k) for k in range(6)], Value(1e200)

    def f(xs):
        terms = []
        for x in xs:
            hidden = [x * c, x * x * c]
            sums = [ws[k] * hidden[0] + ws[k + 1] * hidden[1] + 0.5 for k in (0, 2, 4)]
            terms.append(ad.where(x > 1e100, x, (sums[0] + sums[1] + sums[2]) * 1e-200))
        return ad.sum(terms)

    xs = [Value(number if k == 7 else 0.5 + 0.1 * k) for k in range(20)]
    compiled = jit(f)
    f(xs).backward()
    want = taken([*xs, *ws, c])
    assert all(map(math.isfinite, want))
    for _ in range(2):
        y = compiled(xs)
        for _ in range(2):
            y.backward()
            assert taken([*xs, *ws, c]) == pytest.approx(want, rel=1e-12)
    assert isinstance(variant_of(compiled).machine.layout, RolledLayout)


def test_what_one_sweep_has_reached_the_next_one_has_not():
    """A gradient of -0.0 that nothing reaches keeps its sign, whatever was reached before."""
    w, v = Value(0.5), Value(0.25)

    def f(xs):
        return ad.sum([ad.where(x > 0.0, ad.tanh(x * w), ad.exp(x * v)) for x in xs])

    compiled = jit(f)
    for sign in (1.0, -1.0, 1.0, -1.0):
        found = []
        for function in (f, compiled):
            w.grad = v.grad = -0.0
            function([Value(sign * (0.1 + 0.1 * k)) for k in range(20)]).backward()
            found.append([w.grad, v.grad])
        assert found[1] == pytest.approx(found[0], rel=1e-12)
        assert [str(x) for x in found[1]].count("-0.0") == 1
        assert [str(x) for x in found[0]].count("-0.0") == 1
    assert isinstance(variant_of(compiled).machine.layout, RolledLayout)


def squares(count):
    w = Value(0.5, "w")

    def f(xs):
        return ad.mean([(ad.log(x) * w - x) ** 2 for x in xs])

    return w, f, jit(f), [0.1 + 0.37 * k for k in range(count)]


def test_an_error_in_one_term_is_that_of_the_function():
    _w, f, compiled, xs = squares(40)
    assert compiled(xs).data == f(xs).data
    for wrong, kind in ((-2.0, ValueError), (1e300, OverflowError)):
        for position in (0, 7, 31, 32, 39):
            broken = [*xs[:position], wrong, *xs[position + 1 :]]
            with pytest.raises(kind) as eager:
                f(broken)
            with pytest.raises(kind) as found:
                compiled(broken)
            assert str(found.value) == str(eager.value)
    assert compiled(xs).data == f(xs).data


def test_threads_share_a_function():
    w, _f, compiled, xs = squares(70)
    check_shared(compiled, xs)
    assert w.grad != 0.0


def test_one_of_several_results():
    """A sweep from one result passes nothing to what only the others use."""

    def f(xs):
        return sum(network(x) for x in xs), A * B, ad.sum([ad.exp(x * C) for x in xs])

    compiled = jit(f)
    for picked in ([0], [1], [2], [0, 2], [1, 2]):
        found = []
        for function in (f, compiled):
            xs = numbers(30)
            ad.sum([function(xs)[at] for at in picked]).backward()
            found.append(taken([A, B, C, *xs]))
        assert found[1] == pytest.approx(found[0], rel=1e-13)


def test_only_frames_of_the_program_are_run():
    _w, _f, compiled, xs = squares(20)
    compiled(xs)
    machine = variant_of(compiled).machine
    words, table, layout = machine._forward, machine.machine.table, machine.layout
    (at,) = (k for k in range(len(words) - 2) if words[k] == table.named("batch").number
             and words[k + 1] + (words[k + 2] << 32) == layout.frames[0])  # fmt: skip
    faulty = words[:]
    faulty[at + 1] ^= 8
    with pytest.raises(CodeError, match="no frame"):
        verify(table, faulty, layout.slots, room=machine._scratch, frames=layout.frames[:1])


def test_explain_says_what_was_found():
    _w, _f, compiled, xs = squares(20)
    compiled(xs)
    text = compiled.explain()
    assert "one body for 20 alike terms" in text and "32 terms at a time" in text


def test_the_page_says_what_explain_says():
    """docs/compiling.md shows lines of `explain()`; llvmlite is not everywhere its examples run."""
    text = (Path(__file__).parents[2] / "docs/compiling.md").read_text(encoding="utf-8")
    section = text[text.index("## Bodies and lanes") : text.index("## Many examples: vmap")]
    names = {"Value": Value, "jit": jit}
    blocks = re.findall(r"```(\w+)\n(.*?)```", section, flags=re.DOTALL)
    assert [kind for kind, _ in blocks] == ["python", "text", "python", "text"]
    for kind, block in blocks:
        if kind == "python":
            test = doctest.DocTestParser().get_doctest(block, names, "compiling.md", None, 0)
            doctest.DocTestRunner().run(test, clear_globs=False)
            names = test.globs
        else:
            said = [line.strip() for line in names["error"].explain().splitlines()]
            assert block.strip() in said
