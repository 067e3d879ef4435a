"""What the printer asks of an output format: each method builds a piece from smaller ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from .names import Name
from .numbers import DIGITS
from .symbols import Role, circled

T = TypeVar("T")
Form = Callable[..., str]
"""A piece of text as a template of its parts: `"{}/{}".format`."""


class Backend(Protocol[T]):
    """An output format; T is what a piece of it is made of."""

    #: fractions and roots take two dimensions, so nothing inside them needs brackets
    stacked: bool = True
    #: exponents are raised, so nothing inside them needs brackets
    raised: bool = True
    digits: int
    #: in front of a term
    minus: T
    #: between arguments
    comma: T
    #: between equations on one line
    separator: T
    #: between a function's name and an argument without brackets
    applied: T

    def __init__(self, digits: int = DIGITS) -> None:
        self.digits = digits

    def row(self, parts: Sequence[T], /) -> T: ...  # side by side
    def number(self, value: float, role: Role = "") -> T: ...
    def name(self, name: Name) -> T: ...
    def word(self, text: str) -> T: ...  # a function's name or plain words, upright
    # An infix sign with its spaces: + − · × = ≈ += < ≤ > ≥ ≠ mod /; "" and " " are unwritten times.
    def operator(self, sign: str) -> T: ...
    def bracket(self, inner: T, left: str = "(", right: str = ")") -> T: ...
    def fraction(self, over: T, under: T, /) -> T: ...
    def power(self, base: T, exponent: T, /) -> T: ...
    def subscript(self, base: T, index: T, /) -> T: ...
    # The root of that index, the square root without; `inner` has the brackets that it needs.
    def root(self, inner: T, index: str = "") -> T: ...

    def colour(self, inner: T, role: Role) -> T:
        """A piece marked as value, gradient or local derivative."""
        return inner

    def strong(self, inner: T) -> T:
        """The piece that matters most."""
        return inner

    def joined(self, parts: Sequence[T], sign: T) -> T:
        """Pieces with a sign between each two."""
        return self.row([each for part in parts for each in (sign, part)][1:])

    def cases(self, rows: Sequence[tuple[T, T]], otherwise: T) -> T:
        """A choice: each row is (expression, condition)."""
        parts: list[T] = []
        for expression, condition in rows:
            parts += [expression, self.word(" if "), condition, self.word(" else ")]
        return self.row([*parts, otherwise])

    def derivative(self, of: T, by: T, whole: bool = True, slot: int = 0) -> T:
        """dof/dby, or ∂of/∂by for one step alone, by the operand in that slot."""
        sign = self.word("d" if whole else "∂")
        under = self.slot(by, slot) if slot else by
        return self.fraction(self.row([sign, of]), self.row([sign, under]))

    def slot(self, by: T, slot: int) -> T:
        """Which of several operands that are the same."""
        return self.row([by, self.word(circled(slot))])
