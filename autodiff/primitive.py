"""`Primitive`: an elementary operation, and the only place where its derivative is written.

A primitive is a function of floats together with its *local derivatives*, one rule per operand.
A rule such as `lambda z, x: cos(x)` (z is the output) is called once, on symbols, and gives a
`Formula`. From that formula follow the straight pullback of the eager engine (pullback.py), the
nodes of higher derivatives (transform/), the instructions of the compiled machine (program/),
and the documentation. Nothing is derived twice.

Every primitive has a *total* twin, which never raises: 1/0 is inf, log(0) is -inf, an overflow is
inf, everything else without a value is nan. Rules mean the twins, because a reverse sweep must
not stop at a point where the function has a value and its derivative is infinite.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from .errors import AutodiffError, ExpressionError
from .formula import Formula, Variable, apply, fold, is_literal, lift, split_condition, variables
from .operands import Layout
from .pullback import derive
from .source import Printer, compiled, indented, lazily
from .terms import Terms

Rule = Callable[..., Any]
Forward = Callable[..., float]

#: Every primitive by name: the rule table fills it, `@primitive` adds a user's own.
PRIMITIVES: dict[str, Primitive] = {}


class Primitive(Layout):
    """An elementary operation z = f(x, ...) with its local derivatives.

    The rules of an n-ary one are written for one element of each column, the one in row `row`.
    `shared` names values that all elements need, each computed by a primitive of that name from
    (z, *operands).
    """

    def __init__(
        self,
        name: str,
        forward: Forward | None,
        rules: Sequence[Rule],
        textbook: Sequence[str] = (),
        *,
        variables: Sequence[str],
        columns: int = 0,
        shared: Sequence[str] = (),
        by_row: bool = False,
        limit: Forward | None = None,
        domain: str | None = None,
        kink: str | None = None,
        source: str | None = None,
        doc: str = "",
        example: str | None = None,
        reads: str | None = None,
        shown_as: str | None = None,
        remedy: str | None = None,
        function: Rule | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.name = name
        super().__init__(variables, columns)
        self.shared: tuple[str, ...] = tuple(shared)
        self.rows: tuple[str, ...] = ("row",) if by_row else ()
        self.textbook: tuple[str, ...] = tuple(textbook)
        self.domain = domain
        self.kink = kink
        self.source = source
        self.doc = doc
        self.example = example
        #: how an internal primitive reads in formulas, in the expression language
        self.reads = reads
        #: of one with more operands than its formula has, for digits: the primitive of the first
        #: ones that is the same function, and the one that is shown
        self.shown_as = shown_as
        #: what to do instead, for the message of a domain error
        self.remedy = remedy
        #: of a sum: where it starts and what each row adds
        self.terms = terms
        #: module and qualified name of the function that defined it, of a user's one
        self.home: tuple[str, str] | None = None
        self._rules = tuple(rules)
        self._function = function
        #: both branches of a `where` in the function may raise: it is a user's own Python
        self.strict = False
        self._formula: Formula | None = None
        self.forward: Forward = lazily(self._print) if forward is None else forward
        self._limit = limit
        self._formulas: tuple[Formula, ...] | None = None
        self._total: Primitive | None = None
        self.pullback: Callable[[Any, float], None] = self._first_pullback

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        total = self._total is self
        if self.home is None:
            return _look_up, (self.name, total)
        if _find(*self.home) not in (self, self._total):
            raise AutodiffError(
                f"the primitive {self.name} cannot be pickled: {'.'.join(self.home)} is not it; "
                "define it by a function of its own at the top of a module"
            )
        return _look_up_own, (*self.home, total)

    def __copy__(self) -> Primitive:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        return self

    def __call__(self, *operands: Formula | float) -> Formula:
        """The primitive applied to symbols: this is how rules are written."""
        return apply(self.name, *operands)

    @property
    def has_limit(self) -> bool:
        """Whether the twin that never raises has a number of its own where the function raises."""
        return self._limit is not None

    def limit(self, *operands: float) -> float:
        """What the twin that never raises has where the function raises."""
        return math.nan if self._limit is None else self._limit(*operands)

    # ---- the function ------------------------------------------------------------------------

    @property
    def formula(self) -> Formula | None:
        """The function as a formula of other primitives; None for an atom."""
        if self._formula is None and self._function is not None:
            self._formula = lift(self._function(*map(Variable, self.variables)))
        return self._formula

    @property
    def condition(self) -> Formula | None:
        """The domain as a formula; None where it is everywhere, or no expression."""
        if self.domain is None:
            return None
        from .grammar import Words, parse_condition  # here: it costs time, and waits for a call

        try:
            return parse_condition(self.domain, Words(PRIMITIVES))
        except ExpressionError:
            return None  # a user's own words

    def _print(self, namespace: dict[str, Any]) -> Forward:
        """The function of floats, printed from the formula or from the terms of the sum."""
        if self.terms is not None:
            return compiled(self.name, self.terms.source(), namespace)
        assert self.formula is not None
        printer = Printer(lambda name: PRIMITIVES[name].forward)
        lines = [f"def forward({', '.join(f'{name}_' for name in self.variables)}):"]
        inside = self.condition
        if inside is not None:  # what is nan has no domain
            numbers = "".join(f" and {name}_ == {name}_" for name in variables(inside))
            lines += [f"    if not {printer.test(inside)}{numbers}:", "        raise ValueError"]
        lines += indented(printer.body(self.formula))
        namespace.update(printer.functions)
        return compiled(self.name, lines, namespace)

    # ---- derivatives -------------------------------------------------------------------------

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The traced rules, one per variable, in terms of z, the variables and the shared names."""
        if self._formulas is None:
            names = ("z", *self.variables, *self.shared, *self.rows)
            symbols = [Variable(name) for name in names]
            self._formulas = tuple(lift(rule(*symbols)) for rule in self._rules)
        return self._formulas

    @property
    def numbers(self) -> tuple[str, ...]:
        """The shared names that the derivatives' numbers need; others only carry derivatives."""
        used: set[str] = set()

        def note(name: str, operands: tuple[str, ...]) -> str:
            formula = None if name == "when" else PRIMITIVES[name].formula
            needed = None if formula is None else variables(formula)
            names = ("c", "d") if name == "when" else PRIMITIVES[name].variables
            for at, operand in enumerate(operands):
                if needed is None or names[at] in needed:
                    used.add(operand)
            return ""

        used.update(fold(formula, repr, str, note) for formula in self.formulas)
        return tuple(name for name in self.shared if name in used)

    def derivative(self, index: int, count: int) -> Formula:
        """The local derivative by operand number `index` of `count`, as a formula."""
        return self.formulas[self.variable_of(index, count)[0]]

    def _first_pullback(self, node: Any, adjoint: float) -> None:
        """Derive the straight pullback when the first backward pass needs it."""
        self.pullback = derive(self, PRIMITIVES)
        self.pullback(node, adjoint)

    # ---- the twin that never raises ----------------------------------------------------------

    @property
    def total(self) -> Primitive:
        """The twin whose forward never raises; it has the same name and the same derivatives."""
        if self._total is None:
            forward, limit = self.forward, self.limit

            def never_raises(*operands: float) -> float:
                try:
                    return forward(*operands)
                except (ValueError, ZeroDivisionError, OverflowError):
                    return limit(*operands)

            twin = Primitive.__new__(Primitive)
            twin.__dict__.update(self.__dict__)
            twin.forward = never_raises
            twin.pullback = twin._first_pullback
            twin._total = self._total = twin
        return self._total


