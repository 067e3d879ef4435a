"""Nested containers of numbers: lists, tuples, dicts, deques, dataclasses, NumPy arrays.

`opened` takes one container apart and `closed` makes one like it with other parts: transforms and
tracing go through containers with these two alone, so that what is a container is said once.
A container of a subclass stays one, with its attributes, which count as parts.

`flatten` gives the numbers from left to right and the `Structure` that puts others in their
places; None inside a container is an empty place and stays None. The leaves of a structure are
single numbers and whole arrays, so that the Jacobian of a function from an array to an array is
one array. NumPy is never imported here: who passes an array has it.
"""

from __future__ import annotations

import math
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from types import SimpleNamespace
from typing import Any, NamedTuple

from .errors import OperandError, ShapeError
from .graph import Node
from .reals import constant


class Opened(NamedTuple):
    """What a container holds: items (by index or key), then attributes by name."""

    parts: list[Any]
    keys: list[Any]  # of a dict; else empty
    names: list[str]  # of the attributes, whose values are the last parts


def opened(tree: Any) -> Opened | None:
    """A container taken apart; None for what is none.

    Containers are lists, tuples, dicts and deques, also of subclasses, dataclasses and namespaces.
    """
    kind = tree.__class__
    if kind is list or kind is tuple:
        return Opened(list(tree), [], [])
    if kind is dict:
        return Opened(list(tree.values()), list(tree), [])
    items, keys = [], []
    if isinstance(tree, dict):
        items, keys = list(_base(kind).values(tree)), list(_base(kind).keys(tree))
    elif isinstance(tree, _SEQUENCES) and not hasattr(kind, "n_sequence_fields"):
        items = list(_base(kind).__iter__(tree))
    elif isinstance(tree, type) or not (
        hasattr(kind, "__dataclass_fields__") or kind is SimpleNamespace
    ):
        return None
    names = _names(tree)
    return Opened(items + [getattr(tree, name) for name in names], keys, names)


def closed(like: Any, parts: list[Any], keys: Sequence[Any] | None = None) -> Any:
    """A container like another one, with other parts; of a dict also with other keys.

    Nothing of a subclass is called: its own `__init__` may want other arguments.
    """
    kind = like.__class__
    if kind is list:
        return parts
    if kind is tuple:
        return tuple(parts)
    if keys is None and isinstance(like, dict):
        keys = list(_base(kind).keys(like))
    if kind is dict:
        return dict(zip(keys or (), parts, strict=True))
    made: Any
    if isinstance(like, (dict, *_SEQUENCES)):
        base = _base(kind)
        count = base.__len__(like)
        made = _filled(base, kind, like, parts[:count], keys)
        parts = parts[count:]
    else:
        made = kind() if kind is SimpleNamespace else object.__new__(kind)
    for name, part in zip(_names(like), parts, strict=True):
        object.__setattr__(made, name, part)  # frozen dataclasses refuse to be set
    return made


def _filled(base: Any, kind: type, like: Any, items: list[Any], keys: Any) -> Any:
    """A list, tuple, deque or dict of a kind that derives from `base`, with these items."""
    if base is tuple:
        return tuple.__new__(kind, items)
    made = base.__new__(kind)
    if base is deque:
        deque.__init__(made, items, like.maxlen)
    elif base is list:
        list.extend(made, items)
    else:
        for key, item in zip(keys, items, strict=True):
            base.__setitem__(made, key, item)
    if base is defaultdict:
        made.default_factory = like.default_factory
    return made


_SEQUENCES = (list, tuple, deque)
_BASES = frozenset((list, tuple, deque, dict, OrderedDict, defaultdict))


def _base(kind: type) -> Any:
    """The container of Python's own that a kind derives from."""
    return next(base for base in kind.__mro__ if base in _BASES)


def _names(tree: Any) -> list[str]:
    """The attributes of a container: fields of a dataclass may stand in slots."""
    fields = getattr(tree.__class__, "__dataclass_fields__", ())
    names = [name for name in fields if hasattr(tree, name)]
    return names + [name for name in getattr(tree, "__dict__", ()) if name not in names]


