"""What `strict()` looks for: numbers that are not finite, operands changed since."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .complaints import described
from .errors import AutodiffError, NonFiniteError, StaleGraphError
from .graph import Node, note_of
from .primitive import local_derivative


def check_result(node: Node) -> None:
    """A node that has just been computed is finite."""
    if not math.isfinite(node._data):
        raise NonFiniteError(f"{_named(node)}: the result is {node._data!r}{_place(node)}")


def check_graph(order: Sequence[Node]) -> None:
    """Every node still has the value that its operands give."""
    for node in order:
        if node.primitive is None:
            continue
        operands = [getattr(operand, "data", operand) for operand in node.operands]
        again = node.primitive.total.forward(*operands)
        if again != node._data and not (again != again and node._data != node._data):
            raise StaleGraphError(
                f"{_named(node)}: computed as {node._data!r}, these operands give {again!r}: one "
                f"was changed after the graph was built{_place(node)}; build the graph again"
            )


def check_adjoints(order: Sequence[Node]) -> None:
    """No adjoint is nan or infinite."""
    for node in reversed(order):
        adjoint: Any = node._adjoint  # a float inside the sweep
        if node.primitive is None or not math.isfinite(adjoint):
            continue
        for index, operand in enumerate(node.operands):
            if isinstance(operand, float) or math.isfinite(operand._adjoint):
                continue
            operands = [getattr(each, "data", each) for each in node.operands]
            try:
                local = local_derivative(node.primitive, index, node._data, operands)
            except AutodiffError:  # a compiled call has no formulas; the operand is named below
                continue
            if local is None or math.isfinite(local * adjoint):
                continue
            raise NonFiniteError(
                f"{_named(node)}: the derivative by operand {index} is {local!r}, the adjoint "
                f"{adjoint!r}: the gradient is not finite{_place(node)}"
            )
    for node in order:
        adjoint = node._adjoint
        if not math.isfinite(adjoint):
            raise NonFiniteError(f"the gradient of {node!r} is {adjoint!r}{_place(node)}")


def _named(node: Node) -> str:
    assert node.primitive is not None
    return described(node.primitive, node.operands)


def _place(node: Node) -> str:
    line = note_of(node).line
    return f" ({line})" if line else ""
