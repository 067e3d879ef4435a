"""The equations of a derivation: the sum over all paths, or one equation per node."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from autodiff.display.notation import Backend, Figure, Name, figures, is_exact, shown, typeset
from autodiff.display.notation.rewrite import begins_with_minus
from autodiff.display.snapshot import Graph
from autodiff.formula import Apply, Constant, Formula

from .path_counts import Edge, Path, Paths

T = TypeVar("T")

#: a product with more factors is shortened in the middle
_LONGEST_PRODUCT = 48
#: the recursive form leaves out the middle when it has more equations
MAX_EQUATIONS = 40


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """An equation in pieces: what stands left of the first sign, and (sign, right side) pairs."""

    left: T
    rights: tuple[tuple[str, T], ...]


def product(path: Path) -> float:
    """The product of the local derivatives along a path."""
    return math.prod(edge.value for edge in path)


class ChainRule(Generic[T]):
    """Writes the equations with one back end."""

    def __init__(
        self, graph: Graph, paths: Paths, adjoints: Mapping[int, float], backend: Backend[T]
    ) -> None:
        self.graph = graph
        self.paths = paths
        self.adjoints = adjoints
        self.b = backend

    def whole(self, node: int) -> T:
        """df/dv"""
        return typeset(self.graph.whole(node), self.b)

    def partial(self, edge: Edge) -> T:
        """∂u/∂v"""
        return typeset(self.graph.partial(self.graph.nodes[edge.user], edge.position), self.b)

    def adjoint(self, node: int) -> T:
        """v̄, or df/dv where the name already has an accent or is no name."""
        name: Name = self.graph.nodes[node].name
        if name.accent or name.verbatim or len(name.base) > 1:
            return self.whole(node)
        return self.b.name(replace(name, accent="bar"))

    def sign(self, *values: float) -> str:
        return "=" if is_exact(self.b.digits, *values) else "≈"

    def joined(self, parts: Sequence[T], sign: str) -> T:
        return self.b.joined(parts, self.b.operator(sign))

    def formula(self, edge: Edge) -> Formula:
        return self.graph.local(self.graph.nodes[edge.user], edge.position).formula

    # ---- all paths -----------------------------------------------------------------------------

    def sum_over_paths(self) -> Line[T]:
        paths = list(self.paths)
        left = self.whole(self.paths.source)
        total = self.adjoints.get(self.paths.source, 0.0)
        if not any(paths):  # none at all, or from a node to itself
            return Line(left, (("=", self.b.number(float(len(paths)))),))
        symbols = [self.joined([self.partial(e) for e in p], "·") for p in paths]
        factors = [edge.value for path in paths for edge in path]
        rights = [("=", self.joined(symbols, "+"))] if len(factors) > 1 else []
        locals_ = [[self.formula(edge) for edge in path] for path in paths]
        constants = [number for path in locals_ for each in path for number in figures(each)]
        rights.append((self.sign(*constants), self.summed(locals_)))
        numbers = [[Figure(edge.value, "local") for edge in path] for path in paths]
        literal = all(isinstance(each, Constant) for path in locals_ for each in path)
        if not literal and len(factors) > 1:
            rights.append((self.sign(*factors), self.summed(numbers)))
        products = [product(path) for path in paths]
        if len(paths) > 1 and any(len(path) > 1 for path in paths):
            terms = [self.term(value, index) for index, value in enumerate(products)]
            rights.append((self.sign(*factors, *products), self.joined(terms, "+")))
        if not (literal and len(factors) == 1):
            rights.append((self.sign(*factors, *products, total), self.b.number(total)))
        return Line(left, tuple(rights))

    def times(self, factors: Sequence[Formula]) -> T:
        """A product as one term of a sum."""
        if len(factors) == 1:
            return self.bracketed(factors[0])
        return typeset(Apply("mul", tuple(factors)), self.b, _LONGEST_PRODUCT)

    def summed(self, paths: Sequence[Sequence[Formula]]) -> T:
        """The products as a sum: what has a minus in front stands in brackets, but the first."""
        parts = [self.times(paths[0])]
        for factors in paths[1:]:
            first, *others = factors
            if others and type(first) is Constant and first.value < 0.0:
                first = Figure(first.value, "")  # (−1) · e^a
            out = self.times([first, *others])
            minus = begins_with_minus(first) and not (others and isinstance(first, Figure))
            parts.append(self.b.bracket(out) if minus else out)
        return self.joined(parts, "+")

    def bracketed(self, formula: Formula) -> T:
        out = typeset(formula, self.b)
        is_sum = isinstance(formula, Apply) and formula.name in ("add", "sub", "sum")
        several = self.paths.count > 1
        return self.b.bracket(out) if is_sum and several else out

    def term(self, value: float, index: int) -> T:
        out = self.b.number(value)
        return self.b.bracket(out) if index and shown(value, self.b.digits).negative else out

    # ---- node by node --------------------------------------------------------------------------

    def recursion(self) -> Iterator[Line[T]]:
        nodes = [node for node in self.paths.nodes if node in self.adjoints]
        half = MAX_EQUATIONS // 2 if len(nodes) > MAX_EQUATIONS else 0
        yield from map(self.equation, nodes[:half])
        if half:
            yield Line(self.b.word("⋮"), (("", self.b.word("")),))
        yield from map(self.equation, nodes[-half:])

    def equation(self, node: int) -> Line[T]:
        """v̄ = Σ over the users u of v of ū · ∂u/∂v"""
        left, total = self.adjoint(node), self.adjoints[node]
        if node == self.paths.target:
            return Line(left, (("=", self.b.number(1.0)),))
        edges = self.paths.edges[node]
        shown_edges = edges if len(edges) <= 4 else edges[:3]
        dots = [self.b.word("…")] * (len(edges) > 4)
        symbols = [self.joined([self.adjoint(e.user), self.partial(e)], "·") for e in shown_edges]
        numbers = [
            self.times([Figure(self.adjoints[e.user], "grad"), Figure(e.value, "local")])
            for e in shown_edges
        ]
        used = [number for e in edges for number in (self.adjoints[e.user], e.value)]
        both = [self.joined(symbols + dots, "+"), self.b.operator(self.sign(*used))]
        both += [self.joined(numbers + dots, "+"), self.b.operator(self.sign(*used, total))]
        return Line(left, (("=", self.b.row([*both, self.b.number(total)])),))
