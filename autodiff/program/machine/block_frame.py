"""What the loop over blocks is given: its frame, and the shared numbers of an instruction."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager

from .blocks import Blocks
from .llvm_types import Block, Builder, Function, Ir, Reg, Type
from .pieces import counted
from .vector_emit import WIDTH

#: what a call is given. Steps count numbers. Code that is 0 is not run; `suspects` and `of_rows`
#: that are 0 are not written. `step` is how far the memories of two blocks lie apart. The last ones
#: are of the instruction: slots of the mapped leaves for each example, those of shared leaves and
#: how many these are, shared numbers in all, and a number that becomes nan where some result is
#: not finite.
FRAME = (
    "forward", "reverse", "examples", "rows", "next_example", "next_leaf", "own", "count",
    "shared", "numbers", "step", "of_shared", "adjoints", "reached_shared", "reached",
    "output_words", "outputs", "results", "next_result", "suspects", "seeds", "seeded",
    "next_seed", "of_rows", "next_row", "scratch", "row_slots", "next_slot", "shared_slots",
    "leaves", "shares", "flag",
)  # fmt: skip
#: what lies in the memory of numbers, and in that of adjoints
IN_V = ("rows", "shared", "numbers", "results", "scratch", "flag")
IN_G = ("of_shared", "adjoints", "reached_shared", "reached", "seeds")


class BlockFrame:
    """The function `blocks(frame, v, g)` while it is being emitted: fields, addresses, loops."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.ir: Ir = blocks.ir
        long = blocks.long
        kind = self.ir.FunctionType(self.ir.VoidType(), [long.as_pointer(), long, long])
        self.function: Function = self.ir.Function(blocks.module, kind, "autodiff_blocks")
        self.builder: Builder = self.ir.IRBuilder(self.function.append_basic_block())
        self.fields: dict[str, Reg] = {name: self._field(at) for at, name in enumerate(FRAME)}
        self.forward: Reg = self._is_there("forward")
        self.reverse: Reg = self._is_there("reverse")
        self.present: Reg

    # ---- the frame ---------------------------------------------------------------------------

    def _field(self, at: int) -> Reg:
        place = self.builder.gep(self.function.args[0], [self._whole(at)])
        return self.builder.load(place)

    def _whole(self, number: int) -> Reg:
        return self.ir.Constant(self.blocks.word, number)

    def _long(self, number: int) -> Reg:
        return self.ir.Constant(self.blocks.long, number)

    def _wide(self, word: Reg) -> Reg:
        return self.builder.zext(word, self.blocks.long)

    def _word(self, name: str) -> Reg:
        return self.builder.trunc(self.fields[name], self.blocks.word)

    def _pointer(self, name: str, kind: Type | None = None) -> Reg:
        kind, place = kind or self.blocks.double, self.fields[name]
        if name in IN_V or name in IN_G:
            place = self.builder.add(place, self.function.args[1 if name in IN_V else 2])
        return self.builder.inttoptr(place, kind.as_pointer())

    def _words(self, name: str) -> Reg:
        return self._pointer(name, self.blocks.word)

    def _at(self, base: Reg, *offsets: Reg) -> Reg:
        """An address so many numbers further on."""
        total = offsets[0]
        for offset in offsets[1:]:
            total = self.builder.add(total, offset)
        return self.builder.gep(base, [total])

    def _present(self) -> AbstractContextManager[Reg]:
        """A loop over the examples that the block really has."""
        return counted(self.blocks, self.builder, self.present)

    def _is_there(self, *names: str) -> Reg:
        fields = functools.reduce(self.builder.or_, [self.fields[name] for name in names])
        return self.builder.icmp_unsigned("!=", fields, self._long(0))

    def _there(self, name: str) -> AbstractContextManager[Block]:
        """What follows runs only where something is to be written there."""
        return self.builder.if_then(self._is_there(name))

    def _number(self, value: float) -> Reg:
        return self.blocks.scalar.constant(value)

    # ---- shared numbers of an instruction ----------------------------------------------------

    def _shared_leaves(self) -> AbstractContextManager[Reg]:
        return counted(self.blocks, self.builder, self._word("leaves"))

    def _take_shared(self) -> None:
        """The numbers of shared leaves; in a sweep, adjoints of 0 that nothing has reached."""
        builder, blocks = self.builder, self.blocks
        with builder.if_then(self.forward), self._there("flag"):
            builder.store(self._number(0.0), self._pointer("flag"))
        with builder.if_then(self.forward), self._shared_leaves() as at:
            slot = builder.load(builder.gep(self._words("shared_slots"), [at]))
            number = builder.load(self._at(self._pointer("rows"), self._wide(slot)))
            builder.store(number, self._at(self._pointer("shared"), self._wide(at)))
        with builder.if_then(self.reverse):
            reached, sums = self._words("reached_shared"), self._pointer("of_shared")
            with counted(blocks, builder, self._word("shares")) as at:
                builder.store(self._whole(0), builder.gep(reached, [self._wide(at)]))
                place = builder.mul(at, self._whole(WIDTH))
                blocks._store(builder, blocks.constant(0.0), sums, place)

    def _give_shared(self) -> None:
        """Add up the adjoints of shared leaves."""
        builder, blocks = self.builder, self.blocks
        sums, adjoints = self._pointer("of_shared"), self._adjoints_of_slots()
        with self._shared_leaves() as at:
            reached = builder.load(builder.gep(self._words("reached_shared"), [at]))
            with builder.if_then(builder.icmp_unsigned("!=", reached, self._whole(0))):
                part = blocks._at(builder, sums, builder.mul(at, self._whole(WIDTH)))
                slot = builder.load(builder.gep(self._words("shared_slots"), [at]))
                self._add_to(adjoints, slot, blocks.added_up(builder, part))

    def _adjoints_of_slots(self) -> Reg:
        return self.builder.inttoptr(self.function.args[2], self.blocks.pointer)

    def _add_to(self, adjoints: Reg, slot: Reg, number: Reg) -> None:
        place = self._at(adjoints, self._wide(slot))
        number = self.builder.fadd(number, self._number(0.0))
        self.builder.store(self.builder.fadd(self.builder.load(place), number), place)
