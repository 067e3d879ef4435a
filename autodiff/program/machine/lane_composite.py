"""The functions of composites on several numbers at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

from autodiff.atoms import ATOMS
from autodiff.formula import Apply, Constant, Formula, certain, needed_by_both

from .llvm_types import Block, Builder, EmitsVectors, Reg
from .pieces import one_or_zero

#: a number in each lane, and the lanes in which Python might raise, None for no lane
Lanes = tuple[Reg, Reg | None]


class LaneComposite:
    """Emits the body of a composite in lanes, where no lane can give up alone.

    Both sides of a selection may be needed. What they call in common is called once, on what each
    lane needs: where(x < 0, exp(x), 1/exp(-x)) takes one exp. The rest of a side is skipped if no
    lane has chosen it. Where Python might raise, the result is nan.
    """

    def __init__(
        self, emitter: EmitsVectors, builder: Builder, names: Mapping[str, Reg], *, strict: bool
    ) -> None:
        self.emitter = emitter
        self.builder = builder
        self.names = names
        self.strict = strict  # a user's function computes both sides, and either may raise

    def emit(self, formula: Formula) -> Reg:
        """The result."""
        result, wrong = self._value(formula, {})
        number = self.emitter.number(self.builder, result)
        if wrong is None:
            return number
        return self.builder.select(wrong, self.emitter.constant(math.nan), number)

    def _value(self, formula: Formula, known: dict[str, Lanes]) -> Lanes:
        if isinstance(formula, Constant):
            return self.emitter.constant(formula.value), None
        if not isinstance(formula, Apply):
            return self.names[str(formula)], None
        key = str(formula)
        if key not in known:
            if formula.name == "where":
                known[key] = self._choose(formula, known)
            else:
                operands = [self._value(operand, known) for operand in formula.operands]
                known[key] = self._combine(formula.name, operands)
        return known[key]

    def _either(self, *wrongs: Reg | None) -> Reg | None:
        found = [wrong for wrong in wrongs if wrong is not None]
        return functools.reduce(self.builder.or_, found) if found else None

    def _combine(self, name: str, operands: Sequence[Lanes]) -> Lanes:
        emitter, builder = self.emitter, self.builder
        numbers = [emitter.number(builder, number) for number, _ in operands]
        wrong = self._either(*[wrong for _, wrong in operands])
        if name == "unsure":
            nan = emitter.constant(math.nan)
            return nan, builder.fcmp_unordered("uno", nan, nan)
        if name == "div":
            nothing = builder.fcmp_ordered("==", numbers[1], emitter.constant(0.0))
            return emitter.apply(builder, name, numbers), self._either(wrong, nothing)
        if name == "pow" and (exponent := one_or_zero(numbers[1])) is not None:
            return (numbers[0] if exponent else emitter.constant(1.0)), wrong
        if not self._is_call(name):
            return emitter.apply(builder, name, [number for number, _ in operands]), wrong
        fast = emitter.fast(name, len(numbers))
        assert fast is not None  # vector functions raise NoVectors instead
        result = builder.call(fast, numbers)
        return result, self._either(wrong, emitter.not_finite(builder, result))

    def _is_call(self, name: str) -> bool:
        return not (self.emitter.is_choice(name) or (name in ATOMS and self.emitter.is_plain(name)))

    # ---- selections --------------------------------------------------------------------------

    def _choose(self, formula: Apply, known: dict[str, Lanes]) -> Lanes:
        test, then, other = formula.operands
        emitter, builder = self.emitter, self.builder
        number, wrong = self._value(test, known)
        condition = emitter.holds(builder, number)
        for part in needed_by_both(then, other):
            self._value(part, known)
        sides = [dict(known), dict(known)]
        if not self.strict:
            self._share(condition, (then, other), sides)
        chosen = condition, builder.not_(condition)
        both = [
            self._side(side, of, wanted)
            for side, of, wanted in zip((then, other), sides, chosen, strict=True)
        ]
        result = builder.select(condition, *[number for number, _ in both])
        if self.strict:
            return result, self._either(wrong, *[part for _, part in both])
        wrongs = [
            None if part is None else builder.and_(wanted, part)
            for (_, part), wanted in zip(both, chosen, strict=True)
        ]
        return result, self._either(wrong, *wrongs)

    def _side(self, side: Formula, known: dict[str, Lanes], wanted: Reg) -> Lanes:
        """One side; skipped if it calls something and no lane wants it."""
        emitter, builder = self.emitter, self.builder
        if self.strict or not self._calls(side, known):
            number, wrong = self._value(side, known)
            return emitter.number(builder, number), wrong
        bits = self.emitter.ir.IntType(emitter.vector.count)
        some = builder.icmp_unsigned("!=", builder.bitcast(wanted, bits), bits(0))
        before = builder.block
        with builder.if_then(some):
            number, wrong = self._value(side, known)
            number = emitter.number(builder, number)
            inside = builder.block
        return self._merged(number, before, inside), (
            None if wrong is None else self._merged(wrong, before, inside)
        )

    def _merged(self, value: Reg, before: Block, inside: Block) -> Reg:
        """A value that was computed in a block, or zero where that was skipped."""
        found = self.builder.phi(value.type)
        nothing = 0.0 if value.type == self.emitter.vector else 0
        found.add_incoming(
            self.emitter.ir.Constant(value.type, [nothing] * value.type.count), before
        )
        found.add_incoming(value, inside)
        return found

    def _calls(self, side: Formula, known: Mapping[str, Lanes]) -> dict[str, Apply]:
        """The functions and divisions that a side computes in any case, operands first."""
        parts = {str(part): part for part in certain(side).values()}
        return {
            key: part
            for key, part in parts.items()
            if key not in known and part.name not in ("where", "unsure")
            and (part.name == "div" or self._is_call(part.name))
        }  # fmt: skip

    def _share(
        self, condition: Reg, sides: tuple[Formula, Formula], known: list[dict[str, Lanes]]
    ) -> None:
        """Call once what both sides call, each on operands of its own."""
        mine, rest = (
            list(self._calls(side, of).items()) for side, of in zip(sides, known, strict=True)
        )
        for key, call in mine:
            at = next((k for k, (_, part) in enumerate(rest) if part.name == call.name), None)
            if at is None:
                continue
            other_key, other = rest[at]
            del rest[: at + 1]
            operands = [
                (
                    self._selected(condition, x[0], y[0]),
                    None if x[1] is None and y[1] is None else self._selected(
                        condition, *[self._truths(wrong) for wrong in (x[1], y[1])]
                    ),
                )
                for x, y in zip(
                    [self._value(operand, known[0]) for operand in call.operands],
                    [self._value(operand, known[1]) for operand in other.operands],
                    strict=True,
                )
            ]  # fmt: skip
            known[0][key] = known[1][other_key] = self._combine(call.name, operands)

    def _selected(self, condition: Reg, x: Reg, y: Reg) -> Reg:
        if x is y:
            return x
        if x.type != y.type:
            x, y = (self.emitter.number(self.builder, value) for value in (x, y))
        return self.builder.select(condition, x, y)

    def _truths(self, wrong: Reg | None) -> Reg:
        """Lanes as they are, or none."""
        if wrong is not None:
            return wrong
        ir, count = self.emitter.ir, self.emitter.vector.count
        return ir.Constant(ir.VectorType(ir.IntType(1), count), [0] * count)
