"""What learners see of operations that have operands for the last digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

import nn
from autodiff import Value, draw, gradient, walkthrough
from autodiff import functions as ad
from autodiff.display.plainly import plainly
from autodiff.display.snapshot import snapshot
from autodiff.display.steps import trace

Story = Callable[[Sequence[Value]], Value]
SHOWN: dict[str, Story] = {
    "softmax": lambda xs: ad.softmax(xs)[0],
    "two entries": lambda xs: ad.softmax(xs)[0] * ad.softmax(xs)[1],
    "log_softmax": lambda xs: ad.log_softmax(xs)[0],
    "chosen by data": lambda xs: ad.log_softmax(xs, 0),
    "cross-entropy": lambda xs: nn.cross_entropy([*xs], 0),
    "a derivative of softmax": lambda xs: gradient(ad.softmax(xs)[0], [xs[0]])[0] * xs[1],
    "a derivative of log_softmax": lambda xs: gradient(ad.log_softmax(xs)[0], [xs[1]])[0] * xs[1],
    "a derivative of a norm": lambda xs: gradient(ad.hypot(*xs), [xs[0]])[0] * xs[1],
}
#: the first is the largest by far, by a little, not at all; and a tie
POINTS = [(5.0, 1.0, -0.5), (1.1, 1.0, 0.5), (-3.0, 1.0, 0.5), (1.0, 1.0, 0.5)]
#: names of operations that stand in no textbook
_INTERNAL = ("peak", "shifted", "share(", "dominant", "fine_length", "direction")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", SHOWN)
def test_no_operation_is_shown_that_stands_in_no_textbook(
    name: str, point: tuple[float, ...]
) -> None:
    """Cross-entropy of three logits had 27 steps with `below_peak` in them, and has 14."""
    y = SHOWN[name]([Value(x, label) for x, label in zip(point, "abc", strict=True)])
    for text in (str(walkthrough(y)), draw(y).svg):
        assert not any(word in text for word in _INTERNAL)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", SHOWN)
def test_cards_and_wires_keep_the_chain_rule(name: str, point: tuple[float, ...]) -> None:
    """The grad on a card is the sum of what comes over its wires, also where the engine's adjoint
    went by an operand that is not shown."""
    xs = [Value(x, label) for x, label in zip(point, "abc", strict=True)]
    y = SHOWN[name](xs)
    y.backward(1.5)
    graph = snapshot(y)
    sums = [0.0] * len(graph)
    for node in graph:
        for position, operand in enumerate(node.operands):
            if (
                operand.node is not None
                and (slope := graph.local_value(node, position)) is not None
            ):
                sums[operand.node] += node.grad * slope
    for node in graph.nodes[:-1]:
        assert node.grad == pytest.approx(sums[node.index], rel=1e-12, abs=1e-15), node.name
    adjoints = trace(graph).adjoints
    for x in xs:
        if any(x is value for value in (y, *y.parents)) or x.grad:
            found = adjoints[graph.find(x)]
            assert found is not None
            assert 1.5 * found == pytest.approx(x.grad, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("logits", [(40.0, 0.0), (700.0, -30.0, 1.0), (1e300, 1e300)])
def test_where_the_plain_form_would_show_other_digits_the_engines_operation_is_shown(
    logits: tuple[float, ...],
) -> None:
    """1 - p is 4e-18 here, p - p*p is 0; and exp(x - s) is 1 for a share of a half."""
    xs = [Value(x, f"x{i}") for i, x in enumerate(logits)]
    y = ad.softmax(xs)[0]
    y.backward()
    adjoints = trace(snapshot(y)).adjoints
    assert adjoints[snapshot(y).find(xs[0])] == pytest.approx(xs[0].grad, rel=1e-12, abs=0.0)
    assert xs[0].grad > 0.0
    for node in plainly(y):
        if node.primitive is not None:
            number = node.primitive.forward(*[getattr(x, "data", x) for x in node.operands])
            assert number == pytest.approx(node.value.data, rel=1e-9, abs=0.0)


def test_one_entry_alone() -> None:
    x = Value(2.0, "x")
    y = ad.softmax([x])[0]
    y.backward()
    assert "below" not in str(walkthrough(y))
    assert (y.data, x.grad) == (1.0, 0.0)


def test_nan_and_infinities_are_drawn() -> None:
    for logits in ((math.nan, 1.0), (math.inf, 1.0), (-math.inf, 1.0), (-math.inf, -math.inf)):
        y = ad.softmax([Value(x) for x in logits])[0]
        assert draw(y).svg.startswith("<svg")
