"""What a click on a collapsed card shows: its own nodes, with the cards around them."""

from __future__ import annotations

from dataclasses import replace

from .groups import Grouping
from .neighbourhood import near_all
from .view import View, whole


def opened(view: View, number: int, digits: int) -> View:
    """The nodes of one group as cards of their own, and what they are wired to."""
    grouping = view.grouping
    assert grouping is not None
    members = set(grouping.groups[number].members)
    kept = [group for group in grouping.groups if group.number != number]
    renumbered = tuple(replace(group, number=index) for index, group in enumerate(kept))
    of = {node: group.number for group in renumbered for node in group.members}
    own = {parent for node in members for parent in view.graph.nodes[node].parents}
    inner = Grouping(of, renumbered, grouping.hidden - own)
    whole_view = whole(view.graph, inner, digits)
    centre = [
        index
        for index, card in enumerate(whole_view.cards)
        if card.node in members and card.kind == "value"
    ]
    grads = {card.node: card.grad for card in view.cards}
    seen = near_all(whole_view, centre, 1)
    if any(grad is not None for grad in grads.values()):
        return seen.with_formulas()
    return replace(
        seen, cards=tuple(replace(card, grad=None) for card in seen.cards)
    ).with_formulas()
