"""Instructions in lanes, as code words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from .lanes import Column
from .lower import Layout


class LaneWords(Layout):
    """What the layouts that put instructions into lanes have in common."""

    def factors(self, index: int) -> list[int]:
        """The Program's slots that an instruction reads: init, a1, b1, a2, ... of a sum."""
        if not self.is_terms(index):
            return list(self.program.operands[index])
        init, terms = self.terms(index)
        return [init, *[self.one if x is None else x for x in chain.from_iterable(terms)]]

    def lane_words(
        self, index: int, lanes: int, columns: Sequence[Column], *, reverse: bool
    ) -> list[int]:
        """Instruction `index` in lanes; `columns` say where its factors are."""
        out = self.slot[self.program.first_result + index]
        flat = [word for column in columns for word in column]
        if not self.is_terms(index):
            primitive, given = self.program.primitives[index], self.program.operands[index]
            active = [self.active[slot] for slot in given]
            count = [len(given)] if primitive.arity is None else []
            return [self.table.of(primitive, active, lanes=True).number, out, lanes, *count, *flat]
        if not reverse:
            return [self.table.named("lane_affine").number, out, lanes, len(columns) // 2, *flat]
        init, *factors = zip(self.factors(index), columns, strict=True)
        pairs = [(init, (self.slot[self.one], 0))]  # what it gets is the adjoint times 1
        for a, b in zip(factors[::2], factors[1::2], strict=True):
            pairs += ((a, b[1]), (b, a[1]))
        wanted = [(column, factor) for (slot, column), factor in pairs if self.active[slot]]
        words = [self.table.named("products").number, out, lanes, len(wanted)]
        return words + [word for target, factor in wanted for word in (*target, *factor)]
