"""What vmap returns: its graph, its manners as a list, its memory."""

import copy
import gc
import math
import operator
import pickle
import threading
import tracemalloc
import weakref

import pytest

import autodiff
from autodiff import (
    AutodiffError,
    Value,
    evaluate,
    mean,
    no_grad,
    vmap,
)
from autodiff.program.batches.batch import Batch
from nn import LOSSES, MLP
from tests.support.sweeps import grads

pytestmark = pytest.mark.usefixtures("machine")


# ---- backward --------------------------------------------------------------------------------


def test_backward_of_sums_of_single_results_and_of_both():
    w = Value(3.0)
    results = vmap(lambda x: w * w * x)([1.0, 10.0, 100.0])
    results[1].backward()
    assert grads(w) == [60.0]
    mean(results).backward()
    assert grads(w) == pytest.approx([222.0])
    both = autodiff.sum(results) * 2.0 + results[-1] * results[0]
    both.backward()
    assert grads(w) == [2.0 * 666.0 + 100.0 * 4.0 * 27.0]
    both.backward()
    both.backward(2.0)
    assert grads(w) == [3.0 * (2.0 * 666.0 + 100.0 * 4.0 * 27.0)]
    if isinstance(results, Batch):  # the sum takes the batch as a whole, not through results[0]
        assert results[0].grad == 4.0 * 900.0 and results[1].grad == 1.0


def test_an_untouched_parameter_keeps_its_grad_and_nan_reaches_only_its_own():
    w, v = Value(1.0), Value(2.0)
    w.grad = v.grad = 7.0
    results = vmap(lambda x: (x * w, x * v))([math.nan, 1.0])
    results[0][0].backward()
    assert math.isnan(w.grad) and v.grad == 7.0
    w.grad = 0.0
    (results[1][0] + results[1][1]).backward()
    assert (w.grad, v.grad) == (1.0, 8.0)


def test_the_graph_remembers_the_numbers_of_the_forward_pass(np):
    for count in (1, 20):  # from some number on parameters lie in a buffer
        ws = [Value(2.0 + k) for k in range(count)]
        xs, shared = np.array([[1.0], [2.0]]), np.array([3.0])
        mapped = vmap(lambda x, c, ws=ws: autodiff.prod(ws) * x[0] * c[0], in_axes=(0, None))
        results = mapped(xs, shared)
        kept = [list(row) for row in xs]
        listed = mapped(kept, [3.0])
        total, other = autodiff.sum(results), autodiff.sum(listed)
        expected = math.prod(w.data for w in ws[1:]) * 9.0
        xs[:] = shared[:] = 100.0
        kept[0][0] = 100.0
        first = results[0].data
        for w in ws:
            w.data = -1.0
        assert results[0].data == first and results[1].data == 2.0 * first
        for y in (total, other):
            y.backward()
            assert grads(*ws)[0] == pytest.approx(expected, rel=1e-12)


def test_many_blocks_are_computed_again_from_the_numbers_of_the_call(np):
    ws = [Value(1.0 + k) for k in range(20)]
    xs = np.linspace(0.0, 1.0, 6000)
    mapped = vmap(lambda x: autodiff.tanh(x * ws[0]) * ws[1] + ws[2])
    expected = mean(mapped(xs))
    expected.backward()
    wanted = grads(*ws)
    for given in (xs.copy(), xs.copy().reshape(-1, 1)):
        f = mapped if given.ndim == 1 else vmap(lambda x: mapped.__wrapped__(x[0]))
        total = mean(f(given))
        whole = f(given)
        given[:] = 7.0
        for w in ws:
            w.data += 1.0
        total.backward()
        assert grads(*ws) == pytest.approx(wanted, rel=1e-12)
        (autodiff.sum(whole) / 6000.0).backward()
        assert grads(*ws) == pytest.approx(wanted, rel=1e-12)
        for w in ws:
            w.data -= 1.0


def test_sums_of_results_that_are_no_single_values():
    w = Value(2.0)
    with pytest.raises(TypeError):
        autodiff.sum(vmap(lambda x: (w * x, x))([1.0, 2.0]))
    with pytest.raises(TypeError):
        mean(vmap(lambda x: [w * x])([1.0, 2.0]))
    assert autodiff.sum(vmap(lambda x: 2.0)([1.0, 2.0])) == 4.0
    total = autodiff.sum(vmap(lambda x: w * x if x > 1.5 else 3.0)([1.0, 2.0]))
    total.backward()
    assert total.data == 7.0 and grads(w) == [2.0]


