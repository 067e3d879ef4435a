"""From a graph of Values to instructions: slots for leaves, constants and results."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from autodiff.graph import Node, topological_order
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
    order: Iterable[Value],
    outputs: Sequence[Node],
    arguments: Sequence[Node],
    captured: Sequence[Value],
    *,
    passive: Iterable[int] = (),
    frozen: bool = False,
) -> Instructions:
    """The instructions of nodes given in topological order.

    Arguments and captured nodes become leaves, in this order. With `frozen`, other nodes without
    operands become constants.
    """
    leaves = [*arguments, *captured]
    slots = {id(node): slot for slot, node in enumerate(leaves)}
    labels = {slot: node.label for slot, node in enumerate(leaves) if node.label}
    inner = [node for node in order if id(node) not in slots]
    numbers = _Constants(len(leaves))
    # All constants come before the first result, so they are collected before results have slots.
    nodes = [node for node in inner if node.primitive is not None]
    wide = [node for node in nodes if getattr(node.primitive, "arity", None) not in (1, 2)]
    numbers.collect(x for node in nodes if (x := node._x).__class__ is float)
    numbers.collect(y for node in nodes if (y := node._y).__class__ is float)
    for node in wide:
        numbers.collect(x for x in node.operands if x.__class__ is float)
    for node in inner:
        if node.primitive is None:
            if not frozen:
                raise ProgramError(f"{node!r} is neither an argument nor captured")
            slots[id(node)] = numbers.slot(node._data)
    constant, at = numbers.slot, len(leaves) + len(numbers.found)
    label_of = vars(Node)["label"].__get__  # that of a traced Value is a property on top of it
    primitives: list[Primitive] = []
    table: list[tuple[int, ...]] = []
    for node in nodes:
        primitive = node.primitive
        assert primitive is not None
        primitives.append(primitive)
        x, y = node._x, node._y
        if primitive.arity == 2:
            left = constant(x) if x.__class__ is float else slots[id(x)]
            right = constant(y) if y.__class__ is float else slots[id(y)]
            table.append((left, right))
        elif primitive.arity == 1:
            table.append((constant(x) if x.__class__ is float else slots[id(x)],))
        else:
            given = node.operands
            table.append(
                tuple([constant(x) if x.__class__ is float else slots[id(x)] for x in given])
            )
        slots[id(node)] = at
        if label := label_of(node):
            labels[at] = label
        at += 1
    return Instructions(
        leaves=len(leaves),
        constants=tuple(numbers.found),
        primitives=tuple(primitives),
        operands=tuple(table),
        outputs=tuple([slots[id(node)] for node in outputs]),
        arguments=len(arguments),
        passive=frozenset(passive),
        labels=labels,
    )


def flatten_graph(outputs: Sequence[Value], inputs: Sequence[Value] | None) -> Instructions:
    """The instructions of an existing graph, cut at the inputs; see `Program.of`."""
    if inputs is None:
        order = topological_order(*outputs)
        return flatten(order, outputs, [node for node in order if node.primitive is None], ())
    order = _cut_order(outputs, {id(node) for node in inputs})
    return flatten(order, outputs, inputs, (), frozen=True)


def _cut_order(outputs: Sequence[Value], cut: set[int]) -> list[Value]:
    """Topological order of what the outputs depend on without going behind the cut nodes."""
    whole = topological_order(*outputs)
    needed = {id(output) for output in outputs}
    kept = []
    for node in reversed(whole):
        if id(node) in needed:
            kept.append(node)
            if id(node) not in cut:
                needed.update(id(parent) for parent in node.parents)
    return kept[::-1]
