"""The traces of one structure of arguments, found by the numbers that they hold for.

A trace that asked for the very number of an argument (a label as a key of a dict) holds for that
number alone: such traces lie in tables, by these numbers. So ten labels are ten entries of a table
and not ten guesses in a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import chain

from autodiff.program.inputs import Leaf
from autodiff.value import Value

from .guard_questions import exact
from .variant import Variant

#: numbers of arguments for which traces are kept; and so many may be traced without a replay
MOST_NUMBERS = 256

#: the very numbers of some arguments
Pinned = tuple[float | str, ...]


def key(numbers: Sequence[Leaf], positions: Sequence[int]) -> Pinned:
    """The numbers at some positions, told apart by their bits."""
    found = [numbers[at] for at in positions]
    return tuple([exact(x._data if isinstance(x, Value) else float(x)) for x in found])


_Table = OrderedDict[Pinned, list[Variant]]


class Paths:
    """Traces of one function for one structure of arguments."""

    def __init__(self) -> None:
        #: traces that hold whatever the numbers of the arguments are, as far as guards agree
        self.plain: list[Variant] = []
        self.tables: dict[tuple[int, ...], _Table] = {}
        self._wasted = 0
        #: how many calls in a row gave no trace, since f caught an error
        self.vain = 0

    def __iter__(self) -> Iterator[Variant]:
        tables = chain.from_iterable(table.values() for table in self.tables.values())
        return chain(chain.from_iterable(tables), self.plain)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, at: int) -> Variant:
        return list(self)[at]

    def fitting(self, numbers: Sequence[Leaf]) -> list[Variant]:
        """The traces that hold for the numbers of a call, as far as arguments go.

        Those for single numbers come first: they need no guess.
        """
        found: list[Variant] = []
        for positions, table in self.tables.items():
            found += table.get(key(numbers, positions), ())
        return found + self.plain

    def _alike(self, variant: Variant) -> list[Variant]:
        """The list of the traces that hold for the same numbers."""
        if not variant.pins:
            return self.plain
        return self.tables.setdefault(variant.pins, OrderedDict()).setdefault(variant.pinned, [])

    def takes(self, variant: Variant, most: int) -> bool:
        """Whether there is room for another trace that holds for the same numbers."""
        return sum(each.stands() for each in self._alike(variant)) < most

    def add(self, variant: Variant, most: int) -> list[Variant]:
        """Keep a trace; of those for single numbers the one not used for longest gives way.

        Returns the traces that gave way, also those that no longer stand.
        """
        dropped: list[Variant] = []
        alike = self._alike(variant)
        if variant.pins and not alike:
            self._wasted += 1
            table = self.tables[variant.pins]
            if len(table) > MOST_NUMBERS:
                dropped += table.popitem(last=False)[1]
        alike.insert(0, variant)
        while len(alike) > most:
            dropped.append([each for each in alike if not each.stands()][-1])
            alike.remove(dropped[-1])
        return dropped

    def prefer(self, variant: Variant) -> None:
        """Try this trace first next time, and drop it last."""
        self._wasted = 0
        alike = self._alike(variant)
        alike[:] = [variant, *[other for other in alike if other is not variant]]
        if variant.pins:
            self.tables[variant.pins].move_to_end(variant.pinned)

    @property
    def hopeless(self) -> bool:
        """Whether many traces in a row were each made for a number that never came again."""
        return self._wasted > MOST_NUMBERS
