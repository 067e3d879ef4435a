"""Every network of the teaching texts, with its worked numbers (letters as in the data)."""

import math

import pytest

import autodiff
import nn
from autodiff import Value
from exercises import layers
from tests.support.data import load

SEED = load("seed_examples")


def _near(found, expected):
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for part, exact in zip(found, expected, strict=True):
            _near(part, exact)
    else:
        number = getattr(found, "data", found)
        assert math.isclose(number, expected, rel_tol=1e-12, abs_tol=1e-15), (number, expected)


def _values(numbers):
    return [_values(n) for n in numbers] if isinstance(numbers, list) else Value(numbers)


def _grads(values):
    return [_grads(v) for v in values] if isinstance(values, list) else values.grad


def _set(model, weights):
    """Set a network's weights: one matrix per layer, one row per neuron, the bias last in it."""
    flat = [number for matrix in weights for row in matrix for number in row]
    nn.vector_to_parameters(flat, model.parameters())
    return model


def _weight_grads(layer):
    return [[w.grad for w in neuron.weight] for neuron in layer.neurons]


# ---- (b) regression net with one hidden layer ------------------------------------------------


def test_b_regression_net_by_equations():
    """a = Wx + b, h = σ(a), ŷ = Vh + c, E = (ŷ - y)²."""
    case = SEED["b"]
    x, W, b, V = (_values(case[name]) for name in ("x", "W", "b", "V"))
    c, y = Value(case["c"]), Value(case["y"])
    a = [autodiff.affine(row, x, bias) for row, bias in zip(W, b, strict=True)]
    h = [autodiff.sigmoid(entry) for entry in a]
    yhat = autodiff.affine(V, h, c)
    E = nn.squared_error(yhat, y)
    E.backward()
    for name, found in {"a": a, "h": h, "yhat": yhat, "E": E}.items():
        _near(found, case[name])
    gradients = {"x": x, "W": W, "b": b, "V": V, "c": c, "y": y, "a": a, "h": h, "yhat": yhat}
    for name, values in gradients.items():
        _near(_grads(values) if isinstance(values, list) else values.grad, case[f"dE_d{name}"])

    # dE/dW = outer(dE/da, x) and dE/db = dE/da, to the last bit; dE/dx = Wᵀ dE/da.
    da = [entry.grad for entry in a]
    assert _grads(W) == [[g * entry.data for entry in x] for g in da]
    assert _grads(b) == da
    _near(_grads(x), [sum(W[i][j].data * da[i] for i in range(2)) for j in range(3)])
    assert y.grad == -yhat.grad


def test_b_regression_net_as_a_model():
    case = SEED["b"]
    model = nn.MLP(3, [2, 1], activation="sigmoid")
    hidden = [[*row, bias] for row, bias in zip(case["W"], case["b"], strict=True)]
    _set(model, [hidden, [[*case["V"], case["c"]]]])
    loss = nn.mse(model(case["x"]), case["y"])
    loss.backward()
    _near(loss, case["E"])
    _near(_weight_grads(model.layers[0]), case["dE_dW"])
    _near([neuron.bias.grad for neuron in model.layers[0].neurons], case["dE_db"])
    _near(_weight_grads(model.layers[1]), [case["dE_dV"]])
    _near(model.layers[1].neurons[0].bias.grad, case["dE_dc"])


# ---- (c) three layers of one neuron ----------------------------------------------------------


def _chain(case):
    model = nn.MLP(1, [1, 1, 1], activation=["relu", "relu", "sigmoid"])
    return _set(model, [[[theta, b]] for theta, b in zip(case["theta"], case["b"], strict=True)])


@pytest.mark.parametrize("case", SEED["c"], ids=["alive", "dead second", "dead first"])
def test_c_three_neurons_in_a_row(case):
    model, x = _chain(case), Value(case["x"])
    yhat = model(x)
    C = nn.squared_error(yhat, case["y"])
    C.backward()
    _near(yhat, case["yhat"])
    _near(C, case["C"])
    _near([layer.neurons[0].weight[0].grad for layer in model.layers], case["dC_dtheta"])
    _near([layer.neurons[0].bias.grad for layer in model.layers], case["dC_db"])
    _near(x.grad, case["dC_dx"])


