"""Layered layout in pure Python: deterministic, so pictures can be compared byte by byte."""

from __future__ import annotations

from collections.abc import Sequence

from .layering import assign_layers, build
from .model import Box, Direction, Label, Layout, Placed, Point, Route, Spacing, Wire
from .order import order_rows
from .place import align, place_across
from .ports import place_ports
from .route import columns, edge_of, route, segments

__all__ = [
    "Box", "Direction", "Label", "Layout", "Placed", "Point", "Route", "Spacing", "Wire", "lay_out",
]  # fmt: skip


def lay_out(
    boxes: Sequence[Box],
    wires: Sequence[Wire],
    *,
    direction: Direction = "right",
    spacing: Spacing | None = None,
) -> Layout:
    """Place boxes and wires. Boxes and labels must already be turned into the direction.

    >>> chain = lay_out([Box(100, 60)] * 3, [Wire(0, 1), Wire(1, 2)])
    >>> [(box.x, box.y) for box in chain.boxes]
    [(14.0, 14.0), (158.0, 14.0), (302.0, 14.0)]
    """
    spacing = spacing or Spacing()
    near = {number for number, box in enumerate(boxes) if box.near}
    layer, depth = assign_layers(len(boxes), wires, near)
    layered = build(boxes, wires, layer)
    order_rows(layered)
    aligned = align(layered, depth)
    ports = place_ports(layered, aligned, spacing)
    axis = place_across(layered, ports, aligned, spacing)
    pieces = segments(layered, ports, axis)
    cols = columns(layered, ports, pieces, spacing)
    routes = route(layered, ports, cols, pieces)
    placed = []
    for number in range(len(boxes)):
        start, end = edge_of(number, layered, cols)
        top = axis[number] - ports.above[number]
        size = ports.above[number] + ports.below[number]
        placed.append(Placed(start, top, end - start, size, (end, axis[number])))
    return _finish(placed, routes, direction, spacing)


def _finish(
    boxes: list[Placed], routes: list[Route], direction: Direction, spacing: Spacing
) -> Layout:
    """Turn flow and across into x and y, and move everything into the picture."""
    points = [point for path in routes for point in path.points]
    corners = [(box.x, box.y) for box in boxes]
    ends = [(box.x + box.width, box.y + box.height) for box in boxes]
    flow, side = zip(*points, *corners, *ends, strict=True) if boxes else ((0.0,), (0.0,))
    left, top = min(flow) - spacing.margin, min(side) - spacing.margin
    length, breadth = max(flow) + spacing.margin - left, max(side) + spacing.margin - top
    backwards, upright = direction in ("left", "up"), direction in ("down", "up")

    def turn(point: Point) -> Point:
        along, across = point[0] - left, point[1] - top
        along = length - along if backwards else along
        return (across, along) if upright else (along, across)

    for box, corner, end in zip(boxes, corners, ends, strict=True):
        a, b = turn(corner), turn(end)
        box.x, box.y = min(a[0], b[0]), min(a[1], b[1])
        box.width, box.height = abs(a[0] - b[0]), abs(a[1] - b[1])
        box.port = turn(box.port)
    for path in routes:
        path.points = [turn(point) for point in path.points]
        path.label = turn(path.label) if path.label is not None else None
    size = (breadth, length) if upright else (length, breadth)
    return Layout(boxes, routes, size[0], size[1], direction)
