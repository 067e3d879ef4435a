"""Colours and styles: the one table from which static SVG and the stepper's CSS are made.

A style is a set of SVG presentation attributes; `@ink` stands for a colour of the theme. Static
SVG writes the attributes out (`<style>` and `var()` turn black in Inkscape and rsvg-convert); the
stepper writes a rule per style, with a CSS variable per colour, and can change the theme.

Value, gradient and local derivative are told apart by place and weight too, never by colour
alone; the three colours keep a contrast of at least 5.2 and stay apart for colour-blind eyes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Literal

ThemeName = Literal["light", "dark"]

# All of these have the minus sign U+2212, which Noto Sans lacks.
SANS = "Segoe UI, Helvetica Neue, Arial, Liberation Sans, DejaVu Sans, sans-serif"
SERIF = "STIX Two Text, STIXGeneral, Cambria, Times New Roman, Liberation Serif, serif"


@dataclass(frozen=True, slots=True, eq=False)  # there are two: by identity they are looked up fast
class Theme:
    """The colours of a theme by their meaning."""

    value: str
    grad: str
    local: str
    ink: str
    muted: str
    line: str
    wire: str
    ground: str
    card: str
    head: str
    value_soft: str
    grad_soft: str
    local_soft: str

    def colours(self) -> dict[str, str]:
        """Name and colour, for CSS variables."""
        return {name.replace("_", "-"): getattr(self, name) for name in self.__slots__}

    def behind(self, background: str | None) -> str | None:
        """What lies behind a picture: "theme" is the ground of this one, None is nothing."""
        return self.ground if background == "theme" else background


LIGHT = Theme(
    value="#0063a6", grad="#b8480a", local="#8f1d5b", ink="#1b2130", muted="#596274",
    line="#b9c0ce", wire="#8b95a8", ground="#ffffff", card="#ffffff", head="#f1f3f8",
    value_soft="#e3f0fa", grad_soft="#fdeadd", local_soft="#faeaf3",
)  # fmt: skip
DARK = Theme(
    value="#6cb8f0", grad="#f79a4f", local="#ffb3d1", ink="#e8ecf3", muted="#a3adbd",
    line="#46505f", wire="#76829a", ground="#12161d", card="#1a2029", head="#242c38",
    value_soft="#12354f", grad_soft="#4a2810", local_soft="#47223a",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}

Style = dict[str, str]

STYLES: dict[str, Style] = {
    "base": {"fill": "@card"},
    "card": {"fill": "none", "stroke": "@line", "stroke-width": "1.2"},
    "head": {"fill": "@head"},
    "pill": {"fill": "@card", "stroke": "@wire", "stroke-width": "1.2", "stroke-dasharray": "4 3"},
    "under": {"fill": "@card", "stroke": "@line", "stroke-width": "1.2"},
    "lit": {"fill": "none"},
    "rule": {"fill": "none", "stroke": "@muted", "stroke-width": "1"},
    "math": {"fill": "@ink", "font-family": SERIF},
    "name": {"fill": "@muted", "font-family": SANS},
    "note": {"fill": "@grad", "font-family": SANS},
    "value": {"fill": "@value", "font-family": SANS, "font-weight": "bold"},
    "grad": {"fill": "@grad", "font-family": SANS, "font-weight": "bold"},
    "none": {"fill": "@muted", "font-family": SANS},
    "symbol": {"fill": "@local", "font-family": SERIF},
    "local": {"fill": "@local", "font-family": SANS},
    "wire": {"fill": "none", "stroke": "@wire", "stroke-width": "1.6"},
    "link": {"fill": "none", "stroke": "@wire", "stroke-width": "1.3", "stroke-dasharray": "4 3"},
    "thin": {"fill": "none", "stroke": "@wire", "stroke-width": "1.1"},
    "unused": {"fill": "none", "stroke": "@wire", "stroke-width": "1.3", "stroke-dasharray": "2 4"},
    "tip": {"fill": "@wire"},
    "frame": {"fill": "none", "stroke": "@line", "stroke-width": "1", "stroke-dasharray": "6 4"},
    "caption": {"fill": "@muted", "font-family": SANS},
}

#: what a state of the walkthrough changes, by (state of the card or wire, style)
STATES: dict[tuple[str, str], Style] = {
    ("computed", "card"): {"stroke": "@value", "stroke-width": "2.6"},
    ("computed", "head"): {"fill": "@value-soft"},
    ("read", "card"): {"stroke": "@value", "stroke-width": "1.8"},
    ("receiver", "card"): {"stroke": "@grad", "stroke-width": "3"},
    ("receiver", "head"): {"fill": "@grad-soft"},
    ("sender", "card"): {"stroke": "@grad", "stroke-width": "1.8"},
    ("lit", "lit"): {"fill": "@value-soft"},
    ("carries", "wire"): {"stroke": "@value", "stroke-width": "3"},
    ("carries", "link"): {"stroke": "@value", "stroke-width": "2.4"},
    ("carries", "unused"): {"stroke": "@value", "stroke-width": "2.4"},
    ("carries", "tip"): {"fill": "@value"},
    ("flows", "wire"): {"stroke": "@grad", "stroke-width": "3.2", "stroke-dasharray": "8 5"},
    ("flows", "tip"): {"fill": "@grad"},
    ("blocked", "unused"): {"stroke": "@grad", "stroke-width": "2.2"},
    ("blocked", "wire"): {"stroke": "@grad", "stroke-width": "2.2", "stroke-dasharray": "2 4"},
}
PENDING_OPACITY = "0.38"


@cache
def attributes(style: str, theme: Theme, states: tuple[str, ...] = ()) -> Style:
    """The presentation attributes of a style in a theme, changed by states in their order.

    The result is shared: do not change it.
    """
    found = dict(STYLES[style])
    for state in states:
        found |= STATES.get((state, style), {})
    colours = {f"@{name}": colour for name, colour in theme.colours().items()}
    return {key: colours.get(value, value) for key, value in found.items()}


def stylesheet(root: str, used: Collection[str]) -> str:
    """CSS rules of the used styles, for elements inside `root`."""
    fonts: dict[str, list[str]] = {}
    rules = []
    for name in used:
        style = dict(STYLES[name])
        if font := style.pop("font-family", None):
            fonts.setdefault(font, []).append(f"{root} .{name}")
        rules.append(f"{root} .{name}{{{_declarations(style)}}}")
    rules += [f"{','.join(names)}{{font-family:{font}}}" for font, names in fonts.items()]
    return "".join(rules)


def state_rules(root: str) -> str:
    """CSS rules for what the states change."""
    rules = ((f".{state} .{name}", style) for (state, name), style in STATES.items())
    return "".join(f"{root} {names}{{{_declarations(style)}}}" for names, style in rules)


def variables(theme: Theme) -> str:
    """The colours of a theme as CSS variables."""
    return ";".join(f"--{name}:{colour}" for name, colour in theme.colours().items())


def _declarations(style: Style) -> str:
    values = (re.sub("^@(.*)", r"var(--\1)", value) for value in style.values())
    return ";".join(map("{}:{}".format, style, values))
