"""`derivation(value, wrt)`: the chain rule written out, with symbols and with numbers.

Where there are few paths, every path has its product, and the derivative is the sum over them.
Where there are too many (they grow exponentially, the graph does not), the same sum is shown as
the reverse sweep computes it: one equation per node, with the adjoint v̄ = df/dv as its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from html import escape
from operator import add
from typing import Any, TypeVar

from autodiff.display.notation import DIGITS, Backend, LatexBackend, MathmlBackend, TextBackend
from autodiff.display.snapshot import Graph, snapshot
from autodiff.errors import OperandError
from autodiff.value import Value

from .chain_rule import ChainRule, Line, product
from .formula_latex import aligned
from .path_counts import Paths, paths_between

T = TypeVar("T")

#: more or longer paths are shown in the recursive form
MAX_PATHS, MAX_LENGTH = 12, 12
_SIGNS = {"≈": r"\approx"}


class Derivation:
    """A written-out derivative. `str()` is text, `.latex` LaTeX; shows itself in notebooks."""

    def __init__(
        self, graph: Graph, paths: Paths, adjoints: Mapping[int, float], digits: int
    ) -> None:
        self.graph = graph
        self.digits = digits
        self._paths = paths
        self._adjoints = adjoints

    @property
    def paths(self) -> int:
        """How many paths lead from the variable to the value, counted without enumerating them."""
        return self._paths.count

    @property
    def value(self) -> float:
        """The derivative; 0.0 where no path carries a contribution."""
        return self._adjoints.get(self._paths.source, 0.0)

    @property
    def products(self) -> list[float]:
        """The product along every path, in the order of the text. ValueError if they are many."""
        if not self._enumerable:
            raise ValueError(f"there are {self.paths} paths; the sum over them is .value")
        return [product(path) for path in self._paths]

    @property
    def latex(self) -> str:
        """An `aligned` environment for display mathematics."""
        return aligned(
            f"{'' if index else line.left} &{_SIGNS.get(sign, sign)} {right}"
            for line in self._lines(LatexBackend(self.digits))
            for index, (sign, right) in enumerate(line.rights)
        )

    def text(self, ascii: bool = False) -> str:
        """Plain text, optionally without characters outside ASCII."""
        backend = TextBackend(self.digits, ascii=ascii)
        out = [self._headline(backend)]
        for line in self._lines(backend):
            indent = " " * len(line.left)
            for index, (sign, right) in enumerate(line.rights):
                word = backend.operator(sign).strip()
                out.append(f"{indent if index else line.left} {word} {right}")
        return "\n".join(out) + "\n"

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        wrt = self.graph.whole(self._paths.source).name
        return f"<Derivation of {wrt}: {self._how_many}>"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    @property
    def mathml(self) -> str:
        """A `<math>` element for web pages: browsers set it themselves, without any script."""
        rows = "".join(
            f'<mtr><mtd style="text-align:right">{"" if index else line.left}</mtd>'
            f'<mtd style="text-align:left"><mo>{escape(sign)}</mo>{right}</mtd></mtr>'
            for line in self._lines(MathmlBackend(self.digits))
            for index, (sign, right) in enumerate(line.rights)
        )
        return f'<math display="block"><mtable displaystyle="true">{rows}</mtable></math>'

    # ---- what is written -----------------------------------------------------------------------

    @property
    def _enumerable(self) -> bool:
        return self._paths.count <= MAX_PATHS and self._paths.longest <= MAX_LENGTH

    @property
    def _how_many(self) -> str:
        count = self._paths.count
        return f"{count} path{'s' * (count != 1)}"

    def _headline(self, backend: TextBackend) -> str:
        writer = ChainRule(self.graph, self._paths, self._adjoints, backend)
        said = f"{writer.whole(self._paths.source)}: {self._how_many}"
        if self._paths.count > 1:
            said += ", the derivative is the sum over them"
        if self._paths.blocked:
            said += f"; {self._paths.blocked} more without a contribution"
        if self._paths.count and not self._enumerable:
            bar = writer.adjoint(self._paths.source)
            said += "; too many or too long to write out, so node by node, "
            said += f"{bar} = {writer.whole(self._paths.source)}"
        return said

    def _lines(self, backend: Backend[T]) -> Iterator[Line[T]]:
        writer = ChainRule(self.graph, self._paths, self._adjoints, backend)
        if self._enumerable:
            yield writer.sum_over_paths()
        else:
            yield from writer.recursion()


def derivation(
    value: Value, wrt: Value | str, *, names: Mapping[str, Any] | None = None, digits: int = DIGITS
) -> Derivation:
    """Write out the derivative of `value` by one of the nodes it depends on.

    `wrt` is a Value or a name as it appears in drawings. Raises KeyError if it is not part of the
    graph. Neither reads nor changes any `.grad`.

    >>> from autodiff import Value
    >>> x, y = Value(3.0, "x"), Value(-2.0, "y")
    >>> f = (x * y).named("u") * (x + y).named("v")
    >>> print(derivation(f, x))
    df/dx: 2 paths, the derivative is the sum over them
    df/dx = ∂f/∂v · ∂v/∂x + ∂f/∂u · ∂u/∂x
          = u · 1 + v · y
          = (−6) · 1 + 1 · (−2)
          = −6 + (−2)
          = −8
    <BLANKLINE>
    """
    if not hasattr(type(value), "local_derivatives"):
        raise OperandError(f"a derivation needs a Value, not {type(value).__name__}")
    graph = snapshot(value, names=names)
    paths = paths_between(graph, graph.find(wrt), graph.roots[0])
    return Derivation(graph, paths, adjoints_along(paths), digits)


def adjoints_along(paths: Paths) -> dict[int, float]:
    """The derivative of the output by every node on the paths: the reverse sweep."""
    adjoints = {paths.target: 1.0}
    for node in paths.nodes:
        edges = paths.edges.get(node, ())
        if node != paths.target and edges:
            adjoints[node] = reduce(add, (adjoints[edge.user] * edge.value for edge in edges))
    return adjoints
