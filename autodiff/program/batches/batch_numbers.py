"""Results of a mapped function: as a plain list, and as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autodiff.errors import ShapeError
from autodiff.graph import Node
from autodiff.program.inputs import Tree
from autodiff.program.numpy_types import Array, numpy
from autodiff.program.tracing.variant import Variant
from autodiff.trees import flatten
from autodiff.value import Value


class Results(list[Tree]):
    """The results of a mapped function that was run example by example."""

    @property
    def numbers(self) -> Array:
        """The numbers of all results as an array: one per example, or a row of them."""
        return table(self)


def table(results: Iterable[Tree]) -> Array:
    """The numbers of results as an array, those of lists, tuples and dicts in rows."""
    np = numpy()
    rows, lengths, single = [], set(), False
    for result in results:
        numbers, structure = flatten(result, "a result of a mapped function")
        rows.append([x._data if isinstance(x, Node) else x for x in numbers])
        single = structure.make is None and structure.shape is None
        lengths.add(len(numbers))
    if len(lengths) > 1:
        raise ShapeError(f"results of {sorted(lengths)} numbers are no table; take them one by one")
    made = np.array(rows, dtype=float).reshape(len(rows), *lengths)
    return made[:, 0] if single else made


def columns(variant: Variant, outputs: Array) -> tuple[list[Array | float], bool] | None:
    """For each number of a result its number in all examples, and whether it is a single one.

    None where the result has other kinds of numbers than Values.
    """
    marks = [Value(0.0) for _ in range(len(outputs))]
    numbers, structure = flatten(variant.refill(marks), "a result of a mapped function")
    places = {id(mark): row for mark, row in zip(marks, outputs, strict=True)}
    if sum(id(number) in places for number in numbers) < len(marks):
        return None
    single = structure.make is None and structure.shape is None
    return [places.get(id(number), number) for number in numbers], single


def filled(parts: Sequence[tuple[Array, list[Array | float]]], count: int, single: bool) -> Array:
    """The table of `count` examples from the members and columns of each path."""
    np = numpy()
    made = np.empty((count, len(parts[0][1])))
    for members, numbers in parts:
        for at, column in enumerate(numbers):
            made[members, at] = column
    return made[:, 0] if single else made
