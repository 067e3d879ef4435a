"""What the machine uses of llvmlite, which has no types of its own: checked by mypy, never run.

A value of LLVM is no number of Python's, and mistaking one for the other is what these find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class LlvmType(Protocol):
    """The type of a value: a double, a word, a pointer, a vector."""

    count: int  # of a vector

    def as_pointer(self) -> LlvmType: ...
    def __call__(self, number: int) -> LlvmValue: ...


class LlvmValue(Protocol):
    """A number, a truth value or an address that exists when the code runs."""

    @property
    def type(self) -> LlvmType: ...


class Block(Protocol):
    """Instructions that are run one after the other."""


class Phi(LlvmValue, Protocol):
    """A value that depends on the block before."""

    def add_incoming(self, value: LlvmValue, block: Block) -> None: ...


class Switch(Protocol):
    """A jump by a word."""

    def add_case(self, value: LlvmValue, block: Block) -> None: ...


class Global(LlvmValue, Protocol):
    """A table in the code."""

    initializer: LlvmValue
    global_constant: bool
    linkage: str


class Function(LlvmValue, Protocol):
    """A function that is being emitted, or called."""

    args: tuple[LlvmValue, ...]
    linkage: str

    @property
    def attributes(self) -> set[str]: ...
    def append_basic_block(self, name: str = "") -> Block: ...


class Module(Protocol):
    """Where functions are."""

    globals: Mapping[str, LlvmValue]

    def declare_intrinsic(
        self, name: str, types: Sequence[LlvmType], kind: LlvmType
    ) -> Function: ...


_Unary = Callable[[LlvmValue], LlvmValue]
_Binary = Callable[[LlvmValue, LlvmValue], LlvmValue]
_Compare = Callable[[str, LlvmValue, LlvmValue], LlvmValue]
_Convert = Callable[[LlvmValue, LlvmType], LlvmValue]


class Builder(Protocol):
    """Appends instructions to a block."""

    fneg: _Unary
    not_: _Unary
    add: _Binary
    and_: _Binary
    extract_element: _Binary
    fadd: _Binary
    fdiv: _Binary
    fmul: _Binary
    fsub: _Binary
    lshr: _Binary
    mul: _Binary
    or_: _Binary
    shl: _Binary
    sub: _Binary
    udiv: _Binary
    fcmp_ordered: _Compare
    fcmp_unordered: _Compare
    icmp_signed: _Compare
    icmp_unsigned: _Compare
    bitcast: _Convert
    fptoui: _Convert
    inttoptr: _Convert
    trunc: _Convert
    uitofp: _Convert
    zext: _Convert
    select: Callable[[LlvmValue, LlvmValue, LlvmValue], LlvmValue]
    insert_element: Callable[[LlvmValue, LlvmValue, LlvmValue], LlvmValue]
    shuffle_vector: Callable[[LlvmValue, LlvmValue, LlvmValue], LlvmValue]

    @property
    def block(self) -> Block: ...
    @property
    def function(self) -> Function: ...
    def load(self, place: LlvmValue, *, align: int | None = None) -> LlvmValue: ...
    def store(self, value: LlvmValue, place: LlvmValue, align: int | None = None) -> None: ...
    def alloca(self, kind: LlvmType, size: int | None = None) -> LlvmValue: ...
    def gep(self, base: LlvmValue, indices: Sequence[LlvmValue]) -> LlvmValue: ...
    def call(self, function: LlvmValue, operands: Sequence[LlvmValue]) -> LlvmValue: ...
    def phi(self, kind: LlvmType) -> Phi: ...
    def branch(self, block: Block) -> None: ...
    def cbranch(self, condition: LlvmValue, then: Block, other: Block) -> None: ...
    def switch(self, value: LlvmValue, default: Block) -> Switch: ...
    def ret(self, value: LlvmValue) -> None: ...
    def ret_void(self) -> None: ...
    def position_at_end(self, block: Block) -> None: ...
    def goto_entry_block(self) -> AbstractContextManager[None]: ...
    def if_then(
        self, condition: LlvmValue, likely: bool | None = None
    ) -> AbstractContextManager[Block]: ...
    def if_else(
        self, condition: LlvmValue
    ) -> AbstractContextManager[
        tuple[AbstractContextManager[Block], AbstractContextManager[Block]]
    ]: ...


_MakesType = Callable[[LlvmType, int], LlvmType]
_MakesModule = Callable[[str], Module]
_MakesGlobal = Callable[[Module, LlvmType, str], Global]
_MakesFunction = Callable[[Module, LlvmType, str], Function]


class Target(Protocol):
    """The processor: makes machine code of a module."""

    def emit_object(self, module: object) -> bytes: ...


class Engine(Protocol):
    """Functions in memory, ready to be called."""

    def get_function_address(self, name: str) -> int: ...
    def finalize_object(self) -> None: ...


class Ir(Protocol):
    """The module llvmlite.ir."""

    Undefined: object
    Constant: Callable[[LlvmType, object], LlvmValue]  # numbers, lists of them, Undefined
    DoubleType: Callable[[], LlvmType]
    VoidType: Callable[[], LlvmType]
    IntType: Callable[[int], LlvmType]
    VectorType: _MakesType
    ArrayType: _MakesType
    FunctionType: Callable[[LlvmType, Sequence[LlvmType]], LlvmType]
    Module: _MakesModule
    Function: _MakesFunction
    GlobalVariable: _MakesGlobal
    IRBuilder: Callable[[Block], Builder]


class Emits(Protocol):
    """What those who emit parts of a function need of the emitter of its module (emit.py)."""

    ir: Ir
    module: Module
    double: LlvmType
    pointer: LlvmType
    word: LlvmType
    long: LlvmType

    def constant(self, number: float) -> LlvmValue: ...
    def intrinsic(
        self, builder: Builder, name: str, operands: Sequence[LlvmValue]
    ) -> LlvmValue: ...
    def not_finite(self, builder: Builder, x: LlvmValue) -> LlvmValue: ...
    def number(self, builder: Builder, value: LlvmValue) -> LlvmValue: ...
    def holds(self, builder: Builder, value: LlvmValue) -> LlvmValue: ...
    def apply(self, builder: Builder, name: str, operands: Sequence[LlvmValue]) -> LlvmValue: ...
    def primitive(self, name: str, count: int) -> LlvmValue: ...
    def fast(self, name: str, count: int) -> LlvmValue | None: ...
    def is_choice(self, name: str) -> bool: ...
    def is_plain(self, name: str) -> bool: ...


class EmitsVectors(Emits, Protocol):
    """The same for those who emit several lanes at once (vector_emit.py)."""

    vector: LlvmType
