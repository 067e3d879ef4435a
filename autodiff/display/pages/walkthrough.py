"""`walkthrough(value)`: the chain rule step by step, as one self-contained piece of HTML.

The page holds the picture once, laid out once, and for every step the caption and what changes;
stepper.js shows a step by toggling classes and texts. Where scripts do not run (a notebook that
is not trusted), the final picture is an ordinary image.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from autodiff.display.assets import asset
from autodiff.display.layout import Direction
from autodiff.display.notation import DIGITS
from autodiff.display.picture.composed import Picture, compose
from autodiff.display.picture.drawing import live_pages
from autodiff.display.picture.export import pictures
from autodiff.display.picture.paint import Look, Painter
from autodiff.display.picture.shown import FULL, check_size
from autodiff.display.picture.svg import as_image
from autodiff.display.picture.theme import THEMES, ThemeName
from autodiff.display.picture.view import View, whole
from autodiff.display.snapshot import snapshot
from autodiff.display.steps import Steps, trace
from autodiff.display.text.captions import sentence
from autodiff.errors import visible
from autodiff.files import write_file
from autodiff.javascript.stripping import stripped
from autodiff.value import Value

from .frames import animated, frame_svgs, gif, slides
from .live import live_data, scripts
from .phrases import fold
from .stepper_data import css, image, literal, stepper_data

#: room for captions and buttons below the picture, in pixels
_CONTROLS = 380.0
#: on a live page every card has room for such a number
_WIDE = -0.01234
#: as wide as "no derivative here; 0 is chosen", and invisible
_NOTE = "\u2007" * 24


class Walkthrough:
    """The steps of a graph with its picture. Shows itself in notebooks; `str()` is the table.

    >>> from autodiff import Value
    >>> tour = walkthrough(Value(2.0, "x") * 3.0)
    >>> len(tour.steps), "<script>" in tour.html
    (5, True)
    """

    def __init__(
        self,
        steps: Steps,
        picture: Picture,
        theme: ThemeName | None,
        digits: int,
        live: bool = False,
    ) -> None:
        self.steps = steps
        self.picture = picture
        self.theme = theme
        self.digits = digits
        self.live = live
        #: a live picture alone, without steps
        self.still = False

    @property
    def html(self) -> str:
        """A fragment for any page; several of them on one page are independent."""
        text = literal(*fold(self._data()))
        ident = "autodiff-" + hashlib.sha256(text.encode()).hexdigest()[:12]
        alt = f"{self.picture.title}. {sentence(self.steps, self.steps[-1])}"
        picture = image(self.picture, THEMES[self.theme or "light"], not self.live)
        host = (
            f'<div data-autodiff-stepper="{ident}" data-lm-suppress-shortcuts="true">'
            f"{as_image(picture, alt)}</div>"
        )
        find = f"document.querySelectorAll('[data-autodiff-stepper=\"{ident}\"]')"
        script = f"(()=>{{{self._scripts()}\nfor(const host of {find})stepper(host,{text})}})()"
        return f"{host}<script>{script}</script>"

    @property
    def page(self) -> str:
        """A complete HTML page."""
        title = escape(self.picture.title)
        return (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{asset('page.css')}</style>\n</head>\n"
            f"<body>\n<main>\n<h1>{title}</h1>\n{self.html}\n</main>\n</body>\n</html>\n"
        )

    def save(self, path: str | os.PathLike[str], *, seconds: float = 1.8) -> Path:
        """Write the page (.html), or all steps as a moving picture (.svg, .gif).

        `seconds` is how long a step of the moving picture stands; GIF needs the extra `export`.
        """
        target = Path(path)
        kind = target.suffix.lower()
        if kind in (".html", ".htm"):
            write_file(target, self.page)
        elif kind == ".svg":
            write_file(target, animated(self._frames(), seconds))
        elif kind == ".gif":
            write_file(target, gif(self._frames(), seconds))
        else:
            raise ValueError(
                f"{visible(target.name)}: a walkthrough is saved as .html, or as .svg or .gif that "
                "moves; for one picture per step use .frames(), for slides .slides()"
            )
        return target

    def slides(self, path: str | os.PathLike[str], *, theme: ThemeName = "light") -> Path:
        """Write a page of slides, one step each."""
        return write_file(path, slides(self._frames(theme), self.picture.title))

    def frames(
        self,
        folder: str | os.PathLike[str],
        *,
        theme: ThemeName = "light",
        background: str | None = "theme",
    ) -> list[Path]:
        """Write one SVG per step, `step-01.svg` and so on, for slides; returns the paths."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        digits = max(2, len(str(len(self.steps))))
        return [
            write_file(target / f"step-{count:0{digits}d}.svg", svg)
            for count, svg in enumerate(self._frames(theme, background), 1)
        ]

    def _frames(self, theme: ThemeName = "light", background: str | None = "theme") -> list[str]:
        ground = THEMES[theme].behind(background)
        return list(frame_svgs(self.steps, self.picture, THEMES[theme], ground, self.digits))

    def _data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"css": css(self.live), "theme": self.theme or ""}
        data |= stepper_data(self.steps, self.picture, self.digits, not self.live)
        if self.live:
            data["live"] = live_data(self.steps, self.picture, self.digits, self.still)
        return data

    def _scripts(self) -> str:
        parts = [stripped(asset(name)) for name in ("surroundings.js", "stepper.js")]
        if self.live:
            parts.append(scripts(self.steps.graph))
            parts += [stripped(asset(name)) for name in ("live.js", "plots.js", "numbers.js")]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # The final picture is for pages and exports that strip scripts; text shows the table.
        theme = THEMES[self.theme or "light"]
        final = self.picture.svg(Painter(theme), background=theme.ground)
        return {"text/plain": str(self), "text/html": self.html} | pictures(final)

    @property
    def frame(self) -> str:
        """The page in a frame of the column's width, for pages that run no scripts of others."""
        height = min(self.picture.layout.height, 440.0) + _CONTROLS
        style = f"width:100%;height:{height:.0f}px;border:0"
        return f'<iframe srcdoc="{escape(self.page)}" style="{style}"></iframe>'

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self.frame  # what marimo asks for

    def __str__(self) -> str:
        return str(self.steps)

    def __repr__(self) -> str:
        return f"<Walkthrough of {self.steps.root.name} in {len(self.steps)} steps>"


