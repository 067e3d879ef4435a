"""The loop over blocks as LLVM code: examples go in, results, suspects and adjoints come out.

`blocks(frame, v, g)` is all that Python calls. Behind the last example, lanes repeat it, or nobody
looks at them. As an instruction of the scalar machine (`batch`) it works on that machine's
memories, of numbers v and of adjoints g: addresses in the frame count bytes from there. For Python
v and g are 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from autodiff.program.lowering.block_opcodes import EXAMPLES

from .block_frame import BlockFrame
from .block_vectors import VECTORS
from .blocks import Blocks
from .llvm_types import Reg
from .pieces import counted
from .vector_emit import WIDTH

_UNTOUCHED = -0.0


class BlockLoop(BlockFrame):
    """Emits the function `blocks`."""

    def __init__(self, blocks: Blocks) -> None:
        super().__init__(blocks)
        self.passes: tuple[Reg, Reg] = blocks.emit()

    def emit(self) -> None:
        """The whole function."""
        builder, blocks = self.builder, self.blocks
        with self._there("shared_slots"):
            self._take_shared()
        examples = self._word("examples")
        more = builder.add(examples, self._whole(EXAMPLES - 1))
        with counted(blocks, builder, builder.udiv(more, self._whole(EXAMPLES))) as block:
            first = builder.mul(block, self._whole(EXAMPLES))
            rest = builder.sub(examples, first)
            enough = builder.icmp_unsigned("<", rest, self._whole(EXAMPLES))
            self.present: Reg = builder.select(enough, rest, self._whole(EXAMPLES))
            few = builder.icmp_unsigned("<=", rest, self._whole(WIDTH))
            self.vectors: Reg = builder.select(few, self._whole(1), self._whole(VECTORS))
            offset = builder.mul(self._wide(block), self.fields["step"])
            self.numbers: Reg = builder.gep(self._pointer("numbers"), [offset])
            self.first: Reg = self._wide(first)
            with builder.if_then(self.forward):
                self._run_forward()
            with builder.if_then(self.reverse):
                self._run_reverse()
        with self._there("shared_slots"), builder.if_then(self.reverse):
            self._give_shared()
        builder.ret_void()

    # ---- forward -----------------------------------------------------------------------------

    def _run_forward(self) -> None:
        builder = self.builder
        with builder.if_else(self._is_there("row_slots")) as (pick, copy):
            with pick:
                self._pick_rows()
            with copy:
                self._take_rows()
        code, scratch = self._words("forward"), self._pointer("scratch")
        shared = self._pointer("shared")
        builder.call(self.passes[0], [code, shared, self.numbers, scratch, self.vectors])
        with self._there("results"):
            self._write_results()
        with builder.if_then(self._is_there("suspects", "flag")):
            self._write_suspects()

    def _pick_rows(self) -> None:
        """The numbers of leaves that lie anywhere; slots of a whole block are given."""
        lanes = self.builder.mul(self.vectors, self._whole(WIDTH))
        with self._slots_of_rows(lanes) as (lane, slot, target):
            number = self.builder.load(self._at(self._pointer("rows"), self._wide(slot)))
            self.builder.store(number, self._at(self.numbers, self._wide(target)))
            del lane

    @contextmanager
    def _slots_of_rows(self, count: Reg) -> Iterator[tuple[Reg, Reg, Reg]]:
        """A loop over leaves and examples: lane, slot, and place in the block."""
        builder, blocks = self.builder, self.blocks
        with counted(blocks, builder, self._word("own")) as leaf:
            line = builder.mul(self._wide(leaf), self.fields["next_slot"])
            slots = self._at(self._words("row_slots"), line, self.first)
            first = builder.mul(leaf, self._whole(EXAMPLES))
            with counted(blocks, builder, count) as lane:
                slot = builder.load(builder.gep(slots, [self._wide(lane)]))
                yield lane, slot, builder.add(first, lane)

    def _take_rows(self) -> None:
        builder, blocks = self.builder, self.blocks
        one = builder.icmp_unsigned("==", self.fields["next_example"], self._long(1))
        full = builder.icmp_unsigned("==", self.present, self._whole(EXAMPLES))
        straight = builder.and_(one, full)
        last = builder.sub(self.present, self._whole(1))
        with counted(blocks, builder, self._word("own")) as leaf:
            start = builder.mul(self._wide(leaf), self.fields["next_leaf"])
            rows = self._at(
                self._pointer("rows"), start, builder.mul(self.first, self.fields["next_example"])
            )
            target = builder.mul(leaf, self._whole(EXAMPLES))
            with builder.if_else(straight) as (copy, gather):
                with copy:
                    for at in range(VECTORS):
                        place = self._whole(WIDTH * at)
                        part = blocks._at(builder, rows, place)
                        blocks._store(builder, part, self.numbers, builder.add(target, place))
                with gather, counted(blocks, builder, self._whole(EXAMPLES)) as lane:
                    inside = builder.icmp_unsigned("<", lane, last)
                    lane_ = self._wide(builder.select(inside, lane, last))
                    number = builder.load(
                        self._at(rows, builder.mul(lane_, self.fields["next_example"]))
                    )
                    builder.store(
                        number, self._at(self.numbers, self._wide(builder.add(target, lane)))
                    )

    def _write_results(self) -> None:
        builder, blocks = self.builder, self.blocks
        with counted(blocks, builder, self._word("outputs")) as at:
            number = builder.load(builder.gep(self._words("output_words"), [at]))
            source = builder.mul(number, self._whole(EXAMPLES))
            line = builder.mul(self._wide(at), self.fields["next_result"])
            target = self._at(self._pointer("results"), line, self.first)
            with self._present() as lane:
                found = builder.load(self._at(self.numbers, self._wide(builder.add(source, lane))))
                builder.store(found, self._at(target, self._wide(lane)))

    def _write_suspects(self) -> None:
        """Which examples have a result that is not finite: x - x is nan for those alone."""
        builder, blocks = self.builder, self.blocks
        with builder.goto_entry_block():
            sums = [builder.alloca(blocks.vector) for _ in range(VECTORS)]
        for part in sums:
            builder.store(blocks.constant(0.0), part)
        own, count = self._word("own"), self._word("count")
        with counted(blocks, builder, builder.sub(count, own)) as at:
            start = builder.mul(builder.add(at, own), self._whole(EXAMPLES))
            for k, part in enumerate(sums):
                x = blocks._at(builder, self.numbers, builder.add(start, self._whole(WIDTH * k)))
                builder.store(builder.fadd(builder.load(part), builder.fsub(x, x)), part)
        loaded = [builder.load(part) for part in sums]
        bits = blocks._bits(builder, [builder.fcmp_unordered("uno", x, x) for x in loaded])
        behind = builder.sub(self._whole(EXAMPLES), self.present)  # lanes of no example
        bits = builder.and_(bits, builder.lshr(self._whole(0xFFFFFFFF), behind))
        with builder.if_then(builder.icmp_unsigned("!=", bits, self._whole(0)), likely=False):
            with self._there("flag"):
                builder.store(self._number(math.nan), self._pointer("flag"))
            byte = self.ir.IntType(8)
            target = builder.gep(self._pointer("suspects", byte), [self.first])
            with self._there("suspects"), self._present() as lane:
                bit = builder.and_(builder.lshr(bits, lane), self._whole(1))
                builder.store(builder.trunc(bit, byte), builder.gep(target, [self._wide(lane)]))

    # ---- reverse -----------------------------------------------------------------------------

    def _run_reverse(self) -> None:
        builder, blocks = self.builder, self.blocks
        adjoints, reached = self._pointer("adjoints"), self._words("reached")
        with counted(blocks, builder, self._word("count")) as at:
            builder.store(self._whole(0), builder.gep(reached, [self._wide(at)]))
            start = builder.mul(at, self._whole(EXAMPLES))
            for k in range(VECTORS):
                place = builder.add(start, self._whole(WIDTH * k))
                blocks._store(builder, blocks.constant(0.0), adjoints, place)
        self._take_seeds(adjoints, reached)
        builder.call(self.passes[1], [
            self._words("reverse"), self._pointer("shared"), self.numbers,
            self._pointer("scratch"), self._pointer("of_shared"), adjoints,
            self._words("reached_shared"), reached, self._is_finite(), self.vectors,
        ])  # fmt: skip
        given = self._is_there("row_slots")
        with self._there("of_rows"), builder.if_else(given) as (spread, copy):
            with spread:
                self._spread_rows(adjoints)
            with copy:
                self._write_rows(adjoints, reached)

    def _is_finite(self) -> Reg:
        """1 where all numbers of the block and the shared ones are finite: x - x is 0 then.

        The flag says of results that they are.
        """
        builder, blocks = self.builder, self.blocks
        with builder.goto_entry_block():
            count = builder.alloca(blocks.word)
        builder.store(self._word("count"), count)
        with self._there("flag"):
            flag = builder.bitcast(builder.load(self._pointer("flag")), blocks.long)
            known = builder.icmp_unsigned("==", flag, self._long(0))
            few = builder.select(known, self._word("own"), self._word("count"))
            builder.store(few, count)
        kind = self.ir.VectorType(blocks.long, WIDTH)
        nothing = self.ir.Constant(kind, [0] * WIDTH)
        with builder.goto_entry_block():
            found = builder.alloca(kind)
        builder.store(nothing, found)
        more = builder.add(self._word("shares"), self._whole(WIDTH - 1))  # zeros lie behind them
        lines = builder.udiv(more, self._whole(WIDTH))
        for numbers, rows, together in (
            (self.numbers, builder.load(count), VECTORS), (self._pointer("shared"), lines, 1),
        ):  # fmt: skip
            with counted(blocks, builder, rows) as at:
                start = builder.mul(at, self._whole(WIDTH * together))
                for k in range(together):
                    place = builder.add(start, self._whole(WIDTH * k))
                    x = blocks._at(builder, numbers, place)
                    bits = builder.bitcast(builder.fsub(x, x), kind)
                    builder.store(builder.or_(builder.load(found), bits), found)
        same = builder.icmp_unsigned("==", builder.load(found), nothing)
        bits = builder.bitcast(same, self.ir.IntType(WIDTH))
        finite = builder.icmp_unsigned("==", bits, self.ir.Constant(bits.type, (1 << WIDTH) - 1))
        return builder.zext(finite, blocks.word)

    def _spread_rows(self, adjoints: Reg) -> None:
        """Add the adjoints of leaves to those of their slots, where something has reached them."""
        builder, found = self.builder, self._adjoints_of_slots()
        with self._slots_of_rows(self.present) as (lane, slot, source):
            leaf = builder.lshr(source, self._whole(EXAMPLES.bit_length() - 1))
            bits = builder.load(builder.gep(self._words("reached"), [self._wide(leaf)]))
            bit = builder.trunc(builder.lshr(bits, lane), self.ir.IntType(1))
            with builder.if_then(bit):
                number = builder.load(self._at(adjoints, self._wide(source)))
                self._add_to(found, slot, number)

    def _take_seeds(self, adjoints: Reg, reached: Reg) -> None:
        """A seed of -0.0 is none."""
        builder, blocks = self.builder, self.blocks
        untouched = self._long(1 << 63)
        with counted(blocks, builder, self._word("seeded")) as at:
            number = builder.load(builder.gep(self._words("output_words"), [at]))
            target = builder.mul(number, self._whole(EXAMPLES))
            line = builder.mul(self._wide(at), self.fields["next_seed"])
            source = self._at(self._pointer("seeds"), line, self.first)
            bits = builder.gep(reached, [self._wide(number)])
            with self._present() as lane:
                seed = builder.load(self._at(source, self._wide(lane)))
                is_there = builder.icmp_unsigned(
                    "!=", builder.bitcast(seed, blocks.long), untouched
                )
                place = self._at(adjoints, self._wide(builder.add(target, lane)))
                builder.store(builder.fadd(builder.load(place), seed), place)
                bit = builder.shl(builder.zext(is_there, blocks.word), lane)
                builder.store(builder.or_(builder.load(bits), bit), bits)

    def _write_rows(self, adjoints: Reg, reached: Reg) -> None:
        builder, blocks = self.builder, self.blocks
        with counted(blocks, builder, self._word("own")) as leaf:
            bits = builder.load(builder.gep(reached, [self._wide(leaf)]))
            source = builder.mul(leaf, self._whole(EXAMPLES))
            line = builder.mul(self._wide(leaf), self.fields["next_row"])
            target = self._at(self._pointer("of_rows"), line, self.first)
            with self._present() as lane:
                bit = builder.trunc(builder.lshr(bits, lane), self.ir.IntType(1))
                found = builder.load(self._at(adjoints, self._wide(builder.add(source, lane))))
                found = builder.fadd(found, self._number(0.0))
                chosen = builder.select(bit, found, self._number(_UNTOUCHED))
                builder.store(chosen, self._at(target, self._wide(lane)))
