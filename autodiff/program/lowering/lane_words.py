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
            terms = _in_order(columns[1:])
            if all(a[1] == 0 and b[1] == 1 for a, b in terms):
                number = self.table.named("lane_shared").number
                slots = [slot for a, b in terms for slot in (a[0], b[0])]
                return [number, out, lanes, len(terms), *columns[0], *slots]
            return [self.table.named("lane_affine").number, out, lanes, len(terms), *flat]
        return self._sweep_words(index, out, lanes, columns)

    def _sweep_words(
        self, index: int, out: int, lanes: int, columns: Sequence[Column]
    ) -> list[int]:
        """What init, each a and each b get: the adjoint times 1, times b, times a."""
        active = [self.active[slot] for slot in self.factors(index)]
        single: list[tuple[Column, Column]] = []  # target and factor
        pairs: list[int] = []
        if active[0]:
            single.append((columns[0], (self.slot[self.one], 0)))
        for at, (a, b) in enumerate(_in_order(columns[1:])):
            both = active[2 * at + 1] and active[2 * at + 2]
            if both and a[1] == 0 and b[1] == 1:
                pairs += (a[0], b[0])
                continue
            a, b = columns[2 * at + 1 : 2 * at + 3]
            single += [(a, b)] * active[2 * at + 1] + [(b, a)] * active[2 * at + 2]
        words: list[int] = []
        if single:
            words += (self.table.named("products").number, out, lanes, len(single))
            words += [word for target, factor in single for word in (*target, *factor)]
        if pairs:
            words += (self.table.named("pairs").number, out, lanes, len(pairs) // 2, *pairs)
        return words


def _in_order(columns: Sequence[Column]) -> list[tuple[Column, Column]]:
    """The factors of each term, the one with the smaller step first."""
    pairs = zip(columns[::2], columns[1::2], strict=True)
    return [(b, a) if b[1] < a[1] else (a, b) for a, b in pairs]
