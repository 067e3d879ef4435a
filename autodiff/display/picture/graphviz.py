"""Graphviz: DOT text without any program, and the `graphviz` package's Digraph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from autodiff.display.layout import Direction
from autodiff.display.notation import DIGITS
from autodiff.extras import require
from autodiff.value import Value

from .dot_text import parts, text_of
from .drawing import Drawing, draw
from .shown import Collapse, shown_view
from .theme import THEMES, ThemeName


def to_dot(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName = "light",
    direction: Direction = "right",
    digits: int = DIGITS,
    collapse: Collapse = "auto",
    force: bool = False,
) -> str:
    """The graph as DOT text, for Graphviz and the tools that read its language. Needs no program.

    The text is written in one pass over the graph, so no size is refused: `force` is taken as by
    `draw` and changes nothing here. Above 300 cards there are no local derivatives.

    >>> from autodiff import Value
    >>> x = Value(2.0, "x")
    >>> print(to_dot(x * x).splitlines()[0])
    digraph {
    """
    view = shown_view(value, names=names, collapse=collapse, limited=False, digits=digits)
    return text_of(parts(view, THEMES[theme], direction, digits))


def to_graphviz(
    value: Value | Sequence[Value],
    *,
    names: Mapping[str, Any] | None = None,
    theme: ThemeName = "light",
    direction: Direction = "right",
    digits: int = DIGITS,
    collapse: Collapse = "auto",
    force: bool = False,
) -> Any:
    """The graph as a `graphviz.Digraph`; drawing it needs the program dot.

    No size is refused (see `to_dot`), but dot takes minutes to arrange some thousand nodes.

    >>> from autodiff import Value
    >>> to_graphviz(Value(2.0, "x") * 3.0).source.startswith("digraph")
    True
    """
    digraph = require("graphviz", extra="graphviz").Digraph()
    view = shown_view(value, names=names, collapse=collapse, limited=False, digits=digits)
    for method, ends, attributes in parts(view, THEMES[theme], direction, digits):
        getattr(digraph, method)(*ends, **attributes)
    return digraph


def draw_dot(root: Value, format: str = "svg", rankdir: Literal["LR", "TB"] = "LR") -> Drawing:
    """micrograd's `draw_dot(root)`, without Graphviz: the drawing shows itself in notebooks.

    `format` is what `.render(filename)` writes; `.source` is the DOT text. See `draw` for
    everything else, and `to_graphviz` for a Digraph.

    >>> from autodiff import Value
    >>> draw_dot(Value(2.0, "x") * 3.0).svg.startswith("<svg")
    True
    """
    if rankdir not in ("LR", "TB"):
        raise ValueError(f"rankdir is {rankdir!r}; choose 'LR' or 'TB'")
    drawing = draw(root, direction="right" if rankdir == "LR" else "down")
    drawing.format = format
    return drawing
