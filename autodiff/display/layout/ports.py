"""Ports: where wires enter a box, and how far the box reaches above and below its axis.

The wire that leaves a box leaves on its axis. The wire of the main chain, if there is one, enters
on the axis too, so that the chain is one straight line; the others enter above and below it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from .layering import Layered
from .model import Spacing, Wire

#: labelled wires into one box; beyond that their ports move together and need no room for labels
_MOST_LABELLED = 8
_CORNER = 9.0


@dataclass(slots=True)
class Ports:
    """Per wire the distance of its port from the axis of its target; per vertex its extents."""

    offset: list[float]
    above: list[float]
    below: list[float]
    #: per wire: whether there is room for its label at the port
    roomy: list[bool] = field(default_factory=list)


def place_ports(layered: Layered, aligned: dict[int, int], spacing: Spacing) -> Ports:
    """`aligned` maps a box to the vertex on its left that shares its axis."""
    boxes, wires = layered.boxes, layered.wires
    extent = [box.across / 2 for box in boxes] + [0.0] * (len(layered.layer) - len(boxes))
    ports = Ports([0.0] * len(wires), list(extent), list(extent), [True] * len(wires))
    entering: list[list[int]] = [[] for _ in boxes]
    for number, wire in enumerate(wires):
        entering[wire.target].append(number)
    place = {vertex: index for row in layered.rows for index, vertex in enumerate(row)}
    for target, numbers in enumerate(entering):
        if not numbers:
            continue
        last = {number: layered.before(wires[number]) for number in numbers}
        numbers.sort(key=lambda number: (place[last[number]], wires[number].rank))
        anchor = next((n for n in numbers if last[n] == aligned.get(target)), None)
        _spread(ports, target, numbers, anchor, layered, spacing)
    return ports


def _spread(
    ports: Ports, target: int, numbers: list[int], anchor: int | None, layered: Layered,
    spacing: Spacing,
) -> None:  # fmt: skip
    wires, box = layered.wires, layered.boxes[target]
    labelled = sum(wires[number].label is not None for number in numbers)
    roomy = box.grows and labelled <= _MOST_LABELLED
    distances = (
        _distance(wires[upper], wires[lower], spacing) if roomy else spacing.port
        for upper, lower in itertools.pairwise(numbers)
    )
    positions = list(itertools.accumulate(distances, initial=0.0))
    zero = positions[numbers.index(anchor)] if anchor is not None else positions[-1] / 2
    offsets = [position - zero for position in positions]
    if not roomy:
        reach = max(-offsets[0], offsets[-1], 1e-9)
        limit = box.across / 2 - _CORNER + (spacing.port * len(numbers) / 4 if box.grows else 0.0)
        offsets = [offset * min(1.0, limit / reach) for offset in offsets]
    for number, offset in zip(numbers, offsets, strict=True):
        ports.offset[number] = offset
        ports.roomy[number] = roomy
    ports.above[target] = max(ports.above[target], -offsets[0] + _CORNER)
    ports.below[target] = max(ports.below[target], offsets[-1] + _CORNER)


def _distance(upper: Wire, lower: Wire, spacing: Spacing) -> float:
    """Between two neighbouring ports: labels must not touch each other or the other wire."""
    after = upper.label.after if upper.label else 0.0
    before = lower.label.before if lower.label else 0.0
    return max(spacing.port, after + before + 2.0, 2.0 * max(after, before) * 0.62)
