"""Solutions of the exercises, for after you have tried. Others may be just as right."""

from __future__ import annotations

from typing import Any

from exercises.solutions import first_half, more, second_half, value


def solution(name: str) -> Any:
    """The solution that belongs to the checker of that name."""
    short = name.removeprefix("check_")
    if short == "topological_order":
        return value.order
    for module in (first_half, second_half):
        if hasattr(module, short):
            return getattr(module, short)
    return more.More if short in ("sub", "div", "exp", "log", "relu") else value.Value
