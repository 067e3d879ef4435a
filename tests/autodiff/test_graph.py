"""Walks over graphs: order, sharing, depth, freeing, threads."""

import copy
import gc
import pickle
import subprocess
import sys
import threading

import pytest

import autodiff
from autodiff import Value
from autodiff.graph import leaves, marked, statistics, topological_order, users

DEPTH = 200_000


def chain(length):
    x = y = Value(0.5, "x")
    for step in range(length):
        y = y + x if step % 2 else y * 0.5
    return x, y


def test_topological_order_visits_operands_left_to_right_and_each_once():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    c = (a * b).named("c")
    d = (c + a).named("d")
    f = (d * c).named("f")
    assert [node.label for node in topological_order(f)] == ["a", "b", "c", "d", "f"]
    assert [node.label for node in topological_order(d, b)] == ["a", "b", "c", "d"]
    assert [node.label for node in leaves(f)] == ["a", "b"]
    assert statistics(f) == {"nodes": 5, "leaves": 2, "edges": 6, "depth": 3}
    assert [node.label for node in users(topological_order(f))[id(c)]] == ["d", "f"]
    assert all(node._adjoint is None for node in (a, b, c, d, f))


def test_a_deep_chain_at_the_default_recursion_limit():
    x, y = chain(DEPTH)
    y.backward()
    again = copy.deepcopy(y)
    loaded = pickle.loads(pickle.dumps(y))
    assert again.data == loaded.data == y.data
    assert again.grad == loaded.grad == 1.0 and x.grad == pytest.approx(2.0)
    assert len(repr(y)) < 100
    del again, loaded, y


def test_wide_fan_in_and_fan_out():
    xs = [Value(float(i % 7)) for i in range(100_000)]
    autodiff.sum(xs).backward()
    assert all(x.grad == 1.0 for x in xs)
    x = Value(2.0)
    autodiff.sum([x * 1.0 for _ in range(100_000)]).backward()
    assert x.grad == 100_000.0


def test_nothing_stays_alive_without_the_collector():
    def run():
        x, y = chain(1000)
        y.backward()
        autodiff.logsumexp([x, y, autodiff.maximum(x, y)]).backward()

    run()  # derives the pullbacks, which do stay
    gc.collect()
    gc.disable()
    try:
        before = sum(issubclass(type(thing), Value) for thing in gc.get_objects())
        run()
        assert sum(issubclass(type(thing), Value) for thing in gc.get_objects()) == before
    finally:
        gc.enable()


def test_copies_keep_sharing():
    x = Value(2.0, "x")
    a, b = x * 3.0, x + 1.0
    for again in (copy.deepcopy((a, b)), pickle.loads(pickle.dumps((a, b)))):
        first, second = again
        assert first.operands[0] is second.operands[0] is not x
        assert first.operands[0].label == "x" and first.primitive is a.primitive
        (first * second).backward()
        assert first.operands[0].grad == 3.0 * 3.0 + 6.0
    shallow = copy.copy(a)
    assert shallow is not a and shallow.operands[0] is x and shallow.data == a.data
    assert x.grad == 0.0


def test_pickle_keeps_scope_and_selections():
    with autodiff.scope("layer"):
        y = autodiff.maximum(Value(1.0), 2.0, Value(3.0))
    again = pickle.loads(pickle.dumps(y))
    assert again.scope == ("layer",)
    assert [getattr(x, "data", x) for x in again.operands] == [1, 2, 3]
    again.backward()
    assert [x.grad for x in again.parents] == [0.0, 1.0]


def test_a_pickle_of_a_node_inside_an_abandoned_pickle():
    _, y = chain(50)
    y.__reduce__()  # lists the nodes, and is never finished
    inner = y.operands[0]
    assert pickle.loads(pickle.dumps(inner)).data == inner.data


def test_a_sweep_inside_a_sweep_is_refused():
    x = Value(1.0)
    with marked(x), pytest.raises(RuntimeError, match="inside a sweep"):
        topological_order(x)
    assert x._adjoint is None


def test_threads_on_a_shared_leaf_take_turns():
    x = Value(0.5)
    graphs = [x * float(k) + x for k in range(8)]

    def sweep(graph):
        for _ in range(200):
            graph.backward()

    threads = [threading.Thread(target=sweep, args=(graph,)) for graph in graphs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad == 200.0 * sum(k + 1.0 for k in range(8))


def test_relabelling_and_dead_nodes_change_nothing():
    def run(label, dead):
        x, y = Value(0.3, label), Value(0.7)
        z = autodiff.sin(x * y) + x / y
        if dead:
            x * 5.0 + z
        z.backward()
        return x.grad.hex(), y.grad.hex()

    assert run(None, False) == run("b<script>", False) == run("x", True)


SCRIPT = """
import autodiff
xs = [autodiff.Value(0.1 * i) for i in range(1, 20)]
y = autodiff.logsumexp(xs) * autodiff.prod(xs) + autodiff.maximum(*xs)
y.backward()
print(*[x.grad.hex() for x in xs])
"""


def test_same_bits_in_fresh_processes_under_any_hash_seed():
    path = ":".join(sys.path)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }  # fmt: skip
    assert len(outputs) == 1 and next(iter(outputs)).strip()


def test_import_is_light():
    code = "import autodiff, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code], env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "autodiff.value" in loaded
    for heavy in ("graphviz", "numpy", "matplotlib", "llvmlite", "tqdm", "torch", "jax"):
        assert heavy not in loaded


def test_count_paths_agrees_with_listing_them():
    """One visit per node, against a walk along every path."""

    def listed(node, target):
        if node is target:
            return 1
        return sum(listed(parent, target) for parent in node.parents)

    x, y = Value(0.7, "x"), Value(1.3, "y")
    a = x * x + y
    b = autodiff.dot([a, x, a], [y, x, 2.0])
    c = autodiff.relu(-b) + autodiff.logsumexp([a, b, x, x])
    for target in (x, y, a, b, c):
        assert autodiff.count_paths(c, target) == listed(c, target)
    assert autodiff.count_paths(c, x) == 16
    assert autodiff.count_paths(x, c) == autodiff.count_paths(x, y) == 0


def test_count_paths_is_exact_beyond_floats_and_needs_no_recursion():
    """2**1100 is no float; 100 000 steps are more than Python's stack holds."""
    x = Value(1.0)
    y = x
    for _ in range(1100):
        y = y - y
    assert autodiff.count_paths(y, x) == 2**1100
    for _ in range(100_000):
        y = y + 1.0
    assert autodiff.count_paths(y, x) == 2**1100
    assert x.grad == 0.0


def test_count_paths_refuses_what_is_no_value():
    with pytest.raises(autodiff.OperandError, match=r"two Values, not float"):
        autodiff.count_paths(Value(1.0), 1.0)
