"""Text to tokens: the lower half of the parsers.

Characters that people copy from books and slides (− × · ÷ π) are read as what they mean; those
that cannot be guessed safely get an error that says what to write instead.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, NoReturn

from autodiff.errors import ExpressionError, visible

MAX_LENGTH = 10_000
"""Longest text in characters."""

_NUMBER = re.compile(r"(?:[0-9](?:_?[0-9])*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OPERATOR = re.compile(r"\*\*|//|<=|>=|==|!=|[-+*/%()<>,]")
_SPACE = re.compile(r"[ \t\r\n]+")

# One character for one character, so that positions stay those of the text.
_MEANS = str.maketrans({
    "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "∕": "/",
    "\N{NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
})  # fmt: skip

# What people write by hand, beside the above: a token for one character.
_BY_HAND = {
    "^": "**", "√": "√", "∛": "∛", "|": "|", "≤": "<=", "≥": ">=", "≠": "!=", "π": "π", "τ": "τ",
}  # fmt: skip

_WRITE_INSTEAD = {
    "°": "write radians(...) for an angle in degrees",
    ".": "call functions by their name alone, as in sin(x)",
    "!": "write gamma(n + 1) for a factorial",
    "=": "give values after the expression, as in x=3",
    ";": "one expression at a time",
    "^": "write **", "²": "write **2", "³": "write **3", "½": "write (1/2)",
    "√": "write sqrt(...)", "|": "write abs(...)",
    "≤": "write <=", "≥": "write >=", "≠": "write !=",
    **dict.fromkeys("[]{}", "use round brackets"),
    **dict.fromkeys("'\"", "names need no quotes"),
}  # fmt: skip


class Token(NamedTuple):
    """A word of the language; `kind` is "number", "name", "operator" or "end"."""

    kind: str
    text: str
    position: int


def fail(text: str, position: int | None, message: str, suggestion: str | None = None) -> NoReturn:
    """Raise an `ExpressionError` that points at a place of the text."""
    raise ExpressionError(message, text=text, position=position, suggestion=suggestion)


def tokenize(text: str, by_hand: bool = False) -> list[Token]:
    """The tokens of a text, with an "end" token last; `by_hand` reads ^, √, |, ≤ and x⁻² too.

    >>> [token.text for token in tokenize("2·x ** -1.5e-3")]
    ['2', '*', 'x', '**', '-', '1.5e-3', '']
    >>> [token.text for token in tokenize("πx⁻²", by_hand=True)]
    ['π', 'x', '**', '(', '-', '2', ')', '']
    """
    if len(text) > MAX_LENGTH:
        fail(text, None, f"an expression has at most {MAX_LENGTH} characters, not {len(text)}")
    plain = text.translate(_MEANS)
    tokens: list[Token] = []
    at = 0
    while at < len(plain):
        if space := _SPACE.match(plain, at):
            at = space.end()
            continue
        if by_hand and (written := _BY_HAND.get(plain[at])):
            tokens.append(Token("name" if written.isidentifier() else "operator", written, at))
            at += 1
            continue
        if by_hand and (raised := _raised(plain, at)):
            inner = [each._replace(position=at + each.position) for each in tokenize(raised)[:-1]]
            tokens += [Token("operator", "**", at), Token("operator", "(", at), *inner]
            at += len(raised)
            tokens.append(Token("operator", ")", at - 1))
            continue
        if number := _NUMBER.match(plain, at):
            token = Token("number", number.group(), at)
        elif operator := _OPERATOR.match(plain, at):
            token = Token("operator", operator.group(), at)
        elif name := _identifier(plain, at, by_hand):
            token = Token("name", name, at)
        else:
            character = plain[at]
            suggestion = _WRITE_INSTEAD.get(character)
            fail(text, at, f"{_describe(character)} has no meaning here", suggestion)
        tokens.append(token)
        at += len(token.text)
    tokens.append(Token("end", "", len(text)))
    return tokens


def _identifier(text: str, start: int, by_hand: bool) -> str:
    """The longest identifier of Python that starts here; x² is none, whatever \\w says."""
    end = start
    while end < len(text) and ("x" * (end > start) + text[end]).isidentifier():
        if by_hand and _is_raised(text[end]):
            break
        end += 1
    return text[start:end]


def _is_raised(character: str) -> bool:
    """Whether it is a digit, letter, sign or bracket written above the line; º is a degree."""
    if not unicodedata.decomposition(character).startswith("<super>") or character in "ªº":
        return False
    plain = unicodedata.normalize("NFKC", character)
    return len(plain) == 1 and (plain in "0123456789+−()" or plain.isidentifier())


def _raised(text: str, start: int) -> str:
    """The superscripts that start here, as ordinary characters, one for one: ⁻ˣ is -x."""
    end = start
    while end < len(text) and _is_raised(text[end]):
        end += 1
    return unicodedata.normalize("NFKC", text[start:end])


def _describe(character: str) -> str:
    """The character itself, or its number where it would disturb a terminal."""
    if character.isprintable() and not unicodedata.combining(character):
        return character
    return f"the character U+{ord(character):04X}"


def printable(text: str, longest: int = 40) -> str:
    """A user's text inside a message: on one line, without what would disturb a terminal."""
    shown = visible(text)
    return shown if len(shown) <= longest else f"{shown[:longest]}..."
