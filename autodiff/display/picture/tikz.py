"""TikZ: the picture for LaTeX documents, with formulas set by LaTeX itself.

The result is one `tikzpicture`; it needs `\\usepackage{tikz,amsmath,xcolor}` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autodiff.display.layout import Placed
from autodiff.display.notation import LatexBackend, figures, plain, relation, shown, typeset
from autodiff.display.notation.latex import escaped

from .cards import NOTE_HEIGHT, hides_value, note_of
from .composed import Picture
from .paint import Look
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
        for a, b, end in zip(points[1::3], points[2::3], points[3::3], strict=True):
            pieces.append(f".. controls {_at(*a)} and {_at(*b)} .. {_at(*end)}")
        tip = "" if route.dense else ", -latex"
        kind = kind_of(replace(link, local=None) if picture.look.blank else link)
        yield f"\\draw[{_LINES[kind]}{tip}] {' '.join(pieces)};"
        if route.label is not None:
            yield from _label(picture, link, route.label)


def _label(picture: Picture, link: Link, at: tuple[float, float]) -> Iterator[str]:
    local, look = link.local, picture.look
    if local is None or not look.labels:
        return
    backend = LatexBackend(look.digits, inline=True)
    level = picture.layout.direction in ("right", "left")
    above, below = ("above", "below") if level else ("above right", "below right")
    x, y = at
    if local.value is None or local.kink:
        if look.blank:
            return
        text = "not chosen" if local.condition is not None else "0"
        text = f"{shown(local.value or 0.0, look.digits)} chosen" if local.kink else text
        yield _node(f"{above}, inner sep=1.5pt, muted, font=\\scriptsize\\sffamily", x, y, text)
        return
    formula = typeset(local.formula, backend)
    numeral = backend.number(local.value)
    if look.blank != "all" and not (formula == numeral and look.blank):
        yield _node(f"{above}, inner sep=1.5pt, local", x, y, f"\\small${formula}$")
    if formula != numeral and not look.blank:
        yield _node(f"{below}, inner sep=2pt, local", x, y, f"\\footnotesize${numeral}$")


def _card(picture: Picture, card: Card, box: Placed) -> Iterator[str]:
    corners = f"{_at(box.x, box.y)} rectangle {_at(box.x + box.width, box.y + box.height)}"
    middle = box.x + box.width / 2
    look = picture.look
    if card.kind in ("constant", "more"):
        text = _math(picture, card)
        yield f"\\draw[pill] {corners};"
        yield _node("value, number", middle, box.y + box.height / 2, text)
        return
    compact = look.compact or card.value is None
    yield f"\\draw[card] {corners};"
    if not compact:
        bottom = _at(box.x + box.width, box.y + 30 * look.scale)
        yield f"\\begin{{scope}}\\clip[rounded corners=4pt] {corners};"
        yield f"\\fill[head] {_at(box.x, box.y)} rectangle {bottom};\\end{{scope}}"
        yield f"\\draw[card, fill=none] {corners};"
    head = box.y + (14 if compact else 15) * look.scale
    yield _node("", middle, head, _math(picture, card))
    if card.value is None:
        return
    rows = [("value", card.value, hides_value(card, look)),
            ("grad", card.grad, look.hides("gradients"))]  # fmt: skip
    if look.compact:
        y, sides = box.y + box.height / 2 + 9 * look.scale, ("right", "left")
        for (word, number, blank), side, shift in zip(rows, sides, (2, box.width - 2), strict=True):
            if not blank:
                yield _node(f"{side}, {word}, number", box.x + shift, y, _number(number, look))
        return
    below = NOTE_HEIGHT * look.scale if note_of(card, look) else 0.0
    if below:  # a kink, and what was chosen there
        low = box.y + box.height - 10 * look.scale
        yield _node("muted, font=\\scriptsize\\sffamily", middle, low, escaped(card.note))
    spare = (box.height - 30 * look.scale - 42 * look.scale - below) / 2
    for index, (word, number, blank) in enumerate(rows):
        y = box.y + 30 * look.scale + spare + (index + 0.5) * 21 * look.scale
        yield _node("right, muted, font=\\scriptsize\\sffamily", box.x + 3, y, word)
        if not blank:
            right = box.x + box.width - 3
            yield _node(f"left, {word}, number", right, y, _number(number, look))
        else:
            x1 = box.x + box.width - 8
            yield f"\\draw[muted] {_at(x1 - 52, y + 6)} -- {_at(x1, y + 6)};"


def _number(value: float | None, look: Look) -> str:
    return "--" if value is None else f"$\\mathbf{{{LatexBackend(look.digits).number(value)}}}$"


def _math(picture: Picture, card: Card) -> str:
    graph, backend = picture.view.graph, LatexBackend(picture.look.digits, inline=True)
    if card.kind == "constant" and card.value is not None:
        return f"${backend.number(card.value)}$"
    if card.kind != "value" or card.node is None:
        return escaped(plain(card.heading))
    node = graph.nodes[card.node]
    expression = graph.expression(node)
    name = backend.name(node.name)
    if expression is None:
        return f"${name}$"
    if plain(card.heading).endswith(("(…)", " = …")):
        return f"${name} = \\dots$"
    sign = relation(backend.digits, *figures(expression), rounded=r"\approx")
    return f"${name} {sign} {typeset(expression, backend)}$"
