"""What goes into the layout and what comes out: plain geometry, no graph of Values.

The layout thinks along two axes: the *flow* from operands to results, and *across* it. Only the
last step turns them into x and y, so that a picture can run to the right, down, left or up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["right", "down", "left", "up"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A card or pill to be placed: its extent along the flow and across it.

    `grows` lets the box become bigger across the flow when many wires enter it. `near` puts a
    box that nothing leaves right behind its source instead of at the end of the picture.
    """

    along: float
    across: float
    grows: bool = True
    near: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Room for text at a wire: along the flow, and across it on either side of the wire."""

    along: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Wire:
    """From a box to a box. `rank` orders the wires that enter the same box."""

    source: int
    target: int
    rank: int = 0
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances, in pixels."""

    between: float = 22.0
    thread: float = 10.0  # between two wires that pass a layer
    port: float = 12.0
    gap: float = 34.0
    bend: float = 56.0
    margin: float = 14.0


@dataclass(slots=True)
class Placed:
    """A box with its position: corner and size in x and y, and where its wire leaves."""

    x: float
    y: float
    width: float
    height: float
    port: Point


@dataclass(slots=True)
class Route:
    """A wire as a path: a start, then cubic pieces (three points each); straight ones too."""

    points: list[Point] = field(default_factory=list)
    #: the point on the wire where its label belongs
    label: Point | None = None
    dense: bool = False


@dataclass(slots=True)
class Layout:
    """A finished layout."""

    boxes: list[Placed]
    routes: list[Route]
    width: float
    height: float
    direction: Direction = "right"
