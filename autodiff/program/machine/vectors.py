"""LLVM code for opcodes with lanes: what they do in vectors of lanes."""

from __future__ import annotations

from autodiff.program.lowering.opcodes import Opcode

from .branch import Branch, arity
from .columns import Columns
from .llvm_types import Reg
from .pieces import counted
from .vector_emit import WIDTH

#: how many vectors at once, where that pays
_TOGETHER = 4


class Vectors(Columns):
    """The branches of opcodes with lanes."""

    def forward(self, frame: Branch, opcode: Opcode) -> None:
        """A fixed primitive in all lanes."""
        assert opcode.primitive is not None
        builder, out, lanes = frame.builder, frame.word(1), frame.word(2)
        columns = [frame.column(at) for at in range(arity(opcode))]
        with self._blocks(builder, lanes) as base:
            operands = [self._load(builder, frame.v, column, base, lanes) for column in columns]
            result = self.number(builder, self.apply(builder, opcode.primitive.name, operands))
            self._store(builder, result, frame.v, builder.add(out, base))

    def reverse(self, frame: Branch, opcode: Opcode) -> None:
        """What a fixed primitive passes on to the adjoints of its operands, in all lanes."""
        assert opcode.primitive is not None
        primitive, builder = opcode.primitive, frame.builder
        out, lanes = frame.word(1), frame.word(2)
        columns = [frame.column(at) for at in range(arity(opcode))]
        with self._blocks(builder, lanes) as base:
            place = builder.add(out, base)
            adjoint = self._at(builder, frame.g, place)
            touched = self._touched(builder, adjoint, base, lanes)
            names = {"z": self._at(builder, frame.v, place)}
            for name, column in zip(primitive.variables, columns, strict=True):
                names[name] = self._load(builder, frame.v, column, base, lanes)
            parts = [
                self.contribution(builder, primitive.formulas[at], names, adjoint)
                for at in opcode.active
            ]
            for at, (condition, amount) in zip(opcode.active, parts, strict=True):
                chosen = touched if condition is None else builder.and_(touched, condition)
                part = self._chosen(builder, chosen, amount)
                helper = self._helper("accumulate", self._accumulate)
                builder.call(helper, [frame.g, *columns[at], base, lanes, part])

    def affine(self, frame: Branch) -> None:
        """init + a1*b1 + a2*b2 + ... in all lanes, each from left to right."""
        builder, out, lanes, count = frame.builder, *(frame.word(at) for at in (1, 2, 3))
        init = frame.word(4), frame.word(5)
        with builder.goto_entry_block():
            total = builder.alloca(self.vector)
        with self._blocks(builder, lanes) as base:
            builder.store(self._load(builder, frame.v, init, base, lanes), total)
            with frame.count(count) as at:
                place = builder.shl(at, frame.whole(1))
                a, b = (frame.column(builder.add(place, frame.whole(k))) for k in (0, 1))
                factors = [self._load(builder, frame.v, column, base, lanes) for column in (a, b)]
                builder.store(builder.fadd(builder.load(total), builder.fmul(*factors)), total)
            self._store(builder, builder.load(total), frame.v, builder.add(out, base))

    def shared(self, frame: Branch) -> None:
        """init + a1*b1 + ... in all lanes where each a is one number and each b has step 1."""
        builder, lanes = frame.builder, frame.word(2)
        several = self.ir.Constant(self.word, _TOGETHER * WIDTH)
        groups = builder.udiv(lanes, several)
        with counted(self, builder, groups) as group:
            self._shared_sums(frame, builder.mul(group, several), _TOGETHER)
        done = builder.mul(groups, several)
        with self._blocks(builder, builder.sub(lanes, done)) as base:
            self._shared_sums(frame, builder.add(done, base), 1)

    def _shared_sums(self, frame: Branch, base: Reg, vectors: int) -> None:
        """Some vectors of lanes together: their additions do not wait for each other."""
        builder, out, lanes, count = frame.builder, *(frame.word(at) for at in (1, 2, 3))
        bases = [builder.add(base, frame.whole(WIDTH * at)) for at in range(vectors)]
        init = frame.word(4), frame.word(5)
        with builder.goto_entry_block():
            totals = [builder.alloca(self.vector) for _ in bases]
        for total, first in zip(totals, bases, strict=True):
            builder.store(self._load(builder, frame.v, init, first, lanes), total)
        with frame.count(count) as at:
            a, b = frame.pair(at)
            wide = self._splat(builder, frame.number(a))
            for total, first in zip(totals, bases, strict=True):
                numbers = self._at(builder, frame.v, builder.add(b, first))
                new = builder.fadd(builder.load(total), builder.fmul(wide, numbers))
                builder.store(new, total)
        for total, first in zip(totals, bases, strict=True):
            self._store(builder, builder.load(total), frame.v, builder.add(out, first))

    def pairs(self, frame: Branch) -> None:
        """What the factors of a lane shared get: adjoint times b, summed, and adjoint times a."""
        builder, out, lanes = frame.builder, frame.word(1), frame.word(2)
        helper = self._helper("pair", self._pair)
        with frame.count(frame.word(3)) as at:
            builder.call(helper, [frame.v, frame.g, out, lanes, *frame.pair(at)])

    def products(self, frame: Branch) -> None:
        """For each pair of columns: adjoint of the result times factor, to the target's adjoint."""
        builder, out, lanes = frame.builder, frame.word(1), frame.word(2)
        helper = self._helper("product", self._product)
        with frame.count(frame.word(3)) as at:
            place = builder.shl(at, frame.whole(1))
            target, factor = (frame.column(builder.add(place, frame.whole(k))) for k in (0, 1))
            builder.call(helper, [frame.v, frame.g, out, lanes, *target, *factor])

    def strided(self, frame: Branch, adjoint: Reg, *, half: bool) -> None:
        """What the terms of a strided instruction get: adjoint times b, and adjoint times a."""
        builder = frame.builder
        count, *columns = (frame.word(at) for at in (3, 4, 5, 6, 7))
        helper = self._helper("spread", self._spread)
        builder.call(helper, [frame.v, frame.g, adjoint, count, *columns])
        if not half:
            builder.call(helper, [frame.v, frame.g, adjoint, count, *columns[2:], *columns[:2]])
