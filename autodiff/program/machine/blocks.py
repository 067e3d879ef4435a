"""The block machine as LLVM code: a Program for 32 examples at a time, forward and backward.

A block's numbers lie in the processor's first cache, and an instruction is decoded once for 32
examples, so its code needs no compiler of its own. `blocks(frame)` goes through the blocks of many
examples. Its frame is an array of integers and addresses, in the order of FRAME.

A word of 32 bits per number says which examples' adjoints something has reached; the others pass
nothing on, as in the eager engine. Adjoints of shared numbers are vectors, which are added up at the
end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .block_opcodes import DENSE, EXAMPLES, HALT, PAIRS, PRODUCTS, BlockOpcode, BlockTable
from .branch import Branch, arity
from .columns import Columns
from .pieces import counted
from .vector_emit import WIDTH

VECTORS = EXAMPLES // WIDTH

#: what a call is given. Steps count numbers. Code that is 0 is not run; `suspects` and `of_rows`
#: that are 0 are not written. `step` is how far the memories of two blocks lie apart.
FRAME = (
    "forward", "reverse", "examples", "rows", "next_example", "next_leaf", "own", "count",
    "shared", "numbers", "step", "of_shared", "adjoints", "reached_shared", "reached",
    "output_words", "outputs", "results", "next_result", "suspects", "seeds", "seeded",
    "next_seed", "of_rows", "next_row", "scratch",
)  # fmt: skip


class BlockBranch(Branch):
    """One branch of the block machine; with a `lane`, operands are those of one example."""

    def __init__(self, emitter: Any, builder: Any, function: Any, code: Any, opcode: Any) -> None:
        super().__init__(emitter, builder, function, code, opcode)
        self.shared, self.v, self.scratch = function.args[1:4]
        self.sums = self.g = self.reached_shared = self.reached = None
        if len(function.args) > 4:
            self.sums, self.g, self.reached_shared, self.reached = function.args[4:]

    def result(self) -> Any:
        """The operand that is the result."""
        return self.word(1)

    def operand(self, at: Any) -> Any:
        """The word of an operand."""
        place = self.whole(at) if isinstance(at, int) else at
        return self.word_at(self.builder.add(self.whole(self.opcode.head), place))

    def rows(self) -> Any:
        """How many operands an instruction has."""
        return self.word(2)

    def split(self, word: Any) -> tuple[Any, Any]:
        """Whether an operand is of the examples' own, and its number among such operands."""
        builder = self.builder
        return builder.trunc(word, self.emitter.ir.IntType(1)), builder.lshr(word, self.whole(1))

    def place(self, own: Any, shared: Any, word: Any, width: int = 1) -> Any:
        """Where an example's number lies, or a shared one, of which there may be a vector."""
        builder = self.builder
        varies, index = self.split(word)
        there = builder.add(builder.mul(index, self.whole(EXAMPLES)), self.lane)
        among = builder.and_(self.lane, self.whole(width - 1))
        here = builder.add(builder.mul(index, self.whole(width)), among)
        return builder.select(varies, self.address(own, there), self.address(shared, here))

    def number(self, slot: Any) -> Any:
        """The number of the example."""
        return self.builder.load(self.place(self.v, self.shared, slot))

    def bits(self, word: Any) -> Any:
        """Where the word lies that says which examples' adjoints are reached."""
        varies, index = self.split(word)
        words = (self.address(self.reached, index), self.address(self.reached_shared, index))
        return self.builder.select(varies, *words)

    def accumulate(self, slot: Any, amount: Any, condition: Any = None) -> None:
        """Add a contribution to an adjoint of the example, if the condition holds."""
        builder = self.builder
        place, bits = self.place(self.g, self.sums, slot, WIDTH), self.bits(slot)
        old, known = builder.load(place), builder.load(bits)
        new = builder.fadd(old, amount)
        now = builder.or_(known, builder.shl(self.whole(1), self.lane))
        if condition is not None:
            new, now = builder.select(condition, new, old), builder.select(condition, now, known)
        builder.store(new, place)
        builder.store(now, bits)


