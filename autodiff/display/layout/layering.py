"""Layers: every box as late as its users allow, so inputs stand next to where they are used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .model import Box, Wire


@dataclass(slots=True)
class Layered:
    """Vertices in layers: boxes first, then one bend per source and layer that a wire passes.

    All wires of one source share its bends, so a value used all along a chain costs one line.
    """

    boxes: Sequence[Box]
    wires: Sequence[Wire]
    layer: list[int]
    #: segments between neighbouring layers, as (left vertex, right vertex), and who is where
    left: list[list[int]] = field(default_factory=list)
    right: list[list[int]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    bends: dict[tuple[int, int], int] = field(default_factory=dict)

    def is_bend(self, vertex: int) -> bool:
        """Whether the vertex is no box."""
        return vertex >= len(self.boxes)

    def before(self, wire: Wire) -> int:
        """The vertex from which a wire enters its target: its last bend, or its source."""
        return self.bends.get((wire.source, self.layer[wire.target] - 1), wire.source)

    def trunks(self) -> list[tuple[int, int]]:
        """The segments that end in a bend, along the flow."""
        bends = self.bends
        return [(bends.get((source, at - 1), source), bend) for (source, at), bend in bends.items()]


def assign_layers(
    count: int, wires: Sequence[Wire], near: Collection[int] = ()
) -> tuple[list[int], list[int]]:
    """(layer of each box counted from the inputs, depth of each box below it).

    The layer is the longest distance to an output, turned round: boxes stand as late as possible,
    except those in `near`, which stand right behind their source.
    """
    users: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for wire in wires:
        users[wire.source].append(wire.target)
        waiting[wire.target] += 1
    order = [box for box in range(count) if not waiting[box]]
    depth = [0] * count
    for box in order:  # grows while it is read
        for user in users[box]:
            depth[user] = max(depth[user], depth[box] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                order.append(user)
    if len(order) < count:
        raise ValueError("the boxes form a cycle")
    height = [0] * count
    for box in reversed(order):
        height[box] = max((height[user] + 1 for user in users[box] if user not in near), default=0)
    last = max(height, default=0)
    layer = [last - h for h in height]
    for wire in wires:
        if wire.target in near:
            layer[wire.target] = layer[wire.source] + 1
    return layer, depth


def build(boxes: Sequence[Box], wires: Sequence[Wire], layer: Sequence[int]) -> Layered:
    """Add the bends and the segments between neighbouring layers."""
    result = Layered(boxes, wires, list(layer), [[] for _ in boxes], [[] for _ in boxes])
    seen: set[tuple[int, int]] = set()
    reached = list(layer)  # the layer of the last bend that a source has so far
    for wire in sorted(wires, key=lambda wire: (wire.target, wire.rank)):
        first = min(reached[wire.source], layer[wire.target] - 1)
        before = result.bends.get((wire.source, first), wire.source)
        for at in range(first + 1, layer[wire.target]):
            if (wire.source, at) not in result.bends:
                reached[wire.source] = at
                result.bends[wire.source, at] = len(result.layer)
                result.layer.append(at)
                result.left.append([])
                result.right.append([])
            bend = result.bends[wire.source, at]
            _join(result, seen, before, bend)
            before = bend
        _join(result, seen, before, wire.target)
    return result


def _join(result: Layered, seen: set[tuple[int, int]], left: int, right: int) -> None:
    if (left, right) not in seen:
        seen.add((left, right))
        result.right[left].append(right)
        result.left[right].append(left)
