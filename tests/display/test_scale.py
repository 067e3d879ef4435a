"""Texts about large graphs: no size is refused where nothing is arranged, and time stays linear.

Nothing is timed here. What these tests guard against took minutes or gigabytes, and would show.
"""

from __future__ import annotations

import re

import pytest

import autodiff as ad
from autodiff import Value
from autodiff.display import GraphTooLarge


def chain(length: int) -> Value:
    x = Value(0.5, "x")
    for _ in range(length):
        x = (x * 0.9).sin()
    return x


def test_dot_text_needs_no_layout_and_refuses_no_size() -> None:
    """It was refused above 2000 cards, as a picture is."""
    root = chain(1500)
    with pytest.raises(GraphTooLarge):
        ad.draw(root)
    text = ad.to_dot(root)  # and no warning
    assert text.count(" -> ") == 1500 * 3
    assert text == ad.to_dot(root, force=True)


def test_a_digraph_of_any_size() -> None:
    pytest.importorskip("graphviz")
    assert len(ad.to_graphviz(chain(1500)).body) > 1500 * 6


def test_the_formula_of_a_large_graph() -> None:
    """Short formulas are written into the next one, so lines are fewer than nodes, and short."""
    lines = ad.to_latex(chain(4000)).splitlines()
    assert 500 < len(lines) < 2000
    assert max(map(len, lines)) < 200


def test_thousands_of_nodes_of_the_same_name() -> None:
    """Each name was compared with all others: 4000 weights called w took 80 seconds."""
    total = ad.sum([Value(1.0, "w") for _ in range(6000)])
    names = re.findall(r"<i>w</i>(?:<sub>(\d+)</sub>)?</font>", ad.to_dot(total))
    assert names[:6000] == ["", *map(str, range(2, 6001))]


def test_thousands_of_scopes_one_after_another() -> None:
    """Each node remembered every scope before it: 2000 scopes took 18 seconds and 628 MiB."""
    x = Value(0.5, "x")
    for step in range(5000):
        with ad.scope(f"step {step}"):
            x = (x * 0.9).sin()
    assert ad.to_dot(x).count(" -> ") == 5000
