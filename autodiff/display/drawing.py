"""`draw(value)`: the computational graph as a picture."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autodiff.errors import AutodiffError, MissingExtraError, OperandError

from .cards import CardStyle
from .engine import dot_engine
from .graph import Graph, snapshot
from .groups import Grouping, by_depth, by_name, deepest, units
from .layout import Direction
from .notation import DIGITS
from .paint import Painter
from .picture import Picture, compose, describe
from .svg import as_image
from .theme import THEMES, ThemeName
from .view import View, near, whole
from .wires import WireStyle

if TYPE_CHECKING:
    from autodiff.value import Value

Collapse = Literal["auto"] | bool | int | str | Iterable[str]
Worksheet = bool | Literal["values", "gradients", "all"]

#: cards up to which everything is shown, cards without formulas are drawn, and a graph is collapsed
FULL, PLAIN = 30, 60
MANY, TOO_MANY = 300, 2000


class GraphTooLarge(AutodiffError, ValueError):
    """A graph with more cards than anybody can look at."""


class Drawing:
    """A picture of a graph. Shows itself in notebooks; `.svg` is the text, `.save` writes files.

    >>> from autodiff import Value
    >>> drawing = draw(Value(2.0, "x") * 3.0)
    >>> drawing.svg.startswith("<svg"), drawing.width > 0
    (True, True)
    """

    def __init__(self, picture: Picture, theme: ThemeName, background: str | None) -> None:
        self.picture = picture
        self.theme = theme
        self.background = background
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
        """Write a file: .svg, .tex (TikZ), and through the extra `export` .pdf and .png."""
        from .export import write_picture

        return write_picture(self, Path(path))

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
        from .dot import source

        return source(self.picture, self.theme)

    @property
    def tikz(self) -> str:
        """The picture as a TikZ picture for LaTeX documents."""
        from .tikz import tikz

        return tikz(self.picture)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """An image: a notebook that is not trusted shows no bare SVG."""
        return as_image(self.svg, self.picture.title)

    def __repr__(self) -> str:
        return f"<Drawing {self.width:.0f} x {self.height:.0f}: {self.picture.title}>"


def draw(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName = "light",
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
    """Draw the computational graph of one or several outputs.

    Cards show the value and the accumulated `.grad` (a dash before any `backward()`); wires show
    the local derivative, above in symbols, below in numbers.

    * `names`: names for unlabelled nodes; `names=locals()` takes those of your variables.
    * `theme` "light" or "dark"; `background` "theme", any SVG colour, or None for transparent.
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
    <Drawing 589 x 129: Computational graph of f: 3 cards>
    """
    picture = _picture(
        value, names=names, direction=direction, labels=labels, digits=digits,
        font_scale=font_scale, worksheet=worksheet, collapse=collapse, focus=focus, hops=hops,
        engine=engine, force=force,
    )  # fmt: skip
    if theme not in THEMES:
        raise ValueError(f"theme is {theme!r}; choose 'light' or 'dark'")
    return Drawing(picture, theme, background)


def _picture(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None,
    direction: Direction,
    labels: bool | None,
    digits: int,
    font_scale: float,
    worksheet: Worksheet,
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
        outputs(value), names=names, collapse=collapse, focus=focus, hops=hops, force=force
    )
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
        blank_numbers=blank in ("all", "gradients"),
        blank_symbols=blank == "all",
    )
    about = describe(view, [str(graph.nodes[root].name) for root in graph.roots])
    arrange = dot_engine if engine == "dot" else None
    return compose(view, cards, wires, title=about, direction=direction, engine=arrange)


def shown_view(
    roots: Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    collapse: Collapse = "auto",
    focus: Value | str | None = None,
    hops: int = 2,
    force: bool = False,
    limited: bool = True,
) -> View:
    """What a picture of these outputs shows; gradients are missing before any backward pass.

    Not `limited`: for what needs no layout, at any size and without a word about it.
    """
    graph = snapshot(*roots, names=names)
    grouping = grouping_for(graph, False if focus is not None and collapse == "auto" else collapse)
    if focus is None and limited:
        check_size(grouping.cards(graph), force)
    view = whole(graph, grouping)
    if focus is not None:
        view = near(view, position(view, focus, graph), hops)
        check_size(len(view.cards), force)
    if len(view.cards) <= MANY:
        view = view.with_formulas()
    if not any(graph.nodes[root].grad for root in graph.roots):
        view = replace(view, cards=tuple(replace(card, grad=None) for card in view.cards))
    return view


def outputs(value: Value | Sequence[Value]) -> list[Value]:
    """One Value or several as a list of Values; TypeError for anything else."""
    roots: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    for root in roots:
        if not hasattr(type(root), "local_derivatives"):
            raise OperandError(
                f"a Value or a list of Values has a graph, not {type(root).__name__}"
            )
    if not roots:
        raise OperandError("there is no output to draw: the list is empty")
    return roots


def grouping_for(graph: Graph, collapse: Collapse) -> Grouping:
    """The groups that `collapse=` asks for."""
    nothing = Grouping({}, ())
    if collapse is False:
        return nothing
    if isinstance(collapse, str) and collapse == "auto":
        return nothing if len(graph) <= PLAIN else _smallest(graph, nothing)
    if collapse is True:
        depth = deepest(graph)
        return by_depth(graph, depth) if depth else units(graph)
    if isinstance(collapse, int):
        return by_depth(graph, collapse) if deepest(graph) else units(graph, collapse)
    return by_name(graph, [collapse] if isinstance(collapse, str) else collapse)


def _smallest(graph: Graph, nothing: Grouping) -> Grouping:
    """The finest grouping with at most 60 cards; if there is none, the one with the fewest."""
    depth = deepest(graph)
    choices = [by_depth(graph, d) for d in range(depth, 0, -1)] or [
        units(graph, 2),
        units(graph, 1),
    ]
    fitting = [choice for choice in choices if choice.cards(graph) <= PLAIN]
    return fitting[0] if fitting else min([*choices, nothing], key=lambda g: g.cards(graph))


def position(view: View, focus: Value | str, graph: Graph) -> int:
    """The card that shows the node in focus; KeyError, with the names that exist, if none does."""
    if isinstance(focus, str):
        index = graph.called(focus)
        known = ", ".join(str(node.name) for node in graph.nodes[-12:])
        missing = f"no node is called {focus!r}; there are {known}"
    else:
        index = graph.index_of(focus)
        missing = f"{focus!r} is not part of this graph"
    card = view.position(index) if index is not None else None
    if card is None:
        raise KeyError(missing)
    return card


_ADVICE = "collapse scopes (collapse=True) or look at a part of it (focus=node, hops=2)"


def check_size(cards: int, force: bool, advice: str = _ADVICE) -> None:
    """Warn about many cards, refuse too many."""
    if cards > TOO_MANY and not force:
        raise GraphTooLarge(f"the picture would have {cards} cards; {advice}, or pass force=True")
    if cards > MANY:
        warnings.warn(f"a picture with {cards} cards is hard to read; {advice}", stacklevel=5)
