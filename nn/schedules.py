"""Schedules: the learning rate as a function of the epoch.

Names, arguments and values are those of `torch.optim.lr_scheduler`. A schedule sets
`optimizer.lr` when it is made (epoch 0) and at each `step()`, once per epoch. Each rate is
computed from the first one, never from the last, so a restored schedule goes on with the same
bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nn.errors import StateError
from nn.optimizer import Optimizer
from nn.state import to_number


class Schedule:
    """What schedules share; subclasses define `factor(epoch)`, and the rate is base_lr·factor.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> class Halving(Schedule):
    ...     def factor(self, epoch):
    ...         return 0.5**epoch
    >>> schedule = Halving(optimizer)
    >>> schedule.step(); schedule.step(); optimizer.lr
    0.25
    """

    base_lr: float
    last_epoch: int

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.last_epoch = 0
        optimizer.lr = self.rate(0)

    def factor(self, epoch: int) -> float:
        """What the first learning rate is multiplied with in an epoch."""
        raise NotImplementedError(f"{type(self).__name__} defines no factor(epoch)")

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch."""
        return self.base_lr * self.factor(epoch)

    def step(self) -> None:
        """Go on to the next epoch."""
        self.last_epoch += 1
        self.optimizer.lr = self.rate(self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """The first learning rate and the epoch."""
        return {
            "schedule": type(self).__name__,
            "base_lr": self.base_lr,
            "last_epoch": self.last_epoch,
        }

    def load_state_dict(self, state: Any) -> None:
        """Restore what `state_dict` gave and set the learning rate; else `StateError`."""
        name = type(self).__name__
        if not isinstance(state, Mapping) or state.get("schedule") != name:
            raise StateError(f"this is no state of {name}: {state!r:.60}")
        base_lr, epoch = to_number(state.get("base_lr")), state.get("last_epoch")
        if base_lr is None or not isinstance(epoch, int) or epoch < 0:
            raise StateError(f"the state of {name} needs a base_lr and a last_epoch: {state!r:.80}")
        self.base_lr, self.last_epoch = base_lr, epoch
        self.optimizer.lr = self.rate(epoch)


class LambdaLR(Schedule):
    """The first rate times a function of the epoch.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=0.5)
    >>> schedule = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> schedule.step(); optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        """What the function says."""
        return self.lr_lambda(epoch)


class StepLR(Schedule):
    """Multiplied with gamma after every `step_size` epochs.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> rates = [optimizer.lr]
    >>> for epoch in range(4):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size: int = _positive("step_size", step_size)
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        """gamma to the number of whole periods passed."""
        return float(self.gamma ** (epoch // self.step_size))


class MultiStepLR(Schedule):
    """Multiplied with gamma at each of the epochs in `milestones`.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> rates = [optimizer.lr]
    >>> for epoch in range(4):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> rates
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones: list[int] = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        """gamma to the number of milestones passed."""
        return float(self.gamma ** sum(epoch >= milestone for milestone in self.milestones))


class ExponentialLR(Schedule):
    """Multiplied with gamma after every epoch.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = ExponentialLR(optimizer, gamma=0.5)
    >>> rates = [optimizer.lr]
    >>> for epoch in range(3):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> rates
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        """gamma to the epoch."""
        return float(self.gamma**epoch)


class LinearLR(Schedule):
    """From start_factor to end_factor in a straight line over `total_iters` epochs: a warm-up.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> rates = [optimizer.lr]
    >>> for epoch in range(3):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> rates
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters: int = _positive("total_iters", total_iters)
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        """The point of the line, then its end."""
        passed = min(epoch, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * passed


class CosineAnnealingLR(Schedule):
    """Along half a cosine from the first rate to eta_min, reached after `T_max` epochs.

    eta_min + (base_lr - eta_min)·(1 + cos(π·epoch/T_max))/2, and up again after T_max.

    >>> from autodiff import Value
    >>> from nn.optimizers import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = CosineAnnealingLR(optimizer, T_max=4)
    >>> rates = [optimizer.lr]
    >>> for epoch in range(4):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> [round(rate, 3) for rate in rates]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max: int = _positive("T_max", T_max)
        self.eta_min = eta_min
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        """The point of the cosine."""
        height = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return self.eta_min + (self.base_lr - self.eta_min) * height


def _positive(name: str, number: int) -> int:
    if number < 1:
        raise ValueError(f"{name} = {number!r} must be 1 or more")
    return number
