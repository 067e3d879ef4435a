"""What an instruction does, forward and backward, written once for all kinds of registers.

An operation computes on doubles or on vectors of lanes or examples: the emitter knows how. Where an
operand is, and how a contribution is added to its adjoint, a branch of a machine says: branch.py
for one number, vectors.py for lanes, block_branch.py for one and for eight examples of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from autodiff.primitive import Primitive
from autodiff.program.lowering.block_opcodes import BlockOpcode
from autodiff.program.lowering.opcodes import SHAPES, Opcode

from .code import Code
from .columns import Columns
from .emit import Emitter
from .registers import Reg

AnyOpcode = Opcode | BlockOpcode
#: a slot in lane 0, and the step to that of the next lane
Column = tuple[Reg, Reg]
Place = TypeVar("Place")  # of an operand, as a kind of registers names it


class Operations(Generic[Place]):
    """A branch for an opcode while it is being emitted; `words` is where the instruction is."""

    in_vectors = False
    v: Reg
    g: Reg  # in a sweep
    scratch: Reg

    def __init__(self, columns: Columns, code: Code, words: Reg, opcode: AnyOpcode) -> None:
        self.columns = columns
        self.emitter: Emitter = columns if self.in_vectors else columns.scalar
        self.code = code
        self.words = words
        self.opcode = opcode
        self.take()

    # ---- code words ----------------------------------------------------------------------------

    def word(self, at: Reg | int) -> Reg:
        return self.words[at if isinstance(at, int) else at.wide]

    def pair(self, at: Reg | int) -> Column:
        """Two words: the factors of a term, or the column of an operand."""
        first = (at << 1) + self.opcode.head
        return self.word(first), self.word(first + 1)

    def rows(self) -> Reg:
        """How many operands there are, if that is not fixed."""
        return self.word(self.opcode.head - 1)

    def length(self) -> Reg:
        """How many words to go on."""
        head, counted, width = SHAPES[self.opcode.form]
        if not counted:
            return self.code.whole(head + (width * len(self.primitive.variables) if width else 0))
        return self.word(counted) * width + head

    # ---- what a kind of registers has to say ---------------------------------------------------

    def take(self) -> None:
        """The addresses that the function is given."""
        _, self.v, *adjoints, self.scratch = self.code.args
        if adjoints:
            (self.g,) = adjoints

    def forward(self) -> None:
        raise NotImplementedError

    def reverse(self) -> None:
        raise NotImplementedError

    def operand(self, at: Reg | int) -> Place:
        """Where operand `at` is, a number known now or a computed one."""
        raise NotImplementedError

    def operands(self) -> Sequence[Place]:
        """Where all are, of a primitive that has a fixed number of them."""
        return [self.operand(at) for at in range(len(self.primitive.variables))]

    def number(self, place: Place) -> Reg:
        raise NotImplementedError

    def z(self) -> Reg:
        """That of the result."""
        raise NotImplementedError

    def accumulate(self, place: Place, amount: Reg, condition: Reg | None = None) -> None:
        """Add a contribution to an adjoint, if the condition holds."""
        raise NotImplementedError

    # ---- operations ----------------------------------------------------------------------------

    @property
    def primitive(self) -> Primitive:
        """What the opcode computes."""
        assert self.opcode.primitive is not None
        return self.opcode.primitive

    def compute(self) -> Reg:
        """The result of a primitive."""
        name = self.primitive.name
        if self.primitive.arity is None:
            self._gather(0)
            return self._several(name, self.rows())
        numbers = [self.number(place) for place in self.operands()]
        return self.emitter.apply(self.code, name, numbers).number()

    def pass_on(self, adjoint: Reg) -> None:
        """What a primitive passes on to its operands."""
        primitive, names = self.primitive, {"z": self.z()}
        if primitive.arity is None:
            self._pass_on_to_rows(adjoint, names)
            return
        places = self.operands()
        names |= dict(zip(primitive.variables, map(self.number, places), strict=True))
        parts = [
            self.emitter.contribution(self.code, primitive.formulas[at], names, adjoint)
            for at in self.opcode.active
        ]
        for at, (condition, amount) in zip(self.opcode.active, parts, strict=True):
            self.accumulate(places[at], amount, condition)

    def add_up(
        self, starts: Iterable[Reg], count: Reg, terms: Callable[[Reg], Iterable[Reg]]
    ) -> list[Reg]:
        """Sums, each from left to right; `terms` gives term number `at` of every one of them."""
        totals = [self.code.variable(start) for start in starts]
        with self.code.count(count) as at:
            for total, term in zip(totals, terms(at), strict=True):
                total[0] += term
        return [total[0] for total in totals]

    # ---- any number of operands ----------------------------------------------------------------

    def _gather(self, first: int) -> None:
        """Put the operands side by side into the scratch memory."""
        with self.code.count(self.rows()) as at:
            self.scratch[at + first] = self.number(self.operand(at))

    def _several(self, name: str, count: Reg) -> Reg:
        """A primitive of operands in the scratch memory: its loop, or Python."""
        code, emitter = self.code, self.emitter
        loop = emitter.loop(name)
        if loop is None:
            return emitter.call_host(code, name, count, self.scratch)
        found = code.variable(code.call(loop, self.scratch, count))
        with code.when(found[0].not_finite(), likely=False):
            found[0] = emitter.call_host(code, name, count, self.scratch)
        return found[0]

    def _pass_on_to_rows(self, adjoint: Reg, names: dict[str, Reg]) -> None:
        primitive, count = self.primitive, self.rows()
        for name in primitive.shared:  # what all rows need: a primitive of (z, *operands)
            if name in primitive.numbers:
                self.scratch[0] = names["z"]
                self._gather(1)
                names[name] = self._several(name, count + 1)
            else:
                names[name] = self.code.real(0.0)
        rows = count - primitive.tail
        for at, name in enumerate(primitive.variables[1:]):
            names[name] = self.number(self.operand(rows + at))
        with self.code.count(rows) as row:
            place = self.operand(row)
            names[primitive.variables[0]] = self.number(place)
            names["row"] = row.made("uitofp", self.emitter.double)
            condition, amount = self.emitter.contribution(
                self.code, primitive.formulas[0], names, adjoint
            )
            self.accumulate(place, amount, condition)
