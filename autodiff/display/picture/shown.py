"""What a picture shows of a graph: collapsed or whole, around one node, and never too much."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from autodiff.display.notation import DIGITS
from autodiff.display.snapshot import Graph, snapshot
from autodiff.display.steps import trace
from autodiff.errors import AutodiffError, OperandError
from autodiff.value import Value

from .groups import Grouping, by_depth, by_name, deepest, units
from .neighbourhood import near
from .view import View, whole

Collapse = Literal["auto"] | bool | int | str | Iterable[str]

#: cards up to which everything is shown, cards without formulas are drawn, and a graph is collapsed
FULL, PLAIN = 30, 60
#: cards beyond which the neurons of a network are collapsed
NETWORK = 40
MANY, TOO_MANY = 300, 2000


class GraphTooLarge(AutodiffError, ValueError):
    """A graph with more cards than anybody can look at."""


def shown_view(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    collapse: Collapse = "auto",
    focus: Value | str | None = None,
    hops: int = 2,
    force: bool = False,
    limited: bool = True,
    digits: int = DIGITS,
) -> View:
    """What a picture of these outputs shows; gradients are missing before any backward pass.

    Not `limited`: for what needs no layout, at any size and without a word about it.
    """
    graph = snapshot(*outputs(value), names=names)
    grouping = grouping_for(graph, False if focus is not None and collapse == "auto" else collapse)
    if focus is None and limited:
        check_size(grouping.cards(graph), force)
    view = whole(graph, grouping, digits)
    if focus is not None:
        card = view.position(graph.find(focus))
        if card is None:
            raise KeyError(f"{focus!r} is inside a collapsed card")
        view = near(view, [card], hops)
        check_size(len(view.cards), force)
    if len(view.cards) <= MANY:
        view = view.with_formulas()
    if not any(graph.nodes[root].grad for root in graph.roots):
        view = view.with_grads(lambda node: None)
    return view


def solved_view(view: View) -> View:
    """The cards with the gradients of a backward pass of their own, from 1 at every output."""
    passes = [trace(view.graph, root).adjoints for root in view.graph.roots]
    return view.with_grads(lambda node: sum(adjoints[node] or 0.0 for adjoints in passes))


def outputs(value: Value | Sequence[Value]) -> list[Value]:
    """One Value or several as a list of Values; TypeError for anything else."""
    roots: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    for root in roots:
        if not hasattr(type(root), "local_derivatives"):
            what = type(root).__name__
            raise OperandError(f"a Value or a list of Values has a graph, not {what}")
    if not roots:
        raise OperandError("there is no output to draw: the list is empty")
    return roots


def grouping_for(graph: Graph, collapse: Collapse) -> Grouping:
    """The groups that `collapse=` asks for."""
    nothing, depth = Grouping({}, ()), deepest(graph)
    if collapse is False:
        return nothing
    if isinstance(collapse, str) and collapse == "auto":
        if len(graph) > NETWORK and not depth:
            for choice in (units(graph, 2), units(graph, 1)):
                if choice.groups and choice.cards(graph) <= NETWORK:
                    return choice
        return nothing if len(graph) <= PLAIN else _smallest(graph, nothing)
    if collapse is True:
        return by_depth(graph, depth) if depth else units(graph)
    if isinstance(collapse, int):
        return by_depth(graph, collapse) if depth else units(graph, collapse)
    return by_name(graph, [collapse] if isinstance(collapse, str) else collapse)


def _smallest(graph: Graph, nothing: Grouping) -> Grouping:
    """The finest grouping with at most 60 cards; if there is none, the one with the fewest."""
    depth = deepest(graph)
    choices = [by_depth(graph, d) for d in range(depth, 0, -1)]
    choices = choices or [units(graph, 2), units(graph, 1)]
    fitting = [choice for choice in choices if choice.cards(graph) <= PLAIN]
    return fitting[0] if fitting else min([*choices, nothing], key=lambda g: g.cards(graph))


_ADVICE = "collapse scopes (collapse=True) or look at a part of it (focus=node, hops=2)"


def check_size(cards: int, force: bool, advice: str = _ADVICE) -> None:
    """Warn about many cards, refuse too many."""
    if cards > TOO_MANY and not force:
        raise GraphTooLarge(f"the picture would have {cards} cards; {advice}, or pass force=True")
    if cards > MANY:
        warnings.warn(f"a picture with {cards} cards is hard to read; {advice}", stacklevel=4)
