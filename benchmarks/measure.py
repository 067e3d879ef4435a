"""Timing: process CPU time, medians, and the cyclic collector in a stated setting."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

COLLECTOR_SETTINGS = {
    "default": "Python's own thresholds",
    "relaxed": "autodiff.relaxed_collector(): full collections are rarer",
    "off": "no cyclic collection during a run",
}

RUN_SECONDS = 0.5


@dataclass(frozen=True)
class Timing:
    """Seconds of process CPU time per run: the median and half the interquartile range."""

    median: float
    spread: float
    runs: int


@contextmanager
def collector(setting: str) -> Iterator[None]:
    """Run with the cyclic collector in one of `COLLECTOR_SETTINGS`, from a clean start.

    Objects that exist already (the modules of the other engines) are frozen: no engine pays for
    another's imports.
    """
    if setting not in COLLECTOR_SETTINGS:
        raise ValueError(f"collector setting {setting!r}: one of {list(COLLECTOR_SETTINGS)}")
    gc.collect()
    gc.freeze()
    try:
        if setting == "relaxed":
            from autodiff import relaxed_collector

            with relaxed_collector():
                yield
        else:
            if setting == "off":
                gc.disable()
            yield
    finally:
        gc.enable()
        gc.unfreeze()


@contextmanager
def deep_recursion(wanted: bool) -> Iterator[None]:
    """Raise the recursion limit for engines that sort their graph recursively."""
    limit = sys.getrecursionlimit()
    if wanted:
        sys.setrecursionlimit(10_000_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def timed(step: Callable[[], Any], runs: int, *, keep: bool = True) -> Timing:
    """Time runs of several calls each (about half a second), after one call that warms up.

    A run is the unit because collections strike some calls and spare others. With `keep`, the
    result of a call stays alive while the next one runs, as it does in any training loop
    (`loss = step()`): a collector that walks the older graph is part of the time.
    """
    start = time.process_time()
    kept = step()
    once = time.process_time() - start
    repeat = 1 if runs == 1 else max(1, min(1000, round(RUN_SECONDS / max(once, 1e-6))))
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(repeat):
            if not keep:
                kept = None
            kept = step()
        seconds.append((time.process_time() - start) / repeat)
    del kept
    return summary(seconds)


def summary(seconds: list[float]) -> Timing:
    """Median and spread of measured times."""
    if len(seconds) < 2:
        return Timing(seconds[0], 0.0, 1)
    low, _, high = statistics.quantiles(seconds, n=4)
    return Timing(statistics.median(seconds), (high - low) / 2, len(seconds))
