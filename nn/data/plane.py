"""Small data sets in the plane, drawn from a seed: the same numbers on every run.

Each function returns (inputs, targets): a list of [x, y] and a list of class numbers, in random
order (but for xor). Nothing is downloaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nn.data.rows import shuffled
from nn.errors import DataError
from nn.parts.checks import at_least, not_negative
from nn.parts.initializers import Seed, generator

Dataset = tuple[list[list[float]], list[int]]


def moons(n: int = 100, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Two half circles of radius 1 that reach into each other; classes 0 and 1.

    >>> inputs, targets = moons(4, noise=0, seed=1)
    >>> [[round(x, 9), round(y, 9)] for x, y in inputs], targets
    ([[2.0, 0.5], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.5]], [1, 0, 0, 1])
    """

    def point(label: int, place: float) -> tuple[float, float]:
        angle = math.pi * place
        if label == 0:
            return math.cos(angle), math.sin(angle)
        return 1.0 - math.cos(angle), 0.5 - math.sin(angle)

    return _scatter(n, 2, point, noise, seed, closed=False)


def circles(n: int = 100, noise: float = 0.05, factor: float = 0.5, seed: Seed = 0) -> Dataset:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1).

    >>> inputs, targets = circles(6, noise=0, seed=1)
    >>> [round(math.hypot(x, y), 9) for x, y in inputs], targets
    ([1.0, 0.5, 0.5, 1.0, 1.0, 0.5], [0, 1, 1, 0, 0, 1])
    """

    not_negative("factor", factor, DataError)

    def point(label: int, place: float) -> tuple[float, float]:
        angle = 2.0 * math.pi * place
        radius = factor if label else 1.0
        return radius * math.cos(angle), radius * math.sin(angle)

    return _scatter(n, 2, point, noise, seed, closed=True)


def spirals(
    n: int = 100, noise: float = 0.02, turns: float = 1.0, classes: int = 2, seed: Seed = 0
) -> Dataset:
    """Arms of a spiral, one for each class, from near the centre to radius 1.

    >>> inputs, targets = spirals(9, noise=0, classes=3)
    >>> sorted(targets), round(max(math.hypot(x, y) for x, y in inputs), 9)
    ([0, 0, 0, 1, 1, 1, 2, 2, 2], 1.0)
    """

    at_least(1, "classes", classes, DataError)
    not_negative("turns", abs(turns), DataError)

    def point(label: int, place: float) -> tuple[float, float]:
        radius = 0.1 + 0.9 * place
        angle = 2.0 * math.pi * (turns * place + label / classes)
        return radius * math.cos(angle), radius * math.sin(angle)

    return _scatter(n, classes, point, noise, seed, closed=False)


def xor(n: int = 4, noise: float = 0.0, seed: Seed = 0) -> Dataset:
    """The corners of the unit square in turn; class 1 where exactly one coordinate is 1.

    >>> xor()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    at_least(4, "n", n, DataError)
    noise = not_negative("noise", noise, DataError)
    rng = generator(seed)
    corners = [(float(x), float(y)) for x in (0, 1) for y in (0, 1)]
    points = [corners[i % 4] for i in range(n)]
    inputs = [[x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)] for x, y in points]
    return inputs, [int(x != y) for x, y in points]


def yin_yang(n: int = 300, r_small: float = 0.1, r_big: float = 0.5, seed: Seed = 0) -> Dataset:
    """The yin-yang disc around (r_big, r_big): yin (0), yang (1) and the two dots (2).

    Points are drawn evenly over each class, and the classes are equally frequent.
    Source: L. Kriener, J. Göltz and M. Petrovici, "The Yin-Yang dataset", 2022.

    >>> inputs, targets = yin_yang(9)
    >>> sorted(targets), all(math.hypot(x - 0.5, y - 0.5) <= 0.5 for x, y in inputs)
    ([0, 0, 0, 1, 1, 1, 2, 2, 2], True)
    """
    at_least(3, "n", n, DataError)
    for name, radius in (("r_small", r_small), ("r_big", r_big)):
        not_negative(name, radius, DataError)
    if not 0.0 < r_small < r_big / 2 < 1e150:  # where distances overflow no point is inside
        raise DataError(f"the dots need 0 < r_small < r_big/2: {r_small!r} and {r_big!r}")
    rng = generator(seed)
    inputs: list[list[float]] = []
    targets = [i % 3 for i in shuffled(n, rng)]
    for target in targets:
        x, y = 2.0 * r_big, 2.0 * r_big
        while math.hypot(x, y) > r_big or _yin_yang_class(x, y, r_small, r_big) != target:
            x, y = rng.uniform(-r_big, r_big), rng.uniform(-r_big, r_big)
        inputs.append([x + r_big, y + r_big])
    return inputs, targets


def _yin_yang_class(x: float, y: float, r_small: float, r_big: float) -> int:
    """The class of a point of the disc around (0, 0), whose dots are at (±r_big/2, 0)."""
    to_right = math.hypot(x - r_big / 2, y)
    to_left = math.hypot(x + r_big / 2, y)
    if min(to_right, to_left) <= r_small:
        return 2
    # Yin is the upper half, without the half disc on the right, with the one on the left.
    yin = to_left <= r_big / 2 or (y > 0.0 and to_right > r_big / 2)
    return 0 if yin else 1


def _scatter(
    n: int, classes: int, point: Callable[[int, float], tuple[float, float]], noise: float,
    seed: Seed, *, closed: bool,
) -> Dataset:  # fmt: skip
    """Points evenly spaced along one curve for each class, moved by noise, shuffled."""
    at_least(classes, "n", n, DataError)
    noise = not_negative("noise", noise, DataError)
    rng = generator(seed)
    inputs: list[list[float]] = []
    targets: list[int] = []
    for i in shuffled(n, rng):
        label = i % classes
        count = (n - label + classes - 1) // classes
        place = (i // classes) / max(count if closed else count - 1, 1)
        x, y = point(label, place)
        inputs.append([x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)])
        targets.append(label)
    return inputs, targets
