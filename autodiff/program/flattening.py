"""From a graph of Values to instructions: slots for leaves, constants and results."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count, repeat
from operator import attrgetter

from autodiff.graph import UNTOUCHED, Node, marked
from autodiff.primitive import Primitive
from autodiff.value import Value

from .instructions import Instructions, ProgramError


class _Constants:
    """The different constants of a Program, each with one slot; 0.0 and -0.0 differ."""

    def __init__(self, first: int) -> None:
        self.found: list[float] = []
        self._first = first
        self._slots: dict[float | bytes, int] = {}

    def slot(self, number: float) -> int:
        """The slot of a constant."""
        # A float is its own key, but for zeros, which compare equal, and nan, which does not.
        key: float | bytes = number if number and number == number else struct.pack("<d", number)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._first + len(self.found)
            self.found.append(number)
        return slot

    def collect(self, numbers: Iterable[float]) -> None:
        """Give slots to all of these."""
        for number in numbers:
            if number not in self._slots:  # nan and zeros never are
                self.slot(number)


def flatten(
    order: Sequence[Value],
    outputs: Sequence[Node],
    arguments: Sequence[Node],
    captured: Sequence[Value],
    *,
    named: Iterable[Node],
    passive: Iterable[int] = (),
    frozen: bool = False,
) -> Instructions:
    """The instructions of nodes given in topological order, inside a block of `graph.marked`.

    Arguments and captured nodes become leaves, in this order. With `frozen`, other nodes without
    operands become constants. `named` are the nodes that may have a label. All of them are among
    those that the block has marked: there, the place of an adjoint holds a node's slot.
    """
    leaves = [*arguments, *captured]
    _put(leaves, range(len(leaves)))
    inner = [node for node in order if node._adjoint is UNTOUCHED]
    nodes = [node for node in inner if node.primitive is not None]
    primitives: list[Primitive] = list(map(_primitive_of, nodes))  # type: ignore[arg-type]  # not None
    xs, ys = list(map(_x_of, nodes)), list(map(_y_of, nodes))
    odd = [at for at, y in enumerate(ys) if y is None or y.__class__ is tuple]  # not two operands
    numbers = _Constants(len(leaves))
    # All constants come before the first result, so they are collected before results have slots.
    numbers.collect([x for x in xs if x.__class__ is float])
    numbers.collect([y for y in ys if y.__class__ is float])
    for at in odd:
        if primitives[at].arity != 1:
            numbers.collect([x for x in nodes[at].operands if x.__class__ is float])
            xs[at], ys[at] = nodes[at], None  # see below
    for node in inner if len(inner) > len(nodes) else ():
        if node.primitive is None:
            if not frozen:
                raise ProgramError(f"{node!r} is neither an argument nor captured")
            node._adjoint = numbers.slot(node._data)
    constant = numbers.slot
    _put(nodes, count(len(leaves) + len(numbers.found)))
    left = [constant(x) if x.__class__ is float else x._adjoint for x in xs]
    right = [
        None if y is None else constant(y) if y.__class__ is float else y._adjoint for y in ys
    ]
    table: list[tuple[int, ...]] = list(zip(left, right, strict=True))
    for at in odd:
        if primitives[at].arity == 1:
            table[at] = table[at][:1]
        else:
            given = nodes[at].operands
            table[at] = tuple(
                [constant(x) if x.__class__ is float else x._adjoint for x in given]
            )
    return Instructions(
        leaves=len(leaves),
        constants=tuple(numbers.found),
        primitives=tuple(primitives),
        operands=tuple(table),
        outputs=tuple([node._adjoint for node in outputs]),
        arguments=len(arguments),
        passive=frozenset(passive),
        labels={node._adjoint: node.label for node in named if node.label and node._adjoint is not None},
    )


_primitive_of, _x_of, _y_of = attrgetter("primitive"), attrgetter("_x"), attrgetter("_y")


def _put(nodes: Iterable[Node], slots: Iterable[int]) -> None:
    """Let nodes hold their slots: in C, as there are many."""
    deque(map(setattr, nodes, repeat("_adjoint"), slots), maxlen=0)


def flatten_graph(outputs: Sequence[Value], inputs: Sequence[Value] | None) -> Instructions:
    """The instructions of an existing graph, cut at the inputs; see `Program.of`."""
    with marked(*outputs, *inputs or ()) as order:
        if inputs is None:
            leaves = [node for node in order if node.primitive is None]
            return flatten(order, outputs, leaves, (), named=order)
        order = _cut(order, outputs, {id(node) for node in inputs})
        return flatten(order, outputs, inputs, (), named=[*inputs, *order], frozen=True)


def _cut(whole: Sequence[Value], outputs: Sequence[Value], cut: set[int]) -> list[Value]:
    """What the outputs depend on without going behind the cut nodes, in topological order."""
    needed = {id(output) for output in outputs}
    kept = []
    for node in reversed(whole):
        if id(node) in needed:
            kept.append(node)
            if id(node) not in cut:
                needed.update(id(parent) for parent in node.parents)
    return kept[::-1]
