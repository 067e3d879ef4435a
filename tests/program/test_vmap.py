"""vmap: one trace for all examples, and everything that plain mapping promises."""

import math
import warnings

import pytest

import autodiff
from autodiff import (
    AutodiffError,
    DomainError,
    StaleGraphError,
    Value,
    jit,
    mean,
    no_grad,
    strict,
    vmap,
)
from autodiff.program.batches.batch import Batch
from autodiff.program.jit import JitWarning
from autodiff.program.tracing.trace import TraceError
from autodiff.rules import PRIMITIVES
from nn import MLP
from tests.support.sweeps import grads

pytestmark = pytest.mark.usefixtures("machine")


def test_equals_mapping_and_traces_once():
    w, traces = Value(0.4), []

    def loss(x, y):
        traces.append(1)
        return (autodiff.tanh(w * x[0] + x[1]) - y) ** 2

    xs, ys = [[0.1, 0.2], [1.0, -1.0], [0.5, 0.7]], [1.0, 0.0, -1.0]
    total = autodiff.sum(vmap(loss)(xs, ys))
    assert traces == [1]
    total.backward()
    found, w.grad = w.grad, 0.0
    expected = autodiff.sum([loss(x, y) for x, y in zip(xs, ys, strict=True)])
    expected.backward()
    assert total.data == expected.data and found == pytest.approx(w.grad, rel=1e-14)


def test_arguments_that_cannot_be_mapped():
    f = vmap(lambda x, y: x * y)
    with pytest.raises(ValueError, match=r"\[1, 2\] entries"):
        f([1.0], [1.0, 2.0])
    for wrong in (3.0, Value(1.0), "ab", {1.0, 2.0}, iter([1.0]), (x for x in [1.0])):
        with pytest.raises(TypeError, match="no entries to map over"):
            f([1.0, 2.0], wrong)
    with pytest.raises(ValueError, match="items of a dict"):
        vmap(lambda d: d["a"])({"a": [1.0], "b": [1.0, 2.0]})
    for axes in (1, None, (0,), (0, 1), (None, None), True, "00"):
        with pytest.raises(TypeError, match="in_axes"):
            vmap(lambda x, y: x, axes)([1.0], [2.0])
    with pytest.raises(TypeError, match="takes a function"):
        vmap(3.0)
    with pytest.raises(TypeError, match="in_axes"):
        vmap(lambda: 1.0)()
    with pytest.raises(TypeError, match=r"by position.*here y came by name"):
        f([1.0], y=[1.0])


def test_an_array_without_axes(np):
    with pytest.raises(TypeError, match="without axes"):
        vmap(lambda x: x)(np.array(1.0))


# ---- guards ----------------------------------------------------------------------------------


def test_every_example_takes_its_own_path():
    w, traces = Value(2.0), []

    def f(x):
        traces.append(1)
        if x > 1.0:
            return w * x
        return w - x if x > 0.0 else [w]

    xs = [0.5, 2.0, -1.0, 3.0, 0.7, math.nan]
    results = vmap(f)(xs)
    assert len(traces) == 3 or not isinstance(results, Batch)
    assert [r[0].data if isinstance(r, list) else r.data for r in results] == [
        1.5, 4.0, 2.0, 6.0, 1.3, 2.0
    ]  # fmt: skip
    autodiff.sum(results[i] for i in (0, 1, 3, 4)).backward()
    assert grads(w) == [1.0 + 2.0 + 3.0 + 1.0]


@pytest.mark.parametrize("ask", [int, math.floor, math.ceil, round, bool, lambda x: x > 0.5])
def test_every_question_that_python_can_ask(ask):
    w = Value(3.0)

    def f(x):
        answer = ask(x * 1.0)
        return w * x + answer if answer else w - x

    numbers = (1.7, 0.3, -0.3, -1.7, 0.5, 1.5, 2.5, 0.0, -0.0, 1.2, 1e300, -2.0)
    xs = [Value(x) for x in numbers]
    for given in (numbers, xs):
        results = vmap(f)(given)
        assert [y.data for y in results] == [f(x).data for x in xs]
    autodiff.dot([1.0 + k for k in range(len(xs))], results).backward()
    found = grads(w, *xs)
    autodiff.dot([1.0 + k for k in range(len(xs))], [f(x) for x in xs]).backward()
    assert found == pytest.approx(grads(w, *xs), rel=1e-12)


def test_a_float_is_no_index_even_where_other_examples_have_ints():
    table = [Value(1.0), Value(2.0), Value(3.0)]
    mapped = vmap(lambda x: table[x] * 1.0)
    assert [y.data for y in mapped([1, 1])] == [2.0, 2.0]
    for xs in ([1, 1.5], [1.5, 1], [0, 2, 1.0]):
        error = failing(mapped, xs)
        assert isinstance(error, TypeError)
        which = [isinstance(x, float) for x in xs].index(True)
        assert f"example {which} " in error.__notes__[-1]
    assert [y.data for y in mapped([2, 1])] == [3.0, 2.0]


