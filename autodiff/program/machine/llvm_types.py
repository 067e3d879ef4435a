"""What the machine uses of llvmlite, which has no types of its own: checked by mypy, never run.

A value of LLVM is no number of Python's, and mistaking one for the other is what these find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Type(Protocol):
    """The type of a value: a double, a word, a pointer, a vector."""

    count: int  # of a vector

    def as_pointer(self) -> Type: ...
    def __call__(self, number: int) -> Reg: ...


class Reg(Protocol):
    """A number, a truth value or an address that exists when the code runs: a register."""

    @property
    def type(self) -> Type: ...


class Block(Protocol):
    """Instructions that are run one after the other."""


class Phi(Reg, Protocol):
    """A value that depends on the block before."""

    def add_incoming(self, value: Reg, block: Block) -> None: ...


class Switch(Protocol):
    """A jump by a word."""

    def add_case(self, value: Reg, block: Block) -> None: ...


class Global(Reg, Protocol):
    """A table in the code."""

    initializer: Reg
    global_constant: bool
    linkage: str


class Function(Reg, Protocol):
    """A function that is being emitted, or called."""

    args: tuple[Reg, ...]
    linkage: str

    @property
    def attributes(self) -> set[str]: ...
    def append_basic_block(self, name: str = "") -> Block: ...


class Module(Protocol):
    """Where functions are."""

    globals: Mapping[str, Reg]

    def declare_intrinsic(self, name: str, types: Sequence[Type], kind: Type) -> Function: ...


_Unary = Callable[[Reg], Reg]
_Binary = Callable[[Reg, Reg], Reg]
_Compare = Callable[[str, Reg, Reg], Reg]
_Convert = Callable[[Reg, Type], Reg]


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
    ptrtoint: _Convert
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
    select: Callable[[Reg, Reg, Reg], Reg]
    insert_element: Callable[[Reg, Reg, Reg], Reg]
    shuffle_vector: Callable[[Reg, Reg, Reg], Reg]

    @property
    def block(self) -> Block: ...
    @property
    def function(self) -> Function: ...
    def load(self, place: Reg, *, align: int | None = None) -> Reg: ...
    def store(self, value: Reg, place: Reg, align: int | None = None) -> None: ...
    def alloca(self, kind: Type, size: int | None = None) -> Reg: ...
    def gep(self, base: Reg, indices: Sequence[Reg]) -> Reg: ...
    def call(self, function: Reg, operands: Sequence[Reg]) -> Reg: ...
    def phi(self, kind: Type) -> Phi: ...
    def branch(self, block: Block) -> None: ...
    def cbranch(self, condition: Reg, then: Block, other: Block) -> None: ...
    def switch(self, value: Reg, default: Block) -> Switch: ...
    def ret(self, value: Reg) -> None: ...
    def ret_void(self) -> None: ...
    def position_at_end(self, block: Block) -> None: ...
    def goto_entry_block(self) -> AbstractContextManager[None]: ...
    def if_then(
        self, condition: Reg, likely: bool | None = None
    ) -> AbstractContextManager[Block]: ...
    def if_else(
        self, condition: Reg
    ) -> AbstractContextManager[
        tuple[AbstractContextManager[Block], AbstractContextManager[Block]]
    ]: ...


_MakesType = Callable[[Type, int], Type]
_MakesModule = Callable[[str], Module]
_MakesGlobal = Callable[[Module, Type, str], Global]
_MakesFunction = Callable[[Module, Type, str], Function]


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
    Constant: Callable[[Type, object], Reg]  # numbers, lists of them, Undefined
    DoubleType: Callable[[], Type]
    VoidType: Callable[[], Type]
    IntType: Callable[[int], Type]
    VectorType: _MakesType
    ArrayType: _MakesType
    FunctionType: Callable[[Type, Sequence[Type]], Type]
    Module: _MakesModule
    Function: _MakesFunction
    GlobalVariable: _MakesGlobal
    IRBuilder: Callable[[Block], Builder]


class Emits(Protocol):
    """What those who emit parts of a function need of the emitter of its module (emit.py)."""

    ir: Ir
    module: Module
    double: Type
    pointer: Type
    word: Type
    long: Type

    def constant(self, number: float) -> Reg: ...
    def intrinsic(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg: ...
    def not_finite(self, builder: Builder, x: Reg) -> Reg: ...
    def number(self, builder: Builder, value: Reg) -> Reg: ...
    def holds(self, builder: Builder, value: Reg) -> Reg: ...
    def apply(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg: ...
    def primitive(self, name: str, count: int) -> Reg: ...
    def fast(self, name: str, count: int) -> Reg | None: ...
    def is_choice(self, name: str) -> bool: ...
    def is_plain(self, name: str) -> bool: ...


class EmitsVectors(Emits, Protocol):
    """The same for those who emit several lanes at once (vector_emit.py)."""

    vector: Type
