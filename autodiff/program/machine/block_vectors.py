"""The numbers of a block in vectors, and the sweep of a layer: sums of the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autodiff.program.lowering.block_opcodes import EXAMPLES

from .block_branch import BlockBranch
from .columns import Columns
from .emit import Emitter
from .llvm_types import Builder, Reg, Type
from .vector_emit import WIDTH

VECTORS = EXAMPLES // WIDTH


class BlockVectors(Columns):
    """What the branches of the block machine have in common."""

    def __init__(self, scalar: Emitter) -> None:
        super().__init__(scalar)
        #: of how many vectors the branch that is emitted is made
        self.together: int = VECTORS
        self.truths: Type = self.ir.VectorType(self.ir.IntType(1), WIDTH)

    # ---- vectors -----------------------------------------------------------------------------

    def _vectors(self, frame: BlockBranch, base: Reg, index: Reg) -> list[Reg]:
        """The numbers of all examples."""
        first = frame.builder.mul(index, frame.whole(EXAMPLES))
        places = [frame.builder.add(first, frame.whole(WIDTH * at)) for at in range(self.together)]
        return [self._at(frame.builder, base, place) for place in places]

    def _put(self, frame: BlockBranch, numbers: Sequence[Reg], base: Reg, index: Reg) -> None:
        first = frame.builder.mul(index, frame.whole(EXAMPLES))
        for at, part in enumerate(numbers):
            place = frame.builder.add(first, frame.whole(WIDTH * at))
            self._store(frame.builder, part, base, place)

    def _numbers(self, frame: BlockBranch, word: Reg) -> list[Reg]:
        """The numbers of an operand: without a jump, as nobody could foresee it."""
        builder = frame.builder
        varies, index = frame.split(word)
        zero = frame.whole(0)
        own = builder.select(varies, index, zero)
        single = builder.load(frame.address(frame.shared, builder.select(varies, zero, index)))
        wide = self._splat(builder, single)
        return [builder.select(varies, x, wide) for x in self._vectors(frame, frame.v, own)]

    def added_up(self, builder: Builder, part: Reg) -> Reg:
        """The sum of a vector's numbers, in pairs."""
        width = WIDTH
        while width > 1:
            width //= 2
            halves = [
                self.ir.Constant(self.ir.VectorType(self.word, width), list(range(at, at + width)))
                for at in (0, width)
            ]
            undefined = self.ir.Constant(part.type, self.ir.Undefined)
            part = builder.fadd(*[builder.shuffle_vector(part, undefined, half) for half in halves])
        return builder.extract_element(part, self.ir.Constant(self.word, 0))

    def _masks(self, builder: Builder, bits: Reg) -> list[Reg]:
        """A word as truth values for each vector."""
        byte, made = self.ir.IntType(8), []
        for at in range(self.together):
            shifted = builder.lshr(bits, self.ir.Constant(self.word, WIDTH * at))
            made.append(builder.bitcast(builder.trunc(shifted, byte), self.truths))
        return made

    def _bits(self, builder: Builder, masks: Sequence[Reg]) -> Reg:
        """The opposite."""
        bits = self.ir.Constant(self.word, 0)
        for at, mask in enumerate(masks):
            part = builder.zext(builder.bitcast(mask, self.ir.IntType(8)), self.word)
            shifted = builder.shl(part, self.ir.Constant(self.word, WIDTH * at))
            bits = builder.or_(bits, shifted)
        return bits

    # ---- layers ----------------------------------------------------------------------------------

    def _number_at(self, frame: BlockBranch, place: Reg) -> Reg:
        """An operand without what kind it is of."""
        return frame.builder.lshr(frame.operand(place), frame.whole(1))

    def _rows_of_layer(self, frame: BlockBranch) -> Iterator[tuple[Reg, Reg, Reg]]:
        """In a loop over the b of a layer: its number, where its a begin, how many these are."""
        builder, one = frame.builder, frame.whole(1)
        count = frame.operand(0)
        width, first = builder.add(count, one), builder.add(count, one)
        rows = builder.udiv(builder.sub(frame.rows(), first), width)
        with frame.count(rows) as row:
            at = builder.add(first, builder.mul(row, width))
            yield self._number_at(frame, at), builder.add(at, one), count

    def _layer(self, frame: BlockBranch) -> None:
        """Where all numbers are finite an adjoint that is not reached, 0, changes nothing."""
        builder, one = frame.builder, frame.whole(1)
        with builder.goto_entry_block():
            totals = [builder.alloca(self.vector) for _ in range(self.together)]
            reached_some = builder.alloca(self.word)
        for there, start, count in self._rows_of_layer(frame):
            numbers, old = (self._vectors(frame, base, there) for base in (frame.v, frame.g))
            for total, before in zip(totals, old, strict=True):
                builder.store(before, total)
            builder.store(frame.whole(0), reached_some)
            with frame.count(count) as at:
                index = self._number_at(frame, builder.add(at, one))
                here = self._number_at(frame, builder.add(start, at))
                wide = self._splat(builder, builder.load(frame.address(frame.shared, here)))
                adjoint = self._vectors(frame, frame.g, index)
                part: Reg | None = None
                for mine, number, total in zip(adjoint, numbers, totals, strict=True):
                    builder.store(self._fused(builder, mine, wide, builder.load(total)), total)
                    part = builder.fmul(mine, number) if part is None else self._fused(
                        builder, mine, number, part
                    )  # fmt: skip
                assert part is not None
                self._add_sum(frame, here, part)
                reached = builder.load(frame.address(frame.reached, index))
                self._reach(frame, frame.address(frame.reached_shared, here), reached)
                self._reach(frame, reached_some, reached)
            self._put(frame, [builder.load(total) for total in totals], frame.g, there)
            self._reach(frame, frame.address(frame.reached, there), builder.load(reached_some))

    def _reach(self, frame: BlockBranch, place: Reg, bits: Reg) -> None:
        frame.builder.store(frame.builder.or_(frame.builder.load(place), bits), place)

    def _layer_carefully(self, frame: BlockBranch) -> None:
        builder = frame.builder
        for there, start, count in self._rows_of_layer(frame):
            with frame.count(count) as at:
                index = self._number_at(frame, builder.add(at, frame.whole(1)))
                here = self._number_at(frame, builder.add(start, at))
                reached = builder.load(frame.address(frame.reached, index))
                with builder.if_then(builder.icmp_unsigned("!=", reached, frame.whole(0))):
                    adjoint = self._vectors(frame, frame.g, index)
                    masks = self._masks(builder, reached)
                    self._factors(frame, adjoint, masks, reached, here, there)

    def _factors(
        self, frame: BlockBranch, adjoint: Sequence[Reg], masks: Sequence[Reg], reached: Reg,
        here: Reg, there: Reg,
    ) -> None:  # fmt: skip
        """What a shared factor and one of the examples give each other."""
        builder = frame.builder
        wide = self._splat(builder, builder.load(frame.address(frame.shared, here)))
        zero = self.constant(0.0)
        total: Reg | None = None
        numbers, old = (self._vectors(frame, base, there) for base in (frame.v, frame.g))
        new = []
        for part, mask, number, before in zip(adjoint, masks, numbers, old, strict=True):
            once = builder.select(mask, number, zero)
            total = builder.fmul(part, once) if total is None else self._fused(
                builder, part, once, total
            )  # fmt: skip
            new.append(builder.select(mask, self._fused(builder, part, wide, before), before))
        self._put(frame, new, frame.g, there)
        assert total is not None
        self._add_sum(frame, here, total)
        for base, index in ((frame.reached_shared, here), (frame.reached, there)):
            self._reach(frame, frame.address(base, index), reached)

    def _fused(self, builder: Builder, x: Reg, y: Reg, z: Reg) -> Reg:
        """x*y + z, rounded once where that is fast: a gradient's last bits are free."""
        return self.intrinsic(builder, "llvm.fmuladd", [x, y, z])

    def _add_sum(self, frame: BlockBranch, index: Reg, part: Reg) -> None:
        place = frame.builder.mul(index, frame.whole(WIDTH))
        new = frame.builder.fadd(self._at(frame.builder, frame.sums, place), part)
        self._store(frame.builder, new, frame.sums, place)
