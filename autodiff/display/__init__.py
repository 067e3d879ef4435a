"""Seeing: drawings, the chain rule step by step, written derivations, LaTeX, the terminal.

Data flows one way: the graph of Values becomes a snapshot (snapshot.py), the snapshot becomes steps
(steps.py), names and formulas are set by one printer (notation/), the layout is pure geometry
(layout/), and drawings, HTML and text are written from these.
"""

from .pages.walkthrough import Walkthrough, walkthrough
from .picture.drawing import Drawing, draw
from .picture.graphviz import draw_dot, to_dot, to_graphviz
from .picture.shown import GraphTooLarge
from .steps import BackwardStep, ForwardStep, Steps, steps
from .text.derivation import Derivation, derivation
from .text.formula_latex import to_latex


def _table(self: Steps) -> str:
    from .text.terminal import render

    return render(self)


# Printing steps is printing the table; text/ registers here, so that nothing lower imports it.
setattr(Steps, "__str__", _table)  # noqa: B010 - object's own otherwise

__all__ = [
    "BackwardStep", "Derivation", "Drawing", "ForwardStep", "GraphTooLarge", "Steps",
    "Walkthrough", "derivation", "draw", "draw_dot", "steps", "to_dot", "to_graphviz", "to_latex",
    "walkthrough",
]  # fmt: skip
