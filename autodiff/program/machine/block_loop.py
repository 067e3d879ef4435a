"""The loop over blocks as LLVM code: examples go in, results, suspects and adjoints come out.

`blocks(frame)` is all that Python calls. Behind the last example, lanes repeat it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from autodiff.program.lowering.block_opcodes import EXAMPLES

from .blocks import VECTORS, Blocks
from .llvm_types import Block, Builder, Function, Ir, Reg, Type
from .pieces import counted
from .vector_emit import WIDTH

#: what a call is given. Steps count numbers. Code that is 0 is not run; `suspects` and `of_rows`
#: that are 0 are not written. `step` is how far the memories of two blocks lie apart.
FRAME = (
    "forward", "reverse", "examples", "rows", "next_example", "next_leaf", "own", "count",
    "shared", "numbers", "step", "of_shared", "adjoints", "reached_shared", "reached",
    "output_words", "outputs", "results", "next_result", "suspects", "seeds", "seeded",
    "next_seed", "of_rows", "next_row", "scratch",
)  # fmt: skip
_UNTOUCHED = -0.0


class BlockLoop:
    """Emits the function `blocks`."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        ir = blocks.ir
        self.ir: Ir = ir
        self.passes: tuple[Reg, Reg] = blocks.emit()
        kind = ir.FunctionType(ir.VoidType(), [blocks.long.as_pointer()])
        self.function: Function = ir.Function(blocks.module, kind, "autodiff_blocks")
        self.builder: Builder = ir.IRBuilder(self.function.append_basic_block())

    def emit(self) -> None:
        """The whole function."""
        builder, blocks = self.builder, self.blocks
        self.fields: dict[str, Reg] = {name: self._field(at) for at, name in enumerate(FRAME)}
        self.forward: Reg
        self.reverse: Reg
        self.forward, self.reverse = (
            builder.icmp_unsigned("!=", self.fields[name], self._long(0))
            for name in ("forward", "reverse")
        )
        examples = self._word("examples")
        more = builder.add(examples, self._whole(EXAMPLES - 1))
        with counted(blocks, builder, builder.udiv(more, self._whole(EXAMPLES))) as block:
            first = builder.mul(block, self._whole(EXAMPLES))
            rest = builder.sub(examples, first)
            enough = builder.icmp_unsigned("<", rest, self._whole(EXAMPLES))
            self.present: Reg = builder.select(enough, rest, self._whole(EXAMPLES))
            offset = builder.mul(self._wide(block), self.fields["step"])
            self.numbers: Reg = builder.gep(self._pointer("numbers"), [offset])
            self.first: Reg = self._wide(first)
            with builder.if_then(self.forward):
                self._run_forward()
            with builder.if_then(self.reverse):
                self._run_reverse()
        builder.ret_void()

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
        kind = self.blocks.double if kind is None else kind
        return self.builder.inttoptr(self.fields[name], kind.as_pointer())

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

    def _there(self, name: str) -> AbstractContextManager[Block]:
        """What follows runs only where something is to be written there."""
        return self.builder.if_then(
            self.builder.icmp_unsigned("!=", self.fields[name], self._long(0))
        )

    # ---- forward -----------------------------------------------------------------------------

    def _run_forward(self) -> None:
        builder = self.builder
        self._take_rows()
        code, scratch = self._words("forward"), self._pointer("scratch")
        builder.call(self.passes[0], [code, self._pointer("shared"), self.numbers, scratch])
        with self._there("results"):
            self._write_results()
        with self._there("suspects"):
            self._write_suspects()

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
            byte = self.ir.IntType(8)
            target = builder.gep(self._pointer("suspects", byte), [self.first])
            with self._present() as lane:
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
            self._words("reached_shared"), reached,
        ])  # fmt: skip
        with self._there("of_rows"):
            self._write_rows(adjoints, reached)

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

    def _number(self, value: float) -> Reg:
        return self.blocks.scalar.constant(value)
