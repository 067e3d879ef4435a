"""Markup that a page needs again and again stands on it once; elsewhere a sign stands for it.

Formulas are built of formulas: df/dc is a piece of six captions. Every element that occurs twice
gets a sign, equal elements the same one (hash-consing); the page puts the elements back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

#: before the sign of a phrase, which is one character, counted from FIRST
SIGN, FIRST = "\ufdd2", 0xA1
#: so many elements are told apart (the characters up to the surrogates)
_MOST = 0xD000
_TAG = re.compile("(<[^<>]*>)")
_SIGNED = re.compile(f"{SIGN}(.)", re.DOTALL)


class Markup(str):
    """Markup in which signs may stand for phrases."""

    __slots__ = ()


def fold(data: Any) -> tuple[Any, list[str]]:
    """The same data with signs in its `Markup`, and the phrases; a phrase may use earlier ones.

    >>> fold([Markup("<mi>alpha</mi>+<mi>alpha</mi>")])[1]
    ['<mi>alpha</mi>']
    """
    phrases = _Phrases()
    for text in _texts(data):
        phrases.count(text)
    phrases.choose()
    return _written(data, phrases), phrases.chosen


class _Phrases:
    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.uses: Counter[str] = Counter()
        #: what is written for each element: its sign, or the element
        self.signs: list[str] = []
        self.chosen: list[str] = []

    def count(self, text: str) -> None:
        self.uses.update(_SIGNED.findall(self._signed(text)))

    def choose(self) -> None:
        """Signs for what occurs often enough to be worth one."""
        for text, number in self.numbers.items():
            whole, uses = self._inlined(text), self.uses[chr(FIRST + number)]
            if (uses - 1) * (len(whole) - 2) > 6:
                self.signs.append(SIGN + chr(FIRST + len(self.chosen)))
                self.chosen.append(whole)
            else:
                self.signs.append(whole)

    def written(self, text: str) -> str:
        return self._inlined(self._signed(text))

    def _inlined(self, text: str) -> str:
        return _SIGNED.sub(lambda sign: self.signs[ord(sign[1]) - FIRST], text)

    def _signed(self, text: str) -> str:
        """The text with a sign for each outermost element."""
        open_elements = [""]
        for at, token in enumerate(_TAG.split(text)):
            tag = at % 2 == 1  # between them is text, and what an edit left of a tag
            if tag and token[1] == "/" and len(open_elements) > 1:
                whole = open_elements.pop() + token
                open_elements[-1] += self._sign(whole)
            elif tag and token[1] != "/" and token[-2:] != "/>":
                open_elements.append(token)
            else:
                open_elements[-1] += token
        return "".join(open_elements)

    def _sign(self, whole: str) -> str:
        number = self.numbers.get(whole)
        if number is None:
            if len(self.numbers) >= _MOST:
                return whole
            number = self.numbers[whole] = len(self.numbers)
            self.uses.update(_SIGNED.findall(whole))
        return SIGN + chr(FIRST + number)


def _is_edited(data: Any) -> bool:
    return isinstance(data, list) and len(data) > 1 and isinstance(data[0], Markup) and all(
        isinstance(edit, list) and len(edit) == 5 and isinstance(edit[1], int) for edit in data[1:]
    )  # fmt: skip


def _segments(data: list[Any]) -> list[int]:
    """Where a piece of a template is cut: what an edit changes is in no phrase."""
    text, *edits = data
    return sorted({0, len(text), *(at for edit in edits for at in edit[2:4])})


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, Markup):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif _is_edited(data):
        for start, end in pairwise(_segments(data)):
            yield data[0][start:end]
        yield from (edit[4] for edit in data[1:])
    elif isinstance(data, (list, tuple)):
        for each in data:
            yield from _texts(each)


def _written(data: Any, phrases: _Phrases) -> Any:
    if isinstance(data, Markup):
        return phrases.written(data)
    if isinstance(data, dict):
        return {key: _written(value, phrases) for key, value in data.items()}
    if _is_edited(data):
        places, text = {0: 0}, ""
        for start, end in pairwise(_segments(data)):
            text += phrases.written(data[0][start:end])
            places[end] = len(text)
        edits = [[k, f, places[a], places[b], phrases.written(put)] for k, f, a, b, put in data[1:]]
        return [text, *edits]
    if isinstance(data, (list, tuple)):
        return [_written(each, phrases) for each in data]
    return data
