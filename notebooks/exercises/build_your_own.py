"""Build your own Value: one checker per step, each content with what its step asks for.

A Value has `Value(number)`, `.data`, `.grad` (0.0 at first) and `.backward()`; everything inside
is up to you. A checker uses only the operations of its own step, and of multiplication and
addition from step 4 on.
"""

from __future__ import annotations

from typing import Any

from exercises.engine import exercise
from exercises.graphs import SHARED, graph, random_graphs
from exercises.running import (
    Edges,
    ask_order,
    ladder,
    order_points,
    show_edges,
    single,
    sort,
    twice,
    value_checker,
)  # fmt: skip

_SWEEP = "no seed; seed everywhere; no local"

check_add = value_checker(
    "add",
    "Step 1: `a + b` with backward(), also for `a + a`, `a + 1` and `1 + a`.",
    single("c = a + b", "b = a + a", "b = a + 1", "b = 1 + a"),
    "= for +=; no seed; __radd__ leaks .data",
    "A sum passes its gradient on to every term.",
)
check_mul = value_checker(
    "mul",
    "Step 2: `a * b`, also for `a * a`, `a * 2` and `2 * a`.",
    single("c = a * b", "b = a * a", "b = a * 3", "b = 3 * a"),
    f"= for +=; {_SWEEP}; exchanged; __rmul__ leaks .data",
    "Each factor gets the gradient times the other one.",
)


@exercise(
    "topological order",
    show=show_edges,
    points=order_points,
    level=2,
    ask=ask_order,
    praise="Reversed, it is the order for backward()",
    slips={
        "children first": (
            "children come before their parents",
            "parents come first, the root last: append a node after its parents have been visited",
        ),
        "pre-order": (
            "a node is listed before its parents",
            "append it after all its parents have been visited",
        ),
        "not marked": (
            "a node is listed once for each path to it",
            "mark the nodes that have been visited, and skip them",
        ),
        "first parent only": (
            "only the first parent of a node is followed",
            "go on to all parents",
        ),
        "root missing": ("the root is missing", "the root belongs into the list, as the last one"),
    },
)
def check_topological_order(slip: Any, edges: Edges) -> Any:
    """Step 3: `order(root, parents)` lists what root depends on, parents before children.

    Nodes are opaque: `parents(node)` gives those that a node was made of. Each node comes once,
    the root last.
    """
    return ask_order(lambda root, parents: sort(root, parents, slip), edges)


check_backward = value_checker(
    "backward",
    "Step 4: backward() on graphs in which results are used more than once.",
    [
        *SHARED,
        *random_graphs("+*", shared=True, count=60),
        ladder(50),
    ],
    "= for +=; = for +=, right first; pre-order; no topological order; breadth first; "
    f"from the leaves; no upstream; {_SWEEP}",
    "Every node waits for all its users.",
    level=2,
)
check_twice = value_checker(
    "twice",
    "Step 5: a second backward() adds to the gradients, as if each had been alone.",
    [
        graph("b = a + a", a=1.0),
        graph("b = a * a; c = b * a", a=3.0),
        *random_graphs("+*", shared=True, count=40),
    ],
    "= for +=; = for +=, right first; stale; replaced; no topological order; breadth first",
    "Gradients of two calls add up.",
    twice,
    level=2,
)
check_power = value_checker(
    "power",
    "Step 6: `a ** n` for a plain number n, whole or not.",
    [
        *single("b = a ** 2", "b = a ** 3", "b = a ** -1", "b = a ** 1", "b = a ** 0"),
        *single("b = a ** 0.5", "b = a ** 2.5", positive=True),
    ],
    "exponent kept; factor n missing; no seed",
    "With it come division and the square root.",
)
check_tanh = value_checker(
    "tanh",
    "Step 7: the method `a.tanh()`, the first function of the engine.",
    single("b = tanh a"),
    "tanh of the input; tanh like sigmoid; tanh without square; no seed",
    "The derivative uses the output, 1 - t*t.",
)
check_sub = value_checker(
    "sub",
    "Step 8: `a - b`, `a - a`, `a - 1`, and `1 - a` by `__rsub__`; `-a` too.",
    single("c = a - b", "b = a - a", "b = a - 1", "b = 1 - a", "b = neg a"),
    "= for +=; minus lost; number - value turned; no seed",
    "A minus goes into the gradient.",
)
check_div = value_checker(
    "div",
    "Step 9: `a / b`, `a / a`, `a / 2`, and `2 / a` by `__rtruediv__`.",
    single("c = a / b", "b = a / a", "b = a / 2", "b = 3 / a"),
    "= for +=; divisor without minus; divisor without square; number / value turned; no seed",
    "The divisor gets -a/b**2.",
    level=2,
)
check_exp = value_checker(
    "exp",
    "Step 10: the method `a.exp()`.",
    single("b = exp a"),
    "exp by the power rule; exp of the output; no seed",
    "It is its own derivative.",
)
check_log = value_checker(
    "log",
    "Step 11: the method `a.log()`.",
    single("b = log a", positive=True),
    "log of the output; log inverted; no seed",
    "1/x.",
)
check_relu = value_checker(
    "relu",
    "Step 12: the method `a.relu()`, with slope 0 where the input is negative.",
    single("b = relu a"),
    "relu passes all; relu itself; no seed",
    "A gate: open or shut.",
)
