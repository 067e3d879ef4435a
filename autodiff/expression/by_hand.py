"""Formulas as people type and paste them: 2x, x², |x|, √x, e^x, ln x as far as it is clear.

Beside the language of parser.py, whose formulas mean the same here:

* a number, `)` or a power before a name, a function or `(` is a product, and so is a variable
  whose name is known before `(`; a name before a number or a name is a mistake, as there;
* `^` and raised characters are powers, √ and ∛ roots of what follows, |...| is abs(...), and
  e**x is exp(x); ln, max, arctan and their like are the functions that they are called here,
  and sec(x) is 1/cos(x).

Where two readings are possible nothing is chosen: the error spells both.

>>> read("3(x+1)(x-1) - e^-x").spelling
'3*(x + 1)*(x - 1) - exp(-x)'
>>> read("1/2x")
Traceback (most recent call last):
autodiff.errors.ExpressionError: this can be read in two ways: write 1/(2*x) or (1/2)*x
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from typing import NamedTuple, NoReturn

from autodiff.errors import ExpressionError
from autodiff.formula import Apply, Constant, Formula, Variable
from autodiff.grammar.parser import BINARY, CONSTANTS, Parser
from autodiff.grammar.tokens import Token, printable
from autodiff.signs import ADDING, MULTIPLYING

from .reading import parse
from .spelling import spell
from .vocabulary import ONE_OVER, READ_AS, WORDS, argument_counts, is_public

_ROOTS = {"√": "sqrt", "∛": "cbrt"}
_DIVIDING = ("/", "//", "%")
_SHOWN = 60  # characters of a reading


class Reading(NamedTuple):
    """A formula, the position of each of its nodes by `id`, and its text where that differs.

    `spelling` is None where the text means the same to Python.
    """

    formula: Formula
    places: dict[int, int]
    spelling: str | None


def read(text: str, variables: Collection[str] = ()) -> Reading:
    """Read what somebody typed; `variables` are the names that are known to be numbers.

    Raises `ExpressionError` as `parse` does.
    """
    parser = _Reader(text, variables)
    formula = parser.whole()
    try:
        same = parse(text) == formula
    except ExpressionError:
        same = False
    return Reading(formula, parser.places, None if same else spell(formula))


def _times(left: Formula, right: Formula) -> Apply:
    return Apply("mul", (left, right))


class _Reader(Parser):
    """The parser of the language, with products that nobody wrote."""

    def __init__(self, text: str, variables: Collection[str]) -> None:
        super().__init__(text, WORDS, by_hand=True)
        self.variables = variables
        self.inside_bars = False
        self.start = 0  # the first token of the last operand
        self.parts: tuple[Formula, ...] = ()  # of the last operand, where it is a power

    def expression(self, strength: int) -> Formula:
        left, before = self.signed(), ""
        while True:
            name, binds = BINARY.get(self.token.text, ("", -1))
            if binds >= strength:
                operator = self.take()
                left = self.node(Apply(name, (left, self.expression(binds + 1))), operator)
                before = operator.text
            elif strength <= MULTIPLYING and self.juxtaposed():
                left, before = self.product(left, before), "*"
            else:
                return left

    def juxtaposed(self) -> bool:
        """Whether a product stands between the last operand and the next token."""
        token, last = self.token, self.tokens[self.at - 1]
        begins = token.kind == "name" or token.text in ("(", *_ROOTS)
        if token.text in ("if", "else", "and", "or", "is", "in", "not"):
            return False
        if not begins and (token.text != "|" or self.inside_bars):
            return False
        if last.text == "|" != token.text and sum(each.text == "|" for each in self.tokens) > 2:
            self.fail(token, "it is not clear which bars belong together", "write abs(...)")
        if last.kind == "name" and last.text not in CONSTANTS and not self.parts:
            known = last.text in self.variables and token.text == "("
            return known or self.tokens[self.start].text in _ROOTS
        return True

    def product(self, left: Formula, before: str) -> Formula:
        """The product with what follows, or the error with both readings."""
        place, last = self.token, self.tokens[self.at - 1]
        first = self.tokens[self.start]
        parts, is_root = self.parts, first.text in _ROOTS
        bare = last.text not in (")", "|")
        self.nest(place)
        right = self.power()
        self.nesting -= 1
        if before in _DIVIDING:
            assert isinstance(left, Apply)
            a, b = left.operands
            split = _times(Variable(f"({spell(left)})"), right)  # with brackets, to be clear
            self.ambiguous(place, Apply(left.name, (a, _times(b, right))), split)
        number = first.kind == "number" or first.text in CONSTANTS
        if parts and bare and (number or (last.kind == "name" and place.text == "(")):
            base, exponent = parts
            within = self.raised(base, _times(exponent, right))
            self.ambiguous(place, _times(self.raised(base, exponent), right), within)
        if is_root and bare and not parts:
            assert isinstance(left, Apply)
            self.ambiguous_call(place, left, lambda x: _times(x, right))
        if last.kind == "number" and (match := re.fullmatch("(.+)[eE]([+-])(.+)", last.text)):
            size, sign, digits = match.groups()
            factor = spell(right)
            readings = f"{last.text}*{factor} or {size}*e {sign} {digits}*{factor}"
            self.fail(place, "this can be read in two ways", f"write {readings}")
        return self.node(_times(left, right), place)

    def power(self) -> Formula:
        start = self.at
        formula = super().power()
        self.start = start
        raised = isinstance(formula, Apply) and formula.name in ("pow", "exp")
        self.parts = self.last_power if raised and id(formula) == self.last_id else ()
        return formula

    last_power: tuple[Formula, ...] = ()
    last_id = 0

    def node(self, formula: Formula, token: Token) -> Formula:
        if token.text == "**":
            self.last_id = id(formula)
        return super().node(formula, token)

    def raised(self, base: Formula, exponent: Formula) -> Apply:
        self.last_power = base, exponent
        if base == Constant(math.e):
            return Apply("exp", (exponent,))
        return super().raised(base, exponent)

    # ---- operands ------------------------------------------------------------------------------

    def atom(self) -> Formula:
        token, bars = self.token, self.inside_bars
        if token.text in _ROOTS:
            return self.root()
        self.inside_bars = token.text == "|"
        if self.inside_bars:
            self.take()
            inner = self.expression(ADDING)
            if self.token.text != "|":
                self.fail(token, "this bar is never closed", "write abs(...)")
            formula = self.node(Apply("abs", (inner,)), self.take())
        else:
            formula = super().atom()
        self.inside_bars = bars
        return formula

    def root(self) -> Formula:
        token = self.take()
        self.nest(token)
        formula = self.node(Apply(_ROOTS[token.text], (self.atom(),)), token)
        self.nesting -= 1
        assert isinstance(formula, Apply)
        if (operator := self.token).text == "**":
            self.take()
            exponent = self.signed()
            self.ambiguous_call(operator, formula, lambda x: Apply("pow", (x, exponent)))
        return formula

    def name(self, token: Token) -> Formula:
        called, name = self.token.text == "(", token.text
        if not argument_counts(name) and (name in self.variables or name in CONSTANTS):
            known = CONSTANTS.get(name)
            return self.node(Variable(name) if known is None else Constant(known), token)
        if called and name in READ_AS:
            return super().name(token._replace(text=READ_AS[name]))
        if called and name in ONE_OVER:
            one = self.node(Constant(1.0), token)
            below = super().name(token._replace(text=ONE_OVER[name]))
            return self.node(Apply("div", (one, below)), token)
        known = name in READ_AS or name in ONE_OVER or name == "abs"
        bare = known and name not in self.variables and self.begins_operand()
        if is_public(name) or bare:
            self.without_brackets(token)
        return super().name(token)

    def begins_operand(self) -> bool:
        starts = self.token.text in ("**", "|", *_ROOTS)
        return starts or self.token.kind in ("name", "number")

    def without_brackets(self, function: Token) -> None:
        """The error of sin 2x, sin^2(x) and sin x; nothing where the parser knows better."""
        name = READ_AS.get(function.text, function.text)
        if self.token.text == "**":
            self.take()
            exponent = spell(self.signed())
            inverse = f"a{name}(...) or " if exponent == "-1" and is_public(f"a{name}") else ""
            power = f"1/{name}(...)" if inverse else f"{name}(...)**{exponent}"
            self.fail(function, f"{function.text} is a function", f"write {inverse}{power}")
        if self.token.text == "(" or not self.begins_operand():
            return
        self.nest(function)
        argument = self.atom()
        place, call = self.token, Apply(name, (argument,))
        if place.text == "**" or ((entry := BINARY.get(place.text)) and entry[1] == MULTIPLYING):
            self.take()
            sign = "pow" if place.text == "**" else BINARY[place.text][0]
            right = self.signed()
            self.ambiguous_call(place, call, lambda x: Apply(sign, (x, right)))
        if self.begins_operand() or place.text == "(":
            right = self.power()
            self.ambiguous_call(place, call, lambda x: _times(x, right))
        self.fail(function, f"{function.text} is a function", f"write {_short(call)}")

    # ---- two readings ----------------------------------------------------------------------------

    def ambiguous_call(
        self, place: Token, call: Apply, more: Callable[[Formula], Formula]
    ) -> NoReturn:
        """What stands behind a function belongs to its argument, or does not."""
        self.ambiguous(place, Apply(call.name, (more(call.operands[0]),)), more(call))

    def ambiguous(self, place: Token, one: Formula, other: Formula) -> NoReturn:
        readings = f"write {_short(one)} or {_short(other)}"
        self.fail(place, "this can be read in two ways", readings)


def _short(formula: Formula) -> str:
    return printable(spell(formula), _SHOWN)
