"""Wires: the path, the arrowhead, the local derivative above it in symbols, below in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autodiff.display.layout import Direction, Label, Route
from autodiff.display.notation import Run, Runs, RunsBackend, plain, shown, typeset
from autodiff.formula import Constant

from .paint import Look, Painter, State
from .svg import clean, element, number, path, spans
from .text_width import runs_width, text_width
from .view import Link

_SYMBOL, _NUMBER, _MUTED = 14.5, 12.0, 11.0
_TIP_LENGTH, _TIP_WIDTH = 8.5, 3.9
_LONGEST_FORMULA = 22  # characters; longer ones are in the tooltip and the caption
_NOT_CHOSEN = "not chosen"


@dataclass(frozen=True, slots=True)
class WireState(State):
    """What a wire shows at one moment."""

    labelled: bool = True
    #: the gradient runs along it, against the arrow
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The two lines of a label; either may be missing."""

    symbol: Runs
    number: Runs = ()
    muted: bool = False


def label_text(link: Link, look: Look) -> Text | None:
    """What stands at a wire: the local derivative; for a literal the number alone, above."""
    local = link.local
    if local is None or not look.labels:
        return None
    backend = RunsBackend(look.digits)
    if local.kink:
        return Text((Run(f"{shown(local.value or 0.0, look.digits)} chosen"),), muted=True)
    if local.value is None:
        if local.condition is None:
            return Text(backend.number(0.0))
        return Text((Run(_NOT_CHOSEN),), muted=True)
    figure = backend.number(local.value)
    if isinstance(local.formula, Constant):
        return Text(figure)
    symbol = typeset(local.formula, backend)
    return Text(symbol if len(plain(symbol)) <= _LONGEST_FORMULA else (Run("…"),), figure)


def label_room(link: Link, look: Look, direction: Direction) -> Label | None:
    """The room that the label takes at the wire."""
    text = label_text(link, look)
    if text is None:
        return None
    scale = look.scale
    width = max(
        runs_width(text.symbol, (_MUTED if text.muted else _SYMBOL) * scale,
                   "sans" if text.muted else "serif"),
        runs_width(text.number, _NUMBER * scale, "sans"),
        (text_width("−0.0000", _NUMBER * scale) if look.blank else 0.0),
    )  # fmt: skip
    if direction in ("right", "left"):
        return Label(width, 19.0 * scale, 17.0 * scale if text.number else 3.0)
    return Label((36.0 if text.number else 20.0) * scale, 3.0, width + 14.0)


def kind_of(link: Link) -> str:
    """The style of a wire: an operand that was not chosen is dotted, a constant's is dashed."""
    if link.constant:
        return "link"
    return "unused" if link.local is not None and link.local.value is None else "wire"


@dataclass(slots=True)
class WireDrawing:
    """A wire with its label, at one moment."""

    link: Link
    route: Route
    direction: Direction
    look: Look
    painter: Painter
    state: WireState = WireState()

    def markup(self, emphasis: float | None = None) -> str:
        """The path, the tip, the label; `emphasis` from 0 to 1 where wires show their strength."""
        link, state, told = self.link, self.state, self.state.labelled and not self.look.blank
        kind = kind_of(replace(link, local=None) if self.look.blank else link)
        inner = [f"<title>{clean(link.title)}</title>"] if link.title and told else []
        if self.route.dense or emphasis is not None:
            inner.append(self._thin(kind, 1.0 if emphasis is None else emphasis))
            if not self.route.dense:
                inner.append(self._tip(False))
        elif self.painter.interactive:
            inner.append(element("g", {"class": "ahead"}, self._line(kind, False)))
            if not link.constant:
                inner.append(element("g", {"class": "back"}, self._line(kind, True)))
        else:
            inner.append(self._line(kind, state.backwards))
        if state.labelled:
            inner.append(self.label())
        return self.painter.group(link.key, "".join(inner), state)

    def label(self) -> str:
        """The label alone."""
        text = label_text(self.link, self.look)
        if text is None or self.route.label is None:
            return ""
        scale, blank, states = self.look.scale, self.look.blank, self.state.states
        level = self.direction in ("right", "left")
        x, y = self.route.label
        x, anchor = (x, "middle") if level else (x + 8.0, "start")
        above = y - 6.0 * scale if level or text.number else y + 5.0 * scale
        below = y + (15.0 if level else 12.0) * scale
        if blank == "all" or (blank and not text.number):
            out = self._blank(x, above + 1, anchor)
        else:
            size = (_MUTED if text.muted else _SYMBOL) * scale
            kind, inner = "none" if text.muted else "symbol", spans(text.symbol, size)
            out = self.painter.text(kind, (x, above), size, inner, anchor, states)
        if text.number and blank:
            out += self._blank(x, below + 2, anchor)
        elif text.number:
            size = _NUMBER * scale
            inner = spans(text.number, size)
            out += self.painter.text("local", (x, below), size, inner, anchor, states)
        return out

    def _thin(self, kind: str, strength: float) -> str:
        """A wire among many: the stronger its derivative, the stronger the line."""
        style = "thin" if kind == "wire" else kind
        look = self.painter.attributes(style, self.state.states)
        extra: dict[str, str | float] = {"d": path(self.route.points)}
        if style == "thin":
            extra["stroke-opacity"] = 0.14 + 0.8 * strength
            look = {**look, "stroke-width": number(0.7 + 1.1 * strength)}
        return element("path", {**extra, **look})

    def _line(self, kind: str, back: bool) -> str:
        """The path, without the piece under the arrowhead: a thick line keeps a sharp tip."""
        points = list(self.route.points)
        end = 0 if back else -1
        (x, y), (ux, uy, size) = points[end], self._end(back)
        cut = min(_TIP_LENGTH - 2.0, size)
        points[end] = (x - ux * cut, y - uy * cut)
        return self.painter.shape("path", kind, self.state.states, d=path(points)) + self._tip(back)

    def _tip(self, back: bool) -> str:
        x0, y0 = self.route.points[0 if back else -1]
        ux, uy, _ = self._end(back)
        x, y = x0 - ux * _TIP_LENGTH, y0 - uy * _TIP_LENGTH
        d = (
            f"M{number(x0)} {number(y0)}"
            f"L{number(x - uy * _TIP_WIDTH)} {number(y + ux * _TIP_WIDTH)}"
            f"L{number(x + uy * _TIP_WIDTH)} {number(y - ux * _TIP_WIDTH)}Z"
        )
        return self.painter.shape("path", "tip", self.state.states, d=d)

    def _end(self, back: bool) -> tuple[float, float, float]:
        """The direction in which the wire arrives, and from how far."""
        points = self.route.points
        (x, y), (x0, y0) = (points[0], points[1]) if back else (points[-1], points[-2])
        size = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5
        return (x - x0) / (size or 1.0), (y - y0) / (size or 1.0), size

    def _blank(self, x: float, y: float, anchor: str) -> str:
        """A line to write on."""
        width = text_width("−0.000", _NUMBER * self.look.scale)
        x = x - width / 2 if anchor == "middle" else x
        line = f"M{number(x)} {number(y)}h{number(width)}"
        return self.painter.shape("path", "rule", self.state.states, d=line)