def test_c_partials_are_products_along_paths():
    """dC/dθ₁ = 2(ŷ-y) · ŷ(1-ŷ) · θ₃ · 1 · θ₂ · 1 · x: prefixes are shared, each factor local."""
    case = SEED["c"][0]
    error = 2 * (case["yhat"] - case["y"])
    at_z3 = error * case["yhat"] * (1 - case["yhat"])
    at_z2 = at_z3 * case["theta"][2]
    at_z1 = at_z2 * case["theta"][1]
    _near([at_z1, at_z2, at_z3], case["dC_db"])
    inputs = [case["x"], *case["h"]]
    _near([g * h for g, h in zip((at_z1, at_z2, at_z3), inputs, strict=True)], case["dC_dtheta"])


def test_c_cost_over_m_examples_is_the_mean_of_the_costs():
    case = SEED["c"][0]
    examples = [(1.5, 1.0), (-2.0, 0.0), (0.3, 0.5)]
    model = _chain(case)
    singles = []
    for x, y in examples:
        model.zero_grad()
        nn.squared_error(model(x), y).backward()
        singles.append([p.grad for p in model.parameters()])
    model.zero_grad()
    nn.mse([model(x) for x, _ in examples], [y for _, y in examples]).backward()
    _near([p.grad for p in model.parameters()], [sum(g) / 3 for g in zip(*singles, strict=True)])


# ---- (d) N layers without bias, -log softmax -------------------------------------------------


@pytest.mark.parametrize("case", SEED["d"], ids=lambda case: case["phi"])
def test_d_deep_classifier_without_bias(case):
    phi = getattr(autodiff, case["phi"].removeprefix("phi="))
    x, W = _values(case["x"]), _values(case["W"])
    z, o = [], x
    for depth, matrix in enumerate(W):
        z.append([autodiff.dot(row, o) for row in matrix])
        o = [phi(entry) for entry in z[-1]] if depth < len(W) - 1 else z[-1]
    loss = nn.cross_entropy(o, case["cls"])
    loss.backward()
    _near(z, case["z"])
    _near(loss, case["loss"])
    _near(autodiff.softmax(o), case["softmax"])
    _near(_grads(z), case["delta"])
    _near(_grads(W), case["dW"])
    _near(_grads(x), case["dx"])

    # At the output: softmax - 1[i = c].
    exact = [p - (i == case["cls"]) for i, p in enumerate(case["softmax"])]
    _near(_grads(z[-1]), exact)


@pytest.mark.parametrize("case", SEED["d"], ids=lambda case: case["phi"])
def test_d_as_a_model(case):
    model = nn.MLP(3, [4, 2, 3], activation=case["phi"].removeprefix("phi="), bias=False)
    _set(model, case["W"])
    loss = nn.cross_entropy(model(case["x"]), case["cls"])
    loss.backward()
    _near(loss, case["loss"])
    _near([_weight_grads(layer) for layer in model.layers], case["dW"])


def test_d_a_constant_input_of_1_replaces_the_bias():
    """A layer with bias is one without, given one more input that is always 1."""
    with_bias = nn.Layer(3, 2, activation="tanh", seed=1)
    without = nn.Layer(4, 2, activation="tanh", bias=False)
    nn.vector_to_parameters(nn.parameters_to_vector(with_bias.parameters()), without.parameters())
    x = [0.3, -0.7, 0.5]
    for layer, inputs in ((with_bias, x), (without, [*x, 1.0])):
        autodiff.sum(layer(inputs)).backward()
    _near([p.grad for p in without.parameters()], [p.grad for p in with_bias.parameters()])


# ---- (e) binary classifier -------------------------------------------------------------------


