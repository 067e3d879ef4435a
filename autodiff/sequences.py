"""Functions of several numbers: sums, products, norms, softmax. All add from left to right.

`sum`, `dot`, `affine` and `logsumexp` are one node each however long the sequence;
`autodiff.expand` shows the single additions and multiplications.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, overload

from . import rules
from .call import call
from .errors import OperandError, ShapeError
from .formula import Formula
from .graph import Node
from .modes import current, finish, modes
from .number import Operand
from .primitive import Primitive
from .reals import Real, constant
from .value import Value

T = TypeVar("T")


def _nonempty(name: str, xs: Iterable[Any]) -> list[Any]:
    found = list(xs)
    if not found:
        raise ShapeError(f"{name}: the sequence is empty; it takes at least one number")
    return found


def _same_length(name: str, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    if len(xs) != len(ys):
        raise ShapeError(f"{name}: sequences of different lengths, {len(xs)} and {len(ys)}")


@overload
def sum(xs: Iterable[Real]) -> float: ...
@overload
def sum(xs: Iterable[Operand]) -> Value: ...
def sum(xs: Iterable[Any]) -> Any:
    """The sum of the numbers, added left to right from 0.0 (in every Python version).

    Derivative by each number: 1.

    >>> sum([1.0, 2.0, 3.0])
    6.0
    """
    whole = getattr(xs, "__autodiff_sum__", None)  # results of vmap: one node for all
    total = None if whole is None else whole()
    return call(rules.sum_, *xs) if total is None else total


@overload
def prod(xs: Iterable[Real]) -> float: ...
@overload
def prod(xs: Iterable[Operand]) -> Value: ...
def prod(xs: Iterable[Any]) -> Any:
    """The product of the numbers, multiplied left to right.

    Derivative by each number: the product of the others (by prefix and suffix products, so zeros
    do no harm).

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    total: Any = None
    for x in xs:
        total = call(rules.mul, 1.0, x) if total is None else call(rules.mul, total, x)
    return 1.0 if total is None else total


@overload
def mean(xs: Iterable[Real]) -> float: ...
@overload
def mean(xs: Iterable[Operand]) -> Value: ...
def mean(xs: Iterable[Any]) -> Any:
    """The arithmetic mean, sum(xs)/n. Raises ShapeError for no numbers.

    Derivative by each number: 1/n.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    whole = getattr(xs, "__autodiff_sum__", None)  # results of vmap: one node for all
    average = None if whole is None else whole(float(len(xs)))  # type: ignore[arg-type]  # they have a length
    if average is not None:
        return average
    found = _nonempty("mean", xs)
    return call(rules.div, sum(found), float(len(found)))


@overload
def dot(xs: Sequence[Real], ys: Sequence[Real]) -> float: ...
@overload
def dot(xs: Sequence[Operand], ys: Sequence[Operand]) -> Value: ...
def dot(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """The sum of the products x*y, added left to right. Raises ShapeError for unequal lengths.

    Derivative by x: y, and by y: x.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    _same_length("dot", xs, ys)
    return call(rules.dot, *xs, *ys)


@overload
def affine(ws: Sequence[Real], xs: Sequence[Real], b: Real) -> float: ...
@overload
def affine(ws: Sequence[Operand], xs: Sequence[Operand], b: Operand) -> Value: ...
def affine(ws: Sequence[Any], xs: Sequence[Any], b: Any) -> Any:
    """What a neuron computes: b + w*x + w*x + ..., added left to right from b.

    Derivative by w: x, by x: w, by b: 1. Raises ShapeError for unequal lengths.

    >>> affine([2.0, 3.0], [10.0, 100.0], 1.0)
    321.0
    """
    _same_length("affine", ws, xs)
    node = _neuron(ws, xs, b)
    return call(rules.affine, *ws, *xs, b) if node is None else node


def _neuron(ws: Sequence[Any], xs: Sequence[Any], b: Any) -> Value | None:
    """The node of affine(ws, xs, b) on the straight path: all weights are Values.

    The same as `record`, which it spares three passes over the operands: a network's forward
    pass spends most of its time here. None where the straight path does not apply.
    """
    if not ws:
        return None
    try:
        data = b if b.__class__ is float else b._data
        for w, x in zip(ws, xs, strict=True):
            data += w._data * (x if x.__class__ is float else x._data)
    except AttributeError:  # a plain number among weights, or another kind of number
        return None
    node = _node(rules.affine, (*ws, b), data)
    node._y = tuple(xs)
    return finish(node) if modes else node


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
    return call(rules.logsumexp, *_nonempty("logsumexp", xs))


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
    found = _nonempty("softmax", xs)
    total, _, below, straight = _softmax_parts(found)
    if straight and -16.0 <= total._data <= 16.0:  # where the error of total does not matter
        s, share = total._data, rules.shifted_exp
        return [_node(share, (x, total, 0.0, below), math.exp(x._data - s)) for x in found]
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
            total = _node(rules.logsumexp, tuple(xs), highest + math.log1p(below))
            operands = (total, *xs)
            peak = _node(rules.peak, (total, *operands), highest)
            return total, peak, _node(rules.below_peak, operands, below), True
    total = call(rules.logsumexp, *xs)
    below = call(rules.below_peak, total, *xs)
    return total, call(rules.peak, total, total, *xs), below, False


