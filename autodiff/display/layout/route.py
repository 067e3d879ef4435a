"""Columns, wires and labels.

The gap between two columns has two zones: first the bends, then a straight run into the ports.
Labels stand on the straight run, where by construction no wire crosses another. A wire that is
straight all along, and that nothing crosses, has its label in the middle of the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .layering import Layered
from .model import Point, Route, Spacing, Wire
from .ports import Ports

#: with so many segments in one gap, wires are straight lines, as in pictures of networks: curves
#: would all run together in the middle
DENSE = 40
_DENSE_GAP = (110.0, 420.0)


@dataclass(slots=True)
class Gap:
    """The space between two columns."""

    start: float
    bend: float  # width of the zone of bends
    run: float  # width of the zone of labels
    dense: bool = False

    @property
    def ready(self) -> float:
        """Where bends are over."""
        return self.start + self.bend

    @property
    def end(self) -> float:
        """Where the next column begins."""
        return self.start + self.bend + self.run


@dataclass(slots=True)
class Columns:
    """Where columns begin and end along the flow, and the gaps between them."""

    start: list[float]
    width: list[float]
    gaps: list[Gap]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of wire in one gap. `wire` is None for a piece that several wires share."""

    left: int
    right: int
    y0: float
    y1: float
    wire: int | None = None


def segments(layered: Layered, ports: Ports, axis: Sequence[float]) -> list[list[Segment]]:
    """The pieces of wires in every gap."""
    gaps: list[list[Segment]] = [[] for _ in range(max(len(layered.rows) - 1, 0))]
    for a, b in layered.trunks():
        gaps[layered.layer[a]].append(Segment(a, b, axis[a], axis[b]))
    for number, wire in enumerate(layered.wires):
        a, b = layered.before(wire), wire.target
        end = axis[b] + ports.offset[number]
        gaps[layered.layer[a]].append(Segment(a, b, axis[a], end, number))
    return gaps


def columns(
    layered: Layered, ports: Ports, pieces: Sequence[Sequence[Segment]], spacing: Spacing
) -> Columns:
    """How wide columns and gaps are."""
    widths = [
        max((layered.boxes[v].along for v in row if not layered.is_bend(v)), default=0.0)
        for row in layered.rows
    ]
    starts: list[float] = []
    gaps: list[Gap] = []
    dense = any(len({(p.left, p.right) for p in gap}) >= DENSE for gap in pieces)
    at = 0.0
    for layer, width in enumerate(widths):
        starts.append(at)
        at += width
        if layer < len(pieces):
            gaps.append(_gap(at, layered, ports, pieces[layer], spacing, dense))
            at = gaps[-1].end
    return Columns(starts, widths, gaps)


def _gap(
    start: float, layered: Layered, ports: Ports, pieces: Sequence[Segment], spacing: Spacing,
    dense: bool,
) -> Gap:  # fmt: skip
    climb = max((abs(piece.y1 - piece.y0) for piece in pieces), default=0.0)
    if dense and len(pieces) > 1:
        least, most = _DENSE_GAP
        return Gap(start, min(max(0.34 * climb, least), most), 8.0, dense=True)
    inner = [piece.wire for piece in pieces if piece.wire is not None and ports.roomy[piece.wire]]
    labels = [label.along for wire in inner if (label := layered.wires[wire].label)]
    run = max(labels) + 18.0 if labels else 10.0
    bend = min(spacing.bend + 0.16 * climb, 2.6 * spacing.bend) if climb > 0.5 else 0.0
    if not labels:
        bend = max(bend, spacing.gap)
    return Gap(start, bend, run + (12.0 if not bend else 0.0))


def route(
    layered: Layered, ports: Ports, layout: Columns, pieces: Sequence[Sequence[Segment]]
) -> list[Route]:
    """The path of every wire, and the place of its label. Shared pieces are computed once."""
    wires = layered.wires
    routes = [Route() for _ in wires]
    trunks: dict[int, Route] = {}
    for at, gap in enumerate(pieces):
        for piece in gap:  # trunks come first in every gap
            begun = trunks.get(piece.left)
            path = Route(list(begun.points), dense=begun.dense) if begun else Route()
            _extend(path, piece, layout.gaps[at], layered, layout)
            if piece.wire is None:
                trunks[piece.right] = path
                continue
            routes[piece.wire] = path
            if wires[piece.wire].label is not None and ports.roomy[piece.wire]:
                path.label = _label_point(piece, path, wires[piece.wire], layout, at, gap)
    return routes


def edge_of(vertex: int, layered: Layered, layout: Columns) -> Point:
    """Where a vertex begins and ends along the flow: a box stands in the middle of its column."""
    layer = layered.layer[vertex]
    start, width = layout.start[layer], layout.width[layer]
    if layered.is_bend(vertex):
        return start, start + width
    half = layered.boxes[vertex].along / 2
    return start + width / 2 - half, start + width / 2 + half


def _extend(path: Route, piece: Segment, gap: Gap, layered: Layered, layout: Columns) -> None:
    leaves = edge_of(piece.left, layered, layout)[1]
    enters = edge_of(piece.right, layered, layout)[0]
    if not path.points:
        path.points.append((leaves, piece.y0))
    _line(path, (gap.start, piece.y0))
    if gap.dense:
        path.dense = True
        _line(path, (gap.end, piece.y1))
    elif abs(piece.y1 - piece.y0) > 0.01:
        half = (gap.start + gap.ready) / 2
        path.points += [(half, piece.y0), (half, piece.y1), (gap.ready, piece.y1)]
    _line(path, (enters, piece.y1))


def _line(path: Route, to: Point) -> None:
    """A straight piece, written as a cubic; a run that goes straight on is made longer."""
    x, y = path.points[-1]
    if abs(x - to[0]) + abs(y - to[1]) < 0.01:
        return
    points = path.points
    if len(points) >= 4 and y == to[1] and points[-2][1] == y and points[-4][1] == y:
        points[-3:] = []
        x, y = points[-1]
    third = ((to[0] - x) / 3, (to[1] - y) / 3)
    points += [(x + third[0], y + third[1]), (to[0] - third[0], to[1] - third[1]), to]


def _label_point(
    piece: Segment, path: Route, wire: Wire, layout: Columns, at: int, others: Sequence[Segment]
) -> Point | None:
    gap = layout.gaps[at]
    if gap.dense:
        return None
    run = gap.ready + gap.run / 2 - 4.0
    straight = abs(piece.y1 - piece.y0) < 0.01
    if straight and not any(_meets(piece, each, wire) for each in others if each is not piece):
        alone = len(path.points) == 4  # straight from its source: in the middle of the wire
        x0 = max(path.points[0][0], layout.start[at])
        run = (x0 + path.points[-1][0]) / 2 if alone else run
    return run, piece.y1


def _meets(piece: Segment, other: Segment, wire: Wire) -> bool:
    """Whether the other piece comes near the label anywhere in the gap."""
    assert wire.label is not None
    top, bottom = piece.y1 - wire.label.before - 4, piece.y1 + wire.label.after + 4
    return min(other.y0, other.y1) < bottom and max(other.y0, other.y1) > top