@dataclass(frozen=True, slots=True)
class Structure:
    """A container without its numbers.

    `make` builds it from its parts; for a leaf it is None, and `shape` is the shape of an array,
    or None for a single number.
    """

    make: Callable[[list[Any]], Any] | None = None
    parts: tuple[Structure, ...] = ()
    shape: tuple[int, ...] | None = None
    keys: tuple[str, ...] = ()

    def leaves(self) -> Iterator[Structure]:
        """The single numbers and arrays, from left to right."""
        if self.make is None:
            yield self
        for part in self.parts:
            yield from part.leaves()

    @property
    def size(self) -> int:
        return 1 if self.shape is None else math.prod(self.shape)

    def paths(self) -> Iterator[str]:
        """What each number is called, as in p['w'][2]: the part after the p."""
        if self.make is None:
            for index in product(*map(range, self.shape or ())):
                yield f"[{', '.join(map(str, index))}]" if index else ""
        for key, part in zip(self.keys, self.parts, strict=True):
            for path in part.paths():
                yield key + path

    def unflatten(self, numbers: Iterable[Any]) -> Any:
        """The container with these numbers in it; of an iterator as many as it takes."""
        rest = iter(numbers)
        return self.fill(lambda leaf: leaf.block(list(islice(rest, leaf.size))))

    def fill(self, leaf: Callable[[Structure], Any]) -> Any:
        """The container with each leaf replaced."""
        if self.make is None:
            return leaf(self)
        return self.make([part.fill(leaf) for part in self.parts])

    def block(self, numbers: list[Any], shape: tuple[int, ...] = ()) -> Any:
        """A leaf with the numbers in it; each number may be an array of the given shape."""
        if self.shape is None:
            return numbers[0]
        return _array(numbers, self.shape + shape)

    def describe(self) -> str:
        if self.make is None:
            return "a number" if self.shape is None else f"an array of shape {self.shape}"
        kinds = {part.describe() for part in self.parts}
        inside = f" ({kinds.pop()} each)" if len(kinds) == 1 else ""
        return f"a container of {len(self.parts)}{inside}"

    def agrees_with(self, other: Structure) -> bool:
        """Whether numbers correspond one to one; lists, tuples and arrays count as the same."""
        mine, others = self._opened(), other._opened()
        if self.is_number or other.is_number:
            return self.is_number and other.is_number
        return len(mine) == len(others) and all(
            a.agrees_with(b) for a, b in zip(mine, others, strict=True)
        )

    @property
    def is_number(self) -> bool:
        """Whether this is one number, outside any container."""
        return self.make is None and not self.shape

    def _opened(self) -> tuple[Structure, ...]:
        """The parts; of an array its rows."""
        if self.make is None and self.shape:
            return (Structure(shape=self.shape[1:] or None),) * self.shape[0]
        return self.parts


#: None inside a container: a place without a number
_EMPTY = Structure(lambda parts: None)


def flatten(tree: Any, what: str) -> tuple[list[Any], Structure]:
    """The numbers of a container (Values, or floats) and its structure.

    Raises OperandError for anything that is no number; `what` names the container in the message.
    """
    numbers: list[Any] = []
    return numbers, _flatten(tree, what, numbers)


def _flatten(tree: Any, what: str, numbers: list[Any]) -> Structure:
    if isinstance(tree, Node):
        numbers.append(tree)
        return Structure()
    if is_array(tree):
        shape = tuple(tree.shape)
        for entry in tree.ravel().tolist():
            _flatten(entry, f"{what}, an entry of an array,", numbers)
        return Structure(shape=shape)
    inside = opened(tree)
    if inside is None:
        number = constant(tree)
        if number is None:
            raise OperandError(
                f"{what} is {_kind(tree)}; it takes real numbers, Values, and lists, tuples, "
                "dicts and NumPy arrays of them"
            )
        numbers.append(number)
        return Structure()
    keys = _paths(tree, inside)
    parts = [
        _EMPTY if part is None else _flatten(part, what + key, numbers)
        for key, part in zip(keys, inside.parts, strict=True)
    ]
    return Structure(lambda parts: closed(tree, parts), tuple(parts), keys=tuple(keys))


def transform_values(tree: Any, function: Callable[[Any], Any]) -> Any:
    """The same containers with each Value replaced; what is neither stays as it is."""
    if isinstance(tree, Node):
        return function(tree)
    if is_array(tree):
        if tree.dtype != object:
            return tree
        entries = [transform_values(entry, function) for entry in tree.ravel().tolist()]
        return _array(entries, tuple(tree.shape))
    inside = opened(tree)
    if inside is None:
        return tree
    return closed(tree, [transform_values(part, function) for part in inside.parts])


def is_array(tree: Any) -> bool:
    """Whether this is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(tree, numpy.ndarray)


def _paths(tree: Any, inside: Opened) -> list[str]:
    """How the parts are called, as in p['w'] or p.scale: what stands behind the p."""
    fields = getattr(tree, "_fields", None) if isinstance(tree, tuple) else None
    items = [f"[{key!r}]" for key in inside.keys] or [
        f".{fields[at]}" if fields else f"[{at}]"
        for at in range(len(inside.parts) - len(inside.names))
    ]
    return items + [f".{name}" for name in inside.names]


def _array(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of floats; of objects where there are Values."""
    numpy = sys.modules["numpy"]
    if any(isinstance(x, Node) or (is_array(x) and x.dtype == object) for x in numbers):
        array = numpy.empty(shape, dtype=object)
        rows = array.reshape(len(numbers), -1) if numbers else array
        for row, number in zip(rows, numbers, strict=True):
            row[:] = number.ravel() if is_array(number) else number
        return array
    return numpy.array(numbers, dtype=float).reshape(shape)


def _kind(tree: Any) -> str:
    name = type(tree).__name__
    return "None" if tree is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def check_agreement(mine: Structure, other: Structure, what: str, whose: str) -> None:
    """Raise ShapeError unless `other` has a number for each number of `mine`."""
    if not mine.agrees_with(other):
        raise ShapeError(
            f"{what} must correspond to {whose}, number by number: "
            f"{other.describe()} against {mine.describe()}"
        )
