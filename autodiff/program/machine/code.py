"""A function in LLVM code while it is being emitted: variables, jumps and loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from .registers import Block, Function, Reg, Scope, Type, Unit


class Code(Scope):
    """A new function while it is being emitted. Long code compiles slowly: few are inlined."""

    def __init__(
        self, unit: Unit, name: str, result: Type | None, kinds: Sequence[Type], *,
        public: bool = False, inline: bool = False,
    ) -> None:  # fmt: skip
        self.function: Function = unit.function(name, result, kinds)
        function = self.function
        super().__init__(unit, unit.ir.IRBuilder(function.append_basic_block()))
        self.args: list[Reg] = [Reg(self, each) for each in function.args]
        if not public:
            function.linkage = "internal"
            if not inline:
                function.attributes.add("noinline")

    def ret(self, found: Reg | None = None) -> None:
        self.builder.ret_void() if found is None else self.builder.ret(found.value)

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
        return self.function.append_basic_block(name)

    def when(self, condition: Reg, likely: bool | None = None) -> AbstractContextManager[Block]:
        """What runs only if a condition holds."""
        found: AbstractContextManager[Block] = self.builder.if_then(condition.value, likely=likely)
        return found

    def either(self, condition: Reg) -> Any:
        """What runs if it holds, and what runs if not."""
        return self.builder.if_else(condition.value)

    def where_some(self, wanted: Reg, compute: Callable[[], list[Reg]]) -> list[Reg]:
        """Registers for the lanes that want them; zeros if there are none."""
        some = wanted.any()
        before = self.builder.block
        with self.when(some):
            found = compute()
            inside = self.builder.block
        return [
            self.merged([(self.constant(each.type, 0), before), (each, inside)]) for each in found
        ]

    def merged(self, incoming: Sequence[tuple[Reg, Block]]) -> Reg:
        """The register of the block that ran before."""
        phi = self.builder.phi(incoming[0][0].type)
        for each, block in incoming:
            phi.add_incoming(each.value, block)
        return Reg(self, phi)

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

    kind: Type
    lanes: dict[str, str]

    def apply(self, code: Code, name: str, operands: Sequence[Reg]) -> Reg: ...
    def primitive(self, name: str, count: int) -> Function: ...
    def fast(self, name: str, count: int) -> Function | None: ...
    def calls(self, name: str) -> bool: ...
