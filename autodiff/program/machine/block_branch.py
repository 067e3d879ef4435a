"""One branch of the block machine while it is being emitted: where its operands are."""

from __future__ import annotations

from autodiff.program.lowering.block_opcodes import EXAMPLES

from .branch import Branch
from .llvm_types import Reg
from .vector_emit import WIDTH


class BlockBranch(Branch):
    """One branch of the block machine; with a `lane`, operands are those of one example."""

    shared: Reg
    sums: Reg  # in a sweep
    reached_shared: Reg
    reached: Reg
    finite: Reg  # whether all numbers of the sweep are
    vectors: Reg  # how many vectors of examples the block has

    def _take(self, args: tuple[Reg, ...]) -> None:
        self.shared, self.v, self.scratch = args[1:4]
        self.vectors = args[-1]
        if len(args) > 5:
            self.sums, self.g, self.reached_shared, self.reached, finite = args[4:-1]
            self.finite = self.builder.trunc(finite, self.emitter.ir.IntType(1))

    def result(self) -> Reg:
        """The operand that is the result."""
        return self.word(1)

    def operand(self, at: Reg | int) -> Reg:
        """The word of an operand."""
        place = self.whole(at) if isinstance(at, int) else at
        return self.word_at(self.builder.add(self.whole(self.opcode.head), place))

    def rows(self) -> Reg:
        """How many operands an instruction has."""
        return self.word(2)

    def split(self, word: Reg) -> tuple[Reg, Reg]:
        """Whether an operand is of the examples' own, and its number among such operands."""
        builder = self.builder
        return builder.trunc(word, self.emitter.ir.IntType(1)), builder.lshr(word, self.whole(1))

    def place(self, own: Reg, shared: Reg, word: Reg, width: int = 1) -> Reg:
        """Where an example's number lies, or a shared one, of which there may be a vector."""
        builder = self.builder
        varies, index = self.split(word)
        there = builder.add(builder.mul(index, self.whole(EXAMPLES)), self.lane)
        among = builder.and_(self.lane, self.whole(width - 1))
        here = builder.add(builder.mul(index, self.whole(width)), among)
        return builder.select(varies, self.address(own, there), self.address(shared, here))

    def number(self, slot: Reg) -> Reg:
        """The number of the example."""
        return self.builder.load(self.place(self.v, self.shared, slot))

    def bits(self, word: Reg) -> Reg:
        """Where the word lies that says which examples' adjoints are reached."""
        varies, index = self.split(word)
        words = (self.address(self.reached, index), self.address(self.reached_shared, index))
        return self.builder.select(varies, *words)

    def accumulate(self, slot: Reg, amount: Reg, condition: Reg | None = None) -> None:
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
