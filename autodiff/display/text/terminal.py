"""The steps as a table for terminals, and going through them by key.

8  df/db = df/dc · ∂c/∂b ≈ (−2.341) · (−0.3818) ≈ 0.8940   ∂c/∂b = cos b
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from typing import TextIO

from autodiff.display.notation import DIGITS, Role, TextBackend
from autodiff.display.steps import ForwardStep, Step, Steps

from .captions import sentence
from .equations import equations, only_path, write

_ANSI = {"value": "34", "grad": "33", "local": "35"}
_PIECE = re.compile("\x1b[^m]*m|.", re.DOTALL)
_SHORTEST_WIDTH = 30
_KEYS = ("", "b", "q")
_KEYS_SAID = "[Enter, b or q] "


class _Colours(TextBackend):
    def number(self, value: float, role: Role = "") -> str:
        return self.colour(super().number(value), role)

    def colour(self, inner: str, role: Role) -> str:
        return f"\x1b[{_ANSI[role]}m{inner}\x1b[0m" if role and "\x1b" not in inner else inner


def wants_colour(stream: TextIO | None = None) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set (https://no-color.org)."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(getattr(stream, "isatty", lambda: False)())


def wants_ascii(stream: TextIO | None = None) -> bool:
    """Whether the stream cannot show ∂ and the other signs."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    try:
        "∂·−≈√⁻⁴₉…".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return True
    return False


def render(
    steps: Steps,
    *,
    color: bool = False,
    ascii: bool = False,
    width: int | None = None,
    digits: int = DIGITS,
) -> str:
    """The whole table as text, one line per step, local derivatives in a column of their own.

    `width` is the terminal's; where it is too narrow for the column, the local derivative goes on
    a line below. Numbers are rounded to `digits` significant digits.
    """
    table = _Table(steps, color=color, ascii=ascii, digits=digits)
    rows = [(step, *table.row(step)) for step in steps]
    widest = max((_columns(line) for _, line, note in rows if note), default=0)
    label = len(str(len(steps)))
    room = max(width or 10**9, _SHORTEST_WIDTH)
    lines: list[str] = []
    for step, line, note in rows:
        if step.number in (1, len(steps.forward) + 1):
            lines += [""] * bool(lines)
            lines.append(f"{_pass(step)} pass")
        start = f"{step.number:>{label}}  "
        beside = f"{start}{line}{' ' * (widest - _columns(line))}   {note}"
        if not note:
            lines += _wrapped(start + line, room, label + 4)
        elif _columns(beside) <= room:
            lines.append(beside)
        else:
            lines += _wrapped(start + line, room, label + 4)
            lines += _wrapped(" " * (label + 4) + note, room, label + 6)
    return "\n".join(lines) + "\n"


class _Table:
    def __init__(self, steps: Steps, *, color: bool, ascii: bool, digits: int) -> None:
        self.steps = steps
        self.b = (_Colours if color else TextBackend)(digits, ascii=ascii)

    def row(self, step: Step) -> tuple[str, str]:
        """The equation of a step, and the remarks in the second column."""
        found = [write(each.short(), self.b) for each in equations(self.steps, step)]
        if isinstance(step, ForwardStep) or step.kind in ("seed", "result"):
            rest = len(self.steps.leaves) - len(found)
            more = step.number == len(self.steps) and only_path(self.steps) is None and rest > 0
            return ",  ".join(found + [f"and {rest} more"] * more), ""
        use = f"contribution {step.use} of {step.uses}" if step.summed else ""
        if step.kind == "contribution":
            local, line, *total = found
        else:
            line, *total = found
            local = ""
            if step.upstream is None and step.user is not None:
                local = f"nothing arrives at {self.b.name(step.user.name)}"
        return line, "   ".join(filter(None, [local, ",  ".join(filter(None, [use, *total]))]))


def interact(
    steps: Steps,
    *,
    color: bool | None = None,
    ascii: bool | None = None,
    digits: int = DIGITS,
    read: TextIO | None = None,
    write: TextIO | None = None,
) -> None:
    """Go through the steps: Enter shows the next one, b goes back, q leaves.

    Other keys do nothing. Ends at the end of the input too, and leaves quietly on Ctrl-C.
    """
    source, sink = read or sys.stdin, write or sys.stdout
    color = wants_colour(sink) if color is None else color
    ascii = wants_ascii(sink) if ascii is None else ascii
    table = _Table(steps, color=color, ascii=ascii, digits=digits)
    at = 0
    try:
        while True:
            sink.write(_page(table, steps[at], len(steps)))
            sink.flush()
            while (answer := source.readline()) and (key := answer.strip().lower()) not in _KEYS:
                sink.write(_KEYS_SAID)
                sink.flush()
            if not answer or not source.isatty():
                sink.write("\n")  # nobody pressed Enter here
            if not answer or key == "q" or (key == "" and at == len(steps) - 1):
                return
            at = max(at - 1, 0) if key == "b" else at + 1
    except KeyboardInterrupt:
        sink.write("\n")


def _page(table: _Table, step: Step, count: int) -> str:
    line, note = table.row(step)
    width = max(shutil.get_terminal_size((100, 24)).columns, 10)
    last = step.number == count
    keys = f"[Enter: {'leave' if last else 'next'}, b: back, q: quit]"
    said = table.b.word(sentence(table.steps, step, table.b))
    out = _wrapped(f"{step.number}/{count} {_pass(step)}: {said}", width, 4)
    out += _wrapped("    " + line, width, 6)
    out += _wrapped("    " + note, width, 6) if note else []
    return "\n".join([*out, *_wrapped(keys, width - 1, 0)]) + " "


def _pass(step: Step) -> str:
    return "forward" if isinstance(step, ForwardStep) else "backward"


def _columns(text: str) -> int:
    """How many cells of a terminal the text takes; colour codes take none."""
    return sum(width for _, width in _cells(text))


def _cells(text: str) -> Iterator[tuple[str, int]]:
    """Pieces that must not be torn apart, with their widths."""
    for piece in _PIECE.findall(text):
        if len(piece) > 1 or unicodedata.category(piece) in ("Mn", "Me", "Cf"):
            yield piece, 0
        else:
            yield piece, 2 if unicodedata.east_asian_width(piece) in "WF" else 1


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    """Lines of at most that width, broken at spaces where there are any."""
    if _columns(text) <= width:
        return [text.rstrip()]
    lines, line, used = [], "", 0
    indent = min(indent, width // 3)
    for word in re.findall("^[^ ]*| [^ ]*", text):
        if used and used + _columns(word) > width:
            lines.append(line.rstrip())
            line, used, word = " " * indent, indent, word.lstrip()
        for piece, cells in _cells(word):
            if used + cells > width:
                lines.append(line.rstrip())
                line, used = " " * indent, indent
            line, used = line + piece, used + cells
    return [*lines, line.rstrip()]
