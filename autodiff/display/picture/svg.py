"""SVG text out of nested tuples: escaping, attribute order and number format in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote

from autodiff.display.layout import Point
from autodiff.display.notation import Run

from .text_width import SCRIPT

#: markup, and characters that XML 1.0 forbids, even escaped
_SPECIAL = re.compile("[&<>\"']|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: what an address would read as its own, and <: sanitizers drop attributes with tags in them
_IN_ADDRESS = re.compile('[<%#&"?\\\\\0-\x1f\x7f]')
#: how far text is moved down, by its level: on the line, raised, lowered
_SHIFTS = {0: 0.0, 1: -0.36, -1: 0.22}


def number(value: float) -> str:
    """A coordinate: at most two decimals, no trailing zeros, no negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def clean(text: str) -> str:
    """Text that is valid XML: forbidden characters are written as their code point."""
    return _SPECIAL.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return escape(found[0]) if found[0] in "&<>\"'" else f"\\u{ord(found[0]):04x}"


def element(name: str, attributes: Mapping[str, str | float], inner: str | None = None) -> str:
    """An element; `inner` is markup that is already escaped."""
    parts = [name]
    for key, value in attributes.items():
        text = number(value) if isinstance(value, (int, float)) else clean(value)
        parts.append(f'{key}="{text}"')
    head = " ".join(parts)
    return f"<{head}/>" if inner is None else f"<{head}>{inner}</{name}>"


def document(title: str, width: float, height: float, ground: str | None, inner: str) -> str:
    """A complete SVG document: title, ground, and what stands on it."""
    below = f"<title>{clean(title)}</title>"
    if ground is not None:
        below += element("rect", {"width": width, "height": height, "fill": ground})
    return canvas(width, height, below + inner, {"role": "img"}) + "\n"


def canvas(width: float, height: float, inner: str, more: Mapping[str, str] | None = None) -> str:
    """The root element, with more attributes."""
    head: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": width,
        "height": height,
    }
    return element("svg", {**head, **(more or {})}, inner)


def spans(runs: Iterable[Run], size: float, colours: Mapping[str, str] | None = None) -> str:
    """The inside of a text element for styled runs; colours by role where there are any."""
    out, level = [], 0
    for run in runs:
        attributes: dict[str, str | float] = {}
        if run.level != level:
            attributes["dy"] = size * (_SHIFTS[run.level] - _SHIFTS[level])
            level = run.level
        if run.level:
            attributes["font-size"] = size * SCRIPT
        if run.italic:
            attributes["font-style"] = "italic"
        if run.bold:
            attributes["font-weight"] = "bold"
        if run.role and colours:
            attributes["fill"] = colours[run.role]
        out.append(element("tspan", attributes, clean(run.text)) if attributes else clean(run.text))
    return "".join(out)


def as_image(svg: str, alt: str) -> str:
    """An `<img>` with the picture inside its address: notebooks keep it where they strip SVG."""
    return f'<img src="{image_address(svg)}" alt="{clean(alt)}" style="max-width:100%">'


def image_address(svg: str) -> str:
    """The picture as an address."""
    apostrophes = svg.replace('"', "'")  # three times shorter in an address; text has neither
    return "data:image/svg+xml," + _IN_ADDRESS.sub(lambda found: quote(found[0]), apostrophes)


def path(points: Sequence[Point]) -> str:
    """The `d` of a path: a start and cubic pieces; straight pieces become lines."""
    out = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for index in range(1, len(points) - 2, 3):
        start, a, b, end = points[index - 1 : index + 3]
        if _straight(start, a, b, end):
            out.append(f"L{number(end[0])} {number(end[1])}")
        else:
            out.append("C" + " ".join(f"{number(x)} {number(y)}" for x, y in (a, b, end)))
    return "".join(out)


def _straight(start: Point, a: Point, b: Point, end: Point) -> bool:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return all(abs((x - start[0]) * dy - (y - start[1]) * dx) < 1e-6 for x, y in (a, b))
