"""Locks that a forked process can use: in it, no other thread is left to release them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

#: seconds that a fork waits for a block of another thread: two threads might wait for each other
PATIENCE = 60.0
_all: weakref.WeakSet[Any] = weakref.WeakSet()


def fork_safe() -> Any:
    """A reentrant lock that is free in a forked process.

    It protects what is whole whenever no bytecode of its block is half done, or what every block
    begins anew. Where a block must end before a fork, see `finish_before_fork`.
    """
    lock = threading.RLock()
    _all.add(lock)
    return lock


_waited: list[tuple[Any, Callable[[], None], list[bool]]] = []


def finish_before_fork(lock: Any, clean: Callable[[], None]) -> None:
    """Let a fork wait until no other thread holds the lock.

    Where that takes too long, `clean` puts right in the new process what was left half done.
    """
    _waited.append((lock, clean, []))


def _before() -> None:
    for lock, _, held in _waited:
        held.append(lock.acquire(timeout=PATIENCE))


def _in_parent() -> None:
    for lock, _, held in reversed(_waited):
        if held.pop():
            lock.release()


def _in_child() -> None:
    for lock, clean, held in reversed(_waited):
        if held.pop():
            lock.release()
        else:
            lock._at_fork_reinit()
            clean()
    for lock in list(_all):
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
