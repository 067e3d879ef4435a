"""The graph: its nodes as data, and walks over them without recursion.

`_x` and `_y` of a node hold an operand each, or a tuple of operands, or None; a float is a
constant, everything else is a node. A leaf has None in `_x`. `_adjoint` is None outside a sweep,
so it is also the mark of the nodes that a sort has met.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any, NamedTuple, Self, TypeVar

from .locks import finish_before_fork
from .primitive import Primitive

#: The neutral element of addition (-0.0 + c is c, bit for bit, for every c). This very object as
#: a node's adjoint means: met by the sort, no contribution so far.
UNTOUCHED = float("-0.0")

#: The mark of a node whose operands are being visited.
_OPEN = float("-0.0")


class Note(NamedTuple):
    """What a node remembers beyond its operands: where it was computed."""

    scope: tuple[str, ...] = ()
    line: str | None = None


NO_NOTE = Note()


class Node:
    """What the graph is made of: a number, the primitive that computed it, and its operands.

    Value is the public kind of node. Traces have others, for numbers that came as plain floats.
    """

    __slots__ = ("_adjoint", "_data", "_grad", "_note", "_x", "_y", "label", "primitive")
    _adjoint: float | None  # None outside a sweep
    _data: float
    _grad: float
    _note: Note  # unset unless there is something to note
    _x: Any  # an operand, or a tuple of operands (primitive.pack), or None
    _y: Any
    label: str | None
    primitive: Primitive | None

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands in order: Values, and floats for constants. Empty for a leaf."""
        return () if self.primitive is None else self.primitive.unpack(self._x, self._y)

    @property
    def parents(self) -> tuple[Self, ...]:
        """The operands that are Values, in order, duplicates kept."""
        return tuple([x for x in self.operands if x.__class__ is not float])

    def as_value(self, value: Any) -> None:
        """Give this number to a Value that is being made of it; for the nodes of traces."""
        raise NotImplementedError


N = TypeVar("N", bound=Node)


def note_of(node: Node) -> Note:
    """The note of a node; most nodes have none, and their slot is unset."""
    return getattr(node, "_note", NO_NOTE)


#: Held by whoever adds to grads: sweeps take turns.
lock: Any = threading.RLock()
_busy: tuple[Node, ...] = ()  # the roots of the sweep that is on


def topological_order(*roots: N) -> list[N]:
    """The nodes that the roots depend on, operands before users, each once; roots come last.

    The order is that of a depth-first walk that visits operands from left to right, so it depends
    on the graph alone. Time and memory are linear in the number of edges.

    >>> from autodiff import Value
    >>> x = Value(3.0, "x")
    >>> [node.data for node in topological_order(x * x + 1.0)]
    [3.0, 9.0, 10.0]
    """
    with marked(*roots) as order:
        return order


@contextmanager
def marked(*roots: N) -> Iterator[list[N]]:
    """The topological order, its nodes' adjoints UNTOUCHED inside the block and None after it.

    Marks live in the nodes, so sweeps take turns: another thread waits here.
    """
    global _busy
    with lock:
        if _busy:
            raise RuntimeError("a sweep inside a sweep (from a signal handler or a destructor?)")
        order: list[N] = []
        sorted_ = False
        try:
            _busy = roots
            _sort(list(reversed(roots)), order)
            sorted_ = True
            yield order
        finally:
            try:
                if sorted_:  # in C, so that an interrupt cannot come between two nodes
                    deque(map(setattr, order, repeat("_adjoint"), repeat(None)), maxlen=0)
                else:
                    _unmark_all(roots)
            except BaseException:  # an interrupt right here: a mark left would hide its node
                _unmark_all(roots)
                raise
            finally:
                _busy = ()


def _unmark_all(roots: tuple[Node, ...]) -> None:
    """End a sweep after an interrupt inside the sort, which may have had marked nodes in hand."""
    seen: set[int] = set()
    stack: list[Any] = list(roots)
    while stack:
        node = stack.pop()
        if node is None or node.__class__ is float or id(node) in seen:
            continue
        if node.__class__ is tuple:
            stack += node
            continue
        seen.add(id(node))
        node._adjoint = None
        if node._x is not None:
            stack += (node._x, node._y)


def _abandon() -> None:
    """In a forked process: end the sweep of a thread that is not there."""
    global _busy
    _unmark_all(_busy)
    _busy = ()


finish_before_fork(lock, _abandon)


def _sort(stack: list[Any], order: list[N]) -> None:
    push, pop, emit = stack.append, stack.pop, order.append
    shared: Any = None  # the neurons of a layer share one tuple of inputs: look at it once
    while stack:
        node = pop()
        mark = node._adjoint
        if mark is _OPEN:  # back at a node whose operands have all been emitted
            node._adjoint = UNTOUCHED
            emit(node)
            continue
        while mark is None:  # go down along the first operands, keep the others for later
            x, y = node._x, node._y
            if x is None:
                node._adjoint = UNTOUCHED
                emit(node)
                break
            node._adjoint = _OPEN
            push(node)
            if y is not None:
                if y.__class__ is tuple:
                    if y is not shared:
                        _push_all(y, push)
                        shared = y
                elif y.__class__ is not float and y._adjoint is None:
                    push(y)
            if x.__class__ is tuple:
                _push_all(x, push)
                break
            if x.__class__ is float:
                break
            node = x
            mark = x._adjoint


def _push_all(operands: tuple[Any, ...], push: Callable[[Any], None]) -> None:
    for operand in reversed(operands):
        if operand.__class__ is not float and operand._adjoint is None:
            push(operand)


def commit(order: list[N]) -> None:
    """Add the adjoints to the grads: of all nodes, whatever interrupts."""
    try:
        for node in order:
            adjoint = node._adjoint
            node._adjoint = None
            node._grad += adjoint  # type: ignore[operator]  # a float inside the sweep
    except BaseException:
        commit([node for node in order if node._adjoint is not None])
        raise


def leaves(*roots: N) -> list[N]:
    """The nodes without operands that the roots depend on, in topological order."""
    return [node for node in topological_order(*roots) if node.primitive is None]


def statistics(*roots: Node) -> dict[str, int]:
    """How many nodes, leaves and edges a graph has, and its depth (edges on the longest path).

    >>> from autodiff import Value
    >>> x = Value(3.0)
    >>> statistics(x * x + 1.0)
    {'nodes': 3, 'leaves': 1, 'edges': 3, 'depth': 2}
    """
    depth: dict[int, int] = {}
    order = topological_order(*roots)
    edges = 0
    for node in order:
        parents = node.parents
        edges += len(parents)
        depth[id(node)] = 1 + max((depth[id(parent)] for parent in parents), default=-1)
    return {
        "nodes": len(order),
        "leaves": sum(node.primitive is None for node in order),
        "edges": edges,
        "depth": max(depth.values(), default=0),
    }


def users(order: Iterable[N]) -> dict[int, list[N]]:
    """For each node of an order, by id, the nodes that use it; once per use."""
    found: dict[int, list[N]] = {}
    for node in order:
        found.setdefault(id(node), [])
        for parent in node.parents:
            found.setdefault(id(parent), []).append(node)
    return found
