"""LLVM code that moves columns of numbers between memory and vectors.

A column is a slot and a step: step 0 is one number for all lanes, step 1 neighbours, any other a
gather. The last vector of a column reaches past its end. What it reads there changes nothing, what
it writes there is computed later or weighs nothing (-0.0, added to an adjoint), and a machine's
memory ends with `WIDTH` spare numbers.

An adjoint of -0.0 is untouched: nothing is passed on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .emit import Emitter
from .llvm_types import Builder, Function, Reg, Type
from .pieces import counted
from .vector_emit import WIDTH, VectorEmitter

#: a slot in lane 0, and the step to that of the next lane
Pair = tuple[Reg, Reg]
UNTOUCHED = 1 << 63  # the bits of -0.0


class Columns(VectorEmitter):
    """Loads, stores and sums of columns; what is long is a function that is called."""

    def __init__(self, scalar: Emitter) -> None:
        super().__init__(scalar)
        self._helpers: dict[str, Function] = {}

    # ---- pieces ------------------------------------------------------------------------------

    @contextmanager
    def _blocks(self, builder: Builder, lanes: Reg) -> Iterator[Reg]:
        """A loop over the first lanes of vectors."""
        width = self.ir.Constant(self.word, WIDTH)
        more = self.ir.Constant(self.word, WIDTH - 1)
        with counted(self, builder, builder.udiv(builder.add(lanes, more), width)) as block:
            yield builder.mul(block, width)

    def _blocks_and_rest(self, builder: Builder, lanes: Reg) -> Iterator[tuple[Reg, bool]]:
        """The first lanes of whole vectors, in a loop; then, if need be, that of the last one."""
        width = self.ir.Constant(self.word, WIDTH)
        blocks = builder.udiv(lanes, width)
        with counted(self, builder, blocks) as block:
            yield builder.mul(block, width), True
        done = builder.mul(blocks, width)
        with builder.if_then(builder.icmp_unsigned("<", done, lanes)):
            yield done, False

    def _address(self, builder: Builder, base: Reg, slot: Reg) -> Reg:
        return builder.gep(base, [builder.zext(slot, self.long)])

    def _at(self, builder: Builder, base: Reg, slot: Reg) -> Reg:
        place = builder.bitcast(self._address(builder, base, slot), self.vector.as_pointer())
        return builder.load(place, align=8)

    def _store(self, builder: Builder, numbers: Reg, base: Reg, slot: Reg) -> None:
        place = builder.bitcast(self._address(builder, base, slot), self.vector.as_pointer())
        builder.store(numbers, place, align=8)

    def _add_to(self, builder: Builder, g: Reg, slot: Reg, number: Reg) -> None:
        place = self._address(builder, g, slot)
        builder.store(builder.fadd(builder.load(place), number), place)

    def _splat(self, builder: Builder, number: Reg) -> Reg:
        undefined = self.ir.Constant(self.vector, self.ir.Undefined)
        first = builder.insert_element(undefined, number, self.ir.Constant(self.word, 0))
        nowhere = self.ir.Constant(self.ir.VectorType(self.word, WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, undefined, nowhere)

    def _slots(
        self, builder: Builder, start: Reg, step: Reg, base: Reg, lanes: Reg
    ) -> Iterator[Reg]:
        """The slots of a column in the lanes from `base` on; past the end those of the last."""
        last = builder.sub(lanes, self.ir.Constant(self.word, 1))
        for at in range(WIDTH):
            lane = builder.add(base, self.ir.Constant(self.word, at))
            inside = builder.icmp_unsigned("<", lane, last)
            lane = builder.select(inside, lane, last)
            yield builder.add(start, builder.mul(step, lane))

    def _touched(self, builder: Builder, adjoint: Reg, base: Reg, lanes: Reg) -> Reg:
        """The lanes that exist and whose adjoint something has reached."""
        return builder.and_(self._reached(builder, adjoint), self._exist(builder, base, lanes))

    def _reached(self, builder: Builder, adjoint: Reg) -> Reg:
        """The lanes whose adjoint is not untouched."""
        longs = self.ir.VectorType(self.long, WIDTH)
        bits = builder.bitcast(adjoint, longs)
        return builder.icmp_unsigned("!=", bits, self.ir.Constant(longs, [UNTOUCHED] * WIDTH))

    def _exist(self, builder: Builder, base: Reg, lanes: Reg) -> Reg:
        """The lanes from `base` on that are no more than `lanes`."""
        words = self.ir.VectorType(self.word, WIDTH)
        undefined = self.ir.Constant(words, self.ir.Undefined)
        rest = builder.insert_element(
            undefined, builder.sub(lanes, base), self.ir.Constant(self.word, 0)
        )
        nowhere = self.ir.Constant(words, [0] * WIDTH)
        rest = builder.shuffle_vector(rest, undefined, nowhere)
        return builder.icmp_unsigned("<", self.ir.Constant(words, list(range(WIDTH))), rest)

    def _chosen(self, builder: Builder, chosen: Reg, amount: Reg) -> Reg:
        """A contribution: 0.0 instead of -0.0, and -0.0, nothing at all, where not chosen."""
        some = builder.fadd(amount, self.constant(0.0))
        return builder.select(chosen, some, self.constant(-0.0))

    def _total(self, builder: Builder, numbers: Reg) -> Reg:
        """The sum over all lanes, in pairs: the first half plus the second, and so on."""
        width = WIDTH
        while width > 1:
            width //= 2
            undefined = self.ir.Constant(numbers.type, self.ir.Undefined)
            half = self.ir.VectorType(self.word, width)
            low, high = (
                self.ir.Constant(half, list(range(first, first + width))) for first in (0, width)
            )
            numbers = builder.fadd(
                builder.shuffle_vector(numbers, undefined, low),
                builder.shuffle_vector(numbers, undefined, high),
            )
        return builder.extract_element(numbers, self.ir.Constant(self.word, 0))

    # ---- helper functions --------------------------------------------------------------------

    def _helper(self, name: str, emit: Callable[[], Function]) -> Function:
        if name not in self._helpers:
            self._helpers[name] = emit()
        return self._helpers[name]

    def _function(self, name: str, result: Type, operands: str) -> tuple[Function, Builder]:  # type: ignore[override]  # of vectors and words, not of numbers
        """An internal function; operands are p(ointers), w(ords), n(umbers), v(ectors)."""
        kinds = {"p": self.pointer, "w": self.word, "n": self.double, "v": self.vector}
        kind = self.ir.FunctionType(result, [kinds[letter] for letter in operands])
        made = self.ir.Function(self.module, kind, f"lanes.{name}")
        made.linkage = "internal"
        return made, self.ir.IRBuilder(made.append_basic_block())

    def _load(self, builder: Builder, v: Reg, column: Pair, base: Reg, lanes: Reg) -> Reg:
        """The numbers of a column in the lanes from `base` on."""
        helper = self._helper("load", self._emit_load)
        return builder.call(helper, [v, *column, base, lanes])

    def _emit_load(self) -> Function:
        made, builder = self._function("load", self.vector, "pwwww")
        v, start, step, base, lanes = made.args
        one, many, gather = (made.append_basic_block(name) for name in ("one", "many", "gather"))
        switch = builder.switch(step, gather)
        switch.add_case(self.ir.Constant(self.word, 0), one)
        switch.add_case(self.ir.Constant(self.word, 1), many)
        builder.position_at_end(one)
        number = builder.load(self._address(builder, v, start))
        builder.ret(self._splat(builder, number))
        builder.position_at_end(many)
        builder.ret(self._at(builder, v, builder.add(start, base)))
        builder.position_at_end(gather)
        found = self.ir.Constant(self.vector, self.ir.Undefined)
        for at, slot in enumerate(self._slots(builder, start, step, base, lanes)):
            number = builder.load(self._address(builder, v, slot))
            found = builder.insert_element(found, number, self.ir.Constant(self.word, at))
        builder.ret(found)
        return made

    def _accumulate(self) -> Function:
        """Add a vector, -0.0 where there is no contribution, to the adjoints of a column."""
        made, builder = self._function("accumulate", self.ir.VoidType(), "pwwwwv")
        g, start, step, base, lanes, part = made.args
        one, many, scatter = (made.append_basic_block(name) for name in ("one", "many", "scatter"))
        switch = builder.switch(step, scatter)
        switch.add_case(self.ir.Constant(self.word, 0), one)
        switch.add_case(self.ir.Constant(self.word, 1), many)
        builder.position_at_end(one)
        self._add_to(builder, g, start, self._total(builder, part))
        builder.ret_void()
        builder.position_at_end(many)
        place = builder.add(start, base)
        self._store(builder, builder.fadd(self._at(builder, g, place), part), g, place)
        builder.ret_void()
        builder.position_at_end(scatter)
        for at, slot in enumerate(self._slots(builder, start, step, base, lanes)):
            number = builder.extract_element(part, self.ir.Constant(self.word, at))
            self._add_to(builder, g, slot, number)
        builder.ret_void()
        return made

    def _product(self) -> Function:
        """One pair of columns of a `products` instruction."""
        made, builder = self._function("product", self.ir.VoidType(), "ppwwwwww")
        v, g, out, lanes, *pairs = made.args
        target, factor = (pairs[0], pairs[1]), (pairs[2], pairs[3])

        def part(base: Reg, numbers: Reg, whole: bool) -> Reg:
            adjoint = self._at(builder, g, builder.add(out, base))
            touched = self._reached(builder, adjoint)
            if not whole:
                touched = builder.and_(touched, self._exist(builder, base, lanes))
            return self._chosen(builder, touched, builder.fmul(adjoint, numbers))

        zero, one = (self.ir.Constant(self.word, number) for number in (0, 1))
        alone = builder.icmp_unsigned("==", target[1], zero)
        neighbours = builder.icmp_unsigned("==", target[1], one)
        weight = builder.icmp_unsigned("==", factor[1], zero)
        with builder.if_then(alone):  # one number for all: a sum over the lanes
            total = builder.alloca(self.vector)
            builder.store(self.constant(-0.0), total)
            for base, whole in self._blocks_and_rest(builder, lanes):
                numbers = self._load(builder, v, factor, base, lanes)
                new = builder.fadd(builder.load(total), part(base, numbers, whole))
                builder.store(new, total)
            self._add_to(builder, g, target[0], self._total(builder, builder.load(total)))
            builder.ret_void()
        with builder.if_then(builder.and_(neighbours, weight)):
            numbers = self._splat(builder, builder.load(self._address(builder, v, factor[0])))
            for base, whole in self._blocks_and_rest(builder, lanes):
                place = builder.add(target[0], base)
                new = builder.fadd(self._at(builder, g, place), part(base, numbers, whole))
                self._store(builder, new, g, place)
            builder.ret_void()
        with self._blocks(builder, lanes) as base:
            numbers = self._load(builder, v, factor, base, lanes)
            helper = self._helper("accumulate", self._accumulate)
            builder.call(helper, [g, *target, base, lanes, part(base, numbers, False)])
        builder.ret_void()
        return made

    def _pair(self) -> Function:
        """One pair of factors: a number for all lanes, and neighbours."""
        made, builder = self._function("pair", self.ir.VoidType(), "ppwwww")
        v, g, out, lanes, a, b = made.args
        wide = self._splat(builder, builder.load(self._address(builder, v, a)))
        total = builder.alloca(self.vector)
        builder.store(self.constant(-0.0), total)
        for base, whole in self._blocks_and_rest(builder, lanes):
            adjoint = self._at(builder, g, builder.add(out, base))
            touched = self._reached(builder, adjoint)
            if not whole:
                touched = builder.and_(touched, self._exist(builder, base, lanes))
            place = builder.add(b, base)
            to_a = builder.fmul(adjoint, self._at(builder, v, place))
            to_b = builder.fmul(adjoint, wide)
            new = builder.fadd(builder.load(total), self._chosen(builder, touched, to_a))
            builder.store(new, total)
            new = builder.fadd(self._at(builder, g, place), self._chosen(builder, touched, to_b))
            self._store(builder, new, g, place)
        self._add_to(builder, g, a, self._total(builder, builder.load(total)))
        builder.ret_void()
        return made

    def _spread(self) -> Function:
        """Add a number times each factor of a column to the adjoints of another column."""
        made, builder = self._function("spread", self.ir.VoidType(), "ppnwwwww")
        v, g, adjoint, count, target, step, factor, factor_step = made.args
        zero, one, width = (self.ir.Constant(self.word, number) for number in (0, 1, WIDTH))
        whole = builder.udiv(count, width)
        side_by_side = builder.and_(
            builder.icmp_unsigned("==", step, one), builder.icmp_unsigned("==", factor_step, one)
        )
        blocks = builder.select(side_by_side, whole, zero)
        wide = self._splat(builder, adjoint)
        with counted(self, builder, blocks) as block:
            base = builder.mul(block, width)
            numbers = builder.fmul(wide, self._at(builder, v, builder.add(factor, base)))
            place = builder.add(target, base)
            part = builder.fadd(numbers, self.constant(0.0))
            self._store(builder, builder.fadd(self._at(builder, g, place), part), g, place)
        done = builder.mul(blocks, width)
        with counted(self, builder, builder.sub(count, done)) as rest:
            at = builder.add(rest, done)
            slot = builder.add(factor, builder.mul(at, factor_step))
            number = builder.fmul(adjoint, builder.load(self._address(builder, v, slot)))
            part = builder.fadd(number, self.scalar.constant(0.0))
            self._add_to(builder, g, builder.add(target, builder.mul(at, step)), part)
        builder.ret_void()
        return made
