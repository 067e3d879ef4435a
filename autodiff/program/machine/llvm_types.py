"""What the machine uses of llvmlite, which has no types of its own: checked by mypy, never run.

A value of LLVM is no number of Python's, and mistaking one for the other is what these find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Type(Protocol):
    """The type of a value: a double, a word, a pointer, a vector."""

    def as_pointer(self) -> Type: ...


class Value(Protocol):
    """What a register holds."""

    @property
    def type(self) -> Type: ...


class Block(Protocol):
    """Instructions that are run one after the other."""


class Phi(Value, Protocol):
    """A value that depends on the block before."""

    def add_incoming(self, value: Value, block: Block) -> None: ...


class Switch(Protocol):
    """A jump by a word."""

    def add_case(self, value: Value, block: Block) -> None: ...


class Global(Value, Protocol):
    """A table in the code."""

    initializer: Value
    global_constant: bool
    linkage: str


class Function(Value, Protocol):
    """A function that is being emitted, or called."""

    args: tuple[Value, ...]
    linkage: str

    @property
    def attributes(self) -> set[str]: ...
    def append_basic_block(self, name: str = "") -> Block: ...


class Module(Protocol):
    """Where functions are."""

    globals: Mapping[str, Value]


class Builder(Protocol):
    """Appends instructions to a block; those of one register are chosen by name (code.py)."""

    fcmp_unordered: Callable[[str, Value, Value], Value]
    icmp_signed: Callable[[str, Value, Value], Value]

    @property
    def block(self) -> Block: ...
    def load(self, place: Value, *, align: int | None = None) -> Value: ...
    def store(self, value: Value, place: Value, align: int | None = None) -> None: ...
    def alloca(self, kind: Type, size: int | None = None) -> Value: ...
    def gep(self, base: Value, indices: Sequence[Value]) -> Value: ...
    def call(self, function: Value, operands: Sequence[Value]) -> Value: ...
    def phi(self, kind: Type) -> Phi: ...
    def branch(self, block: Block) -> None: ...
    def cbranch(self, condition: Value, then: Block, other: Block) -> None: ...
    def switch(self, value: Value, default: Block) -> Switch: ...
    def ret(self, value: Value) -> None: ...
    def ret_void(self) -> None: ...
    def position_at_end(self, block: Block) -> None: ...
    def goto_entry_block(self) -> AbstractContextManager[None]: ...
    def if_then(
        self, condition: Value, likely: bool | None = None
    ) -> AbstractContextManager[Block]: ...
    def if_else(
        self, condition: Value
    ) -> AbstractContextManager[
        tuple[AbstractContextManager[Block], AbstractContextManager[Block]]
    ]: ...


class Target(Protocol):
    """The processor: makes machine code of a module."""

    def emit_object(self, module: object) -> bytes: ...


class Engine(Protocol):
    """Functions in memory, ready to be called."""

    def get_function_address(self, name: str) -> int: ...
    def finalize_object(self) -> None: ...


_MakesType = Callable[[Type, int], Type]


class Ir(Protocol):
    """The module llvmlite.ir."""

    Undefined: object
    Constant: Callable[[Type, object], Value]  # numbers, lists of them, Undefined
    DoubleType: Callable[[], Type]
    VoidType: Callable[[], Type]
    IntType: Callable[[int], Type]
    VectorType: _MakesType
    ArrayType: _MakesType
    FunctionType: Callable[[Type, Sequence[Type]], Type]
    Module: Callable[[str], Module]
    Function: Callable[[Module, Type, str], Function]
    GlobalVariable: Callable[[Module, Type, str], Global]
    IRBuilder: Callable[[Block], Builder]
