"""Arguments of a jitted function taken apart: a flat list of numbers, and a hashable structure.

Numbers are leaves, ints and NumPy scalars too; lists, tuples, dicts and NumPy arrays are
containers; everything else is static: a part of the structure, by value where it is a string or
another simple constant, by identity otherwise.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import chain
from typing import Any

from autodiff.value import Value, constant

#: Beyond this an int is no float any more; such an int is static.
_EXACT = 2**53
_BY_VALUE = (str, bytes, bool, type(None), complex, range, slice)

FLOAT, INT, VALUE = "f", "i", "v"


def _is_value(item: Any) -> bool:
    return isinstance(item, Value)


class Identity:
    """A static object in a structure: compared by identity, held weakly where that is possible."""

    __slots__ = ("__weakref__", "keep", "key", "mode")

    def __init__(self, thing: Any) -> None:
        self.key: int = id(thing)
        self.mode: Any | None = getattr(
            thing, "training", None
        )  # a Module that behaves differently in eval
        try:
            self.keep: Any = weakref.ref(thing)
        except TypeError:
            self.keep = thing

    def __hash__(self) -> int:
        return hash((self.key, self.mode))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Identity)
            and self.key == other.key
            and self.mode == other.mode
            and self.thing is other.thing
        )

    @property
    def thing(self) -> Any:
        """The object itself, or None when it is gone."""
        return self.keep() if isinstance(self.keep, weakref.ref) else self.keep

    def __repr__(self) -> str:
        return f"<{type(self.thing).__name__}>"


def flatten(tree: Any, numbers: list[Any], *, whole: bool = False) -> Hashable:
    """Append the numbers of a tree to a list, and return its structure.

    A Value that occurs again is a leaf of its own in the list; the structure says which one it
    repeats, as sharing decides how gradients add up. With `whole`, an array of numbers is one
    entry of the list (see `spread`), and nothing goes through its numbers one by one.

    >>> found = []
    >>> flatten({"x": [1.0, 2]}, found), found
    ((<class 'dict'>, ('x',), ((<class 'list'>, 'f', 'i'),)), [1.0, 2])
    """
    values: list[Value] = []
    structure = _Flattening(numbers, values, whole).visit(tree)
    if len(values) > 1 and len(set(map(id, values))) < len(values):
        first: dict[int, int] = {}
        places = enumerate(map(id, values))
        repeats = tuple([(at, first[key]) for at, key in places if first.setdefault(key, at) != at])
        return structure, repeats
    return structure


def spread(numbers: Sequence[Any]) -> list[Any]:
    """The numbers of a flattened tree one by one, those of whole arrays too."""
    found: list[Any] = []
    for number in numbers:
        if number.__class__.__name__ == "ndarray":
            found.extend(number.tolist())
        else:
            found.append(number)
    return found


class _Flattening:
    """One walk of `flatten`: where it puts the numbers that it meets, and which are Values."""

    __slots__ = ("numbers", "values", "whole")

    def __init__(self, numbers: list[Any], values: list[Value], whole: bool) -> None:
        self.numbers, self.values, self.whole = numbers, values, whole

    def visit(self, tree: Any) -> Hashable:
        kind = tree.__class__
        if kind is float:
            self.numbers.append(tree)
            return FLOAT
        if kind is list or kind is tuple:
            return self._sequence(kind, tree)
        if isinstance(tree, Value):
            self.numbers.append(tree)
            self.values.append(tree)
            return VALUE
        if kind is int:
            if -_EXACT <= tree <= _EXACT:
                self.numbers.append(tree)
                return INT
            return kind, tree
        if isinstance(tree, dict):
            return kind, tuple(tree), tuple([self.visit(item) for item in tree.values()])
        if kind.__module__ == "numpy":
            return self._numpy(tree)
        if isinstance(tree, (list, tuple)):
            return kind, *[self.visit(item) for item in tree]
        if isinstance(tree, _BY_VALUE):
            return kind, (tree.start, tree.stop, tree.step) if isinstance(tree, slice) else tree
        if hasattr(kind, "__autodiff_sum__"):  # the results of vmap
            return self.visit(list(tree))
        number = constant(tree)
        if number is not None:
            self.numbers.append(number)
            return FLOAT
        return Identity(tree)

    def _sequence(self, kind: type, tree: Any) -> Hashable:
        """A list or tuple; long ones of one kind of number, and rows of floats, in one go."""
        only = tree[0].__class__ if tree else None
        if only is float or only is int or only is list or only is tuple:
            if set(map(type, tree)) == {only}:
                if only is float:
                    self.numbers.extend(tree)
                    return kind, len(tree), FLOAT
                if only is int:
                    if min(tree) >= -_EXACT and max(tree) <= _EXACT:
                        self.numbers.extend(tree)
                        return kind, len(tree), INT
                elif tree[0] and tree[0][0].__class__ is float and len(set(map(len, tree))) == 1:
                    flat = list(chain.from_iterable(tree))
                    if set(map(type, flat)) == {float}:
                        self.numbers.extend(flat)
                        return kind, len(tree), (only, len(tree[0]), FLOAT)
        elif only is not None and issubclass(only, Value) and all(map(_is_value, tree)):
            self.numbers.extend(tree)
            self.values.extend(tree)
            return kind, len(tree), VALUE
        return kind, *[self.visit(item) for item in tree]

    def _numpy(self, tree: Any) -> Hashable:
        if tree.__class__.__name__ == "ndarray":
            kind = tree.dtype.kind
            if kind == "f" or kind in "iu":
                if self.whole:
                    self.numbers.append(tree.ravel())
                else:
                    self.numbers.extend(tree.ravel().tolist())
                return "array", tree.shape, FLOAT if kind == "f" else INT
            if kind == "O":
                items = tree.ravel().tolist()
                return "objects", tree.shape, *[self.visit(item) for item in items]
            return "static array", tree.shape, tree.dtype.str, tree.tobytes()
        if getattr(tree, "dtype", None) is not None and tree.dtype.kind in "fiu":
            self.numbers.append(tree.item())
            return FLOAT if tree.dtype.kind == "f" else INT
        return Identity(tree)


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """The same containers with other numbers, taken in the order of `flatten`."""
    kind = tree.__class__
    if kind is float or isinstance(tree, Value):
        return next(leaves)
    if kind is int:
        return next(leaves) if -_EXACT <= tree <= _EXACT else tree
    if isinstance(tree, dict):
        return rebuilt_dict(tree, [rebuild(item, leaves) for item in tree.values()])
    if isinstance(tree, (list, tuple)):
        return rebuilt_sequence(tree, [rebuild(item, leaves) for item in tree])
    if kind.__module__ == "numpy":
        return _rebuild_numpy(tree, leaves)
    if hasattr(kind, "__autodiff_sum__"):
        return [rebuild(item, leaves) for item in tree]
    if not isinstance(tree, _BY_VALUE) and constant(tree) is not None:
        return next(leaves)
    return tree


def _rebuild_numpy(tree: Any, leaves: Iterator[Any]) -> Any:
    import numpy as np

    if not isinstance(tree, np.ndarray):
        return next(leaves) if tree.dtype.kind in "fiu" else tree
    if tree.dtype.kind not in "fiuO":
        return tree
    made: Any = np.empty(tree.size, dtype=object)
    for at, item in enumerate(tree.ravel().tolist()):
        made[at] = rebuild(item, leaves) if tree.dtype.kind == "O" else next(leaves)
    return made.reshape(tree.shape)


def rebuilt_sequence(tree: Any, items: list[Any]) -> Any:
    """A list or tuple of the same type (named tuples too) with other items."""
    if tree.__class__ is list:
        return items
    if hasattr(tree, "_fields"):
        return tree.__class__(*items)
    return tree.__class__(items)


def rebuilt_dict(tree: Any, items: list[Any]) -> Any:
    """A dict with the same keys and other items; dict subclasses become plain dicts."""
    return dict(zip(tree, items, strict=True))


def template(tree: Any, place: Callable[[Any], Any]) -> Any:
    """A copy of the containers of a result in which `place` has replaced every Value."""
    if isinstance(tree, Value):
        return place(tree)
    if isinstance(tree, dict):
        return rebuilt_dict(tree, [template(item, place) for item in tree.values()])
    if isinstance(tree, (list, tuple)):
        return rebuilt_sequence(tree, [template(item, place) for item in tree])
    if tree.__class__.__name__ == "ndarray" and tree.dtype.kind == "O":
        import numpy as np

        made = np.empty(tree.size, dtype=object)
        for at, item in enumerate(tree.ravel().tolist()):
            made[at] = template(item, place)
        return made.reshape(tree.shape)
    return tree


def fill(tree: Any, number: Callable[[Any], Any], kind: type) -> Any:
    """A copy of the containers of a template in which every mark of a kind is replaced."""
    if isinstance(tree, kind):
        return number(tree)
    if isinstance(tree, dict):
        return rebuilt_dict(tree, [fill(item, number, kind) for item in tree.values()])
    if isinstance(tree, (list, tuple)):
        return rebuilt_sequence(tree, [fill(item, number, kind) for item in tree])
    if tree.__class__.__name__ == "ndarray" and tree.dtype.kind == "O":
        made = tree.copy()
        for at, item in enumerate(tree.ravel().tolist()):
            made.ravel()[at] = fill(item, number, kind)
        return made
    return tree
