"""jit: results, gradients, guards, errors; eager is the reference throughout."""

import copy
import gc
import math
import threading
import weakref
from collections import namedtuple

import pytest

import autodiff
from autodiff import DomainError, Value, maximum, no_grad, relu, strict, take, where
from autodiff.program import jit
from autodiff.program.jit import JitWarning
from autodiff.program.tracing.trace import TraceError
from nn.layers import MLP

pytestmark = pytest.mark.usefixtures("machine")


def grads(*values):
    found = [value.grad for value in values]
    for value in values:
        value.grad = 0.0
    return found


def test_value_and_gradients_of_parameters_and_arguments():
    w, b = Value(0.7, "w"), Value(-0.2)

    def f(x, y):
        return autodiff.tanh(w * x + b) * y / (1 + x * x)

    x, y = Value(1.3), Value(2.1)
    expected = f(x, y)
    expected.backward()
    want = grads(w, b, x, y)
    compiled = jit(f)
    for _ in range(3):
        got = compiled(x, y)
        got.backward()
        assert got.data == expected.data and grads(w, b, x, y) == want


def test_parameters_are_read_at_each_call_and_numbers_change():
    w = Value(2.0)
    f = jit(lambda x: w * x * x)
    assert f(3.0).data == 18.0
    w.data = 5.0
    assert f(3.0).data == 45.0 and f(1).data == 5.0


def test_two_results_alive_have_their_own_numbers():
    w = Value(2.0)
    f = jit(lambda x: (w * x) ** 2)
    first, second = f(1.0), f(3.0)
    first.backward()
    assert grads(w) == [4.0]
    second.backward()
    assert grads(w) == [36.0]
    w.data = 100.0
    first.backward()
    assert (first.data, second.data) == (4.0, 36.0) and grads(w) == [4.0]


def test_backward_twice_doubles():
    w = Value(3.0)
    y = jit(lambda: w * w * w)()
    y.backward()
    y.backward(2.0)
    assert w.grad == 81.0


def test_results_take_part_in_eager_graphs_and_sweep_once():
    w = Value(1.5)
    f = jit(lambda x: (autodiff.sin(w * x), autodiff.exp(w) * x))
    machine_calls = []
    x = Value(0.4)
    pre = x * 2.0
    a, b = f(pre)
    call = a.operands[0]
    reverse = call.primitive.machine.reverse
    call.primitive.machine.reverse = lambda *args: machine_calls.append(1) or reverse(*args)
    (a * b + a).backward()
    got = grads(w, x)
    del call.primitive.machine.reverse
    pre = x * 2.0
    a, b = autodiff.sin(w * pre), autodiff.exp(w) * pre
    (a * b + a).backward()
    assert machine_calls == [1] and got == pytest.approx(grads(w, x), rel=1e-15)


def test_one_output_of_several_is_bit_identical_to_eager():
    ws = [Value(0.1 * k + 0.3) for k in range(6)]

    def f(x):
        h = [autodiff.sin(w * x) for w in ws]
        a = h[0] * h[1] + h[2] * h[3] + h[4] * h[5]
        b = h[5] * h[3] + h[1] * a + h[0] * ws[2] + ws[2] * ws[1]
        return {"a": a, "b": [b, (a, h[2])]}

    compiled = jit(f)
    for pick in (lambda r: r["a"], lambda r: r["b"][0], lambda r: r["b"][1][1]):
        pick(f(0.9)).backward()
        want = grads(*ws)
        result = compiled(0.9)
        assert isinstance(result["b"][1], tuple)
        pick(result).backward()
        assert grads(*ws) == want


def test_arguments_nest():
    Point = namedtuple("Point", "x y")

    def f(d, *, scale):
        return d["p"].x * d["p"].y + d["l"][0] * scale, d["name"]

    result = jit(f)({"p": Point(2, 3.0), "l": [4.0], "name": "n"}, scale=10)
    assert result[0].data == 46.0 and result[1] == "n"


def test_arrays_as_arguments():
    np = pytest.importorskip("numpy")
    w = np.array([Value(1.0), Value(2.0)], dtype=object)

    @jit
    def f(x):
        return ((x @ w) ** 2).sum()

    x = np.array([[1.0, 2.0], [3.0, -1.0]])
    y = f(x)
    y.backward()
    assert y.data == 26.0 and [v.grad for v in w] == [16.0, 18.0]
    assert f(x * 2).data == 104.0
    assert f(np.array([[1, 2]])).data == 25.0


