"""The part of a view around some cards; what is cut off is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autodiff.display.notation import Run

from .view import Card, Link, View


def near(view: View, centre: int, hops: int) -> View:
    """The cards at most `hops` wires away from one card; what is cut off is counted."""
    return near_all(view, [centre], hops)


def near_all(view: View, centres: Sequence[int], hops: int) -> View:
    """The same around several cards."""
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
    kept = [card for card in range(len(view.cards)) if card in distance]
    number = {card: index for index, card in enumerate(kept)}
    cards = [view.cards[card] for card in kept]
    links = []
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
        cards.append(_more(f"mb{target}", cut))
        links.append(Link(f"b{target}", len(cards) - 1, target, cut[0].rank, constant=True))
    for source, cut in after.items():
        cards.append(_more(f"ma{source}", cut))
        links.append(Link(f"a{source}", source, len(cards) - 1, 0, constant=True))
    return View(view.graph, tuple(cards), tuple(links))


def _more(key: str, cut: Sequence[Link]) -> Card:
    text = f"… {len(cut)} more"
    return Card(key, "more", (Run(text),), f"{len(cut)} connections that are not shown")
