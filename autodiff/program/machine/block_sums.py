"""Branches of the block machine for sums: all examples at once, in one vector or in four."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

from autodiff.program.lowering.block_opcodes import DENSE, EXAMPLES, LAYER

from .block_branch import BlockBranch, mask
from .registers import WIDTH, Reg

VECTORS = EXAMPLES // WIDTH


class BlockSum(BlockBranch):
    """Sums of products, their sweep, and that of a layer: sums of the same numbers."""

    together = VECTORS  # how many vectors what is being emitted works on

    def forward(self) -> None:
        for _ in self._few_and_many():
            self._put_sums()

    def reverse(self) -> None:
        for _ in self._few_and_many():
            if self.opcode.number != LAYER:
                super().reverse()
                continue
            with self.code.either(self.finite) as (finite, other):
                with finite:
                    self._layer(careful=False)
                with other:
                    self._layer(careful=True)

    def _few_and_many(self) -> Iterator[None]:
        """What follows is emitted twice: for a block of one vector, and for a whole block."""
        with self.code.either(self.vectors.equals(1)) as ways:
            for way, self.together in zip(ways, (1, VECTORS), strict=True):
                with way:
                    yield

    def _put_sums(self) -> None:
        """init + a1*b1 + a2*b2 + ... for all examples, each from left to right."""

        def terms(term: Reg) -> Iterator[Reg]:
            at = (term << 1) + 1
            a, b = self.operand(at), self.operand(at + 1)
            if self.opcode.number == DENSE:
                left = [self.code.splat(self.shared[(a >> 1).wide])] * self.together
                right = self._vectors(self.v, b >> 1)
            else:
                left, right = self._numbers(a), self._numbers(b)
            return map(operator.mul, left, right)

        totals = self.add_up(self._numbers(self.operand(0)), self.rows() >> 1, terms)
        self._put(self.v, self.result() >> 1, totals)

    def sweep(self, index: Reg, reached: Reg) -> None:
        adjoint, masks = self._vectors(self.g, index), self._masks(reached)
        with self.code.count(self.rows() >> 1) as term:
            at = term << 1
            a, b = self.operand(at), self.operand(at + 1)
            parts = list(map(operator.mul, adjoint, self._numbers(b)))
            own, there = self.split(a)
            with self.code.either(own) as (varies, shared):
                with varies:
                    old = self._vectors(self.g, there)
                    new = map(operator.add, old, parts)
                    self._put(self.g, there, list(map(Reg.select, masks, new, old)))
                with shared:
                    once = [mask.select(part, 0.0) for mask, part in zip(masks, parts, strict=True)]
                    self._add_sum(there, functools.reduce(operator.add, once))
            self.bits(a)[0] |= reached

    # ---- vectors -------------------------------------------------------------------------------

    def _vectors(self, base: Reg, index: Reg) -> list[Reg]:
        """The numbers of all examples."""
        first = index * EXAMPLES
        return [base.lanes[(first + WIDTH * at).wide] for at in range(self.together)]

    def _put(self, base: Reg, index: Reg, numbers: Sequence[Reg]) -> None:
        first = index * EXAMPLES
        for at, part in enumerate(numbers):
            base.lanes[(first + WIDTH * at).wide] = part

    def _numbers(self, word: Reg) -> list[Reg]:
        """The numbers of an operand: without a jump, as nobody could foresee it."""
        varies, index = self.split(word)
        own = varies.select(index, 0)
        wide = self.code.splat(self.shared[varies.select(0, index).wide])
        return [varies.select(x, wide) for x in self._vectors(self.v, own)]

    def _masks(self, bits: Reg) -> list[Reg]:
        """A word as truth values for each vector."""
        return [mask(bits >> WIDTH * at) for at in range(self.together)]

    def _add_sum(self, index: Reg, part: Reg) -> None:
        self.sums.lanes[(index * WIDTH).wide] += part

    # ---- layers --------------------------------------------------------------------------------

    def _rows_of_layer(self) -> Iterator[tuple[Reg, Reg, Reg]]:
        """In a loop over the b of a layer: its number, where its a begin, how many these are."""
        count = self.operand(0)
        width = first = count + 1
        with self.code.count((self.rows() - first) // width) as row:
            at = first + row * width
            yield self.operand(at) >> 1, at + 1, count

    def _layer(self, *, careful: bool) -> None:
        """Where all numbers are finite an adjoint that is not reached, 0, changes nothing."""
        code = self.code
        totals = [code.room(self.emitter.vector) for _ in range(self.together)]
        reached_some = code.room(self.emitter.word)
        for there, start, count in self._rows_of_layer():
            numbers, old = (self._vectors(base, there) for base in (self.v, self.g))
            for total, before in zip(totals, old, strict=True):
                total[0] = before
            reached_some[0] = code.whole(0)
            with code.count(count) as at:
                index, here = self.operand(at + 1) >> 1, self.operand(start + at) >> 1
                reached = self.reached[index.wide]
                with code.when(reached.differs(0)) if careful else nullcontext():
                    wide = code.splat(self.shared[here.wide])
                    adjoint, part = self._vectors(self.g, index), None
                    masks = self._masks(reached) if careful else [None] * self.together
                    for mine, x, total, mask in zip(adjoint, numbers, totals, masks, strict=True):
                        before = total[0]
                        new = _fused(mine, wide, before)
                        total[0] = mask.select(new, before) if mask else new
                        once = mask.select(x, 0.0) if mask else x
                        part = _fused(mine, once, part) if part else mine * once
                    assert part is not None
                    self._add_sum(here, part)
                    self.reached_shared[here.wide] |= reached
                    reached_some[0] |= reached
            self._put(self.g, there, [total[0] for total in totals])
            self.reached[there.wide] |= reached_some[0]


def _fused(x: Reg, y: Reg, z: Reg) -> Reg:
    """x*y + z, rounded once where that is fast: a gradient's last bits are free."""
    return x.code.intrinsic("llvm.fmuladd", x, y, z)
