"""The block machine: 32 examples at a time, what nothing reaches, sweeps ahead, its code words."""

import math
import random

import pytest

import autodiff as ad
from autodiff import Value, mean, vmap
from tests.program.test_vmap_laws import assert_maps
from tests.support.sweeps import grads

llvmlite = pytest.importorskip("llvmlite")


from autodiff.program import Program  # noqa: E402 - after the check for llvmlite
from autodiff.program.lowering.block_opcodes import DENSE, LAYER  # noqa: E402 - the same
from autodiff.program.lowering.opcodes import CodeError  # noqa: E402 - the same
from autodiff.program.machine.block_machine import BlockMachine  # noqa: E402 - the same


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    monkeypatch.setenv("AUTODIFF_MACHINE", "llvm")


def columns(count, width, seed=0):
    rng = random.Random(seed)
    return [[rng.uniform(-2.0, 2.0) for _ in range(count)] for _ in range(width)]


# ---- blocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 8, 9, 31, 32, 33, 40, 41, 4095, 4096, 4097])
def test_any_number_of_examples(count):
    """Full blocks, a last one of one vector or with room left, more than one call of the code."""
    w, b = Value(0.7), Value(-0.3)
    assert_maps(lambda x, y: ad.relu(w * x + b * y + w * b) * x - y, columns(count, 2), [w, b])


SUMS = {
    "shared products in it": lambda w, v, x, y: w * v + w * x + v * w + x * y,
    "examples' products in it": lambda w, v, x, y: x * y + y * x + x * x + w * y,
    "single terms": lambda w, v, x, y: x + w + y + v + x + w,
    "one number in both factors": lambda w, v, x, y: w * w + x * x + w * x + x * w,
    "affine": lambda w, v, x, y: ad.affine([w, x, 2.0, y], [x, y, x, 3.0], v),
    "dot": lambda w, v, x, y: ad.dot([w, x, w, 1.0], [x, w, v, y]),
    "sum": lambda w, v, x, y: ad.sum([x, w, y, 1.0, x]),
    "functions of any number of operands": lambda w, v, x, y: (
        ad.maximum(x, w, y) + ad.logsumexp([x, v, 1.0]) * ad.hypot(w, x, y)
    ),
    "what is shared is computed once": lambda w, v, x, y: (
        ad.tanh(w * v) * x + ad.exp(v) * y + ad.sin(w) * ad.tanh(w * v)
    ),
    "shared alone": lambda w, v, x, y: ad.tanh(w) * v,
    "several results, some shared": lambda w, v, x, y: [w * x, ad.exp(v), y, v, 3.0],
}


@pytest.mark.parametrize("name", SUMS)
def test_sums_and_shared_numbers(name):
    for values in (False, True):
        w, v = Value(0.75), Value(-1.25)
        table = [[Value(z) if values else z for z in c] for c in columns(70, 2)]
        leaves = [w, v, *[z for c in table for z in c if values]]
        assert_maps(lambda x, y, w=w, v=v: SUMS[name](w, v, x, y), table, leaves)


# ---- what nothing reaches --------------------------------------------------------------------


def test_untouched_branches_of_examples_pass_nothing_on():
    """An infinite derivative in the branch that was not chosen: 0*inf would be nan."""
    w = Value(1.0)
    xs = [0.0, 4.0, -1.0, 9.0] * 20
    safe = [abs(x) for x in xs]
    assert_maps(lambda x, s: ad.where(x > 0.0, ad.sqrt(s * w) * -2.0 + x, x * w), [xs, safe], [w])
    # The same for factors of a sum: an infinite one gives the shared weight nothing.
    far = [Value(math.inf if x <= 0.0 else x) for x in xs]
    v = Value(0.5)
    assert_maps(lambda x, y: ad.where(x > 0.0, w * y + v * y, x), [xs, far], [w, v, *far])
    # Reached by a zero, it is nan in eager code as well.
    assert_maps(lambda s: ad.sqrt(s * w) * 0.0, [[1.0, 0.0] * 20], [w])
    assert_maps(lambda s: ad.sqrt(s * w) * -0.0, [[1.0, 0.0] * 20], [w])


def test_one_result_of_many_leaves_the_others_alone(np):
    w = Value(2.0)
    xs = np.array([1.0, math.nan, math.inf, 3.0] * 30)
    results = vmap(lambda x: x * w)(xs)
    results[0].backward()
    assert grads(w) == [1.0]
    (results[3] + results[4]).backward()
    assert grads(w) == [4.0]


