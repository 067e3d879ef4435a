"""How the operands of a primitive stand: a fixed number of them, or columns of any length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Layout:
    """The variables of a primitive, and which of them each operand stands for.

    `arity` is the number of operands, or None for an n-ary primitive. The operands of an n-ary
    primitive come in `columns` of equal length followed by a `tail` of single ones: `sum` has the
    column x; `dot` the columns x and y; `affine` the columns w and x and the tail b.
    """

    def __init__(self, variables: Sequence[str], columns: int) -> None:
        self.variables: tuple[str, ...] = tuple(variables)
        self.columns: int = columns
        self.tail: int = len(self.variables) - columns if columns else 0
        self.arity: int | None = None if columns else len(self.variables)

    def variable_of(self, index: int, count: int) -> tuple[int, int]:
        """(which variable, which row) the operand number `index` of `count` stands for."""
        if self.arity is not None:
            return index, 0
        rows = (count - self.tail) // self.columns
        if index >= rows * self.columns:
            return self.columns + index - rows * self.columns, 0
        return divmod(index, rows)

    def by_rows(self, count: int) -> Sequence[int]:
        """The operand numbers in the order in which every sweep adds contributions: row by row.

        A node may be an operand several times; the same order everywhere gives the same bits.
        """
        if self.columns < 2:
            return range(count)
        rows = (count - self.tail) // self.columns
        body = [column * rows + row for row in range(rows) for column in range(self.columns)]
        return [*body, *range(rows * self.columns, count)]

    def bind(self, index: int, z: Any, operands: Sequence[Any]) -> dict[str, Any]:
        """What the variables stand for in the derivative by operand number `index`."""
        names: dict[str, Any] = {"z": z}
        if self.arity is not None:
            names.update(zip(self.variables, operands, strict=True))
            return names
        rows = (len(operands) - self.tail) // self.columns
        row = self.variable_of(index, len(operands))[1]
        names["row"] = float(row)
        for which, name in enumerate(self.variables):
            last = self.columns * (rows - 1) + which  # of the tail: after all the columns
            names[name] = operands[which * rows + row if which < self.columns else last]
        return names

    def pack(self, operands: Sequence[Any]) -> tuple[Any, Any]:
        """The two slots of a node: flat for one or two operands, tuples for more."""
        if self.arity == 1:
            return operands[0], None
        if self.arity == 2:
            return operands[0], operands[1]
        if self.columns < 2:
            return tuple(operands), None
        rows = (len(operands) - self.tail) // 2
        return (*operands[:rows], *operands[2 * rows :]), tuple(operands[rows : 2 * rows])

    def unpack(self, x: Any, y: Any) -> tuple[Any, ...]:
        """The operands in their order, constants included: the inverse of `pack`."""
        if self.arity == 1:
            return (x,)
        if self.arity == 2:
            return (x, y)
        if self.columns < 2:
            return tuple(x)
        return (*x[: len(y)], *y, *x[len(y) :])
