"""Whole numbers and truth values inside a trace.

Integers are integers. Arithmetic of ints is recorded on floats, where it is exact up to 2**53:
where it could go beyond, a guard says that it did not, and where it does, the numbers themselves
become guards and Python's own ints go on. Bits, indices and keys ask for the very number.
"""

from __future__ import annotations

import operator
import random
import sys
from collections.abc import Callable
from typing import Any

from autodiff import rules
from autodiff.primitive import Primitive
from autodiff.value import record

from .guard_questions import LARGEST_WHOLE
from .plain import Plain, of_number, plain
from .stands import Answer, Operand, shown_as
from .traced import Question, become, exact_number, is_settled, on, truth

#: an operator as a function of both sides
Binary = Callable[[Operand, Operand], Answer]


def _is_whole(x: Operand) -> bool:
    return isinstance(x, (int, TracedInt))


def _bound(x: Operand) -> int:
    """The largest magnitude that the number can have."""
    if not isinstance(x, Plain):
        return abs(int(x))
    return on(x).bounds.get(id(x), 1 if isinstance(x, TracedBool) else LARGEST_WHOLE)


def _result(node: Answer, bound: int) -> Answer:
    """A computed whole number that is exact as a float, or else a guard on it."""
    if bound > LARGEST_WHOLE:
        trace = on(node)
        trace.ask(node, "exact as a float")
        bound = LARGEST_WHOLE
    become(node, TracedInt)
    on(node).bounds[id(node)] = bound
    return node


def _on_ints(
    primitive: Primitive, compute: Callable[[int, int], int], bound: Callable[[int, int], int],
    signed_zero: bool = False,
) -> Binary:  # fmt: skip
    """An operation on ints, recorded on floats where that is exact.

    `bound` is the largest magnitude of a result, from those of the operands; `signed_zero` says
    that floats could give -0.0, which no int is.
    """

    def apply(x: Operand, y: Operand) -> Answer:
        numbers = [int(v._data) if isinstance(v, Plain) else int(v) for v in (x, y)]
        large = max(map(abs, (compute(*numbers), *numbers))) >= LARGEST_WHOLE
        if large or (is_settled(x) and is_settled(y)):
            return compute(plain(x), plain(y))
        node = record(primitive, [v if isinstance(v, Plain) else float(v) for v in (x, y)])
        if signed_zero:
            node = record(rules.add, (node, 0.0))
        return _result(node, bound(_bound(x), _bound(y)))

    return apply


def _define(kind: type[Plain], name: str, apply: Binary, on_floats: bool) -> None:
    """Give a class an operator on ints and its reflected form; with others that of floats."""
    none: Binary = lambda *_: NotImplemented  # noqa: E731 - as the methods that it stands for
    floats = getattr(Plain, f"__{name}__") if on_floats else none
    word = {"and": "and_", "or": "or_"}.get(name, name)
    reflected_floats = getattr(Plain, f"__r{name}__") if on_floats else none

    def forward(self: Plain, other: Operand) -> Answer:
        if isinstance(other, Plain) and other.of_array > self.of_array:
            return NotImplemented  # an entry of an array knows better
        if _is_whole(other):
            return apply(self, other)
        if not self.of_array and (entry := self.beside_numpy(other)) is not None:
            return getattr(operator, word)(self, entry)
        if getattr(getattr(other, "dtype", None), "kind", "") in ("i", "u"):
            return NotImplemented  # one of NumPy's that no float is: NumPy asks for the number
        return floats(self, other)

    def reflected(self: Plain, other: Operand) -> Answer:
        if _is_whole(other):
            return apply(other, self)
        if not self.of_array and (entry := self.beside_numpy(other)) is not None:
            return getattr(operator, word)(entry, self)
        return reflected_floats(self, other)

    setattr(kind, f"__{name}__", forward)
    setattr(kind, f"__r{name}__", reflected)


def _on_bits(compute: Callable[[int, int], int], of_truths: Primitive) -> Binary:
    """An operation on bits: of truth values it is recorded, else it asks for the numbers."""

    def apply(x: Operand, y: Operand) -> Answer:
        truths = isinstance(x, (bool, TracedBool)) and isinstance(y, (bool, TracedBool))
        if not truths or (is_settled(x) and is_settled(y)):
            return compute(plain(x), plain(y))
        node = record(of_truths, [v if isinstance(v, Plain) else float(v) for v in (x, y)])
        become(node, TracedBool)
        return truth(node)

    return apply


_and_bits = _on_bits(operator.and_, rules.mul)


