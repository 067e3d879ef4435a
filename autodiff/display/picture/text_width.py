"""How wide text is, without asking a browser.

Advance widths of printable ASCII in hundredths of the font size, the larger one of two common
fonts each (Noto Sans and Arial's metrics; STIX and Times' metrics). Cards leave some room, so a
slightly wider font still fits.
"""

from __future__ import annotations

import unicodedata

from autodiff.display.notation import Run

_SANS = (
    "28 28 41 65 57 89 73 22 33 33 55 58 28 33 28 37 57 57 57 57 57 57 57 57 57 57 28 28 58 58 58 "
    "56 102 67 67 72 73 67 61 78 74 34 50 67 56 91 76 78 67 78 72 67 61 73 67 94 67 67 61 33 37 33 "
    "57 56 33 56 62 50 62 56 34 62 62 26 26 53 26 94 62 60 62 62 41 50 36 62 51 79 53 51 50 38 55 "
    "38 58"
)
_SERIF = (
    "25 33 42 50 50 83 78 21 33 33 50 68 25 33 25 28 50 50 50 50 50 50 50 50 50 50 33 33 68 68 68 "
    "50 92 72 67 67 72 61 61 72 72 33 44 72 61 89 72 72 61 72 67 56 61 72 72 94 72 72 61 39 28 39 "
    "47 50 33 50 50 44 50 44 33 50 50 28 28 50 28 78 50 50 50 50 39 39 28 50 50 72 50 50 44 48 28 "
    "48 54"
)
_TABLES = {
    name: [int(width) / 100 for width in table.split()]
    for name, table in (("sans", _SANS), ("serif", _SERIF))
}
_BOLD = 1.06
#: size of raised and lowered text, as a part of the line's
SCRIPT = 0.72
_OTHERS = {"\u2009": 0.17, "·": 0.3, "−": 0.66, "…": 1.0, "–": 0.55}


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
    if category in ("Sm", "So"):
        return 0.75
    return 0.72 if category in ("Lu", "Lo") else 0.6


def runs_width(runs: tuple[Run, ...], size: float, family: str = "serif") -> float:
    """The width of styled text on one line."""
    return sum(
        text_width(run.text, size * (SCRIPT if run.level else 1.0), family, run.bold)
        for run in runs
    )
