"""What a traced function does besides returning: it is found when the trace closes, and refused.

A replay computes numbers and nothing else. So a function must not write to its arguments, and no
traced Value may live on outside.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import NoReturn

from autodiff.graph import Node
from autodiff.value import Value

from .containers import Copied, held_by, same
from .objects import Objects
from .trace import TraceError


def refuse_changes(copies: Sequence[Copied], line: str) -> None:
    """Raise TraceError if the function has written to a container among its arguments."""
    for made, held, _ in copies:
        if held is not None and not same(held, held_by(made)):
            _refuse_write(made, line)


def refuse_effects(objects: Objects, line: str) -> None:
    """The same for the objects among its arguments and what they hold."""
    changed = objects.changed()
    if changed is not None:
        _refuse_write(changed, line)


def _refuse_write(written: object, line: str) -> NoReturn:
    kind = type(written).__name__
    drawn = " (drawing a random number is that, too)" if "Random" in kind or "Gen" in kind else ""
    raise TraceError(
        line,
        f"the function writes to an argument (a {kind}){drawn}, which a replay would not do",
        "work on a copy of it, or return what is new and store it after the call",
    )


def refuse_leaks(nodes: list[Node], line: str) -> None:
    """Raise TraceError if a traced Value lives on outside its trace; empties the list.

    Users stand behind their operands in the list. So from its end on, each node is held by the
    list alone, once those behind it are gone.
    """
    nodes.append(Value(0.0))  # held by nobody else: what counts of references are compared with
    alone, collected = 0, False
    while nodes:
        node = nodes.pop()
        count = sys.getrefcount(node)
        if not alone:
            alone = count
        elif count > alone:
            if not collected:  # it may be garbage: local functions that call themselves are cycles
                collected = True
                gc.collect()
                count = sys.getrefcount(node)
            if count > alone:
                raise TraceError(
                    line,
                    "a Value that was computed inside the jitted function outlives the call: "
                    f"{_holder(node, nodes)} holds it, and no replay would put another one there",
                    "return it from the function, and store the result",
                )


def _holder(node: Node, nodes: list[Node]) -> str:
    """What holds a Value, in words."""
    for holder in gc.get_referrers(node):
        if holder is nodes or hasattr(holder, "f_code"):
            continue
        if isinstance(holder, dict):
            for name, thing in holder.items():
                if thing is node:
                    return f"{name!r} of a dict or of an object"
        if not isinstance(holder, Node):
            return f"a {type(holder).__name__}"
    return "something outside"
