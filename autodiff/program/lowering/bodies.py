"""Finding bodies: a sum over examples, however it was written, as one function of an example.

A loop over examples leaves a long sum of terms that are computed alike. The terms are walked in
lock-step: a *column* has one slot for each of them. A column of equal slots is shared, one of the
same operation on other columns belongs to the body, and any other is mapped. So a Program becomes
a body, a Program of one example that runs on the block machine, and what is left: a Program that
takes the body's results as leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from autodiff import rules
from autodiff.program.instructions import Instructions
from autodiff.program.numpy_types import Array, numpy

#: fewer terms do not fill a block
FEWEST = 16
#: the share of a Program's instructions that the bodies must have: with less, lanes are faster
_WORTH = 0.85
#: terms that are compared first
_FEW = 4
#: instructions that are looked at in search of sums, sums that are tried, and how often a walk
#: begins again because something turned out to belong to two terms
_LOOKED, _TRIED, _AGAIN = 4096, 3, 4

#: a slot for each term
Column = tuple[int, ...]


@dataclass(frozen=True)
class Rolled:
    """A Program in two: `body`, run for `count` examples, and `rest`.

    `shared` are the slots of the Program that the body's first leaves read, `mapped` those of the
    other leaves, a column each, both as slots of `rest`. The first `before` instructions of `rest`
    come before the bodies. Its leaves are those of the Program, then the results of the bodies:
    all of the first output, all of the second one, and so on.
    """

    body: Instructions
    rest: Instructions
    count: int
    shared: list[int]
    mapped: Array
    before: int


def roll(program: Instructions) -> Rolled | None:
    """The Program with a body; None where there is none that has most of it."""
    if program.leaves == 0 or len(program.primitives) < FEWEST:
        return None
    sums = sorted(_long_sums(program), key=lambda columns: len(columns[0]), reverse=True)
    for columns in sums[:_TRIED]:
        count = len(columns[0])
        least = _WORTH * (len(program.primitives) - count)  # the sum itself is no part of a body
        step = count // _FEW
        few = [column[::step][:_FEW] for column in columns]
        part = _lock_step(program, few, set())  # what some have not in common, all have not
        if len(part.columns) * count >= least:
            body = _body(program, columns, _continued(program, columns, part, step))
            if body is not None and len(body.found.columns) * count >= least:
                return _split(program, body)
    return None


def _long_sums(program: Instructions) -> Iterator[list[Column]]:
    """The operands of long sums, and of other functions of many numbers, near the outputs."""
    first, primitives, row = program.first_result, program.primitives, program.row
    seen: set[int] = set()
    stack, looked = list(program.outputs), 0
    while stack and looked < _LOOKED:
        slot = stack.pop()
        if slot < first or slot in seen:
            continue
        looked += 1
        terms: list[int] = []
        while slot >= first and slot not in seen and primitives[slot - first] is rules.add:
            seen.add(slot)
            slot, right = row(slot - first)
            terms.append(right)
        if terms:
            columns = [(*terms, slot)[::-1]]
        else:
            seen.add(slot)
            primitive, operands = primitives[slot - first], row(slot - first)
            terms, columns = list(operands), [()]
            if primitive.arity is None:
                rows = (len(operands) - primitive.tail) // primitive.columns
                columns = [operands[at * rows :][:rows] for at in range(primitive.columns)]
        if len(columns[0]) >= FEWEST:
            alike = _alike(program, columns)
            if len(alike[0]) >= FEWEST:
                yield alike
                continue
        stack += terms if slot in seen else [*terms, slot]


def _alike(program: Instructions, columns: Sequence[Column]) -> list[Column]:
    """Those terms that are results of the same operations, if these are the most."""
    first, primitives = program.first_result, program.primitives
    kinds = [
        tuple([primitives[slot - first] if slot >= first else None for slot in term])
        for term in zip(*columns, strict=True)
    ]
    ((most, _),) = Counter(kinds).most_common(1)
    wanted = [at for at, kind in enumerate(kinds) if kind == most]
    return [tuple([column[at] for at in wanted]) for column in columns]


class _Found(NamedTuple):
    """What a walk has met: columns of instructions in the order in which they are executed.

    `operands` are those of each column, as places among leaves (shared, then mapped) and columns.
    """

    columns: Array
    operands: list[tuple[int, ...]]
    shared: Array
    mapped: Array


class _Body(NamedTuple):
    found: _Found
    owner: Array  # by slot of the Program: which of the columns, or -1


def _body(program: Instructions, roots: Sequence[Column], found: _Found | None) -> _Body | None:
    """The body of some terms; None where terms depend on each other. `found` is what they have."""
    np = numpy()
    never: set[Column] = set()
    for _ in range(_AGAIN):
        found = found or _lock_step(program, roots, never)
        columns = found.columns
        if not len(columns):
            return None
        numbers = np.arange(len(columns))
        owner = np.full(program.slots, -1, dtype=np.int64)
        owner[columns] = numbers[:, None]
        # What belongs to two terms is computed before them all, like a state that goes on.
        twice = (owner[columns] != numbers[:, None]).any(axis=1)
        also = owner[found.mapped]
        twice[also[also >= 0]] = True
        if not twice.any():
            return _Body(found, owner)
        never |= set(map(tuple, columns[twice].tolist()))
        found = None
    return None


def _lock_step(program: Instructions, roots: Sequence[Column], never: set[Column]) -> _Found:
    """What some terms have in common; no column of instructions is one of `never`."""
    np = numpy()
    first, primitives, count = program.first_result, program.primitives, len(roots[0])
    row = program.row if count <= _FEW else program.operands.__getitem__
    inside: dict[Column, list[Column]] = {}
    shared: list[Column] = []
    mapped: list[Column] = []
    seen: set[Column] = set()
    waiting = list(roots)
    while waiting:
        column = waiting.pop()
        if column in seen:
            continue
        seen.add(column)
        if column.count(column[0]) == count:
            shared.append(column)
            continue
        at = [slot - first for slot in column]
        kinds = {primitives[each] for each in at} if min(at) >= 0 else set()
        if len(kinds) == 1 and len(set(column)) == count:
            (kind,), rows = kinds, list(map(row, at))
            if column not in never and (kind.arity is not None or len(set(map(len, rows))) == 1):
                inside[column] = list(zip(*rows, strict=True))
                waiting += inside[column]
                continue
        mapped.append(column)
    columns = sorted(inside, key=itemgetter(0))
    place = {column: at for at, column in enumerate([*shared, *mapped, *columns])}
    operands = [tuple([place[operand] for operand in inside[column]]) for column in columns]
    parts = [np.array(part, np.int64).reshape(-1, count) for part in (columns, shared, mapped)]
    return _Found(parts[0], operands, parts[1], parts[2])


def _continued(
    program: Instructions, roots: Sequence[Column], few: _Found, step: int
) -> _Found | None:
    """What all terms have in common, given what every `step`-th one has.

    Slots of alike terms mostly lie equally far apart: then it is enough to look whether they do
    what the few do. None where they do not.
    """
    np = numpy()
    flat, first, count = program.flat(), program.first_result, len(roots[0])
    apart = (few.columns[:, 1] - few.columns[:, 0]) // step
    columns = few.columns[:, :1] + apart[:, None] * np.arange(count)
    at = columns - first
    if not apart.all() or (at < 0).any() or (at >= len(program.primitives)).any():
        return None
    kinds, counts = flat.kinds[at], flat.counts[at]
    if (kinds != kinds[:, :1]).any() or (counts != counts[:, :1]).any():
        return None
    leaves, shared = len(few.shared) + len(few.mapped), len(few.shared)
    every = np.empty((leaves + len(columns), count), np.int64)
    every[:shared], every[leaves:] = few.shared[:, :1], columns
    lengths = counts[:, 0]
    parts = []
    for length in sorted(set(lengths.tolist())):
        wide = np.flatnonzero(lengths == length)
        rows = flat.starts[at[wide]][:, None, :] + np.arange(length)[:, None]
        places = np.array([few.operands[which] for which in wide.tolist()])
        parts.append((places, flat.operands[rows]))
        mapped = (places >= shared) & (places < leaves)
        every[places[mapped]] = parts[-1][1][mapped]
    if any((every[places] != found).any() for places, found in parts):
        return None
    if not (every[leaves:][:, None] == np.array(roots)).all(axis=2).any(axis=0).all():
        return None
    return _Found(columns, few.operands, every[:shared], every[shared:leaves])


def _split(program: Instructions, body: _Body) -> Rolled | None:
    """The Program in two; None where a body would need another one's result."""
    np = numpy()
    found, owner = body
    first, primitives, row = program.first_result, program.primitives, program.row
    kept = np.flatnonzero(owner[first:] < 0).tolist()
    table = {at: row(at) for at in kept}
    read = [*chain.from_iterable(table.values()), *program.outputs]
    wanted = owner[np.array(read, dtype=np.int64)]
    exported: list[int] = sorted(set(wanted[wanted >= 0].tolist()))
    late = np.zeros(program.slots, dtype=bool)
    late[found.columns[exported]] = True
    before, after = [], []
    is_late = late.tolist()
    for at in kept:
        if any(is_late[slot] for slot in table[at]):
            is_late[first + at] = late[first + at] = True
            after.append(at)
        else:
            before.append(at)
    if late[found.shared[:, 0]].any() or late[found.mapped].any():
        return None
    place = np.full(program.slots, -1, dtype=np.int64)
    place[: program.leaves] = np.arange(program.leaves)
    count, at = found.columns.shape[1], program.leaves
    for column in exported:
        place[found.columns[column]] = np.arange(at, at + count)
        at += count
    place[program.leaves : first] = np.arange(at, at + len(program.constants))
    start, order = at + len(program.constants), [*before, *after]
    place[first + np.array(order, dtype=np.int64)] = np.arange(start, start + len(order))
    moved: list[int] = place.tolist()
    rest = Instructions(
        leaves=program.leaves + count * len(exported),
        constants=program.constants,
        primitives=tuple([primitives[at] for at in order]),
        operands=tuple([tuple([moved[slot] for slot in table[at]]) for at in order]),
        outputs=tuple([moved[slot] for slot in program.outputs]),
        arguments=program.arguments,
        passive=program.passive,
    )
    active = np.array(rest.activity())
    shared, mapped = place[found.shared[:, 0]], place[found.mapped]
    passive = np.flatnonzero(~np.append(active[shared], active[mapped].any(axis=1))).tolist()
    one = _program(program, found, exported, passive)
    depends = one.activity()
    silent = [
        program.leaves + at * count + example
        for at, output in enumerate(one.outputs)
        if not depends[output]
        for example in range(count)
    ]
    rest = replace(rest, passive=rest.passive | set(silent)) if silent else rest
    return Rolled(one, rest, count, shared.tolist(), mapped, len(before))


def _program(
    program: Instructions, found: _Found, exported: Sequence[int], passive: Sequence[int]
) -> Instructions:
    """The Program of one example."""
    leaves, firsts = len(found.shared) + len(found.mapped), found.columns[:, 0].tolist()
    return Instructions(
        leaves=leaves,
        constants=(),
        primitives=tuple([program.primitives[slot - program.first_result] for slot in firsts]),
        operands=tuple(found.operands),
        outputs=tuple([leaves + at for at in exported]),
        passive=frozenset(passive),
    )
