"""One branch of the virtual machine while it is being emitted: where its operands are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from autodiff.program.lowering.block_opcodes import BlockOpcode
from autodiff.program.lowering.opcodes import SHAPES, Opcode

from .emit import Emitter
from .llvm_types import Builder, Function, Reg
from .pieces import counted

AnyOpcode = Opcode | BlockOpcode


class Branch:
    """One branch of the machine while it is being emitted: where its operands are.

    In an opcode with lanes, `lane` is the one whose operands are meant; see `each_lane`.
    """

    def __init__(
        self, emitter: Emitter, builder: Builder, function: Function, code: Reg, opcode: AnyOpcode
    ):
        self.emitter = emitter
        self.builder = builder
        self.code = code
        self.opcode = opcode
        self._lane: Reg | None = None
        self._take(function.args)

    v: Reg
    g: Reg  # in a sweep
    scratch: Reg

    def _take(self, args: tuple[Reg, ...]) -> None:
        """The addresses that the function is given."""
        self.v, self.scratch = args[1], args[-1]
        if len(args) == 4:
            self.g = args[2]

    @property
    def lane(self) -> Reg:
        """The lane, or the example, whose operands are meant."""
        assert self._lane is not None
        return self._lane

    @lane.setter
    def lane(self, lane: Reg) -> None:
        self._lane = lane

    def whole(self, number: int) -> Reg:
        """An integer in the code."""
        return self.emitter.ir.Constant(self.emitter.word, number)

    def word_at(self, at: Reg) -> Reg:
        """The code word with an offset that is computed."""
        wide = self.builder.zext(at, self.emitter.long)
        return self.builder.load(self.builder.gep(self.code, [wide]))

    def word(self, at: int) -> Reg:
        """The code word with a fixed offset."""
        return self.builder.load(self.builder.gep(self.code, [self.whole(at)]))

    @contextmanager
    def each_lane(self) -> Iterator[None]:
        """A loop over the lanes; the block runs once without lanes."""
        if self.opcode.lanes:
            with self.count(self.word(2)) as self.lane:
                yield
        else:
            yield

    def result(self) -> Reg:
        """The slot of the result."""
        out = self.word(1)
        return out if self._lane is None else self.builder.add(out, self._lane)

    def operand(self, at: Reg | int) -> Reg:
        """The slot of operand `at`, a number known now or a computed one."""
        builder, head = self.builder, self.whole(self.opcode.head)
        place = self.whole(at) if isinstance(at, int) else at
        if self._lane is None:
            return self.word_at(builder.add(head, place))
        start, step = self.column(at)
        return builder.add(start, builder.mul(step, self.lane))

    def column(self, at: Reg | int) -> tuple[Reg, Reg]:
        """The column of operand `at`: its slot in lane 0, and the step to the next lane's."""
        builder = self.builder
        place = self.whole(at) if isinstance(at, int) else at
        first = builder.add(builder.shl(place, self.whole(1)), self.whole(self.opcode.head))
        return self.word_at(first), self.word_at(builder.add(first, self.whole(1)))

    def rows(self) -> Reg:
        """How many operands an n-ary instruction has."""
        return self.word(self.opcode.head - 1)

    def pair(self, at: Reg) -> tuple[Reg, Reg]:
        """The slots of the factors of term `at` of an affine instruction."""
        head = self.whole(self.opcode.head)
        first = self.builder.add(self.builder.shl(at, self.whole(1)), head)
        return self.word_at(first), self.word_at(self.builder.add(first, self.whole(1)))

    def strided(self, at: Reg) -> tuple[Reg, Reg]:
        """The slots of the factors of term `at` of a strided instruction."""
        builder = self.builder
        a, b = (
            builder.add(self.word(start), builder.mul(at, self.word(start + 1))) for start in (4, 6)
        )
        return a, b

    def number(self, slot: Reg) -> Reg:
        """The number in a slot."""
        return self.builder.load(self.address(self.v, slot))

    def address(self, base: Reg, slot: Reg) -> Reg:
        """Where a slot lies: slots are unsigned."""
        return self.builder.gep(base, [self.builder.zext(slot, self.emitter.long)])

    def variable(self, start: Reg) -> Reg:
        """A variable that changes in a loop."""
        with self.builder.goto_entry_block():
            made = self.builder.alloca(self.emitter.double)
        self.builder.store(start, made)
        return made

    def count(self, count: Reg) -> AbstractContextManager[Reg]:
        """A loop over 0 .. count - 1."""
        return counted(self.emitter, self.builder, count)

    def accumulate(self, slot: Reg, amount: Reg, condition: Reg | None = None) -> None:
        """Add a contribution to an adjoint, if the condition holds."""
        builder = self.builder
        place = self.address(self.g, slot)
        old = builder.load(place)
        new = builder.fadd(old, builder.fadd(amount, self.emitter.constant(0.0)))
        builder.store(new if condition is None else builder.select(condition, new, old), place)

    def length(self) -> Reg:
        """How many words to go on."""
        head, counted, width = SHAPES[self.opcode.form]
        if not counted:
            return self.whole(head + (width * arity(self.opcode) if width else 0))
        return self.builder.add(
            self.builder.mul(self.word(counted), self.whole(width)), self.whole(head)
        )


def arity(opcode: AnyOpcode) -> int:
    """How many operands a fixed primitive takes."""
    assert opcode.primitive is not None
    return len(opcode.primitive.variables)
