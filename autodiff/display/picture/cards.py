"""Cards: how big they are, and what stands where on them.

A full card has a heading (`c = sin b`: the expression is the operation) and the rows *value* and
*grad*; a compact one has its name above the two numbers. Constants are small dashed pills.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autodiff.display.layout import Box, Placed, Point
from autodiff.display.notation import Run, Runs, RunsBackend

from .paint import Look, Painter, State
from .svg import clean, number, spans
from .text_width import runs_width, text_width
from .view import Card

DASH = "–"

_HEADING, _NUMBER, _ROW_NAME, _SMALL = 17.0, 13.0, 10.5, 11.5
_HEAD_HEIGHT, _ROW_HEIGHT, _COMPACT_HEIGHT, _PILL_HEIGHT = 30.0, 21.0, 42.0, 28.0
_NARROWEST, _NARROWEST_COMPACT = 108.0, 92.0
_STEP, NOTE_HEIGHT = 18.0, 16.0
_PAD, _RADIUS = 10.0, 7.0
_NAMES_WIDTH = 42.0


@dataclass(frozen=True, slots=True)
class CardState(State):
    """What a card shows at one moment. `value` and `grad` are None while not computed yet."""

    value: float | None = None
    grad: float | None = None


def note_of(card: Card, look: Look) -> str:
    """The line below the numbers; worksheets have none."""
    return "" if look.blank else card.note


def numeral(value: float, digits: int) -> Runs:
    """A number as it stands on a card."""
    return RunsBackend(digits).number(value)


def size_of(card: Card, look: Look, others: Sequence[float] = ()) -> Box:
    """The extents of a card in x and y: wide enough for the longest number it will ever show."""
    scale = look.scale
    if card.kind in ("constant", "more"):
        width = runs_width(card.heading, _NUMBER * scale, "sans") * 1.08 + 26 * scale
        near = card.key.startswith("ma")  # stands for users that are not shown
        return Box(max(width, 44 * scale), _PILL_HEIGHT * scale, grows=False, near=near)
    family = "sans" if card.kind == "group" else "serif"
    heading = runs_width(card.heading, _heading_size(card, look), family)
    size = (_SMALL if look.compact else _NUMBER) * scale
    widths = [
        runs_width(tuple(replace(run, bold=True) for run in numeral(n, look.digits)), size, "sans")
        for n in (card.value, card.grad, *others)
        if n is not None
    ]
    if look.compact:
        both = sum(widths[:2]) + 3 * 9 * scale
        wide = max(_NARROWEST_COMPACT * scale, both, heading + 16 * scale)
        return Box(wide, _COMPACT_HEIGHT * scale, grows=False)
    if card.kind == "group" and card.value is None:
        return Box(max(heading + 28 * scale, 90 * scale), (_HEAD_HEIGHT + 8) * scale)
    row = (_NAMES_WIDTH + 2 * _PAD) * scale + max(widths, default=0.0)
    note = text_width(note_of(card, look), _ROW_NAME) + 2 * _PAD
    wide = max(_NARROWEST, heading / scale + 26, row / scale, note)
    wide = math.ceil(wide / _STEP) * _STEP * scale  # few different widths look tidier
    high = _HEAD_HEIGHT + 2 * _ROW_HEIGHT + 7 + (NOTE_HEIGHT if note_of(card, look) else 0.0)
    return Box(wide, high * scale)


def draw_card(card: Card, box: Placed, state: CardState, look: Look, painter: Painter) -> str:
    """The markup of a card."""
    drawn = _Drawn(card, box, state, look, painter)
    if card.kind in ("constant", "more"):
        inner = drawn.pill()
    else:
        inner = drawn.compact() if look.compact else drawn.full()
    title = clean(hover(card, state, look))
    return painter.group(card.key, f"<title>{title}</title>{inner}", state)


def hover(card: Card, state: CardState, look: Look) -> str:
    """The tooltip: the whole label, and with full precision what the card shows at the moment."""
    known = []
    if state.value is not None and card.node is not None and not hides_value(card, look):
        known.append(f"value {state.value!r}")
    if state.grad is not None and card.node is not None and not look.hides("gradients"):
        known.append(f"grad {state.grad!r}")
    return ": ".join(filter(None, [card.title, ", ".join(known)]))


def hides_value(card: Card, look: Look) -> bool:
    """Whether the value is left blank; inputs keep theirs."""
    return look.hides("values") and not card.given


@dataclass(slots=True)
class _Drawn:
    card: Card
    box: Placed
    state: CardState
    look: Look
    painter: Painter

    def full(self) -> str:
        card, box, look, scale = self.card, self.box, self.look, self.look.scale
        only_heading = card.kind == "group" and card.value is None
        head = box.height if only_heading else _HEAD_HEIGHT * scale
        radius = _RADIUS * scale
        out = [self.rectangle("under", radius, 4)] if card.kind == "group" else []
        out.append(self.rectangle("base", radius))
        if not only_heading:
            out.append(self.shape("path", "head", d=_head_shape(box, head, radius)))
        out.append(self.rectangle("card", radius))  # above the heading
        out.append(self.heading(box.y + head / 2 + 0.32 * _heading_size(card, look)))
        if only_heading:
            return "".join(out)
        below = NOTE_HEIGHT * scale if note_of(card, look) else 0.0
        spare = (box.height - head - below - 2 * _ROW_HEIGHT * scale) / 2
        if below:
            at = (box.x + box.width / 2, box.y + box.height - 6 * scale)
            out.append(self.text("note", at, _ROW_NAME * scale, clean(card.note)))
        top = box.y + head + spare
        light = self.shape(
            "rect", "lit", x=box.x + 5 * scale, y=top + scale, rx=4 * scale,
            width=box.width - 10 * scale, height=(_ROW_HEIGHT - 2) * scale,
        )  # fmt: skip
        out += [light, self.row("value", top), self.row("grad", top + _ROW_HEIGHT * scale)]
        return "".join(out)

    def row(self, word: str, top: float) -> str:
        scale, size = self.look.scale, _NUMBER * self.look.scale
        base = top + _ROW_HEIGHT * scale / 2 + 0.36 * size
        left, right = self.box.x + _PAD * scale, self.box.x + self.box.width - _PAD * scale
        name = self.text("name", (left, base), _ROW_NAME * scale, word, "start")
        if self.blank(word):
            line = f"M{number(right - 54 * scale)} {number(base + 2)}H{number(right)}"
            return name + self.shape("path", "rule", d=line)
        return name + self.numeral(word, (right, base), size, "end")

    def compact(self) -> str:
        box, scale = self.box, self.look.scale
        size = _SMALL * scale
        out = [self.rectangle("base", 6 * scale), self.rectangle("card", 6 * scale)]
        spare = (box.height - _COMPACT_HEIGHT * scale) / 2
        out.append(self.heading(box.y + spare + 16 * scale))
        base = box.y + spare + 33 * scale
        left, right = box.x + 8 * scale, box.x + box.width - 8 * scale
        for word, x, anchor in (("value", left, "start"), ("grad", right, "end")):
            if not self.blank(word):
                out.append(self.numeral(word, (x, base), size, anchor))
        return "".join(out)

    def pill(self) -> str:
        box, size = self.box, _NUMBER * self.look.scale
        at = (box.x + box.width / 2, box.y + box.height / 2 + 0.36 * size)
        kind = "value" if self.card.kind == "constant" else "name"
        shape = self.rectangle("pill", box.height / 2)
        return shape + self.painter.text(kind, at, size, spans(self.card.heading, size))

    # ---- pieces --------------------------------------------------------------------------------

    def shape(self, tag: str, style: str, **geometry: float | str) -> str:
        return self.painter.shape(tag, style, self.state.states, **geometry)

    def rectangle(self, style: str, radius: float, shift: float = 0.0) -> str:
        box = self.box
        return self.shape("rect", style, x=box.x + shift, y=box.y + shift, width=box.width,
                          height=box.height, rx=radius)  # fmt: skip

    def text(
        self, style: str, at: Point, size: float, inner: str, anchor: str = "middle", slot: str = ""
    ) -> str:
        return self.painter.text(style, at, size, inner, anchor, self.state.states, slot)

    def heading(self, base: float) -> str:
        size, middle = _heading_size(self.card, self.look), self.box.x + self.box.width / 2
        style = "name" if self.card.kind == "group" else "math"
        inner = spans(self.card.heading, size, self.painter.colours)
        return self.text(style, (middle, base), size, inner)

    def blank(self, word: str) -> bool:
        if word == "value":
            return hides_value(self.card, self.look)
        return self.look.hides("gradients")

    def numeral(self, word: str, at: Point, size: float, anchor: str) -> str:
        shown = self.state.value if word == "value" else self.state.grad
        if shown is None:
            return self.text("none", at, size, DASH, anchor, word)
        runs = numeral(shown, self.look.digits)
        if self.card.truth and word == "value":
            runs = (Run("true" if shown else "false"),)
        return self.text(word, at, size, spans(runs, size), anchor, word)


def _head_shape(box: Placed, height: float, radius: float) -> str:
    """The heading's ground: rounded above, straight below, inside the card's border."""
    left, right, bottom = box.x + 0.6, box.x + box.width - 0.6, number(box.y + height)
    r = radius - 0.6
    x0, x1, y0, y1 = number(left), number(right), number(box.y + 0.6), number(box.y + 0.6 + r)
    return (
        f"M{x0} {bottom}V{y1}Q{x0} {y0} {number(left + r)} {y0}"
        f"H{number(right - r)}Q{x1} {y0} {x1} {y1}V{bottom}Z"
    )


def _heading_size(card: Card, look: Look) -> float:
    if card.kind == "group":
        return (_SMALL if look.compact else 13.5) * look.scale
    return (13.0 if look.compact else _HEADING) * look.scale
