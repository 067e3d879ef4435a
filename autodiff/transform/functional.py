"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, hvp, vjp, jvp.

All take and give floats, Values, and nested lists, tuples, dicts and NumPy arrays of them; a
derivative comes in the containers of its argument. They nest: a derivative of a function that
itself takes derivatives is right, whichever variables it captures. Results are floats unless they
depend on a Value from outside; then they are Values, and can be differentiated further.

See Griewank & Walther, Evaluating Derivatives, 2nd edition, chapters 3 and 5.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Literal, overload

from autodiff.complaints import check_function
from autodiff.errors import OperandError, ShapeError
from autodiff.graph import Node
from autodiff.number import Operand
from autodiff.trees import Structure, check_agreement, flatten

from .folding import Number
from .lifted import Call, is_zero, positions_of
from .signatures import Gradient, Hessian, ValueAndGradient, X
from .sweep import tangents as forward_sweep

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]
Scalar = Callable[..., Operand]
Pair = Callable[..., tuple[Operand, Any]]


@overload
def value_and_grad(
    f: Scalar, argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> ValueAndGradient: ...
@overload
def value_and_grad(f: Scalar, argnums: Argnums, has_aux: Literal[False] = False) -> Function: ...
@overload
def value_and_grad(f: Pair, argnums: Argnums = 0, *, has_aux: Literal[True]) -> Function: ...
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives f's value and its gradient, from one evaluation.

    Returns (value, gradient); with `has_aux`, f returns (value, aux) and the result is
    ((value, aux), gradient). See `grad`.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """

    def both(call: Call) -> Any:
        gradient = _gradient(call, argnums)
        return call.with_aux(call.results()[0]), gradient

    return _derivative("value_and_grad", f, argnums, both, has_aux)


@overload
def grad(f: Scalar, argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> Gradient: ...
@overload
def grad(f: Scalar, argnums: Argnums, has_aux: Literal[False] = False) -> Function: ...
@overload
def grad(f: Pair, argnums: Argnums = 0, *, has_aux: Literal[True]) -> Function: ...
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of f, which returns one number.

    `argnums` says by which positional argument to differentiate; several give a tuple. The
    gradient comes in the containers of the argument; keyword arguments are passed on. With
    `has_aux`, f returns (number, aux) and the result is (gradient, aux).

    The function is called with Values; where it does not depend on an argument the derivative is
    0.0. Raises OperandError when f returns no number or an argument holds no numbers, and
    ShapeError when there is no argument number `argnums`.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * p["x"] + p["b"])({"w": 2.0, "x": 3.0, "b": 1.0})
    {'w': 3.0, 'x': 2.0, 'b': 1.0}
    >>> grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0)
    1.0
    """

    def gradient(call: Call) -> Any:
        return call.with_aux(_gradient(call, argnums))

    return _derivative("grad", f, argnums, gradient, has_aux)


def jacobian(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives all derivatives of all numbers that f returns.

    The result has the containers of f's output, with those of the argument inside: a function
    from a list of n to a list of m gives m lists of n, one from array to array an m by n array.
    One reverse sweep per output. Errors as those of `grad`.

    >>> jacobian(lambda p: [p[0] * p[1], p[0] + p[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def matrix(call: Call) -> Any:
        outputs = call.all_numbers()
        return call.with_aux(_blocks(call, [call.structure], argnums, outputs)[0])

    return _derivative("jacobian", f, argnums, matrix, has_aux)


@overload
def hessian(f: Scalar, argnums: Literal[0] = 0) -> Hessian: ...
@overload
def hessian(f: Scalar, argnums: Argnums) -> Function: ...
def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """A function that gives the matrix of second derivatives of f, which returns one number.

    The result has the containers of the argument twice: a list of n gives n lists of n, an array
    of n an n by n array, a number a number. One sweep for the gradient's graph, then one sweep
    over it per number. Errors as those of `grad`.

    >>> hessian(lambda p: p[0]**2 * p[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """

    def matrix(call: Call) -> Any:
        first = call.pull([call.one_number()], [1.0], graph=True)
        return _by_argument(argnums, _blocks(call, call.inputs, argnums, first))

    return _derivative("hessian", f, argnums, matrix)


@overload
def hvp(f: Scalar, primals: tuple[X], tangents: tuple[X]) -> X: ...
@overload
def hvp(f: Scalar, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, ...]: ...
@overload
def hvp(f: Scalar, primals: X, tangents: X) -> X: ...
def hvp(f: Function, primals: Any, tangents: Any) -> Any:
    """The product of f's Hessian with a direction, without the matrix.

    `primals` is the tuple of f's arguments, `tangents` a direction for each, in like containers.
    Returns the product for the argument, or a tuple of products if there are several. An argument
    that stands alone need not be in a tuple. Costs a few gradients, whatever the number of
    variables. Raises ShapeError where the tangents do not match.

    >>> hvp(lambda p: p[0]**2 * p[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    alone = not isinstance(primals, tuple)
    arguments, directions = ((primals,), (tangents,)) if alone else (primals, tangents)
    moves = _directions("hvp", arguments, directions)
    call = Call("hvp", f, arguments, {}, range(len(arguments)))
    first = call.pull([call.one_number()], [1.0], graph=True)
    results = call.split(call.gradients(call.pull(first, moves)))
    return results[0] if len(results) == 1 else tuple(results)


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """f's output, and a function that multiplies a vector with the Jacobian from the left.

    `output, pull = vjp(f, x, y)`; `pull(cotangents)` takes numbers in the containers of the
    output and gives a tuple with one result per primal: the cotangents times the Jacobian. One
    reverse sweep each. Raises ShapeError where the cotangents do not match the output.

    >>> output, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> output, pull([1.0, 0.0]), pull([1.0, 10.0])
    ([6.0, 5.0], (3.0, 2.0), (13.0, 12.0))
    """
    call = Call("vjp", f, primals, {}, range(len(primals)))
    outputs = call.all_numbers()

    def pull(cotangents: Any) -> tuple[Any, ...]:
        seeds, structure = flatten(cotangents, "vjp: cotangents")
        check_agreement(call.structure, structure, "vjp: the cotangents", "the output")
        return tuple(call.split(call.gradients(call.pull(outputs, seeds))))

    return call.structure.unflatten(call.results()), pull


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f's output, and its derivative in a direction: the Jacobian times the tangents.

    `primals` is the tuple of f's arguments, `tangents` a direction for each, in like containers.
    Forward accumulation: each node's tangent follows from those of its operands, in one sweep
    whatever the number of outputs. Returns (output, tangent of the output), in like containers.
    Raises ShapeError where the tangents do not match.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise OperandError("jvp: primals and tangents are tuples with one entry per argument")
    moves = _directions("jvp", primals, tangents)
    call = Call("jvp", f, primals, {}, range(len(primals)))
    outputs = call.all_numbers()
    nodes: list[Any] = [x for x in outputs if isinstance(x, Node)]
    directions = {
        id(variable): move
        for variable, move in zip(call.variables, moves, strict=True)
        if not is_zero(move)
    }
    with call.recording():
        plain = call.plain and all(move.__class__ is float for move in moves)
        rest = iter(forward_sweep(nodes, directions, plain))
    found = [next(rest) if isinstance(x, Node) else 0.0 for x in outputs]
    structure = call.structure
    return structure.unflatten(call.results()), structure.unflatten(call.release(found))


def _derivative(
    name: str, f: Function, argnums: Argnums, of: Callable[[Call], Any], has_aux: bool = False
) -> Function:
    """The function that calls f on variables and gives what `of` makes of the call."""
    check_function(name, f)

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        positions = positions_of(name, argnums, len(args))
        return of(Call(name, f, args, kwargs, positions, has_aux))

    return differentiated


def _gradient(call: Call, argnums: Argnums) -> Any:
    found = call.pull([call.one_number()], [1.0])
    return _by_argument(argnums, call.split(call.gradients(found)))


def _by_argument(argnums: Argnums, results: list[Any]) -> Any:
    return tuple(results) if isinstance(argnums, (tuple, list)) else results[0]


def _blocks(
    call: Call, outputs: list[Structure], argnums: Argnums, numbers: Sequence[Number | None]
) -> list[Any]:
    """The derivatives of numbers in the containers of the outputs, inside those of the inputs."""
    rows = iter([call.gradients(call.pull([number], [1.0])) for number in numbers])

    def of_output(leaf: Structure) -> Any:
        entries = [iter(row) for row in islice(rows, leaf.size)]

        def of_input(inner: Structure) -> Any:
            parts = [inner.block(list(islice(row, inner.size))) for row in entries]
            return leaf.block(parts, inner.shape or ())

        return _by_argument(argnums, [structure.fill(of_input) for structure in call.inputs])

    return [structure.fill(of_output) for structure in outputs]


def _directions(name: str, primals: Any, tangents: Any) -> list[Number]:
    """The flat tangents, checked against the primals."""
    if not isinstance(tangents, (tuple, list)) or len(tangents) != len(primals):
        raise ShapeError(
            f"{name}: there are {len(primals)} primals; tangents must be a tuple of as many"
        )
    moves: list[Number] = []
    for position, (primal, tangent) in enumerate(zip(primals, tangents, strict=True)):
        _, structure = flatten(primal, f"{name}: primal {position}")
        numbers, given = flatten(tangent, f"{name}: tangent {position}")
        check_agreement(structure, given, f"{name}: tangent {position}", "its primal")
        moves += numbers
    return moves
