"""What the loop over blocks is given: its frame, and the shared numbers of an instruction."""

from __future__ import annotations

import functools
import operator
from contextlib import AbstractContextManager

from .code import Code
from .registers import WIDTH, Block, Reg, Type, Unit

#: what a call is given. Steps count numbers. Code that is 0 is not run; `suspects` and `of_rows`
#: that are 0 are not written. `step` is how far the memories of two blocks lie apart. The last ones
#: are of the instruction: slots of the mapped leaves for each example, those of shared leaves and
#: how many these are, shared numbers in all, and a number that becomes nan where some result is
#: not finite.
FRAME = (
    "forward", "reverse", "examples", "rows", "next_example", "next_leaf", "own", "count",
    "shared", "numbers", "step", "of_shared", "adjoints", "reached_shared", "reached",
    "output_words", "outputs", "results", "next_result", "suspects", "seeds", "seeded",
    "next_seed", "of_rows", "next_row", "scratch", "row_slots", "next_slot", "shared_slots",
    "leaves", "shares", "flag",
)  # fmt: skip
#: what lies in the memory of numbers, and in that of adjoints
IN_V = ("rows", "shared", "numbers", "results", "scratch", "flag")
IN_G = ("of_shared", "adjoints", "reached_shared", "reached", "seeds")


class BlockFrame:
    """The function `blocks(frame, v, g)` while it is being emitted: fields and addresses."""

    def __init__(self, unit: Unit) -> None:
        long = unit.long
        kinds = [long.as_pointer(), long, long]
        self.code: Code = Code(unit, "autodiff_blocks", None, kinds, public=True)
        self.unit = unit
        frame = self.code.args[0]
        self.fields: dict[str, Reg] = {name: frame.at(at)[0] for at, name in enumerate(FRAME)}
        self.forward: Reg = self.is_there("forward")
        self.reverse: Reg = self.is_there("reverse")

    def word(self, name: str) -> Reg:
        """A number of the frame."""
        return self.fields[name].made("trunc", self.unit.word)

    def pointer(self, name: str, kind: Type | None = None) -> Reg:
        """An address of the frame, of doubles or others."""
        place = self.fields[name]
        if name in IN_V or name in IN_G:
            place += self.code.args[1 if name in IN_V else 2]
        return place.made("inttoptr", (kind or self.unit.double).as_pointer())

    def words(self, name: str) -> Reg:
        return self.pointer(name, self.unit.word)

    def is_there(self, *names: str) -> Reg:
        return functools.reduce(operator.or_, [self.fields[name] for name in names]).differs(0)

    def there(self, name: str) -> AbstractContextManager[Block]:
        """What follows runs only where something is to be written there."""
        return self.code.when(self.is_there(name))

    # ---- shared numbers of an instruction ----------------------------------------------------

    def take_shared(self) -> None:
        """The numbers of shared leaves; in a sweep, adjoints of 0 that nothing has reached."""
        code = self.code
        with code.when(self.forward), self.there("flag"):
            self.pointer("flag")[0] = code.real(0.0)
        with code.when(self.forward), code.count(self.word("leaves")) as at:
            slot = self.words("shared_slots")[at].wide
            self.pointer("shared")[at.wide] = self.pointer("rows")[slot]
        with code.when(self.reverse):
            reached, sums = self.words("reached_shared"), self.pointer("of_shared")
            with code.count(self.word("shares")) as at:
                reached[at] = code.whole(0)
                sums.lanes[(at * WIDTH).wide] = code.constant(self.unit.vector, 0.0)

    def give_shared(self) -> None:
        sums, reached = self.pointer("of_shared"), self.words("reached_shared")
        with self.code.count(self.word("leaves")) as at, self.code.when(reached[at].differs(0)):
            part = sums.lanes[(at * WIDTH).wide]
            self.add_to(self.words("shared_slots")[at], part.total())

    def add_to(self, slot: Reg, number: Reg) -> None:
        adjoints = self.code.args[2].made("inttoptr", self.unit.pointer)
        adjoints[slot.wide] += number + 0.0
