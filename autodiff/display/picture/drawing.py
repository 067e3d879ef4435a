"""`draw(value)`: the computational graph as a picture."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, cast
from urllib.parse import quote

from autodiff.display.assets import asset
from autodiff.display.layout import Direction
from autodiff.display.notation import DIGITS
from autodiff.errors import MissingExtraError, OperandError
from autodiff.extras import require
from autodiff.value import Value

from .architecture import Architecture, Network, network
from .composed import Picture, Worksheet, arranged, compose
from .dot_text import source
from .export import pictures, write_picture
from .neighbourhood import opened
from .paint import Painter
from .shown import NETWORK, Collapse, outputs, shown_view, solved_view
from .svg import as_image, image_address
from .theme import DARK, LIGHT, THEMES, ThemeName
from .tikz import tikz


class LivePage(Protocol):
    """A picture whose inputs can be dragged, as a fragment and as a page."""

    @property
    def html(self) -> str:
        """A fragment for any page."""

    @property
    def page(self) -> str:
        """A complete page."""


#: makes the live page of an output; pages/ puts it here, which this room does not know
live_pages: list[Callable[..., LivePage]] = []

#: characters of pictures behind collapsed cards; later cards stay closed
_INSIDE = 400_000


class Drawing:
    """A picture of a graph. Shows itself in notebooks; `.svg` is the text, `.save` writes files.

    >>> from autodiff import Value
    >>> drawing = draw(Value(2.0, "x") * 3.0)
    >>> drawing.svg.startswith("<svg"), drawing.width > 0
    (True, True)
    """

    def __init__(
        self, picture: Picture | Network, theme: ThemeName | None, background: str | None
    ) -> None:
        self.picture = picture
        self.theme: ThemeName = theme or "light"
        self.background = background
        #: of a worksheet: the same picture with everything filled in
        self.answers: Drawing | None = None
        #: with `live=True`: the same picture with numbers to drag
        self.live: LivePage | None = None
        self._follows = theme is None and background == "theme"
        #: what `render` writes when its file name does not say
        self.format = "svg"

    @property
    def svg(self) -> str:
        """The picture as an SVG document without style sheets: it looks the same everywhere."""
        return self._svg_of(self.picture)

    def _svg_of(self, picture: Picture | Network) -> str:
        theme = THEMES[self.theme]
        return picture.svg(Painter(theme), background=theme.behind(self.background))

    @property
    def width(self) -> float:
        """The width in pixels."""
        return self.picture.layout.width

    @property
    def height(self) -> float:
        """The height in pixels."""
        return self.picture.layout.height

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file: .svg, .tex (TikZ), and through the extra `export` .pdf and .png.

        A worksheet's answers stand beside it: sheet.svg and sheet-answers.svg.
        """
        target = Path(path)
        if target.suffix.lower() in (".html", ".htm") and self.live is not None:
            target.write_text(self.live.page, encoding="utf-8")
            return target
        if self.answers is not None:
            write_picture(self.answers, target.with_stem(f"{target.stem}-answers"))
        return write_picture(self, target)

    def render(
        self,
        filename: str | os.PathLike[str] = "graph",
        format: str | None = None,
        *,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
    ) -> str:
        """Write `filename.format` and return the path, as graphviz's objects do.

        Needs no Graphviz: the picture is this one. Where it cannot be written in that format, an
        SVG is written instead, and a warning says so. `view` opens it in the browser; there are
        no other files to clean up.
        """
        path = Path(directory or "") / f"{os.fspath(filename)}.{format or self.format}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path = self.save(path)
        except (MissingExtraError, ValueError) as error:
            path = self.save(path.with_suffix(".svg"))
            warnings.warn(f"wrote {path}: {error}", stacklevel=2)
        if view:
            import webbrowser  # slow to import, and few need it

            webbrowser.open(path.absolute().as_uri())
        return str(path)

    @property
    def source(self) -> str:
        """The graph in Graphviz's language, as graphviz's objects have it; see `to_dot`."""
        if isinstance(self.picture, Network):
            raise OperandError("a model has no DOT text; draw a value that it computes")
        return source(self.picture, self.theme)

    @property
    def tikz(self) -> str:
        """The picture as a TikZ picture for LaTeX documents."""
        if isinstance(self.picture, Network):
            raise OperandError("a model has no TikZ picture; save it as .svg or .pdf")
        return tikz(self.picture)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """An image: a notebook that is not trusted shows no bare SVG.

        Where scripts run, a drawing without a theme of its own takes the page's.
        """
        if self.live is not None:
            return self.live.html
        image = as_image(self.svg, self.picture.title)
        inside = self._inside()
        if not self._follows and not inside:
            return image
        key = hashlib.sha256(image.encode()).hexdigest()[:12]
        light, dark = ({n: quote(c) for n, c in t.colours().items()} for t in (LIGHT, DARK))
        pairs = [[light[name], dark[name]] for name in light if name != "ground"]
        ground = [light["ground"], dark["ground"]]
        data = json.dumps([ground, pairs, inside] if self._follows else [None, [], inside])
        script = (
            f"(()=>{{{asset('surroundings.js')}\n{asset('drawing.js')}\n"
            f"for(const image of document.querySelectorAll('[data-autodiff=\"{key}\"]'))"
            f"drawing(image,...{data})}})()"
        )
        marked = image.replace(" alt=", f' data-autodiff="{key}" alt=', 1)
        return f"{marked}<script>{script}</script>"

    def _inside(self) -> list[list[object]]:
        """For each collapsed card its place, and the picture that a click on it opens."""
        picture = self.picture
        if isinstance(picture, Network) or picture.view.grouping is None:
            return []
        pairs = zip(picture.view.cards, picture.layout.boxes, strict=True)
        groups = [(card, box) for card, box in pairs if card.kind == "group"]
        found: list[list[object]] = []
        size = 0
        for card, box in groups if len(groups) <= NETWORK else ():
            view = opened(picture.view, int(card.key[1:]), picture.look.digits)
            if len(view.cards) > NETWORK or size > _INSIDE:
                continue
            look = replace(picture.look, compact=False, labels=True)
            svg = self._svg_of(compose(view, look, title=card.title))
            found.append([box.x, box.y, box.width, box.height, image_address(svg)])
            size += len(svg)
        return found

    def _ipython_display_(self) -> None:
        require("IPython.display", "notebooks").display(self.mimebundle(), raw=True)

    def mimebundle(self) -> dict[str, Any]:
        """What a notebook keeps: an image, and pictures for its exports."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()} | pictures(self.svg)

    def __repr__(self) -> str:
        return f"<Drawing {self.width:.0f} x {self.height:.0f}: {self.picture.title}>"


def draw(
    value: Value | Sequence[Value] | Architecture,
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName | None = None,
    background: str | None = "theme",
    direction: Direction = "right",
    labels: bool | None = None,
    digits: int = DIGITS,
    font_scale: float = 1.0,
    worksheet: Worksheet = False,
    collapse: Collapse = "auto",
    focus: Value | str | None = None,
    hops: int = 2,
    engine: Literal["layered", "dot"] = "layered",
    live: bool = False,
    force: bool = False,
) -> Drawing:
    """Draw the computational graph of one or several outputs, or the layers of a model.

    A model (`nn.MLP`, or anything with `__architecture__`) is drawn as units and wires: the wider
    a wire the larger its weight, negative ones dashed in the other colour.

    Cards show the value and the accumulated `.grad` (a dash before any `backward()`); wires show
    the local derivative, above in symbols, below in numbers.

    * `names`: names for unlabelled nodes; `names=locals()` takes those of your variables.
    * `theme` "light" or "dark"; without one, files are light and a notebook's page decides;
      `background` "theme", any SVG colour, or None for transparent.
    * `direction` "right", "down", "left" or "up"; `font_scale` enlarges text and cards for slides.
    * `labels`: local derivatives on the wires; by default up to 30 cards.
    * `worksheet` "values" or "gradients" leaves these blank, to print and fill in; True or "all"
      leaves out the formulas of the local derivatives too.
    * `collapse`: "auto" (only where more than 60 cards would be drawn), True, False, a depth of
      nesting, or the name or names of scopes. See `autodiff.scope`.
    * `focus` with `hops`: only the neighbourhood of one node, given as a Value or by its name.
    * `live=True`: in notebooks, and in a file saved as .html, every input can be dragged; one
      output, drawn whole.
    * `engine="dot"` arranges with Graphviz instead of the built-in layout.

    More than 300 cards give a warning; more than 2000 raise `GraphTooLarge` unless `force=True`.

    >>> from autodiff import Value, sin
    >>> x = Value(0.5, "x")
    >>> draw(sin(x) * x)
    <Drawing 634 x 129: Computational graph of f: 3 cards>
    """
    if theme is not None and theme not in THEMES:
        raise ValueError(f"theme is {theme!r}; choose 'light' or 'dark'")
    if hasattr(value, "__architecture__"):
        return Drawing(network(cast("Architecture", value), digits), theme, background)
    view = shown_view(
        value, names=names, collapse=collapse, focus=focus, hops=hops, force=force, digits=digits
    )
    arrange = partial(
        arranged, direction=direction, labels=labels, digits=digits, font_scale=font_scale,
        engine=engine,
    )  # fmt: skip
    drawing = Drawing(arrange(view, worksheet), theme, background)
    if worksheet:
        drawing.answers = Drawing(arrange(solved_view(view), False), theme, background)
    if live:
        if len(outputs(value)) != 1 or worksheet:
            raise OperandError("a live drawing has one output, and is no worksheet")
        drawing.live = live_pages[0](
            outputs(value)[0], names=names, theme=theme, direction=direction, digits=digits,
            font_scale=font_scale, force=force,
        )  # fmt: skip
    return drawing
