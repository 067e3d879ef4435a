"""Schedules with a formula. `following` has PyTorch's recursive form, `rate` the closed one."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable

from nn.optimizer import Optimizer
from nn.parts.checks import at_least, not_negative
from nn.schedules.schedule import Schedule


class _Decay(Schedule):
    """The rate times gamma, once for each event that has `passed` by an epoch."""

    gamma: float

    def passed(self, epoch: int) -> int:
        raise NotImplementedError

    def factor(self, epoch: int) -> float:
        return float(self.gamma ** self.passed(epoch))

    def following(self, rate: float, epoch: int) -> float:
        before = self.passed(epoch - 1) if epoch else 0
        return float(rate * self.gamma ** (self.passed(epoch) - before))


class StepLR(_Decay):
    """Multiplied with gamma after every `step_size` epochs.

    >>> from nn import SGD, Neuron
    >>> schedule = StepLR(SGD(Neuron(1), lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size: int = at_least(1, "step_size", step_size)
        self.gamma: float = not_negative("gamma", gamma)
        super().__init__(optimizer)

    def passed(self, epoch: int) -> int:
        return epoch // self.step_size


class MultiStepLR(_Decay):
    """Multiplied with gamma at each of the epochs in `milestones`.

    >>> from nn import SGD, Neuron
    >>> schedule = MultiStepLR(SGD(Neuron(1), lr=1.0), milestones=[1, 3], gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(5)]
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones: list[int] = sorted(at_least(0, "a milestone", at) for at in milestones)
        self.gamma: float = not_negative("gamma", gamma)
        super().__init__(optimizer)

    def passed(self, epoch: int) -> int:
        return bisect_right(self.milestones, epoch)


class ExponentialLR(_Decay):
    """Multiplied with gamma after every epoch.

    >>> from nn import SGD, Neuron
    >>> schedule = ExponentialLR(SGD(Neuron(1), lr=1.0), gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma: float = not_negative("gamma", gamma)
        super().__init__(optimizer)

    def passed(self, epoch: int) -> int:
        return epoch


class LinearLR(Schedule):
    """From start_factor to end_factor in a straight line over `total_iters` epochs: a warm-up.

    >>> from nn import SGD, Neuron
    >>> schedule = LinearLR(SGD(Neuron(1), lr=1.0), start_factor=0.5, total_iters=2)
    >>> [schedule.rate(epoch) for epoch in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        self.start_factor: float = not_negative("start_factor", start_factor)
        if not self.start_factor:
            raise ValueError("start_factor = 0 must be above 0: what follows multiplies it")
        self.end_factor: float = not_negative("end_factor", end_factor)
        self.total_iters: int = at_least(1, "total_iters", total_iters)
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        passed = min(epoch, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * passed

    def following(self, rate: float, epoch: int) -> float:
        """Times start_factor at first, then by what the line rises, in proportion."""
        if epoch == 0:
            return rate * self.start_factor
        if epoch > self.total_iters:
            return rate
        rise = self.end_factor - self.start_factor
        return rate * (1.0 + rise / (self.total_iters * self.start_factor + (epoch - 1) * rise))


class CosineAnnealingLR(Schedule):
    """Along half a cosine from the first rate to eta_min, reached after `T_max` epochs.

    eta_min + (base_lr - eta_min)·(1 + cos(π·epoch/T_max))/2, and up again after T_max.

    >>> from nn import SGD, Neuron
    >>> schedule = CosineAnnealingLR(SGD(Neuron(1), lr=1.0), T_max=4)
    >>> [round(schedule.rate(epoch), 3) for epoch in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max: int = at_least(1, "T_max", T_max)
        self.eta_min: float = not_negative("eta_min", eta_min)
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.eta_min + (self.base_lr - self.eta_min) * self._height(epoch) / 2

    def following(self, rate: float, epoch: int) -> float:
        """In proportion to the cosine above eta_min; from the lowest point up by a difference."""
        if epoch == 0:
            return rate
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            return rate + (self.base_lr - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        ratio = self._height(epoch) / self._height(epoch - 1)
        return ratio * (rate - self.eta_min) + self.eta_min

    def _height(self, epoch: int) -> float:
        return 1 + math.cos(math.pi * epoch / self.T_max)
