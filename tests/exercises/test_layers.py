"""Layers with forward and backward by hand agree with the engine."""

import doctest
import math

import pytest

import autodiff
import nn
from autodiff import Value
from exercises import layers

X = [[0.5, -1.25, 2.0], [1.5, 0.25, -0.5]]
W1 = [[0.1, -0.4], [-0.2, 0.25], [0.3, 0.05]]
B1 = [0.05, -0.1]
W2 = [[0.7, -1.1, 0.2], [0.3, 0.4, -0.6]]
B2 = [0.2, 0.0, -0.3]
ACTIVATIONS = {
    "relu": layers.ReLU,
    "sigmoid": layers.Sigmoid,
    "tanh": layers.Tanh,
}


def _near(found, expected):
    for row, exact_row in zip(found, expected, strict=True):
        for number, exact in zip(row, exact_row, strict=True):
            assert math.isclose(number, exact, rel_tol=1e-13, abs_tol=1e-16)


def _values(matrix):
    return [[Value(number) for number in row] for row in matrix]


def _grads(matrix):
    return [[value.grad for value in row] for row in matrix]


def _affine(rows, weight, bias):
    columns = list(zip(*weight, strict=True))
    return [
        [autodiff.affine(column, row, b) for column, b in zip(columns, bias, strict=True)]
        for row in rows
    ]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("kind", ["classes", "numbers", "halves"])
def test_a_network_by_hand_agrees_with_the_engine(name, kind):
    targets = [2, 0] if kind == "classes" else [[1.0, 0.0, 0.5], [0.0, 1.0, -0.5]]
    first, activation, second = layers.Affine(W1, B1), ACTIVATIONS[name](), layers.Affine(W2, B2)
    if kind == "classes":
        loss = layers.SoftmaxCrossEntropy()
    else:
        loss = layers.MeanSquaredError(half=kind == "halves")
    output = second.forward(activation.forward(first.forward(X)))
    value = loss.forward(output, targets)
    dX = first.backward(activation.backward(second.backward(loss.backward())))

    x, w1, w2 = _values(X), _values(W1), _values(W2)
    b1, b2 = _values([B1, B2])
    function = getattr(autodiff, name)
    hidden = [[function(a) for a in row] for row in _affine(x, w1, b1)]
    logits = _affine(hidden, w2, b2)
    if kind == "classes":
        engine = nn.cross_entropy(logits, targets)
    else:
        engine = nn.mse(logits, targets, reduction="half_mean" if kind == "halves" else "mean")
    engine.backward()
    assert math.isclose(engine.data, value, rel_tol=1e-14)
    _near(_grads(x), dX)
    _near(_grads(w1), first.weight_gradient)
    _near(_grads(w2), second.weight_gradient)
    _near([[b.grad for b in b1], [b.grad for b in b2]], [first.bias_gradient, second.bias_gradient])


def test_the_slope_of_relu_at_0_is_0():
    layer = layers.ReLU()
    layer.forward([[0.0, -1.0, 1.0]])
    assert layer.backward([[5.0, 5.0, 5.0]]) == [[0.0, 0.0, 5.0]]


def test_upstream_gradients_scale_everything():
    loss = layers.SoftmaxCrossEntropy()
    loss.forward([[1.0, 2.0]], [0])
    assert loss.backward(3.0) == [[3.0 * g for g in row] for row in loss.backward()]


def test_nothing_overflows():
    loss = layers.SoftmaxCrossEntropy()
    assert loss.forward([[1e4, -1e4]], [1]) == 2e4
    assert layers.Sigmoid().forward([[-1e4, 1e4]]) == [[0.0, 1.0]]


def test_an_affine_layer_needs_no_bias():
    layer = layers.Affine([[2.0]])
    assert layer.forward([[3.0]]) == [[6.0]]


def test_the_examples_in_the_docstrings():
    result = doctest.testmod(layers)
    assert result.attempted > 5 and not result.failed
