"""What waits for ever fails instead."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise AssertionError where the block takes longer, even inside a call of the system."""

    def late(*_: Any) -> None:
        raise AssertionError("this took too long")  # no OSError: those are caught

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
