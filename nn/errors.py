"""Errors of this package: the engine's own, and these."""

from __future__ import annotations

from autodiff import AutodiffError


class StateError(AutodiffError, ValueError):
    """A state that does not fit what it is loaded into, or a file that holds no state."""


class DataError(AutodiffError, ValueError):
    """Training data that cannot be used: not finite, of unequal length, an unknown label."""


class TrainingError(AutodiffError, ArithmeticError):
    """Training stopped because a loss or a gradient was nan or infinite."""
