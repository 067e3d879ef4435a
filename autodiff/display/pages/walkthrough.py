"""`walkthrough(value)`: the chain rule step by step, as one self-contained piece of HTML.

The page holds the picture once, laid out once, and for every step the caption and what changes;
stepper.js shows a step by toggling classes and texts. Where scripts do not run (a notebook that
is not trusted), the final picture is an ordinary image.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodiff.display.assets import asset
from autodiff.display.layout import Direction
from autodiff.display.notation import DIGITS
from autodiff.display.picture.cards import CardStyle
from autodiff.display.picture.composed import Picture, compose, describe
from autodiff.display.picture.paint import Painter
from autodiff.display.picture.shown import FULL, check_size
from autodiff.display.picture.svg import as_image
from autodiff.display.picture.theme import DARK, LIGHT, THEMES, Theme, ThemeName, stylesheet
from autodiff.display.picture.view import View, whole
from autodiff.display.picture.wires import WireStyle
from autodiff.display.snapshot import snapshot
from autodiff.display.steps import Steps, trace
from autodiff.display.text.captions import sentence
from autodiff.errors import visible
from autodiff.files import write_file

from .frames import animated, frame_svgs, gif, slides
from .stepper_data import stepper_data

if TYPE_CHECKING:
    from autodiff.value import Value


class Walkthrough:
    """The steps of a graph with its picture. Shows itself in notebooks; `str()` is the table.

    >>> from autodiff import Value
    >>> tour = walkthrough(Value(2.0, "x") * 3.0)
    >>> len(tour.steps), "<script>" in tour.html
    (5, True)
    """

    def __init__(
        self, steps: Steps, picture: Picture, theme: ThemeName | None, digits: int
    ) -> None:
        self.steps = steps
        self.picture = picture
        self.theme = theme
        self.digits = digits

    @property
    def html(self) -> str:
        """A fragment for any page; several of them on one page are independent."""
        data = self._data()
        text = _json(data)
        ident = "autodiff-" + hashlib.sha256(text.encode()).hexdigest()[:12]
        alt = f"{self.picture.title}. {sentence(self.steps, self.steps[-1])}"
        host = (
            f'<div data-autodiff-stepper="{ident}" data-lm-suppress-shortcuts="true">'
            f"{as_image(self._final(), alt)}</div>"
        )
        find = f"document.querySelectorAll('[data-autodiff-stepper=\"{ident}\"]')"
        script = (
            f"(()=>{{{asset('surroundings.js')}\n{asset('stepper.js')}\n"
            f"for(const host of {find})stepper(host,{text})}})()"
        )
        return f"{host}<script>{script}</script>"

    @property
    def page(self) -> str:
        """A complete HTML page."""
        title = escape(self.picture.title)
        return (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{asset('page.css')}</style>\n</head>\n"
            f"<body>\n{self.html}\n</body>\n</html>\n"
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
        written = []
        for count, svg in enumerate(self._frames(theme, background), 1):
            path = target / f"step-{count:0{digits}d}.svg"
            written.append(write_file(path, svg))
        return written

    def _frames(self, theme: ThemeName = "light", background: str | None = "theme") -> list[str]:
        colours = THEMES[theme]
        ground = colours.ground if background == "theme" else background
        return list(frame_svgs(self.steps, self.picture, colours, ground, self.digits))

    def _data(self) -> dict[str, Any]:
        styles = {"css": _css(), "theme": self.theme or ""}
        return styles | stepper_data(self.steps, self.picture, self.digits)

    def _repr_html_(self) -> str:
        return self.html

    def _repr_svg_(self) -> str:
        """The final picture, for pages that show a notebook and strip its scripts."""
        return self._final()

    def __str__(self) -> str:
        return str(self.steps)

    def __repr__(self) -> str:
        return f"<Walkthrough of {self.steps.root.name} in {len(self.steps)} steps>"

    def _final(self) -> str:
        """The picture after the last step, as an image without scripts."""
        theme = THEMES[self.theme or "light"]
        return self.picture.svg(Painter(theme), background=theme.ground)


def walkthrough(
    value: Value,
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName | None = None,
    direction: Direction = "right",
    digits: int = DIGITS,
    font_scale: float = 1.0,
    force: bool = False,
) -> Walkthrough:
    """The forward and the backward pass, step by step, for browsers and notebooks.

    The pass that is shown is computed here, starting from 1 at `value`; the `.grad` of your
    Values is neither read nor changed. `theme` is "light" or "dark", by default that of the page.
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
    view = _with_final_grads(view, steps)
    cards = CardStyle(scale=font_scale, digits=digits)
    wires = WireStyle(scale=font_scale, digits=digits, labels=len(graph) <= 4 * FULL)
    picture = compose(
        view, cards, wires, title=describe(view, [str(steps.root.name)]), direction=direction,
        frames=True, widest=lambda card: totals.get(card.node if card.node is not None else -1, {}),
    )  # fmt: skip
    return Walkthrough(steps, picture, theme, digits)


def running_totals(steps: Steps) -> dict[int, dict[str, float]]:
    """All numbers that the gradient row of a node will show, so that the card is wide enough."""
    found: dict[int, dict[str, float]] = {}
    for step in steps.backward:
        if step.total is not None:
            found.setdefault(step.receiver.index, {})[str(step.number)] = step.total
    return found


def _with_final_grads(view: View, steps: Steps) -> View:
    """The cards with the gradients of this pass instead of the accumulated ones."""
    cards = []
    for card in view.cards:
        if card.node is None:
            cards.append(card)
            continue
        grad = steps.adjoints[card.node] or 0.0
        cards.append(replace(card, grad=grad))
    return replace(view, cards=tuple(cards))


@cache
def _css() -> str:
    """The style sheet of the stepper: its own rules, the colours, the styles of the picture."""
    return "\n".join(
        [
            f".box{{{_variables(LIGHT)}}}",
            f".box.dark{{{_variables(DARK)}}}",
            stylesheet(".graph"),
            asset("stepper.css"),
            f"@media print{{.box.dark{{{_variables(LIGHT)}}}}}",
        ]
    )


def _variables(theme: Theme) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in theme.colours().items())


def _json(data: dict[str, Any]) -> str:
    """JSON that may stand in a script element: nothing in it can end or reopen the script.

    Only `</`, `<!` and `<s` (of `<script`) mean something there; escaping every `<` would make
    the page twice as long.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("</", "<\\/")
    for following in "!sS":
        text = text.replace(f"<{following}", f"\\u003c{following}")
    return text
