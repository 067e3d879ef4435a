"""What all optimizers share: parameters, learning rate, running quantities and their state."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from autodiff import OperandError, ParameterVector, Value, require
from nn.errors import StateError
from nn.module import Module, frozen_parameters
from nn.state import to_number
from nn.together import Floats, step_together


class Optimizer:
    """What all optimizers share: the parameters, the learning rate, their state.

    Parameters come as `model.parameters()` or any other iterable of leaf Values, each once, or as
    the module itself. Those of frozen modules stay as they are, whenever they were frozen.

    A subclass writes its formula in `update`, for one parameter, and names its running
    quantities in `buffers`:

    >>> class SignSGD(Optimizer):
    ...     def update(self, index, p, g):
    ...         return p - self.lr * ((g > 0) - (g < 0))
    >>> w = Value(3.0)
    >>> optimizer = SignSGD([w], lr=0.5)
    >>> (w * w).backward(); optimizer.step(); w.data
    2.5

    With `elementwise = True` in its own body it says that `update` also takes arrays: that it is
    made of operators and the functions of `self.math`, and reads running quantities by
    `self.name[index]`. Then parameters of compiled functions move in one go, with the same bits.
    """

    #: running quantities, one array of floats each, one number for each parameter
    buffers: tuple[str, ...] = ()
    #: whether `update` also takes arrays; each class says so itself, it is not inherited
    elementwise = False
    #: sqrt, power, larger and where, for formulas
    math: Any = Floats

    def __init__(self, params: Iterable[Value] | Module, lr: float) -> None:
        self.params: tuple[Value, ...] = _leaves(params)
        self.lr: float = not_negative("lr", lr)
        #: how many steps each parameter has made
        self.steps: Any = array("q", bytes(8 * len(self.params)))
        for name in self.buffers:
            setattr(self, name, array("d", bytes(8 * len(self.params))))
        self._vector = ParameterVector(self.params)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        if self._vector.buffered:
            self._vector.zero_grad()
            return
        for parameter in self.params:
            parameter.grad = 0.0

    def step(self) -> None:
        """Move every parameter that is not frozen by one step."""
        frozen = frozen_parameters()
        together = vars(type(self)).get("elementwise", False) and self._vector.buffered
        if together and step_together(self, self._vector, frozen):
            return
        for index, parameter in enumerate(self.params):
            if id(parameter) not in frozen:
                self.steps[index] += 1
                parameter.data = self.update(index, parameter.data, parameter.grad)

    def update(self, index: Any, p: Any, g: Any) -> Any:
        """The new number of parameter `index`; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} defines no update(...)")

    def finite_gradients(self) -> bool:
        """Whether no gradient is nan or infinite."""
        if self._vector.buffered:
            return bool(require("numpy", "jit").isfinite(self._vector.grad).all())
        gradients = [parameter.grad for parameter in self.params]
        # The sum says so at once unless it overflows.
        return math.isfinite(sum(gradients)) or all(map(math.isfinite, gradients))

    # ---- saving and restoring ----------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The arguments by name: every public attribute that is neither list nor state."""
        hidden = {"params", "steps", *self.buffers}
        return {
            name: value
            for name, value in vars(self).items()
            if not name.startswith("_") and name not in hidden
        }

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next steps depend on besides parameters and gradients."""
        return {
            "optimizer": type(self).__name__,
            "settings": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.settings().items()
            },
            "steps": list(self.steps),
            "buffers": {name: list(getattr(self, name)) for name in self.buffers},
        }

    def load_state_dict(self, state: Any) -> None:
        """Restore what `state_dict` gave; training then goes on with the same bits.

        Settings are restored too. A state of another optimizer, of another number of
        parameters, or with settings that the optimizer would not have taken raises `StateError`
        and changes nothing.
        """
        name, count = type(self).__name__, len(self.params)
        if not isinstance(state, Mapping) or state.get("optimizer") != name:
            found = state.get("optimizer") if isinstance(state, Mapping) else state
            raise StateError(f"this is no state of {name}, but of {found!r:.60}")
        settings = _checked_settings(name, self.settings(), state.get("settings"))
        try:
            type(self)(self.params, **settings)  # the class knows which numbers it allows
        except ValueError as error:
            raise StateError(f"{name} refuses the settings in the state: {error}") from None
        steps = _checked_numbers(f"{name}.steps", state.get("steps"), count)
        if not all(number >= 0.0 and number.is_integer() for number in steps):
            raise StateError(f"{name}.steps in the state are no counts: {state['steps']!r:.60}")
        saved = state.get("buffers")
        if not isinstance(saved, Mapping) or set(saved) != set(self.buffers):
            raise StateError(f"the state of {name} needs the buffers {', '.join(self.buffers)}")
        buffers = {key: _checked_numbers(f"{name}.{key}", saved[key], count) for key in saved}
        self.steps = array("q", map(int, steps))
        for key, value in settings.items():
            setattr(self, key, value)
        for key, numbers in buffers.items():
            setattr(self, key, array("d", numbers))

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({len(self.params)} parameters, {settings})"


def _leaves(params: Iterable[Value] | Module) -> tuple[Value, ...]:
    """The parameters, checked: leaf Values, each once, at least one."""
    found = tuple(params.parameters() if isinstance(params, Module) else params)
    if not found:
        raise ValueError("an optimizer needs at least one parameter")
    for index, parameter in enumerate(found):
        if not isinstance(parameter, Value):
            raise OperandError(f"parameter {index} is no Value but {parameter!r:.60}")
        if parameter.primitive is not None:
            raise OperandError(f"parameter {index} is computed from others: {parameter!r:.60}")
    if len({id(parameter) for parameter in found}) < len(found):
        raise ValueError("a parameter was given twice; it would move twice in one step")
    return found


def not_negative(name: str, number: float) -> float:
    """The number as a float; ValueError below 0 and for nan."""
    if not number >= 0.0:
        raise ValueError(f"{name} = {number!r} must be 0 or more")
    return float(number)


def _checked_settings(owner: str, known: dict[str, Any], found: Any) -> dict[str, Any]:
    """Settings of a state, each of the kind that the optimizer has now."""
    if not isinstance(found, Mapping) or set(found) != set(known):
        raise StateError(f"the state of {owner} needs the settings {', '.join(known)}")
    checked: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(known[name], tuple):
            checked[name] = tuple(_checked_numbers(f"{owner}.{name}", value, len(known[name])))
        elif isinstance(known[name], bool) and isinstance(value, bool):
            checked[name] = value
        elif (number := to_number(value)) is not None and not isinstance(known[name], bool):
            checked[name] = number
        else:
            raise StateError(f"{owner}.{name} = {value!r:.60} in the state is of the wrong kind")
    return checked


def _checked_numbers(name: str, found: Any, count: int) -> list[float]:
    """A list of that many numbers."""
    if not isinstance(found, (list, tuple)) or len(found) != count:
        length = len(found) if isinstance(found, (list, tuple)) else "no list"
        raise StateError(f"{name} needs {count} numbers, the state has {length}")
    numbers = [to_number(item) for item in found]
    if any(number is None for number in numbers):
        raise StateError(f"{name} in the state holds something that is no number")
    return [number for number in numbers if number is not None]
