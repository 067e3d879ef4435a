"""`draw(value)`: the computational graph as a picture."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast
from urllib.parse import quote

from autodiff.display.assets import asset
from autodiff.display.layout import Direction
from autodiff.display.layout.dot_program import dot_engine
from autodiff.display.notation import DIGITS
from autodiff.errors import MissingExtraError, OperandError

from .architecture import Network, Neuron
from .cards import CardStyle
from .composed import Picture, compose, describe
from .dot_text import source
from .opened import opened
from .paint import Painter
from .shown import FULL, NETWORK, PLAIN, Collapse, outputs, shown_view, solved_view
from .svg import as_image, image_address
from .theme import DARK, LIGHT, THEMES, ThemeName
from .wires import WireStyle

if TYPE_CHECKING:
    from autodiff.value import Value


class Architecture(Protocol):
    """A model that can say what its layers are."""

    def __architecture__(self) -> list[list[Neuron]]:
        """For each layer, for each neuron: weights, bias, activation."""


Worksheet = bool | Literal["values", "gradients", "all"]

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
        self,
        picture: Picture | Network,
        theme: ThemeName | None,
        background: str | None,
        answers: Drawing | None = None,
    ) -> None:
        self.picture = picture
        self.theme: ThemeName = theme or "light"
        self.background = background
        #: of a worksheet: the same picture with everything filled in
        self.answers = answers
        self._follows = theme is None and background == "theme"
        #: what `render` writes when its file name does not say
        self.format = "svg"

    @property
    def svg(self) -> str:
        """The picture as an SVG document without style sheets: it looks the same everywhere."""
        colours = THEMES[self.theme]
        ground = colours.ground if self.background == "theme" else self.background
        return self.picture.svg(Painter(colours), background=ground)

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
        from .export import write_picture

        target = Path(path)
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
        from .tikz import tikz

        if isinstance(self.picture, Network):
            raise OperandError("a model has no TikZ picture; save it as .svg or .pdf")
        return tikz(self.picture)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """An image: a notebook that is not trusted shows no bare SVG.

        Where scripts run, a drawing without a theme of its own takes the page's.
        """
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
        groups = [
            (card, box)
            for card, box in zip(picture.view.cards, picture.layout.boxes, strict=True)
            if card.kind == "group"
        ]
        found: list[list[object]] = []
        size = 0
        for card, box in groups if len(groups) <= NETWORK else ():
            view = opened(picture.view, int(card.key[1:]), picture.cards.digits)
            if len(view.cards) > NETWORK or size > _INSIDE:
                continue
            cards = replace(picture.cards, compact=False)
            inner = compose(view, cards, replace(picture.wires, labels=True), title=card.title)
            colours = THEMES[self.theme]
            ground = colours.ground if self.background == "theme" else self.background
            svg = inner.svg(Painter(colours), background=ground)
            found.append([box.x, box.y, box.width, box.height, image_address(svg)])
            size += len(svg)
        return found

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
        return Drawing(_model(cast("Architecture", value), digits), theme, background)
    picture_of = partial(
        _picture, value, names=names, direction=direction, labels=labels, digits=digits,
        font_scale=font_scale, collapse=collapse, focus=focus, hops=hops, engine=engine,
        force=force,
    )  # fmt: skip
    picture = picture_of(worksheet=worksheet)
    answers = None
    if worksheet:
        filled = picture_of(worksheet=False, solved=True)
        answers = Drawing(filled, theme, background)
    return Drawing(picture, theme, background, answers)


def _model(model: Architecture, digits: int) -> Network:
    layers = model.__architecture__()
    if not layers:
        raise OperandError(f"{type(model).__name__} has no layers of neurons to draw")
    count = sum(len(weights) + (bias is not None) for each in layers for weights, bias, _ in each)
    sizes = [len(layers[0][0][0]), *map(len, layers)]
    title = f"{type(model).__name__}: {' → '.join(map(str, sizes))}, {count} parameters"
    return Network(layers, title, digits)


def _picture(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None,
    direction: Direction,
    labels: bool | None,
    digits: int,
    font_scale: float,
    worksheet: Worksheet,
    solved: bool = False,
    collapse: Collapse,
    focus: Value | str | None,
    hops: int,
    engine: str,
    force: bool,
) -> Picture:
    if direction not in ("right", "down", "left", "up"):
        raise ValueError(f"direction is {direction!r}; choose 'right', 'down', 'left' or 'up'")
    if engine not in ("layered", "dot"):
        raise ValueError(f"engine is {engine!r}; choose 'layered' or 'dot'")
    view = shown_view(
        outputs(value), names=names, collapse=collapse, focus=focus, hops=hops, force=force,
        digits=digits,
    )  # fmt: skip
    if solved:
        view = solved_view(view)
    graph = view.graph
    shown = sum(card.kind in ("value", "group") for card in view.cards)
    grouped = any(card.kind == "group" for card in view.cards)
    blank = worksheet if isinstance(worksheet, str) else "all" if worksheet else ""
    if blank not in ("", "all", "values", "gradients"):
        raise ValueError(f"worksheet is {blank!r}; choose 'values', 'gradients' or 'all'")
    cards = CardStyle(
        compact=shown > PLAIN or (grouped and shown > FULL),
        scale=font_scale,
        digits=digits,
        blank_values=blank in ("all", "values"),
        blank_grads=blank in ("all", "gradients"),
    )
    wires = WireStyle(
        scale=font_scale,
        digits=digits,
        labels=shown <= FULL if labels is None else labels,
        blank_numbers=blank != "",
        blank_symbols=blank == "all",
    )
    about = describe(view, [str(graph.nodes[root].name) for root in graph.roots])
    arrange = dot_engine if engine == "dot" else None
    return compose(view, cards, wires, title=about, direction=direction, engine=arrange)
