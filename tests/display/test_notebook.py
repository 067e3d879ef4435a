"""What notebooks show."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from autodiff import Value, exp, sin
from autodiff.display.pages.notebook import card_svg, latex, mimebundle
from tests.display.graphs import GRAPHS, HOSTILE, ladder, toy


def test_a_value_is_a_small_card_and_latex() -> None:
    bundle = mimebundle(sin(Value(0.5, "x")).named("y"))
    assert bundle["text/plain"] == "Value(0.479425538604203, label='y')"
    assert bundle["text/latex"] == r"$\displaystyle y = \sin x \approx 0.4794$"
    assert bundle["text/html"].startswith("<img src=") and "sin" in bundle["text/html"]


def test_operands_without_a_label_appear_as_numbers() -> None:
    assert latex(toy()) == r"\frac{2}{0.9242} \approx 2.164"
    assert latex(Value(2.0)) == "2" and latex(Value(2.0, "x")) == "x = 2"
    assert latex(exp(Value(2.0)) * 2.0) == r"7.389 \cdot 2 \approx 14.78"


def test_a_gradient_that_was_not_computed_is_a_dash() -> None:
    f = toy()
    assert "–" in card_svg(f)
    f.backward()
    assert "–" not in card_svg(f)


def test_the_card_of_a_huge_graph_is_small() -> None:
    assert len(card_svg(ladder(1000))) < 3000


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_cards_are_valid(name: str) -> None:
    ET.fromstring(card_svg(GRAPHS[name]()))


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_stay_text(label: str) -> None:
    svg = card_svg(Value(1.0, label))
    ET.fromstring(svg)
    assert "<script" not in svg
    assert latex(Value(1.0, label)).count("{") >= 0