def test_same_value_twice_as_argument():
    f = jit(lambda a, b: a * b)
    x, y = Value(3.0), Value(4.0)
    f(x, x).backward()
    assert grads(x) == [6.0]
    f(x, y).backward()
    assert grads(x, y) == [4.0, 3.0]


def test_captured_node_passes_gradient_on():
    w = Value(3.0)
    h = w * w
    f = jit(lambda x: h * x)
    y = f(2.0)
    y.backward()
    assert y.data == 18.0 and w.grad == 12.0


def test_comparisons_are_data_for_where():
    f = jit(lambda x, y: where(x > y, x * x, y))
    x = Value(3.0)
    assert f(x, 1.0).data == 9.0 and f(x, 5.0).data == 5.0
    assert len(next(iter(f._variants.values()))) == 1
    y = f(x, 5.0)
    y.backward()
    assert x.grad == 0.0


@pytest.mark.parametrize("combine", [lambda a, b: a & b, lambda a, b: a | b, lambda a, b: a ^ b])
def test_conditions_combine(combine):
    def f(x, y):
        return where(combine(x > 0, y > 0), x, y)

    for x in (-1.0, 2.0):
        for y in (-3.0, 4.0):
            assert jit(f)(x, y).data == f(Value(x), Value(y)).data


def test_if_is_a_guard():
    traces = []

    @jit
    def f(x):
        traces.append(1)
        if x > 0:
            return x * 2
        return x * 3

    assert [f(x).data for x in (1.0, -1.0, 2.0, -2.0, 3.0)] == [2.0, -3.0, 4.0, -6.0, 6.0]
    assert len(traces) == 2


def test_ints_as_index_range_and_exponent():
    traces = []
    xs = [Value(float(k)) for k in range(5)]

    @jit
    def f(n, k):
        traces.append(1)
        return xs[n - 1] * sum(1 for _ in range(n)) + k**2

    assert f(2, 5).data == 27.0 and f(2, 6).data == 38.0 and f(3, 1).data == 7.0
    assert len(traces) == 2


def test_take_by_data_needs_no_new_trace():
    traces = []
    xs = [Value(float(k * k)) for k in range(5)]

    @jit
    def f(index):
        traces.append(1)
        return take(xs, index) * 2.0

    for k in range(5):
        y = f(k)
        y.backward()
        assert y.data == 2.0 * k * k
    assert traces == [1] and [x.grad for x in xs] == [2.0] * 5
    with pytest.raises(ValueError, match="index"):
        f(7)


def test_too_many_paths_warn_and_stay_right():
    f = jit(lambda n: sum([Value(1.0) for _ in range(int(n))], 0.0 * n), max_variants=3)
    for n in range(1, 4):
        assert f(float(n)).data == n
    with pytest.warns(JitWarning, match="test_jit.py"):
        assert f(4.0).data == 4.0
    assert f(5.0).data == 5.0


@pytest.mark.parametrize(
    ("use", "word"),
    [
        (lambda x: Value(x.data), "data"),
        (lambda x: x * float(x), "float"),
        (lambda x: x * x.item(), "item"),
        (lambda x: x * math.sin(x), "autodiff.sin"),
        (lambda x: x.backward(), "backward"),
        (lambda x: x * x.grad, "grad"),
    ],
)
def test_reading_numbers_names_the_line(use, word):
    with pytest.raises(TraceError, match=rf"test_jit\.py:\d+.*{word}"):
        jit(use)(2.0)


def test_a_leaked_value_refuses_to_be_used():
    kept = []
    with pytest.raises(TraceError, match=r"test_jit.py:\d+: .* outlives the call: a list holds it"):
        jit(lambda x: kept.append(x * 2) or x)(3.0)
    with pytest.raises(TraceError, match="outlived"):
        kept[0] * Value(2.0)


def test_domain_errors_are_those_of_eager():
    w = Value(1.0, "w")
    f = jit(lambda x: autodiff.log(w - x) / (2.0 - x))
    assert f(0.5).data == math.log(0.5) / 1.5
    with pytest.raises(DomainError, match=r"log\(.*-1.0 is outside the domain x > 0"):
        f(2.0)
    with pytest.raises(DomainError):
        jit(lambda x: autodiff.log(x))(-1.0)
    with pytest.raises(OverflowError):
        jit(autodiff.exp)(1e4)
    with pytest.raises(ZeroDivisionError):
        jit(lambda x: 1 / x)(0.0)
    assert f(0.5).data == math.log(0.5) / 1.5


