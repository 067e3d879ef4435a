"""Small data sets like tables that one measures, drawn from a seed: one of kinds, one of prices.

Nobody measured these numbers. They come from the formulas below, so that what a model finds can
be compared with what is true.
"""

from __future__ import annotations

import math

from nn.data.plane import Dataset
from nn.data.rows import shuffled
from nn.errors import DataError
from nn.parts.checks import at_least, not_negative
from nn.parts.initializers import Seed, generator

#: mean length and width of sepals and petals in cm, for each of three kinds of flower
_KINDS = ((5.0, 3.4, 1.5, 0.3), (6.0, 2.8, 4.3, 1.4), (6.7, 3.0, 5.6, 2.1))
#: how far single flowers lie from that, apart from their size
_SPREADS = (0.25, 0.25, 0.2, 0.12)


def flowers(n: int = 150, noise: float = 1.0, seed: Seed = 0) -> Dataset:
    """Three kinds of flower by four measures: length and width of sepals and petals, in cm.

    Each flower is (1 + 0.06·g) times its kind's means, g normal, plus a normal deviation of each
    measure (0.25, 0.25, 0.2 and 0.12 cm, times `noise`), rounded to 0.1 cm and at least that. The
    first kind lies apart, the other two touch; it is much like R. Fisher's irises.

    >>> inputs, targets = flowers(6, seed=1)
    >>> inputs[0], sorted(targets)
    ([6.3, 2.5, 4.9, 2.0], [0, 0, 1, 1, 2, 2])
    """
    at_least(3, "n", n, DataError)
    noise, rng = not_negative("noise", noise, DataError), generator(seed)
    inputs, targets = [], [i % 3 for i in shuffled(n, rng)]
    for kind in targets:
        size = 1.0 + 0.06 * noise * rng.gauss(0.0, 1.0)
        measures = zip(_KINDS[kind], _SPREADS, strict=True)
        row = [size * mean + noise * spread * rng.gauss(0.0, 1.0) for mean, spread in measures]
        inputs.append([max(round(cm, 1), 0.1) for cm in row])
    return inputs, targets


def rents(
    n: int = 200, noise: float = 0.05, seed: Seed = 0
) -> tuple[list[list[float]], list[float]]:
    """Rents of flats by area in m², distance to the centre in km, and age in years.

    rent = area·(7 + 9·exp(-distance/5) - 0.03·age)·exp(noise·g) with g normal; areas lie evenly
    between 20 and 120, ages between 0 and 100, distances are exponential with mean 6, at most 30.
    For regression: no straight line fits, and inputs differ in size (see `Standardiser`).

    >>> inputs, targets = rents(2, seed=1)
    >>> inputs[0], targets[0]
    ([33.4, 11.3, 76.4], 188.26)
    """
    at_least(1, "n", n, DataError)
    noise, rng = not_negative("noise", noise, DataError), generator(seed)
    inputs, targets = [], []
    for _ in range(n):
        area = round(rng.uniform(20.0, 120.0), 1)
        distance = round(min(rng.expovariate(1.0 / 6.0), 30.0), 1)
        age = round(rng.uniform(0.0, 100.0), 1)
        price = 7.0 + 9.0 * math.exp(-distance / 5.0) - 0.03 * age
        inputs.append([area, distance, age])
        targets.append(round(area * price * math.exp(noise * rng.gauss(0.0, 1.0)), 2))
    return inputs, targets
