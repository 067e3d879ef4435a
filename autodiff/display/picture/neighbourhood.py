"""A part of a view: what is around some cards, or inside a collapsed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autodiff.display.notation import Run

from .groups import Grouping
from .view import Card, Link, View, whole


def near(view: View, centres: Sequence[int], hops: int) -> View:
    """The cards at most `hops` wires away from some cards; what is cut off is counted."""
    around: list[list[int]] = [[] for _ in view.cards]
    for link in view.links:
        around[link.source].append(link.target)
        around[link.target].append(link.source)
    distance = dict.fromkeys(centres, 0)
    queue = list(centres)
    for at in queue:  # grows while it is read
        for other in around[at] if distance[at] < hops else ():
            if other not in distance:
                distance[other] = distance[at] + 1
                queue.append(other)
    for link in view.links:  # a constant is part of the operation that uses it
        if link.constant and link.target in distance:
            distance.setdefault(link.source, hops)
    number = {card: index for index, card in enumerate(sorted(distance))}
    cards = [view.cards[card] for card in number]
    links: list[Link] = []
    before: dict[int, list[Link]] = {}
    after: dict[int, list[Link]] = {}
    for link in view.links:
        if link.source in number and link.target in number:
            links.append(replace(link, source=number[link.source], target=number[link.target]))
        elif link.target in number:
            before.setdefault(number[link.target], []).append(link)
        elif link.source in number:
            after.setdefault(number[link.source], []).append(link)
    for target, cut in before.items():
        links.append(Link(f"b{target}", len(cards), target, cut[0].rank, constant=True))
        cards.append(_more(f"mb{target}", len(cut)))
    for source, cut in after.items():
        links.append(Link(f"a{source}", source, len(cards), 0, constant=True))
        cards.append(_more(f"ma{source}", len(cut)))
    return View(view.graph, tuple(cards), tuple(links))


def _more(key: str, cut: int) -> Card:
    return Card(key, "more", (Run(f"… {cut} more"),), f"{cut} connections that are not shown")


def opened(view: View, number: int, digits: int) -> View:
    """What a click on a collapsed card shows: its nodes as cards of their own, and around them."""
    grouping = view.grouping
    assert grouping is not None
    members = set(grouping.groups[number].members)
    kept = [group for group in grouping.groups if group.number != number]
    renumbered = tuple(replace(group, number=index) for index, group in enumerate(kept))
    of = {node: group.number for group in renumbered for node in group.members}
    own = {parent for node in members for parent in view.graph.nodes[node].parents}
    inner = whole(view.graph, Grouping(of, renumbered, grouping.hidden - own), digits)
    centre = [
        index for index, card in enumerate(inner.cards)
        if card.node in members and card.kind == "value"
    ]  # fmt: skip
    seen = near(inner, centre, 1)
    if all(card.grad is None for card in view.cards):
        seen = seen.with_grads(lambda node: None)
    return seen.with_formulas()
