"""Errors of this package: the engine's own, and these."""

from __future__ import annotations

from autodiff import AutodiffError


class StateError(AutodiffError, ValueError):
    """A state that does not fit what it is loaded into, or a file that holds no state.

    >>> from nn import Neuron
    >>> try:
    ...     Neuron(2).load_state_dict({"weight.0": 1.0})
    ... except StateError:
    ...     print("refused: nothing was changed")
    refused: nothing was changed
    """


class DataError(AutodiffError, ValueError):
    """Training data that cannot be used: not finite, of unequal length, an unknown label.

    >>> from nn import to_rows
    >>> to_rows([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
        ...
    nn.errors.DataError: row 1 holds nan; leave such rows out, or fill the gap first
    """


class TrainingError(AutodiffError, ArithmeticError):
    """Training stopped: a loss, a gradient, a parameter or a rate became nan or infinite.

    >>> import nn
    >>> model = nn.Neuron(1, activation=None, seed=0)
    >>> try:
    ...     nn.fit(model, [1.0], [9.0], loss="mse", optimizer=nn.SGD(model, lr=1e308), epochs=1)
    ... except TrainingError:
    ...     print("stopped before the parameters became nan")
    stopped before the parameters became nan
    """
