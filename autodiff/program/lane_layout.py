"""From a Program to code in lanes, where its trace repeats itself.

The forward pass computes the same bits as in the order of the graph. The reverse sweep adds up
adjoints in another order: by instructions, and over the lanes of a shared operand in pairs. So
gradients differ by rounding, by at most some 1e-15 times the sum of the magnitudes of what is
added up. An adjoint that nothing reaches stays untouched, as ever.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence

from .lanes import Column, Shape, Stretch, group
from .lower import Layout
from .opcodes import AS_TERMS, HALT, Table
from .program import Program

#: from this number of uses on a captured leaf counts as shared
_OFTEN = 8
#: lanes are used if they leave at most this share of the instructions
_WORTH = 0.7


class LaneLayout(Layout):
    """The fused form of a Program with repeated structure in lanes."""

    def __init__(self, program: Program, table: Table) -> None:
        super().__init__(program, table, exact=False)
        kept, shapes = self.kept, [self._shape(index) for index in self.kept]
        ways = (("rows", False), ("shared parameters", True))
        groupings = [
            group(name, shapes, self._leaf_classes(shapes, shared)) for name, shared in ways
        ]
        chosen = min(groupings, key=lambda grouping: len(grouping.stretches))
        self.how = chosen.name
        self.stretches = [
            Stretch([kept[at] for at in stretch.members], stretch.columns)
            for stretch in chosen.stretches
        ]
        #: whether enough was found
        self.worthwhile = len(self.stretches) <= _WORTH * len(kept)
        self.kept = [index for stretch in self.stretches for index in stretch.members]
        for slot, index in enumerate(self.kept, self.first_result):
            self.slot[program.first_result + index] = slot

    def describe(self) -> list[str]:
        """Lines for `explain()`."""
        wide = [stretch for stretch in self.stretches if len(stretch.members) > 1]
        lanes = sum(len(stretch.members) for stretch in wide)
        alone = len(self.stretches) - len(wide)
        kinds: Counter[tuple[str, int]] = Counter()
        for stretch in wide:
            index = stretch.members[0]
            name = "sum" if index in self.folds else self.program.primitives[index].name
            kinds[name, len(stretch.members)] += 1
        shown = [f"{count} x {name} in {n} lanes" for (name, n), count in kinds.most_common(4)]
        return [
            f"in lanes ({self.how} repeat): {lanes} instructions as {len(wide)}, {alone} alone",
            f"  {', '.join(shown)}{', ...' if len(kinds) > 4 else ''}",
        ]

    # ---- what the grouping looks at ----------------------------------------------------------

    def _shape(self, index: int) -> Shape:
        primitive, slot = self.program.primitives[index], self.slot
        if self._is_terms(index):
            init, terms = self.terms(index)
            operands = [init]
            for a, b in terms:
                operands += (slot[a], self.one if b is None else slot[b])
            return Shape(("terms", len(terms)), operands)
        operands = [slot[operand] for operand in self.program.operands[index]]
        return Shape((primitive.name, len(operands)), operands)

    def _is_terms(self, index: int) -> bool:
        return index in self.folds or self.program.primitives[index].name in AS_TERMS

    def _leaf_classes(self, shapes: Sequence[Shape], shared: bool) -> list[int]:
        """Leaves that want a gradient, others, and constants: three classes, but for shared ones.

        The numbers that fusion adds (-0.0, 1.0, 0.0) are not interchangeable either.
        """
        program = self.program
        uses = Counter(slot for shape in shapes for slot in shape.operands) if shared else {}
        found = [2 if self.active[slot] else 1 for slot in range(program.leaves)]
        found += [0] * (self.first_result - program.leaves)
        for slot in range(program.arguments, program.leaves):
            if uses.get(slot, 0) >= _OFTEN:
                found[slot] = 3 + slot
        for slot in (self.minus_zero, self.one, self.zero):
            found[slot] = 3 + slot
        return found

    # ---- words -------------------------------------------------------------------------------

    def forward(self) -> array[int]:
        """The code of the forward pass."""
        return self._lane_code(self.stretches, reverse=False)

    def reverse(self, roots: Sequence[int]) -> array[int]:
        """The code of the sweep: the same from any outputs, as it skips what is not touched."""
        first = self.program.first_result
        wanted = [x for x in self.stretches if self.active[first + x.members[0]]]
        return self._lane_code(wanted[::-1], reverse=True)

    def _lane_code(self, stretches: Sequence[Stretch], reverse: bool) -> array[int]:
        words = array("I")
        for stretch in stretches:
            if len(stretch.members) > 1 and not self._better_one_by_one(stretch):
                words.extend(self._lane_words(stretch, reverse))
            else:
                for index in stretch.members:
                    words.extend(self._words(index))
        words.append(HALT)
        return words

    def _better_one_by_one(self, stretch: Stretch) -> bool:
        """Whether factors are neighbours within each instruction, but far apart in the lanes."""
        if not self._is_terms(stretch.members[0]):
            return False
        init, *factors = stretch.columns
        scattered = any(step > 1 for _, step in factors)
        return (
            scattered and self._strided(-1, init[0], self.terms(stretch.members[0])[1]) is not None
        )

    def _lane_words(self, stretch: Stretch, reverse: bool) -> list[int]:
        """One instruction in lanes."""
        index, columns = stretch.members[0], stretch.columns
        primitive, given = self.program.primitives[index], self.program.operands[index]
        out, lanes = self.slot[self.program.first_result + index], len(stretch.members)
        if self._is_terms(index):
            return (self._product_words if reverse else self._affine_words)(out, lanes, columns)
        opcode = self.table.of(primitive, [self.active[slot] for slot in given], lanes=True)
        count = [len(given)] if primitive.arity is None else []
        return [opcode.number, out, lanes, *count, *[word for pair in columns for word in pair]]

    def _affine_words(self, out: int, lanes: int, columns: Sequence[Column]) -> list[int]:
        number = self.table.named("lane_affine").number
        words = [number, out, lanes, len(columns) // 2]
        return words + [word for column in columns for word in column]

    def _product_words(self, out: int, lanes: int, columns: Sequence[Column]) -> list[int]:
        """What init, each a and each b get: the adjoint times 1, times b, times a."""
        pairs = [(columns[0], (self.one, 0))]
        for a, b in zip(columns[1::2], columns[2::2], strict=True):
            pairs += ((a, b), (b, a))
        wanted = [(target, factor) for target, factor in pairs if self._wanted(target[0])]
        number = self.table.named("products").number
        return [number, out, lanes, len(wanted), *[w for t, f in wanted for w in (*t, *f)]]

    def _wanted(self, slot: int) -> bool:
        """Whether anybody reads the adjoint of a slot of the machine."""
        if slot >= self.first_result:
            return self.active[self.program.first_result + self.kept[slot - self.first_result]]
        return slot < self.program.leaves and self.active[slot]
