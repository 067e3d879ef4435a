"""Cards: how big they are, and what stands where on them.

A full card has a heading (`c = sin b`: the expression is the operation) and the rows *value* and
*grad*; a compact one has its name above the two numbers. Constants are small dashed pills.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from autodiff.display.layout import Box, Placed
from autodiff.display.notation import Run, Runs, RunsBackend

from .paint import Painter
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
class CardStyle:
    """How cards are drawn: their size, and what is written or left blank."""

    compact: bool = False
    scale: float = 1.0
    digits: int = 4
    blank_values: bool = False
    blank_grads: bool = False

    def hides_value(self, card: Card) -> bool:
        """Whether the value is left blank; inputs keep theirs."""
        return self.blank_values and not card.given

    def note_of(self, card: Card) -> str:
        """The line below the numbers; worksheets have none."""
        return "" if self.blank_values or self.blank_grads else card.note


@dataclass(frozen=True, slots=True)
class CardState:
    """What a card shows at one moment. `value` and `grad` are None while not computed yet."""

    value: float | None
    grad: float | None
    states: tuple[str, ...] = ()
    pending: bool = False


def size_of(card: Card, style: CardStyle, others: Mapping[str, float] | None = None) -> Box:
    """The extents of a card in x and y: wide enough for the longest number it will ever show."""
    scale = style.scale
    heading = runs_width(card.heading, _heading_size(card, style), _family(card))
    if card.kind in ("constant", "more"):
        width = runs_width(card.heading, _NUMBER * scale, "sans") * 1.08 + 26 * scale
        near = card.key.startswith("ma")  # stands for users that are not shown
        return Box(max(width, 44 * scale), _PILL_HEIGHT * scale, grows=False, near=near)
    numbers = [card.value, card.grad, *(others or {}).values()]
    widths = [numeral_width(n, style) for n in numbers if n is not None]
    if style.compact:
        both = sum(widths[:2]) + 3 * 9 * scale
        wide = max(_NARROWEST_COMPACT * scale, both, heading + 16 * scale)
        return Box(wide, _COMPACT_HEIGHT * scale, grows=False)
    row = (_NAMES_WIDTH + 2 * _PAD) * scale + max(widths, default=0.0)
    if card.kind == "group" and card.value is None:
        return Box(max(heading + 28 * scale, 90 * scale), (_HEAD_HEIGHT + 8) * scale)
    note = text_width(style.note_of(card), _ROW_NAME) + 2 * _PAD
    wide = max(_NARROWEST, heading / scale + 26, row / scale, note)
    wide = math.ceil(wide / _STEP) * _STEP * scale  # few different widths look tidier
    high = _HEAD_HEIGHT + 2 * _ROW_HEIGHT + 7 + (NOTE_HEIGHT if style.note_of(card) else 0.0)
    return Box(wide, high * scale)


def numeral(value: float, digits: int) -> Runs:
    """A number as it stands on a card."""
    return RunsBackend(digits).number(value)


def numeral_width(value: float, style: CardStyle) -> float:
    """How wide a number is on a card."""
    size = (_SMALL if style.compact else _NUMBER) * style.scale
    bold = tuple(replace(run, bold=True) for run in numeral(value, style.digits))
    return runs_width(bold, size, "sans")


def draw_card(card: Card, box: Placed, state: CardState, style: CardStyle, painter: Painter) -> str:
    """The markup of a card."""
    if card.kind in ("constant", "more"):
        inner = _pill(card, box, style, painter)
    elif style.compact:
        inner = _compact(card, box, state, style, painter)
    else:
        inner = _full(card, box, state, style, painter)
    title = clean(hover(card, state, style))
    return painter.group(card.key, f"<title>{title}</title>{inner}", state)


def hover(card: Card, state: CardState, style: CardStyle) -> str:
    """The tooltip: the whole label, and with full precision what the card shows at the moment."""
    known = []
    if state.value is not None and card.node is not None and not style.hides_value(card):
        known.append(f"value {state.value!r}")
    if state.grad is not None and card.node is not None and not style.blank_grads:
        known.append(f"grad {state.grad!r}")
    return ": ".join(filter(None, [card.title, ", ".join(known)]))


def _full(card: Card, box: Placed, state: CardState, style: CardStyle, painter: Painter) -> str:
    scale, states = style.scale, state.states
    head = _HEAD_HEIGHT * scale
    radius = _RADIUS * scale
    out = []
    if card.kind == "group":
        out.append(painter.shape("rect", "under", states, x=box.x + 4, y=box.y + 4, width=box.width,
                                 height=box.height, rx=radius))  # fmt: skip
    edges: dict[str, float] = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    out.append(painter.shape("rect", "base", states, **edges, rx=radius))
    only_heading = card.kind == "group" and card.value is None
    head = box.height if only_heading else head
    if not only_heading:
        out.append(painter.shape("path", "head", states, d=_head_shape(box, head, radius)))
    out.append(painter.shape("rect", "card", states, **edges, rx=radius))  # above the heading
    size = _heading_size(card, style)
    middle = box.x + box.width / 2
    out.append(
        painter.text(
            "name" if card.kind == "group" else "math",
            (middle, box.y + head / 2 + 0.32 * size),
            size,
            spans(card.heading, size, painter.colours),
            "middle",
            states,
        )
    )
    if only_heading:
        return "".join(out)
    blank_value = style.hides_value(card)
    below = NOTE_HEIGHT * scale if style.note_of(card) else 0.0
    spare = (box.height - head - below - 2 * _ROW_HEIGHT * scale) / 2
    if below:
        at = (middle, box.y + box.height - 6 * scale)
        out.append(painter.text("note", at, _ROW_NAME * scale, clean(card.note), "middle", states))
    for index, (word, shown, blank) in enumerate(
        (("value", state.value, blank_value), ("grad", state.grad, style.blank_grads))
    ):
        top = box.y + head + spare + index * _ROW_HEIGHT * scale
        out.append(_row(card, box, word, shown, blank, top, style, painter, states))
    return "".join(out)


def _row(
    card: Card,
    box: Placed,
    word: str,
    shown: float | None,
    blank: bool,
    top: float,
    style: CardStyle,
    painter: Painter,
    states: tuple[str, ...],
) -> str:
    """One of the rows of a full card."""
    scale = style.scale
    size, small = _NUMBER * scale, _ROW_NAME * scale
    base = top + _ROW_HEIGHT * scale / 2 + 0.36 * size
    left, right = box.x + _PAD * scale, box.x + box.width - _PAD * scale
    out = ""
    if word == "value":
        out = painter.shape(
            "rect", "lit", states, x=box.x + 5 * scale, y=top + scale, rx=4 * scale,
            width=box.width - 10 * scale, height=(_ROW_HEIGHT - 2) * scale,
        )  # fmt: skip
    out += painter.text("name", (left, base), small, word, "start", states)
    if blank:
        x0 = right - 54 * scale
        d = f"M{number(x0)} {number(base + 2)}H{number(right)}"
        return out + painter.shape("path", "rule", states, d=d)
    return out + _numeral(card, word, shown, (right, base), size, "end", style, painter, states)


def _numeral(
    card: Card,
    word: str,
    shown: float | None,
    at: tuple[float, float],
    size: float,
    anchor: str,
    style: CardStyle,
    painter: Painter,
    states: tuple[str, ...],
) -> str:
    if shown is None:
        return painter.text("none", at, size, DASH, anchor, states, slot=word)
    runs = numeral(shown, style.digits)
    if card.truth and word == "value":
        runs = (Run("true" if shown else "false"),)
    return painter.text(word, at, size, spans(runs, size), anchor, states, slot=word)


def _compact(card: Card, box: Placed, state: CardState, style: CardStyle, painter: Painter) -> str:
    scale, states = style.scale, state.states
    size = _SMALL * scale
    edges: dict[str, float] = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    out = [
        painter.shape("rect", "base", states, **edges, rx=6 * scale),
        painter.shape("rect", "card", states, **edges, rx=6 * scale),
    ]
    heading = _heading_size(card, style)
    spare = (box.height - _COMPACT_HEIGHT * scale) / 2
    centre = (box.x + box.width / 2, box.y + spare + 16 * scale)
    style_name = "name" if card.kind == "group" else "math"
    text = spans(card.heading, heading, painter.colours)
    out.append(painter.text(style_name, centre, heading, text, "middle", states))
    base = box.y + spare + 33 * scale
    left, right = box.x + 8 * scale, box.x + box.width - 8 * scale
    for word, shown, blank, x, anchor in (
        ("value", state.value, style.hides_value(card), left, "start"),
        ("grad", state.grad, style.blank_grads, right, "end"),
    ):
        if not blank:
            out.append(_numeral(card, word, shown, (x, base), size, anchor, style, painter, states))
    return "".join(out)


def _pill(card: Card, box: Placed, style: CardStyle, painter: Painter) -> str:
    size = _NUMBER * style.scale
    shape = painter.shape("rect", "pill", (), x=box.x, y=box.y, width=box.width, height=box.height,
                          rx=box.height / 2)  # fmt: skip
    at = (box.x + box.width / 2, box.y + box.height / 2 + 0.36 * size)
    kind = "value" if card.kind == "constant" else "name"
    return shape + painter.text(kind, at, size, spans(card.heading, size), "middle", ())


def _head_shape(box: Placed, height: float, radius: float) -> str:
    """The heading's ground: rounded above, straight below, inside the card's border."""
    x0, x1, y0, y1 = box.x + 0.6, box.x + box.width - 0.6, box.y + 0.6, box.y + height
    r = radius - 0.6
    return (
        f"M{number(x0)} {number(y1)}V{number(y0 + r)}Q{number(x0)} {number(y0)} {number(x0 + r)} "
        f"{number(y0)}H{number(x1 - r)}Q{number(x1)} {number(y0)} {number(x1)} {number(y0 + r)}"
        f"V{number(y1)}Z"
    )


def _heading_size(card: Card, style: CardStyle) -> float:
    if card.kind == "group":
        return (_SMALL if style.compact else 13.5) * style.scale
    return (13.0 if style.compact else _HEADING) * style.scale


def _family(card: Card) -> str:
    return "sans" if card.kind == "group" else "serif"