def test_the_sum_over_several_paths_is_one_node_in_the_order_of_examples(np):
    w = Value(0.1)

    def f(x):
        return w * x if x > 0.0 else autodiff.sin(w * x)

    xs = np.random.default_rng(1).normal(size=1000)
    mapped = vmap(f)
    mapped(xs)
    total = autodiff.sum(mapped(xs))
    assert total.data == autodiff.sum([f(x) for x in xs]).data
    total.backward()
    found = grads(w)
    autodiff.sum([f(x) for x in xs]).backward()
    assert found == pytest.approx(grads(w), rel=1e-12)
    if isinstance(mapped(xs), Batch):
        assert len(autodiff.graph.topological_order(total)) == 3


def test_more_paths_than_are_traced(machine):
    w = Value(1.0, "w")

    def f(n):
        y = w
        for _ in range(int(n)):
            y = y * w + 1.0
        return y

    counts = [float(k % 30) for k in range(61)]
    mapped = vmap(f)
    with pytest.warns(JitWarning, match="paths"):
        results = mapped(counts)
    assert [y.data for y in results] == [f(n).data for n in counts]
    autodiff.sum(results).backward()
    found = grads(w)
    autodiff.sum([f(n) for n in counts]).backward()
    assert found == pytest.approx(grads(w), rel=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        assert [y.data for y in mapped(counts)] == [f(n).data for n in counts]
    if machine == "llvm":
        with pytest.warns(JitWarning, match=r"vmap\(f\): 16 .*test_vmap.py:\d+") as caught:
            vmap(f)(counts)
        assert caught[0].filename == __file__


# ---- errors ----------------------------------------------------------------------------------


def failing(f, *args):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the eager loop says which
        f(*args)
    return caught.value


def test_errors_are_those_of_the_first_example_that_fails():
    w = Value(2.0, "w")
    w.grad = 5.0
    cases = [
        (lambda x: autodiff.log(w * x), [1.0, 2.0, -3.0, -4.0], 2),
        (lambda x: w / x, [1.0, 0.0, 1.0], 1),
        (lambda x: autodiff.exp(w * x), [1.0, 2.0, 3.0, 1e3], 3),
        (lambda x: autodiff.take([w, 1.0], x), [0, 1, 5], 2),
        (lambda x: autodiff.log(x) if x > -2.0 else autodiff.sqrt(x * w), [1.0, -3.0, -1.0], 1),
        (lambda x: autodiff.log(x) if x > -2.0 else autodiff.sqrt(x * w), [-1.0, -3.0, 1.0], 0),
        (lambda x: [1.0][x] * w, [0, 0, 2, 3], 2),
        (lambda x: {0: w}[int(x)], [0.0, 1.0, 2.0], 1),
        (lambda r: autodiff.log(r[-1]), [[1.0], [1.0, 2.0], [1.0, -2.0], [-1.0]], 2),
    ]
    for f, xs, which in cases:
        for _ in range(2):
            error = failing(vmap(f), xs)
            expected = failing(f, xs[which])
            assert type(error) is type(expected) and str(error) == str(expected)
            assert any(f"example {which} " in note for note in error.__notes__)
    assert (w.data, w.grad, w._adjoint) == (2.0, 5.0, None)
    mapped = vmap(cases[0][0])
    assert failing(mapped, [1.0, -1.0]).__notes__ and mapped([1.0, 2.0])[1].data == math.log(4.0)


def test_an_error_in_a_later_block():
    w, xs = Value(1.0), [1.0] * 2000
    mapped = vmap(lambda x: autodiff.log(x * w))
    for which in (1999, 1500, 513):
        xs[which] = -1.0
        assert f"example {which} " in failing(mapped, xs).__notes__[0]


def test_an_error_inside_nested_maps_names_both_examples():
    error = failing(vmap(vmap(autodiff.log)), [[1.0, 2.0], [1.0, -1.0]])
    assert isinstance(error, DomainError)
    assert ["example 1" in note for note in error.__notes__] == [True, True]


def test_errors_of_the_users_own_primitive():
    @autodiff.primitive(local_derivatives=[lambda z, x: 1.0])
    def picky(x):
        if x > 2.0:
            raise ValueError("too large")
        if x <= 0.0:  # 0.0 is what lies where there is no example
            raise RuntimeError("too small")
        return x

    try:
        error = failing(vmap(lambda x: picky(x) * 2.0), [1.0, 2.0, 3.0])
        assert isinstance(error, DomainError) and "too large" in str(error)
        assert "example 2 " in error.__notes__[0]
        error = failing(vmap(lambda x: picky(x) * 2.0), [1.0, -2.0, -3.0])
        assert isinstance(error, RuntimeError) and "example 1 " in error.__notes__[0]
        assert [y.data for y in vmap(lambda x: picky(x) * 2.0)([1.0, 2.0])] == [2.0, 4.0]
    finally:
        del PRIMITIVES["picky"]


def test_an_error_that_f_catches_is_none():
    w = Value(1.0)

    def f(x):
        try:
            return autodiff.log(x) * w
        except ValueError:
            return w * 0.0

    for xs in ([1.0, -1.0, 1.0], [-1.0, 1.0]):
        results = vmap(f)(xs)
        assert [y.data for y in results] == [0.0] * len(xs)
        autodiff.sum(results).backward()
        assert grads(w) == [0.0]


def test_nan_and_inf_are_numbers(np):
    w = Value(2.0)
    xs = np.array([math.nan, 1.0, math.inf, -math.inf])
    found = [y.data for y in vmap(lambda x: w * x + 1.0)(xs)]
    assert found[1:] == [3.0, math.inf, -math.inf] and math.isnan(found[0])
    autodiff.sum(vmap(lambda x: autodiff.where(x > 0.0, w * x, w))(xs)[1:3]).backward()
    assert grads(w) == [math.inf]


def test_reading_a_number_inside_says_what_to_do_instead(machine):
    if machine == "llvm":
        with pytest.raises(TraceError, match=r"test_vmap.py:\d+: reading .data") as caught:
            vmap(lambda x: x * x.data)([Value(1.0)])
        assert "example 0 " in caught.value.__notes__[0]


# ---- modes -----------------------------------------------------------------------------------


def test_no_grad_and_detach():
    w = Value(3.0)
    f = vmap(lambda x: w * x)
    with no_grad():
        results = f([1.0, 2.0])
        total, one = autodiff.sum(results), results[1]
    assert (total.data, one.data, total.parents, one.parents) == (9.0, 6.0, (), ())
    assert results[0].parents == ()
    results = f([1.0, 2.0])
    with no_grad():
        total = mean(results)  # the results have their graph, the mean has not
        one = results[0]
    assert total.parents == () and total.data == 4.5
    one.backward()
    assert grads(w) == [1.0]
    vmap(lambda x: (w * x).detach() * w)([1.0, 2.0])[1].backward()
    assert grads(w) == [6.0]


def test_strict_checks_what_plain_mapping_checks():
    w = Value(1e200)
    f = vmap(lambda x: w * x)
    with strict(), pytest.raises(AutodiffError, match="inf"):
        f([1.0, 1e200])
    result = mean(f([1.0, 2.0]))
    w.data = 5.0
    with strict(), pytest.raises(StaleGraphError):
        result.backward()


def test_inside_jit_and_transforms_it_is_the_plain_loop():
    w = Value(2.0)

    def total(xs):
        return autodiff.sum(vmap(lambda x: w * x * x)(xs))

    jitted = jit(total)
    for xs in ([1.0, 2.0], [3.0, 4.0]):
        jitted(xs).backward()
        assert grads(w) == [sum(x * x for x in xs)]
    assert autodiff.grad(total)([1.0, 2.0]) == [4.0, 8.0]
    assert autodiff.hessian(total)([1.0, 2.0]) == [[4.0, 0.0], [0.0, 4.0]]
    assert autodiff.jacobian(lambda x: list(vmap(lambda v: v * v)(x)))([1.0, 2.0])[1] == [0.0, 4.0]


def test_a_batch_from_outside_inside_a_jitted_function():
    w, c = Value(2.0), Value(3.0)
    results = vmap(lambda x: w * x)([1.0, 2.0])
    f = jit(lambda k: (results[1] + autodiff.sum(results)) * k * c)
    for _ in range(2):
        y = f(1.0)
        y.backward()
        assert y.data == 30.0 and grads(w, c) == [15.0, 10.0]
    assert jit(lambda b: autodiff.sum(b) * c)(results).data == 18.0


def test_of_a_jitted_function_of_a_module_and_of_methods():
    w = Value(2.0)
    results = vmap(jit(lambda x: w * x))([1.0, 2.0])
    autodiff.sum(results).backward()
    assert grads(w) == [3.0]
    model = MLP(2, [3, 2], seed=0)
    xs = [[0.1, 0.2], [0.3, -0.4]]
    expected = [[y.data for y in model(x)] for x in xs]
    assert [[y.data for y in row] for row in vmap(model)(xs)] == expected
    shared = vmap(lambda m, x: m(x), in_axes=(None, 0))(model, xs)
    assert [[y.data for y in row] for row in shared] == expected
    assert [y.data for y in vmap(model.forward if hasattr(model, "forward") else model)(xs)[0]]
    assert vmap(autodiff.sin)([0.5])[0].data == math.sin(0.5)


def test_names_and_documentation_are_those_of_the_function():
    def f(x):
        """Twice."""
        return x + x

    mapped = vmap(f)
    assert (mapped.__name__, mapped.__doc__, mapped.__wrapped__) == ("f", "Twice.", f)
    assert repr(mapped) == "<vmap(f)>"
