"""From a graph of Values to instructions: slots for leaves, constants and results."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, repeat
from operator import attrgetter
from typing import Any

from autodiff.graph import UNTOUCHED, Node, marked
from autodiff.value import Value

from .instructions import Columns, Instructions, ProgramError


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
    nodes = [node for node in order if node._adjoint is UNTOUCHED]
    fixed = [node for node in nodes if node.primitive is None] if frozen else []
    if fixed:
        nodes = [node for node in nodes if node.primitive is not None]
    primitives: list[Any] = list(map(_primitive_of, nodes))
    xs, ys = list(map(_x_of, nodes)), list(map(_y_of, nodes))
    # Mostly both are nodes. Else some node stands in, and its slot is exchanged below.
    plain_x = {at: x for at, x in enumerate(xs) if x.__class__ is float}
    plain_y = {at: y for at, y in enumerate(ys) if y.__class__ is float}
    odd = [at for at, y in enumerate(ys) if y is None or y.__class__ is tuple]
    numbers = _Constants(len(leaves))
    # All constants come before the first result, so they are collected before results have slots.
    numbers.collect(plain_x.values())
    numbers.collect(plain_y.values())
    for at in odd:
        ys[at] = nodes[at]
        if primitives[at] is None:
            raise ProgramError(f"{nodes[at]!r} is neither an argument nor captured")
        if primitives[at].arity != 1:
            xs[at] = nodes[at]
            numbers.collect([x for x in nodes[at].operands if x.__class__ is float])
    for node in fixed:
        node._adjoint = numbers.slot(node._data)
    _put(nodes, count(len(leaves) + len(numbers.found)))
    left, right = _column(xs, nodes, plain_x, numbers), _column(ys, nodes, plain_y, numbers)
    others: dict[int, tuple[int, ...]] = {}
    for at in odd:
        if primitives[at].arity == 1:
            others[at] = (left[at],)
            continue
        given = nodes[at].operands
        others[at] = tuple([numbers.slot(x) if x.__class__ is float else x._adjoint for x in given])
    return Instructions.in_columns(
        Columns(left, right, others),
        leaves=len(leaves),
        constants=tuple(numbers.found),
        primitives=tuple(primitives),
        outputs=tuple([node._adjoint for node in outputs]),
        arguments=len(arguments),
        passive=frozenset(passive),
        labels={x._adjoint: x.label for x in named if x.label and x._adjoint is not None},
    )


_primitive_of, _x_of, _y_of = attrgetter("primitive"), attrgetter("_x"), attrgetter("_y")
_slot_of = attrgetter("_adjoint")


def _column(
    operands: list[Any], nodes: Sequence[Node], plain: Mapping[int, float], numbers: _Constants
) -> list[int]:
    """The slots of nodes, and of the constants that stand among them."""
    for at in plain:
        operands[at] = nodes[at]
    slots: list[int] = list(map(_slot_of, operands))
    for at, number in plain.items():
        slots[at] = numbers.slot(number)
    return slots


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
