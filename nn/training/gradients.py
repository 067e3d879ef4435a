"""Gradients as one vector: clipping, and parameters packed for outside optimizers.

Names as in `torch.nn.utils`. A trailing underscore means, as there, that something is changed.
Parameters that lie in buffers are read and written together, with the same bits as one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from autodiff import OperandError, ParameterVector, ShapeError, Value, require
from nn.files.state import to_number
from nn.module import Module, frozen_parameters
from nn.parts.together import known_vector, vector_of

Parameters = Iterable[Value] | Module | Value


def clip_grad_norm_(
    parameters: Parameters,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Shrink all gradients by one factor so that their norm is at most `max_norm`.

    Returns the norm they had, (Σabs(g)ᵖ)^(1/p) for p = `norm_type`: math.inf is the largest abs(g),
    -math.inf the smallest, 0 the number of gradients that are not 0. The factor is
    max_norm/(norm + 1e-6) where that is below 1, as in PyTorch; a norm that is nan makes all
    gradients nan. With `error_if_nonfinite` such a norm, or an infinite one, raises ValueError
    and changes nothing. With max_norm=math.inf the norm is computed and nothing clipped.

    >>> w = Value(1.0)
    >>> w.grad = 5.0
    >>> clip_grad_norm_([w], max_norm=1.0), round(w.grad, 5)
    (5.0, 1.0)
    """
    limit, p = _not_negative("max_norm", max_norm), float(norm_type)
    if math.isnan(p):
        raise ValueError("norm_type = nan is no norm")
    moving = _moving(parameters)
    gradients = moving.grad.tolist() if moving.buffered else [x.grad for x in moving.parameters]
    norm = _norm(gradients, p)
    if error_if_nonfinite and not math.isfinite(norm):
        raise ValueError(f"the norm of the gradients is {norm}, so they cannot be clipped")
    factor = limit / (norm + 1e-6)
    if not factor >= 1.0 and limit < math.inf:
        if moving.buffered:
            with require("numpy", "jit").errstate(all="ignore"):
                moving.grad = moving.grad * factor
        else:
            for parameter in moving.parameters:
                parameter.grad *= factor
    return norm


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Cut every gradient to [-clip_value, clip_value]; nan stays nan.

    >>> w = Value(1.0)
    >>> w.grad = -5.0
    >>> clip_grad_value_([w], 2.0); w.grad
    -2.0
    """
    bound = _not_negative("clip_value", clip_value)
    moving = _moving(parameters)
    if moving.buffered:
        np, grad = require("numpy", "jit"), moving.grad
        moving.grad = np.where(grad > bound, bound, np.where(grad < -bound, -bound, grad))
        return
    for parameter in moving.parameters:
        gradient = parameter.grad
        if abs(gradient) > bound:  # nan stays nan: a comparison with it is false
            parameter.grad = bound if gradient > 0.0 else -bound


def parameters_to_vector(parameters: Parameters) -> list[float]:
    """The numbers of all parameters in one list, for example as the start of scipy's minimize.

    >>> parameters_to_vector([Value(1.0), Value(2.0)])
    [1.0, 2.0]
    """
    return [parameter.data for parameter in _listed(parameters)]


def vector_to_parameters(vec: Sequence[float], parameters: Parameters) -> None:
    """Set all parameters from one list, in their order; ShapeError where lengths differ.

    >>> w, b = Value(1.0), Value(2.0)
    >>> vector_to_parameters([0.5, -3.0], [w, b]); w.data, b.data
    (0.5, -3.0)
    """
    targets, numbers = _listed(parameters), []
    for index, item in enumerate(vec):
        number = to_number(item)
        if number is None:
            raise OperandError(f"entry {index} of the vector is no number: {item!r:.60}")
        numbers.append(number)
    if len(numbers) != len(targets):
        raise ShapeError(f"{len(targets)} parameters cannot be set from {len(numbers)} numbers")
    for parameter, number in zip(targets, numbers, strict=True):
        parameter.data = number


def _listed(parameters: Parameters) -> list[Value]:
    if isinstance(parameters, Module):
        return parameters.parameters()
    return [parameters] if isinstance(parameters, Value) else list(parameters)


def _moving(parameters: Parameters) -> ParameterVector:
    """The parameters that belong to no frozen module, each once."""
    found = parameters if isinstance(parameters, tuple) else tuple(_listed(parameters))
    known, frozen = known_vector(found), frozen_parameters()
    if known is not None and not frozen:
        return known
    return vector_of({id(each): each for each in found if id(each) not in frozen}.values())


def _not_negative(name: str, number: float) -> float:
    found = to_number(number)
    if found is None or not found >= 0.0:
        raise ValueError(f"{name} = {number!r:.60} must be 0 or more")
    return found


def _norm(gradients: list[float], p: float) -> float:
    """(Σabs(g)ᵖ)^(1/p), without overflow on the way."""
    if p == 0.0:
        return float(sum(g != 0.0 for g in gradients))
    length = math.hypot(*gradients)
    if not math.isfinite(length) and any(map(math.isnan, gradients)):
        return math.nan
    if p == 2.0:
        return length
    sizes = [abs(g) for g in gradients]
    # What dominates the sum is taken out of every term, so that none overflows.
    largest = max(sizes, default=0.0) if p > 0.0 else min(sizes, default=0.0)
    if math.isinf(p) or largest in (0.0, math.inf):
        return largest
    try:
        return float(largest * sum((size / largest) ** p for size in sizes) ** (1.0 / p))
    except OverflowError:
        return math.inf
