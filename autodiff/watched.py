"""`Watched`: objects whose attributes compiled functions may read, and notice when they change.

A trace freezes what a function reads from objects: whether a module trains, a rate, a layer. So a
trace remembers the attributes that it has read from watched objects, and looks at them again when
some attribute of some watched object has been written since. Until then a call pays for one
comparison. Reading costs nothing either, except while a function is being traced.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from .locks import fork_safe


class Read(NamedTuple):
    """An attribute of an object, and what stood in the object's own `__dict__` for it."""

    names: dict[str, Any]
    name: str
    found: Any


#: stands for an attribute that an object itself does not have: its class may
MISSING = object()


class _Latest:
    """`mark` is another object after every write to an attribute of a watched object."""

    __slots__ = ("mark",)

    def __init__(self) -> None:
        self.mark: object = object()


latest: _Latest = _Latest()


class Watched:
    """Base of objects whose attributes may decide what a compiled function computes.

    `jit` and `vmap` notice when an attribute that they have read is set or deleted. Attributes of
    other objects are frozen at the first call.

    >>> from autodiff import Value, jit
    >>> class Settings(Watched):
    ...     scale = 2.0
    >>> settings, w = Settings(), Value(3.0)
    >>> f = jit(lambda x: settings.scale * w * x)
    >>> f(1.0).data
    6.0
    >>> settings.scale = 10.0
    >>> f(1.0).data
    30.0
    """

    def __setattr__(self, name: str, thing: Any) -> None:
        super().__setattr__(name, thing)
        _written(self, name)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        _written(self, name)


class Reads(dict[tuple[int, str], Read]):
    """The attributes that were read, without those that the function itself has written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[tuple[int, str], Read] = {}
        #: the classes that may have answered in the place of an object
        self.inherited: set[tuple[type, str]] = set()

    def add(self, names: dict[str, Any], name: str, found: Any) -> None:
        """An attribute has been read."""
        key = id(names), name
        if key not in self and key not in self.written:
            self[key] = Read(names, name, found)

    def forget_the_dead(self) -> None:
        """Leave out objects that the function has made and dropped: nobody can change them."""
        every = [*self.items(), *self.written.items()]
        held = Counter(key[0] for key, _ in every)
        dead = [key for key, read in every if sys.getrefcount(read.names) <= held[key[0]] + 1]
        del every
        for key in dead:
            self.pop(key, None)
            self.written.pop(key, None)


_attribute_of = object.__getattribute__
_reads: ContextVar[Reads | None] = ContextVar("autodiff reads", default=None)
_lock = fork_safe()
_open: dict[int, Reads] = {}  # the blocks of `remembered_reads` in all threads


def _written(self: Watched, name: str) -> None:
    latest.mark = object()
    if (reads := _reads.get()) is not None:
        names = _attribute_of(self, "__dict__")
        reads.written[id(names), name] = Read(names, name, None)
        reads.pop((id(names), name), None)


def _remember(self: Watched, name: str) -> Any:
    """The attribute; a trace that is on in this context keeps what the object has for it."""
    if (reads := _reads.get()) is not None:
        names = _attribute_of(self, "__dict__")
        if (id(names), name) not in reads:  # a layer reads the same three of each neuron, often
            _keep(reads, type(self), names, name)
    return _attribute_of(self, name)


def _keep(reads: Reads, kind: type, names: dict[str, Any], name: str) -> None:
    """An attribute is read for the first time."""
    if name == "__dict__":  # whoever asks for it, as named_parameters does, may read all
        reads.add(names, name, tuple(names))
        for each in [*names]:
            reads.add(names, each, names[each])
        return
    found = names.get(name, MISSING)
    reads.add(names, name, found)
    if found is MISSING:
        reads.inherited.add((kind, name))


@contextmanager
def remembered_reads() -> Iterator[Reads]:
    """The attributes of watched objects that are read in this context inside the block.

    The class looks at every reading only as long as such a block is open somewhere: a method in
    Python for each attribute would slow down every forward pass.
    """
    reads, before = Reads(), _reads.get()
    try:
        with _lock:
            _open[id(reads)] = reads
            if "__getattribute__" not in vars(Watched):
                Watched.__getattribute__ = _remember  # type: ignore[method-assign,assignment]  # see above
        _reads.set(reads)
        yield reads
    finally:
        _reads.set(before)
        with _lock:
            _open.pop(id(reads), None)
            if not _open and "__getattribute__" in vars(Watched):
                del Watched.__getattribute__
