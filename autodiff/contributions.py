"""Sums of contributions, each with the condition under which it is there (see presence.py)."""

from __future__ import annotations

from .folding import Number, plus, times
from .presence import Conditions, Presence


class Contributions:
    """The sum of what has arrived at a node so far, and when it is there.

    A first product is kept as its factors: should something with another presence arrive, then
    product and cut become one node.
    """

    __slots__ = ("_factors", "_parts", "_presence", "_total")

    def __init__(self, x: Number, y: Number, presence: Presence) -> None:
        self._factors: tuple[Number, Number] | None = (x, y)
        self._total: Number = 0.0
        self._presence = presence
        #: several presences, once there are; then the total is 0 where none of them holds
        self._parts: dict[int, Presence] | None = None

    def add(self, x: Number, y: Number, presence: Presence, conditions: Conditions) -> None:
        """Add the contribution x * y."""
        if self._parts is None:
            if presence is self._presence:
                self._total = plus(self._sum(), times(x, y))
                return
            if self._factors is None:
                self._total = conditions.cut(self._presence, self._total)
            else:
                self._total = conditions.cut_product(self._presence, *self._factors)
                self._factors = None
            self._parts = {id(self._presence): self._presence}
        self._total = plus(self._total, conditions.cut_product(presence, x, y))
        self._parts[id(presence)] = presence

    def _sum(self) -> Number:
        if self._factors is not None:
            self._total = times(*self._factors)
            self._factors = None
        return self._total

    def get(self, conditions: Conditions) -> tuple[Number, Presence]:
        """The sum of the contributions, and when it is there."""
        if self._parts is not None:
            self._presence = conditions.any(self._parts.values())
        return self._sum(), self._presence

    def final(self, conditions: Conditions) -> Number:
        """The sum of the contributions, 0 where there are none."""
        if self._parts is not None:
            return self._total
        if self._factors is not None:
            return conditions.cut_product(self._presence, *self._factors)
        return conditions.cut(self._presence, self._total)
