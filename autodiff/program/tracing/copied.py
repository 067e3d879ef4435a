"""The containers of arguments with other numbers: f gets them in the place of the argument's own.

They are made in the order of containers.py, and what they hold is compared when f has returned.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from operator import is_
from typing import NamedTuple

from autodiff.graph import Node
from autodiff.program.inputs import Tree
from autodiff.trees import Opened, closed, opened
from autodiff.value import Value

from .entries import as_entry
from .statics import EXACT, PLAIN, array_kind, exactly, is_array, is_static, is_wide, plain

#: what a container holds: a key that is compared by ==, and parts that are the very same or not
Held = tuple[Hashable, list[Tree]]
#: from (args, kwargs): which part of which part
Path = tuple[int, ...]


class Copied(NamedTuple):
    """A container that f gets in the place of an argument's, and what it held at first."""

    made: Tree
    held: Held | None  # None for a tuple, to which nobody writes
    path: Path | None  # of what it stands for; None inside an array


def rebuild(
    tree: Tree, leaves: Iterator[Node | float], copies: list[Copied], path: Path | None = ()
) -> Tree:
    """The same containers with other numbers, taken in the order of `flatten`.

    Lists every container that was made for an argument's in `copies`.
    """
    kind = tree.__class__
    if kind is float or isinstance(tree, Value):
        return next(leaves)
    if kind is int:
        return next(leaves) if -EXACT <= tree <= EXACT else tree
    if kind in PLAIN:
        return tree
    if is_array(tree):
        made = _rebuild_array(tree, leaves, copies)
    elif is_static(tree):
        if kind is not set and kind is not bytearray:
            return tree
        made = tree.copy()
    else:
        inside = _entered(tree)
        if inside is None:
            leaf = next(leaves)
            return as_entry(leaf, kind) if kind.__module__ == "numpy" else leaf
        parts = [
            rebuild(part, leaves, copies, None if path is None else (*path, at))
            for at, part in enumerate(inside.parts)
        ]
        made = parts if hasattr(kind, "__autodiff_sum__") else closed(tree, parts)
    copies.append(Copied(made, None if kind is tuple else held_by(made), path))
    return made


def _rebuild_array(tree: Tree, leaves: Iterator[Node | float], copies: list[Copied]) -> Tree:
    import numpy as np

    from .entry_arrays import EntryArray  # noqa: F401 - says of what class such arrays are
    from .typed import of_kind

    if tree.dtype.kind not in "fiuO" or (tree.dtype.kind != "O" and is_wide(tree)):
        return tree.copy()
    found: Tree = np.empty(tree.size, dtype=object)
    for at, item in enumerate(plain(tree).ravel().tolist()):
        if tree.dtype.kind == "O":
            found[at] = rebuild(item, leaves, copies, None)
        else:
            found[at] = as_entry(next(leaves), tree.dtype.type)
    made = np.empty_like(plain(tree), dtype=object)  # in the same order
    made[...] = found.reshape(tree.shape)
    made = made.view(np.matrix) if array_kind(tree) == "matrix" else made
    kind = getattr(tree, "kind", tree.dtype)  # of an array in an outer trace
    return made if kind.kind == "O" else of_kind(made, kind, real=False)


def _entered(tree: Tree) -> Opened | None:
    """A container taken apart, the results of vmap too."""
    return opened(list(tree) if hasattr(tree.__class__, "__autodiff_sum__") else tree)


def held_by(made: Tree) -> Held:
    """What a container holds, to be compared with `same`."""
    if is_array(made):
        if made.dtype.kind == "O":
            return made.shape, plain(made).ravel().tolist()
        return (made.shape, made.tobytes()), []
    inside = opened(made)
    if inside is None:
        return exactly(made), []
    return exactly((tuple(inside.keys), *inside.names)), inside.parts


def same(held: Held, now: Held) -> bool:
    """Whether a container still holds the very same things."""
    (key, parts), (other, others) = held, now
    return key == other and len(parts) == len(others) and all(map(is_, parts, others))


def at_path(tree: Tree, path: Path) -> Tree:
    """The part of the arguments that a path leads to."""
    for at in path:
        inside = _entered(tree)
        assert inside is not None
        tree = inside.parts[at]
    return tree
