"""From the Program of one example to code for blocks of examples.

What differs between examples has a number for each of them, everything else is shared. What can be
computed from shared numbers alone is a Program of its own, `outer`, and runs once for all examples;
the code of a block takes its results as shared numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

from autodiff.program.instructions import Instructions

from . import block_opcodes as op
from .block_opcodes import BlockTable
from .fusion import Analysis
from .lower import Layout
from .opcodes import Table


class BlockLayout(Layout):
    """Places of numbers and code words for a block.

    Shared are, in this order, leaves, constants, the three numbers that sums need, and results of
    `outer`; the examples' own are leaves, then results. `word` is the operand for each slot of the
    Program, -1 where fusion or nobody has left a number there. Without `hoist` there is no `outer`:
    the body of a batch gets such results from the Program around it.
    """

    def __init__(
        self, program: Instructions, table: Table, blocks: BlockTable, mapped: Sequence[bool],
        *, hoist: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(program, table, Analysis.of(program), exact=False)
        self._blocks = blocks
        varies = [*mapped, *[False] * len(program.constants)]
        for operands in program.operands:
            varies.append(not hoist or any(varies[slot] for slot in operands))
        leaves, first = range(program.leaves), program.first_result
        self.leaves_shared: list[int] = [leaf for leaf in leaves if not mapped[leaf]]
        own = [leaf for leaf in leaves if mapped[leaf]]
        hoisted = [first + index for index in self.kept if not varies[first + index]]
        results = [first + index for index in self.kept if varies[first + index]]
        extra = [self.minus_zero, self.one, self.zero]
        shared = [*self.leaves_shared, *range(program.leaves, first), *extra, *hoisted]
        self.word: list[int] = [-1] * (program.slots + len(extra))
        for at, slot in enumerate(shared):
            self.word[slot] = 2 * at
        for at, slot in enumerate([*own, *results]):
            self.word[slot] = 2 * at + 1
        self.own: int
        self.shared: int
        self.rows: int
        self.own, self.shared, self.rows = len(own), len(shared), len(own) + len(results)
        self._order = [slot - first for slot in results]
        self.outer: Instructions | None = self._outer(hoisted, varies) if hoisted else None

    def _outer(self, hoisted: Sequence[int], varies: Sequence[bool]) -> Instructions:
        """The Program of shared results: of the shared leaves."""
        program, first = self.program, self.program.first_result
        place = {leaf: at for at, leaf in enumerate(self.leaves_shared)}
        for slot in range(program.leaves, first):
            place[slot] = len(place)
        kept = [at for at in range(len(program.primitives)) if not varies[first + at]]
        for index in kept:
            place[first + index] = len(place)
        return Instructions(
            leaves=len(self.leaves_shared),
            constants=program.constants,
            primitives=tuple([program.primitives[at] for at in kept]),
            operands=tuple([tuple([place[x] for x in program.operands[at]]) for at in kept]),
            outputs=tuple([place[slot] for slot in hoisted]),
            passive=frozenset([place[leaf] for leaf in program.passive if leaf in place]),
        )

    def forward(self) -> array[int]:
        """The code of the forward pass."""
        return self._stream(self._order, self._forward_words)

    def sweep(self) -> array[int]:
        """The code of the sweep: the same from any outputs, as it skips what is not touched."""
        first = self.program.first_result
        wanted = [index for index in self._order if self.active[first + index]]
        layers: dict[tuple[int, ...], list[int]] = {}
        for index in wanted:
            if own := tuple([b for _, b in self._pairs(index)]):
                layers.setdefault(own, []).append(index)
        # The first one comes last in the sweep: by then the adjoints of all are complete.
        at_end = {members[0]: members for members in layers.values()}
        return self._stream(
            reversed(wanted),
            lambda index: self._reverse_words(index) + self._layer_words(at_end.get(index, ())),
        )

    @staticmethod
    def _stream(indices: Iterable[int], words_of: Callable[[int], list[int]]) -> array[int]:
        words = array("I")
        for index in indices:
            words.extend(words_of(index))
        words.append(op.HALT)
        return words

    def _factors(self, index: int) -> tuple[int, list[tuple[int, int]]]:
        """(init, pairs) of a sum, as slots; the shared factor first where one is."""
        init, terms = self.terms(index)
        pairs = [(a, self.one if b is None else b) for a, b in terms]
        return init, [(b, a) if self.word[a] & 1 else (a, b) for a, b in pairs]

    def _forward_words(self, index: int) -> list[int]:
        out, word = self.word[self.program.first_result + index], self.word
        if self.is_terms(index):
            init, pairs = self._factors(index)
            operands = [word[init], *[word[slot] for pair in pairs for slot in pair]]
            dense = all(not word[a] & 1 and word[b] & 1 for a, b in pairs)
            return [op.DENSE if dense else op.TERMS, out, len(operands), *operands]
        given = self.program.operands[index]
        opcode = self._blocks.of(self.program.primitives[index])
        return [opcode.number, out, len(given), *[word[slot] for slot in given]]

    def _reverse_words(self, index: int) -> list[int]:
        out, word = self.word[self.program.first_result + index], self.word
        if not self.is_terms(index):
            primitive, given = self.program.primitives[index], self.program.operands[index]
            opcode = self._blocks.of(primitive, [self.active[slot] for slot in given])
            return [opcode.number, out, len(given), *[word[slot] for slot in given]]
        init, pairs = self._factors(index)
        single = [word[init], word[self.one]] if self.active[init] else []
        for a, b in pairs:
            if self._is_pair(a, b):
                continue  # with others like it: see sweep
            single += (word[a], word[b]) if self.active[a] else ()
            single += (word[b], word[a]) if self.active[b] else ()
        return [op.PRODUCTS, out, len(single), *single] if single else []

    def _is_pair(self, a: int, b: int) -> bool:
        """Whether a term is a shared number that wants an adjoint times one of the examples."""
        return self.active[a] and not self.word[a] & 1 and bool(self.word[b] & 1)

    def _pairs(self, index: int) -> list[tuple[int, int]]:
        """The words of such terms of a sum."""
        if not self.is_terms(index):
            return []
        _, pairs = self._factors(index)
        return [(self.word[a], self.word[b]) for a, b in pairs if self._is_pair(a, b)]

    def _layer_words(self, members: Sequence[int]) -> list[int]:
        """The sweep of sums of the same numbers together."""
        if not members:
            return []
        results = [self.word[self.program.first_result + index] for index in members]
        rows = [
            [column[0][1], *[a for a, _ in column]]
            for column in zip(*map(self._pairs, members), strict=True)
        ]
        words = [len(members), *results, *[word for row in rows for word in row]]
        return [op.LAYER, results[0], len(words), *words]
