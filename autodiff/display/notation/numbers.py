"""How numbers are shown: four significant digits, a real minus sign, and whether they were rounded.

A number that needs no more digits than asked for is shown as it is (`0.5`, `-3`); a rounded one
keeps all its digits (`0.5000`), so that a reader can tell the two apart without the ≈ sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

DIGITS = 4
"""Significant digits unless the caller asks for others."""

#: Whole numbers up to this size are written out.
_WHOLE = 1e6
_SMALLEST_EXPONENT, _WRITTEN_OUT = -4, 6
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Shown:
    """A number ready to be set: sign, digits, power of ten, and whether nothing was rounded."""

    negative: bool
    mantissa: str
    exponent: int | None
    exact: bool

    def __str__(self) -> str:
        if self.mantissa[0] == OPEN:
            return self.mantissa
        power = "" if self.exponent is None else f"×10{str(self.exponent).translate(_SUPERSCRIPT)}"
        return f"{'−' if self.negative else ''}{self.mantissa}{power}"

    @property
    def ascii(self) -> str:
        """The same without characters outside ASCII: `-1.235e-05` as Python writes it."""
        mantissa = {"∞": "inf"}.get(self.mantissa, self.mantissa)
        power = "" if self.exponent is None else f"e{self.exponent}"
        return f"{'-' if self.negative else ''}{mantissa}{power}"


class Slot(float):
    """A number that a live page fills in: what is printed has its key in it, between marks.

    A printer asks a number only whether it is negative, has a power of ten, or holds (the number of
    a condition); each form is printed once, and the page takes what fits (pages/templates.py).
    """

    asked: ClassVar[dict[str, Slot]] = {}
    key: str
    negative: bool = False
    power: bool = False
    #: whether a printer asked if it is true, and whether it is told that it is not
    truth: bool = False
    zero: bool = False

    @classmethod
    def of(cls, key: str, value: float) -> Slot:
        """A slot in its plain form; the value is what is there at the beginning."""
        slot = cls(value)
        slot.key = key
        return slot

    def holds(self) -> bool:
        """Whether it is true, in words."""
        Slot.asked[self.key] = self
        self.truth = True
        return not self.zero

    def __bool__(self) -> bool:
        return True  # `value or 0.0` keeps the slot

    def __repr__(self) -> str:
        return f"{OPEN}!{self.key}{CLOSE}"

    def mark(self, role: str = "") -> str:
        """What stands for the number in a text."""
        Slot.asked[self.key] = self
        return f"{OPEN}{self.key}:{role}{CLOSE}"


#: noncharacters around what a live page replaces; labels have none (names.py)
OPEN, CLOSE = "\ufdd0", "\ufdd1"


def relation(digits: int, *values: float, exact: str = "=", rounded: str = "≈") -> str:
    """= where all the numbers are shown as they are, ≈ where one is rounded."""
    slots = [value.key for value in values if isinstance(value, Slot)]
    plain = is_exact(digits, *(value for value in values if not isinstance(value, Slot)))
    if slots and plain:
        return f"{OPEN}={','.join(slots)}|{exact}|{rounded}{CLOSE}"
    return exact if plain else rounded


def shown(value: float, digits: int = DIGITS) -> Shown:
    """The number with that many significant digits.

    >>> str(shown(-80.3930566)), str(shown(0.5)), str(shown(0.49999999)), str(shown(1.5e-9))
    ('−80.39', '0.5', '0.5000', '1.5×10⁻⁹')
    """
    if isinstance(value, Slot):
        return Shown(value.negative, value.mark(), 1 if value.power else None, True)
    if value != value:
        return Shown(False, "nan", None, True)
    negative, size = value < 0, abs(value)
    if math.isinf(size):
        return Shown(negative, "∞", None, True)
    if size < _WHOLE and size == int(size):
        return Shown(negative, str(int(size)), None, True)
    kept = min(digits, 17)
    short = Decimal(repr(size)).normalize()
    exact = len(short.as_tuple().digits) <= kept
    number = short if exact else Decimal(f"{size:.{kept - 1}e}")
    exponent = number.adjusted()
    if _SMALLEST_EXPONENT <= exponent < (_WRITTEN_OUT if exact else kept):
        return Shown(negative, _positional(number, kept, exact), None, exact)
    mantissa = _positional(number.scaleb(-exponent), kept, exact)
    return Shown(negative, mantissa, exponent, exact)


def _positional(number: Decimal, digits: int, exact: bool) -> str:
    places = max(digits - 1 - number.adjusted(), 0)
    return f"{number:f}" if exact else f"{number:.{places}f}"


def is_exact(digits: int, *values: float) -> bool:
    """Whether all of them are shown without rounding: then = may stand where else ≈ must."""
    return all(shown(value, digits).exact for value in values)
