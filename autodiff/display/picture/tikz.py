"""TikZ: the picture for LaTeX documents, with formulas set by LaTeX itself.

The result is one `tikzpicture`; it needs `\\usepackage{tikz,amsmath,xcolor}` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autodiff.display.layout import Placed
from autodiff.display.notation import LatexBackend, figures, is_exact, plain, shown, typeset
from autodiff.display.notation.latex import escaped

from .cards import NOTE_HEIGHT, CardStyle
from .composed import Picture
from .theme import LIGHT
from .view import Card, Link
from .wires import kind_of

_UNIT = 0.75  # TeX's points per pixel
_LINES = {
    "wire": "wire", "link": "wire, densely dashed", "unused": "wire, dotted", "thin": "wire",
}  # fmt: skip


def tikz(picture: Picture) -> str:
    """The picture as a `tikzpicture` environment."""
    lines = [
        "% needs \\usepackage{tikz, amsmath, xcolor}",
        f"\\begin{{tikzpicture}}[x={_UNIT}pt, y=-{_UNIT}pt, line cap=round,",
        "  card/.style={draw=line, rounded corners=4pt, fill=white},",
        "  pill/.style={draw=wire, densely dashed, rounded corners=8pt, fill=white},",
        "  wire/.style={draw=wire, line width=0.8pt},",
        "  number/.style={font=\\footnotesize\\sffamily\\bfseries}]",
    ]
    for name in ("value", "grad", "local", "muted", "line", "wire", "head"):
        colour = getattr(LIGHT, name)[1:].upper()
        lines.append(f"\\definecolor{{{name}}}{{HTML}}{{{colour}}}")
    lines += _wires(picture)
    for card, box in zip(picture.view.cards, picture.layout.boxes, strict=True):
        lines += _card(picture, card, box)
    return "\n".join([*lines, "\\end{tikzpicture}"]) + "\n"


def _at(x: float, y: float) -> str:
    return f"({x:.1f},{y:.1f})"


def _node(look: str, x: float, y: float, text: str) -> str:
    return f"\\node[{look}] at {_at(x, y)} {{{text}}};"


def _wires(picture: Picture) -> Iterator[str]:
    for link, route in zip(picture.view.links, picture.layout.routes, strict=True):
        points = route.points
        pieces = [_at(*points[0])]
        for index in range(1, len(points) - 2, 3):
            a, b, end = points[index : index + 3]
            pieces.append(f".. controls {_at(*a)} and {_at(*b)} .. {_at(*end)}")
        tip = "" if route.dense else ", -latex"
        kind = kind_of(replace(link, local=None) if picture.wires.blank_numbers else link)
        yield f"\\draw[{_LINES[kind]}{tip}] {' '.join(pieces)};"
        if route.label is not None:
            yield from _label(picture, link, route.label)


def _label(picture: Picture, link: Link, at: tuple[float, float]) -> Iterator[str]:
    local, style = link.local, picture.wires
    if local is None or not style.labels:
        return
    backend = LatexBackend(style.digits, inline=True)
    level = picture.layout.direction in ("right", "left")
    above, below = ("above", "below") if level else ("above right", "below right")
    x, y = at
    if (local.value is None or local.kink) and style.blank_numbers:
        return
    if local.value is None or local.kink:
        text = "not chosen" if local.condition is not None else "0"
        text = f"{shown(local.value or 0.0, style.digits)} chosen" if local.kink else text
        look = f"{above}, inner sep=1.5pt, muted, font=\\scriptsize\\sffamily"
        yield _node(look, x, y, text)
        return
    formula = typeset(local.formula, backend)
    numeral = backend.number(local.value)
    if not style.blank_symbols and not (formula == numeral and style.blank_numbers):
        yield _node(f"{above}, inner sep=1.5pt, local", x, y, f"\\small${formula}$")
    if formula != numeral and not style.blank_numbers:
        yield _node(f"{below}, inner sep=2pt, local", x, y, f"\\footnotesize${numeral}$")


def _card(picture: Picture, card: Card, box: Placed) -> Iterator[str]:
    corners = f"{_at(box.x, box.y)} rectangle {_at(box.x + box.width, box.y + box.height)}"
    middle = box.x + box.width / 2
    style = picture.cards
    if card.kind in ("constant", "more"):
        text = _math(picture, card)
        yield f"\\draw[pill] {corners};"
        yield _node("value, number", middle, box.y + box.height / 2, text)
        return
    compact = style.compact or card.value is None
    yield f"\\draw[card] {corners};"
    if not compact:
        bottom = _at(box.x + box.width, box.y + 30 * style.scale)
        yield f"\\begin{{scope}}\\clip[rounded corners=4pt] {corners};"
        yield f"\\fill[head] {_at(box.x, box.y)} rectangle {bottom};\\end{{scope}}"
        yield f"\\draw[card, fill=none] {corners};"
    head = box.y + (14 if compact else 15) * style.scale
    yield _node("", middle, head, _math(picture, card))
    if card.value is None:
        return
    rows = [("value", card.value, style.blank_values and not card.given),
            ("grad", card.grad, style.blank_grads)]  # fmt: skip
    if style.compact:
        yield from _compact_row(rows, box, style)
        return
    below = NOTE_HEIGHT * style.scale if style.note_of(card) else 0.0
    if below:  # a kink, and what was chosen there
        low = box.y + box.height - 10 * style.scale
        yield _node("muted, font=\\scriptsize\\sffamily", middle, low, escaped(card.note))
    spare = (box.height - 30 * style.scale - 42 * style.scale - below) / 2
    for index, (word, number, blank) in enumerate(rows):
        y = box.y + 30 * style.scale + spare + (index + 0.5) * 21 * style.scale
        yield _node("right, muted, font=\\scriptsize\\sffamily", box.x + 3, y, word)
        if not blank:
            right = box.x + box.width - 3
            yield _node(f"left, {word}, number", right, y, _number(number, style))
        else:
            x1 = box.x + box.width - 8
            yield f"\\draw[muted] {_at(x1 - 52, y + 6)} -- {_at(x1, y + 6)};"


def _compact_row(
    rows: list[tuple[str, float | None, bool]], box: Placed, style: CardStyle
) -> Iterator[str]:
    y = box.y + box.height / 2 + 9 * style.scale
    for (word, number, blank), side, x in zip(
        rows, ("right", "left"), (box.x + 2, box.x + box.width - 2), strict=True
    ):
        if not blank:
            yield _node(f"{side}, {word}, number", x, y, _number(number, style))


def _number(value: float | None, style: CardStyle) -> str:
    return "--" if value is None else f"$\\mathbf{{{LatexBackend(style.digits).number(value)}}}$"


def _math(picture: Picture, card: Card) -> str:
    """The heading, set by LaTeX."""
    graph, backend = picture.view.graph, LatexBackend(picture.cards.digits, inline=True)
    if card.kind == "constant" and card.value is not None:
        return f"${backend.number(card.value)}$"
    if card.kind != "value" or card.node is None:
        return escaped(plain(card.heading))
    node = graph.nodes[card.node]
    expression = graph.expression(node)
    name = backend.name(node.name)
    if expression is None:
        return f"${name}$"
    if plain(card.heading).endswith("(…)"):
        return f"${name} = \\dots$"
    sign = "=" if is_exact(backend.digits, *figures(expression)) else r"\approx"
    return f"${name} {sign} {typeset(expression, backend)}$"
