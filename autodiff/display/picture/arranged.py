"""From the options of `draw` to a picture: which cards, in which style, under which title."""

from __future__ import annotations

from typing import Literal, Protocol

from autodiff.display.layout import Direction
from autodiff.display.layout.dot_program import dot_engine
from autodiff.errors import OperandError

from .architecture import Network, Neuron
from .composed import Picture, compose
from .paint import Look
from .shown import FULL, PLAIN
from .view import View


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
    view: View,
    worksheet: Worksheet,
    *,
    direction: Direction,
    labels: bool | None,
    digits: int,
    font_scale: float,
    engine: str,
) -> Picture:
    """The picture of a view; see `draw` for the options."""
    if direction not in ("right", "down", "left", "up"):
        raise ValueError(f"direction is {direction!r}; choose 'right', 'down', 'left' or 'up'")
    if engine not in ("layered", "dot"):
        raise ValueError(f"engine is {engine!r}; choose 'layered' or 'dot'")
    blank = worksheet if isinstance(worksheet, str) else "all" if worksheet else ""
    if blank not in ("", "all", "values", "gradients"):
        raise ValueError(f"worksheet is {blank!r}; choose 'values', 'gradients' or 'all'")
    grouped = any(card.kind == "group" for card in view.cards)
    look = Look(
        scale=font_scale,
        digits=digits,
        compact=view.size > (FULL if grouped else PLAIN),
        labels=view.size <= FULL if labels is None else labels,
        blank=blank,
    )
    return compose(view, look, direction=direction, engine=dot_engine if engine == "dot" else None)
