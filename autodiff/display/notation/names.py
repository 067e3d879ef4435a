"""Names: how a label is taken apart (x_1, alpha, y_hat) and how unnamed nodes get one.

A label is whatever the user wrote, so it may hold anything: markup, line breaks, direction marks,
ten thousand characters. `parse_name` makes something harmless of it, once, for all back ends.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

LONGEST = 24
"""Longer labels are cut in pictures; the whole label is in the tooltip."""

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma tau upsilon phi chi psi omega"
)
_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
GREEK = dict(zip(_GREEK.split(), _LETTERS, strict=True))
GREEK |= {
    name.capitalize(): letter.upper()
    for name, letter in GREEK.items()
    if name in {"gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "phi", "psi", "omega"}
}
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUBSCRIPT_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_PLAIN = re.compile(r"([^\W\d_]+)((?:_?\d+|\[\d+\])(?:_\d+|\[\d+\])*)?", re.UNICODE)
#: a, b, c, ... without the letters that mean something else or look like a digit
_ALPHABET = "abcghijkmnpqrstuvwyz"
_KEPT_FORMAT_CHARACTERS = "\u200c\u200d"  # emoji and several scripts are joined with them


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart for setting: base letter or word, accent, subscript."""

    base: str
    sub: str = ""
    accent: str = ""
    #: neither a letter nor a word: set upright, as the user typed it
    verbatim: bool = False
    #: the layer, raised in brackets: w⁽¹⁾₂₁ is layer 1, neuron 2, input 1
    layer: str = field(default="", repr=False)
    #: which example a value belongs to: h⁽¹⁾₂[3]
    example: str = field(default="", repr=False)

    @property
    def is_letter(self) -> bool:
        """Whether it is set in italics as a mathematical variable."""
        return not self.verbatim and len(self.base) == 1

    def __str__(self) -> str:
        base, lowered = self.base, self.sub.translate(_LOWERED)
        if self.accent:
            base = unicodedata.normalize("NFC", base + _ACCENTS[self.accent])
        if self.layer or self.example:
            layer = f"⁽{self.layer.translate(_RAISED)}⁾" if self.layer else ""
            return f"{base}{layer}{lowered}{self._example()}"
        return f"{base}_{self.sub}" if self.sub and not self.sub.isdigit() else base + lowered

    def _example(self) -> str:
        return f"[{self.example}]" if self.example else ""

    @property
    def ascii(self) -> str:
        """The name without characters outside ASCII."""
        words = {letter: word for word, letter in GREEK.items()}
        base = words.get(self.base, self.base)
        parts = [f"{base}({self.layer})" if self.layer else base, self.accent, self.sub]
        joined = "_".join(part for part in parts if part) + self._example()
        return joined.encode("ascii", "replace").decode()


def parse_name(label: str) -> Name:
    """Take a label apart.

    >>> parse_name("x_12")
    Name(base='x', sub='12', accent='', verbatim=False)
    >>> print(parse_name("w1"), parse_name("alpha"), parse_name("y_hat"))
    w₁ α ŷ
    """
    if len(label) > 4 * LONGEST:
        return Name(harmless(label[: 4 * LONGEST]), verbatim=True)
    text = label.strip().translate(_SUBSCRIPT_DIGITS)
    text = text[:-1] if re.fullmatch(r"\w*[^\W_]_", text) else text
    if match := _PLAIN.fullmatch(text):
        base, digits = match.group(1), match.group(2) or ""
        return Name(GREEK.get(base, base), ",".join(re.findall(r"\d+", digits)))
    head, _, tail = text.partition("_")
    if (accent := tail.split("_")[0]) in _ACCENTS and (len(head) == 1 or head in GREEK):
        rest = parse_name("x" + tail[len(accent) :])
        if rest.base == "x" and not rest.verbatim:
            return replace(rest, base=GREEK.get(head, head), accent=accent)
    if ((len(head) == 1 and head.isalpha()) or head in GREEK) and tail.replace("_", "").isalnum():
        return Name(GREEK.get(head, head), harmless(tail.replace("_", ",")))
    return Name(harmless(label), verbatim=True)


def harmless(label: str) -> str:
    """The label with control, direction and unpaired characters written out, and cut to length.

    >>> harmless("a\\nb" + chr(0x202E))
    'a\\\\nb\\\\u202e'
    """
    cut = label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
    text = written_out(cut) or "∅"
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return f"\u2068{text}\u2069"  # isolated: the formula around it keeps its direction
    return text


def written_out(text: str) -> str:
    """The text with control, direction and unpaired characters written as their escapes."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Zl", "Zp"):
        return " "
    bad = kind in ("Cc", "Cs") or (kind == "Cf" and character not in _KEPT_FORMAT_CHARACTERS)
    if bad or ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef":
        return character.encode("unicode_escape").decode()
    return character


def automatic_names(taken: set[str]) -> Iterator[Name]:
    """a, b, c, …, a₁, b₁, … without those in `taken` (compared as they look).

    >>> names = automatic_names({"b", "x"})
    >>> [str(next(names)) for _ in range(3)]
    ['a', 'c', 'g']
    """
    for round_ in itertools.count():
        for letter in _ALPHABET:
            name = Name(letter, str(round_ or ""))
            if str(name) not in taken:
                yield name


class Namesakes:
    """Numbers for nodes that share a name, in constant time for each: thousands may be called w.

    >>> namesakes = Namesakes({"x", "x₂"})
    >>> print(namesakes.another(parse_name("x")), namesakes.another(parse_name("x")))
    x₃ x₄
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._next: dict[str, int] = {}

    def another(self, name: Name) -> Name:
        """The name with the first number that makes it different from all that are taken."""
        for number in itertools.count(self._next.get(str(name), 2)):
            other = replace(name, sub=f"{name.sub},{number}" if name.sub else str(number))
            if str(other) not in self._taken:
                break
        self._next[str(name)] = number + 1
        self._taken.add(str(other))
        return other
