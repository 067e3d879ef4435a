"""What a traced function returned, ready to be made anew in every call with other numbers.

A container that the function made is made again; an argument, or what stood outside before, is
returned as the very object. Which is which, the count of references tells: what nobody else holds
when the function has returned is its own.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from enum import Enum
from typing import NoReturn

from autodiff.graph import Node
from autodiff.program.inputs import Arguments, Named, Tree
from autodiff.trees import closed, opened
from autodiff.value import Value

from .copied import Copied, Path, at_path
from .statics import is_constant
from .trace import TraceError, is_traced

#: the arguments of a call
Given = tuple[Arguments, Named]
#: makes a part of a result from the numbers of the results and the arguments of the call
Make = Callable[[Sequence[Tree], Given | None], Tree]

_LASTING = frozenset((str, bytes, bool, type(None), int, float, complex, range, slice, type(...)))


class Shape:
    """The result of a function with places for its traced numbers, which are `outputs`."""

    def __init__(
        self, box: list[Tree], copies: Sequence[Copied], line: str, nodes: Sequence[Node] = ()
    ) -> None:
        self.outputs: list[Value] = []
        self._line = line
        self._places: dict[int, int] = {}
        self._given = {id(copied.made): copied for copied in copies}
        self._own = _own_objects(box, line, nodes)
        #: whether some part is an argument itself
        self.has_arguments: bool = False
        self.single: bool = is_traced(box[0])
        self.make: Make = self._maker(box[0])
        del self._places, self._given, self._own  # they hold the trace

    def _maker(self, tree: Tree) -> Make:
        kind = tree.__class__
        if is_traced(tree):
            at = self._place(tree)
            return lambda numbers, given: numbers[at]
        if id(tree) in self._given:
            return self._argument(self._given[id(tree)].path)
        if id(tree) not in self._own:
            return lambda numbers, given: tree
        if isinstance(tree, Value):
            data, label = tree.data, tree.label
            return lambda numbers, given: Value(data, label)
        if hasattr(kind, "__array_finalize__"):
            return self._array(tree)
        if isinstance(tree, (set, frozenset)) and kind in (set, frozenset):
            parts = [self._maker(part) for part in tree]
            return lambda numbers, given: kind([make(numbers, given) for make in parts])
        if kind is bytearray or kind is array:
            frozen = tree[:]
            return lambda numbers, given: frozen[:]
        return self._container(tree)

    def _container(self, tree: Tree) -> Make:
        inside = opened(tree)
        if inside is None:
            self._refuse(tree)
        kind = tree.__class__
        if (kind is list or kind is tuple) and tree and all(map(is_traced, tree)):
            places = [self._place(node) for node in tree]
            first, after = places[0], places[0] + len(places)
            if places == list(range(first, after)):
                return lambda numbers, given: kind(numbers[first:after])
        keys = [self._key(key) for key in inside.keys]
        parts = [self._maker(part) for part in inside.parts]
        empty = closed(tree, [None] * len(parts), keys)
        if kind is list:
            return lambda numbers, given: [make(numbers, given) for make in parts]
        return lambda numbers, given: closed(empty, [make(numbers, given) for make in parts])

    def _array(self, tree: Tree) -> Make:
        if tree.dtype.kind != "O":
            frozen = tree.copy()
            return lambda numbers, given: frozen.copy()
        from .typed import bare

        kind = getattr(tree, "kind", None)  # of an array of entries
        whole = None if kind is None or kind.kind == "f" else kind
        empty = bare(tree).copy()
        parts = [self._maker(part) for part in empty.ravel().tolist()]
        empty.fill(None)

        def make(numbers: Sequence[Tree], given: Given | None) -> Tree:
            made = empty.copy()
            made.ravel()[:] = [part(numbers, given) for part in parts]
            return made if whole is None else made.astype(whole)

        return make

    def _argument(self, path: Path | None) -> Make:
        if path is None:
            raise TraceError(
                self._line,
                "the function returns a container that it was given inside an array",
                "return a copy of it, or pass a list instead of the array",
            )
        self.has_arguments = True
        return lambda numbers, given: at_path(given, path)

    def _place(self, node: Value) -> int:
        if id(node) not in self._places:
            self._places[id(node)] = len(self.outputs)
            self.outputs.append(node)
        return self._places[id(node)]

    def _key(self, key: Tree) -> Tree:
        """A key of a dict that is returned: hashing a plain number was a guard, so it stays."""
        if is_traced(key) and isinstance(key, Value):
            raise TraceError(
                self._line,
                "the function returns a dict with a Value as a key, which would stay that of the "
                "first call",
                "return pairs, or use an index or a label as the key",
            )
        if is_traced(key):
            return type(key).stands_for(int(key._data) if hasattr(key, "__index__") else key._data)
        return tuple(map(self._key, key)) if key.__class__ is tuple else key

    def _refuse(self, tree: Tree) -> NoReturn:
        kind = type(tree)
        what = "an iterator" if isinstance(tree, Iterator) else "an object that it has made"
        raise TraceError(
            self._line,
            f"the function returns {what} ({kind.__module__}.{kind.__qualname__}), which jit "
            "cannot make again in the next call",
            "return numbers, text, or lists, tuples, sets, dicts, dataclasses or arrays of them",
        )


def _own_objects(box: list[Tree], line: str, nodes: Sequence[Node]) -> set[int]:
    """The ids of what a result consists of and nobody outside holds.

    `box` is the one place from which the result is held; the nodes of the trace hold operands.
    """
    things, held = [object()], {}
    held[id(things[0])] = 0  # nobody but `things`: what a count of references is compared with
    _survey(box[0], things, held, set(), line)
    alone = 0
    own = set()
    used = _uses([thing for thing in things if isinstance(thing, Value)], nodes)
    for at in range(len(things)):
        count = sys.getrefcount(things[at]) - held[id(things[at])]
        if at == 0:
            alone = count
        elif count <= alone:
            own.add(id(things[at]))
        elif count - used.get(id(things[at]), 0) <= alone:
            raise TraceError(
                line,
                "the function returns a Value that it has made itself and computes with, and no "
                "replay would make another one",
                "make it outside, or take it as an argument",
            )
    return own


def _uses(leaves: list[Value], nodes: Sequence[Node]) -> dict[int, int]:
    """How often nodes hold some leaves as operands."""
    used = dict.fromkeys(map(id, leaves), 0)
    del leaves[:]
    for node in nodes if used else ():
        for part in (node._x, node._y):
            for operand in part if part.__class__ is tuple else (part,):
                if id(operand) in used:
                    used[id(operand)] += 1
    return used


def _survey(
    tree: Tree, things: list[Tree], held: dict[int, int], around: set[int], line: str
) -> None:
    """List the parts of a result, each once, and count how often the result holds them."""
    if tree.__class__ in _LASTING or is_traced(tree) or _lasts(tree):
        return
    if id(tree) in held:
        held[id(tree)] += 1
        if id(tree) in around:
            raise TraceError(
                line,
                "the function returns a container that holds itself, and jit makes results anew "
                "in each call",
                "return one without the circle",
            )
        return
    held[id(tree)] = 1
    things.append(tree)
    around.add(id(tree))
    for part in _inside(tree):
        _survey(part, things, held, around, line)
    around.discard(id(tree))


def _inside(tree: Tree) -> Iterable[Tree]:
    if hasattr(tree.__class__, "__array_finalize__"):
        return tree.ravel().tolist() if tree.dtype.kind == "O" else ()
    if isinstance(tree, Set) and isinstance(tree, (set, frozenset)):
        return list(tree)
    inside = opened(tree)
    return () if inside is None else inside.parts


def _lasts(tree: Tree) -> bool:
    """Whether something stays as it is: types, functions, modules, enum members, constants."""
    kind = tree.__class__
    return (
        isinstance(tree, (type, Enum))
        or is_constant(kind)
        or (callable(tree) and kind.__module__ in ("builtins", "functools"))
        or (kind.__module__ == "numpy" and not hasattr(kind, "__array_finalize__"))
        or (isinstance(tree, Value) and tree.primitive is not None)
    )
