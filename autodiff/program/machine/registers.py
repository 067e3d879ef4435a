"""LLVM code that reads like what it computes: registers with operators, memory with indices.

    total = code.variable(code.real(0.0))
    with code.count(n) as at:
        total[0] += 2.0 * xs[at]

A register is a number, a truth value or an address that exists when the code runs, or a vector of
such. A plain number beside it means the same in every lane. Whole numbers have no sign.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

HOST = "autodiff_host"  # the function that asks Python
#: how many numbers are in a vector
WIDTH = 8
# What llvmlite makes: it has no types of its own. A register is none of these, and no number.
Value: TypeAlias = Any
Type: TypeAlias = Any
Function: TypeAlias = Any
Block: TypeAlias = Any
Operand: TypeAlias = "Reg | float"


Operator: TypeAlias = Callable[[Any, Operand], "Reg"]


def _binary(whole: str, real: str = "") -> Operator:
    return lambda self, other: self.made(real if self.is_real else whole, self.like(other).value)


def _reflected(apply: Callable[[Reg, Reg], Reg]) -> Operator:
    return lambda self, number: apply(self.like(number), self)


def _comparison(sign: str, real: str = "fcmp_ordered") -> Operator:
    return lambda self, other: self.compared(
        real if self.is_real else "icmp_unsigned", sign, self.like(other)
    )


class Reg:
    """A register; operators emit the instructions that compute another one."""

    __slots__ = ("code", "value")
    code: Scope
    value: Value

    def __init__(self, code: Scope, value: Value) -> None:
        self.code = code
        self.value = value

    __add__: ClassVar[Operator] = _binary("add", "fadd")
    __sub__: ClassVar[Operator] = _binary("sub", "fsub")
    __mul__: ClassVar[Operator] = _binary("mul", "fmul")
    __truediv__: ClassVar[Operator] = _binary("", "fdiv")
    __floordiv__: ClassVar[Operator] = _binary("udiv")
    __and__: ClassVar[Operator] = _binary("and_")
    __or__: ClassVar[Operator] = _binary("or_")
    __lshift__: ClassVar[Operator] = _binary("shl")
    __rshift__: ClassVar[Operator] = _binary("lshr")
    __radd__: ClassVar[Operator] = _reflected(operator.add)
    __rsub__: ClassVar[Operator] = _reflected(operator.sub)
    __rmul__: ClassVar[Operator] = _reflected(operator.mul)
    __rtruediv__: ClassVar[Operator] = _reflected(operator.truediv)
    __lt__: ClassVar[Operator] = _comparison("<")
    __le__: ClassVar[Operator] = _comparison("<=")
    __gt__: ClassVar[Operator] = _comparison(">")
    __ge__: ClassVar[Operator] = _comparison(">=")
    equals: ClassVar[Operator] = _comparison("==")
    differs: ClassVar[Operator] = _comparison("!=", "fcmp_unordered")  # nan differs from everything

    def __neg__(self) -> Reg:
        return self.made("fneg")

    def __invert__(self) -> Reg:
        return self.made("not_")

    def made(self, name: str, *rest: object) -> Reg:
        """What an instruction of llvmlite's builder makes of it."""
        return Reg(self.code, getattr(self.code.builder, name)(self.value, *rest))

    def compared(self, how: str, sign: str, other: Reg) -> Reg:
        """A truth value, by one of the builder's comparisons."""
        return Reg(self.code, getattr(self.code.builder, how)(sign, self.value, other.value))

    # ---- types -------------------------------------------------------------------------------

    @property
    def type(self) -> Type:
        return self.value.type

    def _holds(self, kind: Type) -> bool:
        return bool(getattr(self.type, "element", self.type) == kind)

    @property
    def is_real(self) -> bool:
        return self._holds(self.code.unit.double)

    @property
    def is_truth(self) -> bool:
        return self._holds(self.code.unit.bit)

    @property
    def wide(self) -> Reg:
        """A word with 64 bits: what addresses are counted with."""
        return self.made("zext", self.code.unit.long)

    def like(self, other: Operand) -> Reg:
        """A number as a register of the same type."""
        return other if isinstance(other, Reg) else self.code.constant(self.type, other)

    def longs(self) -> Reg:
        """The bits of a vector of numbers."""
        return self.made("bitcast", self.code.unit.longs)

    def reals(self) -> Reg:
        """Numbers with these bits."""
        return self.made("bitcast", self.code.unit.vector)

    # ---- truth values ------------------------------------------------------------------------

    def number(self) -> Reg:
        """1.0 for a truth value that holds, else 0.0; numbers as they are."""
        unit = self.code.unit
        one = self.code.constant(unit.vector if hasattr(self.type, "count") else unit.double, 1.0)
        return self.select(one, 0.0) if self.is_truth else self

    def holds(self) -> Reg:
        """Whether it counts as true: a number that is not 0, nan included."""
        return self if self.is_truth else self.differs(0.0)

    def is_nan(self) -> Reg:
        return self.compared("fcmp_unordered", "uno", self)

    def not_finite(self) -> Reg:
        """Whether it is nan or an infinity: x - x is 0 for all others."""
        return (self - self).is_nan()

    def select(self, then: Operand, other: Operand) -> Reg:
        """One of two, of which one is a register, by a truth value."""
        if not isinstance(then, Reg):
            assert isinstance(other, Reg)
            then = other.like(then)
        return self.made("select", then.value, then.like(other).value)

    def bits(self) -> Reg:
        """The truth values of a vector as the bits of a number."""
        return self.made("bitcast", self.code.unit.ir.IntType(WIDTH))

    def any(self) -> Reg:
        """Whether it holds, in some lane."""
        return self.bits().differs(0) if hasattr(self.type, "count") else self

    # ---- vectors -----------------------------------------------------------------------------

    def lane(self, at: int) -> Reg:
        return self.made("extract_element", self.code.whole(at).value)

    def with_lane(self, at: int, number: Reg) -> Reg:
        return self.made("insert_element", number.value, self.code.whole(at).value)

    def shuffled(self, lanes: Sequence[int]) -> Reg:
        """A vector of its entries at some places."""
        ir, word = self.code.unit.ir, self.code.unit.word
        places = ir.Constant(ir.VectorType(word, len(lanes)), list(lanes))
        return self.made("shuffle_vector", ir.Constant(self.type, ir.Undefined), places)

    def total(self) -> Reg:
        """The sum, in pairs: the first half plus the second, and so on."""
        part, width = self, WIDTH
        while width > 1:
            width //= 2
            halves = [part.shuffled(range(first, first + width)) for first in (0, width)]
            part = halves[0] + halves[1]
        return part.lane(0)

    # ---- memory ------------------------------------------------------------------------------

    def at(self, *places: Reg | int) -> Reg:
        """The address so many numbers further on."""
        if places == (0,):
            return self
        found = [self.code.whole(at) if isinstance(at, int) else at for at in places]
        return Reg(self.code, self.code.builder.gep(self.value, [at.value for at in found]))

    def __getitem__(self, place: Reg | int) -> Reg:
        return self.at(place).made("load")

    def __setitem__(self, place: Reg | int, number: Reg) -> None:
        number.made("store", self.at(place).value)

    def cast(self, kind: Type) -> Reg:
        """The same address of other things."""
        return self.made("bitcast", kind.as_pointer())

    @property
    def lanes(self) -> Packed:
        """The same memory in vectors: neighbours, wherever the first of them lies."""
        return Packed(self.code, self.value)


