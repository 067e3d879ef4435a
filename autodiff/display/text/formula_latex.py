"""`to_latex(value)`: the formula behind a value, as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autodiff.display.notation import DIGITS, LatexBackend, figures, relation, typeset
from autodiff.display.notation.rewrite import substitute
from autodiff.display.snapshot import Graph, snapshot
from autodiff.formula import Constant, Formula
from autodiff.value import Value

#: a formula is written into the next one while it stays smaller than this (nodes of its tree)
_LARGEST, _DEEPEST = 40, 10


def to_latex(
    value: Value,
    *,
    names: Mapping[str, Any] | None = None,
    numbers: bool = False,
    digits: int = DIGITS,
) -> str:
    """The formula of a value, for `$…$`: one equation if it is short enough, else several.

    Labelled nodes, and nodes that are used more than once, have an equation of their own; then
    the result is an `aligned` environment. With `numbers`, values are added. Time and length
    are linear in the number of nodes, and no size is refused.

    >>> from autodiff import Value, exp, sin
    >>> x = Value(-4.499, "x")
    >>> print(to_latex(2 / sin(exp(-x)), numbers=True))
    f = \\frac{2}{\\sin(e^{-x})} \\approx 2.164
    """
    graph = snapshot(value, names=names)
    backend = LatexBackend(digits)
    lines = []
    for index, formula in definitions(graph):
        node, shown = graph.nodes[index], figures(formula)
        sign = relation(digits, *shown, rounded=r"\approx")
        line = f"{backend.name(node.name)} &{sign} {typeset(formula, backend)}"
        if numbers and not isinstance(formula, Constant):
            sign = relation(digits, *shown, node.value, rounded=r"\approx")
            line += f" {sign} {backend.number(node.value)}"
        lines.append(line)
    if len(lines) == 1:
        return lines[0].replace(" &", " ", 1)
    return aligned(lines)


def aligned(lines: Iterable[str]) -> str:
    """Several equations below each other."""
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def definitions(graph: Graph) -> list[tuple[int, Formula]]:
    """The equations that describe a graph, operands before users, short ones written into others.

    No recursion over the graph: every formula is built from those of its operands, and one that
    has grown too large or too deep gets a name.
    """
    roots = set(graph.roots)
    inlined: dict[int, Formula] = {}
    size: dict[int, int] = {}
    depth: dict[int, int] = {}
    found: list[tuple[int, Formula]] = []
    for node in graph:
        expression = graph.expression(node)
        if expression is None:
            if node.index in roots:
                found.append((node.index, Constant(node.value)))
            continue
        known = [parent for parent in node.parents if parent in inlined]
        values = {graph.nodes[p].symbol.name: inlined[p] for p in known}
        size[node.index] = 1 + sum(size[p] if p in inlined else 1 for p in node.parents)
        depth[node.index] = 1 + max((depth[p] for p in known), default=0)
        formula = substitute(expression, values)
        short = size[node.index] <= _LARGEST and depth[node.index] <= _DEEPEST
        own = node.index in roots or graph.uses[node.index] > 1 or node.label is not None
        if own or not short:
            found.append((node.index, formula))
        else:
            inlined[node.index] = formula
    return found
