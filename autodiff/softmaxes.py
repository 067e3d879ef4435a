"""Exponential shares: logsumexp, softmax, log_softmax, from one shared sum without overflow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, overload

from . import rules
from .call import call, known_node
from .modes import current, modes
from .number import Operand
from .reals import Real
from .sequences import nonempty, take
from .value import Value


@overload
def logsumexp(xs: Iterable[Real]) -> float: ...
@overload
def logsumexp(xs: Iterable[Operand]) -> Value: ...
def logsumexp(xs: Iterable[Any]) -> Any:
    """log(sum of exp(x)), without overflow. Entries may be -inf. Raises ShapeError for none.

    Derivative by x: exp(x - logsumexp(xs)), the softmax.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return call(rules.logsumexp, *nonempty("logsumexp", xs))


@overload
def softmax(xs: Iterable[Real]) -> list[float]: ...
@overload
def softmax(xs: Iterable[Operand]) -> list[Value]: ...
def softmax(xs: Iterable[Any]) -> list[Any]:
    """The list exp(x)/sum of exp(x), computed from one shared logsumexp.

    Derivative of entry i by x_j: softmax_i*((i == j) - softmax_j).

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    found = nonempty("softmax", xs)
    total, _, below, straight = _softmax_parts(found)
    if straight and -16.0 <= total._data <= 16.0:  # where the error of total does not matter
        s, share = total._data, rules.shifted_exp
        return [known_node(share, (x, total, 0.0, below), math.exp(x._data - s)) for x in found]
    error: Any = 0.0
    if current().observer is not None or not -16.0 <= getattr(total, "_data", total) <= 16.0:
        error = call(rules.logsumexp_error, total, *found)
    return [call(rules.shifted_exp, x, total, error, below) for x in found]


def _softmax_parts(xs: Sequence[Any]) -> tuple[Any, Any, Any, bool]:
    """The logsumexp, the largest entry, and the sum of exponentials below that.

    And whether all is ordinary: then one pass computes them, the same numbers bit for bit.
    """
    if not modes and all(x.__class__ is Value for x in xs):
        numbers = [x._data for x in xs]
        highest = max(numbers)
        numbers.remove(highest)
        below = math.fsum([math.exp(x - highest) for x in numbers]) if highest < math.inf else 0.0
        if -math.inf < highest < math.inf and below == below:
            total = known_node(rules.logsumexp, tuple(xs), highest + math.log1p(below))
            operands = (total, *xs)
            peak = known_node(rules.peak, (total, *operands), highest)
            return total, peak, known_node(rules.below_peak, operands, below), True
    total = call(rules.logsumexp, *xs)
    below = call(rules.below_peak, total, *xs)
    return total, call(rules.peak, total, total, *xs), below, False


@overload
def log_softmax(xs: Iterable[Real], index: None = None) -> list[float]: ...
@overload
def log_softmax(xs: Iterable[Real], index: Real) -> float: ...
@overload
def log_softmax(xs: Iterable[Operand], index: None = None) -> list[Value]: ...
@overload
def log_softmax(xs: Iterable[Operand], index: Operand) -> Value: ...
def log_softmax(xs: Iterable[Any], index: Any = None) -> Any:
    """The list x - logsumexp(xs): the logarithms of softmax, without loss of digits.

    With an index, which may be data, that entry alone. Derivative of entry i by x_j:
    (i == j) - softmax_j.

    >>> log_softmax([12.0, 0.0])
    [-6.144193477732806e-06, -12.000006144193478]
    >>> log_softmax([12.0, 0.0], 0)
    -6.144193477732806e-06
    """
    found = nonempty("log_softmax", xs)
    chosen = found if index is None else [take(found, index)]
    total, peak, below, straight = _softmax_parts(found)
    if straight and all(x.__class__ is Value for x in chosen):
        highest, lost, share = peak._data, math.log1p(below._data), rules.log_share
        logs = [
            known_node(share, (x, total, peak, below), x._data - highest - lost) for x in chosen
        ]
    else:
        logs = [call(rules.log_share, x, total, peak, below) for x in chosen]
    return logs if index is None else logs[0]
