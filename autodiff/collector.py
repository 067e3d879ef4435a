"""`relaxed_collector`: Python's cyclic garbage collector, run more rarely."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from .locks import fork_safe

#: The blocks of `relaxed_collector` that are open in any thread. The first one changes the setting,
#: the last one puts it back: blocks of several threads overlap without nesting.
_relaxed: list[tuple[int, object]] = []
_thresholds: list[int] = [*gc.get_threshold()]
_relaxing = fork_safe()


@contextmanager
def relaxed_collector() -> Iterator[None]:
    """Run Python's cyclic garbage collector more rarely inside this block.

    A graph holds no reference cycles, so it needs no collector, but while one graph is alive and
    the next is being built, the collector walks through both again and again (half the time of a
    training step). Inside the block full collections are a hundred times rarer. The setting is
    one of the whole process; it is put back at the end.

    >>> import gc
    >>> before = gc.get_threshold()
    >>> with relaxed_collector():
    ...     assert gc.get_threshold() != before
    >>> gc.get_threshold() == before
    True
    """
    mine = get_ident(), object()
    try:
        with _relaxing:
            if not _relaxed:
                _thresholds[:] = gc.get_threshold()
                young, middle, old = _thresholds
                gc.set_threshold(max(young, 500_000), max(middle, 10), max(old, 1_000))
            _relaxed.append(mine)
        yield
    finally:
        with _relaxing:
            if mine in _relaxed:
                _relaxed.remove(mine)
            if not _relaxed:
                gc.set_threshold(*_thresholds)


def _after_fork() -> None:
    """In a forked process the blocks of other threads will never end."""
    if _relaxed:
        _relaxed[:] = [block for block in _relaxed if block[0] == get_ident()]
        if not _relaxed:
            gc.set_threshold(*_thresholds)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
