"""How wide text is, without asking a browser.

Advance widths of printable ASCII in hundredths of the font size, the largest one of the fonts that
stand in the style sheets (Noto Sans, Arial's metrics, DejaVu Sans; STIX, Times' metrics, DejaVu
Serif): on minimal systems only the wide DejaVu is installed, and text must not leave its card.
"""

from __future__ import annotations

import unicodedata

from autodiff.display.notation import Run

_SANS = (
    "32 40 46 84 64 95 78 27 39 39 55 84 32 36 32 37 64 64 64 64 64 64 64 64 64 64 34 34 "
    "84 84 84 56 102 68 69 72 77 67 61 78 75 34 50 67 56 91 76 79 67 79 72 67 61 73 68 99 "
    "69 67 69 39 37 39 84 56 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 "
    "39 63 59 82 59 59 52 64 55 64 84"
)
_SERIF = (
    "32 40 46 84 64 95 89 27 39 39 50 84 32 34 32 34 64 64 64 64 64 64 64 64 64 64 34 34 "
    "84 84 84 54 100 72 73 77 80 73 69 80 87 40 44 75 66 102 88 82 67 82 75 69 67 84 72 "
    "103 72 72 69 39 34 39 84 50 50 60 64 56 64 59 37 64 64 32 31 61 32 95 64 60 64 64 48 "
    "51 40 64 56 86 56 56 53 64 34 64 84"
)
_TABLES = {
    name: [int(width) / 100 for width in table.split()]
    for name, table in (("sans", _SANS), ("serif", _SERIF))
}
_BOLD = 1.1
#: size of raised and lowered text, as a part of the line's
SCRIPT = 0.72
_OTHERS = {"\u2009": 0.2, "·": 0.32, "−": 0.84, "…": 1.0, "–": 0.55, "√": 0.64, "∂": 0.52}


def text_width(text: str, size: float, family: str = "sans", bold: bool = False) -> float:
    """The width of a line of text in pixels."""
    table = _TABLES[family]
    total = 0.0
    for character in text:
        code = ord(character)
        total += table[code - 32] if 32 <= code < 127 else _width(character)
    return total * size * (_BOLD if bold else 1.0)


def _width(character: str) -> float:
    if character in _OTHERS:
        return _OTHERS[character]
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.25 if category == "So" else 1.0
    if category in ("Sm", "So", "No"):
        return 0.42 if unicodedata.decomposition(character)[:5] in ("<supe", "<sub>") else 0.9
    return 0.8 if category in ("Lu", "Lo") else 0.68


def runs_width(runs: tuple[Run, ...], size: float, family: str = "serif") -> float:
    """The width of styled text on one line."""
    return sum(
        text_width(run.text, size * (SCRIPT if run.level else 1.0), family, run.bold)
        for run in runs
    )
