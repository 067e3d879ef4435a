"""The functions of composites on several numbers at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

from autodiff.formula import Apply, Constant, Formula, certain, needed_by_both

from .code import WIDTH, Code, Emits, Reg

#: a number in each lane, and the lanes in which Python might raise, None for no lane
Lanes = tuple[Reg, Reg | None]


def one_or_zero(operand: Reg) -> float | None:
    """1.0 or 0.0 for a constant vector that is that in every lane, else None."""
    entries = getattr(operand.value, "constant", None)
    found = {repr(getattr(x, "constant", x)) for x in entries} if isinstance(entries, list) else ()
    return float(*found) if len(found) == 1 and found <= {"0.0", "1.0"} else None


class LaneComposite:
    """Emits the body of a composite in lanes, where no lane can give up alone.

    Both sides of a selection may be needed. What they call in common is called once, on what each
    lane needs: where(x < 0, exp(x), 1/exp(-x)) takes one exp. The rest of a side is skipped if no
    lane has chosen it. Where Python might raise, the result is nan.
    """

    def __init__(
        self, emitter: Emits, code: Code, names: Mapping[str, Reg], *, strict: bool
    ) -> None:
        self.emitter = emitter
        self.code = code
        self.names = names
        self.strict = strict  # a user's function computes both sides, and either may raise

    def emit(self, formula: Formula) -> Reg:
        """The result."""
        result, wrong = self._value(formula, {})
        number = result.number()
        return number if wrong is None else wrong.select(math.nan, number)

    def _value(self, formula: Formula, known: dict[str, Lanes]) -> Lanes:
        if isinstance(formula, Constant):
            return self._constant(formula.value), None
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

    def _constant(self, number: float) -> Reg:
        return self.code.constant(self.code.unit.vector, number)

    def _either(self, *wrongs: Reg | None) -> Reg | None:
        found = [wrong for wrong in wrongs if wrong is not None]
        return functools.reduce(Reg.__or__, found) if found else None

    def _combine(self, name: str, operands: Sequence[Lanes]) -> Lanes:
        emitter, code = self.emitter, self.code
        numbers = [number.number() for number, _ in operands]
        wrong = self._either(*[wrong for _, wrong in operands])
        if name == "unsure":
            nan = self._constant(math.nan)
            return nan, nan.is_nan()
        if name == "div":
            nothing = numbers[1].equals(0.0)
            return emitter.apply(code, name, numbers), self._either(wrong, nothing)
        if name == "pow" and (exponent := one_or_zero(numbers[1])) is not None:
            return (numbers[0] if exponent else self._constant(1.0)), wrong
        if not emitter.calls(name):
            return emitter.apply(code, name, [number for number, _ in operands]), wrong
        fast = emitter.fast(name, len(numbers))
        assert fast is not None  # vector functions raise NoVectors instead
        result = code.call(fast, *numbers)
        return result, self._either(wrong, result.not_finite())

    # ---- selections --------------------------------------------------------------------------

    def _choose(self, formula: Apply, known: dict[str, Lanes]) -> Lanes:
        test, then, other = formula.operands
        number, wrong = self._value(test, known)
        condition = number.holds()
        for part in needed_by_both(then, other):
            self._value(part, known)
        sides = [dict(known), dict(known)]
        if not self.strict:
            self._share(condition, (then, other), sides)
        chosen = condition, ~condition
        both = [
            self._side(side, of, wanted)
            for side, of, wanted in zip((then, other), sides, chosen, strict=True)
        ]
        result = condition.select(*[number for number, _ in both])
        wrongs = [
            part if part is None or self.strict else wanted & part
            for (_, part), wanted in zip(both, chosen, strict=True)
        ]
        return result, self._either(wrong, *wrongs)

    def _side(self, side: Formula, known: dict[str, Lanes], wanted: Reg) -> Lanes:
        """One side; skipped if it calls something and no lane wants it."""

        def compute() -> list[Reg]:
            number, wrong = self._value(side, known)
            return [number.number(), *([] if wrong is None else [wrong])]

        skipped = not self.strict and self._calls(side, known)
        found = self.code.where_some(wanted, compute) if skipped else compute()
        return found[0], found[1] if len(found) > 1 else None

    def _calls(self, side: Formula, known: Mapping[str, Lanes]) -> dict[str, Apply]:
        """The functions and divisions that a side computes in any case, operands first."""
        parts = {str(part): part for part in certain(side).values()}
        return {
            key: part
            for key, part in parts.items()
            if key not in known and part.name not in ("where", "unsure")
            and (part.name == "div" or self.emitter.calls(part.name))
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
            xs = [self._value(operand, known[0]) for operand in call.operands]
            ys = [self._value(operand, known[1]) for operand in other.operands]
            operands = [self._selected(condition, x, y) for x, y in zip(xs, ys, strict=True)]
            known[0][key] = known[1][other_key] = self._combine(call.name, operands)

    def _selected(self, condition: Reg, x: Lanes, y: Lanes) -> Lanes:
        """What each lane has chosen of two."""
        a, b = x[0], y[0]
        if a.type != b.type:
            a, b = a.number(), b.number()
        number = a if a is b else condition.select(a, b)
        if x[1] is None and y[1] is None:
            return number, None
        kind = self.code.unit.ir.VectorType(self.code.unit.bit, WIDTH)
        a, b = (self.code.constant(kind, 0) if each[1] is None else each[1] for each in (x, y))
        return number, a if a is b else condition.select(a, b)
