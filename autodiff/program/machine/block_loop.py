"""The loop over blocks as LLVM code: examples go in, results, suspects and adjoints come out.

`blocks(frame, v, g)` is all that Python calls. Behind the last example, lanes repeat it. As an
instruction of the scalar machine (`batch`) it works on that machine's memories, of numbers v and of
adjoints g: addresses in the frame count bytes from there. For Python v and g are 0.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .block_opcodes import EXAMPLES
from .blocks import VECTORS, Blocks
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
_UNTOUCHED = -0.0


class BlockLoop:
    """Emits the function `blocks`."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        ir = blocks.ir
        self.ir: Any = ir
        self.passes: tuple[Any, Any] = blocks.emit()
        kind = ir.FunctionType(ir.VoidType(), [blocks.long.as_pointer(), blocks.long, blocks.long])
        self.function: Any = ir.Function(blocks.module, kind, "autodiff_blocks")
        self.builder: Any = ir.IRBuilder(self.function.append_basic_block())

    def emit(self) -> None:
        """The whole function."""
        builder, blocks = self.builder, self.blocks
        self.fields: dict[str, Any] = {name: self._field(at) for at, name in enumerate(FRAME)}
        self.forward: Any
        self.reverse: Any
        self.forward, self.reverse = (
            builder.icmp_unsigned("!=", self.fields[name], self._long(0))
            for name in ("forward", "reverse")
        )
        with self._there("shared_slots"):
            self._take_shared()
        examples = self._word("examples")
        more = builder.add(examples, self._whole(EXAMPLES - 1))
        with counted(blocks, builder, builder.udiv(more, self._whole(EXAMPLES))) as block:
            first = builder.mul(block, self._whole(EXAMPLES))
            rest = builder.sub(examples, first)
            enough = builder.icmp_unsigned("<", rest, self._whole(EXAMPLES))
            self.present: Any = builder.select(enough, rest, self._whole(EXAMPLES))
            offset = builder.mul(self._wide(block), self.fields["step"])
            self.numbers: Any = builder.gep(self._pointer("numbers"), [offset])
            self.first: Any = self._wide(first)
            with builder.if_then(self.forward):
                self._run_forward()
            with builder.if_then(self.reverse):
                self._run_reverse()
        with self._there("shared_slots"), builder.if_then(self.reverse):
            self._give_shared()
        builder.ret_void()

    # ---- the frame ---------------------------------------------------------------------------

    def _field(self, at: int) -> Any:
        place = self.builder.gep(self.function.args[0], [self._whole(at)])
        return self.builder.load(place)

    def _whole(self, number: int) -> Any:
        return self.ir.Constant(self.blocks.word, number)

    def _long(self, number: int) -> Any:
        return self.ir.Constant(self.blocks.long, number)

    def _wide(self, word: Any) -> Any:
        return self.builder.zext(word, self.blocks.long)

    def _word(self, name: str) -> Any:
        return self.builder.trunc(self.fields[name], self.blocks.word)

    def _pointer(self, name: str, kind: Any = None) -> Any:
        kind, place = kind or self.blocks.double, self.fields[name]
        if name in IN_V or name in IN_G:
            place = self.builder.add(place, self.function.args[1 if name in IN_V else 2])
        return self.builder.inttoptr(place, kind.as_pointer())

    def _words(self, name: str) -> Any:
        return self._pointer(name, self.blocks.word)

    def _at(self, base: Any, *offsets: Any) -> Any:
        """An address so many numbers further on."""
        total = offsets[0]
        for offset in offsets[1:]:
            total = self.builder.add(total, offset)
        return self.builder.gep(base, [total])

    def _present(self) -> Any:
        """A loop over the examples that the block really has."""
        return counted(self.blocks, self.builder, self.present)

    def _is_there(self, *names: str) -> Any:
        fields = functools.reduce(self.builder.or_, [self.fields[name] for name in names])
        return self.builder.icmp_unsigned("!=", fields, self._long(0))

    def _there(self, name: str) -> Any:
        """What follows runs only where something is to be written there."""
        return self.builder.if_then(self._is_there(name))

    # ---- shared numbers of an instruction ----------------------------------------------------

    def _shared_leaves(self) -> Any:
        return counted(self.blocks, self.builder, self._word("leaves"))

    def _take_shared(self) -> None:
        """The numbers of shared leaves; in a sweep, adjoints of 0 that nothing has reached."""
        builder, blocks = self.builder, self.blocks
        with self._there("flag"):
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

    def _adjoints_of_slots(self) -> Any:
        return self.builder.inttoptr(self.function.args[2], self.blocks.pointer)

    def _add_to(self, adjoints: Any, slot: Any, number: Any) -> None:
        place = self._at(adjoints, self._wide(slot))
        number = self.builder.fadd(number, self._number(0.0))
        self.builder.store(self.builder.fadd(self.builder.load(place), number), place)

    # ---- forward -----------------------------------------------------------------------------

    def _run_forward(self) -> None:
        builder = self.builder
        with builder.if_else(self._is_there("row_slots")) as (pick, copy):
            with pick:
                self._pick_rows()
            with copy:
                self._take_rows()
        code, scratch = self._words("forward"), self._pointer("scratch")
        builder.call(self.passes[0], [code, self._pointer("shared"), self.numbers, scratch])
        with self._there("results"):
            self._write_results()
        with builder.if_then(self._is_there("suspects", "flag")):
            self._write_suspects()

    def _pick_rows(self) -> None:
        """The numbers of leaves that lie anywhere; slots of a whole block are given."""
        with self._slots_of_rows(self._whole(EXAMPLES)) as (lane, slot, target):
            number = self.builder.load(self._at(self._pointer("rows"), self._wide(slot)))
            self.builder.store(number, self._at(self.numbers, self._wide(target)))
            del lane

    @contextmanager
    def _slots_of_rows(self, count: Any) -> Iterator[tuple[Any, Any, Any]]:
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
            self._words("reached_shared"), reached, self._is_finite(),
        ])  # fmt: skip
        given = self._is_there("row_slots")
        with self._there("of_rows"), builder.if_else(given) as (spread, copy):
            with spread:
                self._spread_rows(adjoints)
            with copy:
                self._write_rows(adjoints, reached)

    def _is_finite(self) -> Any:
        """1 where all numbers of the block and the shared ones are finite: x - x is 0 then."""
        builder, blocks = self.builder, self.blocks
        kind = self.ir.VectorType(blocks.long, WIDTH)
        nothing = self.ir.Constant(kind, [0] * WIDTH)
        with builder.goto_entry_block():
            found = builder.alloca(kind)
        builder.store(nothing, found)
        more = builder.add(self._word("shares"), self._whole(WIDTH - 1))  # zeros lie behind them
        lines = builder.udiv(more, self._whole(WIDTH))
        for numbers, count, together in (
            (self.numbers, self._word("count"), VECTORS), (self._pointer("shared"), lines, 1),
        ):  # fmt: skip
            with counted(blocks, builder, count) as at:
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

    def _spread_rows(self, adjoints: Any) -> None:
        """Add the adjoints of leaves to those of their slots, where something has reached them."""
        builder, found = self.builder, self._adjoints_of_slots()
        with self._slots_of_rows(self.present) as (lane, slot, source):
            leaf = builder.lshr(source, self._whole(EXAMPLES.bit_length() - 1))
            bits = builder.load(builder.gep(self._words("reached"), [self._wide(leaf)]))
            bit = builder.trunc(builder.lshr(bits, lane), self.ir.IntType(1))
            with builder.if_then(bit):
                number = builder.load(self._at(adjoints, self._wide(source)))
                self._add_to(found, slot, number)

    def _take_seeds(self, adjoints: Any, reached: Any) -> None:
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

    def _write_rows(self, adjoints: Any, reached: Any) -> None:
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

    def _number(self, value: float) -> Any:
        return self.blocks.scalar.constant(value)
