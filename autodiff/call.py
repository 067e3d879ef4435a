"""How a public function applies a primitive: to floats, to Values, or to symbols inside a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, overload

from .complaints import explain
from .errors import OperandError
from .formula import Formula
from .graph import Node
from .number import Operand
from .number import unary as operation
from .primitive import Primitive
from .reals import Real, constant
from .value import Value, record

Number = Value | float
_PLAIN: tuple[set[type], ...] = ({Value}, {Value, float})


if TYPE_CHECKING:

    class Unary(Protocol):
        """A function of one number: a float gives a float, a Value gives a Value."""

        @overload
        def __call__(self, x: Value) -> Value: ...
        @overload
        def __call__(self, x: Real) -> float: ...

    class Binary(Protocol):
        """A function of two numbers: two floats give a float, a Value gives a Value."""

        @overload
        def __call__(self, x: Real, y: Real, /) -> float: ...
        @overload
        def __call__(self, x: Operand, y: Operand, /) -> Value: ...

else:  # nobody asks at run time
    Unary = Binary = Callable[..., Any]


def call(primitive: Primitive, *operands: Any) -> Any:
    """Apply a primitive: floats give a float, Values a Value, symbols a formula."""
    if len(operands) > 3 and set(map(type, operands)) in _PLAIN:  # a neuron: no need to look twice
        return record(primitive, operands)
    numbers: list[Any] = []
    symbolic = recorded = False
    for position, operand in enumerate(operands):
        if operand.__class__ is float:
            numbers.append(operand)
        elif isinstance(operand, Node):
            recorded = True
            numbers.append(operand)
        elif isinstance(operand, Formula):
            symbolic = True
            numbers.append(operand)
        else:
            number = constant(operand)
            if number is None:
                raise OperandError(
                    f"{primitive.name}: operand {position + 1} is a {type(operand).__name__}; "
                    "it takes real numbers and Values, one at a time"
                )
            numbers.append(number)
    if symbolic:
        return primitive(*numbers)
    if recorded:
        return record(primitive, numbers)
    try:
        return primitive.forward(*numbers)
    except (ValueError, ArithmeticError) as error:
        raise explain(primitive, numbers, error) from None


def known_node(primitive: Primitive, operands: tuple[Any, ...], data: float) -> Value:
    """A node whose number is known."""
    node = object.__new__(Value)
    node._data = data
    node._grad = 0.0
    node._adjoint = node._y = node.label = None
    node.primitive = primitive
    node._x = operands
    return node


def unary(primitive: Primitive) -> Unary:
    """The public function of a primitive of one number."""
    of_value = operation(primitive)

    def function(x: Any) -> Any:
        return of_value(x) if x.__class__ is Value else call(primitive, x)

    public: Unary = documented(function, primitive)
    return public


def binary(primitive: Primitive) -> Binary:
    """The public function of a primitive of two numbers."""

    def function(x: Any, y: Any, /) -> Any:
        return call(primitive, x, y)

    public: Binary = documented(function, primitive)
    return public


def documented(function: Any, primitive: Primitive) -> Any:
    """Give a function the name and arguments of its primitive and the documentation of its rule."""
    function.__name__ = function.__qualname__ = primitive.name.rstrip("_")
    function.__module__ = "autodiff.functions"
    function.__doc__ = documentation(primitive)
    code = function.__code__
    if primitive.variables != code.co_varnames:  # atan2(y, x): inspect and help read names there
        function.__code__ = code.replace(co_varnames=primitive.variables)
    return function


def documentation(primitive: Primitive) -> str:
    """What the rule table says about a primitive, as a docstring."""
    lines = [primitive.doc, ""]
    arguments = ", ".join(primitive.variables)
    for name, textbook in zip(primitive.variables, primitive.textbook, strict=False):
        lines.append(f"Derivative of z = {primitive.name}({arguments}) by {name}: {textbook}.")
    if primitive.domain:
        lines.append(f"Domain: {primitive.domain}; elsewhere an error as Python's math raises it.")
    if primitive.kink:
        lines.append(f"Convention: {primitive.kink}.")
    if primitive.source:
        lines.append(f"Source: {primitive.source}.")
    if primitive.example:
        asked, answer = primitive.example.split(" -> ")
        lines += ["", f">>> {asked}", answer, ""]
    return "\n".join(lines)
