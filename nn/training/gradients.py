"""Gradients as one vector: clipping, and parameters packed for outside optimizers.

Names as in `torch.nn.utils`. A trailing underscore means, as there, that something is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from autodiff import ShapeError, Value
from nn.module import frozen_parameters


def clip_grad_norm_(
    parameters: Iterable[Value],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Shrink all gradients by one factor so that their norm is at most `max_norm`.

    Returns the norm they had. The factor is max_norm/(norm + 1e-6) where that is below 1, as in
    PyTorch. `norm_type` may be math.inf. With `error_if_nonfinite` a norm that is nan or infinite
    raises ValueError and changes nothing.

    >>> w = Value(1.0)
    >>> w.grad = 5.0
    >>> clip_grad_norm_([w], max_norm=1.0), round(w.grad, 5)
    (5.0, 1.0)
    """
    moving = _moving(parameters)
    norm = _norm([parameter.grad for parameter in moving], norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise ValueError(f"the norm of the gradients is {norm}, so they cannot be clipped")
    factor = max_norm / (norm + 1e-6)
    if not factor >= 1.0:
        for parameter in moving:
            parameter.grad *= factor
    return norm


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> None:
    """Cut every gradient to [-clip_value, clip_value].

    >>> w = Value(1.0)
    >>> w.grad = -5.0
    >>> clip_grad_value_([w], 2.0); w.grad
    -2.0
    """
    for parameter in _moving(parameters):
        gradient = parameter.grad
        # nan stays nan: a comparison with it is false.
        if gradient > clip_value:
            parameter.grad = clip_value
        elif gradient < -clip_value:
            parameter.grad = -clip_value


def parameters_to_vector(parameters: Iterable[Value]) -> list[float]:
    """The numbers of all parameters in one list, for example as the start of scipy's minimize.

    >>> parameters_to_vector([Value(1.0), Value(2.0)])
    [1.0, 2.0]
    """
    return [parameter.data for parameter in parameters]


def vector_to_parameters(vec: Sequence[float], parameters: Iterable[Value]) -> None:
    """Set all parameters from one list, in their order; ShapeError where lengths differ.

    >>> w, b = Value(1.0), Value(2.0)
    >>> vector_to_parameters([0.5, -3.0], [w, b]); w.data, b.data
    (0.5, -3.0)
    """
    targets = list(parameters)
    numbers = [float(number) for number in vec]
    if len(numbers) != len(targets):
        raise ShapeError(f"{len(targets)} parameters cannot be set from {len(numbers)} numbers")
    for parameter, number in zip(targets, numbers, strict=True):
        parameter.data = number


def _moving(parameters: Iterable[Value]) -> list[Value]:
    """The parameters that belong to no frozen module."""
    frozen = frozen_parameters()
    return [parameter for parameter in parameters if id(parameter) not in frozen]


def _norm(gradients: list[float], norm_type: float) -> float:
    if norm_type == 2.0:
        return math.hypot(*gradients)
    if norm_type == math.inf:
        sizes = [abs(g) for g in gradients]
        return math.nan if any(map(math.isnan, sizes)) else max(sizes, default=0.0)
    return float(sum(abs(g) ** norm_type for g in gradients) ** (1.0 / norm_type))
