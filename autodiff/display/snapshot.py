"""A snapshot of a graph of Values as plain data: what every picture and text is made from.

Nothing in the rest of this package sees a Value. The snapshot holds names, formulas and numbers;
it is taken once, so a picture does not change when the user trains on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from autodiff.expression import parse, textbook_formula
from autodiff.formula import Apply, Constant, Formula, split_condition
from autodiff.kinks import chosen_slope
from autodiff.primitive import PRIMITIVES, Primitive, local_derivative
from autodiff.value import Value

from .naming import named
from .notation import Derivative, Figure, Name, Symbol, local, parse_name, shown, symbol, whole
from .notation.on_paper import COMPARISONS, CONSTANTS
from .notation.rewrite import substitute, tidy
from .plainly import plainly
from .settling import OPPOSITES


@dataclass(frozen=True, slots=True)
class Operand:
    """One operand of an operation: node number `node`, or a constant (then `node` is None)."""

    node: int | None
    value: float


@dataclass(frozen=True, slots=True)
class Local:
    """The local derivative of a node by one of its operands.

    `value` is None where the operand gets no contribution: a selection chose another one, or the
    operation is piecewise constant in it. `condition` is what a selection asks.
    """

    formula: Formula
    numbers: Formula
    value: float | None
    condition: Formula | None
    #: the nodes whose cached values the formula reads
    reads: tuple[int, ...]
    #: what was chosen where there is no derivative: "0 is chosen"
    kink: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph: its name, its number, and how it was computed."""

    index: int
    name: Name
    label: str | None
    value: float
    #: what `backward()` has accumulated so far
    grad: float
    primitive: Primitive | None
    operands: tuple[Operand, ...]
    scope: tuple[str, ...]

    @property
    def symbol(self) -> Symbol:
        """The name as a formula."""
        return symbol(self.name, self.index)

    @property
    def parents(self) -> list[int]:
        """The operands that are nodes, in order, duplicates kept."""
        return [operand.node for operand in self.operands if operand.node is not None]


class Graph:
    """All nodes that the outputs depend on, operands before users."""

    def __init__(self, nodes: Sequence[Node], roots: Sequence[int]) -> None:
        self.nodes: tuple[Node, ...] = tuple(nodes)
        self.roots: tuple[int, ...] = tuple(roots)
        #: what operands share, where it is not what it is at these numbers
        self.shared: dict[str, float] = {}
        self._locals: dict[tuple[int, int], Local] = {}
        self._ids: dict[int, int] = {}
        self._names = {str(node.name) for node in nodes}

    @cached_property
    def uses(self) -> Counter[int]:
        """How often each node is an operand."""
        return Counter(parent for node in self for parent in node.parents)

    def find(self, wanted: Value | str) -> int:
        """The node that is meant, by its label or name: x1, x_1 and x₁ are the same name.

        Raises KeyError, with the names that exist, if there is none.
        """
        if not isinstance(wanted, str):
            if (index := self._ids.get(id(wanted))) is not None:
                return index
            top = self.nodes[self.roots[0]].name
            raise KeyError(f"{wanted!r} is not part of the graph of {top}")
        name = str(parse_name(wanted))
        found = [node for node in self.nodes if node.label == wanted or str(node.name) == name]
        if found:
            return min(found, key=lambda node: node.label != wanted).index
        known = ", ".join(str(node.name) for node in self.nodes[:12])
        raise KeyError(f"no node is called {wanted!r}; there are {known}")

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def expression(self, node: Node) -> Formula | None:
        """The operation on its operands, `sin b`; None for a leaf."""
        if node.primitive is None:
            return None
        operands = list(map(self._symbol, node.operands))
        if node.primitive.name in ("where", "gate"):
            operands[0] = self._condition(node.operands[0])
        asks = node.primitive.name in ("not", "mul")
        if asks and (asked := self.condition(node)) is not None:
            return asked
        return self._unambiguous(read(node.primitive, operands))

    def numbers(self, node: Node) -> Formula | None:
        """The same with the operands' numbers, `sin(89.93)`."""
        if node.primitive is None:
            return None
        return self._unambiguous(read(node.primitive, list(map(_figure, node.operands))))

    def slot(self, node: Node, position: int) -> int:
        """Which of the operands that are the same node this one is, from 1; 0 if it is alone."""
        same = [i for i, o in enumerate(node.operands) if o.node == node.operands[position].node]
        return same.index(position) + 1 if len(same) > 1 else 0

    def whole(self, node: int | Node, of: int | None = None) -> Derivative:
        """d(output)/d(node), through all paths."""
        top = self.nodes[self.roots[0] if of is None else of]
        return whole(top.name, (self.nodes[node] if isinstance(node, int) else node).name)

    def partial(self, node: Node, position: int) -> Derivative:
        """∂node/∂operand, in this step and by this operand alone."""
        receiver = self.nodes[node.operands[position].node or 0]
        return local(node.name, receiver.name, self.slot(node, position))

    def _unambiguous(self, formula: Formula) -> Formula:
        """Without e^x and π where nodes are called e and π: no symbol has two values."""
        if isinstance(formula, Apply):
            operands = tuple(map(self._unambiguous, formula.operands))
            clash = formula.name == "exp" and "e" in self._names
            return Apply("exp()" if clash else formula.name, operands)
        if type(formula) is Constant and CONSTANTS.get(abs(formula.value)) in self._names:
            return Figure(formula.value, "")
        return formula

    def local(self, node: Node, position: int) -> Local:
        """The local derivative by operand number `position`, which must be a node."""
        key = node.index, position
        if key not in self._locals:
            self._locals[key] = self._local(node, position)
        return self._locals[key]

    def local_value(self, node: Node, position: int) -> float | None:
        """The number alone; None is no contribution."""
        assert node.primitive is not None
        values = [operand.value for operand in node.operands]
        return local_derivative(node.primitive, position, node.value, values)

    def _local(self, node: Node, position: int) -> Local:
        primitive = node.primitive
        assert primitive is not None
        values = [operand.value for operand in node.operands]
        symbols = primitive.bind(position, node.symbol, [self._symbol(o) for o in node.operands])
        figures = primitive.bind(position, Figure(node.value), [_figure(o) for o in node.operands])
        for name in primitive.shared:
            number = PRIMITIVES[name].forward(node.value, *values)
            symbols[name] = figures[name] = Constant(self.shared.get(name, number))
        pattern = textbook_formula(primitive, primitive.variable_of(position, len(values))[0])
        condition, derivative = split_condition(substitute(pattern, _formulas(symbols)))
        _, numbers = split_condition(substitute(pattern, _formulas(figures)))
        formula = tidy(derivative)
        condition = None if condition is None else tidy(condition)
        if primitive.name == "where":
            asked = self._condition(node.operands[0])
            condition = (None, asked, _negated(asked))[position]
        chosen = chosen_slope(primitive, position, node.value, values)
        return Local(
            self._unambiguous(formula),
            self._unambiguous(tidy(numbers)),
            self.local_value(node, position),
            condition,
            tuple(dict.fromkeys(_reads(formula))),
            "" if chosen is None else f"no derivative here; {shown(chosen)} is chosen",
        )

    def _condition(self, operand: Operand) -> Formula:
        """What a selection asks: x > 0 where the graph knows it, else true or false."""
        asked = None if operand.node is None else self.condition(self.nodes[operand.node])
        return self._symbol(operand) if asked is None else asked

    def condition(self, node: Node) -> Formula | None:
        """What a node asks that is true (1) or false (0); None if it is a number."""
        return self._conditions[node.index]

    @cached_property
    def _conditions(self) -> list[Formula | None]:
        """What every node asks, operands first: no recursion over the graph."""
        found: list[Formula | None] = []
        for node in self:
            name = node.primitive.name if node.primitive else ""
            asked = None
            if name in COMPARISONS:
                asked = self.expression(node)
            elif name in ("mul", "not"):
                parts = [None if o.node is None else found[o.node] for o in node.operands]
                known = [part for part in parts if part is not None]
                if len(known) == len(parts):
                    asked = Apply("mul", tuple(known)) if name == "mul" else _negated(known[0])
            found.append(asked)
        return found

    def _symbol(self, operand: Operand) -> Formula:
        known = operand.node is None
        return Constant(operand.value) if known else self.nodes[operand.node or 0].symbol


