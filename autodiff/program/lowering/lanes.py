"""Finding repeated structure in a trace: which instructions can be computed side by side.

A loop in Python over examples, neurons or positions leaves many instructions that do the same to
different numbers. They are found by hashing: the *class* of an instruction is its opcode together
with the classes of its operands, where leaves count as alike. The members of a class do not depend
on each other, so they may be put in any order; they get neighbouring slots, and every stretch of
them whose operands lie a constant step apart becomes one instruction in lanes. What remains stays
as it is, so nothing depends on structure being found.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autodiff.program.numpy_types import Array, NumPy, numpy

#: shorter stretches stay scalar
SHORTEST = 4
#: how often the body of a loop may call the same function to be recognised
_LONGEST = 12
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


def group(
    shapes: Sequence[Shape], results: Sequence[int], classes: list[int], first: int, most: float
) -> list[Stretch] | None:
    """The instructions of these shapes in stretches, in an order in which they can be executed.

    Instruction i writes the slot `results[i]`; `classes` has an entry for every slot, those of
    leaves and constants filled in with numbers >= 0, which stand first in the memory. The columns
    of the stretches are places in the memory: `first` and those behind it are the results', in
    the order of the stretches. None where there would be more than `most` stretches.
    """
    np = numpy()
    members = classes_of(shapes, results, classes)
    left = sum(len(found) if len(found) < SHORTEST else 1 for found in members)
    if left > most:
        return None
    places = np.arange(len(classes))
    places[-_ADDED:] = range(first - _ADDED, first)
    stretches: list[Stretch] = []
    place = first
    for found in members:
        if len(found) < SHORTEST:
            parts = [Stretch([at], []) for at in found]
        else:
            rows = np.array([shapes[at].operands for at in found], dtype=np.int64)
            parts = _arranged(np, np.array(found), places[rows])
        for part in parts:
            for at in part.members:
                places[results[at]] = place
                place += 1
        stretches += parts
    return stretches if len(stretches) <= most else None


def _arranged(np: NumPy, members: Array, rows: Array) -> list[Stretch]:
    """The stretches of a class, its members in the order that gives fewest; rows: operands."""
    order, found = np.arange(len(rows)), _cut(np, rows)
    for others, enough in (sorted_orders(np, rows), 1), (_in_turns(np, rows), len(rows) // 8):
        if len(found) > enough:
            for other in others:
                cut = _cut(np, rows[other])
                if len(cut) < len(found):
                    order, found = other, cut
    numbers, places = members[order].tolist(), rows[order].tolist()
    return [_stretch(numbers[start:stop], places[start:stop]) for start, stop in found]


def _stretch(members: list[int], rows: list[list[int]]) -> Stretch:
    columns = [(a, b - a) for a, b in zip(*rows[:2], strict=True)] if len(rows) > 1 else []
    return Stretch(members, columns)


def sorted_orders(np: NumPy, rows: Array) -> Iterator[Array]:
    """The orders by the first operand and by the last one.

    So a loop over neurons inside one over examples can become one over examples for each neuron.
    """
    for keys in (rows.T[::-1], rows.T):
        order = np.lexsort(keys)
        yield order[np.argsort(_repetitions(np, rows[order]), kind="stable")]


def _in_turns(np: NumPy, rows: Array) -> Iterator[Array]:
    """Every second, third, ... member: for a function that a loop's body calls so often."""
    last = rows[:, -1]
    for period in range(2, min(_LONGEST, len(rows) // SHORTEST) + 1):
        steps = last[period:] - last[:-period]
        if 2 * np.count_nonzero(steps[1:] == steps[:-1]) > len(steps):
            yield np.argsort(np.arange(len(rows)) % period, kind="stable")


def _repetitions(np: NumPy, rows: Array) -> Array:
    """For each row how many equal ones stand right before it."""
    places = np.arange(len(rows))
    new = np.append(True, (rows[1:] != rows[:-1]).any(axis=1))
    return places - np.maximum.accumulate(np.where(new, places, 0))


def classes_of(
    shapes: Iterable[Shape], results: Sequence[int], classes: list[int]
) -> list[list[int]]:
    """The members of each class, in the order of their first ones.

    The classes of operands come before: they were there when the first member was. And no member
    depends on another one, because all have the same depth.
    """
    known: dict[Hashable, int] = {}
    members: list[list[int]] = []
    for at, ((head, operands), result) in enumerate(zip(shapes, results, strict=True)):
        key = (head, *[classes[slot] for slot in operands])
        number = known.setdefault(key, len(members))
        if number == len(members):
            members.append([])
        members[number].append(at)
        classes[result] = -1 - number  # a leaf's class is never negative
    return members


def _cut(np: NumPy, rows: Array) -> list[tuple[int, int]]:
    """Where the stretches of a class start and stop; row i holds the operands of member i."""
    steps = np.diff(rows, axis=0)
    forwards = (steps >= 0).all(axis=1).tolist()
    goes_on = (steps[1:] == steps[:-1]).all(axis=1)
    breaks = np.append(np.flatnonzero(~goes_on) + 1, len(rows) - 1)
    found: list[tuple[int, int]] = []
    start = 0
    for last in breaks.tolist():  # rows from here on are one step apart up to this one
        if last - start + 1 >= SHORTEST and forwards[start]:
            found.append((start, last + 1))
            start = last + 1
        else:
            found += [(at, at + 1) for at in range(start, last)]
            start = max(start, last)
    found += [(at, at + 1) for at in range(start, len(rows))]
    return found
