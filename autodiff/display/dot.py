"""Graphviz: DOT text without any program, and the `graphviz` package's Digraph.

Labels are HTML-like tables with everything escaped, so no label can break the graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from autodiff.errors import require

from .cards import DASH, numeral
from .drawing import Collapse, Drawing, draw, outputs, shown_view
from .layout import Direction
from .notation import DIGITS, Run
from .picture import Picture
from .theme import THEMES, Theme, ThemeName
from .view import Card, View
from .wires import WireStyle, kind_of, label_text

if TYPE_CHECKING:
    from autodiff.value import Value

_RANKS = {"right": "LR", "left": "RL", "down": "TB", "up": "BT"}
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FONT = "Helvetica,Arial,sans-serif"

Part = tuple[str, tuple[str, ...], dict[str, str]]


def to_dot(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName = "light",
    direction: Direction = "right",
    digits: int = DIGITS,
    collapse: Collapse = "auto",
    force: bool = False,
) -> str:
    """The graph as DOT text, for Graphviz and the tools that read its language. Needs no program.

    The text is written in one pass over the graph, so no size is refused: `force` is taken as by
    `draw` and changes nothing here. Above 300 cards there are no local derivatives.

    >>> from autodiff import Value
    >>> x = Value(2.0, "x")
    >>> print(to_dot(x * x).splitlines()[0])
    digraph {
    """
    view = shown_view(outputs(value), names=names, collapse=collapse, limited=False)
    return _text_of(_parts(view, THEMES[theme], direction, digits))


def source(picture: Picture, theme: ThemeName) -> str:
    """The DOT text of a drawing: what `to_dot` gives for its graph."""
    if picture.cards.blank_values or picture.cards.blank_grads:
        raise ValueError("a worksheet has no DOT text: that would hold the answers")
    parts = _parts(picture.view, THEMES[theme], picture.layout.direction, picture.cards.digits)
    return _text_of(parts)


def _text_of(parts: Iterable[Part]) -> str:
    lines = ["digraph {"]
    for kind, ends, attributes in parts:
        inside = " ".join(f"{key}={_quoted(text)}" for key, text in attributes.items())
        if kind == "edge":
            lines.append(f"  {ends[0]} -> {ends[1]} [{inside}]")
        else:
            lines.append(f"  {ends[0]} [{inside}]")
    return "\n".join([*lines, "}"]) + "\n"


def to_graphviz(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName = "light",
    direction: Direction = "right",
    digits: int = DIGITS,
    collapse: Collapse = "auto",
    force: bool = False,
) -> Any:
    """The graph as a `graphviz.Digraph`; drawing it needs the program dot.

    No size is refused (see `to_dot`), but dot takes minutes to arrange some thousand nodes.

    >>> from autodiff import Value
    >>> to_graphviz(Value(2.0, "x") * 3.0).source.startswith("digraph")
    True
    """
    graphviz = require("graphviz", extra="graphviz")
    digraph = graphviz.Digraph()
    view = shown_view(outputs(value), names=names, collapse=collapse, limited=False)
    for kind, ends, attributes in _parts(view, THEMES[theme], direction, digits):
        if kind == "edge":
            digraph.edge(*ends, **attributes)
        elif kind == "card":
            digraph.node(ends[0], **attributes)
        else:
            digraph.attr(ends[0], **attributes)
    return digraph


def draw_dot(root: Value, format: str = "svg", rankdir: Literal["LR", "TB"] = "LR") -> Drawing:
    """micrograd's `draw_dot(root)`, without Graphviz: the drawing shows itself in notebooks.

    `format` is what `.render(filename)` writes; `.source` is the DOT text. See `draw` for
    everything else, and `to_graphviz` for a Digraph.

    >>> from autodiff import Value
    >>> draw_dot(Value(2.0, "x") * 3.0).svg.startswith("<svg")
    True
    """
    if rankdir not in ("LR", "TB"):
        raise ValueError(f"rankdir is {rankdir!r}; choose 'LR' or 'TB'")
    drawing = draw(root, direction="right" if rankdir == "LR" else "down")
    drawing.format = format
    return drawing


def _parts(view: View, colours: Theme, direction: Direction, digits: int) -> Iterator[Part]:
    """("attributes" | "card" | "edge", ids, attributes), in the order of a DOT file."""
    yield "attributes", ("graph",), {"rankdir": _RANKS[direction], "bgcolor": "transparent"}
    yield "attributes", ("node",), {
        "shape": "box", "style": "rounded,filled", "fillcolor": colours.card,
        "color": colours.line, "fontname": _FONT, "fontsize": "12", "fontcolor": colours.ink,
        "margin": "0.08,0.03",
    }  # fmt: skip
    yield "attributes", ("edge",), {
        "color": colours.wire, "fontname": _FONT, "fontsize": "10", "fontcolor": colours.local,
        "arrowsize": "0.7",
    }  # fmt: skip
    for card in view.cards:
        yield "card", (card.key,), _card(card, colours, digits)
    yield from _edges(view, digits)


def _card(card: Card, colours: Theme, digits: int) -> dict[str, str]:
    heading = _markup(card.heading)
    if card.kind in ("constant", "more"):
        return {"label": f"<{heading}>", "style": "rounded,dashed", "tooltip": _text(card.title)}
    rows = [f'<tr><td colspan="2"><font point-size="14">{heading}</font></td></tr>']
    if card.value is not None:
        for word, number, colour in (
            ("value", card.value, colours.value),
            ("grad", card.grad, colours.grad),
        ):
            shown = DASH if number is None else f"<b>{_markup(numeral(number, digits))}</b>"
            small = f'<font point-size="9" color="{colours.muted}">{word}</font>'
            left = f'<td align="left">{small}</td>'
            right = f'<td align="right"><font color="{colour}">{shown}</font></td>'
            rows.append(f"<tr>{left}{right}</tr>")
    table = f'<table border="0" cellspacing="0" cellpadding="2">{"".join(rows)}</table>'
    return {"label": f"<{table}>", "tooltip": _text(card.title)}


def _edges(view: View, digits: int) -> Iterator[Part]:
    style = WireStyle(digits=digits)
    for link in view.links:
        attributes: dict[str, str] = {}
        text = label_text(link, style)
        if text is not None:
            label = _markup(text.symbol)
            if text.number:
                label += f"<br/>{_markup(text.number)}"
            attributes["label"] = f"<{label}>"
        if kind_of(link) == "unused":
            attributes["style"] = "dotted"
        elif link.constant:
            attributes["style"] = "dashed"
        ends = view.cards[link.source].key, view.cards[link.target].key
        yield "edge", ends, attributes


def _markup(runs: Sequence[Run]) -> str:
    out = []
    for run in runs:
        text = _text(run.text)
        text = f"<i>{text}</i>" if run.italic else text
        text = f"<sup>{text}</sup>" if run.level > 0 else text
        out.append(f"<sub>{text}</sub>" if run.level < 0 else text)
    return "".join(out)


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text), quote=True)


def _quoted(text: str) -> str:
    """A DOT value: HTML-like labels as they are, everything else as a quoted string."""
    if text.startswith("<") and text.endswith(">"):
        return text
    backslash = chr(92)
    return '"' + text.replace(backslash, backslash * 2).replace('"', backslash + '"') + '"'
