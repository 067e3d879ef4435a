"""LLVM code for opcodes with lanes: several numbers at once.

Formulas become vector instructions by the same walk as scalar ones; a primitive that has no such
form (it jumps, calls the C library, or Python) runs lane by lane instead. Operands are columns: a
slot and a step. Step 0 is one number for all lanes, step 1 neighbours, any other a gather.

The last vector of a column reaches past its end. What it reads there changes nothing, what it
writes there is computed later or weighs nothing (-0.0, added to an adjoint), and a machine's
memory ends with `WIDTH` spare numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autodiff.primitive import Primitive

from .branch import Branch, arity, counted
from .emit import Emitter, python_function
from .opcodes import Opcode
from .syntax import Untranslatable
from .translate import StraightTranslator

#: how many lanes are computed at once
WIDTH = 8
#: how many vectors of them, where that pays
_TOGETHER = 4
UNTOUCHED = 1 << 63  # the bits of -0.0


class Vectors(Emitter):
    """Emits vector code into the module of a scalar emitter."""

    def __init__(self, scalar: Emitter) -> None:
        vars(self).update(vars(scalar))  # the same module, primitives and functions
        ir = self.ir
        self.scalar = scalar
        self.vector = ir.VectorType(self.double, WIDTH)
        self._known: dict[Primitive, bool] = {}
        self._helpers: dict[str, Any] = {}

    # ---- numbers side by side ----------------------------------------------------------------

    def constant(self, number: float) -> Any:
        """The same number in every lane."""
        return self.ir.Constant(self.vector, [float(number)] * WIDTH)

    def intrinsic(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """A call of an LLVM intrinsic, lane by lane."""
        symbol = f"{name}.v{WIDTH}f64"
        if symbol not in self.module.globals:
            kind = self.ir.FunctionType(self.vector, [self.vector] * len(operands))
            self.ir.Function(self.module, kind, symbol)
        return builder.call(self.module.globals[symbol], operands)

    def libm(self, name: str) -> Any:
        """There are no vectors of the C library's functions with the bits of Python's math."""
        raise Untranslatable(name)

    def translated(self, function: Callable[..., Any]) -> Any:
        """A function with jumps has no vector form."""
        raise Untranslatable(function.__qualname__)

    def call(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """A primitive whose Python function only chooses between numbers."""
        if name not in self._primitives:
            raise Untranslatable(name)
        try:
            function = python_function(self._primitives[name])
            return StraightTranslator(self, function, builder, operands).result()
        except (AttributeError, ValueError, TypeError) as error:
            raise Untranslatable(name) from error

    def can(self, primitive: Primitive | None) -> bool:
        """Whether a primitive and all its rules have a vector form."""
        assert primitive is not None
        if primitive not in self._known:
            self._known[primitive] = self._try(primitive)
        return self._known[primitive]

    def _try(self, primitive: Primitive) -> bool:
        """Emit it into a module that is thrown away."""
        ir = self.ir
        trial = Vectors(self.scalar)
        trial.module = ir.Module("trial")
        count = len(primitive.variables) + 2
        kind = ir.FunctionType(ir.VoidType(), [self.vector] * count)
        function = ir.Function(trial.module, kind, "trial")
        builder = ir.IRBuilder(function.append_basic_block())
        z, adjoint, *operands = function.args
        names = {"z": z, **dict(zip(primitive.variables, operands, strict=True))}
        try:
            trial.apply(builder, primitive.name, operands)
            for rule in primitive.formulas:
                trial.contribution(builder, rule, names, adjoint)
        except Untranslatable:
            return False
        return True

    # ---- opcodes -----------------------------------------------------------------------------

    def forward(self, frame: Branch, opcode: Opcode) -> None:
        """A fixed primitive in all lanes."""
        assert opcode.primitive is not None
        builder, out, lanes = frame.builder, frame.word(1), frame.word(2)
        columns = [frame.column(at) for at in range(arity(opcode))]
        with self._blocks(builder, lanes) as base:
            operands = [self._load(builder, frame.v, column, base, lanes) for column in columns]
            result = self.apply(builder, opcode.primitive.name, operands)
            self._store(builder, result, frame.v, builder.add(out, base))

    def reverse(self, frame: Branch, opcode: Opcode) -> None:
        """What a fixed primitive passes on to the adjoints of its operands, in all lanes."""
        assert opcode.primitive is not None
        primitive, builder = opcode.primitive, frame.builder
        out, lanes = frame.word(1), frame.word(2)
        columns = [frame.column(at) for at in range(arity(opcode))]
        with self._blocks(builder, lanes) as base:
            place = builder.add(out, base)
            adjoint = self._at(builder, frame.g, place)
            touched = self._touched(builder, adjoint, base, lanes)
            names = {"z": self._at(builder, frame.v, place)}
            for name, column in zip(primitive.variables, columns, strict=True):
                names[name] = self._load(builder, frame.v, column, base, lanes)
            parts = [
                self.contribution(builder, primitive.formulas[at], names, adjoint)
                for at in opcode.active
            ]
            for at, (condition, amount) in zip(opcode.active, parts, strict=True):
                chosen = touched if condition is None else builder.and_(touched, condition)
                part = self._chosen(builder, chosen, amount)
                helper = self._helper("accumulate", self._accumulate)
                builder.call(helper, [frame.g, *columns[at], base, lanes, part])

    def affine(self, frame: Branch) -> None:
        """init + a1*b1 + a2*b2 + ... in all lanes, each from left to right."""
        builder, out, lanes, count = frame.builder, *(frame.word(at) for at in (1, 2, 3))
        init = frame.word(4), frame.word(5)
        with builder.goto_entry_block():
            total = builder.alloca(self.vector)
        with self._blocks(builder, lanes) as base:
            builder.store(self._load(builder, frame.v, init, base, lanes), total)
            with frame.count(count) as at:
                place = builder.shl(at, frame.whole(1))
                a, b = (frame.column(builder.add(place, frame.whole(k))) for k in (0, 1))
                factors = [self._load(builder, frame.v, column, base, lanes) for column in (a, b)]
                builder.store(builder.fadd(builder.load(total), builder.fmul(*factors)), total)
            self._store(builder, builder.load(total), frame.v, builder.add(out, base))

    def shared(self, frame: Branch) -> None:
        """init + a1*b1 + ... in all lanes where each a is one number and each b has step 1."""
        builder, lanes = frame.builder, frame.word(2)
        several = self.ir.Constant(self.word, _TOGETHER * WIDTH)
        groups = builder.udiv(lanes, several)
        with counted(self, builder, groups) as group:
            self._shared_sums(frame, builder.mul(group, several), _TOGETHER)
        done = builder.mul(groups, several)
        with self._blocks(builder, builder.sub(lanes, done)) as base:
            self._shared_sums(frame, builder.add(done, base), 1)

    def _shared_sums(self, frame: Branch, base: Any, vectors: int) -> None:
        """Some vectors of lanes together: their additions do not wait for each other."""
        builder, out, lanes, count = frame.builder, *(frame.word(at) for at in (1, 2, 3))
        bases = [builder.add(base, frame.whole(WIDTH * at)) for at in range(vectors)]
        init = frame.word(4), frame.word(5)
        with builder.goto_entry_block():
            totals = [builder.alloca(self.vector) for _ in bases]
        for total, first in zip(totals, bases, strict=True):
            builder.store(self._load(builder, frame.v, init, first, lanes), total)
        with frame.count(count) as at:
            a, b = frame.pair(at)
            wide = self._splat(builder, frame.number(a))
            for total, first in zip(totals, bases, strict=True):
                numbers = self._at(builder, frame.v, builder.add(b, first))
                new = builder.fadd(builder.load(total), builder.fmul(wide, numbers))
                builder.store(new, total)
        for total, first in zip(totals, bases, strict=True):
            self._store(builder, builder.load(total), frame.v, builder.add(out, first))

    def pairs(self, frame: Branch) -> None:
        """What the factors of a lane shared get: adjoint times b, summed, and adjoint times a."""
        builder, out, lanes = frame.builder, frame.word(1), frame.word(2)
        helper = self._helper("pair", self._pair)
        with frame.count(frame.word(3)) as at:
            builder.call(helper, [frame.v, frame.g, out, lanes, *frame.pair(at)])

    def products(self, frame: Branch) -> None:
        """For each pair of columns: adjoint of the result times factor, to the target's adjoint."""
        builder, out, lanes = frame.builder, frame.word(1), frame.word(2)
        helper = self._helper("product", self._product)
        with frame.count(frame.word(3)) as at:
            place = builder.shl(at, frame.whole(1))
            target, factor = (frame.column(builder.add(place, frame.whole(k))) for k in (0, 1))
            builder.call(helper, [frame.v, frame.g, out, lanes, *target, *factor])

    def strided(self, frame: Branch, adjoint: Any, *, half: bool) -> None:
        """What the terms of a strided instruction get: adjoint times b, and adjoint times a."""
        builder = frame.builder
        count, *columns = (frame.word(at) for at in (3, 4, 5, 6, 7))
        helper = self._helper("spread", self._spread)
        builder.call(helper, [frame.v, frame.g, adjoint, count, *columns])
        if not half:
            builder.call(helper, [frame.v, frame.g, adjoint, count, *columns[2:], *columns[:2]])

    # ---- helper functions --------------------------------------------------------------------

    def _helper(self, name: str, emit: Callable[[], Any]) -> Any:
        if name not in self._helpers:
            self._helpers[name] = emit()
        return self._helpers[name]

    def _function(self, name: str, result: Any, operands: str) -> tuple[Any, Any]:  # type: ignore[override]  # of vectors and words, not of numbers
        """An internal function; operands are p(ointers), w(ords), n(umbers), v(ectors)."""
        kinds = {"p": self.pointer, "w": self.word, "n": self.double, "v": self.vector}
        kind = self.ir.FunctionType(result, [kinds[letter] for letter in operands])
        made = self.ir.Function(self.module, kind, f"lanes.{name}")
        made.linkage = "internal"
        return made, self.ir.IRBuilder(made.append_basic_block())

    def _load(self, builder: Any, v: Any, column: Any, base: Any, lanes: Any) -> Any:
        """The numbers of a column in the lanes from `base` on."""
        helper = self._helper("load", self._emit_load)
        return builder.call(helper, [v, *column, base, lanes])

    def _emit_load(self) -> Any:
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

    def _accumulate(self) -> Any:
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

    def _product(self) -> Any:
        """One pair of columns of a `products` instruction."""
        made, builder = self._function("product", self.ir.VoidType(), "ppwwwwww")
        v, g, out, lanes, *columns = made.args
        target, factor = columns[:2], columns[2:]

        def part(base: Any, numbers: Any, whole: bool) -> Any:
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

    def _pair(self) -> Any:
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

    def _spread(self) -> Any:
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

    # ---- pieces ------------------------------------------------------------------------------

    @contextmanager
    def _blocks(self, builder: Any, lanes: Any) -> Iterator[Any]:
        """A loop over the first lanes of vectors."""
        width = self.ir.Constant(self.word, WIDTH)
        more = self.ir.Constant(self.word, WIDTH - 1)
        with counted(self, builder, builder.udiv(builder.add(lanes, more), width)) as block:
            yield builder.mul(block, width)

    def _blocks_and_rest(self, builder: Any, lanes: Any) -> Iterator[tuple[Any, bool]]:
        """The first lanes of whole vectors, in a loop; then, if need be, that of the last one."""
        width = self.ir.Constant(self.word, WIDTH)
        blocks = builder.udiv(lanes, width)
        with counted(self, builder, blocks) as block:
            yield builder.mul(block, width), True
        done = builder.mul(blocks, width)
        with builder.if_then(builder.icmp_unsigned("<", done, lanes)):
            yield done, False

    def _address(self, builder: Any, base: Any, slot: Any) -> Any:
        return builder.gep(base, [builder.zext(slot, self.long)])

    def _at(self, builder: Any, base: Any, slot: Any) -> Any:
        place = builder.bitcast(self._address(builder, base, slot), self.vector.as_pointer())
        return builder.load(place, align=8)

    def _store(self, builder: Any, numbers: Any, base: Any, slot: Any) -> None:
        place = builder.bitcast(self._address(builder, base, slot), self.vector.as_pointer())
        builder.store(numbers, place, align=8)

    def _add_to(self, builder: Any, g: Any, slot: Any, number: Any) -> None:
        place = self._address(builder, g, slot)
        builder.store(builder.fadd(builder.load(place), number), place)

    def _splat(self, builder: Any, number: Any) -> Any:
        undefined = self.ir.Constant(self.vector, self.ir.Undefined)
        first = builder.insert_element(undefined, number, self.ir.Constant(self.word, 0))
        nowhere = self.ir.Constant(self.ir.VectorType(self.word, WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, undefined, nowhere)

    def _slots(self, builder: Any, start: Any, step: Any, base: Any, lanes: Any) -> Iterator[Any]:
        """The slots of a column in the lanes from `base` on; past the end those of the last."""
        last = builder.sub(lanes, self.ir.Constant(self.word, 1))
        for at in range(WIDTH):
            lane = builder.add(base, self.ir.Constant(self.word, at))
            inside = builder.icmp_unsigned("<", lane, last)
            lane = builder.select(inside, lane, last)
            yield builder.add(start, builder.mul(step, lane))

    def _touched(self, builder: Any, adjoint: Any, base: Any, lanes: Any) -> Any:
        """The lanes that exist and whose adjoint something has reached."""
        return builder.and_(self._reached(builder, adjoint), self._exist(builder, base, lanes))

    def _reached(self, builder: Any, adjoint: Any) -> Any:
        """The lanes whose adjoint is not untouched."""
        longs = self.ir.VectorType(self.long, WIDTH)
        bits = builder.bitcast(adjoint, longs)
        return builder.icmp_unsigned("!=", bits, self.ir.Constant(longs, [UNTOUCHED] * WIDTH))

    def _exist(self, builder: Any, base: Any, lanes: Any) -> Any:
        """The lanes from `base` on that are no more than `lanes`."""
        words = self.ir.VectorType(self.word, WIDTH)
        undefined = self.ir.Constant(words, self.ir.Undefined)
        rest = builder.insert_element(
            undefined, builder.sub(lanes, base), self.ir.Constant(self.word, 0)
        )
        nowhere = self.ir.Constant(words, [0] * WIDTH)
        rest = builder.shuffle_vector(rest, undefined, nowhere)
        return builder.icmp_unsigned("<", self.ir.Constant(words, list(range(WIDTH))), rest)

    def _chosen(self, builder: Any, chosen: Any, amount: Any) -> Any:
        """A contribution: 0.0 instead of -0.0, and -0.0, nothing at all, where not chosen."""
        some = builder.fadd(amount, self.constant(0.0))
        return builder.select(chosen, some, self.constant(-0.0))

    def _total(self, builder: Any, numbers: Any) -> Any:
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
