"""Activations by name: functions of one Value, applied to each unit of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autodiff

#: A name from `ACTIVATIONS`, a function of one Value, or None for none.
Activation = str | Callable[[Any], Any] | None


def linear(x: Any) -> Any:
    """No activation: the number itself."""
    return x


def activation_name(function: Callable[[Any], Any]) -> str:
    """What to call an activation in a repr."""
    return getattr(function, "__name__", type(function).__name__)


#: What a name stands for; each function is described in `autodiff.functions`.
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    activation_name(function): function
    for function in (
        linear, autodiff.relu, autodiff.relu6, autodiff.leaky_relu, autodiff.elu, autodiff.selu,
        autodiff.gelu, autodiff.silu, autodiff.mish, autodiff.softplus, autodiff.softsign,
        autodiff.sigmoid, autodiff.log_sigmoid, autodiff.tanh, autodiff.hardtanh, autodiff.sin,
    )
}  # fmt: skip


def find_activation(activation: Activation) -> Callable[[Any], Any]:
    """The function that an activation means.

    >>> find_activation("tanh").__name__
    'tanh'
    """
    if activation is None:
        return linear
    if callable(activation):
        return activation
    if activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    if activation in ("softmax", "log_softmax"):
        raise ValueError(
            f"{activation} acts on a whole layer, not on each unit: apply autodiff.{activation} to "
            "the outputs, or give plain outputs to nn.cross_entropy"
        )
    raise ValueError(
        f"there is no activation {activation!r}; there are {', '.join(ACTIVATIONS)}, "
        "or give a function of one Value"
    )
