"""The order within layers: few crossings, and the first operand above the second.

Barycentres, swept forth and back (Sugiyama, Tagawa & Toda 1981), from a start that has no
crossings at all when the graph is a tree. Ties keep their order, so the result depends on the
graph alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .layering import Layered

_SWEEPS = 12
_PATIENCE = 3
#: exchanging neighbours is only tried in graphs of this size
_SMALL = 400


def order_rows(layered: Layered) -> None:
    """Fill `rows`, layer by layer, from top to bottom."""
    rows = _first_order(layered)
    best, fewest = [list(row) for row in rows], _crossings(layered, rows)
    stale = 0
    for sweep in range(_SWEEPS):
        if fewest == 0 or stale == _PATIENCE:
            break
        forward = sweep % 2 == 0
        for at in range(1, len(rows)) if forward else range(len(rows) - 2, -1, -1):
            _sort_row(rows[at], rows[at - 1 if forward else at + 1],
                      layered.left if forward else layered.right)  # fmt: skip
        if len(layered.layer) <= _SMALL:
            _exchange(layered, rows)
        crossings = _crossings(layered, rows)
        stale += 1
        if crossings < fewest:
            best, fewest, stale = [list(row) for row in rows], crossings, 0
    layered.rows = best


def _first_order(layered: Layered) -> list[list[int]]:
    """Depth first from the outputs, operands in order: no crossings in a tree."""
    rows: list[list[int]] = [[] for _ in range(max(layered.layer, default=-1) + 1)]
    seen: set[int] = set()
    stack = [vertex for vertex, users in enumerate(layered.right) if not users][::-1]
    while stack:
        vertex = stack.pop()
        if vertex not in seen:
            seen.add(vertex)
            rows[layered.layer[vertex]].append(vertex)
            stack += reversed(layered.left[vertex])
    return rows


def _sort_row(row: list[int], fixed: Sequence[int], neighbours: Sequence[Sequence[int]]) -> None:
    place = {vertex: index for index, vertex in enumerate(fixed)}
    weight: dict[int, float] = {}
    for index, vertex in enumerate(row):
        near = [place[other] for other in neighbours[vertex]]
        weight[vertex] = sum(near) / len(near) if near else -1.0
        if not near:  # stays where its upper neighbour goes
            weight[vertex] = weight[row[index - 1]] if index else -1.0
    row.sort(key=weight.__getitem__)


def _crossings(layered: Layered, rows: Sequence[Sequence[int]]) -> int:
    return sum(_crossings_between(layered, rows[at], rows[at + 1]) for at in range(len(rows) - 1))


def _crossings_between(layered: Layered, left: Sequence[int], right: Sequence[int]) -> int:
    """Inversions among the ends of the segments, counted with a Fenwick tree."""
    place = {vertex: index for index, vertex in enumerate(right)}
    tree = [0] * (len(right) + 1)
    total = met = 0
    for vertex in left:
        ends = sorted(place[other] for other in layered.right[vertex])
        for end in ends:
            index, below = end + 1, 0
            while index:
                below += tree[index]
                index &= index - 1
            total += met - below
        for end in ends:
            index = end + 1
            while index < len(tree):
                tree[index] += 1
                index += index & -index
        met += len(ends)
    return total


def _exchange(layered: Layered, rows: list[list[int]]) -> None:
    """Swap neighbours while that removes crossings."""
    for at, row in enumerate(rows):
        sides = [
            ({vertex: index for index, vertex in enumerate(rows[beside])}, near)
            for beside, near in ((at - 1, layered.left), (at + 1, layered.right))
            if 0 <= beside < len(rows)
        ]
        for _ in range(10):
            improved = False
            for index in range(len(row) - 1):
                upper, lower = row[index], row[index + 1]
                gain = 0
                for place, near in sides:
                    a = [place[other] for other in near[upper]]
                    b = [place[other] for other in near[lower]]
                    gain += sum((p > q) - (p < q) for p in a for q in b)
                if gain > 0:
                    row[index], row[index + 1] = lower, upper
                    improved = True
            if not improved:
                break
