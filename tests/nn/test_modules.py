"""Modules: how parameters are found, named, frozen, shown, saved and restored."""

import copy
import gc
import pickle

import pytest

import nn
from autodiff import Value


class Line(nn.Module):
    def __init__(self):
        self.slope = Value(2.0)
        self.offsets = {"left": Value(1.0), "right": [Value(3.0), Value(4.0)]}
        self.inner = (nn.Neuron(1, seed=1), "no parameter", 5)
        self._private = Value(9.0)

    def forward(self, x):
        return self.slope * x


def test_parameters_are_found_in_the_order_in_which_attributes_were_set():
    assert [name for name, _ in Line().named_parameters()] == [
        "slope",
        "offsets.left",
        "offsets.right.0",
        "offsets.right.1",
        "inner.0.weight.0",
        "inner.0.bias",
    ]


def test_neither_computed_nor_underscored_values_are_parameters():
    line = Line()
    line.last_output = line(2.0)
    assert all(name not in dict(line.named_parameters()) for name in ("last_output", "_private"))


def test_a_shared_parameter_counts_once():
    line = Line()
    line.tied = line.slope
    assert len(line.parameters()) == 6
    line.other = line.inner[0]
    assert [name for name, _ in line.named_modules()] == ["", "inner.0"]


def test_modules_may_refer_to_each_other_in_circles():
    line = Line()
    line.inner[0].owner = line
    line.notes = [line.offsets]
    assert len(line.parameters()) == 6
    assert repr(line).count("Line()") == 1


def test_values_in_object_arrays_are_found():
    numpy = pytest.importorskip("numpy")
    line = Line()
    line.more = numpy.array([[Value(5.0), Value(6.0)]])
    line.data = numpy.zeros(3)
    assert list(line.state_dict())[-2:] == ["more.0.0", "more.0.1"]


def test_models_with_functions_by_name_can_be_pickled():
    model = nn.MLP(2, [3, 3, 1], activation=["relu", "gelu", "sigmoid"], seed=0)
    twin = pickle.loads(pickle.dumps(model))
    assert twin([1.0, 2.0]) == model([1.0, 2.0])
    assert repr(twin) == repr(model)


def test_forward_may_have_options():
    class Scaled(nn.Module):
        def forward(self, x, *, factor=1.0):
            return factor * x

    assert Scaled()(3.0, factor=2.0) == 6.0


def test_mlp_names_follow_the_structure():
    model = nn.MLP(2, [3, 1], seed=0)
    names = [name for name, _ in model.named_parameters()]
    assert names[:4] == [
        "layers.0.neurons.0.weight.0",
        "layers.0.neurons.0.weight.1",
        "layers.0.neurons.0.bias",
        "layers.0.neurons.1.weight.0",
    ]
    assert names[-1] == "layers.1.neurons.0.bias"
    assert len(names) == 13
    assert list(model.state_dict()) == names


def test_zero_grad():
    line = Line()
    line(3.0).backward()
    assert line.slope.grad == 3.0
    line.zero_grad()
    assert line.slope.grad == 0.0


def test_train_and_eval_reach_every_module():
    model = nn.Sequential(nn.Layer(1, 2, seed=0), nn.MLP(2, [1], seed=0))
    assert model.training
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert all(module.training for _, module in model.train().named_modules())


