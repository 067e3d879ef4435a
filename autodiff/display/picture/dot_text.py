"""A picture's cards and wires in DOT, the language of Graphviz.

Labels are HTML-like tables with everything escaped, so no label can break the graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from autodiff.display.layout import Direction
from autodiff.display.notation import Run

from .cards import DASH, CardState, hover, numeral
from .composed import Picture
from .paint import Look
from .theme import THEMES, Theme, ThemeName
from .view import Card, View
from .wires import kind_of, label_text

_RANKS = {"right": "LR", "left": "RL", "down": "TB", "up": "BT"}
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FONT = "Helvetica,Arial,sans-serif"

Part = tuple[str, tuple[str, ...], dict[str, str]]


def source(picture: Picture, theme: ThemeName) -> str:
    """The DOT text of a drawing: what `to_dot` gives for its graph."""
    if picture.look.blank:
        raise ValueError("a worksheet has no DOT text: that would hold the answers")
    found = parts(picture.view, THEMES[theme], picture.layout.direction, picture.look.digits)
    return text_of(found)


def text_of(found: Iterable[Part]) -> str:
    """The DOT file of its parts."""
    lines = ["digraph {"]
    for _, ends, attributes in found:
        inside = " ".join(f"{key}={_quoted(text)}" for key, text in attributes.items())
        lines.append(f"  {' -> '.join(ends)} [{inside}]")
    return "\n".join([*lines, "}"]) + "\n"


def parts(view: View, colours: Theme, direction: Direction, digits: int) -> Iterator[Part]:
    """The method of a Digraph, ids and attributes, in the order of a DOT file."""
    yield "attr", ("graph",), {"rankdir": _RANKS[direction], "bgcolor": "transparent"}
    yield "attr", ("node",), {
        "shape": "box", "style": "rounded,filled", "fillcolor": colours.card,
        "color": colours.line, "fontname": _FONT, "fontsize": "12", "fontcolor": colours.ink,
        "margin": "0.08,0.03",
    }  # fmt: skip
    yield "attr", ("edge",), {
        "color": colours.wire, "fontname": _FONT, "fontsize": "10", "fontcolor": colours.local,
        "arrowsize": "0.7",
    }  # fmt: skip
    for card in view.cards:
        yield "node", (card.key,), _card(card, colours, digits)
    yield from _edges(view, digits)


def _card(card: Card, colours: Theme, digits: int) -> dict[str, str]:
    heading = _markup(card.heading)
    if card.kind in ("constant", "more"):
        return {"label": f"<{heading}>", "style": "rounded,dashed", "tooltip": _text(card.title)}
    about = hover(card, CardState(value=card.value, grad=card.grad), Look())
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
    return {"label": f"<{table}>", "tooltip": _text(about)}


def _edges(view: View, digits: int) -> Iterator[Part]:
    for link in view.links:
        attributes: dict[str, str] = {}
        if (text := label_text(link, Look(digits=digits))) is not None:
            lines = filter(None, (text.symbol, text.number))
            attributes["label"] = f"<{'<br/>'.join(map(_markup, lines))}>"
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
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
