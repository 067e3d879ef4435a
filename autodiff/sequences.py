"""Functions of several numbers: sums, products, norms. All add from left to right.

`sum`, `dot` and `affine` are one node each however long the sequence;
`autodiff.expand` shows the single additions and multiplications.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, overload

from . import rules
from .call import call, known_node
from .errors import OperandError, ShapeError
from .formula import Formula
from .graph import Node
from .modes import finish, modes
from .number import Operand
from .reals import Real, constant
from .value import Value

T = TypeVar("T")


def nonempty(name: str, xs: Iterable[Any]) -> list[Any]:
    """The numbers as a list; ShapeError for none."""
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
    found = nonempty("mean", xs)
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
    node = known_node(rules.affine, (*ws, b), data)
    node._y = tuple(xs)
    return finish(node) if modes else node


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
        return maximum(*[call(rules.fabs, x) for x in nonempty("norm", xs)])
    return call(rules.p_norm, *nonempty("norm", xs), number)


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
    return call(rules.maximum, *nonempty("maximum", xs))


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
    return call(rules.minimum, *nonempty("minimum", xs))