def walkthrough(
    value: Value,
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName | None = None,
    direction: Direction = "right",
    digits: int = DIGITS,
    font_scale: float = 1.0,
    live: bool = False,
    force: bool = False,
) -> Walkthrough:
    """The forward and the backward pass, step by step, for browsers and notebooks.

    The pass that is shown is computed here, starting from 1 at `value`; the `.grad` of your
    Values is neither read nor changed. `theme` is "light" or "dark", by default that of the page.
    `live=True` makes every input a number to drag: values, gradients, captions and wires follow.
    `names=locals()` names unlabelled nodes after your variables.

    >>> from autodiff import Value, sin
    >>> x = Value(0.5, "x")
    >>> walkthrough(sin(x) * x)
    <Walkthrough of f in 8 steps>

    The result has `.save("steps.html")`, `.frames("folder")` for one SVG per step, and `str()`
    for the table of the terminal. More than 300 nodes give a warning, more than 2000 raise
    `GraphTooLarge` unless `force=True`.
    """
    if theme is not None and theme not in THEMES:
        raise ValueError(f"theme is {theme!r}; choose 'light', 'dark', or None for the page's own")
    graph = snapshot(value, names=names)
    check_size(len(graph), force, advice="walk through a smaller part of the computation")
    steps = trace(graph)
    view = whole(graph, digits=digits).with_formulas()
    totals = running_totals(steps)
    view = view.with_grads(lambda node: steps.adjoints[node] or 0.0)
    if live:
        view = _with_room_for_notes(view)
    look = Look(font_scale, digits, labels=len(graph) <= 4 * FULL)
    picture = compose(
        view, look, direction=direction,
        widest=lambda card: totals.get(card.node, []) + [_WIDE] * live,
    )  # fmt: skip
    return Walkthrough(steps, picture, theme, digits, live)


def live_drawing(value: Value, **options: Any) -> Walkthrough:
    """The picture alone, every input of which can be dragged."""
    page = walkthrough(value, live=True, **options)
    page.still = True
    return page


live_pages.append(live_drawing)


def running_totals(steps: Steps) -> dict[int | None, list[float]]:
    """All numbers that the gradient row of a node will show, so that the card is wide enough."""
    found: dict[int | None, list[float]] = {}
    for step in steps.backward:
        if step.total is not None:
            found.setdefault(step.receiver.index, []).append(step.total)
    return found


def _with_room_for_notes(view: View) -> View:
    """Room on the cards that may come to a kink while a number is dragged."""
    kinked = {node.index for node in view.graph if node.primitive and node.primitive.kink}
    cards = [replace(c, note=c.note or _NOTE) if c.node in kinked else c for c in view.cards]
    return replace(view, cards=tuple(cards))
