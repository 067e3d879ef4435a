"""The block machine as LLVM code: a Program for 32 examples at a time, forward and backward.

A block's numbers lie in the processor's first cache, and an instruction is decoded once for 32
examples, so its code needs no compiler of its own. `blocks(frame)` goes through the blocks of many
examples. Its frame is an array of integers and addresses, in the order of FRAME.

The last block may have one vector of examples: then its instructions work on that alone.

A word of 32 bits per number says which examples' adjoints something has reached; the others pass
nothing on, as in the eager engine. Adjoints of shared numbers are vectors, added up at the end.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from autodiff.program.lowering.block_opcodes import (
    DENSE,
    EXAMPLES,
    HALT,
    LAYER,
    BlockOpcode,
    BlockTable,
)

from .block_branch import BlockBranch
from .block_vectors import VECTORS, BlockVectors
from .branch import AnyOpcode, Branch
from .emit import Emitter
from .llvm_types import Function, Reg
from .vector_emit import WIDTH


class Single(Protocol):
    """What emits an instruction for one number at a time: the virtual machine."""

    def forward_one(self, frame: Branch, opcode: AnyOpcode) -> Reg: ...
    def reverse_one(self, frame: Branch, opcode: AnyOpcode, adjoint: Reg) -> None: ...


class Blocks(BlockVectors):
    """Emits the functions of the block machine; `single` are the branches for one example."""

    def __init__(self, scalar: Emitter, table: BlockTable, single: Single) -> None:
        super().__init__(scalar)
        self.table = table
        self.single = single
        code, words, numbers = self.word.as_pointer(), self.word.as_pointer(), self.pointer
        self._kinds = {
            False: [code, numbers, numbers, numbers, self.word],
            True: [code, *[numbers] * 5, words, words, self.word, self.word],
        }

    def emit(self) -> tuple[Reg, Reg]:
        """The two loops over code words."""
        return self._loop(reverse=False), self._loop(reverse=True)

    def _loop(self, *, reverse: bool) -> Function:
        ir, name = self.ir, "blocks.reverse" if reverse else "blocks.forward"
        kind = ir.FunctionType(ir.VoidType(), self._kinds[reverse])
        function = ir.Function(self.module, kind, name)
        function.linkage = "internal"
        entry, head, stop = (function.append_basic_block() for _ in range(3))
        builder = ir.IRBuilder(entry)
        builder.branch(head)
        builder.position_at_end(head)
        code = builder.phi(self.word.as_pointer())
        code.add_incoming(function.args[0], entry)
        switch = builder.switch(builder.load(code), stop)
        for opcode in self.table.opcodes:
            if reverse not in opcode.passes or opcode.number == HALT:
                continue
            block = function.append_basic_block(f"{opcode.name}.{opcode.number}")
            switch.add_case(ir.Constant(self.word, opcode.number), block)
            builder.position_at_end(block)
            frame = BlockBranch(self.scalar, builder, function, code, opcode)
            self._branch(frame, opcode, reverse)
            length = builder.add(frame.rows(), frame.whole(opcode.head))
            advanced = builder.gep(code, [builder.zext(length, self.long)])
            code.add_incoming(advanced, builder.block)
            builder.branch(head)
        builder.position_at_end(stop)
        builder.ret_void()
        return function

    def _branch(self, frame: BlockBranch, opcode: BlockOpcode, reverse: bool) -> None:
        """What is common is part of the loop, others a call: LLVM is slow on long functions."""
        if opcode.primitive is None:
            few = frame.builder.icmp_unsigned("==", frame.vectors, frame.whole(1))
            with frame.builder.if_else(few) as branches:
                for branch, self.together in zip(branches, (1, VECTORS), strict=True):
                    with branch:
                        (self._swept if reverse else self._sum)(frame, opcode)
            return
        ir, builder = self.ir, frame.builder
        kind = ir.FunctionType(ir.VoidType(), self._kinds[reverse])
        name = f"blocks.{'reverse' if reverse else 'forward'}.{opcode.name}.{opcode.number}"
        made = ir.Function(self.module, kind, name)
        made.linkage = "internal"
        made.attributes.add("noinline")
        builder.call(made, [frame.code, *builder.function.args[1:]])
        inside = ir.IRBuilder(made.append_basic_block())
        inner = BlockBranch(self.scalar, inside, made, made.args[0], opcode)
        (self._reverse if reverse else self._forward)(inner, opcode)
        inside.ret_void()

    # ---- forward -----------------------------------------------------------------------------

    def _sum(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """init + a1*b1 + a2*b2 + ... for all examples, each from left to right."""
        builder = frame.builder
        with builder.goto_entry_block():
            totals = [builder.alloca(self.vector) for _ in range(self.together)]
        for total, number in zip(totals, self._numbers(frame, frame.operand(0)), strict=True):
            builder.store(number, total)
        with frame.count(builder.lshr(frame.rows(), frame.whole(1))) as term:
            at = builder.add(builder.shl(term, frame.whole(1)), frame.whole(1))
            a, b = frame.operand(at), frame.operand(builder.add(at, frame.whole(1)))
            if opcode.number == DENSE:
                place = frame.address(frame.shared, builder.lshr(a, frame.whole(1)))
                left = [self._splat(builder, builder.load(place))] * self.together
                right = self._vectors(frame, frame.v, builder.lshr(b, frame.whole(1)))
            else:
                left, right = self._numbers(frame, a), self._numbers(frame, b)
            for total, x, y in zip(totals, left, right, strict=True):
                builder.store(builder.fadd(builder.load(total), builder.fmul(x, y)), total)
        index = builder.lshr(frame.result(), frame.whole(1))
        self._put(frame, [builder.load(total) for total in totals], frame.v, index)

    def _forward(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """A primitive: in vectors, or example by example."""
        builder, primitive = frame.builder, opcode.primitive
        assert primitive is not None
        if not self.computes(primitive):
            with self._each_example(frame):
                result = self.single.forward_one(frame, opcode)
                builder.store(result, frame.place(frame.v, frame.shared, frame.result()))
            return
        with self._each_vector(frame):
            operands = [self._number(frame, word) for word in self._operands(frame, opcode)]
            result = self.number(builder, self.apply(builder, primitive.name, operands))
            builder.store(
                result, self._place(frame, frame.v, frame.shared, frame.result()), align=8
            )

    @contextmanager
    def _each_vector(self, frame: BlockBranch) -> Iterator[None]:
        """A loop over the vectors of a block; `lane` is the first lane of one."""
        with frame.count(frame.vectors) as at:
            frame.lane = frame.builder.mul(at, frame.whole(WIDTH))
            yield

    @contextmanager
    def _each_example(self, frame: BlockBranch) -> Iterator[None]:
        """A loop over the examples of a block."""
        lanes = frame.builder.mul(frame.vectors, frame.whole(WIDTH))
        with frame.count(lanes) as frame.lane:
            yield

    def _operands(self, frame: BlockBranch, opcode: BlockOpcode) -> list[Reg]:
        assert opcode.primitive is not None
        return [frame.operand(at) for at in range(len(opcode.primitive.variables))]

    def _place(self, frame: BlockBranch, own: Reg, shared: Reg, word: Reg) -> Reg:
        """Where a vector of numbers lies, or of a shared one's adjoints."""
        return frame.builder.bitcast(
            frame.place(own, shared, word, WIDTH), self.vector.as_pointer()
        )

    def _number(self, frame: BlockBranch, word: Reg) -> Reg:
        """A vector of numbers."""
        builder = frame.builder
        varies, index = frame.split(word)
        zero = frame.whole(0)
        first = builder.mul(builder.select(varies, index, zero), frame.whole(EXAMPLES))
        own = self._at(builder, frame.v, builder.add(first, frame.lane))
        single = builder.load(frame.address(frame.shared, builder.select(varies, zero, index)))
        return builder.select(varies, own, self._splat(builder, single))

    # ---- reverse -----------------------------------------------------------------------------

    def _adjoint(self, frame: BlockBranch) -> tuple[Reg, Reg, Reg]:
        """The number of the result, which examples' adjoints are reached, and whether any are."""
        index = frame.builder.lshr(frame.result(), frame.whole(1))
        reached = frame.builder.load(frame.address(frame.reached, index))
        return index, reached, frame.builder.icmp_unsigned("!=", reached, frame.whole(0))

    def _swept(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """The sweep of a sum, or of the sums of a layer."""
        builder = frame.builder
        if opcode.number == LAYER:
            with builder.if_else(frame.finite) as (finite, other):
                with finite:
                    self._layer(frame)
                with other:
                    self._layer_carefully(frame)
            return
        index, reached, some = self._adjoint(frame)
        with builder.if_then(some):
            adjoint, masks = self._vectors(frame, frame.g, index), self._masks(builder, reached)
            with frame.count(builder.lshr(frame.rows(), frame.whole(1))) as term:
                at = builder.shl(term, frame.whole(1))
                a, b = frame.operand(at), frame.operand(builder.add(at, frame.whole(1)))
                parts = list(map(builder.fmul, adjoint, self._numbers(frame, b)))
                own, there = frame.split(a)
                with builder.if_else(own) as (varies, shared):
                    with varies:
                        old = self._vectors(frame, frame.g, there)
                        new = map(builder.fadd, old, parts)
                        chosen = map(builder.select, masks, new, old)
                        self._put(frame, list(chosen), frame.g, there)
                    with shared:
                        zero = self.constant(0.0)
                        pairs = zip(masks, parts, strict=True)
                        once = [builder.select(mask, part, zero) for mask, part in pairs]
                        self._add_sum(frame, there, functools.reduce(builder.fadd, once))
                self._reach(frame, frame.bits(a), reached)

    def _reverse(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """What a primitive passes on: in vectors, or example by example."""
        builder, primitive = frame.builder, opcode.primitive
        assert primitive is not None
        _, reached, some = self._adjoint(frame)
        with builder.if_then(some):
            if not self.sweeps(primitive):
                self._one_by_one(frame, opcode, reached)
                return
            slots = self._operands(frame, opcode)
            with builder.goto_entry_block():
                given = [builder.alloca(self.word) for _ in opcode.active]
            for bits in given:
                builder.store(frame.whole(0), bits)
            with self._each_vector(frame):
                bits = builder.trunc(builder.lshr(reached, frame.lane), self.ir.IntType(WIDTH))
                mask = builder.bitcast(bits, self.truths)
                place = self._place(frame, frame.g, frame.sums, frame.result())
                adjoint = builder.load(place, align=8)
                names = {"z": self._number(frame, frame.result())}
                for name, slot in zip(primitive.variables, slots, strict=True):
                    names[name] = self._number(frame, slot)
                parts = [
                    self.contribution(builder, primitive.formulas[at], names, adjoint)
                    for at in opcode.active
                ]
                for at, (condition, amount), some in zip(opcode.active, parts, given, strict=True):
                    chosen = mask if condition is None else builder.and_(mask, condition)
                    self._reach(frame, some, self._give_vector(frame, slots[at], amount, chosen))
            for at, some in zip(opcode.active, given, strict=True):
                self._reach(frame, frame.bits(slots[at]), builder.load(some))

    def _give_vector(self, frame: BlockBranch, word: Reg, amount: Reg, chosen: Reg) -> Reg:
        """Add a contribution to one vector of adjoints; the bits of those that it reaches."""
        builder = frame.builder
        place = self._place(frame, frame.g, frame.sums, word)
        old = builder.load(place, align=8)
        new = builder.select(chosen, builder.fadd(old, amount), old)
        builder.store(new, place, align=8)
        bits = builder.zext(builder.bitcast(chosen, self.ir.IntType(WIDTH)), self.word)
        return builder.shl(bits, frame.lane)

    def _one_by_one(self, frame: BlockBranch, opcode: BlockOpcode, reached: Reg) -> None:
        builder = frame.builder
        with self._each_example(frame):
            bit = builder.and_(builder.lshr(reached, frame.lane), frame.whole(1))
            with builder.if_then(builder.icmp_unsigned("!=", bit, frame.whole(0))):
                adjoint = builder.load(frame.place(frame.g, frame.sums, frame.result(), WIDTH))
                self.single.reverse_one(frame, opcode, adjoint)
