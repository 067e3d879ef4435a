"""LLVM code that moves columns of numbers between memory and vectors.

A column is a slot and a step: step 0 is one number for all lanes, step 1 neighbours, any other a
gather. The last vector of a column reaches past its end. What it reads there changes nothing, what
it writes there is computed later or weighs nothing (-0.0, added to an adjoint), and a machine's
memory ends with `WIDTH` spare numbers.

An adjoint of -0.0 is untouched: nothing is passed on from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .code import Code
from .emit import Emitter
from .registers import WIDTH, Function, Reg
from .vector_emit import VectorEmitter

UNTOUCHED = 1 << 63  # the bits of -0.0
#: the operands of helper functions: p(ointers), w(ords), n(umbers), v(ectors)
_HELPERS = {
    "load": "pwwww", "accumulate": "pwwwwv", "product": "ppwwwwww",
    "spread": "ppnwwwww",
}  # fmt: skip


@contextmanager
def vectors(code: Code, lanes: Reg) -> Iterator[Reg]:
    """A loop over the first lanes of vectors."""
    with code.count((lanes + (WIDTH - 1)) // WIDTH) as at:
        yield at * WIDTH


def whole_and_rest(code: Code, lanes: Reg) -> Iterator[tuple[Reg, bool]]:
    """The first lanes of whole vectors, in a loop; then, if need be, that of the last one."""
    whole = lanes // WIDTH
    with code.count(whole) as at:
        yield at * WIDTH, True
    done = whole * WIDTH
    with code.when(done < lanes):
        yield done, False


def touched(adjoint: Reg, base: Reg, lanes: Reg, *, whole: bool = False) -> Reg:
    """The lanes whose adjoint something has reached, and that exist: of a whole vector all do."""
    reached = adjoint.longs().differs(UNTOUCHED)
    if whole:
        return reached
    code = adjoint.code
    numbered = code.unit.ir.VectorType(code.unit.word, WIDTH)
    places = Reg(code, code.unit.ir.Constant(numbered, list(range(WIDTH))))
    return reached & (places < code.splat(lanes - base))


def chosen(lanes: Reg, amount: Reg) -> Reg:
    """A contribution: 0.0 instead of -0.0, and -0.0, nothing at all, where not chosen."""
    return lanes.select(amount + 0.0, -0.0)


class Columns(VectorEmitter):
    """Loads, stores and sums of columns; what is long is a function that is called."""

    def __init__(self, scalar: Emitter) -> None:
        super().__init__(scalar)
        self._helpers: dict[str, Function] = {}

    def helper(self, code: Code, name: str, *operands: Reg) -> Reg:
        """Call one of the functions below."""
        if name not in self._helpers:
            kinds = {"p": self.pointer, "w": self.word, "n": self.double, "v": self.vector}
            taken = [kinds[letter] for letter in _HELPERS[name]]
            result = self.vector if name == "load" else None
            inside = Code(self, f"lanes.{name}", result, taken, inline=True)
            self._helpers[name] = inside.function
            getattr(self, f"_{name}")(inside)
        return code.call(self._helpers[name], *operands)

    def _ways(self, code: Code, step: Reg) -> Iterator[str]:
        """What to do with a column depends on its step: each way ends with a return."""
        blocks = {name: code.block() for name in ("one", "many", "any")}
        switch = code.builder.switch(step.value, blocks["any"])
        switch.add_case(code.whole(0).value, blocks["one"])
        switch.add_case(code.whole(1).value, blocks["many"])
        for name, block in blocks.items():
            code.builder.position_at_end(block)
            yield name

    def _slots(self, start: Reg, step: Reg, base: Reg, lanes: Reg) -> Iterator[tuple[int, Reg]]:
        """The slots of a column in the lanes from `base` on; past the end those of the last."""
        last = lanes - 1
        for at in range(WIDTH):
            lane = base + at
            lane = (lane < last).select(lane, last)
            yield at, (start + step * lane).wide

    def _load(self, code: Code) -> None:
        """The numbers of a column in the lanes from `base` on."""
        v, start, step, base, lanes = code.args
        for way in self._ways(code, step):
            if way == "one":
                code.ret(code.splat(v[start.wide]))
            elif way == "many":
                code.ret(v.lanes[(start + base).wide])
            else:
                found = code.undefined(self.vector)
                for at, slot in self._slots(start, step, base, lanes):
                    found = found.with_lane(at, v[slot])
                code.ret(found)

    def _accumulate(self, code: Code) -> None:
        """Add a vector, -0.0 where there is no contribution, to the adjoints of a column."""
        g, start, step, base, lanes, part = code.args
        for way in self._ways(code, step):
            if way == "one":
                g[start.wide] += part.total()
            elif way == "many":
                g.lanes[(start + base).wide] += part
            else:
                for at, slot in self._slots(start, step, base, lanes):
                    g[slot] += part.lane(at)
            code.ret()

    def _product(self, code: Code) -> None:
        """One pair of columns of a `products` instruction."""
        v, g, out, lanes, target, step, factor, factor_step = code.args

        def part(base: Reg, numbers: Reg, whole: bool) -> Reg:
            adjoint = g.lanes[(out + base).wide]
            reached = touched(adjoint, base, lanes, whole=whole)
            return chosen(reached, adjoint * numbers)

        alone, neighbours, weight = step.equals(0), step.equals(1), factor_step.equals(0)
        with code.when(alone):  # one number for all: a sum over the lanes
            total = code.variable(self.constant(code, -0.0))
            for base, whole in whole_and_rest(code, lanes):
                numbers = self.helper(code, "load", v, factor, factor_step, base, lanes)
                total[0] += part(base, numbers, whole)
            g[target.wide] += total[0].total()
            code.ret()
        with code.when(neighbours & weight):
            numbers = code.splat(v[factor.wide])
            for base, whole in whole_and_rest(code, lanes):
                g.lanes[(target + base).wide] += part(base, numbers, whole)
            code.ret()
        with vectors(code, lanes) as base:
            numbers = self.helper(code, "load", v, factor, factor_step, base, lanes)
            given = part(base, numbers, False)
            self.helper(code, "accumulate", g, target, step, base, lanes, given)
        code.ret()

    def _spread(self, code: Code) -> None:
        """Add a number times each factor of a column to the adjoints of another column."""
        v, g, adjoint, count, target, step, factor, factor_step = code.args
        side_by_side = step.equals(1) & factor_step.equals(1)
        whole = side_by_side.select(count // WIDTH, 0)
        wide = code.splat(adjoint)
        with code.count(whole) as at:
            base = at * WIDTH
            part = wide * v.lanes[(factor + base).wide]
            g.lanes[(target + base).wide] += part + 0.0
        done = whole * WIDTH
        with code.count(count - done) as rest:
            at = rest + done
            part = adjoint * v[(factor + at * factor_step).wide]
            g[(target + at * step).wide] += part + 0.0
        code.ret()
