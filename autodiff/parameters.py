"""`ParameterVector`: many leaves at once, as NumPy arrays of their numbers and gradients."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from itertools import repeat
from typing import Any

from .buffers import Places, Write, commit, numpy
from .errors import OperandError, ShapeError
from .value import Value


class ParameterVector:
    """Leaf Values, each once, seen as one vector of numbers and one of gradients.

    For whoever moves or inspects parameters with NumPy, such as an optimizer of one's own:
    reading and writing them here takes some microseconds once a function made by `jit` has
    captured one of them (16 or more, to be exact), because all of them then lie in one place;
    before, it takes a loop. They stay ordinary parameters.

    >>> from autodiff import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> vector = ParameterVector([x, y])
    >>> (x * x + x * y).backward()
    >>> vector.grad.tolist()
    [10.0, 3.0]
    >>> vector.data = vector.data - 0.1 * vector.grad
    >>> x.data, y.data
    (2.0, 3.7)
    """

    def __init__(self, parameters: Iterable[Value]) -> None:
        found = tuple(parameters)
        for index, parameter in enumerate(found):
            if not isinstance(parameter, Value):
                raise OperandError(f"parameter {index} is no Value but {parameter!r:.60}")
            if parameter.primitive is not None:
                raise OperandError(f"parameter {index} is computed from others: {parameter!r:.60}")
        if len(set(map(id, found))) < len(found):
            raise OperandError("a ParameterVector takes each parameter once")
        self.parameters = found
        self._places = Places(found)
        self._places.lead()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.parameters,)

    def __len__(self) -> int:
        return len(self.parameters)

    def __repr__(self) -> str:
        where = "in buffers" if not self._places.find().loose else "one by one"
        return f"<ParameterVector of {len(self)} parameters, {where}>"

    @property
    def buffered(self) -> bool:
        """Whether reading and writing is fast: all of the parameters lie in buffers.

        Once a compiled function has moved some of them there, the others follow here.
        """
        return not self._places.follow().loose

    @property
    def data(self) -> Any:
        """The numbers as an array of the caller's own: a copy. Assign to set them."""
        whole = self._places.whole
        return self._read("data") if whole is None else whole.data.copy()

    @data.setter
    def data(self, numbers: Any) -> None:
        commit(self._writes("data", numbers))

    @property
    def grad(self) -> Any:
        """The gradients as an array of the caller's own: a copy. Assign to set them."""
        whole = self._places.whole
        return self._read("grad") if whole is None else whole.grad.copy()

    @grad.setter
    def grad(self, numbers: Any) -> None:
        commit(self._writes("grad", numbers))

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        whole = self._places.whole
        if whole is not None:
            whole.grad.fill(0.0)
            return
        found = self._places.find()
        writes: list[Write] = [
            (operator.setitem, part.grad, part.entries, 0.0) for part in found.parts
        ]
        commit([*writes, *zip(repeat(setattr), found.loose, repeat("grad"), repeat(0.0))])

    def store(self, data: Any, alongside: Iterable[tuple[Any, Any, Any]] = ()) -> None:
        """Set all numbers, and entries of other arrays, given as (array, index, numbers).

        Everything in one call: an interrupt comes before it or after.
        """
        writes = self._writes("data", data)
        for numbers, index, new in alongside:
            writes.append((operator.setitem, numbers, index, new))
        commit(writes)

    def _read(self, what: str) -> Any:
        found = self._places.find()
        out = numpy().empty(len(self))
        for part in found.parts:
            out[part.among] = getattr(part, what)[part.entries]
        if found.loose:
            numbers = [getattr(leaf, what) for leaf in found.loose]
            out[slice(None) if found.positions is None else found.positions] = numbers
        return out

    def _writes(self, what: str, numbers: Any) -> list[Write]:
        """The changes that set "data" or "grad" to these numbers."""
        numbers = numpy().asarray(numbers, dtype=float)
        if numbers.shape != (len(self),):
            raise ShapeError(f"{len(self)} parameters, numbers of shape {numbers.shape}")
        whole = self._places.whole
        if whole is not None:
            return [(operator.setitem, getattr(whole, what), whole.entries, numbers)]
        _, parts, loose, positions, _ = self._places.find()
        writes: list[Write] = [
            (operator.setitem, getattr(part, what), part.entries, numbers[part.among])
            for part in parts
        ]
        if loose:
            rest = numbers if positions is None else numbers[positions]
            writes += zip(repeat(setattr), loose, repeat(what), rest.tolist())
        return writes
