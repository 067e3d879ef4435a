"""Formulas as text: a safe parser, never `eval`.

The language is Python's arithmetic with Python's precedence, the project's functions by name, and
the constants `pi`, `e` and `tau`:

    comparison = sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}
    sum        = product {("+" | "-") product}
    product    = signed {("*" | "/" | "//" | "%") signed}
    signed     = ("+" | "-") signed | power
    power      = atom ["**" signed]
    atom       = number | name | name "(" sum {"," sum} ")" | "(" sum ")"

>>> from autodiff.expression import parse
>>> print(parse("2/sin(exp(-x))"))
div(2.0, sin(exp(neg(x))))

A comparison may only be the whole text or the condition of `where`.
What people type is read in expression/by_hand.py.
"""

from __future__ import annotations

import math
from typing import NoReturn

from autodiff.formula import Apply, Constant, Formula, Variable, apply
from autodiff.signs import ADDING, ARITHMETIC, COMPARISONS

from .tokens import Token, fail, printable, tokenize
from .words import Words

MAX_DEPTH = 200
"""Deepest tree: formulas are walked recursively, so this must stay far below Python's limit."""

MAX_NESTING = 100
"""Brackets and exponents inside each other: the parser's own recursion."""

CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau, "τ": math.tau}

# Operator: its primitive, and how strongly it binds. ** is stronger than signs: see `signed`.
BINARY = {sign.text: (name, sign.level) for name, sign in ARITHMETIC.items()}
_COMPARISONS = {sign.text: name for name, sign in COMPARISONS.items()}

_CHOOSE = "choose with where(x > 0, a, b)"
_WORDS = {
    **dict.fromkeys(("if", "else", "and", "or", "not", "is", "in"), _CHOOSE),
    "lambda": "write the expression alone, without lambda",
}
_COMPARISON_MISPLACED = ("a comparison can only be the condition of where", _CHOOSE)


