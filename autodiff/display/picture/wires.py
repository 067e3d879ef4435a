"""Wires: the path, the arrowhead, the local derivative above it in symbols, below in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autodiff.display.layout import Direction, Label, Route
from autodiff.display.notation import Run, Runs, RunsBackend, plain, shown, typeset
from autodiff.formula import Constant

from .paint import Painter
from .svg import clean, element, number, path, spans
from .text_width import runs_width, text_width
from .view import Link

_SYMBOL, _NUMBER = 14.5, 12.0
_TIP_LENGTH, _TIP_WIDTH = 8.5, 3.9
_LONGEST_FORMULA = 22  # characters; longer ones are in the tooltip and the caption
_NOT_CHOSEN = "not chosen"


@dataclass(frozen=True, slots=True)
class WireState:
    """What a wire shows at one moment."""

    states: tuple[str, ...] = ()
    pending: bool = False
    labelled: bool = True
    #: the gradient runs along it, against the arrow
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class WireStyle:
    """How wires are drawn."""

    scale: float = 1.0
    digits: int = 4
    labels: bool = True
    blank_numbers: bool = False
    blank_symbols: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The two lines of a label; either may be missing."""

    symbol: Runs
    number: Runs
    muted: bool = False


def label_text(link: Link, style: WireStyle) -> Text | None:
    """What stands at a wire: the local derivative; for a literal the number alone, above."""
    local = link.local
    if local is None or not style.labels:
        return None
    backend = RunsBackend(style.digits)
    if local.kink:
        return Text((Run(f"{shown(local.value or 0.0, style.digits)} chosen"),), (), muted=True)
    if local.value is None:
        if local.condition is None:
            return Text(backend.number(0.0), ())
        return Text((Run(_NOT_CHOSEN),), (), muted=True)
    figure = backend.number(local.value)
    if isinstance(local.formula, Constant):
        return Text(figure, ())
    symbol = typeset(local.formula, backend)
    if len(plain(symbol)) > _LONGEST_FORMULA:
        symbol = (Run("…"),)
    return Text(symbol, figure)


def label_room(link: Link, style: WireStyle, direction: Direction) -> Label | None:
    """The room that the label takes at the wire."""
    text = label_text(link, style)
    if text is None:
        return None
    scale = style.scale
    size = (_NUMBER - 1 if text.muted else _SYMBOL) * scale
    family = "sans" if text.muted else "serif"
    width = max(
        runs_width(text.symbol, size, family),
        runs_width(text.number, _NUMBER * scale, "sans"),
        (text_width("−0.0000", _NUMBER * scale) if style.blank_numbers else 0.0),
    )
    below = 17.0 * scale if text.number else 3.0
    if direction in ("right", "left"):
        return Label(width, 19.0 * scale, below)
    return Label((19.0 + 17.0) * scale if text.number else 20.0 * scale, 3.0, width + 14.0)


def draw_wire(
    link: Link,
    route: Route,
    direction: Direction,
    state: WireState,
    style: WireStyle,
    painter: Painter,
    emphasis: float | None = None,
) -> str:
    """The markup of a wire with its label."""
    told = state.labelled and not style.blank_numbers
    kind = kind_of(replace(link, local=None) if style.blank_numbers else link)
    inner = [f"<title>{clean(link.title)}</title>"] if link.title and told else []
    back = state.backwards
    if route.dense or (emphasis is not None):
        inner.append(_thin(route, kind, state, painter, emphasis))
        if not route.dense:
            inner.append(_tip(route, False, state, painter))
    elif painter.interactive:
        inner.append(element("g", {"class": "ahead"}, _line(route, kind, False, state, painter)))
        if not link.constant:
            inner.append(element("g", {"class": "back"}, _line(route, kind, True, state, painter)))
    else:
        inner.append(_line(route, kind, back, state, painter))
    if route.label is not None and state.labelled:
        inner.append(_label(link, route.label, direction, style, painter, state))
    return painter.group(link.key, "".join(inner), state)


