"""Clipping: every norm, without overflow, refused where it makes no sense, together or not."""

import math
import random
import struct

import pytest

import nn
from autodiff import ShapeError, Value, buffers

GRADIENTS = [3.0, -4.0, 0.0, 12.0]
NORMS = [0.0, 0.5, 1.0, 2.0, 3.0, -1.0, math.inf, -math.inf]


def _parameters(gradients):
    parameters = [Value(1.0) for _ in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return parameters


@pytest.mark.parametrize(
    ("norm_type", "norm"),
    [(0, 3.0), (0.5, (math.sqrt(3) + 2 + math.sqrt(12)) ** 2), (1, 19.0), (2, 13.0),
     (3, 1819 ** (1 / 3)), (math.inf, 12.0), (-math.inf, 0.0), (-1, 0.0)],
)  # fmt: skip
def test_norms(norm_type, norm):
    assert nn.clip_grad_norm_(_parameters(GRADIENTS), 1e9, norm_type) == pytest.approx(norm)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e308])
@pytest.mark.parametrize("norm_type", [0.5, 1, 2, 3, 17, -1, -3, math.inf, -math.inf])
def test_no_norm_overflows_on_the_way(size, norm_type):
    """The third norm of two gradients of 1e200 was infinite, and clipping made them 0."""
    parameters = _parameters([size / 8, -size / 8])
    expected = size / 8 * (2.0 ** (1.0 / norm_type) if math.isfinite(norm_type) else 1.0)
    assert nn.clip_grad_norm_(parameters, size / 80, norm_type) == pytest.approx(expected)
    # Small norms are not clipped to full: PyTorch adds 1e-6 to what it divides by.
    factor = min(1.0, size / 80 / (expected + 1e-6))
    assert parameters[0].grad == pytest.approx(size / 8 * factor)


def test_no_gradients_have_the_norm_0():
    for norm_type in NORMS:
        assert nn.clip_grad_norm_([], 1.0, norm_type) == 0.0


@pytest.mark.parametrize("wrong", [-1.0, math.nan, "1", None])
def test_what_is_no_bound_is_refused(wrong):
    """A negative max_norm turned every gradient around."""
    parameters = _parameters(GRADIENTS)
    with pytest.raises(ValueError, match=r"max_norm = .* must be 0 or more"):
        nn.clip_grad_norm_(parameters, wrong)
    with pytest.raises(ValueError, match=r"clip_value = .* must be 0 or more"):
        nn.clip_grad_value_(parameters, wrong)
    with pytest.raises(ValueError, match="norm_type = nan"):
        nn.clip_grad_norm_(parameters, 1.0, math.nan)
    assert [p.grad for p in parameters] == GRADIENTS


@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite(norm_type, bad):
    norm = nn.clip_grad_norm_(_parameters([1.0, bad, math.inf]), 1e9, norm_type)
    if norm_type == 0.0:
        assert norm == 3.0
    elif math.isnan(bad):
        assert math.isnan(norm)
    else:
        assert norm == (1.0 if norm_type < 0 else math.inf)


def test_an_infinite_norm_makes_the_others_0_and_a_bound_of_inf_changes_nothing():
    parameters = _parameters([1.0, math.inf])
    nn.clip_grad_norm_(parameters, math.inf)
    assert [p.grad for p in parameters] == [1.0, math.inf]
    nn.clip_grad_norm_(parameters, 1.0)
    assert parameters[0].grad == 0.0 and math.isnan(parameters[1].grad)


def _bits(parameters):
    return [p.grad != p.grad or struct.pack("d", p.grad) for p in parameters]  # any nan is nan


@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.parametrize("odd", [0.0, -0.0, 5e-324, 1e200, math.inf, math.nan])
def test_together_they_have_the_same_bits(norm_type, odd):
    np = pytest.importorskip("numpy")
    rng = random.Random(3)
    gradients = [odd, -odd, *(rng.gauss(0.0, 2.0) for _ in range(30))]
    single, together = _parameters(gradients), _parameters(gradients)
    buffers.move(together)
    norms = [nn.clip_grad_norm_(each, 0.7, norm_type) for each in (single, together)]
    assert np.array_equal(norms[0], norms[1], equal_nan=True)
    assert _bits(single) == _bits(together)
    for each in (single, together):
        nn.clip_grad_value_(each, 0.1)
    assert _bits(single) == _bits(together)


def test_parameters_in_buffers_are_really_clipped_together(monkeypatch):
    pytest.importorskip("numpy")
    parameters = _parameters([1.0] * 20)
    optimizer = nn.SGD(parameters)
    buffers.move(parameters)
    monkeypatch.setattr(buffers.BufferedValue, "_write_grad", None)
    monkeypatch.setattr(buffers.BufferedValue, "grad", None)
    nn.clip_grad_norm_(optimizer.params, 1.0)
    nn.clip_grad_value_(parameters, 0.1)
    monkeypatch.undo()
    assert [p.grad for p in parameters] == [0.1] * 20


@pytest.mark.parametrize("moved", [False, True])
def test_frozen_parameters_and_those_given_twice(moved):
    model = nn.MLP(2, [2, 1], seed=0)
    if moved:
        pytest.importorskip("numpy")
        buffers.move(model.parameters())
    for parameter in model.parameters():
        parameter.grad = 3.0
    model.layers[0].freeze()
    last = model.layers[1].parameters()
    assert nn.clip_grad_norm_([*last, *last], 1.0) == pytest.approx(math.sqrt(27.0))
    assert nn.clip_grad_norm_(model, 9.0) == pytest.approx(1.0)  # a module, as optimizers take it
    assert {p.grad for p in model.layers[0].parameters()} == {3.0}
    model.layers[0].unfreeze()


def test_one_parameter_alone():
    (parameter,) = _parameters([5.0])
    nn.clip_grad_value_(parameter, 2.0)
    assert parameter.grad == 2.0
    with pytest.raises(TypeError, match="is no Value but 1"):
        nn.clip_grad_norm_([1.0], 1.0)


def test_vectors_hold_numbers():
    with pytest.raises(TypeError, match="entry 1 of the vector is no number: '2'"):
        nn.vector_to_parameters([1.0, "2"], _parameters([0.0, 0.0]))
    with pytest.raises(ShapeError):
        nn.vector_to_parameters([1.0], _parameters([0.0, 0.0]))
