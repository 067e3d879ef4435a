"""Texts with slots: what Python prints for one number after the other, for all numbers.

A number changes what stands around it: brackets where it is negative or has a power of ten. So a
text is printed once in plain form, then once for each slot and each other form; where the result
differs, the difference is kept (form 1 is negative, 2 has a power of ten, 3 either, 4 is
false). The page joins the pieces: there is no second printer in JavaScript.

A template is [piece, slot, piece, slot, ..., piece]; a piece is a text, or [text, edit, ...] with
edits [slot, form, start, end, replacement] that hold while that slot has that form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from autodiff.display.notation import Slot
from autodiff.display.notation.numbers import CLOSE, OPEN

from .phrases import Markup

#: brackets around a slot, as the back ends write them
_BRACKET = re.compile(
    r'<mrow><mo form="prefix"(?: stretchy="false")?>\(</mo>|'
    r'<mo form="postfix"(?: stretchy="false")?>\)</mo></mrow>|[()]'
)
_BRACKETS = {
    "(": ")",
    '<mrow><mo form="prefix" stretchy="false">(</mo>':
        '<mo form="postfix" stretchy="false">)</mo></mrow>',
}  # fmt: skip
_HOLE = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
Template = str | list[Any]


def template(render: Callable[[], str]) -> Template:
    """The template of a text that is printed from slots."""
    Slot.asked.clear()
    pieces = _HOLE.split(render())
    slots = list(Slot.asked.values())
    edits: list[list[Any]] = [[] for _ in pieces]
    for slot in slots:
        for form, attribute in ((1, "negative"), (2, "power"), (4, "zero")):
            if form == 4 and not slot.truth:
                continue
            setattr(slot, attribute, True)
            changed = _HOLE.split(render())
            setattr(slot, attribute, False)
            assert len(changed) == len(pieces)
            for at, (before, after) in enumerate(zip(pieces, changed, strict=True)):
                if before == after:
                    continue
                for change in _edits(before, after):
                    same = [slot.key, 1, *change]
                    if form == 2 and same in edits[at]:
                        edits[at][edits[at].index(same)][1] = 3
                    else:
                        edits[at].append([slot.key, form, *change])
    if len(pieces) == 1:
        return pieces[0]
    edits = [sorted(each, key=lambda edit: edit[2]) for each in edits]
    for at in range(1, len(pieces), 2):
        pieces[at] = _slot(pieces[at], pieces[at - 1], edits[at - 1], edits[at + 1])
    return [[piece, *edit] if edit else piece for piece, edit in zip(pieces, edits, strict=True)]


def _slot(name: str, before: str, left: list[list[Any]], right: list[list[Any]]) -> str:
    """The name of a slot, shorter: =a|w is "equals" or "is about", x:v:3 has brackets in form 3."""
    name = name.removesuffix("|=|≈").replace("|equals|is about", "|w")
    for edit in left:
        key, form, start, end, put = edit
        close = [key, form, 0, 0, _BRACKETS.get(put, "")]
        if name.startswith(f"{key}:") and start == end == len(before) and close in right:
            left.remove(edit)
            right.remove(close)
            return f"{name}:{form}"
    return name


def markup(render: Callable[[], str]) -> Template:
    """The same for markup, in which signs may stand for phrases."""
    made = template(render)
    if isinstance(made, str):
        return Markup(made)
    for at in range(0, len(made), 2):
        piece = made[at]
        made[at] = [Markup(piece[0]), *piece[1:]] if isinstance(piece, list) else Markup(piece)
    return made


def _edits(before: str, after: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, replacement): brackets, as many as came; else one piece for another."""
    found, at, i = [], 0, 0
    while i < len(before) or at < len(after):
        bracket = _BRACKET.match(after, at)
        if bracket and not before.startswith(bracket[0], i):
            found.append((i, i, bracket[0]))
            at = bracket.end()
        elif before[i : i + 1] == after[at : at + 1]:
            i, at = i + 1, at + 1
        else:  # the common end is taken first, then the common beginning
            end = _same(before[::-1], after[::-1])
            start = _same(before[: len(before) - end], after[: len(after) - end])
            found = [(start, len(before) - end, after[start : len(after) - end])]
            break
    yield from found


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
