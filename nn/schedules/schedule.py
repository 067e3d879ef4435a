"""Schedules: the learning rate from epoch to epoch, as `torch.optim.lr_scheduler` has them.

A schedule sets `optimizer.lr` when it is made (epoch 0) and at each `step()`, once per epoch. All
schedules of an optimizer start from its first rate, which the first of them notes. Most change the
rate that they find, so several on one optimizer multiply, as in PyTorch; `SequentialLR` runs one
after the other.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autodiff import OperandError
from nn.errors import StateError, TrainingError
from nn.optimizer import Optimizer
from nn.parts.checks import at_least, is_rate


class Schedule:
    """What schedules share; subclasses define `factor(epoch)`, and the rate is base_lr·factor.

    A schedule that is to chain with others also defines `following(rate, epoch)`.

    >>> from autodiff import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> class Halving(Schedule):
    ...     def factor(self, epoch):
    ...         return 0.5**epoch
    >>> schedule = Halving(optimizer)
    >>> schedule.step(); schedule.step(); optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise OperandError(f"{type(self).__name__} needs an optimizer, not {optimizer!r:.60}")
        if optimizer.initial_lr is None:
            optimizer.initial_lr = optimizer.lr
        self.optimizer = optimizer
        self.base_lr: float = optimizer.initial_lr
        self._go_to(0, self.following(optimizer.lr, 0))

    def factor(self, epoch: int) -> float:
        """What the first learning rate is multiplied with in an epoch."""
        raise NotImplementedError(f"{type(self).__name__} defines no factor(epoch)")

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, where no other schedule changes it."""
        return self.base_lr * self.factor(epoch)

    def following(self, rate: float, epoch: int) -> float:
        """The learning rate of an epoch, from the one before it; epoch 0 is the start."""
        return self.rate(epoch)

    def step(self) -> None:
        """Go on to the next epoch; TrainingError where the rate leaves all bounds."""
        epoch = self.last_epoch + 1
        self._go_to(epoch, self.following(self.optimizer.lr, epoch))

    def restart(self) -> None:
        """Begin again at epoch 0, from the first rate."""
        self._go_to(0, self.rate(0))

    def _go_to(self, epoch: int, rate: float) -> None:
        if not 0.0 <= rate < math.inf:
            raise TrainingError(
                f"{type(self).__name__} gives the learning rate {rate!r} for epoch {epoch}; "
                "it must be finite, and 0 or more"
            )
        self.last_epoch: int = epoch
        self.optimizer.lr = float(rate)

    def state_dict(self) -> dict[str, Any]:
        """The first learning rate, the epoch, and the rate of the optimizer now."""
        return {
            "schedule": type(self).__name__,
            "base_lr": self.base_lr,
            "last_epoch": self.last_epoch,
            "lr": self.optimizer.lr,
        }

    def load_state_dict(self, state: Any) -> None:
        """Restore what `state_dict` gave and set the learning rate; else `StateError`."""
        base_lr, epoch, rate = self._checked(state)
        self.base_lr = self.optimizer.initial_lr = base_lr
        self._go_to(epoch, self.rate(epoch) if rate is None else rate)

    def _checked(self, state: Any) -> tuple[float, int, float | None]:
        """The numbers of a state; its rate may be missing, as from versions that had none."""
        name = type(self).__name__
        if not isinstance(state, Mapping) or state.get("schedule") != name:
            raise StateError(f"this is no state of {name}: {state!r:.60}")
        told: list[Any] = [state.get(key) for key in ("base_lr", "last_epoch", "lr")]
        base_lr, epoch, rate = told
        counted = isinstance(epoch, int) and not isinstance(epoch, bool) and epoch >= 0
        if not counted or not is_rate(base_lr) or not (rate is None or is_rate(rate)):
            raise StateError(f"the state of {name} needs a base_lr and a last_epoch: {state!r:.80}")
        return float(base_lr), epoch, rate if rate is None else float(rate)

    def __repr__(self) -> str:
        told = [
            f"{name}={getattr(value, '__qualname__', None) or repr(value)}"
            for name, value in vars(self).items()
            if name != "optimizer" and not name.startswith("_")
        ]
        return f"{type(self).__name__}({', '.join(told)})"


class SequentialLR(Schedule):
    """One schedule after the other: the next one begins at each of the epochs in `milestones`.

    Each begins anew, from the first rate and its own epoch 0. A warm-up before a cosine:

    >>> from autodiff import Value
    >>> from nn import SGD, CosineAnnealingLR, LinearLR
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> warm_up = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> schedule = SequentialLR(optimizer, [warm_up, CosineAnnealingLR(optimizer, T_max=2)], [2])
    >>> [round(schedule.rate(epoch), 6) for epoch in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Iterable[Schedule], milestones: Iterable[int]
    ) -> None:
        self.schedulers: list[Schedule] = list(schedulers)
        self.milestones: list[int] = [at_least(0, "a milestone", epoch) for epoch in milestones]
        if any(getattr(each, "optimizer", None) is not optimizer for each in self.schedulers):
            raise ValueError("SequentialLR takes schedules of its own optimizer only")
        if len(self.milestones) != len(self.schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(self.schedulers)} schedules need a milestone between each two "
                f"of them, not {len(self.milestones)}"
            )
        if any(b <= a for a, b in zip(self.milestones, self.milestones[1:], strict=False)):
            raise ValueError(f"SequentialLR: the milestones {self.milestones} do not increase")
        super().__init__(optimizer)
        for schedule in self.schedulers:
            schedule.last_epoch = 0  # they wait: what they set when they were made is undone

    def _part(self, epoch: int) -> tuple[Schedule, int]:
        """The schedule of an epoch and how long it has run by then."""
        index = bisect_right(self.milestones, epoch)
        return self.schedulers[index], epoch - (self.milestones[index - 1] if index else 0)

    def rate(self, epoch: int) -> float:
        schedule, own_epoch = self._part(epoch)
        return schedule.rate(own_epoch)

    def step(self) -> None:
        """Go on to the next epoch, of this schedule and of the one whose turn it is."""
        schedule, own_epoch = self._part(self.last_epoch + 1)
        if own_epoch == 0:
            schedule.restart()
        else:
            schedule.step()
        self.last_epoch += 1

    def restart(self) -> None:
        self._part(0)[0].restart()
        self.last_epoch: int = 0

    def state_dict(self) -> dict[str, Any]:
        """The state of this schedule and of each one in it."""
        return super().state_dict() | {"schedulers": [s.state_dict() for s in self.schedulers]}

    def load_state_dict(self, state: Any) -> None:
        self._checked(state)
        for schedule, part in zip(self.schedulers, state["schedulers"], strict=True):
            schedule.load_state_dict(part)
        super().load_state_dict(state)

    def _checked(self, state: Any) -> tuple[float, int, float | None]:
        numbers = super()._checked(state)
        inside = state.get("schedulers")
        if not isinstance(inside, (list, tuple)) or len(inside) != len(self.schedulers):
            raise StateError(f"the state of SequentialLR needs {len(self.schedulers)} schedulers")
        for schedule, part in zip(self.schedulers, inside, strict=True):
            schedule._checked(part)
        return numbers


class LambdaLR(Schedule):
    """The first rate times a function of the epoch.

    >>> from autodiff import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=0.5)
    >>> schedule = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> schedule.step(); optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        return self.lr_lambda(epoch)
