"""What a training run leaves behind, and when it should stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nn.errors import StateError
from nn.files.state import check_state, to_number
from nn.module import Module
from nn.parts.checks import at_least, not_negative

#: the numbers of one epoch by name, such as {"loss": 0.3, "validation_loss": 0.4}
Record = dict[str, float]
#: called after each epoch with its number and its record; returning True stops the run
Callback = Callable[[int, Record], bool | None]


@dataclass(repr=False)
class History:
    """The numbers of a run as plain data: `history["loss"]` is a list, one number per epoch.

    `vars(history)` is a dict that `nn.save` takes, and `History(**state)` makes a history of it.

    >>> history = History()
    >>> history.add({"loss": 0.5}); history.add({"loss": 0.25})
    >>> history["loss"], history.epochs, history.best("loss")
    ([0.5, 0.25], 2, 1)
    >>> history
    History(2 epochs: last loss=0.25)
    """

    records: dict[str, list[float]] = field(default_factory=dict)
    #: how many epochs were completed
    epochs: int = 0
    #: why the run ended: "finished", "interrupted", "callback" or "early stopping"
    stopped: str = ""
    #: the class labels by index, where targets were strings
    classes: list[Any] | None = None

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={numbers[-1]:.4g}" for name, numbers in self.records.items())
        about = ", ".join(text for text in (self.stopped, last and f"last {last}") if text)
        return f"History({self.epochs} epochs{about and ': '}{about})"

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.records:
            known = ", ".join(self.records) or "nothing yet"
            raise KeyError(f"the history has no {name!r}; it has {known}")
        return self.records[name]

    def add(self, record: Record) -> None:
        """Append the numbers of one epoch."""
        for name, number in record.items():
            self.records.setdefault(name, []).append(number)
        self.epochs += 1

    def best(self, name: str) -> int:
        """The epoch at which a number was lowest (an accuracy: highest), the first of equals."""
        numbers = self[name]
        pick = max if name.endswith("accuracy") else min
        return numbers.index(pick(numbers))


class EarlyStopping:
    """Stop when a number has not improved for `patience` epochs, and go back to the best epoch.

    Watches `monitor`, by default the validation loss: lower is better, except for a name that
    ends in "accuracy". An improvement of up to `min_delta` does not count. With `restore_best`
    the model gets the parameters of its best epoch back at the end of the run. `state_dict` and
    `load_state_dict` make it part of a run that goes on later.

    >>> from nn import Neuron
    >>> stopping, model = EarlyStopping(patience=2), Neuron(1)
    >>> [stopping.observe({"validation_loss": loss}, model) for loss in (0.5, 0.4, 0.6, 0.7)]
    [False, False, False, True]
    >>> stopping.best
    0.4
    """

    def __init__(
        self,
        patience: int = 10,
        min_delta: float = 0.0,
        monitor: str = "validation_loss",
        restore_best: bool = True,
    ) -> None:
        self.patience = at_least(1, "patience", patience)
        self.min_delta = not_negative("min_delta", min_delta)
        self.monitor = monitor
        self.restore_best = restore_best
        self.best: float | None = None
        self.waited = 0
        self._best_state: dict[str, float] | None = None

    def observe(self, record: Record, model: Module) -> bool:
        """Take note of an epoch; whether the run should stop."""
        if self.monitor not in record:
            raise KeyError(
                f"early stopping watches {self.monitor!r}, and fit computes {', '.join(record)}; "
                "give validation=(inputs, targets) or another monitor"
            )
        sign = -1.0 if self.monitor.endswith("accuracy") else 1.0
        cost = sign * record[self.monitor]
        if self.best is None or cost < sign * self.best - self.min_delta:
            self.best, self.waited = record[self.monitor], 0
            self._best_state = model.state_dict() if self.restore_best else None
        else:
            self.waited += 1
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """What has been seen so far: the best number, how long ago, and the parameters then."""
        best = None if self._best_state is None else dict(self._best_state)
        return {"best": self.best, "waited": self.waited, "best_state": best}

    def load_state_dict(self, state: Any) -> None:
        """Restore what `state_dict` gave; else `StateError`, and nothing changes."""
        if not isinstance(state, Mapping) or set(state) != {"best", "waited", "best_state"}:
            raise StateError(f"this is no state of EarlyStopping: {state!r:.80}")
        best, waited, kept = state["best"], state["waited"], state["best_state"]
        known = best is None or to_number(best) is not None
        counted = isinstance(waited, int) and not isinstance(waited, bool) and waited >= 0
        if not known or not counted:
            raise StateError(f"the state of EarlyStopping has no such numbers: {state!r:.80}")
        checked = None if kept is None else check_state("EarlyStopping", kept, kept, strict=True)
        self.best, self.waited, self._best_state = to_number(best), waited, checked

    def __repr__(self) -> str:
        return (
            f"EarlyStopping(patience={self.patience}, min_delta={self.min_delta}, "
            f"monitor={self.monitor!r}, best={self.best}, waited={self.waited})"
        )

    def restore(self, model: Module) -> None:
        """Give the model the parameters of its best epoch."""
        if self._best_state is not None:
            model.load_state_dict(self._best_state)
