"""A Value in a notebook: a small card, and LaTeX.

Only the operation itself is shown, never the graph behind it, so this costs the same for a leaf
and for the result of a million operations.
"""

from __future__ import annotations

from typing import Any

from autodiff.display.layout import Placed
from autodiff.display.notation import (
    DIGITS,
    Backend,
    LatexBackend,
    Run,
    RunsBackend,
    T,
    parse_name,
    relation,
    symbol,
    typeset,
)
from autodiff.display.picture.cards import CardState, draw_card, size_of
from autodiff.display.picture.paint import Look, Painter
from autodiff.display.picture.svg import as_image, canvas
from autodiff.display.picture.theme import LIGHT
from autodiff.display.picture.view import Card
from autodiff.display.snapshot import read
from autodiff.formula import Constant, Formula
from autodiff.value import Value

_MARGIN = 2.0


def mimebundle(value: Value, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """What Jupyter asks for (`_repr_mimebundle_`): text, a card, LaTeX.

    Pages and exports that strip what they do not trust show the LaTeX. A bare SVG beside it would
    make the export through LaTeX ask for Inkscape.
    """
    card = card_svg(value)
    return {
        "text/plain": repr(value),
        "text/html": as_image(card, f"{value!r}, grad {value.grad!r}"),
        "text/latex": f"$\\displaystyle {latex(value)}$",
    }


def card_svg(value: Value) -> str:
    """The card of one Value as an SVG element.

    A gradient of exactly 0 is a dash here: whether a backward pass has computed it cannot be told.
    """
    runs = _equation(value, RunsBackend())
    grad = value.grad or None
    card = Card("n0", "value", runs or (Run("\u00a0"),), "", 0, value.data, grad)
    box = size_of(card, Look())
    placed = Placed(_MARGIN, _MARGIN, box.along, box.across, (0.0, 0.0))
    state = CardState(value=value.data, grad=grad)
    inner = draw_card(card, placed, state, Look(), Painter(LIGHT))
    return canvas(box.along + 2 * _MARGIN, box.across + 2 * _MARGIN, inner)


def latex(value: Value) -> str:
    """`c = \\sin(b) \\approx 0.9242`; operands without a label appear as numbers."""
    backend = LatexBackend()
    result = backend.number(value.data)
    equation, sign = _equation(value, backend), relation(DIGITS, value.data, rounded=r"\approx")
    return f"{equation} {sign} {result}" if equation else result


def _equation(value: Value, backend: Backend[T]) -> T:
    parts = []
    if value.label is not None:
        parts.append(backend.name(parse_name(value.label)))
    if value.primitive is not None:
        operands = [_operand(operand) for operand in value.operands]
        if parts:
            parts.append(backend.operator("="))
        parts.append(typeset(read(value.primitive, operands), backend))
    return backend.row(parts)


def _operand(operand: Any) -> Formula:
    label = getattr(operand, "label", None)
    if label is not None:
        return symbol(parse_name(label), 0)
    return Constant(float(getattr(operand, "data", operand)))
