"""copy, deepcopy and pickle for `Value`: sharing is kept, deep graphs do not recurse."""

from __future__ import annotations

import copy
from typing import Any

from .graph import Node, note_of, topological_order
from .primitive import Primitive

#: Ids of nodes that the pickle under way lists before their users, so that they need no list of
#: their own. An id left behind by an abandoned pickle costs recursion at most, never correctness.
_listed: set[int] = set()


def _build(
    kind: type[Node], _before: Any, data: float, grad: float, label: str | None,
    note: Any, primitive: Primitive | None, operands: tuple[Any, ...],
    attributes: dict[str, Any] | None = None,
) -> Node:  # fmt: skip
    node = object.__new__(kind)
    node._data, node._grad, node.label = data, grad, label
    node._adjoint = node._x = node._y = None
    node.primitive = primitive
    if note is not None:
        node._note = note
    if primitive is not None:
        node._x, node._y = primitive.pack(operands)
    if attributes:  # of a subclass without slots
        node.__dict__.update(attributes)
    return node


class Copying:
    """Copies that keep shared nodes shared; mixed into `Value`."""

    __slots__ = ()

    def _state(self: Any, before: list[Any], operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of `_build`."""
        note = note_of(self)
        fields = self._data, self._grad, self.label, note if any(note) else None, self.primitive
        attributes = getattr(self, "__dict__", None)
        return (type(self), before, *fields, operands, *([dict(attributes)] if attributes else []))

    def __copy__(self: Any) -> Any:
        return _build(*self._state([], self.operands))

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        for node in topological_order(self):
            if id(node) not in memo:
                operands = [x if x.__class__ is float else memo[id(x)] for x in node.operands]
                memo[id(node)] = twin = _build(*node._state([], tuple(operands)))
                if attributes := getattr(twin, "__dict__", None):
                    attributes.update(copy.deepcopy(attributes, memo))
        return memo[id(self)]

    def __reduce__(self: Any) -> tuple[Any, ...]:
        # A pickler saves what it meets depth first. The first node met lists everything it
        # depends on, operands first; so each of those finds its operands saved already.
        before: list[Any] = []
        if id(self) in _listed:
            _listed.discard(id(self))
        elif self.primitive is not None:
            before = topological_order(self)[:-1]
            _listed.clear()
            _listed.update(map(id, before))
        return _build, self._state(before, self.operands)
