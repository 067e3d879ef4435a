"""Losses: exact values and gradients, conventions at singular points, shapes, clear errors."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
import nn
from autodiff import Value
from nn.parts.loss_primitives import bce, huber_distance
from tests.support.data import close, load, same

LOSSES = {
    "squared_error": lambda args, params: nn.squared_error(*args),
    "l1_loss": lambda args, params: nn.l1(*args),
    "huber": lambda args, params: nn.huber(*args, delta=params["delta"]),
    "hinge": lambda args, params: nn.hinge(*args),
    "bce": lambda args, params: nn.binary_cross_entropy(*args),
    "bce_logits": lambda args, params: nn.binary_cross_entropy_with_logits(*args),
    "mse_mean": lambda args, params: nn.mse(*_halves(args)),
    "mse_half": lambda args, params: nn.mse(*_halves(args), reduction="half_mean"),
    "cross_entropy": lambda args, params: nn.cross_entropy(list(args), params["index"]),
    "nll": lambda args, params: nn.nll(list(args), params["index"]),
}
RECORDS = [record for record in load("reference")["records"] if record["name"] in LOSSES]
CONVENTIONS = [case for case in load("conventions") if case["op"] in LOSSES]


def _halves(args):
    return list(args[: len(args) // 2]), list(args[len(args) // 2 :])


def test_every_loss_of_the_reference_is_tested():
    assert {record["name"] for record in RECORDS} == set(LOSSES)
    assert len(RECORDS) > 250


@pytest.mark.parametrize("name", LOSSES)
def test_values_and_gradients_are_right_to_the_last_digits(name):
    for record in RECORDS:
        if record["name"] != name:
            continue
        args = [Value(arg) for arg in record["args"]]
        loss = LOSSES[name](args, record["params"])
        loss.backward()
        tolerance = 1e-13 * min(max(1.0, record["cond_value"]), 30.0)
        assert close(loss.data, record["value"], tolerance, 5e-324), record
        for arg, exact, condition in zip(args, record["grads"], record["cond_grads"], strict=True):
            tolerance = 1e-13 * min(max(1.0, condition), 30.0)
            assert close(arg.grad, exact, tolerance, 5e-320), record


@pytest.mark.parametrize("name", LOSSES)
def test_second_derivatives(name):
    for record in RECORDS:
        if record["name"] != name or not _judged(record["hess"]):
            continue
        hessian = autodiff.hessian(lambda xs, r=record: LOSSES[name](xs, r["params"]))
        computed = hessian(list(record["args"]))
        largest = max(abs(entry) for row in record["hess"] for entry in row)
        for row, exact_row in zip(computed, record["hess"], strict=True):
            for entry, exact in zip(row, exact_row, strict=True):
                assert abs(entry - exact) <= 1e-10 * largest + 1e-290, (record, computed)


def _judged(hessian):
    return all(abs(entry) < 1e150 for row in hessian for entry in row)


@pytest.mark.parametrize("case", CONVENTIONS, ids=lambda case: f"{case['op']}{case['args']}")
def test_conventions_at_singular_points(case):
    args = [Value(arg) for arg in case["args"]]
    if "raises" in case:
        with pytest.raises(ValueError, match="with_logits"):
            LOSSES[case["op"]](args, {})
        return
    loss = LOSSES[case["op"]](args, {})
    loss.backward()
    assert loss.data == case["value"]
    assert all(same(arg.grad, g) for arg, g in zip(args, case["grads"], strict=True))


@pytest.mark.parametrize(("x", "inside"), [(2.0, True), (-2.0, True), (2.5, False)])
def test_hubers_second_derivative_at_the_bound_is_of_the_quadratic_branch(x, inside):
    second = autodiff.grad(autodiff.grad(lambda v: nn.huber(v, 0.0, delta=2.0)))
    assert second(x) == float(inside)


def test_the_gradient_of_binary_cross_entropy_keeps_its_digits_where_p_is_near_t():
    # (1-t)/(1-p) - t/p would be a difference of equal numbers here.
    t = 0.3
    p = Value(t + 1e-12)
    nn.binary_cross_entropy(p, t).backward()
    difference = p.data - t  # exact
    assert math.isclose(p.grad, difference / (p.data * (1 - p.data)), rel_tol=1e-15)


def test_hubers_delta_has_a_derivative_too():
    x, delta = Value(3.0), Value(2.0)
    loss = huber_distance(x, 0.0, delta)
    loss.backward()
    assert (loss.data, x.grad, delta.grad) == (4.0, 2.0, 1.0)
    assert math.isnan(_gradient(lambda v: nn.huber(v, 0.0), math.nan))


@pytest.mark.parametrize(
    ("x", "t", "derivative", "by_x"), [(3.5, 0.5, 1.0, 1.0), (-1.0, 0.5, 0.0, 0.0)]
)
def test_hubers_derivative_by_delta_depends_on_the_distance_alone(x, t, derivative, by_x):
    """Planted faults that forgot the target, or the branch inside, were not noticed."""
    by_delta = autodiff.grad(huber_distance, argnums=2)
    assert by_delta(x, t, 2.0) == derivative
    assert autodiff.grad(by_delta)(x, t, 2.0) == by_x
    assert by_delta(x, t, 4.0) == 0.0


@pytest.mark.parametrize("x", [2.5, -1.5])
def test_hubers_mixed_derivatives_at_the_bound_are_of_the_quadratic_branch(x):
    second = autodiff.hessian(lambda v: huber_distance(*v))([x, 0.5, 2.0])
    assert second == [[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(("p", "t", "second"), [(0.0, 0.0, [1.0, -1.0]), (1.0, 1.0, [1.0, -1.0])])
def test_higher_derivatives_where_the_probability_is_certain_are_of_one_branch(p, t, second):
    """-log(1 - p) at 0, -log p at 1: a planted fault left the slope there constant."""
    by_p = autodiff.grad(bce)
    assert [autodiff.grad(by_p, argnums=i)(p, t) for i in (0, 1)] == second
    assert autodiff.grad(autodiff.grad(by_p))(p, t) == (2.0 if p == 0.0 else -2.0)


@pytest.mark.parametrize(("p", "t"), [(math.nan, 0.5), (0.5, math.nan)])
def test_binary_cross_entropy_of_nan_is_nan(p, t):
    assert math.isnan(nn.binary_cross_entropy(p, t))


def test_the_graph_of_a_squared_error_reads_prediction_minus_target():
    x, t = Value(3.0, "x"), Value(1.0, "t")
    assert autodiff.to_latex(nn.squared_error(x, t)) == "f = (x - t)^{2}"
    assert autodiff.to_latex(nn.l1(x, t)) == "f = |x - t|"


@given(st.floats(-700, 700), st.floats(0, 1))
def test_both_forms_of_binary_cross_entropy_agree(logit, target):
    p = autodiff.sigmoid(logit)
    if not 1e-12 < p < 1 - 1e-3:
        return
    from_logit = nn.binary_cross_entropy_with_logits(logit, target)
    assert math.isclose(from_logit, nn.binary_cross_entropy(p, target), rel_tol=1e-9, abs_tol=1e-12)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=5), st.data())
def test_cross_entropy_is_the_negative_log_softmax(logits, data):
    target = data.draw(st.integers(0, len(logits) - 1))
    values = [Value(z) for z in logits]
    loss = nn.cross_entropy(values, target)
    loss.backward()
    expected = -autodiff.log_softmax(logits)[target]
    assert math.isclose(loss.data, expected, rel_tol=1e-12, abs_tol=1e-13)
    softmax = autodiff.softmax(logits)
    for index, (value, p) in enumerate(zip(values, softmax, strict=True)):
        assert math.isclose(value.grad, p - (index == target), abs_tol=1e-12)


def test_cross_entropy_keeps_the_digits_of_a_tiny_loss():
    # z_k - logsumexp(z) is 0.0 here, and softmax - 1 too: the right answers are exp(-50).
    values = [Value(50.0), Value(0.0)]
    loss = nn.cross_entropy(values, 0)
    loss.backward()
    assert loss.data == math.exp(-50.0)
    assert values[0].grad == -math.exp(-50.0)


def test_masked_classes_do_no_harm():
    values = [Value(1.0), Value(-math.inf), Value(1.0)]
    loss = nn.cross_entropy(values, 2)
    loss.backward()
    assert loss.data == math.log(2.0)
    assert [value.grad for value in values] == [0.5, 0.0, -0.5]


def test_classes_of_probability_0_do_no_harm():
    values = [Value(1.0), Value(-math.inf), Value(1.0)]
    loss = nn.cross_entropy(values, [0.5, 0.0, 0.5])
    loss.backward()
    assert math.isclose(loss.data, math.log(2.0), rel_tol=1e-15)
    assert all(math.isclose(value.grad, 0.0, abs_tol=1e-16) for value in values)
    assert nn.cross_entropy(values, [0.0, 0.0, 0.0]) == 0.0


def test_a_target_may_be_a_value():
    # A compiled step looks classes up by data: the same number, without an `if` on the class.
    logits = [Value(0.3), Value(-1.0), Value(2.0)]
    chosen = nn.cross_entropy(logits, Value(1.0))
    assert math.isclose(chosen.data, nn.cross_entropy(logits, 1).data, rel_tol=1e-15)
    target = Value(0.25)
    nn.squared_error(Value(1.0), target).backward()
    assert target.grad == -1.5


def test_mse_over_2m_has_the_gradient_x_minus_c_over_m():
    xs, cs = [Value(x) for x in (1.0, -2.0, 0.5, 3.0)], [0.5, 1.0, 0.5, -1.0]
    nn.mse(xs, cs, reduction="half_mean").backward()
    assert [x.grad for x in xs] == [(x.data - c) / 4 for x, c in zip(xs, cs, strict=True)]


def test_reductions():
    xs, ts = [Value(1.0), Value(3.0)], [0.0, 0.0]
    assert nn.mse(xs, ts).data == 5.0
    assert nn.mse(xs, ts, reduction="half_mean").data == 2.5
    assert nn.mse(xs, ts, reduction="sum").data == 10.0
    assert [loss.data for loss in nn.mse(xs, ts, reduction="none")] == [1.0, 9.0]
    assert nn.mse(xs[0], 0.0).data == 1.0
    assert nn.mse([xs], [ts]).data == 5.0


def test_floats_and_arrays_are_accepted():
    assert nn.mse([1.0, 3.0], [0.0, 0.0]) == 5.0
    numpy = pytest.importorskip("numpy")
    assert nn.mse(numpy.array([1.0, 3.0]), numpy.zeros(2)) == 5.0
    assert nn.cross_entropy(numpy.zeros((2, 2)), numpy.array([0, 1])) == math.log(2.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.mse([1.0], [1.0, 2.0]), "mse: 1 predictions for 2 targets"),
        (lambda: nn.mse([], []), "mse: there are no predictions"),
        (lambda: nn.mse([1.0], 1.0), "mse: predictions and targets differ in shape"),
        (lambda: nn.mse(1.0, [1.0]), "mse: predictions and targets differ in shape"),
        (
            lambda: nn.mse([1.0], [1.0, 2.0], reduction="half_mean"),
            "mse: 1 predictions for 2 targets",
        ),
        (lambda: nn.l1([1.0], [1.0], reduction="average"), "there are mean, sum, none$"),
        (
            lambda: nn.mse([1.0], [1.0], reduction="average"),
            "no reduction 'average'.* half_mean",
        ),
        (lambda: nn.hinge([1.0], [0]), "hinge needs -1 and 1"),
        (lambda: nn.huber(1.0, 0.0, delta=0.0), "delta = 0.0 must be above 0"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2), "class 2 is not one of the classes 0 to 1"),
        (lambda: nn.cross_entropy([1.0, 2.0], -1), "class -1 is not one"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2, label_smoothing=0.1), "class 2 is not one"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0.5), "a class index is a whole number"),
        (lambda: nn.cross_entropy([1.0, 2.0], [0.5, 1.5]), "1.5 is no probability"),
        (lambda: nn.cross_entropy([1.0, 2.0], [1.0]), "1 probabilities for 2 classes"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, label_smoothing=2), "label_smoothing = 2"),
        (lambda: nn.cross_entropy([], 0), "one number for each class"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0, 1]), "1 examples need as many targets"),
        (lambda: nn.nll([1.0, 2.0], 5), "nll: class 5"),
        (lambda: nn.binary_cross_entropy(Value(1.5, "p"), 1.0), "p = 1.5.*must lie in"),
        (lambda: nn.binary_cross_entropy(Value(0.5), 2.0), "must lie in"),
        (lambda: nn.binary_cross_entropy(1.0, 0.5), "the loss is infinite"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def _gradient(function, number):
    x = Value(number)
    function(x).backward()
    return x.grad
