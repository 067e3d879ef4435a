"""Nested containers of numbers: lists, tuples (named ones too), dicts, NumPy arrays.

`flatten` gives the numbers from left to right and the `Structure` that puts others in their
places. The leaves of a structure are single numbers and whole arrays, so that the Jacobian of a
function from an array to an array is one array. NumPy is never imported here: who passes an array
has it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from .errors import OperandError, ShapeError
from .value import Node, constant


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
        """How many numbers a leaf holds."""
        return 1 if self.shape is None else math.prod(self.shape)

    def paths(self) -> Iterator[str]:
        """What each number is called, as in p['w'][2]: the part after the p."""
        if self.make is None:
            for index in product(*map(range, self.shape or ())):
                yield f"[{', '.join(map(str, index))}]" if index else ""
        for key, part in zip(self.keys, self.parts, strict=True):
            for path in part.paths():
                yield key + path

    def unflatten(self, numbers: Sequence[Any]) -> Any:
        """The container with these numbers in it."""
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
        """The structure in words, for messages."""
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
    opened = _open(tree)
    if opened is None:
        number = constant(tree)
        if number is None:
            raise OperandError(
                f"{what} is {_kind(tree)}; it takes real numbers, Values, and lists, tuples, "
                "dicts and NumPy arrays of them"
            )
        numbers.append(number)
        return Structure()
    make, keys, parts = opened
    inside = tuple(
        _flatten(part, what + key, numbers) for key, part in zip(keys, parts, strict=True)
    )
    return Structure(make, inside, keys=tuple(keys))


def transform_values(tree: Any, function: Callable[[Any], Any]) -> Any:
    """The same containers with each Value replaced; what is neither stays as it is."""
    if isinstance(tree, Node):
        return function(tree)
    if is_array(tree):
        if tree.dtype != object:
            return tree
        entries = [transform_values(entry, function) for entry in tree.ravel().tolist()]
        return _array(entries, tuple(tree.shape))
    opened = _open(tree)
    if opened is None:
        return tree
    make, _, parts = opened
    return make([transform_values(part, function) for part in parts])


def is_array(tree: Any) -> bool:
    """Whether this is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(tree, numpy.ndarray)


def _open(tree: Any) -> tuple[Callable[[list[Any]], Any], Sequence[str], Sequence[Any]] | None:
    """How to build such a container, its keys and its parts; None for what is no container."""
    if isinstance(tree, dict):
        keys, kind = list(tree), type(tree)

        def make(parts: list[Any]) -> Any:
            pairs = zip(keys, parts, strict=True)
            return dict(pairs) if hasattr(kind, "default_factory") else kind(pairs)

        return make, [f"[{key!r}]" for key in keys], list(tree.values())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        named = type(tree)
        return lambda parts: named(*parts), [f".{field}" for field in tree._fields], tree
    if isinstance(tree, (list, tuple)):
        indices = [f"[{index}]" for index in range(len(tree))]
        return (list if isinstance(tree, list) else tuple), indices, tree
    return None


def _array(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of floats; of objects where there are Values."""
    numpy = sys.modules["numpy"]
    if any(isinstance(number, Node) for number in numbers) or any(
        is_array(number) and number.dtype == object for number in numbers
    ):
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
