"""Random points with readable numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any


def drawn(rng: random.Random, count: int, low: float = -2.0, high: float = 2.0) -> list[float]:
    """Random numbers with two digits, never 0: they must be readable in a message."""
    return [round(rng.uniform(low, high), 2) or 0.5 for _ in range(count)]


def matrix(rng: random.Random, rows: int, columns: int) -> list[list[float]]:
    """A random matrix as a list of rows."""
    return [drawn(rng, columns) for _ in range(rows)]


def many(count: int, draw: Callable[[random.Random], tuple[Any, ...]]) -> Any:
    """Points: `count` of them drawn one after the other."""
    return lambda rng: [draw(rng) for _ in range(count)]


def reals(count: int, places: int = 1, low: float = -2.0, high: float = 2.0) -> Any:
    """Points of that many plain numbers."""
    return many(count, lambda rng: tuple(drawn(rng, places, low, high)))
