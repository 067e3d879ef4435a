"""A view with a layout, ready to be written as SVG in any theme and at any moment of the passes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autodiff.display.layout import Box, Direction, Layout, Placed, Spacing, Wire, lay_out
from autodiff.display.layout.dot_program import dot_engine
from autodiff.display.notation.names import harmless

from .cards import CardState, draw_card, size_of
from .paint import Look, Painter
from .shown import FULL, PLAIN
from .svg import clean, document
from .view import Card, View
from .wires import WireDrawing, WireState, label_room

Frame = tuple[str, float, float, float, float]
"""The name of a scope, and x, y, width and height of the frame around it."""

Engine = Callable[[Sequence[Box], Sequence[Wire], Direction], Layout]

_COMPACT = Spacing(between=9.0, thread=5.0, port=5.0, gap=40.0, bend=44.0)
_FRAME_PAD, _FRAME_TITLE = 9.0, 13.0


Worksheet = bool | Literal["values", "gradients", "all"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is visible: per card and wire key its state; what is missing shows its final state."""

    cards: Mapping[str, CardState]
    wires: Mapping[str, WireState]


FINAL = Moment({}, {})


@dataclass(frozen=True, slots=True)
class Picture:
    """A laid-out view."""

    view: View
    layout: Layout
    look: Look
    title: str
    frames: tuple[Frame, ...] = ()

    def markup(self, painter: Painter, moment: Moment = FINAL) -> str:
        """Everything inside the `<svg>` element: frames, wires, cards."""
        out = []
        for name, x, y, width, height in self.frames:
            out += [
                painter.shape("rect", "frame", (), x=x, y=y, width=width, height=height, rx=8.0),
                painter.text("caption", (x + 7, y - 4), 10.5, clean(name), "start"),
            ]
        weights = [abs(link.weight) for link in self.view.links if link.weight is not None]
        strongest = max((weight for weight in weights if weight < math.inf), default=0.0)
        for link, route in zip(self.view.links, self.layout.routes, strict=True):
            emphasis = None if link.weight is None and not route.dense else 0.3
            if link.weight is not None and not self.look.blank:
                emphasis = min(abs(link.weight) / strongest, 1.0) ** 0.6 if strongest else 0.0
                emphasis = emphasis if emphasis == emphasis else 1.0
            state = moment.wires.get(link.key, WireState())
            wire = WireDrawing(link, route, self.layout.direction, self.look, painter, state)
            out.append(wire.markup(emphasis))
        for card, box in zip(self.view.cards, self.layout.boxes, strict=True):
            shown = moment.cards.get(card.key) or CardState(value=card.value, grad=card.grad)
            out.append(draw_card(card, box, shown, self.look, painter))
        return "".join(out)

    def svg(self, painter: Painter, *, background: str | None = None) -> str:
        """A complete SVG document."""
        size = self.layout.width, self.layout.height
        return document(self.title, *size, background, self.markup(painter))


def compose(
    view: View,
    look: Look,
    *,
    title: str = "",
    direction: Direction = "right",
    engine: Engine | None = None,
    widest: Callable[[Card], Sequence[float]] = lambda card: (),
) -> Picture:
    """Measure the cards and labels, lay them out, and find the frames of scopes.

    The title is for screen readers and tooltips. `widest` gives further numbers that a card will
    have to show (running sums).
    """
    upright = direction in ("down", "up")
    boxes = [size_of(card, look, widest(card)) for card in view.cards]
    # Groups are alike and look alike; on a compact picture all cards do.
    alike = {"group", "value"} if look.compact else {"group"}
    widths = [b.along for c, b in zip(view.cards, boxes, strict=True) if c.kind in alike]
    boxes = [
        replace(box, along=max(widths)) if card.kind in alike else box
        for card, box in zip(view.cards, boxes, strict=True)
    ]
    if upright:
        boxes = [replace(box, along=box.across, across=box.along) for box in boxes]
    edges = [
        Wire(link.source, link.target, link.rank, label_room(link, look, direction))
        for link in view.links
    ]
    if engine is not None:
        layout = engine(boxes, edges, direction)
    else:
        spacing = _COMPACT if look.compact else Spacing()
        layout = lay_out(boxes, edges, direction=direction, spacing=spacing)
    return Picture(view, layout, look, title or _about(view), tuple(_frames(view.cards, layout)))


