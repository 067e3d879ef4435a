"""From a Program to operations on arrays: what its scalars have in common, computed as a whole.

Instructions of one class (lowering/lanes.py) are one operation on vectors. Sums of products that
share a vector of factors are the rows of a matrix, and all sums of two sets of such vectors are a
product of matrices. What has no company stays scalar.

Numbers have *places*: memory is a list of chunks, one for each argument, for constants and for each
operation's results, and places count through them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from autodiff import rules
from autodiff.extras import require
from autodiff.primitive import Primitive

from .instructions import Instructions
from .lowering.fusion import Analysis, terms_of
from .lowering.lanes import SHORTEST, Shape, classes_of, sorted_orders

#: places, or numbers of members, in an array of NumPy's, which has no types here
Places: TypeAlias = Any
#: kinds of products of matrices that the sums of one class may become, and walks to find them
_KINDS, _WALKS = 4, 4
#: fewer products are made and added one by one
FEW = 6
#: nested steps in which places may stand
_DEPTH = 4


@dataclass(frozen=True)
class Applied:
    """A primitive on vectors of `count` numbers.

    `operands` are the places of each of its variables, those of a column with a row for each
    operand; first comes that of the mask where there is one (see jax_presence.py).
    """

    primitive: Primitive
    masked: bool
    operands: list[Places]
    count: int


@dataclass(frozen=True)
class Sums:
    """Sums of products of rows of `major` and of `minor`, and of `singles`, a row for each.

    Both have an axis of groups first: each row of a group goes with each of the other one.
    """

    major: Places
    minor: Places
    singles: Places
    from_zero: bool
    count: int


@dataclass(frozen=True)
class Plan:
    """Operations in the order in which they are executed, and the places of the results."""

    operations: list[Applied | Sums]
    outputs: list[int]


def plan(program: Instructions, masks: Mapping[int, int], kinds: Sequence[int]) -> Plan:
    """The operations of a Program.

    `masks` has the slots of masks by instruction. `kinds` say which leaves are alike, by their
    argument: for them, and those of them alone, JAX may have a batch.
    """
    np = require("numpy", "jax")
    first = program.first_result
    sums, gone = _terms(program, masks)
    kept = _kept(program, masks, gone)
    most = max(kinds, default=0)
    classes = [*kinds, *[most + 1] * len(program.constants), *[0] * len(program.primitives)]
    heads: list[tuple[int, bool]] = []  # how many products (or -1), and whether it starts at 0
    rows: list[list[int]] = []

    def shapes() -> Iterator[Shape]:  # one by one: the classes of operands are there by then
        for index in kept:
            if index not in sums:
                mask = [masks[index]] if index in masks else []
                operands = [*mask, *program.operands[index]]
                heads.append((-1, False))
                yield _noted(rows, (program.primitives[index], index in masks), operands)
                continue
            from_zero, terms = sums[index]
            pairs = [sorted(term, key=classes.__getitem__) for term in terms if len(term) == 2]
            heads.append((len(pairs), from_zero))
            factors = [pair[at] for at in (0, 1) for pair in pairs]
            yield _noted(rows, heads[-1], factors + [term[0] for term in terms if len(term) == 1])

    found = classes_of(shapes(), [first + index for index in kept], classes)
    places = np.arange(program.slots)
    operations: list[Applied | Sums] = []
    place = first
    for members in found:
        table = places[np.array([rows[at] for at in members], dtype=np.int64)]
        pairs, from_zero = heads[members[0]]
        parts: Iterator[tuple[Places, Applied | Sums]]
        if pairs < 0:
            primitive, masked = program.primitives[kept[members[0]]], kept[members[0]] in masks
            parts = _applied(np, primitive, masked, table)
        else:
            parts = _sums(np, table, pairs, from_zero)
        for order, operation in parts:
            slots = [first + kept[members[at]] for at in order.ravel().tolist()]
            places[slots] = np.arange(place, place + len(slots))
            place += len(slots)
            operations.append(operation)
    return Plan(operations, places[list(program.outputs)].tolist())


def _terms(
    program: Instructions, masks: Mapping[int, int]
) -> tuple[dict[int, tuple[bool, list[tuple[int, ...]]]], set[int]]:
    """Instructions that are sums: whether they start at 0, and factors; and what is inside them."""
    first = program.first_result
    analysis = Analysis.of(program, outputs=masks.values())
    folds = {
        end: fold for end, fold in analysis.folds.items() if masks.keys().isdisjoint(fold.members)
    }
    gone = {at for end, fold in folds.items() for at in fold.members if at != end}
    products = {at for at, made in enumerate(program.primitives) if made is rules.mul} - {*masks}
    sums: dict[int, tuple[bool, list[tuple[int, ...]]]] = {}
    for index in range(len(program.primitives)):
        found = None if index in masks else terms_of(program, folds, index)
        if found is None:
            continue
        start, terms = found
        every: list[tuple[int, ...]] = []
        for a, b in terms if start is None else [*terms, (start, None)]:
            at = a - first
            if b is not None:
                every.append((a, b))
            elif at in products and analysis.uses[a] == 1:  # nobody else needs it
                every.append(program.operands[at])
                gone.add(at)
            else:
                every.append((a,))
        sums[index] = start is None and index not in folds, every
    return sums, gone


def _noted(rows: list[list[int]], head: object, operands: list[int]) -> Shape:
    rows.append(operands)
    return Shape((head, len(operands)), operands)


def _kept(program: Instructions, masks: Mapping[int, int], gone: set[int]) -> list[int]:
    """The instructions that some output depends on, but those inside folds."""
    first = program.first_result
    wanted = bytearray(program.slots)
    for slot in program.outputs:
        wanted[slot] = 1
    for index in reversed(range(len(program.primitives))):
        if wanted[first + index]:
            for slot in program.operands[index]:
                wanted[slot] = 1
            if index in masks:
                wanted[masks[index]] = 1
    return [at for at in range(len(program.primitives)) if wanted[first + at] and at not in gone]


def _applied(
    np: Any, primitive: Primitive, masked: bool, table: Places
) -> Iterator[tuple[Places, Applied]]:
    """A primitive for all members of a class, in the order that spares gathering; or one by one."""
    orders = [np.arange(len(table))]
    worst = _scattered(np, table)
    if worst and len(table) >= SHORTEST:
        orders += sorted_orders(np, table)
    best = min(orders, key=lambda order: _scattered(np, table[order]))
    alone = 1 < len(table) < SHORTEST and worst
    for order in best.reshape(-1, 1) if alone else [best]:
        columns = table[order].T[..., 0] if len(order) == 1 else table[order].T
        operands, given = list(columns[:masked]), columns[masked:]
        if primitive.arity is None:
            rows = (len(given) - primitive.tail) // primitive.columns
            operands += [given[at * rows :][:rows] for at in range(primitive.columns)]
            given = given[rows * primitive.columns :]
        yield order, Applied(primitive, masked, [*operands, *given], len(order))


def _scattered(np: Any, table: Places) -> int:
    """How many columns do not stand in steps."""
    return sum(steps(np, column) is None for column in table.T)


def _sums(np: Any, table: Places, pairs: int, from_zero: bool) -> Iterator[tuple[Places, Sums]]:
    """The sums of a class, as few products of matrices."""
    left, right = table[:, :pairs], table[:, pairs : 2 * pairs]
    if len(table) > 1 and np.array_equal(left[0], left[1]):
        left, right = right, left  # so results have the order of the trace
    small = len(table) * pairs < FEW
    apart = small and len(table) < SHORTEST
    for order in _alone(np, table, apart) if small else _products(np, right, left):
        major, minor = right[order[:, :, 0]], left[order[:, 0, :]]
        singles = table[order.ravel(), 2 * pairs :].T
        yield order, Sums(major, minor, singles, from_zero, order.size)


def _alone(np: Any, table: Places, apart: bool) -> list[Places]:
    every = np.arange(len(table)).reshape(-1, 1, 1)
    return list(every[:, None]) if apart else [every]


def _products(np: Any, major: Places, minor: Places) -> list[Places]:
    """Members by groups, rows of `major` and rows of `minor`: all pairs of them are there.

    Members are edges between rows, and groups are connected parts of which no edge is missing.
    """
    i, j = _ranks(np, major), _ranks(np, minor)
    part, walks = i.copy(), 0
    while walks < _WALKS:
        least = np.full(len(i), len(i))
        np.minimum.at(least, j, part)
        lower, least = least[j], np.full(len(i), len(i))
        np.minimum.at(least, i, lower)
        walks = _WALKS + 1 if np.array_equal(least[i], part) else walks + 1
        part = least[i]
    every = _alone(np, major, False)
    if walks == _WALKS or len(np.unique(i * len(i) + j)) < len(i):
        return every
    order = np.lexsort((j, i, part))
    size, rows, columns = (
        np.bincount(part[np.unique(key, return_index=True)[1]], minlength=len(i))
        for key in (np.arange(len(i)), i, j)
    )
    whole = size == rows * columns
    rows, columns = np.where(whole, rows, 1)[part[order]], np.where(whole, columns, 1)[part[order]]
    kinds = np.unique(np.stack([rows, columns], axis=1), axis=0).tolist()
    if len(kinds) > _KINDS:
        return every
    return [order[(rows == q) & (columns == p)].reshape(-1, q, p) for q, p in kinds]


def _ranks(np: Any, rows: Places) -> Places:
    """The number of each row, equal ones have the same, in the order of their first appearance."""
    _, at, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    rank = np.empty_like(at)
    rank[np.argsort(at)] = np.arange(len(at))
    return rank[inverse.ravel()]


def steps(np: Any, places: Places) -> list[tuple[int, int]] | None:
    """Places as nested steps, outermost first: how many, and how far apart; None if they are not.

    0 1 2 0 1 2 is twice three steps: (2, 0), (3, 1).
    """
    found: list[tuple[int, int]] = []
    while len(places) > 1:
        step = np.diff(places)
        others = np.flatnonzero(step != step[0])
        count = int(others[0]) + 1 if len(others) else len(places)
        if len(places) % count or len(found) == _DEPTH:
            return None
        rows = places.reshape(-1, count)
        places = rows[:, 0]
        if (rows - places[:, None] != rows[0] - places[0]).any():
            return None
        found.insert(0, (count, int(step[0])))
    return found
