"""Branches of the block machine for primitives: one example at a time, or a vector of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from autodiff.program.lowering.block_opcodes import EXAMPLES

from .branch import Branch
from .registers import WIDTH, Reg


class BlockBranch(Branch):
    """One example after the other, the `lane`: an operand is the word that names it."""

    shared: Reg
    sums: Reg  # in a sweep
    reached_shared: Reg
    reached: Reg
    finite: Reg  # whether all numbers of the sweep are
    vectors: Reg  # how many vectors of examples the block has
    lane: Reg

    def take(self) -> None:
        _, self.shared, self.v, self.scratch, *rest, self.vectors = self.code.args
        if rest:
            self.sums, self.g, self.reached_shared, self.reached, finite = rest
            self.finite = finite.made("trunc", self.emitter.bit)

    def reverse(self) -> None:
        index = self.result() >> 1
        reached = self.reached[index.wide]
        with self.code.when(reached.differs(0)):
            self.sweep(index, reached)

    def sweep(self, index: Reg, reached: Reg) -> None:
        """What is passed on where something has reached the adjoints of the result."""
        with self.each(), self.code.when(((reached >> self.lane) & 1).differs(0)):
            self.pass_on(self.where(self.g, self.sums, self.result(), WIDTH)[0])

    # ---- where numbers are ---------------------------------------------------------------------

    @contextmanager
    def each(self) -> Iterator[None]:
        with self.code.count(self.vectors * WIDTH) as self.lane:
            yield

    def result(self) -> Reg:
        return self.word(1)

    def operand(self, at: Reg | int) -> Reg:
        return self.word(self.opcode.head + at)

    def length(self) -> Reg:
        return (self.rows() + self.opcode.head).wide

    def split(self, word: Reg) -> tuple[Reg, Reg]:
        """Whether an operand is of the examples' own, and its number among such operands."""
        return word.made("trunc", self.emitter.bit), word >> 1

    def where(self, own: Reg, shared: Reg, word: Reg, width: int = 1) -> Reg:
        """Where an example's number lies, or a shared one, of which there may be a vector."""
        varies, index = self.split(word)
        there = index * EXAMPLES + self.lane
        here = index * width + (self.lane & (width - 1))
        return varies.select(own.at(there.wide), shared.at(here.wide))

    def number(self, place: Reg) -> Reg:
        return self.where(self.v, self.shared, place)[0]

    def put(self, number: Reg) -> None:
        self.where(self.v, self.shared, self.result())[0] = number

    def bits(self, word: Reg) -> Reg:
        """Where the word lies that says which examples' adjoints are reached."""
        varies, index = self.split(word)
        return varies.select(self.reached.at(index.wide), self.reached_shared.at(index.wide))

    def accumulate(self, place: Reg, amount: Reg, condition: Reg | None = None) -> None:
        where, bits = self.where(self.g, self.sums, place, WIDTH), self.bits(place)
        old, known = where[0], bits[0]
        new, now = old + amount, known | (self.code.whole(1) << self.lane)
        if condition is not None:
            new, now = condition.select(new, old), condition.select(now, known)
        where[0] = new
        bits[0] = now


class BlockLanes(BlockBranch):
    """A vector of examples after the other; `lane` is the first of one."""

    in_vectors = True
    _places: Sequence[Reg] = ()

    @contextmanager
    def each(self) -> Iterator[None]:
        self._places = self._places or super().operands()
        with self.code.count(self.vectors) as at:
            self.lane = at * WIDTH
            yield

    def operands(self) -> Sequence[Reg]:
        return self._places

    def number(self, place: Reg) -> Reg:
        varies, index = self.split(place)
        own = self.v.lanes[(varies.select(index, 0) * EXAMPLES + self.lane).wide]
        single = self.shared[varies.select(0, index).wide]
        return varies.select(own, self.code.splat(single))

    def put(self, number: Reg) -> None:
        self.where(self.v, self.shared, self.result(), WIDTH).lanes[0] = number

    def sweep(self, index: Reg, reached: Reg) -> None:
        self._places = super().operands()
        # which examples' adjoints get something
        self._given = {
            self._places[at]: self.code.variable(self.code.whole(0)) for at in self.opcode.active
        }
        with self.each():
            self._mask = mask(reached >> self.lane)
            self.pass_on(self.where(self.g, self.sums, self.result(), WIDTH).lanes[0])
        for place, given in self._given.items():
            self.bits(place)[0] |= given[0]

    def accumulate(self, place: Reg, amount: Reg, condition: Reg | None = None) -> None:
        chosen = self._mask if condition is None else self._mask & condition
        where = self.where(self.g, self.sums, place, WIDTH).lanes
        old = where[0]
        where[0] = chosen.select(old + amount, old)
        self._given[place][0] |= chosen.bits().made("zext", self.emitter.word) << self.lane


def mask(bits: Reg) -> Reg:
    """The last bits of a word as truth values."""
    unit = bits.code.unit
    truths = unit.ir.VectorType(unit.bit, WIDTH)
    return bits.made("trunc", unit.ir.IntType(WIDTH)).made("bitcast", truths)
