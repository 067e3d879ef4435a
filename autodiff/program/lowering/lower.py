"""From a Program to code for the virtual machine: slots, words, and how much is fused.

In the reverse sweep a fused product passes its share on at the place of the last addition instead
of its own; where somebody else adds to the same adjoint in between, the order of a sum would
change, and the last bits with it: such a fold is taken apart again (`_misplaced`).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain, compress, count
from operator import eq
from typing import Any

from autodiff.program.instructions import Instructions
from autodiff.program.numpy_types import numpy

from .fusion import Analysis, Fold, Term, terms_of
from .opcodes import HALT, Table

#: fewer terms are not worth a strided instruction
SHORTEST = 4


class Layout:
    """The fused form of a Program, and the slots of the machine's memory.

    Fused instructions keep nothing of their inner sums and products, so slots are numbered anew:
    leaves, constants, three numbers that fused instructions need, then one per instruction that
    is left. `slot` says where a slot of the Program is; the three numbers count as slots behind
    the Program's own, `minus_zero`, `one` and `zero`.
    """

    def __init__(
        self, program: Instructions, table: Table, analysis: Analysis, *, exact: bool = True
    ) -> None:
        self.program = program
        self.table = table
        self.active: list[bool] = [*analysis.active, False, False, False]
        self.folds: dict[int, Fold] = dict(analysis.folds)
        if exact:
            order = program.order(program.outputs)
            while bad := self._misplaced(order):
                for end in bad:
                    del self.folds[end]
        stays = bytearray(b"\1") * len(program.primitives)
        for member in chain.from_iterable([fold.members for fold in self.folds.values()]):
            stays[member] = 0
        for end in self.folds:
            stays[end] = 1
        self.kept: list[int] = list(compress(range(len(stays)), stays))
        first = program.first_result
        self.constants: tuple[float, ...] = (*program.constants, -0.0, 1.0, 0.0)
        self.minus_zero: int
        self.one: int
        self.zero: int
        self.minus_zero, self.one, self.zero = (program.slots + at for at in range(3))
        self.slot: list[int] = [
            *range(first),
            *[-1] * len(program.primitives),
            *range(first, first + 3),
        ]
        for at, index in enumerate(self.kept, first + 3):
            self.slot[first + index] = at
        self.first_result: int = first + 3
        self.slots: int = self.first_result + len(self.kept)
        #: numbers that a run needs besides, behind its memory and behind its adjoints
        self.extra: tuple[int, int] = 0, 0
        #: where the frames of batches are, of the forward pass and of the sweep
        self.frames: list[int] = []

    def _misplaced(self, order: Sequence[int]) -> set[int]:
        """Folds that would change the order in which some adjoint is added up.

        `order` is the sweep's topological order. Of the contributions to one adjoint, in that
        order, each comes from its own place or, if fused, from the place of its fold's end: these
        places must not decrease.
        """
        if not self.folds:
            return set()
        if len(order) == len(self.program.primitives) and all(map(eq, order, count())):
            folds = self.folds.items()
            if all(end - min(fold.members) < len(fold.members) for end, fold in folds):
                return set()  # nobody stands between the members of a fold
        np = numpy()
        program = self.program
        place = np.full(len(program.primitives), -1, dtype=np.int64)
        place[np.asarray(order, dtype=np.int64)] = np.arange(len(order))
        effective, owner = place.copy(), np.full(len(place), -1, dtype=np.int64)
        for end, fold in self.folds.items():
            members = list(fold.members)
            effective[members] = place[end]
            owner[members] = end
        counts = np.fromiter(map(len, program.operands), dtype=np.int64, count=len(place))
        users = np.repeat(np.arange(len(place)), counts)
        slots = np.fromiter(chain.from_iterable(program.operands), dtype=np.int64)
        wanted = np.asarray(self.active, dtype=bool)[slots] & (place[users] >= 0)
        users, slots = users[wanted], slots[wanted]
        by_target = np.lexsort((place[users], slots))
        users, slots = users[by_target], slots[by_target]
        then = effective[users]
        wrong = (slots[1:] == slots[:-1]) & (then[1:] < then[:-1])
        return {int(end) for end in owner[users[:-1][wrong]] if end >= 0}

    def describe(self) -> list[str]:
        """Lines for `explain()`."""
        return ["in the order of the graph: gradients have the bits of the eager engine"]

    # ---- words -------------------------------------------------------------------------------

    def forward(self) -> array[int]:
        """The code of the forward pass."""
        return self._code(self.kept)

    def reverse(self, roots: Sequence[int]) -> array[int] | None:
        """The code of the sweep from some outputs; None if fusion does not fit its order."""
        order = self.program.order(roots)
        if tuple(roots) != self.program.outputs and self._misplaced(order):
            return None
        first = self.program.first_result
        kept = [
            index for index in order if self.slot[first + index] >= 0 and self.active[first + index]
        ]
        return self._code(kept[::-1])

    def _code(self, indices: Sequence[int]) -> array[int]:
        words = array("I")
        for index in indices:
            words.extend(self._words(index))
        words.append(HALT)
        return words

    def _words(self, index: int) -> list[int]:
        """One instruction."""
        program, slot = self.program, self.slot
        out, primitive = slot[program.first_result + index], program.primitives[index]
        given = program.operands[index]
        if index in self.folds:
            return self._term_words("fold", out, *self.terms(index))
        if primitive.terms is not None and len(primitive.terms.factors) > 1:
            return self._term_words("affine", out, *self.terms(index))
        operands = [slot[operand] for operand in given]
        if primitive.terms is not None:
            return [self.table.named("sum").number, out, slot[self.zero], len(given), *operands]
        active = [self.active[operand] for operand in given]
        head = [self.table.of(primitive, active).number, out]
        return [*head, *([len(given)] if primitive.arity is None else []), *operands]

    def is_terms(self, index: int) -> bool:
        """Whether an instruction has the form init + a1*b1 + ..."""
        return index in self.folds or self.program.primitives[index].terms is not None

    def terms(self, index: int) -> tuple[int, Sequence[Term]]:
        """(init, terms) of an instruction of the form init + a1*b1 + ..."""
        found = terms_of(self.program, self.folds, index)
        assert found is not None
        init, terms = found
        if init is None:
            init = self.minus_zero if index in self.folds else self.zero
        return init, terms

    def _term_words(self, kind: str, out: int, init: int, terms: Sequence[Term]) -> list[int]:
        """An instruction of the form init + a1*b1 + ..., the active factor first where one is."""
        strided = self._strided(out, init, terms)
        if strided is not None:
            return strided
        slot, active = self.slot, self.active
        if kind == "fold" and all(b is None for _, b in terms):
            head = [self.table.named("fold_sum").number, out, slot[init], len(terms)]
            return head + [slot[a] for a, _ in terms]
        half = all(b is None or not (active[a] and active[b]) for a, b in terms)
        opcode = self.table.named(f"{kind}_half" if half else kind)
        words = [opcode.number, out, slot[init], len(terms)]
        for a, b in terms:
            if b is None:
                words += (slot[a], slot[self.one])
            elif half and active[b]:
                words += (slot[b], slot[a])
            else:
                words += (slot[a], slot[b])
        return words

    def _strided(self, out: int, init: int, terms: Sequence[Term]) -> list[int] | None:
        """The instruction as a strided one, if its factors lie constant steps apart.

        Its sweep takes the terms in any order, which gives the same bits only if it adds to each
        adjoint once, or the same number twice.
        """
        if len(terms) < SHORTEST:
            return None
        slot, active = self.slot, self.active
        xs: Sequence[int]
        ys: Sequence[Any]
        xs, ys = zip(*terms, strict=True)
        if any(y is None for y in ys):
            return None
        a, b = [slot[x] for x in xs], [slot[y] for y in ys]
        half = not any(map(active.__getitem__, ys))
        if not half and not any(map(active.__getitem__, xs)):
            half, a, b = True, b, a
        da, db = a[1] - a[0], b[1] - b[0]
        if da < 1 or db < (0 if half else 1) or slot[init] in a or slot[init] in b:
            return None
        if a != list(range(a[0], a[0] + len(a) * da, da)):
            return None
        if b != (list(range(b[0], b[0] + len(b) * db, db)) if db else b[:1] * len(b)):
            return None
        if not half and a != b and not set(a).isdisjoint(b):
            return None
        number = self.table.named("strided_half" if half else "strided").number
        return [number, out, slot[init], len(terms), a[0], da, b[0], db]