def test_e_binary_classifier():
    """f = σ(max(0, xW₁)W₂ + b), mean binary cross-entropy over N points."""
    case = SEED["e"]
    X, W1, W2 = (_values(case[name]) for name in ("X", "W1", "W2"))
    b = Value(case["b"])
    z1 = [[autodiff.dot(x, column) for column in zip(*W1, strict=True)] for x in X]
    hidden = [[autodiff.relu(entry) for entry in row] for row in z1]
    z2 = [autodiff.affine([w for (w,) in W2], row, b) for row in hidden]
    f = [autodiff.sigmoid(entry) for entry in z2]
    loss = nn.binary_cross_entropy(f, case["y"])
    loss.backward()
    for name, found in {"z1": z1, "z2": z2, "f": f, "loss": loss}.items():
        _near(found, case[name])
    for name, found in {"W1": W1, "W2": W2, "X": X}.items():
        _near(_grads(found), case[f"d{name}"])
    _near(b.grad, case["db"])

    # The logits form is the same function, with (f - y)/N as the gradient of each logit.
    for value in (*z2, b):
        value.grad = 0.0
    logits = [entry.detach() for entry in z2]
    again = nn.binary_cross_entropy_with_logits(logits, case["y"])
    again.backward()
    _near(again, case["loss"])
    _near(_grads(logits), [(p - y) / 4 for p, y in zip(case["f"], case["y"], strict=True)])


def test_e_the_gradient_of_a_batch_is_the_mean_over_its_examples():
    """The bias is broadcast to every example, so its gradient is the sum over them."""
    case = SEED["e"]
    model = nn.Sequential(nn.Layer(2, 3, bias=False), nn.Layer(3, 1, activation="sigmoid"))
    columns = [list(column) for column in zip(*case["W1"], strict=True)]
    _set(model, [columns, [[w for (w,) in case["W2"]] + [case["b"]]]])
    nn.binary_cross_entropy([model(x) for x in case["X"]], case["y"]).backward()
    batch = [p.grad for p in model.parameters()]
    model.zero_grad()
    for x, y in zip(case["X"], case["y"], strict=True):
        nn.binary_cross_entropy(model(x), y).backward()
    _near([p.grad / 4 for p in model.parameters()], batch)
    assert math.isclose(batch[-1], case["db"], rel_tol=1e-12)


# ---- (f) batched linear map ------------------------------------------------------------------


def _linear(X, W):
    return [[autodiff.dot(x, column) for column in zip(*W, strict=True)] for x in X]


def test_f_batched_linear():
    """Y = XW: dL/dW = Xᵀ dL/dY and dL/dX = dL/dY Wᵀ come out of the scalar graph."""
    case = SEED["f"]
    X, W = _values(case["X"]), _values(case["W"])
    Y = _linear(X, W)
    _near(Y, case["Y"])
    upstream = case["dL_dY"]
    autodiff.sum(
        y * g for ys, gs in zip(Y, upstream, strict=True) for y, g in zip(ys, gs, strict=True)
    ).backward()
    assert _grads(Y) == upstream
    _near(_grads(W), case["dL_dW"])
    _near(_grads(X), case["dL_dX"])
    _near(_grads(W), layers.matmul(layers.transpose(case["X"]), upstream))
    _near(_grads(X), layers.matmul(upstream, layers.transpose(case["W"])))


def test_f_nonlinear_loss_on_top():
    case = SEED["f"]["nonlinear"]
    X, W = _values(SEED["f"]["X"]), _values(SEED["f"]["W"])
    Y = _linear(X, W)
    loss = autodiff.sum(autodiff.tanh(y) ** 2 for row in Y for y in row)
    loss.backward()
    _near(loss, case["value"])
    for values, name in ((Y, "dL_dY"), (W, "dL_dW"), (X, "dL_dX")):
        _near(_grads(values), case[name])


# ---- (g) mean squared error ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reduction", "loss", "gradient"),
    [("half_mean", "loss_1_over_2m", "grad_1_over_2m"), ("mean", "loss_mean", "grad_mean")],
)
def test_g_mean_squared_error(reduction, loss, gradient):
    case = SEED["g"]
    x = _values(case["x"])
    found = nn.mse(x, case["c"], reduction=reduction)
    found.backward()
    assert found.data == case[loss]
    assert _grads(x) == case[gradient]


