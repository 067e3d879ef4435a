"""From the options of `draw` to a picture: which cards, in which style, under which title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from autodiff.display.layout import Direction
from autodiff.display.layout.dot_program import dot_engine
from autodiff.errors import OperandError
from autodiff.value import Value

from .architecture import Network, Neuron
from .cards import CardStyle
from .composed import Picture, compose, describe
from .shown import FULL, PLAIN, Collapse, outputs, shown_view, solved_view
from .wires import WireStyle


class Architecture(Protocol):
    """A model that can say what its layers are."""

    def __architecture__(self) -> list[list[Neuron]]:
        """For each layer, for each neuron: weights, bias, activation."""


Worksheet = bool | Literal["values", "gradients", "all"]


def network(model: Architecture, digits: int) -> Network:
    """The picture of a model: its layers, and how many parameters they have."""
    layers = model.__architecture__()
    if not layers:
        raise OperandError(f"{type(model).__name__} has no layers of neurons to draw")
    count = sum(len(weights) + (bias is not None) for each in layers for weights, bias, _ in each)
    sizes = [len(layers[0][0][0]), *map(len, layers)]
    title = f"{type(model).__name__}: {' → '.join(map(str, sizes))}, {count} parameters"
    return Network(layers, title, digits)


def arranged(
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
    """The picture of the graph of some outputs; see `draw` for the options."""
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
