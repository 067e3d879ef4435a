"""Sums of contributions, each with the condition under which it is there (see presence.py)."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff import rules
from autodiff.value import Value, record

from .folding import Number, plus, times
from .presence import Conditions, Presence

#: Up to so many contributions are added one by one, as a reader would write them; more become
#: one node. Both add from left to right, so the number is the same.
FEW = 3


class Contributions:
    """What has arrived at a node so far: products x * y, and when they are there.

    While all have one presence, they are kept as factors: should something with another presence
    arrive, then product and cut become one node.
    """

    __slots__ = ("_cut", "_presence", "_presences", "_terms")

    def __init__(self, x: Number, y: Number, presence: Presence) -> None:
        self._terms: list[tuple[Number, Number]] = [(x, y)]
        self._presence = presence
        #: once there are several presences: the terms, each 0 where it is not there
        self._cut: list[Number] | None = None
        self._presences: dict[int, Presence] = {}

    def add(self, x: Number, y: Number, presence: Presence, conditions: Conditions) -> None:
        if self._cut is None:
            if presence is self._presence:
                self._terms.append((x, y))
                return
            self._cut = [self.final(conditions)]
            self._presences = {id(self._presence): self._presence}
        self._cut.append(conditions.cut_product(presence, x, y))
        self._presences[id(presence)] = presence

    def get(self, conditions: Conditions) -> tuple[Number, Presence]:
        """The sum of the contributions, and when it is there."""
        if self._cut is not None:
            total = _sum_of_products([(term, 1.0) for term in self._cut])
            self._cut = [total]
            return total, conditions.any(self._presences.values())
        total = _sum_of_products(self._terms)
        self._terms = [(total, 1.0)]
        return total, self._presence

    def final(self, conditions: Conditions) -> Number:
        """The sum of the contributions, 0 where there are none."""
        if self._cut is not None:
            return self.get(conditions)[0]
        if len(self._terms) == 1:
            return conditions.cut_product(self._presence, *self._terms[0])
        return conditions.cut(self._presence, self.get(conditions)[0])


def arrive(
    found: dict[int, Contributions], node: Value, x: Number, y: Number, presence: Presence,
    conditions: Conditions,
) -> None:  # fmt: skip
    """Add x * y to what has been found for a node."""
    arrived = found.get(id(node))
    if arrived is None:
        found[id(node)] = Contributions(x, y, presence)
    else:
        arrived.add(x, y, presence, conditions)


def _sum_of_products(terms: Sequence[tuple[Number, Number]]) -> Number:
    xs, ys = zip(*terms, strict=True)
    if len(terms) > FEW and not all(z.__class__ is float for z in (*xs, *ys)):
        for factors, others in ((xs, ys), (ys, xs)):
            if all(factor.__class__ is float and factor == 1.0 for factor in factors):
                return record(rules.sum_, others)
        return record(rules.dot, (*xs, *ys))
    total = times(*terms[0])
    for x, y in terms[1:]:
        total = plus(total, times(x, y))
    return total
