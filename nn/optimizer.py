"""What all optimizers share: parameters, learning rate, running quantities and their state."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from autodiff import Value
from nn.errors import StateError
from nn.module import Module, frozen_parameters
from nn.parts.checks import checked_numbers, not_negative
from nn.parts.together import Floats, Plan, all_finite, vector_of


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
    maximize = False
    weight_decay: float = 0.0
    #: sqrt, power, larger and where, for formulas
    math: Any = Floats

    def __init__(self, params: Iterable[Value] | Module, lr: float) -> None:
        self._vector = vector_of(params.parameters() if isinstance(params, Module) else params)
        self.params: tuple[Value, ...] = self._vector.parameters
        if not self.params:
            raise ValueError("an optimizer needs at least one parameter")
        self.lr: float = not_negative("lr", lr)
        #: the rate that schedules start from; the first of them notes it
        self.initial_lr: float | None = None
        #: how many steps each parameter has made
        self.steps: Any = array("q", bytes(8 * len(self.params)))
        for name in self.buffers:
            setattr(self, name, array("d", bytes(8 * len(self.params))))
        self._plan: Plan | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_plan": None}  # it looks into arrays of this one

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        self._vector.zero_grad()

    def step(self) -> None:
        """Move every parameter that is not frozen by one step."""
        frozen = frozen_parameters()
        plan = self._plan
        if plan is None or not plan.fits(self):
            together = vars(type(self)).get("elementwise", False) and self._vector.buffered
            plan = self._plan = Plan(self, self._vector) if together else None
        if plan is not None and plan.step(self, frozen):
            return
        for index, parameter in enumerate(self.params):
            if id(parameter) not in frozen:
                self.steps[index] += 1
                parameter.data = self.update(index, parameter.data, parameter.grad)

    def update(self, index: Any, p: Any, g: Any) -> Any:
        """The new number of parameter `index`; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} defines no update(...)")

    def direction(self, p: Any, g: Any) -> Any:
        """The gradient, with the opposite sign to climb and with weight_decay·p, if asked."""
        if self.maximize:
            g = -g
        return g + self.weight_decay * p if self.weight_decay else g

    def finite_gradients(self) -> bool:
        """Whether no gradient is nan or infinite."""
        together = self._vector.buffered
        return all_finite(self._vector.grad if together else [p.grad for p in self.params])

    # ---- saving and restoring ----------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The arguments by name: every public attribute that is neither list nor state."""
        hidden = {"params", "steps", "initial_lr", *self.buffers}
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
        settings, saved = state.get("settings"), state.get("buffers")
        if not isinstance(settings, Mapping) or set(settings) != set(self.settings()):
            raise StateError(f"the state of {name} needs the settings {', '.join(self.settings())}")
        if not isinstance(saved, Mapping) or set(saved) != set(self.buffers):
            raise StateError(f"the state of {name} needs the buffers {', '.join(self.buffers)}")
        try:
            fresh = type(self)(self.params, **settings)  # the class knows what it allows
        except (TypeError, ValueError) as error:
            raise StateError(f"{name} refuses the settings in the state: {error}") from None
        steps = checked_numbers(f"{name}.steps", state.get("steps"), count)
        if not all(number >= 0.0 and number.is_integer() for number in steps):
            raise StateError(f"{name}.steps in the state are no counts: {state['steps']!r:.60}")
        running = {
            key: array("d", checked_numbers(f"{name}.{key}", saved[key], count))
            for key in self.buffers
        }
        vars(self).update(fresh.settings() | running, steps=array("q", map(int, steps)))

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({len(self.params)} parameters, {settings})"