def test_frozen_parameters_stay_when_the_rest_moves():
    model = nn.MLP(1, [2, 1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1, weight_decay=0.1, momentum=0.9)
    model.layers[0].freeze()
    before = model.state_dict()
    for parameter in model.parameters():
        parameter.grad = 1.0
    nn.clip_grad_value_(model.parameters(), 0.5)
    optimizer.step()
    moved = {name for name, number in model.state_dict().items() if number != before[name]}
    assert moved == {name for name in before if name.startswith("layers.1")}
    assert {p.grad for p in model.layers[0].parameters()} == {1.0}
    model.unfreeze()
    optimizer.step()
    assert all(number != before[name] for name, number in model.state_dict().items())


def test_copies_and_pickles_of_a_frozen_module_are_frozen():
    model = nn.MLP(1, [1], seed=0).freeze()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        optimizer = nn.SGD(twin, lr=1.0)
        twin.parameters()[0].grad = 1.0
        optimizer.step()
        assert twin.state_dict() == model.state_dict()


def test_a_frozen_module_can_be_freed():
    model = nn.MLP(1, [1], seed=0).freeze()
    parameters = model.parameters()
    del model
    gc.collect()
    parameters[0].grad = 1.0
    before = parameters[0].data
    nn.SGD(parameters, lr=1.0).step()
    assert parameters[0].data == before - 1.0


def test_repr_is_a_tree_with_counts():
    model = nn.Sequential(nn.MLP(2, [3, 1], activation="tanh", seed=0), abs, nn.Neuron(1))
    model.layers[2].freeze()
    assert repr(model) == "\n".join(
        [
            "Sequential()  # 15 parameters",
            "  layers.0: MLP(2 -> 3 -> 1)  # 13 parameters",
            "    layers.0: Layer(2 -> 3, tanh)  # 9 parameters",
            "    layers.1: Layer(3 -> 1, linear)  # 4 parameters",
            "  layers.2: Neuron(1, relu)  # 2 parameters, frozen",
        ]
    )
    assert repr(nn.Module()) == "Module()  # 0 parameters"


def test_load_state_dict_restores_the_numbers():
    source, target = nn.MLP(2, [2, 1], seed=1), nn.MLP(2, [2, 1], seed=2)
    target.load_state_dict(source.state_dict())
    assert target.state_dict() == source.state_dict()
    assert target([1.0, 2.0]) == source([1.0, 2.0])


def test_a_state_that_does_not_fit_is_told_in_full_and_changes_nothing():
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()
    state = {"layers.0.neurons.0.weight.0": "heavy", "bias": 1.0}
    with pytest.raises(nn.StateError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == (
        "this state does not fit MLP; nothing was loaded. "
        "not a number: layers.0.neurons.0.weight.0 = 'heavy'; "
        "missing: layers.0.neurons.0.bias; unexpected: bias"
    )
    assert model.state_dict() == before


@pytest.mark.parametrize("wrong", [None, True, "1.0", [1.0], 1j, 10**400])
def test_only_real_numbers_are_numbers(wrong):
    model = nn.MLP(1, [1], bias=False, seed=0)
    with pytest.raises(nn.StateError, match="not a number"):
        model.load_state_dict({"layers.0.neurons.0.weight.0": wrong})


def test_without_strict_the_common_part_is_loaded():
    model = nn.MLP(1, [1], seed=0)
    bias = model.state_dict()["layers.0.neurons.0.bias"]
    model.load_state_dict({"layers.0.neurons.0.weight.0": 5, "more": 1.0}, strict=False)
    assert list(model.state_dict().values()) == [5.0, bias]
    with pytest.raises(nn.StateError, match="not a number"):
        model.load_state_dict({"layers.0.neurons.0.weight.0": None}, strict=False)


def test_a_state_is_a_dict():
    with pytest.raises(nn.StateError, match="a state is a dict"):
        nn.MLP(1, [1]).load_state_dict([1.0, 2.0])


def test_a_module_needs_a_forward():
    with pytest.raises(NotImplementedError, match="Module defines no forward"):
        nn.Module()(1.0)


def test_parameters_as_a_vector():
    model = nn.MLP(1, [1], seed=0)
    nn.vector_to_parameters([1.0, -0.0], model.parameters())
    assert nn.parameters_to_vector(model.parameters()) == [1.0, -0.0]
    with pytest.raises(ValueError, match="2 parameters cannot be set from 1 numbers"):
        nn.vector_to_parameters([1.0], model.parameters())
    assert nn.parameters_to_vector(model.parameters()) == [1.0, -0.0]