class Parser:
    """Precedence climbing over the list of tokens."""

    def __init__(self, text: str, words: Words, by_hand: bool = False) -> None:
        self.text = text
        self.words = words
        self.tokens: list[Token] = tokenize(text, by_hand)
        self.at: int = 0
        self.nesting: int = 0
        self.places: dict[int, int] = {}
        self.depths: dict[int, int] = {}

    def whole(self) -> Formula:
        if self.token.kind == "end":
            fail(self.text, None, "there is no expression", "write one such as x**2")
        formula = self.comparison()
        if self.token.kind != "end":
            self.fail_after_operand()
        return formula

    def comparison(self) -> Formula:
        """A sum, or sums with comparisons between them: a < b < c is (a < b) * (b < c)."""
        left = condition = self.expression(ADDING)
        while name := _COMPARISONS.get(self.token.text):
            operator = self.take()
            right = self.expression(ADDING)
            test = self.node(Apply(name, (left, right)), operator)
            both = condition is not left
            condition = self.node(Apply("mul", (condition, test)), operator) if both else test
            left = right
        return condition

    def expression(self, strength: int) -> Formula:
        """An operand and the operators after it that bind at least as strongly as `strength`."""
        left = self.signed()
        while (entry := BINARY.get(self.token.text)) and entry[1] >= strength:
            name, binds = entry
            operator = self.take()
            left = self.node(Apply(name, (left, self.expression(binds + 1))), operator)
        return left

    def signed(self) -> Formula:
        """Signs, then an atom and perhaps its exponent: -x**2 is -(x**2), 2**-1 is fine."""
        self.nest(self.token)
        signs = []
        while self.token.text in ("+", "-"):
            signs.append(self.take())
        formula = self.power()
        for sign in reversed(signs):
            if sign.text == "-":
                formula = self.node(Apply("neg", (formula,)), sign)
        self.nesting -= 1
        return formula

    def nest(self, token: Token) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            self.fail(token, f"the expression is nested more than {MAX_NESTING} levels deep")

    def power(self) -> Formula:
        formula = self.atom()
        if self.token.text == "**":
            operator = self.take()
            formula = self.node(self.raised(formula, self.signed()), operator)
        return formula

    def raised(self, base: Formula, exponent: Formula) -> Apply:
        return Apply("pow", (base, exponent))

    def atom(self) -> Formula:
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            formula = self.expression(ADDING)
            self.close(token)
            return formula
        if token.kind == "end":
            self.fail(token, "the expression ends where a number or a name is missing")
        if token.text == ")" and self.at > 1 and self.tokens[self.at - 2].text == "(":
            self.fail(token, "there is nothing between the brackets")
        if token.text == "*" and self.at > 1 and self.tokens[self.at - 2].text == "**":
            self.fail(token, "*** is no operator", "write ** for a power")
        self.fail(token, f"a number or a name is missing before {token.text}")

    def number(self, token: Token) -> Formula:
        value = float(token.text)
        if math.isinf(value):
            self.fail(token, "the number is too large for a float")
        return self.node(Constant(value), token)

    def name(self, token: Token) -> Formula:
        name, called = token.text, self.token.text == "("
        if called and (counts := self.words.argument_counts(name)):
            return self.call(token, counts)
        if name in _WORDS:
            self.fail(token, f"{name} is a word of Python", _WORDS[name])
        if called and self.words.works_on_lists(name):
            self.fail(token, f"{name} works on lists, which a formula has not")
        if called:
            similar = self.words.nearest(name)
            suggestion = f"did you mean {similar}?" if similar else "write * for a product"
            self.fail(token, f"there is no function {printable(name)}", suggestion)
        if self.words.is_public(name):
            following = self.token.text if self.token.kind in ("name", "number") else "..."
            self.fail(token, f"{name} is a function", f"write {name}({printable(following)})")
        if name in CONSTANTS:
            return self.node(Constant(CONSTANTS[name]), token)
        return self.node(Variable(name), token)

    def call(self, function: Token, counts: tuple[int, float]) -> Formula:
        opening = self.take()
        operands: list[Formula] = []
        commas: list[int] = []
        if self.token.text != ")":
            chooses = function.text in ("where", "when")
            operands.append(self.comparison() if chooses else self.expression(ADDING))
            while self.token.text == ",":
                commas.append(self.at)
                self.take()
                operands.append(self.expression(ADDING))
        self.close(opening)
        fewest, most = counts
        if not fewest <= len(operands) <= most:
            self.fail_count(function, len(operands), fewest, most, commas)
        return self.node(Apply(function.text, tuple(operands)), function)

    def close(self, opening: Token) -> None:
        if self.token.text == ")":
            self.take()
        elif self.token.kind == "end":
            self.fail(opening, "this bracket is never closed")
        else:
            self.fail_after_operand()

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The next token, passed."""
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def node(self, formula: Formula, token: Token) -> Formula:
        """Note where a node stands and how deep it is."""
        operands = formula.operands if isinstance(formula, Apply) else ()
        depth = 1 + max((self.depths[id(operand)] for operand in operands), default=0)
        if depth > MAX_DEPTH:
            self.fail(token, f"the expression is more than {MAX_DEPTH} operations deep")
        self.places[id(formula)] = token.position
        self.depths[id(formula)] = depth
        return formula

    def fail(self, token: Token, message: str, suggestion: str | None = None) -> NoReturn:
        fail(self.text, token.position, message, suggestion)

    def fail_count(
        self, function: Token, count: int, fewest: int, most: float, commas: list[int]
    ) -> NoReturn:
        """Wrong number of arguments; sin(4,499) is most likely a decimal comma."""
        least = "at least " * (most == math.inf)
        expected = f"{least}{fewest} argument{'s' * (fewest != 1)}"
        if fewest < most < math.inf:
            expected = f"{fewest} to {most:.0f} arguments"
        decimal = next(filter(None, map(self.decimal, commas)), None)
        message = f"{function.text} takes {expected}, not {count}"
        self.fail(function, message, f"write {decimal}" if decimal else None)

    def decimal(self, comma: int) -> str | None:
        """What two numbers around a comma would be with a decimal point."""
        before, after = self.tokens[comma - 1], self.tokens[comma + 1]
        if before.kind == "number" == after.kind and (before.text + after.text).isdigit():
            return f"{before.text}.{after.text}"
        return None

    def fail_after_operand(self) -> NoReturn:
        """Something stands where an operator, a closing bracket or the end should be."""
        token, before = self.token, self.tokens[self.at - 1]
        if token.text == ",":
            decimal = self.decimal(self.at)
            self.fail(token, "a comma has no meaning here", decimal and f"write {decimal}")
        if token.text == ")":
            self.fail(token, "this bracket was never opened")
        if token.text in _COMPARISONS:
            self.fail(token, *_COMPARISON_MISPLACED)
        if token.text in _WORDS:
            self.fail(token, f"{token.text} is a word of Python", _WORDS[token.text])
        left, right = printable(before.text), printable(token.text)
        product = f"{left}*{right}{'(...)' * self.words.is_public(token.text)}"
        self.fail(token, f"an operator is missing before {right}", f"write {product}")


def parse_condition(text: str, words: Words) -> Formula:
    """Read a condition, as domains are written: `and` binds stronger than `or`.

    The words stand between comparisons, without brackets around them. Raises ExpressionError for
    anything else.

    >>> from autodiff.primitive import PRIMITIVES
    >>> print(parse_condition("x > 0 or x < 0 and whole(y)", Words(PRIMITIVES)))
    where(greater(x, 0.0), 1.0, where(less(x, 0.0), whole(y), 0.0))
    """
    for word, join in ((" or ", Formula.__or__), (" and ", Formula.__and__)):
        if word in text:
            first, rest = (parse_condition(part, words) for part in text.split(word, 1))
            return join(first, rest)
    text = text.strip()
    formula = Parser(text.removeprefix("not "), words).whole()
    return apply("not", formula) if text.startswith("not ") else formula