def _look_up(name: str, total: bool) -> Primitive:
    """How pickle finds a primitive again."""
    if name not in PRIMITIVES:
        raise LookupError(f"no primitive {name!r} is defined here; define it before unpickling")
    return PRIMITIVES[name].total if total else PRIMITIVES[name]


def _find(module: str, name: str) -> Any:
    """The primitive that is found under the name of its function, if any."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return getattr(found, "primitive", None)


def _look_up_own(module: str, name: str, total: bool) -> Primitive:
    import_module(module)
    found = _find(module, name)
    if found is None:
        raise LookupError(f"the primitive {name!r} is not defined in {module}; define it there")
    return found.total if total else found  # type: ignore[no-any-return]  # a Primitive


def local_derivative(
    primitive: Primitive, index: int, z: float, operands: Sequence[float]
) -> float | None:
    """The local derivative by one operand, straight from the rule; None is no contribution.

    The slow and plain reading of a rule, for pictures and for checking the derived pullbacks.
    """
    formula = primitive.derivative(index, len(operands))
    if is_literal(formula, 0.0):
        return None
    names = primitive.bind(index, z, operands)
    for name in primitive.shared:
        names[name] = PRIMITIVES[name].forward(z, *operands)

    def number(part: Formula) -> float:
        return float(fold(part, float, names.__getitem__, _total))

    condition, derivative = split_condition(formula)
    if condition is not None and not number(condition):
        return None
    return number(derivative)


def _total(name: str, operands: tuple[float, ...]) -> float:
    return PRIMITIVES[name].total.forward(*operands)
