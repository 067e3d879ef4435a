"""Sums of contributions, each with the condition under which it is there (see presence.py)."""

from __future__ import annotations

from .folding import Number, plus, times
from .presence import Conditions, Presence


class Contributions:
    """The sum of what has arrived at a node so far, and when it is there.

    A first product is kept as its factors: should something with another presence arrive, then
    product and cut become one node.
    """

    __slots__ = ("clean", "factors", "presences", "total")

    def __init__(self, factors: tuple[Number, Number], presence: Presence) -> None:
        self.factors: tuple[Number, Number] | None = factors
        self.total: Number = 0.0
        #: whether the total is 0 where the adjoint is not there
        self.clean = presence is None
        self.presences: dict[int, Presence] = {id(presence): presence}

    def add(self, x: Number, y: Number, presence: Presence, conditions: Conditions) -> None:
        """Add the contribution x * y."""
        if len(self.presences) == 1 and id(presence) in self.presences:
            self.total = plus(self._sum(), times(x, y))
            self.clean = presence is None
            return
        if not self.clean:
            (old,) = self.presences.values()
            if self.factors is not None:
                self.total = conditions.cut_product(old, *self.factors)
                self.factors = None
            else:
                self.total = conditions.cut(old, self.total)
            self.clean = True
        self.total = plus(self._sum(), conditions.cut_product(presence, x, y))
        self.presences[id(presence)] = presence

    def _sum(self) -> Number:
        if self.factors is not None:
            self.total = times(*self.factors)
            self.factors = None
        return self.total

    def get(self, conditions: Conditions) -> tuple[Number, Presence]:
        """The sum of the contributions, and when it is there."""
        return self._sum(), conditions.any(self.presences.values())

    def final(self, conditions: Conditions) -> Number:
        """The sum of the contributions, 0 where there are none."""
        total, presence = self.get(conditions)
        return total if self.clean else conditions.cut(presence, total)