class Packed(Reg):
    """An address whose `p[at]` is a vector: number `at` and those behind it."""

    __slots__ = ()

    def __getitem__(self, place: Reg | int) -> Reg:
        where = self.at(place).cast(self.code.unit.vector)
        return Reg(self.code, self.code.builder.load(where.value, align=8))

    def __setitem__(self, place: Reg | int, numbers: Reg) -> None:
        where = self.at(place).cast(self.code.unit.vector)
        self.code.builder.store(numbers.value, where.value, align=8)


class Unit:
    """A module of LLVM and the types of what is in it."""

    ir: Any
    module: Any
    bit: Type
    word: Type
    long: Type
    words: Type
    pointer: Type
    vector: Type
    longs: Type

    def __init__(self, name: str) -> None:
        import llvmlite.ir as ir

        self.ir, self.module = ir, ir.Module(name)
        self.bit, self.word, self.long = map(ir.IntType, (1, 32, 64))
        self.double: Type = ir.DoubleType()
        self.words, self.pointer = self.word.as_pointer(), self.double.as_pointer()
        self.vector, self.longs = (ir.VectorType(each, WIDTH) for each in (self.double, self.long))

    def declared(self, name: str, result: Type | None, kinds: Sequence[Type]) -> Function:
        """A function that is elsewhere."""
        return self.module.globals.get(name) or self.function(name, result, kinds)

    def function(self, name: str, result: Type | None, kinds: Sequence[Type]) -> Function:
        ir = self.ir
        return ir.Function(self.module, ir.FunctionType(result or ir.VoidType(), kinds), name)


class Scope:
    """Where the next instruction goes, and numbers in it."""

    def __init__(self, unit: Unit, builder: Any) -> None:
        self.unit = unit
        self.builder = builder

    def constant(self, kind: Type, number: float) -> Reg:
        """A number of a type, in every lane."""
        count = getattr(kind, "count", None)
        return Reg(self, self.unit.ir.Constant(kind, [number] * count if count else number))

    def real(self, number: float) -> Reg:
        return self.constant(self.unit.double, number)

    def whole(self, number: int) -> Reg:
        return self.constant(self.unit.word, number)

    def undefined(self, kind: Type) -> Reg:
        return Reg(self, self.unit.ir.Constant(kind, self.unit.ir.Undefined))

    def splat(self, number: Reg) -> Reg:
        """A vector of the same number."""
        kind = self.unit.ir.VectorType(number.type, WIDTH)
        return self.undefined(kind).with_lane(0, number).shuffled([0] * WIDTH)

    def call(self, function: Function, *operands: Reg) -> Reg:
        return Reg(self, self.builder.call(function, [operand.value for operand in operands]))

    def intrinsic(self, name: str, *operands: Reg) -> Reg:
        """Call one of LLVM's own, on doubles or on vectors of them."""
        kind = operands[0].type
        symbol = f"{name}.v{WIDTH}f64" if kind == self.unit.vector else f"{name}.f64"
        return self.call(self.unit.declared(symbol, kind, [kind] * len(operands)), *operands)
