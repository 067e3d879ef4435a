"""Memory for runs, used again when nobody holds it any more."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_SPARE = 8  # memories that a pool knows


def _references() -> int:
    """What `getrefcount` says of an object that one variable holds; Python's versions differ."""
    thing = object()
    return sys.getrefcount(thing)


_ALONE = _references()


class Pool(Generic[T]):
    """Memories, made by a function where there is none to be had.

    A memory is free when the pool alone holds it. So nobody gives one back, and there is no
    destructor in which a Ctrl-C would be printed and forgotten.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.known: deque[T] = deque()

    def take(self) -> T:
        """A memory that nobody else holds, with any numbers in it."""
        known = self.known
        try:
            memory = known.popleft()  # no other thread gets this one
        except IndexError:
            memory = self._make()
        else:
            if sys.getrefcount(memory) > _ALONE:
                known.append(memory)
                memory = self._make()
        if len(known) < _SPARE:
            known.append(memory)
        return memory
