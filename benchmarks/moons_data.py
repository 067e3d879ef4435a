"""The moons task: 100 fixed points, and the network's first parameters as plain floats.

Every engine, compiled or not, takes the same numbers from here.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise

SIZES = (2, 16, 16, 1)
REGULARIZATION = 1e-4
RATE = 0.05


@dataclass(frozen=True)
class Moons:
    """Points, targets (-1 or 1) and the parameters in the order layer, neuron, (weights, bias)."""

    points: list[list[float]]
    targets: list[float]
    parameters: list[float]
    sizes: tuple[int, ...] = SIZES

    @property
    def operations(self) -> int:
        """Scalar operations of loss and regularisation as written in workloads/moons.py."""
        neurons = sum(
            fan_out * (2 * fan_in + (layer < len(self.sizes) - 2))
            for layer, (fan_in, fan_out) in enumerate(pairwise(self.sizes))
        )
        return len(self.points) * (neurons + 3 + 1) + 1 + 2 * len(self.parameters) + 2


def moons(count: int = 100, sizes: tuple[int, ...] = SIZES, seed: int = 1337) -> Moons:
    """Two interleaving half circles with a little noise, and uniform weights in ±1/sqrt(fan in)."""
    source = random.Random(seed)
    points, targets = [], []
    for index in range(count):
        upper = index < count // 2
        angle = math.pi * source.random()
        x = math.cos(angle) if upper else 1.0 - math.cos(angle)
        y = math.sin(angle) if upper else 0.5 - math.sin(angle)
        points.append([x + source.gauss(0.0, 0.1), y + source.gauss(0.0, 0.1)])
        targets.append(-1.0 if upper else 1.0)
    parameters = []
    for fan_in, fan_out in pairwise(sizes):
        for _ in range(fan_out):
            bound = fan_in**-0.5
            parameters += [source.uniform(-bound, bound) for _ in range(fan_in)] + [0.0]
    return Moons(points, targets, parameters, sizes)