def test_evaluate_at_other_numbers(np):
    w, x = Value(3.0), Value(2.0)
    results = vmap(lambda a, b: w * a * b)([x, 5.0, x * x], [1.0, 2.0, 3.0])
    total = autodiff.sum(results)
    assert evaluate(total, {}) == total.data == 72.0
    assert evaluate(total, {w: 1.0}) == 24.0 and evaluate(total, {x: 1.0}) == 42.0
    assert evaluate(results[2], {x: 1.0, w: 2.0}) == 6.0
    assert evaluate(results[1], {results[1]: 7.0}) == 7.0
    assert total.data == 72.0
    two = vmap(lambda a: w * a if a > 0.0 else w - a)(np.array([1.0, -1.0, 2.0]))
    assert evaluate(autodiff.sum(two), {w: 1.0}) == 1.0 + 2.0 + 2.0
    assert evaluate(two[1], {w: 1.0}) == 2.0


def test_a_graph_around_it():
    w = Value(0.5)
    hidden = w * 4.0
    results = vmap(lambda x: hidden * x)([1.0, 2.0])
    autodiff.log(results[1] * results[0] + mean(results)).backward()
    assert w.grad == pytest.approx(4.0 * (4.0 * 2.0 + 1.5) / (8.0 + 3.0))


def test_the_mean_alone_reaches_whatever_the_batch_depends_on():
    """On leaves alone it goes a shorter way; arguments and nodes before the batch are no such."""
    w, a = Value(0.5), Value(2.0)
    hidden = w * 4.0
    cases = [
        (lambda x: w * w * x, [1.0, 3.0], [2.0, 0.0]),
        (lambda x: hidden * x, [1.0, 3.0], [8.0, 0.0]),
        (lambda x: w * x, [a, 4.0], None),
        (lambda x: w * x, [a, a], [2.0, 0.5]),
        (lambda x: a * x * w, [w, w], [2.0, 0.25]),
        (lambda x: x * x, [hidden, hidden], [16.0, 0.0]),
        (lambda x: hidden * x if x > 2.0 else w * x, [1.0, 3.0], [6.5, 0.0]),
    ]
    for f, xs, wanted in cases:
        result = mean(vmap(f)(xs))
        result.backward()
        assert grads(w, a) == (wanted or [3.0, 0.25]) and result.grad == 1.0
        result.backward(2.0)
        assert grads(w, a) == [2.0 * g for g in wanted or [3.0, 0.25]] and result.grad == 3.0


def test_threads():
    ws = [Value(1.0 + k / 7) for k in range(20)]
    mapped = vmap(lambda x: autodiff.dot(ws, [x] * 20) if x > 0.5 else ws[0] * x)
    xs = [k / 100 for k in range(100)]
    autodiff.sum(mapped(xs)).backward()
    once = grads(*ws)
    failures = []
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        for _ in range(5):
            total = autodiff.sum(mapped(xs))
            if total.data != autodiff.sum(vmap(mapped.__wrapped__)(xs)).data:
                failures.append(total.data)
            total.backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert grads(*ws) == pytest.approx([20 * g for g in once], rel=1e-12)


# ---- the results as a list -------------------------------------------------------------------


def test_a_batch_is_a_list():
    w = Value(2.0)
    results = vmap(lambda x: w * x)([1.0, 2.0, 3.0])
    assert len(results) == 3 and results[-1] is results[2] and next(iter(results)) is results[0]
    assert [y.data for y in results[1:]] == [4.0, 6.0]
    assert [y.data for y in results[::-2]] == [6.0, 2.0]
    other, both = [w], results + results
    assert [y.data for y in results + other] == [2.0, 4.0, 6.0, 2.0]
    assert [y.data for y in other + results] == [2.0, 2.0, 4.0, 6.0]
    assert len(both) == 6 and both[0] is both[3]
    assert repr(results) == repr([Value(2.0), Value(4.0), Value(6.0)])
    assert results == [2.0, 4.0, 6.0] and results != [2.0, 4.0] and results != 3
    assert [y.data for y in reversed(results)] == [6.0, 4.0, 2.0]
    assert results.index(results[1]) == 1 and 4.0 in results and results.count(6.0) == 1
    for index in (3, -4):
        with pytest.raises(IndexError):
            results[index]
    for index in (1.0, "1"):
        with pytest.raises(TypeError):
            results[index]
    with pytest.raises(TypeError):
        operator.add(results, (1.0,))
    with pytest.raises(TypeError):
        hash(results)


def test_long_batches_print_in_short(np, machine):
    results = vmap(lambda x: x * 2.0)(np.arange(5000.0))
    if machine == "llvm":
        assert repr(results) == "[Value(0.0), Value(2.0), ... 4997 more ..., Value(9998.0)]"


