"""The names that a text may call: those of a table of primitives, and what may be added."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol


class Counted(Protocol):
    """What the grammar knows of a primitive: how many operands it takes."""

    arity: int | None
    columns: int


class Words:
    """The primitives of a table; expression/vocabulary.py knows the public functions, too."""

    def __init__(self, table: Mapping[str, Counted]) -> None:
        self._table = table

    def argument_counts(self, name: str) -> tuple[int, float] | None:
        """Fewest and most arguments of a function, or None if there is none of that name."""
        if name == "when":  # the selections' notation in rules: an expression under a condition
            return 2, 2
        primitive = self._table.get(name)
        if primitive is None or primitive.columns > 1:
            return None
        return (1, math.inf) if primitive.arity is None else (primitive.arity, primitive.arity)

    def is_public(self, name: str) -> bool:
        """Whether a name is a function only: the names of primitives are free for variables."""
        return False

    def works_on_lists(self, name: str) -> bool:
        """Whether a function takes or gives lists that a formula cannot write."""
        return False

    def nearest(self, name: str, candidates: Iterable[str] | None = None) -> str | None:
        """The known name that someone who wrote `name` most likely meant."""
        return None
