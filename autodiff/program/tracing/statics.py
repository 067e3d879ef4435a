"""What a trace takes as it is, by its value or by its identity, and what it refuses.

What is static becomes a part of the structure of the arguments. Objects of one structure must be
the same for every function: so constants count to the last bit, and objects while they live.
"""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Hashable, Iterator, Mapping, MappingView, Sequence, Set
from enum import Enum
from numbers import Number
from types import MethodType
from typing import NoReturn

from autodiff.complaints import caller
from autodiff.program.inputs import Tree
from autodiff.program.numpy_types import Array
from autodiff.trees import opened
from autodiff.value import Value
from autodiff.watched import Watched

from .trace import TraceError

#: Beyond this an int is no float any more; such an int is static.
EXACT = 2**53
#: kinds whose equal objects are the same, and modules whose constants show in their repr
PLAIN = frozenset((str, bytes, bool, type(None), int, type(...)))
_SHOWN = frozenset(("datetime", "decimal", "fractions", "uuid", "pathlib"))

#: kinds that hold numbers and are no containers of trees.py
_HOLDERS = (
    Iterator, Mapping, MappingView, Sequence, Set, Number, array, memoryview, str, bytes, bytearray
)  # fmt: skip
ARRAYS = ("ndarray", "memmap", "matrix")


class UnfitArgument(TraceError):
    """An argument that holds numbers in a way that no trace can follow."""


class Identity:
    """A static object in a structure: compared by identity, held weakly where that is possible.

    One whose object is gone equals no other: its id may belong to another object by now.
    """

    __slots__ = ("_hash", "_held", "_weak")

    def __init__(self, thing: Tree) -> None:
        self._hash = id(thing)
        try:
            self._held: Tree = weakref.ref(thing)
            self._weak = True
        except TypeError:
            self._held, self._weak = thing, False

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Identity):
            return False
        thing = self.thing
        return thing is not _GONE and thing is other.thing

    @property
    def thing(self) -> Tree:
        """The object itself, while it lives."""
        if not self._weak:
            return self._held
        thing = self._held()
        return _GONE if thing is None else thing

    def __repr__(self) -> str:
        return f"<{type(self.thing).__name__}>"


_GONE = object()


def is_constant(kind: type) -> bool:
    """Whether objects of a kind of the standard library are constants that their repr tells."""
    return kind.__module__.partition(".")[0] in _SHOWN


def exactly(thing: Tree) -> Hashable:
    """What tells a static thing from others: 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    kind = thing.__class__
    if kind in PLAIN:
        return kind, thing
    if kind is float:
        return kind, thing.hex()
    if kind is complex:
        return kind, thing.real.hex(), thing.imag.hex()
    if kind is range or kind is slice:
        return kind, exactly(thing.start), exactly(thing.stop), exactly(thing.step)
    if kind is tuple or kind is frozenset or kind is set:
        return kind, *map(exactly, thing)  # of a set in its order, which f may follow
    if kind is bytearray:
        return kind, bytes(thing)
    if kind is MethodType:
        return kind, Identity(thing.__self__), Identity(thing.__func__)
    if kind.__module__ == "numpy" and hasattr(thing, "dtype"):
        return kind, thing.dtype.str, thing.tobytes()
    if is_constant(kind):
        return kind, repr(thing)
    return Identity(thing)


# ---- what is static, and what is refused ---------------------------------------------------------


def is_static(tree: Tree) -> bool:
    """Whether something that is no number and no usual container is passed to f as it is."""
    kind = tree.__class__
    if isinstance(tree, (Enum, Watched, type)) or kind in (complex, range, slice, bytearray):
        return True
    if kind is set or kind is frozenset:
        if any(isinstance(item, Value) for item in tree):
            refuse(tree)
        return True
    if kind.__module__ in ("numpy", "numpy.dtypes"):
        return getattr(tree, "dtype", None) is None or tree.dtype.kind not in "fiuV"
    if kind is int or is_constant(kind):
        return True
    if opened(tree) is not None or hasattr(kind, "__autodiff_sum__"):
        return False
    return not (
        hasattr(kind, "as_integer_ratio")
        or isinstance(tree, _HOLDERS)
        or any(hasattr(kind, name) for name in ("__array__", "__array_interface__", "__dlpack__"))
        or (hasattr(kind, "__len__") and hasattr(kind, "__getitem__"))
        or hasattr(kind, "__buffer__")
    )


def refuse(tree: Tree) -> NoReturn:
    """Say what to pass instead of something whose numbers a trace could not follow."""
    kind = type(tree)
    if isinstance(tree, Iterator):
        why, remedy = "can be gone through once", "list(...) of it"
    elif hasattr(kind, "to_numpy"):
        why, remedy = "may change its numbers", "its .to_numpy()"
    elif hasattr(kind, "filled"):
        why, remedy = "has masked entries", "its .filled(...) or .compressed()"
    elif hasattr(tree, "dtype") and hasattr(tree.dtype, "fields") and tree.dtype.fields:
        why, remedy = "has fields", "a dict of them, {name: x[name] ...}"
    elif isinstance(tree, Mapping):
        why, remedy = "may change its items", "dict(...) of it"
    elif isinstance(tree, (Set, MappingView)):
        why, remedy = "holds what may change", "list(...) of it"
    elif isinstance(tree, (float, int, Number)):
        why, remedy = "is more than a number", "float(...) of it"
    elif isinstance(tree, (str, bytes)):
        why, remedy = "is more than text", "str(...) of it"
    elif hasattr(kind, "__array__"):
        why, remedy = "may change its numbers", "numpy.asarray(...) or .tolist() of it"
    else:
        why, remedy = "may change its numbers", "list(...) of it"
    raise UnfitArgument(
        caller(),
        f"an argument is a {kind.__module__}.{kind.__qualname__}, which {why}",
        f"jit follows the numbers in lists, tuples, dicts and NumPy arrays: pass {remedy}",
    )


def is_array(tree: Tree) -> bool:
    """Whether this is a NumPy array, or one of a class that derives from it."""
    kind = tree.__class__
    if kind.__module__ == "numpy":
        return kind.__name__ in ("ndarray", "memmap", "matrix", "recarray", "chararray")
    return hasattr(kind, "__array_finalize__")


def is_plain_array(kind: type) -> bool:
    """Whether this is NumPy's own class of arrays, none that derives from it."""
    return kind.__name__ == "ndarray" and kind.__module__ == "numpy"


def array_kind(tree: Tree) -> str:
    """ "array", or "matrix", which is multiplied in another way; one with fields is refused."""
    if tree.dtype.kind == "V":
        refuse(tree)
    return "matrix" if tree.__class__.__name__ == "matrix" else "array"


def plain(tree: Tree) -> Array:
    """An array as one of NumPy's own class."""
    import numpy as np

    made: Array = np.asarray(tree)
    return made


def is_wide(tree: Tree) -> bool:
    """Whether an array has numbers that are no floats: it is static, by value."""
    if tree.itemsize > 8:
        return True
    if tree.dtype.kind == "f" or tree.itemsize < 8 or not tree.size:
        return False
    return bool(tree.max() > EXACT or tree.min() < -EXACT)
