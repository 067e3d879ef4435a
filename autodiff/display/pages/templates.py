"""Texts with slots: what Python prints for one number after the other, for all numbers.

A number changes what stands around it: brackets where it is negative or has a power of ten. So a
text is printed once in plain form, then once for each slot and each other form; where the result
differs, the difference is kept (form 1 is negative, 2 has a power of ten, 3 either). The page
joins the pieces: there is no second printer in JavaScript.

A template is [piece, slot, piece, slot, ..., piece]; a piece is a text, or [text, edit, ...] with
edits [slot, form, start, end, replacement] that hold while that slot has that form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from autodiff.display.notation import Slot
from autodiff.display.notation.numbers import CLOSE, OPEN

_HOLE = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
Template = str | list[Any]


def template(render: Callable[[], str]) -> Template:
    """The template of a text that is printed from slots."""
    Slot.asked.clear()
    pieces = _HOLE.split(render())
    slots = list(Slot.asked.values())
    edits: list[list[Any]] = [[] for _ in pieces]
    for slot in slots:
        for form, attribute in ((1, "negative"), (2, "power")):
            setattr(slot, attribute, True)
            changed = _HOLE.split(render())
            setattr(slot, attribute, False)
            assert len(changed) == len(pieces)
            for at, (before, after) in enumerate(zip(pieces, changed, strict=True)):
                if before == after:
                    continue
                edit = [slot.key, form, *_difference(before, after)]
                if edits[at] and edits[at][-1] == [slot.key, 1, *edit[2:]]:
                    edits[at][-1][1] = 3
                else:
                    edits[at].append(edit)
    if len(pieces) == 1:
        return pieces[0]
    return [[piece, *edit] if edit else piece for piece, edit in zip(pieces, edits, strict=True)]


def _difference(before: str, after: str) -> tuple[int, int, str]:
    """(start, end, replacement): the common end is taken first, then the common beginning."""
    end = _same(before[::-1], after[::-1])
    start = _same(before[: len(before) - end], after[: len(after) - end])
    return start, len(before) - end, after[start : len(after) - end]


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
