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

from autodiff.primitive import Primitive

from .instructions import Instructions
from .lowering.fusion import Analysis, terms_of
from .lowering.lanes import SHORTEST, Shape, classes_of, sorted_orders
from .numpy_types import Array, NumPy, numpy

#: kinds of products of matrices that the sums of one class may become, and walks to find them
_KINDS, _WALKS = 4, 4
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
    operands: list[Array]
    count: int


@dataclass(frozen=True)
class Sums:
    """Sums of products of rows of `major` and of `minor`, and of `singles`, a row for each.

    Both have an axis of groups first: each row of a group goes with each of the other one.
    """

    major: Array
    minor: Array
    singles: Array
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
    np = numpy()
    first = program.first_result
    uses = [*program.outputs, *masks.values()]
    folds = {
        end: fold
        for end, fold in Analysis.of(program, outputs=uses).folds.items()
        if masks.keys().isdisjoint(fold.members)
    }
    kept = _kept(program, masks, {x for end in folds for x in folds[end].members if x != end})
    most = max(kinds, default=0)
    classes = [*kinds, *[most + 1] * len(program.constants), *[0] * len(program.primitives)]
    heads: list[tuple[int, int]] = []  # how many products and how many single terms; or -1
    rows: list[list[int]] = []

    def shapes() -> Iterator[Shape]:  # one by one: the classes of operands are there by then
        for index in kept:
            sums = None if index in masks else terms_of(program, folds, index)
            if sums is None:
                mask = [masks[index]] if index in masks else []
                operands = [*mask, *program.operands[index]]
                heads.append((-1, 0))
                yield _noted(rows, (program.primitives[index], index in masks), operands)
                continue
            start, terms = sums
            pairs = [sorted(term, key=classes.__getitem__) for term in terms if None not in term]
            single = [a for a, b in terms if b is None] + ([] if start is None else [start])
            heads.append((len(pairs), int(start is None and index not in folds)))
            operands = [a for a, _ in pairs] + [b for _, b in pairs] + single
            yield _noted(rows, heads[-1], operands)

    found = classes_of(shapes(), [first + index for index in kept], classes)
    places = np.arange(program.slots)
    operations: list[Applied | Sums] = []
    place = first
    for members in found:
        table = places[np.array([rows[at] for at in members], dtype=np.int64)]
        pairs, from_zero = heads[members[0]]
        if pairs < 0:
            primitive, masked = program.primitives[kept[members[0]]], kept[members[0]] in masks
            parts = _applied(np, primitive, masked, table)
        else:
            parts = _sums(np, table, pairs, bool(from_zero))
        for order, operation in parts:
            slots = [first + kept[members[at]] for at in order.ravel().tolist()]
            places[slots] = np.arange(place, place + len(slots))
            place += len(slots)
            operations.append(operation)
    return Plan(operations, places[list(program.outputs)].tolist())


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
    np: NumPy, primitive: Primitive, masked: bool, table: Array
) -> Iterator[tuple[Array, Applied]]:
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


def _scattered(np: NumPy, table: Array) -> int:
    """How many columns do not stand in steps."""
    return sum(steps(np, column) is None for column in table.T)


def _sums(
    np: NumPy, table: Array, pairs: int, from_zero: bool
) -> Iterator[tuple[Array, Sums]]:  # fmt: skip
    """The sums of a class, as few products of matrices."""
    left, right = table[:, :pairs], table[:, pairs : 2 * pairs]
    if len(table) > 1 and np.array_equal(left[0], left[1]):
        left, right = right, left  # so results have the order of the trace
    small = len(table) < SHORTEST and pairs < SHORTEST
    for order in _products(np, right, left) if pairs and not small else _alone(np, table, small):
        major, minor = right[order[:, :, 0]], left[order[:, 0, :]]
        singles = table[order.ravel(), 2 * pairs :].T
        yield order, Sums(major, minor, singles, from_zero, order.size)


def _alone(np: NumPy, table: Array, apart: bool) -> list[Array]:
    every = np.arange(len(table)).reshape(-1, 1, 1)
    return list(every[:, None]) if apart else [every]


def _products(np: NumPy, major: Array, minor: Array) -> list[Array]:
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


def _ranks(np: NumPy, rows: Array) -> Array:
    """The number of each row, equal ones have the same, in the order of their first appearance."""
    _, at, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    rank = np.empty_like(at)
    rank[np.argsort(at)] = np.arange(len(at))
    return rank[inverse.ravel()]


def steps(np: NumPy, places: Array) -> list[tuple[int, int]] | None:
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
