"""Branches of the virtual machine on single numbers: operands are slots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .columns import UNTOUCHED
from .operations import Operations
from .registers import Reg


class Branch(Operations[Reg]):
    """One number at a time; of an opcode with lanes, the numbers of one `lane` after the other."""

    lane: Reg | None = None

    def forward(self) -> None:
        if self.opcode.form == "batch":
            self._batch()
            return
        with self.each():
            self.put(self.compute() if self.opcode.primitive else self._sum())

    def reverse(self) -> None:
        if self.opcode.form == "batch":
            self._batch()
            return
        with self.each():
            place = self.g.at(self.result().wide)
            bits = place.cast(self.emitter.long)[0]
            with self.code.when(bits.differs(UNTOUCHED)):
                adjoint = place[0]
                if self.opcode.primitive is not None:
                    self.pass_on(adjoint)
                elif self.opcode.form == "strided":
                    self._pass_on_strided(adjoint)
                else:
                    self._pass_on_terms(adjoint)

    # ---- where numbers are ---------------------------------------------------------------------

    @contextmanager
    def each(self) -> Iterator[None]:
        """A loop over the lanes; once without lanes."""
        if self.opcode.lanes:
            with self.code.count(self.word(2)) as self.lane:
                yield
        else:
            yield

    def result(self) -> Reg:
        out = self.word(1)
        return out if self.lane is None else out + self.lane

    def operand(self, at: Reg | int) -> Reg:
        if self.lane is None:
            return self.word(self.opcode.head + at)
        start, step = self.pair(at)
        return start + step * self.lane

    def number(self, place: Reg) -> Reg:
        return self.v[place.wide]

    def z(self) -> Reg:
        return self.number(self.result())

    def put(self, number: Reg) -> None:
        self.v[self.result().wide] = number

    def accumulate(self, place: Reg, amount: Reg, condition: Reg | None = None) -> None:
        where = self.g.at(place.wide)
        old = where[0]
        new = old + (amount + 0.0)
        where[0] = new if condition is None else condition.select(new, old)

    # ---- forms of their own --------------------------------------------------------------------

    def _batch(self) -> None:
        """Run a body for all its examples; the code has the address of the frame."""
        code, long = self.code, self.emitter.long
        low, high = (self.word(at).wide for at in (1, 2))
        frame = (low | (high << 32)).made("inttoptr", long.as_pointer())
        memories = [each.made("ptrtoint", long) for each in code.args[1:-1]]
        if len(memories) < 2:  # no adjoints in a forward pass
            memories.append(code.constant(long, 0))
        code.call(self.emitter.module.globals["autodiff_blocks"], frame, *memories)

    def _sum(self) -> Reg:
        """init + a1*b1 + a2*b2 + ..., from left to right."""

        def terms(at: Reg) -> Iterator[Reg]:
            if self.opcode.form == "sum":
                yield self.number(self.operand(at))
                return
            if self.opcode.form == "affine":
                a, b = self.pair(at)
            else:  # strided
                a, b = (self.word(start) + at * self.word(start + 1) for start in (4, 6))
            yield self.number(a) * self.number(b)

        return self.add_up([self.number(self.word(2))], self.word(3), terms)[0]

    def _pass_on_strided(self, adjoint: Reg) -> None:
        self.accumulate(self.word(2), adjoint)
        count, *columns = (self.word(at) for at in (3, 4, 5, 6, 7))
        turned = [] if self.opcode.name.endswith("_half") else [[*columns[2:], *columns[:2]]]
        for each in (columns, *turned):
            self.columns.helper(self.code, "spread", self.v, self.g, adjoint, count, *each)

    def _pass_on_terms(self, adjoint: Reg) -> None:
        """The sweep of init + a1*b1 + ... in the order in which the eager engine takes it."""
        name, count = self.opcode.name, self.word(3)

        def term(at: Reg) -> None:
            if self.opcode.form == "sum":
                self.accumulate(self.operand(at), adjoint)
                return
            a, b = self.pair(at)
            x = self.number(a)
            self.accumulate(a, adjoint * self.number(b))
            if not name.endswith("_half"):
                self.accumulate(b, adjoint * x)

        if name.startswith("fold"):
            # A chain of additions: the last term first; init and the first term come from the
            # innermost addition, whose operands get their share in this order.
            rest = count - 1
            with self.code.count(rest) as at:
                term(rest - at)
            self.accumulate(self.word(2), adjoint)
            term(self.code.whole(0))
        else:
            with self.code.count(count) as at:
                term(at)
            self.accumulate(self.word(2), adjoint)