def test_infinities_that_are_no_errors():
    f = jit(lambda x: autodiff.logsumexp([x, -math.inf]))
    x = Value(2.0)
    for _ in range(2):
        y = f(x)
        y.backward()
        assert y.data == 2.0
    assert x.grad == 2.0
    assert jit(lambda x: x * 2)(math.inf).data == math.inf


def test_a_caught_domain_error_is_no_hidden_branch():
    @jit
    def f(x):
        try:
            return autodiff.log(x)
        except ValueError:
            return x * 0.0

    assert f(-1.0).data == 0.0 and f(math.e).data == 1.0 and f(-2.0).data == 0.0


def test_backward_never_raises_at_singular_points():
    x = Value(0.0)
    jit(autodiff.sqrt)(x).backward()
    assert x.grad == math.inf
    x.grad = 0.0
    jit(lambda x: where(x > 0, autodiff.sqrt(x), 0.0))(x).backward()
    assert x.grad == 0.0
    jit(lambda x: autodiff.sqrt(x) * 0.0)(x).backward()
    assert math.isnan(x.grad)


def test_untouched_is_not_zero():
    def f(x):
        return -(0.0 * autodiff.sqrt(x))

    x, y = Value(0.0), Value(0.0)
    f(x).backward()
    jit(f)(y).backward()
    assert math.isnan(x.grad) and math.isnan(y.grad)


def test_no_grad_inside_and_outside():
    w = Value(2.0)

    @jit
    def f(x):
        with no_grad():
            c = w * x
        return c * w + (w * x).detach()

    y = f(3.0)
    y.backward()
    assert y.data == 18.0 and w.grad == 6.0
    with no_grad():
        assert f(3.0).parents == ()


def test_methods_and_modules():
    model = MLP(2, [4, 1], seed=1)
    eager = model([0.3, -0.8])
    eager.backward()
    want = grads(*model.parameters())
    fast = jit(model)
    y = fast([0.3, -0.8])
    y.backward()
    assert y.data == eager.data and grads(*model.parameters()) == want

    class Model:
        def __init__(self, slope):
            self.slope = Value(slope)

        @jit
        def predict(self, x):
            return self.slope * x

    first, second = Model(2.0), Model(5.0)
    assert first.predict(3.0).data == 6.0 and second.predict(3.0).data == 15.0
    assert first.predict(4.0).data == 8.0
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


def test_jit_inside_jit():
    inner = jit(lambda x: x * x)
    outer = jit(lambda x: inner(x) + inner(x + 1.0))
    assert outer(2.0).data == 13.0 and outer(3.0).data == 25.0


def test_threads():
    w = Value(1.5)
    f = jit(lambda x: autodiff.exp(w * x) * autodiff.sin(x))
    expected = {k: (autodiff.exp(w * (0.1 * k)) * autodiff.sin(0.1 * k)).data for k in range(40)}
    wrong = []

    def work(offset):
        for k in range(40):
            k = (k + offset) % 40
            if f(0.1 * k).data != expected[k]:
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_cache_is_bounded():
    f = jit(lambda xs: autodiff.sum(xs), max_structures=4)
    for n in range(1, 12):
        assert f([1.0] * n).data == n
    assert len(f._variants) == 4


def test_strict_runs_eagerly():
    f = jit(lambda x: x * 1e300)
    f(1e300)
    with strict(), pytest.raises(ArithmeticError, match="the result is inf"):
        f(Value(1e300, "x"))


def test_static_arguments_and_plain_results():
    def f(x, kind, flag=False):
        return [x * 2 if kind == "double" else x, kind, 3.5, None, flag]

    compiled = jit(f)
    doubled, *rest = compiled(2.0, "double")
    assert doubled.data == 4.0 and rest == ["double", 3.5, None, False]
    assert compiled(2.0, "single", flag=True)[0].data == 2.0
    assert jit(lambda: 3.0)() == 3.0


def test_explain_lists_frozen_numbers_and_guards():
    rate = 0.125
    f = jit(lambda x: x * rate if x > 1 else x)
    f(2.0)
    text = f.explain()
    assert "rate = 0.125" in text and "guard at" in text and "test_jit.py" in text
    assert "`f = jit(lambda x: x * rate if x > 1 else x)`, bool(...) is True" in text


