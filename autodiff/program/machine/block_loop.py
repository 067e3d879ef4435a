"""The loop over blocks as LLVM code: examples go in, results, suspects and adjoints come out.

`blocks(frame, v, g)` is all that Python calls. Behind the last example, lanes repeat it, or nobody
looks at them. As an instruction of the scalar machine (`batch`) it works on that machine's
memories, of numbers v and of adjoints g: addresses in the frame count bytes from there. For Python
v and g are 0.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from autodiff.program.lowering.block_opcodes import EXAMPLES, BlockTable

from .block_frame import BlockFrame
from .block_sums import VECTORS
from .blocks import emit_block_loop
from .columns import UNTOUCHED, Columns
from .registers import WIDTH, Function, Reg


class BlockLoop(BlockFrame):
    """Emits the function `blocks`."""

    present: Reg  # how many examples the block has
    vectors: Reg  # and how many vectors of them
    first: Reg  # the number of its first
    numbers: Reg

    def __init__(self, columns: Columns, table: BlockTable) -> None:
        super().__init__(columns)
        self.passes: list[Function] = [
            emit_block_loop(columns, table, reverse=each) for each in (False, True)
        ]

    def emit(self) -> None:
        code = self.code
        with self.there("shared_slots"):
            self.take_shared()
        examples = self.word("examples")
        with code.count((examples + (EXAMPLES - 1)) // EXAMPLES) as block:
            first = block * EXAMPLES
            rest = examples - first
            self.present = (rest < EXAMPLES).select(rest, EXAMPLES)
            self.vectors = (rest <= WIDTH).select(code.whole(1), VECTORS)
            self.numbers = self.pointer("numbers").at(block.wide * self.fields["step"])
            self.first = first.wide
            with code.when(self.forward):
                self._run_forward()
            with code.when(self.reverse):
                self._run_reverse()
        with self.there("shared_slots"), code.when(self.reverse):
            self.give_shared()
        code.ret()

    def _each_present(self) -> AbstractContextManager[Reg]:
        """A loop over the examples that the block really has."""
        return self.code.count(self.present)

    def _line(self, name: str, at: Reg, step: str) -> Reg:
        """Where the numbers of the block's examples begin in line `at` of an array."""
        return self.pointer(name).at(at.wide * self.fields[step] + self.first)

    # ---- forward -----------------------------------------------------------------------------

    def _run_forward(self) -> None:
        code = self.code
        with code.either(self.is_there("row_slots")) as (pick, copy):
            with pick, self._slots_of_rows(self.vectors * WIDTH) as (_, slot, target):
                self.numbers[target.wide] = self.pointer("rows")[slot.wide]
            with copy:
                self._take_rows()
        code.call(
            self.passes[0], self.words("forward"), self.pointer("shared"), self.numbers,
            self.pointer("scratch"), self.vectors,
        )  # fmt: skip
        with self.there("results"), code.count(self.word("outputs")) as at:
            source = self.words("output_words")[at] * EXAMPLES
            target = self._line("results", at, "next_result")
            with self._each_present() as lane:
                target[lane.wide] = self.numbers[(source + lane).wide]
        with code.when(self.is_there("suspects", "flag")):
            self._write_suspects()

    @contextmanager
    def _slots_of_rows(self, count: Reg) -> Iterator[tuple[Reg, Reg, Reg]]:
        """A loop over leaves and examples: lane, slot, and place in the block."""
        with self.code.count(self.word("own")) as leaf:
            line = leaf.wide * self.fields["next_slot"] + self.first
            slots = self.words("row_slots").at(line)
            first = leaf * EXAMPLES
            with self.code.count(count) as lane:
                yield lane, slots[lane.wide], first + lane

    def _take_rows(self) -> None:
        code = self.code
        straight = self.fields["next_example"].equals(1) & self.present.equals(EXAMPLES)
        last = self.present - 1
        with code.count(self.word("own")) as leaf:
            start = leaf.wide * self.fields["next_leaf"] + self.first * self.fields["next_example"]
            rows, target = self.pointer("rows").at(start), leaf * EXAMPLES
            with code.either(straight) as (copy, gather):
                with copy:
                    for at in range(0, EXAMPLES, WIDTH):
                        self.numbers.lanes[(target + at).wide] = rows.lanes[at]
                with gather, code.count(code.whole(EXAMPLES)) as lane:
                    example = (lane < last).select(lane, last).wide
                    number = rows[example * self.fields["next_example"]]
                    self.numbers[(target + lane).wide] = number

    def _write_suspects(self) -> None:
        """Which examples have a result that is not finite: x - x is nan for those alone."""
        code, unit = self.code, self.unit
        nothing = code.constant(unit.vector, 0.0)
        sums = [code.variable(nothing) for _ in range(VECTORS)]
        own = self.word("own")
        with code.count(self.word("count") - own) as at:
            start = (at + own) * EXAMPLES
            for k, part in enumerate(sums):
                x = self.numbers.lanes[(start + WIDTH * k).wide]
                part[0] += x - x
        parts = [part[0].is_nan().bits().made("zext", unit.word) for part in sums]
        bits = functools.reduce(operator.or_, [part << WIDTH * at for at, part in enumerate(parts)])
        bits &= code.whole(0xFFFFFFFF) >> (code.whole(EXAMPLES) - self.present)  # those present
        with code.when(bits.differs(0), likely=False):
            with self.there("flag"):
                self.pointer("flag")[0] = code.real(math.nan)
            with self.there("suspects"), self._each_present() as lane:
                byte = unit.ir.IntType(8)
                target = self.pointer("suspects", byte).at(self.first)
                target[lane.wide] = ((bits >> lane) & 1).made("trunc", byte)

    # ---- reverse -----------------------------------------------------------------------------

    def _run_reverse(self) -> None:
        code = self.code
        adjoints, reached = self.pointer("adjoints"), self.words("reached")
        nothing = code.constant(self.unit.vector, 0.0)
        with code.count(self.word("count")) as at:
            reached[at.wide] = code.whole(0)
            start = at * EXAMPLES
            for k in range(0, EXAMPLES, WIDTH):
                adjoints.lanes[(start + k).wide] = nothing
        self._take_seeds(adjoints, reached)
        code.call(
            self.passes[1], self.words("reverse"), self.pointer("shared"), self.numbers,
            self.pointer("scratch"), self.pointer("of_shared"), adjoints,
            self.words("reached_shared"), reached, self._is_finite(),
            self.vectors,
        )  # fmt: skip
        given = self.is_there("row_slots")
        with self.there("of_rows"), code.either(given) as (spread, copy):
            with spread:
                self._spread_rows(adjoints, reached)
            with copy:
                self._write_rows(adjoints, reached)

    def _is_finite(self) -> Reg:
        """1 where all numbers of the block and the shared ones are finite: x - x is 0 then.

        The flag says of results that they are.
        """
        code, unit = self.code, self.unit
        rows = code.variable(self.word("count"))
        with self.there("flag"):
            known = self.pointer("flag")[0].equals(0.0)
            rows[0] = known.select(self.word("own"), rows[0])
        nothing = code.constant(unit.longs, 0)
        found = code.variable(nothing)
        lines = (self.word("shares") + (WIDTH - 1)) // WIDTH  # zeros lie behind them
        for numbers, count, together in (
            (self.numbers, rows[0], VECTORS), (self.pointer("shared"), lines, 1),
        ):  # fmt: skip
            with code.count(count) as at:
                start = at * (WIDTH * together)
                for k in range(together):
                    x = numbers.lanes[(start + WIDTH * k).wide]
                    found[0] |= (x - x).longs()
        return found[0].equals(nothing).bits().equals((1 << WIDTH) - 1).made("zext", unit.word)

    def _take_seeds(self, adjoints: Reg, reached: Reg) -> None:
        """A seed of -0.0 is none."""
        code, unit = self.code, self.unit
        with code.count(self.word("seeded")) as at:
            number = self.words("output_words")[at]
            target, bits = number * EXAMPLES, reached.at(number.wide)
            source = self._line("seeds", at, "next_seed")
            with self._each_present() as lane:
                seed = source[lane.wide]
                is_there = seed.made("bitcast", unit.long).differs(UNTOUCHED)
                adjoints[(target + lane).wide] += seed
                bits[0] |= is_there.made("zext", unit.word) << lane

    def _spread_rows(self, adjoints: Reg, reached: Reg) -> None:
        """Add the adjoints of leaves to those of their slots, where something has reached them."""
        with self._slots_of_rows(self.present) as (lane, slot, source):
            bits = reached[(source // EXAMPLES).wide]
            with self.code.when((bits >> lane).made("trunc", self.unit.bit)):
                self.add_to(slot, adjoints[source.wide])

    def _write_rows(self, adjoints: Reg, reached: Reg) -> None:
        with self.code.count(self.word("own")) as leaf:
            bits, source = reached[leaf.wide], leaf * EXAMPLES
            target = self._line("of_rows", leaf, "next_row")
            with self._each_present() as lane:
                found = adjoints[(source + lane).wide] + 0.0
                bit = (bits >> lane).made("trunc", self.unit.bit)
                target[lane.wide] = bit.select(found, -0.0)
