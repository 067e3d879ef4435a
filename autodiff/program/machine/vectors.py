"""Branches of opcodes with lanes, on vectors of lanes: operands are columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .columns import chosen, touched, vectors
from .operations import Column, Operations
from .registers import WIDTH, Reg

#: how many vectors at once, where that pays
_TOGETHER = 4


class LaneBranch(Operations[Column]):
    """All lanes of an instruction, a vector at a time."""

    in_vectors = True
    base: Reg  # the first lane of a vector
    out: Reg
    lanes: Reg
    reached: Reg
    _columns: Sequence[Column] = ()

    def take(self) -> None:
        super().take()
        self.out, self.lanes = self.word(1), self.word(2)

    def forward(self) -> None:
        form = self.opcode.form
        if form == "lane fixed":
            with self._each():
                self.put(self.compute())
        else:
            (self._affine if form == "lane affine" else self._shared)()

    def reverse(self) -> None:
        form = self.opcode.form
        if form == "lane fixed":
            with self._each():
                adjoint = self.g.lanes[(self.out + self.base).wide]
                self.reached = touched(adjoint, self.base, self.lanes)
                self.pass_on(adjoint)
        else:
            (self._products if form == "products" else self._pairs)()

    @contextmanager
    def _each(self) -> Iterator[None]:
        """A loop over the vectors of an instruction."""
        self._columns = [self.pair(at) for at in range(len(self.primitive.variables))]
        with vectors(self.code, self.lanes) as self.base:
            yield

    def operands(self) -> Sequence[Column]:
        return self._columns

    def number(self, place: Column) -> Reg:
        return self._load(place, self.base)

    def _load(self, column: Column, base: Reg) -> Reg:
        """The numbers of a column in the lanes from `base` on."""
        return self.columns.helper(self.code, "load", self.v, *column, base, self.lanes)

    def z(self) -> Reg:
        return self.v.lanes[(self.out + self.base).wide]

    def put(self, number: Reg) -> None:
        self.v.lanes[(self.out + self.base).wide] = number

    def accumulate(self, place: Column, amount: Reg, condition: Reg | None = None) -> None:
        lanes = self.reached if condition is None else self.reached & condition
        self._helper("accumulate", self.g, *place, self.base, self.lanes, chosen(lanes, amount))

    # ---- sums ----------------------------------------------------------------------------------

    def _affine(self) -> None:
        """init + a1*b1 + a2*b2 + ... in all lanes."""
        count, init = self.word(3), (self.word(4), self.word(5))
        with vectors(self.code, self.lanes) as self.base:

            def terms(at: Reg) -> Iterator[Reg]:
                a, b = (self.pair((at << 1) + k) for k in (0, 1))
                yield self.number(a) * self.number(b)

            (total,) = self.add_up([self.number(init)], count, terms)
            self.put(total)

    def _shared(self) -> None:
        """The same where each a is one number and each b has step 1."""
        code, several = self.code, _TOGETHER * WIDTH
        groups = self.lanes // several
        with code.count(groups) as group:
            self._shared_sums(group * several, _TOGETHER)
        done = groups * several
        with vectors(code, self.lanes - done) as base:
            self._shared_sums(done + base, 1)

    def _shared_sums(self, base: Reg, together: int) -> None:
        """Some vectors of lanes together: their additions do not wait for each other."""
        count, init = self.word(3), (self.word(4), self.word(5))
        bases = [base + WIDTH * at for at in range(together)]

        def terms(at: Reg) -> Iterator[Reg]:
            a, b = self.pair(at)
            wide = self.code.splat(self.v[a.wide])
            for first in bases:
                yield wide * self.v.lanes[(b + first).wide]

        totals = self.add_up([self._load(init, first) for first in bases], count, terms)
        for total, first in zip(totals, bases, strict=True):
            self.v.lanes[(self.out + first).wide] = total

    # ---- sweeps of sums ------------------------------------------------------------------------

    def _helper(self, name: str, *operands: Reg) -> None:
        self.columns.helper(self.code, name, *operands)

    def _pairs(self) -> None:
        """What the factors of a lane shared get: adjoint times b, summed, and adjoint times a."""
        zero, one = map(self.code.whole, (0, 1))
        with self.code.count(self.word(3)) as at:
            a, b = self.pair(at)
            self._product((a, zero), (b, one))
            self._product((b, one), (a, zero))

    def _products(self) -> None:
        """For each pair of columns: adjoint of the result times factor, to the target's adjoint."""
        with self.code.count(self.word(3)) as at:
            self._product(*(self.pair((at << 1) + k) for k in (0, 1)))

    def _product(self, target: Column, factor: Column) -> None:
        self._helper("product", self.v, self.g, self.out, self.lanes, *target, *factor)
