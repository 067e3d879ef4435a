"""Formulas as words, for screen readers and text to speech."""

from __future__ import annotations

from .numbers import DIGITS, OPEN
from .text import TextBackend

_OPERATORS = {
    "+": "plus", "−": "minus", "·": "times", "×": "times", "=": "equals", "≈": "is about",
    "+=": "gains", "<": "is less than", "≤": "is at most", ">": "is greater than",
    "≥": "is at least", "≠": "differs from", "mod": "modulo", "/": "over", "": "times",
}  # fmt: skip
_WORDS = {"∂": "the local derivative of ", "…": "and so on"}


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, …, 11th."""
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


class SpeechBackend(TextBackend):
    """Words where text has signs; brackets stay, as pauses."""

    fraction = "{} over {}".format
    power = "{} to the power {}".format

    def __init__(self, digits: int = DIGITS) -> None:
        super().__init__(digits)
        self.minus = "minus "

    def word(self, text: str) -> str:
        return _WORDS.get(text, text)

    def operator(self, sign: str) -> str:
        if sign[:1] == OPEN:  # = or ≈, which a live page decides
            return f" {sign.replace('|=|≈', '|equals|is about')} "
        return f" {_OPERATORS.get(sign.strip(), sign)} "

    def derivative(self, of: str, by: str, whole: bool = True, slot: int = 0) -> str:
        if whole:
            return f"d {of} by d {by}"
        return f"the local derivative of {of} by {f'the {ordinal(slot)} ' if slot else ''}{by}"