def test_labels_and_operands():
    w = Value(2.0, "w")
    y = jit(lambda x: (w * x).named("y"))(3.0)
    assert y.label == "y" and y.operands[1] is w and y.primitive.name == "jit(<lambda>)"
    with pytest.raises(autodiff.AutodiffError, match="jitted"):
        copy.deepcopy(y)


def test_maximum_relu_ties():
    def f(a, b):
        return maximum(a, b, relu(a)) * 3.0

    for pair in ((1.0, 1.0), (2.0, 1.0), (-1.0, 0.0), (-2.0, -3.0)):
        a, b, c, d = Value(pair[0]), Value(pair[1]), Value(pair[0]), Value(pair[1])
        f(a, b).backward()
        jit(f)(c, d).backward()
        assert (a.grad, b.grad) == (c.grad, d.grad)


def test_results_that_are_arguments_or_occur_twice():
    w = Value(3.0)

    @jit
    def f(x):
        y = w * x
        return x, y, y, w

    x = Value(2.0)
    a, b, c, d = f(x)
    assert (a.data, b.data, c.data) == (2.0, 6.0, 6.0) and b is c and d is w
    (a * a + b).backward()
    assert x.grad == 7.0 and w.grad == 2.0


def test_a_call_takes_results_of_another_call():
    w = Value(0.5)
    inner, outer = jit(lambda x: (w * x, w + x)), jit(lambda a, b: a * b * w)
    outer(*inner(3.0)).backward()
    found, w.grad = w.grad, 0.0
    (((w * 3.0) * (w + 3.0)) * w).backward()
    assert found == pytest.approx(w.grad, rel=1e-15)


def test_evaluate_and_detach_of_results():
    x = Value(2.0)
    y = jit(lambda x: x * x * x)(x)
    assert autodiff.evaluate(y + 1.0, {x: 3.0}) == 28.0
    assert y.detach().parents == ()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("combined", [False, True])
def test_a_strict_backward_looks_at_the_gradients_of_a_call(exact, combined):
    """It said that a compiled call has no formula, where the gradient is infinite."""
    w = Value(0.0, "w")
    y = jit(lambda x: autodiff.sqrt(w) * x, exact=exact)(2.0)
    y = y * 3.0 if combined else y
    with pytest.raises(autodiff.NonFiniteError, match=r"gradient .*is (inf|not finite)"), strict():
        y.backward()
    assert w.grad == 0.0
    y.backward()
    assert w.grad == math.inf


@pytest.mark.parametrize("exact", [False, True])
def test_a_single_whole_number_or_truth_is_that_again(exact):
    for f in (lambda n: n * 2, lambda n: n > 2):
        compiled = jit(f, exact=exact)
        for n in (3, 5, 7):
            assert (type(compiled(n)), compiled(n)) == (type(f(n)), f(n))


@pytest.mark.parametrize("exact", [False, True])
def test_a_seed_of_minus_zero_is_a_seed(exact):
    """-0.0 marks what nothing has reached; 0 times an infinite derivative is nan all the same."""
    w = Value(0.0)

    def f(x):
        return autodiff.sqrt(w) * x

    def g(x):
        return autodiff.sqrt(w) * x, autodiff.sqrt(w) + x

    for one, two in ((f, g), (jit(f, exact=exact), jit(g, exact=exact))):
        w.grad = 0.0
        one(2.0).backward(-0.0)
        assert math.isnan(w.grad)
        w.grad = 0.0
        a, b = two(2.0)
        autodiff.sum([a * -0.0, b * -0.0]).backward()
        assert math.isnan(w.grad)


@pytest.mark.parametrize("exact", [False, True])
def test_a_sweep_from_several_results_starts_anew(exact):
    w, v = Value(0.5), Value(-0.25)

    def f(x, y):
        inner = autodiff.tanh(w * x)
        return inner * v, inner + v * y

    compiled = jit(f, exact=exact)
    for x in (1.0, 2.0, 3.0):
        found = []
        for function in (f, compiled, compiled):
            a, b = function(x, -x)
            (a * 2.0 + b * x).backward()
            found.append(grads(w, v))
        assert found[1] == found[2] == pytest.approx(found[0], rel=1e-13)
