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
from functools import cached_property

from autodiff.program.instructions import Instructions

from .fusion import Analysis
from .lane_words import LaneWords
from .lanes import Shape, Stretch, group
from .opcodes import HALT, Table

#: lanes are used if they leave at most this share of the instructions
_WORTH = 0.7
#: a sweep that needs less than this share of the instructions is faster without lanes
_FEW = 0.4


class LaneLayout(LaneWords):
    """The fused form of a Program with repeated structure in lanes."""

    def __init__(self, program: Instructions, table: Table, analysis: Analysis) -> None:
        super().__init__(program, table, analysis, exact=False)
        kept, shapes = self.kept, [self._shape(index) for index in self.kept]
        results = [program.first_result + index for index in kept]
        found = group(shapes, results, self._leaf_classes(), self.first_result, _WORTH * len(kept))
        #: whether enough was found
        self.worthwhile: bool = found is not None
        self.stretches: list[Stretch] = [
            Stretch([kept[at] for at in stretch.members], stretch.columns)
            for stretch in found or ()
        ]
        self.kept: list[int] = [index for stretch in self.stretches for index in stretch.members]
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
            f"in lanes: {lanes} instructions as {len(wide)}; {alone} alone",
            f"  {', '.join(shown)}{', ...' if len(kinds) > 4 else ''}",
        ]

    # ---- what the grouping looks at ----------------------------------------------------------

    def _shape(self, index: int) -> Shape:
        operands = self.factors(index)
        head = "terms" if self.is_terms(index) else self.program.primitives[index].name
        return Shape((head, len(operands)), operands)

    def _leaf_classes(self) -> list[int]:
        """Leaves that want a gradient, others, and constants: three classes.

        The numbers that fusion adds (-0.0, 1.0, 0.0) are not interchangeable. One class for each
        slot of the Program; those of results are found by grouping.
        """
        program = self.program
        found = [2 if self.active[slot] else 1 for slot in range(program.leaves)]
        found += [0] * (program.slots - program.leaves)
        return [*found, 3, 4, 5]

    # ---- words -------------------------------------------------------------------------------

    def forward(self) -> array[int]:
        """The code of the forward pass."""
        return self._lane_code(self.stretches, reverse=False)

    def reverse(self, roots: Sequence[int]) -> array[int]:
        """The code of the sweep: one by one if it needs few of the instructions in the lanes."""
        first, home = self.program.first_result, self._home
        alone = [
            index
            for index in reversed(self.program.order(roots))
            if index in home and self.active[first + index]
        ]
        wanted = [self.stretches[at] for at in sorted({home[index] for index in alone})[::-1]]
        if len(alone) < _FEW * sum(len(stretch.members) for stretch in wanted):
            return self._code(alone)
        return self._lane_code(wanted, reverse=True)

    @cached_property
    def _home(self) -> dict[int, int]:
        """For each instruction the number of its stretch."""
        return {index: at for at, part in enumerate(self.stretches) for index in part.members}

    def _lane_code(self, stretches: Sequence[Stretch], reverse: bool) -> array[int]:
        words = array("I")
        for stretch in stretches:
            if len(stretch.members) > 1 and not self._better_one_by_one(stretch, reverse):
                index, lanes = stretch.members[0], len(stretch.members)
                words.extend(self.lane_words(index, lanes, stretch.columns, reverse=reverse))
            else:
                for index in stretch.members:
                    words.extend(self._words(index))
        words.append(HALT)
        return words

    def _better_one_by_one(self, stretch: Stretch, reverse: bool) -> bool:
        """Whether the factors of sums lie far apart in the lanes.

        The forward pass is fast nevertheless, unless they are neighbours within each instruction.
        The sweep is not, if it has to scatter most of its contributions.
        """
        if not self.is_terms(stretch.members[0]):
            return False
        init, terms = self.terms(stretch.members[0])
        steps = [step for _, step in stretch.columns[1:]]
        if max(steps, default=0) > 1 and self._strided(0, init, terms) is not None:
            return True
        slow = [max(pair) > 1 for pair in zip(steps[::2], steps[1::2], strict=True)]
        return reverse and 2 * sum(slow) > len(slow)