class Blocks(Columns):
    """Emits the functions of the block machine; `single` are the branches for one example."""

    def __init__(self, scalar: Any, table: BlockTable, single: Any) -> None:
        super().__init__(scalar)
        self.table = table
        self.single = single
        self.truths = self.ir.VectorType(self.ir.IntType(1), WIDTH)
        code, words, numbers = self.word.as_pointer(), self.word.as_pointer(), self.pointer
        self._kinds = {
            False: [code, numbers, numbers, numbers],
            True: [code, numbers, numbers, numbers, numbers, numbers, words, words],
        }

    def emit(self) -> tuple[Any, Any]:
        """The two loops over code words."""
        return self._loop(reverse=False), self._loop(reverse=True)

    def _loop(self, *, reverse: bool) -> Any:
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
        """The common instructions are part of the loop, others a call: LLVM is slow on long ones."""
        if opcode.primitive is None:
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

    # ---- vectors -----------------------------------------------------------------------------

    def _vectors(self, frame: BlockBranch, base: Any, index: Any) -> list[Any]:
        """The numbers of all examples."""
        first = frame.builder.mul(index, frame.whole(EXAMPLES))
        places = [frame.builder.add(first, frame.whole(WIDTH * at)) for at in range(VECTORS)]
        return [self._at(frame.builder, base, place) for place in places]

    def _put(self, frame: BlockBranch, numbers: Sequence[Any], base: Any, index: Any) -> None:
        first = frame.builder.mul(index, frame.whole(EXAMPLES))
        for at, part in enumerate(numbers):
            place = frame.builder.add(first, frame.whole(WIDTH * at))
            self._store(frame.builder, part, base, place)

    def _numbers(self, frame: BlockBranch, word: Any) -> list[Any]:
        """The numbers of an operand: without a jump, as nobody could foresee it."""
        builder = frame.builder
        varies, index = frame.split(word)
        zero = frame.whole(0)
        own = builder.select(varies, index, zero)
        single = builder.load(frame.address(frame.shared, builder.select(varies, zero, index)))
        wide = self._splat(builder, single)
        return [builder.select(varies, x, wide) for x in self._vectors(frame, frame.v, own)]

    def _masks(self, builder: Any, bits: Any) -> list[Any]:
        """A word as truth values for each vector."""
        byte, made = self.ir.IntType(8), []
        for at in range(VECTORS):
            shifted = builder.lshr(bits, self.ir.Constant(self.word, WIDTH * at))
            made.append(builder.bitcast(builder.trunc(shifted, byte), self.truths))
        return made

    def _bits(self, builder: Any, masks: Sequence[Any]) -> Any:
        """The opposite."""
        bits = self.ir.Constant(self.word, 0)
        for at, mask in enumerate(masks):
            part = builder.zext(builder.bitcast(mask, self.ir.IntType(8)), self.word)
            shifted = builder.shl(part, self.ir.Constant(self.word, WIDTH * at))
            bits = builder.or_(bits, shifted)
        return bits

    # ---- forward -----------------------------------------------------------------------------

    def _sum(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """init + a1*b1 + a2*b2 + ... for all examples, each from left to right."""
        builder = frame.builder
        with builder.goto_entry_block():
            totals = [builder.alloca(self.vector) for _ in range(VECTORS)]
        for total, number in zip(totals, self._numbers(frame, frame.operand(0)), strict=True):
            builder.store(number, total)
        with frame.count(builder.lshr(frame.rows(), frame.whole(1))) as term:
            at = builder.add(builder.shl(term, frame.whole(1)), frame.whole(1))
            a, b = frame.operand(at), frame.operand(builder.add(at, frame.whole(1)))
            if opcode.number == DENSE:
                place = frame.address(frame.shared, builder.lshr(a, frame.whole(1)))
                left = [self._splat(builder, builder.load(place))] * VECTORS
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
        if self.computes(primitive):
            operands = [self._numbers(frame, frame.operand(at)) for at in range(arity(opcode))]  # type: ignore[arg-type]  # an opcode of blocks
            results = [
                self.number(builder, self.apply(builder, primitive.name, parts))
                for parts in zip(*operands, strict=True)
            ]
            self._put(frame, results, frame.v, builder.lshr(frame.result(), frame.whole(1)))
            return
        with frame.count(frame.whole(EXAMPLES)) as frame.lane:
            result = self.single.forward_one(frame, opcode)
            builder.store(result, frame.place(frame.v, frame.shared, frame.result()))

    # ---- reverse -----------------------------------------------------------------------------

    def _adjoint(self, frame: BlockBranch) -> tuple[Any, Any, Any]:
        """The result's number, and the bits of the examples whose adjoint is reached, if any are."""
        index = frame.builder.lshr(frame.result(), frame.whole(1))
        reached = frame.builder.load(frame.address(frame.reached, index))
        return index, reached, frame.builder.icmp_unsigned("!=", reached, frame.whole(0))

    def _swept(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """The sweep of a sum."""
        builder = frame.builder
        index, reached, some = self._adjoint(frame)
        with builder.if_then(some):
            adjoint, masks = self._vectors(frame, frame.g, index), self._masks(builder, reached)
            with frame.count(builder.lshr(frame.rows(), frame.whole(1))) as term:
                at = builder.shl(term, frame.whole(1))
                a, b = frame.operand(at), frame.operand(builder.add(at, frame.whole(1)))
                if opcode.number == PAIRS:
                    self._factors(frame, adjoint, masks, reached, a, b)
                else:
                    factors = self._numbers(frame, b)
                    parts = list(map(builder.fmul, adjoint, factors))
                    self._give(frame, a, parts, masks, reached)

    def _factors(
        self, frame: BlockBranch, adjoint: Sequence[Any], masks: Sequence[Any], reached: Any,
        a: Any, b: Any,
    ) -> None:  # fmt: skip
        """What a shared factor and one of the examples give each other."""
        builder = frame.builder
        here, there = builder.lshr(a, frame.whole(1)), builder.lshr(b, frame.whole(1))
        wide = self._splat(builder, builder.load(frame.address(frame.shared, here)))
        zero, total = self.constant(0.0), None
        numbers, old = (self._vectors(frame, base, there) for base in (frame.v, frame.g))
        new = []
        for part, mask, number, before in zip(adjoint, masks, numbers, old, strict=True):
            once = builder.select(mask, number, zero)
            total = builder.fmul(part, once) if total is None else self._fused(
                builder, part, once, total
            )  # fmt: skip
            new.append(builder.select(mask, self._fused(builder, part, wide, before), before))
        self._put(frame, new, frame.g, there)
        self._add_sum(frame, here, total)
        for base, index in ((frame.reached_shared, here), (frame.reached, there)):
            place = frame.address(base, index)
            builder.store(builder.or_(builder.load(place), reached), place)

    def _fused(self, builder: Any, x: Any, y: Any, z: Any) -> Any:
        """x*y + z, rounded once where that is fast: a gradient's last bits are free."""
        return self.intrinsic(builder, "llvm.fmuladd", [x, y, z])

    def _add_sum(self, frame: BlockBranch, index: Any, part: Any) -> None:
        place = frame.builder.mul(index, frame.whole(WIDTH))
        new = frame.builder.fadd(self._at(frame.builder, frame.sums, place), part)
        self._store(frame.builder, new, frame.sums, place)

    def _give(
        self, frame: BlockBranch, word: Any, parts: Sequence[Any], masks: Sequence[Any], bits: Any
    ) -> None:
        """Add a contribution to the adjoints of an operand, for the examples of a mask."""
        builder = frame.builder
        varies, index = frame.split(word)
        zero = self.constant(0.0)
        with builder.if_else(varies) as (own, shared):
            with own:
                old = self._vectors(frame, frame.g, index)
                added = map(builder.fadd, old, parts)
                self._put(frame, list(map(builder.select, masks, added, old)), frame.g, index)
            with shared:
                total = zero
                for mask, part in zip(masks, parts, strict=True):
                    total = builder.fadd(total, builder.select(mask, part, zero))
                self._add_sum(frame, index, total)
        place = frame.bits(word)
        builder.store(builder.or_(builder.load(place), bits), place)

    def _reverse(self, frame: BlockBranch, opcode: BlockOpcode) -> None:
        """What a primitive passes on: in vectors, or example by example."""
        builder, primitive = frame.builder, opcode.primitive
        assert primitive is not None
        index, reached, some = self._adjoint(frame)
        with builder.if_then(some):
            if not self.sweeps(primitive):
                self._one_by_one(frame, opcode, reached)
                return
            adjoint, masks = self._vectors(frame, frame.g, index), self._masks(builder, reached)
            slots = [frame.operand(at) for at in range(arity(opcode))]  # type: ignore[arg-type]  # an opcode of blocks
            names = {"z": self._vectors(frame, frame.v, index)}
            for name, slot in zip(primitive.variables, slots, strict=True):
                names[name] = self._numbers(frame, slot)
            each = [{name: names[name][at] for name in names} for at in range(VECTORS)]
            for at in opcode.active:
                rule = primitive.formulas[at]
                found = [
                    self.contribution(builder, rule, *of) for of in zip(each, adjoint, strict=True)
                ]
                chosen, bits = masks, reached
                if found[0][0] is not None:
                    chosen = [builder.and_(m, f[0]) for m, f in zip(masks, found, strict=True)]
                    bits = self._bits(builder, chosen)
                self._give(frame, slots[at], [amount for _, amount in found], chosen, bits)

    def _one_by_one(self, frame: BlockBranch, opcode: BlockOpcode, reached: Any) -> None:
        builder = frame.builder
        with frame.count(frame.whole(EXAMPLES)) as frame.lane:
            bit = builder.and_(builder.lshr(reached, frame.lane), frame.whole(1))
            with builder.if_then(builder.icmp_unsigned("!=", bit, frame.whole(0))):
                adjoint = builder.load(frame.place(frame.g, frame.sums, frame.result(), WIDTH))
                self.single.reverse_one(frame, opcode, adjoint)
