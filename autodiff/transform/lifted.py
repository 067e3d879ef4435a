"""A function called on fresh variables: what all transforms begin with.

Each differentiated number becomes a variable of its own, an `identity` node: of a float, or of
the outer Value that was passed. So an inner derivative never mistakes an outer variable for its
own (d/dx x * (d/dy (x + y)) is 1), and gradients still flow to the outer ones. A number leaves as
a plain float unless it depends on a Value from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from autodiff import rules
from autodiff.complaints import check_function
from autodiff.errors import OperandError, ShapeError
from autodiff.graph import Node, topological_order
from autodiff.modes import current, entered, modes, uncompiled
from autodiff.trees import Structure, flatten, transform_values
from autodiff.value import Value, record

from .folding import Number
from .sweep import adjoints, float_adjoints


class Call:
    """One call of a function on variables, and its outputs."""

    def __init__(
        self, name: str, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any],
        positions: Sequence[int], has_aux: bool = False,
    ) -> None:  # fmt: skip
        check_function(name, f)
        self._name, self._returned = name, f"{name}: what the function returned"
        self.inputs: list[Structure] = []
        self.numbers: list[Any] = []
        self.variables: list[Value] = []
        #: ids of the leaves below the variables that stand for floats
        self._own: set[int] = set()
        lifted = list(args)
        self._recording = not modes or current().recording
        with self.recording():
            for position in positions:
                numbers, structure = flatten(args[position], f"{name}: argument {position}")
                variables = [self._variable(number) for number in numbers]
                lifted[position] = structure.unflatten(variables)
                self.inputs.append(structure)
                self.numbers += numbers
                self.variables += variables
            with uncompiled():
                result = f(*lifted, **kwargs)
        self._aux: Any = None
        self._has_aux = has_aux
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise OperandError(
                    f"{name}: with has_aux=True the function must return a pair (output, aux)"
                )
            result, self._aux = result
        self.result: Any = result
        self.structure: Structure = Structure()
        self.outputs: list[Any] = []
        self._plain: bool | None = None

    def _variable(self, number: Number) -> Value:
        """A node of its own for an argument; no leaf, so that float() of it gives a warning."""
        if isinstance(number, float):
            number = Value(number)
            self._own.add(id(number))
        variable = record(rules.identity, (number,))
        variable.label = number.label
        return variable

    def _is_outside(self, node: Value) -> bool:
        return node.primitive is None and id(node) not in self._own

    def recording(self) -> Any:
        """Inside this block operations are recorded, whatever is around the transform."""
        return nullcontext() if self._recording else entered(recording=True)

    def one_number(self) -> Number:
        """The output of a function that must return a single number."""
        outputs = self.all_numbers()
        if not self.structure.is_number:
            raise OperandError(
                f"{self._returned} is {self.structure.describe()}; {self._name} takes functions "
                "that return one number (see jacobian for several)"
            )
        return outputs[0]  # type: ignore[no-any-return]  # flatten gives numbers

    def all_numbers(self) -> list[Any]:
        """The outputs of a function that may return containers of numbers."""
        self.outputs, self.structure = flatten(self.result, self._returned)
        return self.outputs

    @property
    def plain(self) -> bool:
        """Whether no Value from outside takes part, so that floats say everything."""
        if self._plain is None:
            outputs = [x for x in self.outputs if x.__class__ is not float]
            self._plain = all(x.__class__ is float for x in self.numbers) and not any(
                map(self._is_outside, topological_order(*outputs))
            )
        return self._plain

    def pull(
        self, outputs: Sequence[Number | None], seeds: Sequence[Number], graph: bool = False
    ) -> list[Number | None]:
        """The sum of seed times derivative of each output, for each variable.

        In floats where floats say everything, unless a `graph` is wanted. Outputs with the seed 0
        take no part: 0 times an infinite derivative would be nan.
        """
        pairs = [
            (output, seed)
            for output, seed in zip(outputs, seeds, strict=True)
            if isinstance(output, Node) and not is_zero(seed)
        ]
        if not pairs:
            return [None] * len(self.variables)
        nodes: tuple[Any, ...]
        nodes, weights = zip(*pairs, strict=True)
        with self.recording():
            if self.plain and not graph and all(weight.__class__ is float for weight in weights):
                return list(float_adjoints(nodes, weights, self.variables))
            return adjoints(nodes, weights, self.variables)

    def split(self, numbers: Sequence[Number]) -> list[Any]:
        """One number per variable in the containers of the arguments."""
        rest = iter(numbers)
        return [structure.unflatten(rest) for structure in self.inputs]

    def results(self) -> list[Number]:
        """The outputs as they leave."""
        if self.plain:
            return [getattr(output, "data", output) for output in self.outputs]
        return self.release(self.outputs)

    def release(self, numbers: Sequence[Number | None]) -> list[Number]:
        """Numbers as they leave: Values where they depend on Values from outside, else floats."""
        nodes = [x for x in numbers if isinstance(x, Node)]
        outside: set[int] = set()
        for node in topological_order(*nodes):
            if self._is_outside(node) or any(id(parent) in outside for parent in node.parents):
                outside.add(id(node))
        released: list[Number] = []
        for number in numbers:
            if isinstance(number, Node) and id(number) not in outside:
                number = number.data
            elif isinstance(number, Node) and not self._recording:
                number = number.detach()
            released.append(0.0 if number is None else number)
        return released

    def gradients(self, numbers: Sequence[Number | None]) -> list[Number]:
        """One number per input, as it leaves; a Value for each input that was a Value."""
        released = self.release(numbers)
        for index, source in enumerate(self.numbers):
            if source.__class__ is not float and released[index].__class__ is float:
                released[index] = Value(released[index])  # type: ignore[arg-type]  # a float
        return released

    def with_aux(self, result: Any) -> Any:
        """A result, in a pair with what f returned besides its output, if it does."""
        if not self._has_aux:
            return result
        return result, transform_values(self._aux, lambda value: self.release([value])[0])


def is_zero(number: Number) -> bool:
    """Whether a direction or a seed is the constant 0."""
    return number.__class__ is float and number == 0.0


def positions_of(name: str, argnums: Any, count: int) -> tuple[int, ...]:
    """The positions of the arguments to differentiate by; raises for what is none."""
    wanted = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    found = []
    for position in wanted:
        if not isinstance(position, int) or isinstance(position, bool):
            raise OperandError(
                f"{name}: argnums is the position of an argument or a tuple of positions, "
                f"not {argnums!r}"
            )
        if not -count <= position < count:
            raise ShapeError(
                f"{name}: argnums = {argnums!r}, but the function was called with {count} "
                f"positional argument{'' if count == 1 else 's'}"
            )
        found.append(position % count)
    if len(set(found)) < len(found) or not found:
        raise ShapeError(f"{name}: argnums = {argnums!r} must name each argument once")
    return tuple(found)