def _frames(cards: Sequence[Card], layout: Layout) -> list[Frame]:
    """Frames around the scopes whose cards stand together, with no other card among them."""
    scopes = dict.fromkeys(
        card.scope[:depth] for card in cards for depth in range(1, len(card.scope) + 1)
    )
    deepest = max(map(len, scopes), default=0)
    found = []
    for scope in scopes:
        outer = deepest - len(scope)  # how many frames lie inside this one, at most
        pad, top = _FRAME_PAD + 7.0 * outer, _FRAME_PAD + (_FRAME_TITLE + 4.0) * outer
        pairs = [
            (card, box, card.scope[: len(scope)] == scope)
            for card, box in zip(cards, layout.boxes, strict=True)
        ]
        own = [(card, box) for card, box, member in pairs if member]
        computed = [box for card, box in own if card.kind != "constant" and not card.given]
        if len(computed) < 2:
            continue
        frame = _around(computed, pad, top)
        # A constant or a parameter of the scope may stand outside, but not on the line.
        reached = [box for _, box in own if _touches(box, frame, 8.0)]
        frame = _around([*computed, *reached], pad, top)
        if not any(_touches(box, frame) for _, box, member in pairs if not member):
            x0, y0, x1, y1 = frame
            found.append((harmless(scope[-1]), x0, y0, x1 - x0, y1 - y0))
    if found:
        _make_room(found, layout)
    return found


def _around(boxes: Sequence[Placed], pad: float, top: float) -> tuple[float, float, float, float]:
    return (
        min(box.x for box in boxes) - pad,
        min(box.y for box in boxes) - top,
        max(box.x + box.width for box in boxes) + pad,
        max(box.y + box.height for box in boxes) + pad,
    )


def _touches(box: Placed, frame: tuple[float, float, float, float], margin: float = 0.0) -> bool:
    x0, y0, x1, y1 = frame[0] - margin, frame[1] - margin, frame[2] + margin, frame[3] + margin
    return box.x < x1 and box.x + box.width > x0 and box.y < y1 and box.y + box.height > y0


def _make_room(found: list[Frame], layout: Layout) -> None:
    """Move everything so that frames and their titles lie inside the picture."""
    dx = max(0.0, 6.0 - min(x for _, x, _, _, _ in found))
    dy = max(0.0, 6.0 + _FRAME_TITLE - min(y for _, _, y, _, _ in found))
    for index, (name, x, y, width, height) in enumerate(found):
        found[index] = (name, x + dx, y + dy, width, height)
    for box in layout.boxes:
        box.x, box.y = box.x + dx, box.y + dy
        box.port = (box.port[0] + dx, box.port[1] + dy)
    for route in layout.routes:
        route.points = [(x + dx, y + dy) for x, y in route.points]
        if route.label is not None:
            route.label = (route.label[0] + dx, route.label[1] + dy)
    layout.width = max(layout.width + dx, max(x + w for _, x, _, w, _ in found) + 6.0)
    layout.height = max(layout.height + dy, max(y + h for _, _, y, _, h in found) + 6.0)


def arranged(
    view: View,
    worksheet: Worksheet,
    *,
    direction: Direction,
    labels: bool | None,
    digits: int,
    font_scale: float,
    engine: str,
) -> Picture:
    """The picture of a view; see `draw` for the options."""
    if direction not in ("right", "down", "left", "up"):
        raise ValueError(f"direction is {direction!r}; choose 'right', 'down', 'left' or 'up'")
    if engine not in ("layered", "dot"):
        raise ValueError(f"engine is {engine!r}; choose 'layered' or 'dot'")
    blank = worksheet if isinstance(worksheet, str) else "all" if worksheet else ""
    if blank not in ("", "all", "values", "gradients"):
        raise ValueError(f"worksheet is {blank!r}; choose 'values', 'gradients' or 'all'")
    grouped = any(card.kind == "group" for card in view.cards)
    look = Look(
        scale=font_scale,
        digits=digits,
        compact=view.size > (FULL if grouped else PLAIN),
        labels=view.size <= FULL if labels is None else labels,
        blank=blank,
    )
    return compose(view, look, direction=direction, engine=dot_engine if engine == "dot" else None)


def _about(view: View) -> str:
    roots = ", ".join(str(view.graph.nodes[root].name) for root in view.graph.roots)
    return f"Computational graph of {roots}: {view.size} card{'s' * (view.size != 1)}"
