"""Finding repeated structure in a trace: which instructions can be computed side by side.

A loop in Python over examples, neurons or positions leaves many instructions that do the same to
different numbers. They are found by hashing: the *class* of an instruction is its opcode together
with the classes of its operands, leaves being taken as all alike ("rows"), or parameters that are
used often by identity ("shared parameters"). Both are tried, and the one that leaves fewer
instructions is kept. The members of a class do not depend on each other; they get neighbouring
slots, and every stretch of them whose operands lie a constant step apart becomes one instruction
in lanes. What remains stays as it is, so nothing depends on structure being found.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from autodiff.errors import require

#: shorter stretches stay scalar
SHORTEST = 4
#: numbers that fusion adds behind the Program's slots; they stand behind its constants
_ADDED = 3

#: One operand in all lanes: the slot in lane 0, and the step from lane to lane.
Column = tuple[int, int]


class Shape(NamedTuple):
    """What an instruction does, and the slots that it reads."""

    head: Hashable
    operands: list[int]


@dataclass(frozen=True)
class Stretch:
    """Instructions `members` that are executed together; with one member it has no lanes."""

    members: list[int]
    columns: list[Column]


@dataclass(frozen=True)
class Grouping:
    """The instructions in stretches, in an order in which they can be executed."""

    name: str
    stretches: list[Stretch]


def group(
    name: str, shapes: Sequence[Shape], results: Sequence[int], classes: list[int], first: int
) -> Grouping:
    """The stretches among instructions of these shapes.

    Instruction i writes the slot `results[i]`; `classes` has an entry for every slot, those of
    leaves and constants filled in with numbers >= 0, which stand first in the memory. The columns
    of the stretches are places in the memory: `first` and those behind it are the results', in
    the order of the stretches.
    """
    np = require("numpy", "jit")
    members, depths = _classes(shapes, results, classes)
    ranked = sorted(range(len(members)), key=depths.__getitem__)
    order = np.array([at for number in ranked for at in members[number]], dtype=np.int64)
    places = np.arange(len(classes))
    places[-_ADDED:] = range(first - _ADDED, first)
    places[np.array(results, dtype=np.int64)[order]] = np.arange(first, first + len(shapes))
    stretches: list[Stretch] = []
    for number in ranked:
        found = members[number]
        if len(found) < SHORTEST:
            stretches += [Stretch([at], []) for at in found]
        else:
            rows = np.array([shapes[at].operands for at in found], dtype=np.int64)
            stretches += _cut(np, found, places[rows])
    return Grouping(name, stretches)


def _classes(
    shapes: Sequence[Shape], results: Sequence[int], classes: list[int]
) -> tuple[list[list[int]], list[int]]:
    """The members of each class, and its depth: the longest way from a leaf."""
    known: dict[Hashable, int] = {}
    members: list[list[int]] = []
    depths: list[int] = []
    for at, ((head, operands), result) in enumerate(zip(shapes, results, strict=True)):
        key = (head, *[classes[slot] for slot in operands])
        number = known.setdefault(key, len(members))
        if number == len(members):
            members.append([])
            below = [depths[-1 - classes[slot]] for slot in operands if classes[slot] < 0]
            depths.append(1 + max(below, default=0))
        members[number].append(at)
        classes[result] = -1 - number  # a leaf's class is never negative
    return members, depths


def _cut(np: Any, members: Sequence[int], rows: Any) -> Iterator[Stretch]:
    """The stretches of a class; row i holds the operands of member i."""
    steps = np.diff(rows, axis=0)
    forwards = (steps >= 0).all(axis=1)
    goes_on = (steps[1:] == steps[:-1]).all(axis=1)
    breaks = np.append(np.flatnonzero(~goes_on) + 1, len(members) - 1)
    at, total = 0, len(members)
    while at < total:
        last = at
        if at + 1 < total and forwards[at]:
            last = int(breaks[np.searchsorted(breaks, at + 1)])
        if last - at + 1 < SHORTEST:
            yield Stretch([members[at]], [])
            at += 1
        else:
            columns = list(zip(rows[at].tolist(), steps[at].tolist(), strict=True))
            yield Stretch(list(members[at : last + 1]), columns)
            at = last + 1
