"""Networks in pictures: names by layer, neuron and input, collapsed cards, the architecture."""

from __future__ import annotations

import copy
import json
import re

import pytest

import autodiff
import nn
from autodiff import OperandError, Place, Value, draw, leaf_namer, steps
from autodiff.display.picture.neighbourhood import opened
from autodiff.display.picture.shown import NETWORK
from autodiff.leaves import NAMERS

POINTS = ([0.5, 1.0], [-1.0, 2.0], [0.3, 0.2])


def loss_of(model: nn.Module) -> Value:
    loss: Value = nn.mse([model(point) for point in POINTS], [1.0, 0.0, 1.0])
    return loss


def names(value: Value) -> list[str]:
    return [str(node.name) for node in steps(value).graph]


def test_parameters_are_named_by_layer_neuron_and_input() -> None:
    """They were alphabet soup: a, b, c, …, z₁."""
    model = nn.MLP(2, [2, 1], activation="tanh", seed=1)
    output = model([0.5, -1.0])
    first = "w⁽¹⁾₁₁ w⁽¹⁾₁₂ b⁽¹⁾₁ z⁽¹⁾₁ h⁽¹⁾₁ w⁽¹⁾₂₁ w⁽¹⁾₂₂ b⁽¹⁾₂ z⁽¹⁾₂ h⁽¹⁾₂"
    assert sorted(names(output)) == sorted(f"{first} w⁽²⁾₁₁ w⁽²⁾₁₂ b⁽²⁾₁ f".split())
    graph = steps(output).graph
    value = {str(node.name): node.value for node in graph}
    second = model.layers[0].neurons[1]
    assert value["w⁽¹⁾₂₁"] == second.weight[0].data and value["b⁽¹⁾₂"] == second.bias.data


def test_hidden_values_carry_the_example() -> None:
    model = nn.MLP(2, [2, 1], activation="tanh", seed=1)
    found = names(loss_of(model))
    assert {"h⁽¹⁾₂[1]", "h⁽¹⁾₂[3]", "z⁽¹⁾₁[2]", "ŷ[1]", "ŷ[3]"} <= set(found)
    assert len(found) == len(set(found)) and "ŷ[4]" not in found


def test_large_numbers_do_not_run_together_and_labels_win() -> None:
    model = nn.MLP(12, [11, 1], seed=1)
    model.layers[0].neurons[10].weight[11].label = "mine"
    found = names(model([0.1] * 12))
    assert {"w⁽¹⁾₁₁,₁", "w⁽¹⁾₁₁,₁₁", "w⁽¹⁾₁₁", "mine"} <= set(found) and "w⁽¹⁾₁₁,₁₂" not in found
    assert len(found) == len(set(found))


def test_neurons_copies_and_other_parameters_have_names_too() -> None:
    assert names(nn.Neuron(2, "tanh", seed=1)([1.0, 2.0])) == ["w₁", "w₂", "b", "z", "f"]
    assert "w⁽¹⁾₂₁" in names(copy.deepcopy(nn.MLP(1, [2, 1], seed=1))([0.5]))

    class Line(nn.Module):
        def __init__(self) -> None:
            self.slope, self.offset = Value(2.0), Value(1.0)

        def forward(self, x: float) -> Value:
            return self.slope * x + self.offset

    assert names(Line()(3.0)) == ["slope", "a", "offset", "f"]


def test_a_model_that_is_gone_leaves_its_names() -> None:
    assert {"w⁽¹⁾₂₁", "b⁽²⁾₁", "h⁽¹⁾₂[3]", "ŷ[1]"} <= set(
        names(loss_of(nn.MLP(2, [2, 1], activation="tanh", seed=1)))
    )


def test_two_models_in_one_graph_do_not_share_names() -> None:
    first, second = nn.MLP(1, [2], seed=1), nn.MLP(1, [2], seed=2)
    found = names(first([1.0])[0] * second([1.0])[0])
    assert len(found) == len(set(found)) and {"w⁽¹⁾₁₁", "w⁽²⁾₁₁"} <= set(found)


def test_a_library_of_its_own_can_name_leaves() -> None:
    w = Value(2.0)

    @leaf_namer
    def mine(leaves: object) -> dict[int, Place]:
        return {id(w): Place(layer="only", neuron=2, input=1)}

    try:
        assert names(w * 3.0)[0] == "w⁽¹⁾₂₁"
    finally:
        NAMERS.remove(mine)
    assert names(w * 3.0)[0] == "a"


@pytest.mark.parametrize("sizes", [[3, 1], [4, 4, 1], [8, 8, 1], [16, 16, 1]])
def test_a_loss_over_three_points_takes_at_most_40_cards(sizes: list[int]) -> None:
    """It was 95 unreadable cards, without a word."""
    model = nn.MLP(2, sizes, activation="tanh", seed=1)
    loss = loss_of(model)
    view = draw(loss).picture.view  # type: ignore[union-attr]  # no model
    cards = [card for card in view.cards if card.kind != "constant"]
    assert len(cards) <= NETWORK
    assert len([card for card in cards if card.kind == "group"]) % 3 == 0
    everything = [node for group in view.grouping.groups for node in group.members]  # type: ignore[union-attr]
    assert len(everything) == len(set(everything))


def test_a_card_opens_to_its_own_nodes() -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    loss = loss_of(model)
    view = draw(loss).picture.view  # type: ignore[union-attr]
    inner = opened(view, 0, 4)
    headings = ["".join(run.text for run in card.heading) for card in inner.cards]
    assert "w(1)11" in headings and any(text.startswith("h(1)1[1] = tanh") for text in headings)
    html = draw(loss)._repr_html_()
    inside = json.loads("[" + re.findall(r"drawing\(image,\.\.\.(.*)\)\}\)\(\)", html)[0] + "]")[0][
        2
    ]
    assert len(inside) == 12 and all(part[4].startswith("data:image/svg+xml,") for part in inside)


def test_a_model_draws_its_layers() -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    svg = draw(model).svg
    widths = [float(w) for w in re.findall(r'stroke-width="([\d.]+)" stroke-opacity', svg)]
    weights = [
        w.data for n in (*model.layers[0].neurons, *model.layers[1].neurons) for w in n.weight
    ]
    assert len(widths) == len(weights) == 9
    assert widths[:6] == sorted(widths[:6]) and max(widths) == 5.0  # the strongest lies on top
    assert svg.count("stroke-dasharray") == sum(w < 0 for w in weights)
    for weight in weights:
        assert repr(weight) in svg
    assert "layer 1" in svg and "tanh" in svg and "13 parameters" in svg
    with pytest.raises(OperandError, match="no layers of neurons"):
        draw(nn.Sequential(autodiff.tanh))
    with pytest.raises(OperandError, match="no TikZ"):
        _ = draw(model).tikz
