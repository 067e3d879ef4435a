"""Neurons, layers and networks: what they compute, take and refuse."""

import math
import random

import pytest

import autodiff
import nn
from autodiff import Value


def _set(module, numbers):
    nn.vector_to_parameters(numbers, module.parameters())
    return module


def test_a_neuron_is_an_affine_node_and_its_activation():
    neuron = _set(nn.Neuron(2, activation="tanh"), [0.5, -1.0, 0.25])
    x = Value(3.0)
    out = neuron([x, 2.0])
    assert out.data == math.tanh(0.25 + 1.5 - 2.0)
    assert out.primitive.name == "tanh"
    assert out.parents[0].primitive.name == "affine"
    out.backward()
    slope = 1 - out.data**2
    assert math.isclose(x.grad, 0.5 * slope)
    assert math.isclose(neuron.weight[0].grad, 3.0 * slope)
    assert math.isclose(neuron.bias.grad, slope)


def test_one_output_is_a_value_and_several_are_a_list():
    assert isinstance(nn.MLP(3, [4, 1])([1, 2, 3]), Value)
    assert len(nn.MLP(3, [4, 2])([1, 2, 3])) == 2
    assert isinstance(nn.Layer(1, 1)(2.0), Value)


def test_sizes_may_be_numpys_and_one_alone():
    assert len(nn.MLP(2, 3)([1, 2])) == 3
    numpy = pytest.importorskip("numpy")
    assert len(nn.MLP(numpy.int64(2), numpy.array([3, 2]))([1, 2])) == 2


def test_hidden_layers_have_the_activation_and_the_last_is_linear():
    model = nn.MLP(2, [3, 3, 1], activation="sigmoid")
    names = [layer.neurons[0].activation.__name__ for layer in model.layers]
    assert names == ["sigmoid", "sigmoid", "linear"]


def test_activations_may_differ_by_layer_and_be_functions():
    model = nn.MLP(1, [1, 1], activation=[abs, "sigmoid"])
    _set(model, [-2.0, 0.0, 1.0, 0.0])
    assert model(1.0).data == autodiff.sigmoid(2.0)
    assert repr(model).splitlines()[1].strip().startswith("layers.0: Layer(1 -> 1, abs)")


def test_inside_a_scope_layers_and_neurons_are_scopes_too():
    model = nn.MLP(2, [3, 1], seed=0)
    with autodiff.scope("net"):
        out = model([1.0, 2.0])
    assert out.scope == ("net", "layer 1", "neuron 0")
    hidden = [parent for parent in out.parents if parent.primitive is not None]
    assert [h.scope for h in hidden] == [("net", "layer 0", f"neuron {i}") for i in range(3)]
    assert hidden[0].parents[0].scope == hidden[0].scope
    assert model([1.0, 2.0]) == out
    assert model([1.0, 2.0]).scope == ()


def test_every_activation_name_works():
    for name in nn.ACTIVATIONS:
        out = _set(nn.Neuron(1, activation=name), [1.0, 0.0])(0.5)
        out.backward()
        assert math.isfinite(out.data)


def test_micrograds_nonlin_is_accepted():
    assert nn.Neuron(1, nonlin=True).activation is autodiff.relu
    assert nn.Neuron(1, nonlin=False).activation(-3.0) == -3.0
    assert nn.Layer(1, 2, nonlin=False).neurons[0].activation(-3.0) == -3.0
    assert nn.MLP(1, [2, 1], nonlin=True).layers[0].neurons[0].activation is autodiff.relu
    assert nn.MLP(1, [2, 1], nonlin=False).layers[0].neurons[0].activation(-3.0) == -3.0


def test_without_bias():
    model = nn.MLP(2, [3, 1], bias=False)
    assert len(model.parameters()) == 9
    assert model([0.0, 0.0]).data == 0.0


def test_a_seed_gives_the_same_network_and_leaves_the_global_state_alone():
    random.seed(5)
    before = random.getstate()
    first, second, other = (nn.MLP(2, [4, 1], seed=seed) for seed in (3, 3, 4))
    nn.MLP(2, [2])
    assert random.getstate() == before
    assert first.state_dict() == second.state_dict()
    assert first.state_dict() != other.state_dict()


def test_parameters_start_as_in_pytorchs_linear():
    numbers = list(nn.Layer(16, 50, seed=0).state_dict().values())
    assert max(map(abs, numbers)) <= 0.25
    assert max(map(abs, numbers)) > 0.24


def test_initializers_can_be_chosen():
    layer = nn.Layer(2, 3, weight_init=nn.constant(0.5), seed=0)
    assert [p.data for p in layer.parameters()] == [0.5, 0.5, 0.0] * 3
    neuron = nn.Neuron(1, weight_init=nn.constant(1.0), bias_init=nn.constant(2.0))
    assert [p.data for p in neuron.parameters()] == [1.0, 2.0]
    widths = [
        nn.MLP(100, [100], weight_init=init, bias=False, seed=1)
        for init in (nn.xavier_normal(), nn.kaiming_normal(nonlinearity="relu"), nn.normal(0, 2))
    ]
    for model, std in zip(widths, (0.1, math.sqrt(0.02), 2.0), strict=True):
        numbers = nn.parameters_to_vector(model.parameters())
        assert math.isclose(math.hypot(*numbers) / 100, std, rel_tol=0.03)


def test_inputs_may_be_tuples_arrays_and_data_frame_rows():
    model = nn.MLP(2, [2], seed=1)
    expected = [out.data for out in model([1.0, 2.0])]
    numpy = pytest.importorskip("numpy")
    rows = [(1, 2), numpy.array([1.0, 2.0]), [numpy.float64(1.0), Value(2.0)], iter([1.0, 2.0])]
    for row in rows:
        assert [out.data for out in model(row)] == expected
    objects = numpy.array([Value(1.0), Value(2.0)])
    assert [out.data for out in model(objects)] == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.MLP(2, [3, 1])([1.0]), r"Layer\(2 -> 3, relu\) takes 2 inputs, not 1"),
        (lambda: nn.Neuron(1)([1.0, 2.0]), r"Neuron\(1, relu\) takes 1 input, not 2"),
        (lambda: nn.Sequential(nn.Layer(1, 2), nn.Layer(3, 1))(1.0), "takes 3 inputs, not 2"),
        (lambda: nn.MLP(2, []), "nouts is empty"),
        (lambda: nn.MLP(0, [1]), "nin = 0 must be 1 or more"),
        (lambda: nn.Layer(1, 0), "nout = 0 must be 1 or more"),
        (lambda: nn.MLP(1, [1, 1], activation=["relu"]), "1 activations for 2 layers"),
        (lambda: nn.MLP(1, [1, 1], activation="rely"), "no activation 'rely'; there are"),
        (lambda: nn.Layer(1, 3, activation="softmax"), "softmax acts on a whole layer"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_initializers_by_the_number_of_outputs_and_their_gains():
    wide, narrow = nn.kaiming_normal(mode="fan_out"), nn.kaiming_normal()
    rng = [random.Random(0), random.Random(0)]
    assert math.isclose(wide(4, 100, rng[0]) * 5.0, narrow(4, 100, rng[1]), rel_tol=1e-15)
    with pytest.raises(ValueError, match="neither 'fan_in' nor 'fan_out'"):
        nn.kaiming_uniform(mode="fan_both")
    with pytest.raises(ValueError, match="no gain is known for 'cosine'; known are linear"):
        nn.kaiming_normal(nonlinearity="cosine")