def test_a_node_outside_that_no_example_reaches_gets_nothing():
    """Else the square root at 0 outside would turn a contribution of 0 into nan."""
    v = Value(0.0)
    hidden = ad.sqrt(v)
    f = vmap(lambda x: ad.where(x > 0.0, hidden * x, x))
    for _ in range(4):
        mean(f([-1.0, -2.0, -3.0])).backward()
        assert v.grad == 0.0
    mean(f([-1.0, 2.0])).backward()
    assert v.grad == math.inf


# ---- ahead -----------------------------------------------------------------------------------


def fitted(np):
    w, v = Value(0.5), Value(-1.0)
    xs = np.linspace(-1.0, 1.0, 5000)
    return (w, v), vmap(lambda x: ad.tanh(x * w) * v + w), xs


def test_sweeps_ahead_give_what_sweeps_give(np):
    leaves, f, xs = fitted(np)
    wanted = None
    for turn in range(6):
        results = f(xs)
        mean(results).backward()
        found = grads(*leaves)
        wanted = wanted or found
        assert found == wanted  # to the bit: a run must not depend on the runs before
        if turn > 1:
            assert f._known.popitem()[1][0].machine._ahead  # the last turns went ahead
            break


@pytest.mark.parametrize("seed", [2.0, -3.0, 0.0, 1e300, math.inf, math.nan])
def test_any_use_of_what_went_ahead(np, seed):
    """Other seeds, single results, both, twice, at other numbers, and on other paths."""
    w, v = leaves = Value(0.5), Value(-1.0)
    f = vmap(lambda x: ad.relu(x * w) * v if x < 0.5 else x * v)
    xs = np.linspace(-1.0, 1.0, 5000)
    for _ in range(3):
        mean(f(xs)).backward()
    eager = [f.__wrapped__(x) for x in xs.tolist()]
    for use in (
        lambda each: mean(each).backward(seed),
        lambda each: (ad.sum(each) * seed + each[3] * 2.0).backward(),
        lambda each: each[-1].backward(seed),
        lambda each: [mean(each).backward(), ad.sum(each).backward()],
    ):
        for leaf in leaves:
            leaf.grad = 0.0
        use(eager)
        wanted = grads(*leaves)
        results = f(xs)
        w.data = 7.0  # the results are those of the numbers before
        use(results)
        w.data = 0.5
        for a, b in zip(grads(*leaves), wanted, strict=True):
            assert a == pytest.approx(b, rel=1e-11, abs=1e-11, nan_ok=True)


def test_a_sum_that_leaves_the_range_for_seeds_of_one(np):
    """With the seed that was given, it does not."""
    w = Value(1e-300)
    f = vmap(lambda x: x * w)
    for _ in range(4):
        ad.sum(f(np.full(50, 1e308))).backward(1e-8)
        assert grads(w) == [pytest.approx(5e301)]


def test_nobody_goes_ahead_in_vain_for_long(np):
    leaves, f, xs = fitted(np)
    for _ in range(3):
        mean(f(xs)).backward()
    machine = next(iter(f._known.values()))[0].machine
    assert machine._ahead
    for _ in range(4):
        f(xs)
    assert not machine._ahead
    grads(*leaves)


# ---- code words ------------------------------------------------------------------------------


def block_machine():
    w, b, x = Value(0.5), Value(0.1), Value(1.0)
    y = ad.tanh(w * x + b * x) ** 2 + ad.maximum(w, x, b * x)
    program = Program.of(y, inputs=[x, w, b])
    return BlockMachine(program, [True, False, False])