def test_sums_of_all_kinds_agree(np):
    w = Value(0.1)
    results = vmap(lambda x: w * x)(np.linspace(0.1, 3.0, 31))
    left = 0.0
    for y in results:
        left = left + y
    assert sum(results).data == autodiff.sum(list(results)).data
    assert autodiff.sum(results).data == autodiff.sum(y for y in results).data == left.data
    assert mean(results).data == mean(list(results)).data
    assert autodiff.dot(results, results).data == autodiff.dot(list(results), list(results)).data
    assert max(results).data == results[-1].data
    assert autodiff.logsumexp(results).data == autodiff.logsumexp(list(results)).data
    assert sum(y.data for y in np.array(results)) == pytest.approx(left.data)


@pytest.mark.parametrize("loss", ["mse", "l1", "huber", "binary_cross_entropy_with_logits"])
def test_losses_of_a_batch(loss):
    model = MLP(2, [4, 1], activation="tanh", seed=3)
    xs, ts = [[0.1 * k, 0.2 - k] for k in range(5)], [0.0, 1.0, 1.0, 0.0, 1.0]
    expected = LOSSES[loss]([model(x) for x in xs], ts)
    found = LOSSES[loss](vmap(model)(xs), ts)
    assert found.data == expected.data
    expected.backward()
    wanted = grads(*model.parameters())
    found.backward()
    assert grads(*model.parameters()) == pytest.approx(wanted, rel=1e-12)


def test_losses_of_a_batch_of_rows():
    model = MLP(2, [4, 3], seed=3)
    xs, ts = [[0.1 * k, 0.2 - k] for k in range(5)], [0, 1, 2, 1, 0]
    loss = LOSSES["cross_entropy"]
    assert loss(vmap(model)(xs), ts).data == loss([model(x) for x in xs], ts).data
    direct = vmap(lambda x, t: loss(model(x), t))(xs, ts)
    assert mean(direct).data == pytest.approx(loss([model(x) for x in xs], ts).data, rel=1e-15)


def test_copies_and_pickles():
    w = Value(2.0)
    results = vmap(lambda x: w * x)([1.0, 2.0])
    shallow = copy.copy(results)
    assert isinstance(shallow, list) and shallow[0] is results[0]
    if isinstance(results, Batch):
        for copier in (copy.deepcopy, pickle.dumps, lambda b: copy.copy(b[0])):
            with pytest.raises(AutodiffError, match="cannot be copied or pickled"):
                copier(results)
    with no_grad():
        results = vmap(lambda x: w * x)([1.0, 2.0])
    assert [y.data for y in pickle.loads(pickle.dumps(results))] == [2.0, 4.0]


# ---- memory ----------------------------------------------------------------------------------


@pytest.mark.parametrize("paths", [1, 2])
def test_graphs_are_freed_without_the_collector(np, paths):
    w = Value(2.0)
    f = vmap(lambda x: w * x if paths == 1 or x > 0.5 else w - x)
    xs = np.array([0.1, 0.9])
    f(xs)
    gc.collect()
    gc.disable()
    try:
        results = f(xs)
        one, total = results[0], mean(results)
        total.backward()
        evaluate(total, {w: 1.0})
        watched = [results, one.primitive] if isinstance(results, Batch) else []
        watched += [total, one.operands[0].primitive] if isinstance(results, Batch) else []
        gone = [weakref.ref(x) for x in watched if not isinstance(x, Value)]
        gone = [r for r in gone if r().__class__.__name__ != "_Entry"]
        del results, one, total, watched
        assert all(r() is None for r in gone)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_memory_does_not_grow_with_the_examples(np, machine):
    if machine != "llvm":
        return
    w = [Value(0.1 * k) for k in range(30)]

    def f(x):
        h = x
        for _ in range(10):
            h = autodiff.tanh(autodiff.dot(w, [h] * 30))
        return h

    mapped, xs = vmap(f), np.linspace(-1, 1, 100_000)
    autodiff.sum(mapped(xs[:10_000])).backward()
    tracemalloc.start()
    autodiff.sum(mapped(xs)).backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000 * 8 * 8  # some arrays of one number per example; 310 numbers are computed


def test_an_expanded_graph_computes_at_its_own_numbers():
    w, v = Value(3.0), Value(1.0)
    hidden = autodiff.sum([w, w])
    results = vmap(lambda x: hidden * hidden * v * x)([1.0, 2.0])
    if isinstance(results, Batch):
        total = autodiff.sum(results) + results[0]
        v.data = 2.0
        again = autodiff.expand(total)  # the sum becomes an addition, so the batch is run again
        assert (total.data, again.data) == (36.0 * 4.0, 72.0 * 4.0)
        again.backward()
        assert grads(w, v) == [2.0 * 4.0 * 2.0 * 6.0 * 2.0, 4.0 * 36.0]
        total.backward()
        assert grads(w, v) == [4.0 * 2.0 * 6.0 * 2.0, 4.0 * 36.0]
