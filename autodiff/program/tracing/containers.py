"""Arguments of a jitted function taken apart: a flat list of numbers, and a hashable structure.

Numbers are leaves, ints and NumPy scalars too; lists, tuples, dicts, dataclasses and arrays are
containers (see trees.py). Everything else is static, a part of the structure: constants by their
value to the last bit, objects by identity while they live. What holds numbers and is no container
is refused.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator
from itertools import chain

from autodiff.program.inputs import Arguments, Leaf, Named, Tree
from autodiff.program.tracing.plain import TracedFloat
from autodiff.trees import closed, opened
from autodiff.value import Value

from .statics import (
    ARRAYS,
    EXACT,
    PLAIN,
    array_kind,
    exactly,
    is_plain_array,
    is_static,
    is_wide,
    plain,
    refuse,
)
from .trace import active

FLOAT, INT, VALUE = "f", "i", "v"


def _is_value(item: Tree) -> bool:
    return isinstance(item, Value)


def flatten(tree: Tree, numbers: list[Leaf], *, whole: bool = False) -> Hashable:
    """Append the numbers of a tree to a list, and return its structure.

    A Value that occurs again is a leaf of its own in the list; the structure says which one it
    repeats, as sharing decides how gradients add up. With `whole`, an array of numbers is one
    entry of the list (see `inputs.spread`), and nothing goes through its numbers one by one.

    Raises UnfitArgument for what holds numbers that could not be followed.

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


def flatten_call(args: Arguments, kwargs: Named, numbers: list[Leaf]) -> Hashable:
    """The same for the arguments of a call, with whole arrays.

    What most calls give is told at once: floats, or arrays of floats.
    """
    if kwargs:
        return "by name", flatten((args, kwargs), numbers, whole=True)
    kinds = set(map(type, args))
    if kinds == _FLOATS:
        numbers.extend(args)
        return len(args)
    if len(kinds) == 1 and is_plain_array(args[0].__class__):
        shapes: list[Hashable] = ["arrays"]
        for x in args:
            if x.dtype.char != "d":
                numbers.clear()
                break
            numbers.append(x.ravel())
            shapes.append(x.shape)
        else:
            return tuple(shapes)
    return flatten(args, numbers, whole=True)


_FLOATS = {float}


class _Flattening:
    """One walk of `flatten`: where it puts the numbers that it meets, and which are Values."""

    __slots__ = ("numbers", "values", "whole")

    def __init__(self, numbers: list[Leaf], values: list[Value], whole: bool) -> None:
        self.numbers, self.values, self.whole = numbers, values, whole

    def visit(self, tree: Tree) -> Hashable:
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
        if kind is int and -EXACT <= tree <= EXACT:
            self.numbers.append(tree)
            return INT
        if kind is dict:
            keys: Hashable = tuple(tree)
            for key in tree:
                if key.__class__ is not str:
                    keys = exactly(keys)
                    break
            return kind, keys, tuple([self.visit(item) for item in tree.values()])
        if kind in PLAIN:
            return kind, tree
        if kind.__module__ == "numpy":
            if kind.__name__ in ARRAYS:
                return self._array(tree)
            dtype = getattr(tree, "dtype", None)
            if dtype is not None and dtype.kind in "fiu" and tree.itemsize <= 8:
                self.numbers.append(tree.item())
                return str(dtype.type.__name__)
        if is_static(tree):
            return exactly(tree)
        if hasattr(kind, "__autodiff_sum__"):  # the results of vmap
            return self.visit(list(tree))
        inside = opened(tree)
        if inside is not None:
            about = exactly((tuple(inside.keys), *inside.names, *_settings(tree)))
            return kind, about, *[self.visit(part) for part in inside.parts]
        refuse(tree)

    def _sequence(self, kind: type, tree: Tree) -> Hashable:
        """A list or tuple; long ones of one kind of number, and rows of floats, in one go."""
        only = tree[0].__class__ if tree else None
        if only is float or only is int or only is list or only is tuple:
            if set(map(type, tree)) == {only}:
                if only is float:
                    self.numbers.extend(tree)
                    return kind, len(tree), FLOAT
                if only is int:
                    if min(tree) >= -EXACT and max(tree) <= EXACT:
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

    def _array(self, tree: Tree) -> Hashable:
        name, kind = array_kind(tree), tree.dtype.kind
        if kind in "fiu" and not is_wide(tree):
            if self.whole:
                self.numbers.append(plain(tree).ravel())
            else:
                self.numbers.extend(plain(tree).ravel().tolist())
            return name, tree.shape, tree.dtype.type.__name__
        if kind == "O":
            items = plain(tree).ravel().tolist()
            return f"objects, {name}", tree.shape, *[self.visit(item) for item in items]
        return f"static {name}", tree.shape, tree.dtype.str, tree.tobytes()


def _settings(tree: Tree) -> Iterator[object]:
    """What a container has besides its parts."""
    if isinstance(tree, defaultdict):
        yield tree.default_factory
    elif isinstance(tree, deque):
        yield tree.maxlen


def containers_in(tree: Tree) -> set[int]:
    """The ids of all containers in a tree."""
    inside = opened(tree)
    return set() if inside is None else {id(tree)}.union(*map(containers_in, inside.parts))


def valued(tree: Tree, given: Callable[[Tree], bool] = lambda _: False) -> Tree:
    """A result whose floats are made Values, as those of a replay are; what is `given` stays.

    Inside a trace these are the traced ones: other floats are constants, which a replay returns.
    """
    if isinstance(tree, TracedFloat) if active() is not None else tree.__class__ is float:
        return Value(tree)
    inside = None if given(tree) else opened(tree)
    if inside is None:
        return tree
    parts = [valued(part, given) for part in inside.parts]
    if all(a is b for a, b in zip(parts, inside.parts, strict=True)):
        return tree
    return closed(tree, parts)