def test_g_the_gradient_is_not_x_minus_c():
    case = SEED["g"]
    x = _values(case["x"])
    nn.mse(x, case["c"], reduction="half_mean").backward()
    assert _grads(x) == [d / case["m"] for d in case["x_minus_c"]]
    assert _grads(x) != case["x_minus_c"]


def test_g_linear_layer_activation_layer_and_loss_in_row_vector_form():
    """x ↦ relu(xW + b) ↦ 1/(2m)·Σ(y - c)²: gradients of input, weights and bias."""
    X, W, b = [[0.5, -1.0], [1.5, 2.0]], [[0.1, -0.4, 0.3], [0.7, 0.2, -0.6]], [0.1, 0.2, 0.3]
    targets = [[1.0, 0.0, 0.5], [0.0, 1.0, -0.5]]
    affine, relu = layers.Affine(W, b), layers.ReLU()
    loss = layers.MeanSquaredError(half=True)
    value = loss.forward(relu.forward(affine.forward(X)), targets)
    dX = affine.backward(relu.backward(loss.backward()))

    xs, ws, bs = _values(X), _values(W), _values(b)
    Y = [
        [
            autodiff.relu(autodiff.affine(column, x, bias))
            for column, bias in zip(zip(*ws, strict=True), bs, strict=True)
        ]
        for x in xs
    ]
    engine = nn.mse(Y, targets, reduction="half_mean")
    engine.backward()
    _near(engine, value)
    _near(_grads(xs), dX)
    _near(_grads(ws), affine.weight_gradient)
    _near(_grads(bs), affine.bias_gradient)


# ---- gradient descent ------------------------------------------------------------------------


def _descend(rate, steps=30):
    """W ← W - τ∇E for a line through four points; the losses on the way."""
    xs, ys = [-1.0, 0.0, 1.0, 2.0], [-1.0, 1.0, 3.0, 5.0]
    w, b = Value(0.0), Value(0.0)
    losses = []
    for _ in range(steps):
        E = nn.mse([w * x + b for x in xs], ys)
        w.grad = b.grad = 0.0
        E.backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
        losses.append(E.data)
    return losses, w.data, b.data


def test_gradient_descent_finds_the_line():
    losses, w, b = _descend(0.2, steps=300)
    assert losses[:50] == sorted(losses[:50], reverse=True)
    assert math.isclose(w, 2.0, abs_tol=1e-9)
    assert math.isclose(b, 1.0, abs_tol=1e-9)


def test_learning_rates_too_small_and_too_large():
    small, good, large = (_descend(rate)[0] for rate in (1e-4, 0.2, 0.7))
    assert 0.9 * small[0] < small[-1] < small[0]
    assert good[-1] < 1e-3 * good[0]
    assert large[-1] > large[0]


def test_training_error_falls_while_the_test_error_rises():
    """Overfitting: 13 parameters learn the noise of 8 points."""
    rng = nn.parts.initializers.generator(3)
    xs = [[rng.uniform(-1, 1)] for _ in range(40)]
    ys = [x + 0.4 * rng.gauss(0, 1) for (x,) in xs]
    model = nn.MLP(1, [12, 1], activation="tanh", weight_init=nn.normal(0, 3), seed=1)
    history = nn.fit(
        model, xs[:8], ys[:8], loss="mse", optimizer=nn.Adam(model, lr=0.05), epochs=150,
        validation=(xs[8:], ys[8:]),
    )  # fmt: skip
    test = history["validation_loss"]
    assert history["loss"][-1] < 0.2 * history["loss"][20]
    assert test[-1] > 1.3 * min(test)


def test_stochastic_gradient_descent_uses_every_example_once_per_epoch():
    seen = []
    model = nn.MLP(1, [1], seed=0)

    def loss(predictions, targets):
        seen.append(list(targets))
        return nn.mse(predictions, targets)

    nn.fit(model, range(5), range(5), loss=loss, optimizer=nn.SGD(model), epochs=2, batch_size=2)
    epochs = [[t for batch in seen[i : i + 3] for t in batch] for i in (0, 3)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(5))] * 2
    assert epochs[0] != epochs[1]
