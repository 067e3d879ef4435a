"""The functions of composites as LLVM code, and what of a primitive is left to Python."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence

from autodiff.atoms import ATOMS, Atom
from autodiff.formula import Apply, Constant, Formula, certain, names_in, needed_by_both
from autodiff.primitive import PRIMITIVES, Primitive

from .code import Code, Emits
from .registers import Reg

NO_ATOM = Atom(float)
#: a number, in each lane if there are several, and where Python might raise, None for nowhere
Lanes = tuple[Reg, Reg | None]


def functions(
    primitives: Iterable[Primitive], direct: Collection[str]
) -> tuple[set[str], set[str]]:
    """Which atoms a machine leaves to Python, and which to the C library.

    Where it computes the primitives or their derivatives; `direct` are the C library's functions
    with the bits of Python's. Where a result is no finite number, or a sum's last rounding is not
    certain, Python is asked for other primitives too.
    """
    python: set[str] = set()
    library: set[str] = set()
    seen: set[str] = set()
    waiting = [(p.name, p) for p in primitives]
    waiting += [each for p in primitives for each in _named(p, p.formulas)]
    while waiting:
        name, each = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        llvm = ATOMS.get(name, NO_ATOM).llvm
        native = name in direct if llvm == "libm" else name == "unsure" or bool(llvm)
        if native and llvm == "libm":
            library.add(name)
        if each.formula is not None and not native:
            waiting += _named(each, [each.formula])
        elif not native and each.terms is None:
            python.add(name)
    return python, library


def describe(
    primitives: Iterable[Primitive], direct: Collection[str], lanes: Collection[str]
) -> list[str]:
    """Lines for `explain()`."""
    python, library = functions(set(primitives), direct)
    together, alone = library & set(lanes), library - set(lanes) - {"sqrt"}
    return [
        f"{what} {', '.join(sorted(names))}"
        for what, names in (
            ("calls back into Python for", python),
            ("in vectors, with the bits of math:", together),
            ("by the C library, one number after the other:", alone),
        )
        if names
    ]


def _named(primitive: Primitive, formulas: Iterable[Formula]) -> list[tuple[str, Primitive]]:
    names = {name for formula in formulas for name in names_in(formula)} | {*primitive.shared}
    return [(name, PRIMITIVES[name]) for name in names if name != "when"]


def one_or_zero(operand: Reg) -> float | None:
    """1.0 or 0.0 for a constant vector that is that in every lane, else None."""
    entries = getattr(operand.value, "constant", None)
    found = {repr(getattr(x, "constant", x)) for x in entries} if isinstance(entries, list) else ()
    return float(*found) if len(found) == 1 and found <= {"0.0", "1.0"} else None


class Composite:
    """Emits the body of a composite, of one number or of several in lanes.

    Of one number, only the chosen side of a selection is computed, and where Python might raise,
    the function ends with nan. In lanes both sides may be needed. What they call in common is
    called once, on what each lane needs: where(x < 0, exp(x), 1/exp(-x)) takes one exp. The rest
    of a side is skipped if no lane has chosen it. Where Python might raise, the result is nan. So
    a result that is finite is what Python computes, with the same operations in the same order;
    for any other, whoever called asks Python.
    """

    def __init__(
        self, emitter: Emits, code: Code, names: Mapping[str, Reg], *, strict: bool
    ) -> None:
        self.emitter = emitter
        self.code = code
        self.names = names
        self.single: bool = emitter.kind == code.unit.double
        self.strict = strict  # a user's function computes both sides, and either may raise

    def emit(self, formula: Formula) -> Reg:
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
        return self.code.constant(self.emitter.kind, number)

    def _either(self, *wrongs: Reg | None) -> Reg | None:
        found = [wrong for wrong in wrongs if wrong is not None]
        return functools.reduce(operator.or_, found) if found else None

    def _combine(self, name: str, operands: Sequence[Lanes]) -> Lanes:
        emitter, code = self.emitter, self.code
        numbers = [number.number() for number, _ in operands]
        wrong = self._either(*[wrong for _, wrong in operands])
        if name == "unsure":
            nan = self._constant(math.nan)
            return nan, None if self.single else nan.is_nan()
        if name == "div":
            nothing = self._mark(numbers[1].equals(0.0))
            return emitter.apply(code, name, numbers), self._either(wrong, nothing)
        if name == "pow" and (exponent := one_or_zero(numbers[1])) is not None:
            return (numbers[0] if exponent else self._constant(1.0)), wrong
        if not emitter.calls(name):
            return emitter.apply(code, name, [number for number, _ in operands]), wrong
        fast = emitter.fast(name, len(numbers)) or emitter.primitive(name, len(numbers))
        result = code.call(fast, *numbers)
        return result, self._either(wrong, self._mark(result.not_finite()))

    def _mark(self, wrong: Reg) -> Reg | None:
        """Python might raise there; a single number ends it all."""
        if not self.single:
            return wrong
        with self.code.when(wrong, likely=False):
            self.code.ret(self._constant(math.nan))
        return None

    # ---- selections --------------------------------------------------------------------------

    def _choose(self, formula: Apply, known: dict[str, Lanes]) -> Lanes:
        test, then, other = formula.operands
        number, wrong = self._value(test, known)
        condition = number.holds()
        for part in needed_by_both(then, other):
            self._value(part, known)
        sides = [dict(known), dict(known)]
        if self.single and not self.strict:
            return self._jump(condition, (then, other), sides), None
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

    def _jump(
        self, condition: Reg, sides: Sequence[Formula], known: Sequence[dict[str, Lanes]]
    ) -> Reg:
        found = []
        with self.code.either(condition) as branches:
            for branch, side, of in zip(branches, sides, known, strict=True):
                with branch:
                    number = self._value(side, of)[0].number()
                    found.append((number, self.code.builder.block))
        return self.code.merged(found)

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
        a, b = (
            self.code.constant(condition.type, 0) if each[1] is None else each[1] for each in (x, y)
        )
        return number, a if a is b else condition.select(a, b)