def _negated(condition: Formula) -> Formula:
    """The comparison that holds where this one does not (numbers that compare: no nan)."""
    if isinstance(condition, Apply) and condition.name in OPPOSITES:
        return Apply(OPPOSITES[condition.name], condition.operands)
    return condition if isinstance(condition, Constant) else Apply("equal", (condition, _ZERO))


_ZERO = Constant(0.0)


def snapshot(*roots: Value, names: Mapping[str, Any] | None = None) -> Graph:
    """The graph behind some outputs. `names` (such as `locals()`) names nodes by identity."""
    order = plainly(*roots)
    number = {id(each.value): index for index, each in enumerate(order)}
    called = named([each.value for each in order], roots, names or {})
    nodes = []
    for index, (value, primitive, operands, grad) in enumerate(order):
        shown = tuple(
            Operand(None, each) if isinstance(each, float) else Operand(number[id(each)], each.data)
            for each in operands
        )
        about = called[index], value.label, value.data, grad, primitive
        nodes.append(Node(index, *about, shown, value.scope))
    graph = Graph(nodes, [number[id(root)] for root in roots])
    graph._ids = number
    return graph


def _figure(operand: Operand) -> Formula:
    return Constant(operand.value) if operand.node is None else Figure(operand.value)


def _formulas(bound: Mapping[str, Any]) -> dict[str, Formula]:
    formulas = (f if isinstance(f, Formula) else Constant(float(f)) for f in bound.values())
    return dict(zip(bound, formulas, strict=True))


def read(primitive: Primitive, operands: list[Formula]) -> Formula:
    """The operation applied; internal primitives read as the formula that they stand for."""
    if not primitive.reads or primitive.arity is None:
        return Apply(primitive.name, tuple(operands))
    values = dict(zip(primitive.variables, operands, strict=True))
    pattern = _pattern(primitive.reads)
    written = substitute(pattern, values)
    own = isinstance(pattern, Apply) and pattern.name == primitive.name
    return written if own else tidy(written)  # x * 1 stays what its user wrote


_pattern = cache(parse)


def _reads(formula: Formula) -> Iterator[int]:
    if isinstance(formula, Symbol):
        yield formula.node
    for operand in formula.operands if isinstance(formula, Apply) else ():
        yield from _reads(operand)