def _node(primitive: Primitive, operands: tuple[Any, ...], data: float) -> Value:
    """A node whose number is known."""
    node = object.__new__(Value)
    node._data = data
    node._grad = 0.0
    node._adjoint = node._y = node.label = None
    node.primitive = primitive
    node._x = operands
    return node


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
    found = _nonempty("log_softmax", xs)
    chosen = found if index is None else [take(found, index)]
    total, peak, below, straight = _softmax_parts(found)
    if straight and all(x.__class__ is Value for x in chosen):
        highest, lost, share = peak._data, math.log1p(below._data), rules.log_share
        logs = [_node(share, (x, total, peak, below), x._data - highest - lost) for x in chosen]
    else:
        logs = [call(rules.log_share, x, total, peak, below) for x in chosen]
    return logs if index is None else logs[0]


@overload
def take(xs: Sequence[T], index: Real) -> T: ...
@overload
def take(xs: Sequence[Operand], index: Value) -> Value: ...
def take(xs: Sequence[Any], index: Any) -> Any:
    """xs[index], where the index may be data: inside jit it needs no new trace.

    Derivative: 1 by the entry taken, no contribution to the others. Raises ShapeError for an
    index that is not a whole number from 0 to len(xs) - 1.

    >>> take([5.0, 6.0, 7.0], 2)
    7.0
    """
    if isinstance(index, (Node, Formula)):
        return call(rules.take, *xs, index)
    try:
        whole = int(index)
    except (TypeError, ValueError, OverflowError):
        raise OperandError(f"take: the index {index!r} is not a whole number") from None
    if whole != index or not 0 <= whole < len(xs):
        raise ShapeError(f"take: index {index!r} is outside 0 .. {len(xs) - 1}")
    return xs[whole]


@overload
def hypot(*xs: Real) -> float: ...
@overload
def hypot(*xs: Operand) -> Value: ...
def hypot(*xs: Any) -> Any:
    """The Euclidean norm of the arguments, safe from overflow and underflow.

    Derivative by x: x/hypot, and 0 at the origin.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return call(rules.hypot, *xs)


@overload
def norm(xs: Iterable[Real], ord: float = 2) -> float: ...
@overload
def norm(xs: Iterable[Operand], ord: float = 2) -> Value: ...
def norm(xs: Iterable[Any], ord: Any = 2) -> Any:
    """The norm of a sequence: (abs(x)**ord + ...)**(1/ord), the Euclidean one for ord = 2.

    ord is a plain number >= 1; math.inf gives the largest abs(x). None overflows or underflows.
    Derivative by x: sign(x)*(abs(x)/norm)**(ord - 1), and 0 at the origin; for inf the share of the
    largest entries. Raises OperandError for an ord that is no plain number, DomainError below 1.

    >>> norm([2.0, 3.0, 6.0])
    7.0
    >>> norm([3.0, -4.0], 1), norm([3.0, -4.0], float("inf"))
    (7.0, 4.0)
    """
    if ord.__class__ is int and ord == 2:  # the ordinary call
        return hypot(*xs)
    number = None if isinstance(ord, (Value, Formula)) else constant(ord)
    if number is None:
        raise OperandError(f"norm: ord is a plain number, not {type(ord).__name__}")
    if number == 2.0:
        return hypot(*xs)
    if number == 1.0:
        return sum([call(rules.fabs, x) for x in xs])
    if number == math.inf:
        return maximum(*[call(rules.fabs, x) for x in _nonempty("norm", xs)])
    return call(rules.p_norm, *_nonempty("norm", xs), number)


@overload
def dist(p: Sequence[Real], q: Sequence[Real]) -> float: ...
@overload
def dist(p: Sequence[Operand], q: Sequence[Operand]) -> Value: ...
def dist(p: Sequence[Any], q: Sequence[Any]) -> Any:
    """The Euclidean distance of two points. Raises ShapeError for unequal lengths.

    Derivative by p_i: (p_i - q_i)/dist, by q_i the negative of it; 0 where p equals q.

    >>> dist([1.0, 1.0], [4.0, 5.0])
    5.0
    """
    _same_length("dist", p, q)
    return hypot(*[call(rules.sub, a, b) for a, b in zip(p, q, strict=True)])


@overload
def maximum(*xs: Real) -> float: ...
@overload
def maximum(*xs: Operand) -> Value: ...
def maximum(*xs: Any) -> Any:
    """The largest argument; nan if any is nan. Raises ShapeError for none.

    Derivative: 1/k to each of the k arguments that are largest, no contribution to the others.

    >>> maximum(2.0, 5.0, 3.0)
    5.0
    """
    return call(rules.maximum, *_nonempty("maximum", xs))


@overload
def minimum(*xs: Real) -> float: ...
@overload
def minimum(*xs: Operand) -> Value: ...
def minimum(*xs: Any) -> Any:
    """The smallest argument; nan if any is nan. Raises ShapeError for none.

    Derivative: 1/k to each of the k arguments that are smallest, no contribution to the others.

    >>> minimum(2.0, 5.0, 3.0)
    2.0
    """
    return call(rules.minimum, *_nonempty("minimum", xs))