def _and(x: Operand, y: Operand) -> Answer:
    """n & 1, n & 7: the remainder by a power of two, so that it is data."""
    number, mask = (y, x) if isinstance(y, Plain) else (x, y)
    if (
        mask.__class__ is int
        and mask > 0 == mask & (mask + 1)
        and not isinstance(number, TracedBool)
    ):
        return number % (mask + 1)
    return _and_bits(x, y)


def _shift(compute: Callable[[int, int], int], as_factor: Callable[[Plain, int], Answer]) -> Binary:
    """A shift is a product or a quotient, so that what is shifted is data."""

    def apply(x: Operand, y: Operand) -> Answer:
        return as_factor(x, 1 << y) if isinstance(x, Plain) else compute(x, plain(y))

    return apply


def _power(x: Operand, y: Operand) -> Answer:
    """A power of ints: an int if the exponent is not negative, else a float."""
    if y < 0:  # a guard, where y is traced
        return record(rules.pow, [v if isinstance(v, Plain) else float(v) for v in (x, y)])
    return _whole_power(x, y)


_whole_power = _on_ints(rules.pow, operator.pow, lambda a, b: LARGEST_WHOLE + 1)  # unknown: a guard


def _first(a: int, b: int) -> int:
    return a


def _second(a: int, b: int) -> int:
    return b


class TracedInt(Plain):
    """A plain int inside a trace."""

    __slots__ = ()
    is_whole = True
    stands_for: type = int
    __class__: Any = shown_as(int)  # what isinstance looks at

    def _number(self) -> Answer:
        return type(self).stands_for(int(exact_number(self)))

    def __index__(self) -> int:
        return int(self._number())

    __int__ = __trunc__ = __index__

    def __hash__(self) -> int:
        number = self._number()
        if number < 0 and sys._getframe(1).f_code is random.Random.seed.__code__:
            return abs(int(number))  # it takes the size of an int, and the hash of what is none
        return hash(number)

    def __floor__(self) -> Answer:
        return +self

    __ceil__ = __floor__

    def __float__(self) -> float:
        return float(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def __neg__(self) -> Answer:
        return 0 - self

    def __invert__(self) -> Answer:
        return -1 - self

    def __abs__(self) -> Answer:
        return (
            abs(self._number())
            if is_settled(self)
            else _result(record(rules.abs, (self,)), _bound(self))
        )

    def __round__(self, digits: Operand = None) -> Answer:
        return +self if digits is None or digits >= 0 else round(self._number(), digits)

    def __pow__(self, other: Operand, modulus: Operand = None) -> Answer:  # type: ignore[override]  # pow(x, y, z) of whole numbers
        if modulus is not None:
            return pow(self._number(), plain(other), plain(modulus))
        if not self.of_array and (entry := self.beside_numpy(other)) is not None:
            return self**entry
        return _power(self, other) if _is_whole(other) else Plain.__pow__(self, other)

    def _power_of(self, other: Operand) -> Answer:
        return _power(other, self) if _is_whole(other) else Plain.__rpow__(self, other)

    __rpow__: Any = _power_of
    is_integer: Question = of_number("is_integer")
    bit_length: Question = of_number("bit_length")
    bit_count: Question = of_number("bit_count")
    to_bytes: Question = of_number("to_bytes")
    numerator: property = property(lambda self: +self)
    denominator: property = property(lambda self: 1)


#: by the name of an operator of ints: how it is recorded, and whether floats have it, too
_ON_INTS = {
    "add": (_on_ints(rules.add, operator.add, operator.add), True),
    "sub": (_on_ints(rules.sub, operator.sub, operator.add), True),
    "mul": (_on_ints(rules.mul, operator.mul, operator.mul, signed_zero=True), True),
    "mod": (_on_ints(rules.mod, operator.mod, _second, signed_zero=True), True),
    "floordiv": (_on_ints(rules.floordiv, operator.floordiv, _first, signed_zero=True), True),
    "and": (_and, False),
    "or": (_on_bits(operator.or_, rules.maximum), False),
    "xor": (_on_bits(operator.xor, rules.not_equal), False),
    "lshift": (_shift(operator.lshift, operator.mul), False),
    "rshift": (_shift(operator.rshift, operator.floordiv), False),
}
for _name, (_apply, _on_floats) in _ON_INTS.items():
    _define(TracedInt, _name, _apply, _on_floats)


class TracedBool(TracedInt):
    """A truth value inside a trace: what a comparison gives."""

    __slots__ = ()
    stands_for = bool
    __class__: Any = bool  # bool has no subclasses

    def _number(self) -> Answer:
        answer = on(self).ask(self, "bool")
        on(self).known.add(id(self))
        return answer

    __bool__ = _number

    def __pos__(self) -> Answer:
        return self + 0


_define(TracedBool, "and", _and_bits, False)
