"""Where training starts: initializers draw one number from (fan_in, fan_out, rng).

Names and definitions are those of `torch.nn.init`. Every draw comes from a `random.Random` that
the caller owns, so Python's global random state is neither read nor changed, and a seed gives the
same network on every run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

#: Draws one number for a weight of a unit with `fan_in` inputs in a layer of `fan_out` units.
Initializer = Callable[[int, int, random.Random], float]

#: A seed, a generator to go on drawing from, or None for a different start each time.
Seed = int | str | random.Random | None


def generator(seed: Seed) -> random.Random:
    """A generator of its own for a seed; a generator as it is.

    >>> generator(7).random() == generator(7).random()
    True
    """
    return seed if isinstance(seed, random.Random) else random.Random(seed)


def constant(value: float) -> Initializer:
    """Always the same number. All units of a layer then stay equal: good for biases only.

    >>> constant(0.5)(2, 3, generator(0))
    0.5
    """
    return lambda fan_in, fan_out, rng: value


def uniform(low: float = 0.0, high: float = 1.0) -> Initializer:
    """Evenly distributed between two bounds.

    >>> -1 <= uniform(-1, 1)(2, 3, generator(0)) <= 1
    True
    """
    return lambda fan_in, fan_out, rng: rng.uniform(low, high)


def normal(mean: float = 0.0, std: float = 1.0) -> Initializer:
    """Normally distributed with a mean and a standard deviation.

    >>> rng, draw = generator(0), normal(5.0, 0.1)
    >>> 4.5 < min(draw(2, 3, rng) for _ in range(100)) < 5.0
    True
    """
    return lambda fan_in, fan_out, rng: rng.gauss(mean, std)


def linear_default() -> Initializer:
    """What `torch.nn.Linear` starts from: uniform between -1/sqrt(fan_in) and 1/sqrt(fan_in).

    >>> abs(linear_default()(4, 3, generator(0))) <= 0.5
    True
    """
    return _between(lambda fan_in, fan_out: 1.0 / math.sqrt(fan_in))


def _between(bound: Callable[[int, int], float]) -> Initializer:
    """Uniform between minus a bound and the bound that a unit's place gives."""

    def draw(fan_in: int, fan_out: int, rng: random.Random) -> float:
        most = bound(fan_in, fan_out)
        return rng.uniform(-most, most)

    return draw


def xavier_uniform(gain: float = 1.0) -> Initializer:
    """Uniform with variance 2·gain²/(fan_in + fan_out), for tanh and sigmoid.

    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", 2010.

    >>> rng, draw = generator(0), xavier_uniform()
    >>> max(abs(draw(4, 2, rng)) for _ in range(1000)) <= 1.0  # sqrt(6 / (4 + 2))
    True
    """
    return _between(lambda fan_in, fan_out: gain * math.sqrt(6.0 / (fan_in + fan_out)))


def xavier_normal(gain: float = 1.0) -> Initializer:
    """Normal with variance 2·gain²/(fan_in + fan_out); see `xavier_uniform`.

    >>> rng, draw = generator(0), xavier_normal()
    >>> round(sum(draw(4, 6, rng) ** 2 for _ in range(10000)) / 10000, 1)  # 2 / (4 + 6)
    0.2
    """
    return lambda fan_in, fan_out, rng: rng.gauss(0.0, gain * math.sqrt(2.0 / (fan_in + fan_out)))


def kaiming_uniform(
    a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Initializer:
    """Uniform with variance gain²/fan, which keeps the size of signals through relu layers.

    `a` is the slope of the leaky relu, `mode` chooses fan_in (keeps the forward pass) or fan_out
    (keeps the backward pass), `nonlinearity` the gain (see `calculate_gain`).
    Source: K. He and others, "Delving deep into rectifiers", 2015.

    >>> rng, draw = generator(0), kaiming_uniform()
    >>> max(abs(draw(6, 2, rng)) for _ in range(1000)) <= 1.0  # sqrt(2) * sqrt(3 / 6)
    True
    """
    spread = _kaiming_spread(a, mode, nonlinearity)
    return _between(lambda fan_in, fan_out: math.sqrt(3.0) * spread(fan_in, fan_out))


def kaiming_normal(
    a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Initializer:
    """Normal with variance gain²/fan; see `kaiming_uniform`.

    >>> rng, draw = generator(0), kaiming_normal(nonlinearity="relu")
    >>> round(sum(draw(4, 9, rng) ** 2 for _ in range(10000)) / 10000, 1)  # 2 / 4
    0.5
    """
    spread = _kaiming_spread(a, mode, nonlinearity)
    return lambda fan_in, fan_out, rng: rng.gauss(0.0, spread(fan_in, fan_out))


def _kaiming_spread(a: float, mode: str, nonlinearity: str) -> Callable[[int, int], float]:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode = {mode!r} is neither 'fan_in' nor 'fan_out'")
    gain = calculate_gain(nonlinearity, a)
    return lambda fan_in, fan_out: gain / math.sqrt(fan_in if mode == "fan_in" else fan_out)


def calculate_gain(nonlinearity: str, param: float = 0.01) -> float:
    """The factor that makes up for what an activation takes from the variance of a signal.

    >>> calculate_gain("relu")
    1.4142135623730951
    """
    gains = {
        "linear": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75,
        "leaky_relu": math.sqrt(2.0 / (1.0 + param * param)),
    }  # fmt: skip
    if nonlinearity not in gains:
        raise ValueError(f"no gain is known for {nonlinearity!r}; known are {', '.join(gains)}")
    return gains[nonlinearity]
