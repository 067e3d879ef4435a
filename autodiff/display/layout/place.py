"""Positions across the flow.

Chains that should be straight (the main chain, the inner part of long wires, a value with a
single use) become blocks: one block, one coordinate, so they *are* straight. Blocks are then
moved towards their neighbours as far as the order and the distances within layers allow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from .layering import Layered
from .model import Spacing
from .ports import Ports

_ROUNDS = 24
_BIG = 800  # vertices; bigger graphs get fewer rounds
_ROUNDS_WHEN_BIG = 8


Pulls = Sequence[Sequence[tuple[int, float, float]]]
"""Per block those that pull it: their number, the shift between the two axes, the weight."""


def align(layered: Layered, depth: Sequence[int]) -> dict[int, int]:
    """Which vertex on its left each vertex shares its axis with.

    No two aligned segments cross, so the blocks that they form can be stacked.
    """
    place = {vertex: index for row in layered.rows for index, vertex in enumerate(row)}
    candidates = sorted(_candidates(layered, depth), key=lambda c: (c[0], place[c[2]], c[1]))
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    taken: dict[int, list[tuple[int, int]]] = {}
    for _, a, b in candidates:
        if b in left or a in right:
            continue
        p, q = place[a], place[b]
        others = taken.setdefault(layered.layer[b], [])
        if any((p - p2) * (q - q2) < 0 for p2, q2 in others):
            continue
        others.append((p, q))
        left[b], right[a] = a, b
    return left


def _candidates(layered: Layered, depth: Sequence[int]) -> list[tuple[int, int, int]]:
    """(priority, left vertex, right vertex), smaller first."""
    found: list[tuple[int, int, int]] = []
    deepest: dict[int, list[int]] = {}
    for wire in layered.wires:
        deepest.setdefault(wire.target, []).append(wire.source)
    main = _main_chain(depth, deepest)
    found += [(1, a, b) for a, b in layered.trunks() if layered.is_bend(a)]
    for wire in layered.wires:
        sources = deepest[wire.target]
        rank = sorted((depth[source] for source in set(sources)), reverse=True)
        unique = len(rank) == 1 or (depth[wire.source] == rank[0] > rank[1])
        if not unique or sources.count(wire.source) > 1:
            continue
        priority = 0 if (wire.source, wire.target) in main else 2
        if len(layered.right[wire.source]) > 1:
            priority += 1
        before = layered.before(wire)
        found.append((priority, before, wire.target))
        if before != wire.source:
            first = layered.bends[wire.source, layered.layer[wire.source] + 1]
            found.append((priority + 1, wire.source, first))
    return found


def _main_chain(depth: Sequence[int], operands: dict[int, list[int]]) -> set[tuple[int, int]]:
    """The edges of a longest path, as far back as it is the only deepest one."""
    chain: set[tuple[int, int]] = set()
    at = max(range(len(depth)), key=lambda box: (depth[box], box), default=None)
    while at is not None and at in operands:
        best = max(operands[at], key=lambda box: depth[box])
        chain.add((best, at))
        at = best
    return chain


def place_across(
    layered: Layered, ports: Ports, aligned: dict[int, int], spacing: Spacing
) -> list[float]:
    """The axis of every vertex, across the flow."""
    vertices = len(layered.layer)
    block = _blocks(layered, aligned)
    count = max(block, default=-1) + 1
    below = _constraints(layered, block, ports, spacing)
    order = _stacking_order(count, below)
    pulls = _pulls(layered, ports, block, count)
    at = _project([0.0] * count, order, below)
    rounds = _ROUNDS if vertices <= _BIG else _ROUNDS_WHEN_BIG
    for round_ in range(rounds):
        for side in (0, 1) if round_ < rounds // 2 else (2,):
            at = _project(_wanted(at, pulls[side], backwards=side == 1), order, below)
    # In the end results stand in the middle of their operands, and inputs before their users.
    at = _project(_wanted(at, pulls[0]), order, below)
    inputs = [[] if left else right for left, right in zip(pulls[0], pulls[1], strict=True)]
    at = _project(_wanted(at, inputs, backwards=True), order, below)
    at = _drawn_closer(at, inputs, order, below)
    top = min(at, default=0.0)
    at = [round(2 * (value - top)) / 2 for value in at]
    return [at[block[vertex]] for vertex in range(vertices)]


def _wanted(at: Sequence[float], pulls: Pulls, backwards: bool = False) -> list[float]:
    """Where each block would like to be: at the mean of those that pull it, moved already."""
    wanted = list(at)
    for number in range(len(at) - 1, -1, -1) if backwards else range(len(at)):
        if pull := pulls[number]:
            wanted[number] = _mean(wanted, pull)
    return wanted


def _mean(at: Sequence[float], pull: Sequence[tuple[int, float, float]]) -> float:
    total = weights = 0.0  # added here: the built-in sum of floats differs between Pythons
    for other, shift, weight in pull:
        total += (at[other] + shift) * weight
        weights += weight
    return total / weights


def _drawn_closer(
    at: Sequence[float], pulls: Pulls, order: Sequence[int], below: Sequence[dict[int, float]]
) -> list[float]:
    """Each block as near to where it would like to be as its neighbours leave room for."""
    found = list(at)
    above: list[dict[int, float]] = [{} for _ in below]
    for number, near in enumerate(below):
        for lower, distance in near.items():
            above[lower][number] = distance
    for sweep in (order, list(reversed(order))):
        for number in sweep:
            if pull := pulls[number]:
                low = max((found[u] + d for u, d in above[number].items()), default=-math.inf)
                high = min((found[v] - d for v, d in below[number].items()), default=math.inf)
                found[number] = max(low, min(_mean(found, pull), high))
    return found


def _blocks(layered: Layered, aligned: dict[int, int]) -> list[int]:
    """A number for each vertex, the same along a straight chain; numbers grow along the flow."""
    block = [-1] * len(layered.layer)
    fresh = itertools.count()
    for vertex in sorted(range(len(block)), key=lambda vertex: (layered.layer[vertex], vertex)):
        block[vertex] = block[aligned[vertex]] if vertex in aligned else next(fresh)
    return block


def _constraints(
    layered: Layered, block: Sequence[int], ports: Ports, spacing: Spacing
) -> list[dict[int, float]]:
    """For each block the blocks directly below it, with the least distance of their axes."""
    below: list[dict[int, float]] = [{} for _ in range(max(block, default=-1) + 1)]
    for row in layered.rows:
        for upper, lower in itertools.pairwise(row):
            threads = layered.is_bend(upper) and layered.is_bend(lower)
            between = spacing.thread if threads else spacing.between
            distance = ports.below[upper] + ports.above[lower] + between
            near = below[block[upper]]
            near[block[lower]] = max(near.get(block[lower], 0.0), distance)
    return below


def _stacking_order(count: int, below: Sequence[dict[int, float]]) -> list[int]:
    """Blocks from top to bottom."""
    waiting = [0] * count
    for near in below:
        for lower in near:
            waiting[lower] += 1
    order = [number for number in range(count) if not waiting[number]]
    for number in order:  # grows while it is read
        for lower in below[number]:
            waiting[lower] -= 1
            if not waiting[lower]:
                order.append(lower)
    return order


def _pulls(
    layered: Layered, ports: Ports, block: Sequence[int], count: int
) -> tuple[Pulls, Pulls, Pulls]:
    """From the left, from the right, and from both sides."""
    from_left: list[list[tuple[int, float, float]]] = [[] for _ in range(count)]
    from_right: list[list[tuple[int, float, float]]] = [[] for _ in range(count)]
    pieces = [(a, b, 0.0) for a, b in layered.trunks()]
    pieces += [(layered.before(w), w.target, ports.offset[n]) for n, w in enumerate(layered.wires)]
    for a, b, offset in pieces:
        p, q = block[a], block[b]
        if p != q:
            weight = 1.0 + layered.is_bend(a) + layered.is_bend(b)
            from_left[q].append((p, -offset, weight))
            from_right[p].append((q, offset, weight))
    both = [a + b for a, b in zip(from_left, from_right, strict=True)]
    return from_left, from_right, both


def _project(
    wanted: Sequence[float], order: Sequence[int], below: Sequence[dict[int, float]]
) -> list[float]:
    """Positions near the wanted ones that keep all distances.

    Pushing everything down until it fits is one solution, pushing up is another; every mean of
    two solutions is one too, and the middle one favours neither side.
    """
    down = list(wanted)
    for number in order:
        for lower, distance in below[number].items():
            down[lower] = max(down[lower], down[number] + distance)
    up = list(wanted)
    for number in reversed(order):
        for lower, distance in below[number].items():
            up[number] = min(up[number], up[lower] - distance)
    return [(a + b) / 2 for a, b in zip(down, up, strict=True)]
