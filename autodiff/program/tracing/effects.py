"""What a traced function does besides returning: it is found when the trace closes, and refused.

A replay computes numbers and nothing else. So a function must not write to its arguments, and no
traced Value may live on outside.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any, NoReturn

from autodiff.graph import Node

from .copied import Copied, held_by, same
from .objects import Objects
from .trace import Trace, TraceError


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


def refuse_leaks(trace: Trace, line: str) -> None:
    """Raise TraceError if a traced Value lives on outside its trace, which has ended."""
    trace.nodes.clear()
    if trace.leaks():
        gc.collect()  # it may be garbage: local functions that call themselves are cycles
    if trace.leaks():
        raise TraceError(
            line,
            "a Value that was computed inside the jitted function outlives the call: "
            f"{_holder(gc.get_referrers(trace.ended))} holds it, and no replay would put another "
            "one there",
            "return it from the function, and store the result",
        )


def _holder(living: list[Any]) -> str:
    """What holds one of the nodes that live on, in words."""
    nodes = [node for node in living if isinstance(node, Node)]
    nodes.reverse()
    for node in nodes:
        for holder in gc.get_referrers(node):
            if holder is nodes or holder is living or hasattr(holder, "f_code"):
                continue
            if isinstance(holder, dict):
                for name, thing in holder.items():
                    if thing is node:
                        return f"{name!r} of a dict or of an object"
            if not isinstance(holder, Node):
                return f"a {type(holder).__name__}"
    return "something outside"
