"""LLVM code that reads like what it computes: registers with operators, memory with indices.

    total = code.variable(code.real(0.0))
    with code.count(n) as at:
        total[0] += 2.0 * xs[at]

A register is a number, a truth value or an address that exists when the code runs, or a vector of
such. A plain number beside it means the same in every lane. Whole numbers have no sign.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeAlias

from .llvm_types import Block, Builder, Function, Ir, Module, Switch, Type, Value

#: how many numbers are in a vector
WIDTH = 8
Operand: TypeAlias = "Reg | float"


def _binary(whole: str, real: str = "") -> Callable[[Reg, Operand], Reg]:
    def emit(self: Reg, other: Operand) -> Reg:
        return self.made(real if self.is_real else whole, self.like(other).value)

    return emit


def _reflected(apply: Callable[[Reg, Reg], Reg]) -> Callable[[Reg, float], Reg]:
    return lambda self, number: apply(self.like(number), self)


def _comparison(sign: str, real: str = "fcmp_ordered") -> Callable[[Reg, Operand], Reg]:
    return lambda self, other: self.compared(
        real if self.is_real else "icmp_unsigned", sign, self.like(other)
    )


class Reg:
    """A register; operators emit the instructions that compute another one."""

    __slots__ = ("code", "value")

    def __init__(self, code: Code, value: Value) -> None:
        self.code = code
        self.value = value

    __add__ = _binary("add", "fadd")
    __sub__ = _binary("sub", "fsub")
    __mul__ = _binary("mul", "fmul")
    __truediv__ = _binary("", "fdiv")
    __floordiv__ = _binary("udiv")
    __and__ = _binary("and_")
    __or__ = _binary("or_")
    __lshift__ = _binary("shl")
    __rshift__ = _binary("lshr")
    __radd__ = _reflected(operator.add)
    __rsub__ = _reflected(operator.sub)
    __rmul__ = _reflected(operator.mul)
    __rtruediv__ = _reflected(operator.truediv)
    __lt__ = _comparison("<")
    __le__ = _comparison("<=")
    __gt__ = _comparison(">")
    __ge__ = _comparison(">=")
    equals = _comparison("==")
    differs = _comparison("!=", "fcmp_unordered")  # nan differs from everything

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

    def like(self, other: Operand) -> Reg:
        """A number as a register of the same type."""
        return other if isinstance(other, Reg) else self.code.constant(self.type, other)

    # ---- types -------------------------------------------------------------------------------

    @property
    def type(self) -> Type:
        """What it holds."""
        return self.value.type

    @property
    def is_real(self) -> bool:
        """Whether it holds a double, or several."""
        return bool(getattr(self.type, "element", self.type) == self.code.unit.double)

    @property
    def is_truth(self) -> bool:
        """Whether it holds a truth value, or several."""
        return bool(getattr(self.type, "element", self.type) == self.code.unit.bit)

    @property
    def wide(self) -> Reg:
        """A word with 64 bits: what addresses are counted with."""
        return self.made("zext", self.code.unit.long)

    # ---- numbers and truth values ------------------------------------------------------------

    def number(self) -> Reg:
        """1.0 for a truth value that holds, else 0.0; numbers as they are."""
        if not self.is_truth:
            return self
        unit = self.code.unit
        kind = unit.vector if hasattr(self.type, "count") else unit.double
        return self.select(*[self.code.constant(kind, number) for number in (1.0, 0.0)])

    def holds(self) -> Reg:
        """Whether it counts as true: a number that is not 0, nan included."""
        return self if self.is_truth else self.differs(0.0)

    def is_nan(self) -> Reg:
        """Whether it is no number."""
        return self.compared("fcmp_unordered", "uno", self)

    def not_finite(self) -> Reg:
        """Whether it is nan or an infinity: x - x is 0 for all others."""
        return (self - self).is_nan()

    def select(self, then: Operand, other: Operand) -> Reg:
        """One of two, by a truth value."""
        if not isinstance(then, Reg):
            assert isinstance(other, Reg)
            then = other.like(then)
        return self.made("select", then.value, then.like(other).value)

    # ---- vectors -----------------------------------------------------------------------------

    def bits(self) -> Reg:
        """The truth values of a vector as the bits of a number."""
        return self.made("bitcast", self.code.unit.ir.IntType(WIDTH))

    def longs(self) -> Reg:
        """The bits of a vector of numbers."""
        return self.made("bitcast", self.code.unit.longs)

    def reals(self) -> Reg:
        """Numbers with these bits."""
        return self.made("bitcast", self.code.unit.vector)

    def any(self) -> Reg:
        """Whether some truth value of a vector holds."""
        return self.bits().differs(0)

    def lane(self, at: int) -> Reg:
        """One entry of a vector."""
        return self.made("extract_element", self.code.whole(at).value)

    def with_lane(self, at: int, number: Reg) -> Reg:
        """The vector with another number there."""
        return self.made("insert_element", number.value, self.code.whole(at).value)

    def shuffled(self, lanes: Sequence[int]) -> Reg:
        """A vector of its entries at some places."""
        unit = self.code.unit
        undefined = unit.ir.Constant(self.type, unit.ir.Undefined)
        places = unit.ir.Constant(unit.ir.VectorType(unit.word, len(lanes)), list(lanes))
        return self.made("shuffle_vector", undefined, places)

    def total(self) -> Reg:
        """The sum of a vector, in pairs: the first half plus the second, and so on."""
        part, width = self, WIDTH
        while width > 1:
            width //= 2
            halves = [part.shuffled(range(first, first + width)) for first in (0, width)]
            part = halves[0] + halves[1]
        return part.lane(0)

    # ---- memory ------------------------------------------------------------------------------

    def at(self, *places: Reg | int) -> Reg:
        """The address so many numbers further on."""
        found = [self.code.whole(at) if isinstance(at, int) else at for at in places]
        return Reg(self.code, self.code.builder.gep(self.value, [at.value for at in found]))

    def _where(self, place: Reg | int) -> Reg:
        return self if isinstance(place, int) and place == 0 else self.at(place)

    def __getitem__(self, place: Reg | int) -> Reg:
        return self._where(place).made("load")

    def __setitem__(self, place: Reg | int, number: Reg) -> None:
        number.made("store", self._where(place).value)

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
        where = self._where(place).cast(self.code.unit.vector)
        return Reg(self.code, self.code.builder.load(where.value, align=8))

    def __setitem__(self, place: Reg | int, numbers: Reg) -> None:
        where = self._where(place).cast(self.code.unit.vector)
        self.code.builder.store(numbers.value, where.value, align=8)


class Unit:
    """A module of LLVM: its types and functions."""

    def __init__(self, name: str) -> None:
        import llvmlite.ir as ir

        self.ir: Ir = ir
        self.module: Module = ir.Module(name)
        self.bit: Type = ir.IntType(1)
        self.word: Type = ir.IntType(32)
        self.long: Type = ir.IntType(64)
        self.double: Type = ir.DoubleType()
        self.words, self.pointer = self.word.as_pointer(), self.double.as_pointer()
        self.vector: Type = ir.VectorType(self.double, WIDTH)
        self.longs: Type = ir.VectorType(self.long, WIDTH)

    def declared(self, name: str, result: Type | None, kinds: Sequence[Type]) -> Function:
        """A function that is elsewhere."""
        return self.module.globals.get(name) or self._function(name, result, kinds)

    def _function(self, name: str, result: Type | None, kinds: Sequence[Type]) -> Function:
        ir = self.ir
        return ir.Function(self.module, ir.FunctionType(result or ir.VoidType(), kinds), name)

    def define(
        self, name: str, result: Type | None, kinds: Sequence[Type], *, public: bool = False,
        inline: bool = False,
    ) -> Code:  # fmt: skip
        """The code of a new function, to be emitted. Long code compiles slowly: few are inlined."""
        function = self._function(name, result, kinds)
        if not public:
            function.linkage = "internal"
            if not inline:
                function.attributes.add("noinline")
        return Code(self, function)


class Code:
    """A function while it is being emitted: where the next instruction goes."""

    def __init__(self, unit: Unit, function: Function) -> None:
        self.unit = unit
        self.function = function
        self.builder: Builder = unit.ir.IRBuilder(function.append_basic_block())
        self.args: list[Reg] = [Reg(self, each) for each in function.args]

    # ---- numbers -----------------------------------------------------------------------------

    def constant(self, kind: Type, number: float) -> Reg:
        """A number of a type, in every lane."""
        if kind in (self.unit.double, self.unit.vector):
            number = float(number)
        count = getattr(kind, "count", None)
        return Reg(self, self.unit.ir.Constant(kind, [number] * count if count else number))

    def real(self, number: float) -> Reg:
        """A double."""
        return self.constant(self.unit.double, number)

    def whole(self, number: int) -> Reg:
        """A word."""
        return self.constant(self.unit.word, number)

    def long(self, number: int) -> Reg:
        """A number of 64 bits."""
        return self.constant(self.unit.long, number)

    def undefined(self, kind: Type) -> Reg:
        """Anything."""
        return Reg(self, self.unit.ir.Constant(kind, self.unit.ir.Undefined))

    def splat(self, number: Reg) -> Reg:
        """A vector of the same number."""
        kind = self.unit.ir.VectorType(number.type, WIDTH)
        return self.undefined(kind).with_lane(0, number).shuffled([0] * WIDTH)

    # ---- functions ---------------------------------------------------------------------------

    def call(self, function: Value, *operands: Reg) -> Reg:
        """Call a function."""
        return Reg(self, self.builder.call(function, [operand.value for operand in operands]))

    def intrinsic(self, name: str, *operands: Reg) -> Reg:
        """Call one of LLVM's own, on doubles or on vectors of them."""
        kind = operands[0].type
        symbol = f"{name}.v{WIDTH}f64" if kind == self.unit.vector else f"{name}.f64"
        function = self.unit.declared(symbol, kind, [kind] * len(operands))
        return self.call(function, *operands)

    def ret(self, found: Reg | None = None) -> None:
        """Return."""
        if found is None:
            self.builder.ret_void()
        else:
            self.builder.ret(found.value)

    # ---- variables and jumps -----------------------------------------------------------------

    def room(self, kind: Type, count: int | None = None) -> Reg:
        """Memory for as long as the function runs."""
        with self.builder.goto_entry_block():
            return Reg(self, self.builder.alloca(kind, count))

    def variable(self, start: Reg) -> Reg:
        """What changes in a loop."""
        made = self.room(start.type)
        made[0] = start
        return made

    def block(self, name: str = "") -> Block:
        """A place to jump to."""
        return self.function.append_basic_block(name)

    def switch(self, word: Reg, default: Block) -> Switch:
        """A jump by a word."""
        return self.builder.switch(word.value, default)

    def merged(self, incoming: Sequence[tuple[Reg, Block]]) -> Reg:
        """What was computed in the block that ran before."""
        found = self.builder.phi(incoming[0][0].type)
        for each, block in incoming:
            found.add_incoming(each.value, block)
        return Reg(self, found)

    def when(self, condition: Reg, likely: bool | None = None) -> AbstractContextManager[Block]:
        """What runs only if a condition holds."""
        return self.builder.if_then(condition.value, likely=likely)

    def either(
        self, condition: Reg
    ) -> AbstractContextManager[
        tuple[AbstractContextManager[Block], AbstractContextManager[Block]]
    ]:
        """What runs if it holds, and what runs if not."""
        return self.builder.if_else(condition.value)

    def where_some(self, wanted: Reg, compute: Callable[[], list[Reg]]) -> list[Reg]:
        """Vectors for the lanes that want them; zeros if there are none."""
        some = wanted.any()
        before = self.builder.block
        with self.when(some):
            found = compute()
            inside = self.builder.block
        return [
            self.merged([(self.constant(each.type, 0), before), (each, inside)]) for each in found
        ]

    @contextmanager
    def count(self, count: Reg, first: int = 0) -> Iterator[Reg]:
        """A loop over first .. count - 1."""
        builder = self.builder
        before = builder.block
        head, body, after = (self.block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        at = builder.phi(self.unit.word)
        at.add_incoming(self.whole(first).value, before)
        builder.cbranch(builder.icmp_signed("<", at, count.value), body, after)
        builder.position_at_end(body)
        counted = Reg(self, at)
        yield counted
        at.add_incoming((counted + 1).value, builder.block)
        builder.branch(head)
        builder.position_at_end(after)


class Emits(Protocol):
    """What those who emit parts of a function need of the emitter of its module (emit.py)."""

    def apply(self, code: Code, name: str, operands: Sequence[Reg]) -> Reg: ...
    def primitive(self, name: str, count: int) -> Value: ...
    def fast(self, name: str, count: int) -> Value | None: ...
    def calls(self, name: str) -> bool: ...