def kind_of(link: Link) -> str:
    """The style of a wire: an operand that was not chosen is dotted, a constant's is dashed."""
    if link.constant:
        return "link"
    if link.local is not None and link.local.value is None:
        return "unused"
    return "wire"


def _thin(
    route: Route, kind: str, state: WireState, painter: Painter, emphasis: float | None
) -> str:
    """A wire among many: the stronger its derivative, the stronger the line."""
    style = "thin" if kind == "wire" else kind
    look = painter.attributes(style, state.states)
    strength = 1.0 if emphasis is None else emphasis
    extra: dict[str, str | float] = {"d": path(route.points)}
    if style == "thin":
        extra["stroke-opacity"] = 0.14 + 0.8 * strength
        look = {**look, "stroke-width": number(0.7 + 1.1 * strength)}
    return element("path", {**extra, **look})


def _line(route: Route, kind: str, back: bool, state: WireState, painter: Painter) -> str:
    d = path(_shortened(route.points, back))
    return painter.shape("path", kind, state.states, d=d) + _tip(route, back, state, painter)


def _tip(route: Route, back: bool, state: WireState, painter: Painter) -> str:
    points = route.points
    tip, before = (points[0], points[1]) if back else (points[-1], points[-2])
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    size = (dx * dx + dy * dy) ** 0.5 or 1.0
    ux, uy = dx / size, dy / size
    x, y = tip[0] - ux * _TIP_LENGTH, tip[1] - uy * _TIP_LENGTH
    d = (
        f"M{number(tip[0])} {number(tip[1])}"
        f"L{number(x - uy * _TIP_WIDTH)} {number(y + ux * _TIP_WIDTH)}"
        f"L{number(x + uy * _TIP_WIDTH)} {number(y - ux * _TIP_WIDTH)}Z"
    )
    return painter.shape("path", "tip", state.states, d=d)


def _shortened(points: list[tuple[float, float]], back: bool) -> list[tuple[float, float]]:
    """The path without the piece under the arrowhead, so that a thick line keeps a sharp tip."""
    points = list(points)
    end, other = (0, 1) if back else (-1, -2)
    (x, y), (x2, y2) = points[end], points[other]
    size = ((x2 - x) ** 2 + (y2 - y) ** 2) ** 0.5
    cut = min(_TIP_LENGTH - 2.0, size)
    if size:
        points[end] = (x + (x2 - x) / size * cut, y + (y2 - y) / size * cut)
    return points


def _label(
    link: Link,
    at: tuple[float, float],
    direction: Direction,
    style: WireStyle,
    painter: Painter,
    state: WireState,
) -> str:
    text = label_text(link, style)
    if text is None:
        return ""
    scale = style.scale
    level = direction in ("right", "left")
    x, y = at if level else (at[0] + 8.0, at[1])
    anchor = "middle" if level else "start"
    above = y - 6.0 * scale if level or text.number else y + 5.0 * scale
    below = y + 15.0 * scale if level else y + 12.0 * scale
    out = []
    kind = "none" if text.muted else "symbol"
    size = (_NUMBER - 1 if text.muted else _SYMBOL) * scale
    symbol = (kind, (x, above), size, spans(text.symbol, size), anchor, state.states)
    if style.blank_symbols or (style.blank_numbers and not text.number):
        out.append(_blank((x, above + 1), anchor, scale, painter, state))
    else:
        out.append(painter.text(*symbol))
    if text.number and style.blank_numbers:
        out.append(_blank((x, below + 2), anchor, scale, painter, state))
    elif text.number:
        size = _NUMBER * scale
        inner = spans(text.number, size)
        out.append(painter.text("local", (x, below), size, inner, anchor, state.states))
    return "".join(out)


def _blank(
    at: tuple[float, float], anchor: str, scale: float, painter: Painter, state: WireState
) -> str:
    """A line to write on."""
    width = text_width("−0.000", _NUMBER * scale)
    x = at[0] - width / 2 if anchor == "middle" else at[0]
    return painter.shape(
        "path", "rule", state.states, d=f"M{number(x)} {number(at[1])}h{number(width)}"
    )
