"""`count_paths`: in how many ways one Value reaches another."""

from __future__ import annotations

from .errors import OperandError
from .graph import topological_order
from .value import Value


def count_paths(y: Value, x: Value) -> int:
    """How many paths lead from x to y; an integer of any size.

    A path is a sequence of edges; a value used twice in one operation makes two of them. With
    n(y) = 1, n(x) is the sum of n(user) over all uses of x. That is the recursion of the reverse
    sweep with every local derivative replaced by 1, so one visit to each node is enough, however
    many paths there are (Bauer, SIAM J. Numer. Anal. 11, 1974). Operands that a selection such as
    relu did not choose count, too: the paths are those of the graph, not of its numbers.

    0 if y does not depend on x, 1 if they are the same node. Raises OperandError for anything that
    is not a Value.

    >>> from autodiff import Value
    >>> x = Value(1.0, "x")
    >>> y = x
    >>> for _ in range(60):
    ...     y = y + y
    >>> count_paths(y, x)
    1152921504606846976
    >>> count_paths(x, y)
    0
    """
    for each in (y, x):
        if not isinstance(each, Value):
            raise OperandError(f"count_paths needs two Values, not {type(each).__name__}")
    counts = {id(y): 1}
    for node in reversed(topological_order(y)):
        count = counts.pop(id(node))  # complete: all users came before
        if node is x:
            return count
        for parent in node.parents:
            counts[id(parent)] = counts.get(id(parent), 0) + count
    return 0