def test_wrong_words_are_refused():
    machine = block_machine()
    table, layout = machine._machine.blocks_table, machine.layout
    numbers = layout.shared, layout.rows
    for words, reverse in ((machine._forward, False), (machine._sweep, True)):
        table.verify(words, numbers, room=machine._room, reverse=reverse)
        for at in range(len(words)):
            faulty = words[:]
            faulty[at] = 2**32 - 1
            with pytest.raises(CodeError):
                table.verify(faulty, numbers, room=machine._room, reverse=reverse)
        at = 0
        while words[at]:
            first = at + 3 + (words[at] == LAYER)  # a count comes first
            for place in (at + 1, *range(first, at + 3 + words[at + 2])):
                for wrong in (2 * numbers[0], 2 * numbers[1] + 1):  # the first behind the last
                    faulty = words[:]
                    faulty[place] = wrong
                    with pytest.raises(CodeError, match=r"slot outside|wrong kind"):
                        table.verify(faulty, numbers, room=machine._room, reverse=reverse)
            at += 3 + words[at + 2]
        with pytest.raises(CodeError):
            table.verify(words, numbers, room=machine._room, reverse=not reverse)
        for cut in (words[:-1], words[:5], words[:1], [*words, 0]):
            with pytest.raises(CodeError):
                table.verify(cut, numbers, room=machine._room, reverse=reverse)
    with pytest.raises(CodeError, match="operands"):
        table.verify(machine._forward, numbers, room=3, reverse=False)


def test_dense_sums_have_shared_factors_first():
    machine = block_machine()
    table, numbers = machine._machine.blocks_table, (machine.layout.shared, machine.layout.rows)
    words = [DENSE, 1, 3, 0, 0, 1, 0]
    table.verify(words, numbers, room=9, reverse=False)
    for at in (4, 5):
        faulty = words[:]
        faulty[at] ^= 1
        with pytest.raises(CodeError, match="wrong kind"):
            table.verify(faulty, numbers, room=9, reverse=False)
    with pytest.raises(CodeError, match="slot outside"):
        table.verify([DENSE, 0, *words[2:]], numbers, room=9, reverse=False)


def test_layers_are_whole():
    """Two sums of one number: how many, their results, the number, a factor for each sum."""
    machine = block_machine()
    table, numbers = machine._machine.blocks_table, (machine.layout.shared, machine.layout.rows)
    words = [LAYER, 1, 6, 2, 1, 3, 1, 0, 2, 0]
    table.verify(words, numbers, room=9, reverse=True)
    for at, wrong in ((3, 0), (3, 1), (3, 6), (4, 2), (5, 0), (6, 0), (7, 1), (8, 1)):
        faulty = words[:]
        faulty[at] = wrong
        with pytest.raises(CodeError, match="wrong kind"):
            table.verify(faulty, numbers, room=9, reverse=True)
    with pytest.raises(CodeError, match="slot outside"):
        table.verify([*words[:7], 2 * numbers[0], 2, 0], numbers, room=9, reverse=True)


# ---- explain, numbers ------------------------------------------------------------------------


def test_explain_says_how_examples_are_run():
    w = Value(1.0)
    f = vmap(lambda x: ad.log(x) * ad.exp(w) + ad.digamma(x + 3.0))
    f([1.0, 2.0])
    text = f.explain()
    assert "32 examples at a time" in text and "1 operations once for all examples" in text
    assert "one number after the other: log" in text and "Python for digamma" in text


RESULTS = {
    "one": (lambda w, x: w * x, lambda x: 2.0 * x),
    "a list": (lambda w, x: [w * x, x, 1.0], lambda x: [2.0 * x, x, 1.0]),
    "nested": (lambda w, x: {"a": (x, [w]), "b": w * x}, lambda x: [x, 2.0, 2.0 * x]),
    "paths": (lambda w, x: w * x if x > 0.0 else x, lambda x: 2.0 * x if x > 0.0 else x),
    "a constant": (lambda w, x: 3.0, lambda x: 3.0),
    "of whole numbers": (lambda w, x: int(x > 0.0) + 1, lambda x: float(x > 0.0) + 1.0),
}


@pytest.mark.parametrize("machine", ["llvm", "python"])
@pytest.mark.parametrize("name", RESULTS)
def test_all_numbers_at_once(np, name, machine, monkeypatch):
    monkeypatch.setenv("AUTODIFF_MACHINE", machine)
    function, expected = RESULTS[name]
    w, xs = Value(2.0), [1.5, -2.0, 0.25] * 15
    results = vmap(lambda x: function(w, x))(xs)
    found = results.numbers
    wanted = np.array([expected(x) for x in xs])
    assert found.dtype == float and found.shape == wanted.shape and (found == wanted).all()
    found[:] = 7.0
    assert (results.numbers == wanted).all()


def test_ragged_results_are_no_table(np):
    results = vmap(lambda x: [x, x] if x > 0.0 else [x])([1.0, -1.0])
    with pytest.raises(ValueError, match=r"\[1, 2\] numbers are no table"):
        results.numbers  # noqa: B018 - the property raises
