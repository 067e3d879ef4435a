"""What the printer asks of an output format: each method builds a piece from smaller ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from .names import Name
from .numbers import DIGITS
from .symbols import Role, circled

T = TypeVar("T")


class Backend(ABC, Generic[T]):
    """An output format; T is what a piece of it is made of."""

    #: fractions and roots take two dimensions, so nothing inside them needs brackets
    stacked = True
    #: exponents are raised, so nothing inside them needs brackets
    raised = True

    def __init__(self, digits: int = DIGITS) -> None:
        self.digits = digits

    @abstractmethod
    def row(self, parts: Sequence[T]) -> T:
        """Pieces side by side."""

    @abstractmethod
    def number(self, value: float, role: Role = "") -> T:
        """A number."""

    @abstractmethod
    def name(self, name: Name) -> T:
        """The name of a node or a variable."""

    @abstractmethod
    def word(self, text: str) -> T:
        """A function's name or plain words, upright."""

    @abstractmethod
    def operator(self, sign: str) -> T:
        """An infix sign with its spaces.

        The signs are + − · × = ≈ += < ≤ > ≥ ≠ mod and /; "" and " " are an unwritten times.
        """

    @abstractmethod
    def minus(self) -> T:
        """A minus sign in front of a term."""

    @abstractmethod
    def comma(self) -> T:
        """Between arguments."""

    def separator(self) -> T:
        """Between equations on one line."""
        return self.word(",   ")

    @abstractmethod
    def applied(self) -> T:
        """Between a function's name and an argument without brackets."""

    @abstractmethod
    def bracket(self, inner: T, left: str = "(", right: str = ")") -> T:
        """A piece between fences."""

    @abstractmethod
    def fraction(self, over: T, under: T) -> T:
        """A quotient."""

    @abstractmethod
    def power(self, base: T, exponent: T) -> T:
        """An exponent."""

    @abstractmethod
    def subscript(self, base: T, index: T) -> T:
        """An index."""

    @abstractmethod
    def root(self, inner: T, index: str = "") -> T:
        """A square root, or the root of that index; `inner` has the brackets that it needs."""

    @abstractmethod
    def colour(self, inner: T, role: Role) -> T:
        """A piece marked as value, gradient or local derivative."""

    @abstractmethod
    def strong(self, inner: T) -> T:
        """The piece that matters most."""

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
