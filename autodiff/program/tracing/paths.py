"""The traces of one structure of arguments, found by the numbers that they hold for.

A trace that asked for the very number of an argument (a label as a key of a dict) holds for that
number alone: such traces lie in tables, by these numbers. So ten labels are ten entries of a table
and not ten guesses in a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from autodiff.value import Value

from .questions import exact

if TYPE_CHECKING:
    from .variant import Variant

#: numbers of arguments for which traces are kept; and so many may be traced without a replay
MOST_NUMBERS = 256


def key(numbers: Sequence[Any], positions: Sequence[int]) -> tuple[Any, ...]:
    """The numbers at some positions, told apart by their bits."""
    found = [numbers[at] for at in positions]
    return tuple([exact(x._data if isinstance(x, Value) else float(x)) for x in found])


_Table = OrderedDict[tuple[Any, ...], "list[Variant]"]
_NONE: _Table = OrderedDict()


class Paths:
    """Traces of one function for one structure of arguments."""

    def __init__(self) -> None:
        self._tables: dict[tuple[int, ...], _Table] = {(): OrderedDict({(): []})}
        self._wasted = 0

    def __iter__(self) -> Iterator[Variant]:
        return chain.from_iterable(
            known for table in self._tables.values() for known in table.values()
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, at: int) -> Variant:
        return list(self)[at]

    def fitting(self, numbers: Sequence[Any]) -> list[Variant]:
        """The traces that hold for the numbers of a call, as far as arguments go.

        Those for single numbers come first: they need no guess.
        """
        found: list[Variant] = []
        for positions, table in self._tables.items():
            if positions:
                found += table.get(key(numbers, positions), ())
        return found + self._tables[()][()]

    def takes(self, variant: Variant, most: int) -> bool:
        """Whether there is room for another trace that holds for the same numbers."""
        return len(self._tables.get(variant.pins, _NONE).get(variant.pinned, ())) < most

    def add(self, variant: Variant) -> None:
        """Keep a trace; of those for single numbers the one not used for longest gives way."""
        table = self._tables.setdefault(variant.pins, OrderedDict())
        if variant.pinned not in table:
            self._wasted += 1
            if len(table) >= MOST_NUMBERS:
                table.popitem(last=False)
        table.setdefault(variant.pinned, []).insert(0, variant)

    def prefer(self, variant: Variant) -> None:
        """Try this trace first next time, and drop it last."""
        self._wasted = 0
        table = self._tables.get(variant.pins)
        if table is not None and variant.pinned in table:
            known = table[variant.pinned]
            table[variant.pinned] = [variant, *[other for other in known if other is not variant]]
            table.move_to_end(variant.pinned)

    @property
    def hopeless(self) -> bool:
        """Whether many traces in a row were each made for a number that never came again."""
        return self._wasted > MOST_NUMBERS
