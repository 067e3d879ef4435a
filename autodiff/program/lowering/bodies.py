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
from typing import Any

from autodiff import rules
from autodiff.extras import require
from autodiff.program.instructions import Instructions

#: fewer terms do not fill a block
FEWEST = 16
#: the share of a Program's instructions that the bodies must have: with less, lanes are faster
_WORTH = 0.85
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
    mapped: Any
    before: int


def roll(program: Instructions) -> Rolled | None:
    """The Program with a body; None where there is none that has most of it."""
    if program.leaves == 0:
        return None
    sums = sorted(_long_sums(program), key=lambda columns: len(columns[0]), reverse=True)
    for columns in sums[:_TRIED]:
        count = len(columns[0])
        least = _WORTH * (len(program.primitives) - count)  # the sum itself is no part of a body
        few = [column[:: count // FEWEST][:FEWEST] for column in columns]
        part = _lock_step(program, few, set())[0]  # what some have not in common, all have not
        if len(part) * count >= least:
            body = _walk(program, columns)
            if body is not None and len(body.columns) * count >= least:
                return _split(program, body)
    return None


def _long_sums(program: Instructions) -> Iterator[list[Column]]:
    """The operands of long sums, and of other functions of many numbers, near the outputs."""
    first, primitives, table = program.first_result, program.primitives, program.operands
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
            slot, right = table[slot - first]
            terms.append(right)
        if terms:
            columns = [(*terms, slot)[::-1]]
        else:
            seen.add(slot)
            primitive, operands = primitives[slot - first], table[slot - first]
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


@dataclass(frozen=True)
class _Body:
    """Columns of instructions in the order in which they are executed, and those of leaves."""

    columns: list[Column]
    operands: dict[Column, list[Column]]
    shared: list[Column]
    mapped: list[Column]
    owner: Any  # by slot of the Program: which of the columns, or -1

    @property
    def count(self) -> int:
        return len(self.columns[0])


def _walk(program: Instructions, roots: Sequence[Column]) -> _Body | None:
    """The body of some terms; None where terms depend on each other."""
    np = require("numpy", "jit")
    never: set[Column] = set()
    for _ in range(_AGAIN):
        operands, shared, mapped = _lock_step(program, roots, never)
        columns = sorted(operands, key=itemgetter(0))
        if not columns:
            return None
        owner = np.full(program.slots, -1, dtype=np.int64)
        places = np.array(columns)
        owner[places] = np.arange(len(columns))[:, None]
        # What belongs to two terms is computed before them all, like a state that goes on.
        twice = (owner[places] != np.arange(len(columns))[:, None]).any(axis=1)
        wrong = {columns[at] for at in np.flatnonzero(twice).tolist()}
        if mapped:
            also = owner[np.array(mapped)]
            wrong |= {columns[at] for at in np.unique(also[also >= 0]).tolist()}
        if not wrong:
            return _Body(columns, operands, shared, mapped, owner)
        never |= wrong
    return None


def _lock_step(
    program: Instructions, roots: Sequence[Column], never: set[Column]
) -> tuple[dict[Column, list[Column]], list[Column], list[Column]]:
    """Columns of instructions with those of their operands, of shared and of mapped leaves."""
    nothing: tuple[Any, ...] = (None,) * program.first_result
    primitives, table = (*nothing, *program.primitives), (*nothing, *program.operands)
    count = len(roots[0])
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
        every = itemgetter(*column)  # in C: there are many
        kinds = every(primitives)
        kind = kinds[0]
        if kind is not None and kinds.count(kind) == count and len(set(column)) == count:
            rows = every(table)
            if column not in never and (kind.arity is not None or len(set(map(len, rows))) == 1):
                inside[column] = list(zip(*rows, strict=True))
                waiting += inside[column]
                continue
        mapped.append(column)
    return inside, shared, mapped


def _split(program: Instructions, body: _Body) -> Rolled | None:
    """The Program in two; None where a body would need another one's result."""
    np = require("numpy", "jit")
    first, primitives, table = program.first_result, program.primitives, program.operands
    mask = body.owner[first:] < 0
    kept = np.flatnonzero(mask).tolist()
    read = [*chain.from_iterable([table[at] for at in kept]), *program.outputs]
    wanted = body.owner[np.array(read, dtype=np.int64)]
    exported: list[int] = np.unique(wanted[wanted >= 0]).tolist()
    late = bytearray(program.slots)
    for at in exported:
        for slot in body.columns[at]:
            late[slot] = 1
    before, after = [], []
    for at in kept:
        for slot in table[at]:
            if late[slot]:
                late[first + at] = 1
                after.append(at)
                break
        else:
            before.append(at)
    leaves = [*body.shared, *body.mapped]
    if np.frombuffer(late, dtype=np.uint8)[np.array(leaves, dtype=np.int64)].any():
        return None
    place = np.full(program.slots, -1, dtype=np.int64)
    place[: program.leaves] = np.arange(program.leaves)
    count, at = body.count, program.leaves
    for column in exported:
        place[list(body.columns[column])] = np.arange(at, at + count)
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
    active = rest.activity()
    shared = [moved[column[0]] for column in body.shared]
    mapped = place[np.array(body.mapped, dtype=np.int64).reshape(len(body.mapped), count)]
    passive = [at for at, slot in enumerate(shared) if not active[slot]]
    for at, row in enumerate(mapped.tolist(), len(shared)):
        if not any(active[slot] for slot in row):
            passive.append(at)
    one = _program(program, body, leaves, exported, passive)
    depends = one.activity()
    silent = [
        program.leaves + at * count + example
        for at, output in enumerate(one.outputs)
        if not depends[output]
        for example in range(count)
    ]
    rest = replace(rest, passive=rest.passive | set(silent)) if silent else rest
    return Rolled(one, rest, count, shared, mapped, len(before))


def _program(
    program: Instructions, body: _Body, leaves: Sequence[Column], exported: Sequence[int],
    passive: Sequence[int],
) -> Instructions:  # fmt: skip
    """The Program of one example."""
    place = {column: at for at, column in enumerate([*leaves, *body.columns])}
    first, columns = program.first_result, body.columns
    return Instructions(
        leaves=len(leaves),
        constants=(),
        primitives=tuple([program.primitives[column[0] - first] for column in columns]),
        operands=tuple([tuple([place[x] for x in body.operands[column]]) for column in columns]),
        outputs=tuple([len(leaves) + at for at in exported]),
        passive=frozenset(passive),
    )
