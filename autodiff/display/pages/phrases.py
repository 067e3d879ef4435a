"""Text that a page needs again and again stands on it once; elsewhere a sign stands for it.

Formulas are built of formulas, sentences of the same words: df/dc is a piece of six captions. The
pair of neighbours that occurs most often becomes a phrase, again and again (Larsson and Moffat,
Off-line dictionary-based compression, 2000); the page puts the phrases back.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

#: what may stand before the sign of a phrase: the first that is in no text; tabs become spaces
_MARKS = "~$#!\t"
#: a sign is one or two of these characters; ASCII is whole even where a page's charset is missed
_FIRST, _COUNT = ord("&"), ord("}") - ord("&") + 1
#: so many phrases have a sign of one character
_SHORT = 64
_MOST = _SHORT + (_COUNT - _SHORT) * _COUNT
#: tags, words, characters; what is isolated from the direction of its neighbours stays together
_TOKEN = re.compile(r"<[^<>]*>|\u2068[^\u2068\u2069]*\u2069|\w+ ?|[^\w<]|<", re.DOTALL)
#: what a phrase costs besides its text: quotation marks and a comma
_AROUND = 3

#: a piece of text, or the number of a pair
Symbol = str | int
Pair = tuple[Symbol, ...]


class Markup(str):
    """Text in which signs may stand for phrases."""

    __slots__ = ()


def fold(data: Any) -> tuple[Any, list[str]]:
    """The same data with signs in its `Markup`, then the mark before a sign and the phrases.

    >>> fold([Markup("<mi>alpha</mi>+<mi>alpha</mi>+<mi>alpha</mi>")])
    (['~&+~&+~&'], ['~', '<mi>alpha</mi>'])
    """
    texts: Counter[str] = Counter()

    def counted(text: str) -> str:
        texts[text] += 1
        return text

    _mapped(data, counted)
    phrases = _Phrases(texts)
    return _mapped(data, phrases.written.__getitem__), phrases.chosen


def unfold(text: str, phrases: list[str]) -> str:
    """The text with its phrases put back, as the page does it (stepper.js).

    >>> unfold(*fold(Markup("so so so so so so so so")))
    'so so so so so so so so'
    """
    first, *others = text.split(phrases[0])
    whole = [first]
    for each in others:
        place, length = ord(each[0]) - _FIRST + 1, 1
        if place > _SHORT:
            place, length = place + (place - _SHORT - 1) * (_COUNT - 1) + ord(each[1]) - _FIRST, 2
        whole += [unfold(phrases[place], phrases), each[length:]]
    return "".join(whole)


def _sign(place: int) -> str:
    if place <= _SHORT:
        return chr(_FIRST + place - 1)
    row, column = divmod(place - _SHORT - 1, _COUNT)
    return chr(_FIRST + _SHORT + row) + chr(_FIRST + column)


class _Phrases:
    def __init__(self, texts: Counter[str]) -> None:
        everything = "".join(texts).replace("\t", " ")
        self.mark = next(mark for mark in _MARKS if mark not in everything)
        #: the two symbols of each pair, and how often it is written
        self.pairs: list[Pair] = []
        rows: list[list[Symbol]] = [list(_TOKEN.findall(text.replace("\t", " "))) for text in texts]
        self._pair(rows)
        for at, (row, times) in enumerate(zip(rows, texts.values(), strict=True)):
            if times > 1:  # the text as a whole comes again
                self.pairs.append(tuple(row))
                rows[at] = [len(self.pairs) - 1] * times
        self.uses = Counter(each for row in (*rows, *self.pairs) for each in row)
        #: what is written for a pair: its sign, or its text
        self.signs: list[str] = []
        self.chosen: list[str] = []
        self._choose()
        self.written = {
            text: "".join(map(self._look, row if times == 1 else row[:1]))
            for (text, times), row in zip(texts.items(), rows, strict=True)
        }

    def _pair(self, rows: list[list[Symbol]]) -> None:
        """Put the number of a pair for each frequent pair of neighbours, until none is left."""
        while True:
            count: Counter[Pair] = Counter(pair for row in rows for pair in pairwise(row))
            most = max(count.values(), default=0)
            if most < 2:
                return
            found = {pair: times for pair, times in count.items() if times >= max(2, 0.7 * most)}
            numbers: dict[Pair, int] = {}
            for row in rows:
                self._replace(row, found, numbers)

    def _replace(self, row: list[Symbol], found: dict[Pair, int], numbers: dict[Pair, int]) -> None:
        """Of two pairs that overlap the more frequent one is taken."""
        out: list[Symbol] = []
        at = 0
        while at < len(row):
            pair, following = tuple(row[at : at + 2]), tuple(row[at + 1 : at + 3])
            times = found.get(pair, 0)
            if times and times >= found.get(following, 0):
                if pair not in numbers:
                    numbers[pair] = len(self.pairs)
                    self.pairs.append(pair)
                out.append(numbers[pair])
                at += 2
            else:
                out.append(row[at])
                at += 1
        row[:] = out

    def _choose(self) -> None:
        """Signs for what occurs often enough to be worth one, the shortest for the most frequent.

        A pair that gets none is written out where it stands, and what it is made of as often.
        """
        texts: list[str] = []
        for pair in self.pairs:
            texts.append("".join(each if isinstance(each, str) else texts[each] for each in pair))
        chosen = []
        for number in reversed(range(len(texts))):  # what is made of a pair comes after it
            uses = self.uses[number]
            length = sum(
                len(json.dumps(each, ensure_ascii=False)) - 2
                if isinstance(each, str)
                else min(3, len(texts[each]))
                for each in self.pairs[number]
            )
            if (uses - 1) * length > 3 * uses + _AROUND:
                chosen.append(number)
                continue
            for each in self.pairs[number]:
                self.uses[each] += uses - 1
        wanted = sorted(chosen, key=lambda number: -self.uses[number])[:_MOST]
        places = {number: at for at, number in enumerate(wanted, 1)}
        bodies: list[str] = []
        for number, pair in enumerate(self.pairs):
            bodies.append("".join(map(self._look, pair)))
            at = places.get(number)
            self.signs.append(bodies[-1] if at is None else self.mark + _sign(at))
        self.chosen = [self.mark, *(bodies[number] for number in wanted)]

    def _look(self, symbol: Symbol) -> str:
        return symbol if isinstance(symbol, str) else self.signs[symbol]


def _is_edited(data: Any) -> bool:
    return isinstance(data, list) and len(data) > 1 and isinstance(data[0], Markup) and all(
        isinstance(edit, list) and len(edit) == 5 and isinstance(edit[1], int) for edit in data[1:]
    )  # fmt: skip


def _segments(data: list[Any]) -> list[int]:
    """Where a piece of a template is cut: what an edit changes is in no phrase."""
    text, *edits = data
    return sorted({0, len(text), *(at for edit in edits for at in edit[2:4])})


def _mapped(data: Any, look: Callable[[str], str]) -> Any:
    """The data with each piece of its `Markup` as it looks."""
    if isinstance(data, Markup):
        return look(data)
    if isinstance(data, dict):
        return {key: _mapped(value, look) for key, value in data.items()}
    if _is_edited(data):
        places, text = {0: 0}, ""
        for start, end in pairwise(_segments(data)):
            text += look(data[0][start:end])
            places[end] = len(text.encode("utf-16-le")) // 2  # as JavaScript counts
        return [text, *([k, f, places[a], places[b], look(put)] for k, f, a, b, put in data[1:])]
    if isinstance(data, (list, tuple)):
        return [_mapped(each, look) for each in data]
    return data
