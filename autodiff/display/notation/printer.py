"""The precedence-aware printer: one walk over expression trees for every output format.

Brackets are written only where a reader would misread the formula without them. How strongly a
piece holds together is its level; an operator asks of its operands the level that it needs.
`closed` asks for a form that cannot swallow what follows: `sin b` is fine at the end of a term,
before another factor it must be `sin(b)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from autodiff.formula import Apply, Constant, Formula, Variable

from .backend import Backend
from .names import parse_name
from .numbers import Slot, shown
from .on_paper import (
    BARE,
    BASES,
    COMPARISONS,
    CONSTANTS,
    DERIVATIVES,
    FENCED,
    ROOTS,
    WORDS,
    flat,
    interval,
    spelled_exp,
    times,
)
from .rewrite import elementary, subtracted, tidy
from .symbols import Derivative, Figure, Symbol

T = TypeVar("T")

COMPARED, SUM, PRODUCT, SIGNED, APPLIED, POWER, ATOM = range(7)
#: longer sums, products and argument lists are shortened in the middle
LONGEST_LIST = 6

_DOTS = Variable("…")


class Piece(NamedTuple, Generic[T]):
    """Output, how strongly it holds together, and whether it starts with a digit."""

    out: T
    level: int
    digit: bool = False


def typeset(formula: Formula, backend: Backend[T], longest: int = LONGEST_LIST) -> T:
    """The formula in the format of the back end; lists longer than `longest` are shortened.

    >>> from autodiff.expression import parse
    >>> from .text import TextBackend
    >>> [typeset(parse(t), TextBackend()) for t in ("-2/c**2", "exp(a)", "x*(y - 1)", "sin(b)*b")]
    ['−2/c²', 'e^a', 'x · (y − 1)', 'sin(b) · b']
    """
    return _Printer(backend, longest).show(formula).out


class _Printer(Generic[T]):
    def __init__(self, backend: Backend[T], longest: int) -> None:
        self.b = backend
        self.longest = longest

    # ---- dispatch ------------------------------------------------------------------------------

    def show(self, formula: Formula, closed: bool = False) -> Piece[T]:
        if isinstance(formula, Figure):
            return self.number(formula.value, self.b.number(formula.value, formula.role))
        if isinstance(formula, Constant):
            if abs(formula.value) in CONSTANTS:
                return self.constant(formula.value)
            return self.number(formula.value, self.b.number(formula.value))
        if isinstance(formula, Symbol):
            crowded = formula.shown.layer or formula.shown.example  # no second exponent
            return Piece(self.b.name(formula.shown), POWER if crowded else ATOM)
        if formula is _DOTS:
            return Piece(self.b.word("…"), ATOM)
        if isinstance(formula, Derivative):
            of, by = self.b.name(formula.of), self.b.name(formula.by)
            out = self.b.derivative(of, by, formula.whole, formula.slot)
            return Piece(self.b.colour(out, "grad" if formula.whole else "local"), PRODUCT)
        if isinstance(formula, Variable):
            return Piece(self.b.name(parse_name(formula.name)), ATOM)
        assert isinstance(formula, Apply)
        spelled = elementary(formula.name, formula.operands)
        if not isinstance(spelled, Apply):
            return self.show(spelled, closed)
        name, operands = spelled.name, spelled.operands
        if name in COMPARISONS:
            return self.infix(COMPARISONS[name], operands, COMPARED, SUM)
        if name in BARE and len(operands) == 1:
            return self.bare(name, operands[0], closed)
        if name in FENCED:
            return self.fenced(name, operands)
        if name in DERIVATIVES:
            return self.derivative(name, operands)
        if name in ROOTS:
            return self.root(operands[0], ROOTS[name])
        special: Callable[..., Piece[T]] | None = getattr(self, f"show_{name}", None)
        return special(operands, closed) if special else self.call(name, operands)

    def at_least(self, level: int, formula: Formula, closed: bool = False) -> T:
        """The piece, in brackets if it holds together less strongly than that."""
        piece = self.show(formula, closed)
        return piece.out if piece.level >= level else self.b.bracket(self.show(formula).out)

    def constant(self, value: float) -> Piece[T]:
        word = self.b.word(CONSTANTS[abs(value)])
        return Piece(word, ATOM) if value > 0 else Piece(self.b.row([self.b.minus, word]), SIGNED)

    def number(self, value: float, out: T) -> Piece[T]:
        form = shown(value, self.b.digits)
        level = SIGNED if form.negative else PRODUCT if form.exponent is not None else ATOM
        return Piece(out, level, form.mantissa[0].isdigit())

    def shortened(self, operands: Sequence[Formula]) -> list[Formula]:
        if len(operands) <= self.longest:
            return list(operands)
        return [*operands[:2], _DOTS, operands[-1]]

    def infix(self, sign: str, operands: Sequence[Formula], level: int, inner: int) -> Piece[T]:
        last = len(operands) - 1
        parts = [self.at_least(inner, each, at < last) for at, each in enumerate(operands)]
        return Piece(self.b.joined(parts, self.b.operator(sign)), level)

    # ---- sums ----------------------------------------------------------------------------------

    def show_add(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        first, *others = self.shortened(flat("add", operands))
        parts = [self.term(first, True)]
        for term in others:
            if (taken := subtracted(term)) is not None:
                parts += [self.b.operator("−"), self.after_minus(taken, True)]
            else:
                parts += [self.b.operator("+"), self.term(term, False)]
        return Piece(self.b.row(parts), SUM)

    show_sum = show_add

    def term(self, formula: Formula, first: bool) -> T:
        """A term of a sum: a leading minus needs brackets everywhere but at the beginning."""
        piece = self.show(formula)
        signed = piece.level == SIGNED or (isinstance(formula, Apply) and formula.name == "neg")
        if piece.level < SUM or (signed and not first):
            return self.b.bracket(piece.out)
        return piece.out

    def show_sub(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        left, right = operands
        parts = [self.term(left, True), self.b.operator("−"), self.after_minus(right, False)]
        return Piece(self.b.row(parts), SUM)

    def show_neg(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        return Piece(self.b.row([self.b.minus, self.after_minus(operands[0], closed)]), SIGNED)

    def after_minus(self, formula: Formula, closed: bool) -> T:
        piece = self.show(formula, closed)
        strong = PRODUCT <= piece.level != SIGNED
        return piece.out if strong else self.b.bracket(self.show(formula).out)

    # ---- products ------------------------------------------------------------------------------

    def show_mul(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        factors = self.shortened(flat("mul", operands))
        if (chain := interval(factors)) is not None:
            return self.infix(*chain, COMPARED, SUM)
        if isinstance(factors[0], Apply) and factors[0].name == "neg":
            return self.show_neg((Apply("mul", (factors[0].operands[0], *factors[1:])),), closed)
        parts: list[T] = []
        for position, factor in enumerate(factors):
            last = position == len(factors) - 1
            piece = self.show(factor, closed or not last)
            figure = isinstance(factor, Figure) and len(factors) > 1  # negative ones stand out
            if piece.level < PRODUCT or (piece.level == SIGNED and (position or figure)):
                piece = Piece(self.b.bracket(self.show(factor).out), ATOM)
            if position:
                begins = all(type(each) is Constant for each in factors[:position])
                left = factors[position - 1] if begins else _DOTS  # 2πx, but y · 2 · x
                parts.append(self.b.operator(times(left, factor, piece.digit)))
            parts.append(piece.out)
        first = factors[0]
        negative = isinstance(first, Constant) and shown(first.value, self.b.digits).negative
        return Piece(self.b.row(parts), SIGNED if negative else PRODUCT)

    show_prod = show_mul

    def show_div(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        over, under = operands
        if isinstance(over, Apply) and over.name == "neg":
            return self.show_neg((Apply("div", (over.operands[0], under)),), closed)
        if self.b.stacked:
            return Piece(self.b.fraction(self.show(over).out, self.show(under).out), PRODUCT)
        piece = self.show(over, True)
        inline_quotient = isinstance(over, Apply) and over.name == "div"
        weak = piece.level < PRODUCT or inline_quotient
        top = self.b.bracket(self.show(over).out) if weak else piece.out
        level = SIGNED if piece.level == SIGNED else PRODUCT
        return Piece(self.b.fraction(top, self.at_least(POWER, under, True)), level)

    # ---- powers, roots, functions --------------------------------------------------------------

    def show_pow(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        base, exponent = operands
        raised = self.exponent(exponent)
        whole = type(exponent) is Constant and exponent.value > 1 and exponent.value.is_integer()
        if isinstance(base, Apply) and base.name in BARE and base.name not in BASES and whole:
            return self.bare(base.name, base.operands[0], closed, raised)
        return Piece(self.b.power(self.at_least(ATOM, base, True), raised), POWER)

    def exponent(self, formula: Formula) -> T:
        formula = tidy(formula)
        piece = self.show(formula)
        whole = isinstance(formula, Constant) and not isinstance(formula, Figure)
        whole = whole and formula.value.is_integer()  # type: ignore[attr-defined]  # a Constant
        alone = self.b.raised or piece.level == ATOM or whole
        return piece.out if alone else self.b.bracket(piece.out)

    def show_exp(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        if spelled_exp(Apply("exp", tuple(operands))):
            return self.call("exp", operands)
        return Piece(self.b.power(self.b.word("e"), self.exponent(operands[0])), POWER)

    def root(self, formula: Formula, index: str) -> Piece[T]:
        level = ATOM if self.b.stacked else POWER
        inner = self.show(formula).out if self.b.stacked else self.at_least(ATOM, formula)
        return Piece(self.b.root(inner, index), level)

    def bare(self, name: str, argument: Formula, closed: bool, power: T | None = None) -> Piece[T]:
        """`sin b`, `sin² b`, `sin(b + 1)`, `log₂ x`."""
        word = self.b.word(BARE[name])
        if name in BASES:
            word = self.b.subscript(word, self.b.number(BASES[name]))
        if power is not None:
            word = self.b.power(word, power)
        literal = type(argument) is Constant and argument.value >= 0
        if not closed and (literal or isinstance(argument, Variable)):
            return Piece(self.b.row([word, self.b.applied, self.show(argument).out]), APPLIED)
        return Piece(self.b.row([word, self.b.bracket(self.show(argument).out)]), POWER)

    def fenced(self, name: str, operands: Sequence[Formula]) -> Piece[T]:
        """|x|, ‖x, y‖, ⌊x/y⌋."""
        quotient = [Apply("div", tuple(operands))] if name == "floordiv" else operands
        return Piece(self.b.bracket(self.listed(quotient), *FENCED[name]), ATOM)

    def listed(self, operands: Sequence[Formula]) -> T:
        parts = [self.show(operand).out for operand in self.shortened(operands)]
        return self.b.joined(parts, self.b.comma)

    def call(self, name: str, operands: Sequence[Formula]) -> Piece[T]:
        word = self.b.word(WORDS.get(name, name))
        return Piece(self.b.row([word, self.b.bracket(self.listed(operands))]), POWER)

    # ---- operations with a notation of their own -----------------------------------------------

    def show_mod(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        return self.infix("mod", operands, PRODUCT, APPLIED)

    def derivative(self, name: str, operands: Sequence[Formula]) -> Piece[T]:
        """The n-th derivative of a function: ψ^(1)(x)."""
        order, argument = operands
        word = self.b.power(self.b.word(DERIVATIVES[name]), self.b.bracket(self.show(order).out))
        return Piece(self.b.row([word, self.b.bracket(self.show(argument).out)]), POWER)

    def show_p_norm(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        *xs, p = operands
        norm = self.b.bracket(self.listed(xs), *FENCED["norm"])
        return Piece(self.b.subscript(norm, self.show(p).out), ATOM)

    def show_when(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        """A selection's derivative; where the condition fails there is no contribution."""
        row = self.show(operands[1]).out, self.show(operands[0]).out
        return Piece(self.b.cases([row], self.b.word("–")), COMPARED)

    def show_where(self, operands: Sequence[Formula], closed: bool) -> Piece[T]:
        condition, chosen, other = operands
        if isinstance(condition, Constant):
            value = condition.value
            holds = value.holds() if isinstance(value, Slot) else bool(value)
            return self.call("where", (Variable("true" if holds else "false"), chosen, other))
        row = (self.show(chosen).out, self.show(condition).out)
        return Piece(self.b.cases([row], self.show(other).out), COMPARED)


def figures(formula: Formula) -> list[float]:
    """The numbers of a formula that are printed with digits, and so may be rounded."""
    if isinstance(formula, Apply):
        return [number for operand in formula.operands for number in figures(operand)]
    named = type(formula) is Constant and abs(formula.value) in CONSTANTS
    return [formula.value] if isinstance(formula, Constant) and not named else []
