"""Plain text: `−2/c²`, `e^a`, `∂f/∂b`; pure ASCII: `-2/c^2`, `df/db`; or words to be spoken."""

from __future__ import annotations

from .backend import Backend, Form
from .names import Name
from .numbers import DIGITS, OPEN, Slot, shown
from .symbols import Role

_RAISED = str.maketrans("0123456789−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_LOWERED = str.maketrans("0123456789−-", "₀₁₂₃₄₅₆₇₈₉₋₋")
_ASCII = {
    "−": "-", "·": "*", "×": "x", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "∂": "d", "…": "...",
    "√": "sqrt", "∛": "cbrt", "σ": "sigmoid", "Γ": "Gamma", "ψ": "psi", "‖": "||", "⌊": "floor(",
    "⌋": ")", "→": "->", "⟹": "=>", "Σ": "sum", "–": "-", "∞": "inf", "π": "pi", "Π": "prod",
}  # fmt: skip


def to_ascii(text: str) -> str:
    """The text with the signs of formulas spelled in ASCII, and ? for everything else."""
    spelled = "".join(_ASCII.get(character, character) for character in text)
    return spelled.encode("ascii", "replace").decode()


class TextBackend(Backend[str]):
    """Unicode or ASCII text."""

    stacked = False
    raised = False
    comma: str = ", "
    separator: str = ",   "
    applied: str = " "
    row: Form = "".join
    fraction: Form = "{}/{}".format

    def __init__(self, digits: int = DIGITS, *, ascii: bool = False) -> None:
        super().__init__(digits)
        self.ascii = ascii
        self.minus: str = "-" if ascii else "−"

    def number(self, value: float, role: Role = "") -> str:
        if isinstance(value, Slot):
            return value.mark("t")
        number = shown(value, self.digits)
        return number.ascii if self.ascii else str(number)

    def name(self, name: Name) -> str:
        return name.ascii if self.ascii else str(name)

    def word(self, text: str) -> str:
        return to_ascii(text) if self.ascii else text

    def operator(self, sign: str) -> str:
        if not sign.strip():
            return " * " if self.ascii else sign
        return "/" if sign == "/" else f" {self.word(sign)} "

    def bracket(self, inner: str, left: str = "(", right: str = ")") -> str:
        return f"{self.word(left)}{inner}{self.word(right)}"

    def derivative(self, of: str, by: str, whole: bool = True, slot: int = 0) -> str:
        if self.ascii and not whole:  # without ∂ it would look like the whole derivative
            return f"local({of}, {by}{f'#{slot}' if slot else ''})"
        return super().derivative(of, by, whole, slot)

    def power(self, base: str, exponent: str) -> str:
        bare = exponent.removeprefix("−")
        if not self.ascii and bare.isdecimal():
            return base + exponent.translate(_RAISED)
        return f"{base}^{exponent}"

    def subscript(self, base: str, index: str) -> str:
        if not self.ascii and index.isdecimal():
            return base + index.translate(_LOWERED)
        return f"{base}{index}" if self.ascii else f"{base}_{index}"

    def root(self, inner: str, index: str = "") -> str:
        sign = {"": "√", "3": "∛"}[index]
        bare = not self.ascii or inner.startswith("(")
        return self.word(sign) + (inner if bare else f"({inner})")


_SPOKEN_SIGNS = {
    "+": "plus", "−": "minus", "·": "times", "×": "times", "=": "equals", "≈": "is about",
    "+=": "gains", "<": "is less than", "≤": "is at most", ">": "is greater than",
    "≥": "is at least", "≠": "differs from", "mod": "modulo", "/": "over", "": "times",
}  # fmt: skip
_SPOKEN = {"∂": "the local derivative of ", "…": "and so on"}


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, …, 11th."""
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


class SpeechBackend(TextBackend):
    """Words where text has signs; brackets stay, as pauses."""

    fraction: Form = "{} over {}".format
    power: Form = "{} to the power {}".format

    def __init__(self, digits: int = DIGITS) -> None:
        super().__init__(digits)
        self.minus = "minus "

    def word(self, text: str) -> str:
        return _SPOKEN.get(text, text)

    def operator(self, sign: str) -> str:
        if sign[:1] == OPEN:  # = or ≈, which a live page decides
            return f" {sign.replace('|=|≈', '|equals|is about')} "
        return f" {_SPOKEN_SIGNS.get(sign.strip(), sign)} "

    def derivative(self, of: str, by: str, whole: bool = True, slot: int = 0) -> str:
        if whole:
            return f"d {of} by d {by}"
        return f"the local derivative of {of} by {f'the {ordinal(slot)} ' if slot else ''}{by}"
