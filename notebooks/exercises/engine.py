"""One engine for all checkers: a reference solution with one switch per slip.

    @exercise("square", slips={"bare": ("the factor 2 is missing", "d(x**2)/dx = 2*x")}, ...)
    def check_square(slip, x):
        return x if slip("bare") else 2 * x

The reference, with every switch off, is the right answer. If a learner's numbers differ, the
checker turns on each switch, then each pair of switches, and compares on *all* points: a diagnosis
explains every number, not the first wrong one. Explanations that fit equally well are all named.
"""

from __future__ import annotations

import copy
import inspect
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from exercises.answers import Numbers, apart, close, numbers, shown
from exercises.limits import attempt
from exercises.result import Result, Wrong

Switches = frozenset[str]
#: What happened, and what to do about it.
Slip = tuple[str, str]


def _call(learner: Callable[..., Any], *point: Any) -> Any:
    return learner(*point)


@dataclass(eq=False)
class Checker:
    """Call it with your solution: it answers with a `Result`. Its text says what is asked."""

    title: str
    reference: Callable[..., Any]
    slips: Mapping[str, Slip]
    points: Callable[[random.Random], Iterable[tuple[Any, ...]]]
    level: int = 1
    ask: Callable[..., Any] = _call
    labels: Sequence[str] = ()
    hint: str = "do one point by hand, step by step, and compare"
    praise: str = ""
    tolerance: float = 1e-8
    floor: float = 1e-10
    needs_class: bool = False
    show: Callable[..., str] | None = None
    seed: int = 0
    _answers: dict[Switches, list[Numbers | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.__name__ = self.reference.__name__
        self.__doc__ = inspect.getdoc(self.reference)
        self.cases = list(self.points(random.Random(self.seed)))
        self.names = list(inspect.signature(self.reference).parameters)[1:]

    def __repr__(self) -> str:
        return f"{self.__name__} ({'•' * self.level}): {self.__doc__}"

    @property
    def worth(self) -> int:
        """Points for a right answer: four per level."""
        return 4 * self.level

    def __call__(self, learner: Any) -> Result:
        given: list[Numbers] = []
        broken: Wrong | None = None
        form: Wrong | None = None
        try:
            form = self._collect(learner, given)
        except Wrong as found_first:
            broken = found_first
        right = [self.answer(frozenset(), i) or {} for i in range(len(given))]
        bad = [i for i, (g, r) in enumerate(zip(given, right, strict=True)) if not self._same(g, r)]
        if not bad and broken:
            return self._result(broken.message, broken.hint)
        if not bad:
            praise = f"right on {len(self.cases)} points (seed {self.seed}). {self.praise}".strip()
            return Result(self.title, True, praise, "", self.worth, self.worth, (), self.seed)
        where = form.message if form else self._where(bad[0], given[bad[0]], right[bad[0]])
        found = self.explanations(given)
        if form and not found:
            return self._result(form.message, form.hint)
        if not found:
            said, hint = self._pattern(given, right, bad)
            return self._result(f"{where}{said}{_and(broken)}", hint)
        texts = list(
            dict.fromkeys(
                ", and ".join(self.slips[name][0] for name in sorted(each)) for each in found
            )
        )
        size = len(found[0])
        many = "one slip explains" if size == 1 else "two slips together explain"
        said = f"{where}; {many} all your numbers: {texts[0]}"
        if len(texts) > 1:
            said = f"{where}; {len(texts)} explanations fit all your numbers equally: "
            said += "; or ".join(texts)
        advice = dict.fromkeys(self.slips[name][1] for each in found for name in sorted(each))
        marks = 0 if broken else self.worth / 2**size
        return self._result(
            f"{said}{_and(broken)}", ". ".join(advice), marks, tuple(sorted(set().union(*found)))
        )

    def _result(
        self, message: str, hint: str, points: float = 0, slips: tuple[str, ...] = ()
    ) -> Result:
        hint = hint or self.hint
        return Result(self.title, False, message, hint, points, self.worth, slips, self.seed)

    def _collect(self, learner: Any, given: list[Numbers]) -> Wrong | None:
        """Add the learner's answers, up to the first point where there is none.

        Gives what is wrong with the form of the first answer that has another one than is asked.
        """
        form: Wrong | None = None
        if self.needs_class and not isinstance(learner, type):
            what = f"got a {type(learner).__name__}, not a class"
            raise Wrong(what, "give the class itself, not one of its objects")
        if not callable(learner):
            what = f"got a {type(learner).__name__}, not a function"
            raise Wrong(what, "give the function itself, without calling it")
        for index, case in enumerate(self.cases):
            place = self._place(index)
            # A copy for each call: an answer that changes its arguments is no worse for it.
            point = copy.deepcopy(case)
            found = attempt(f"{place}: your code", lambda p=point: numbers(self.ask(learner, *p)))
            form = form or self._form(place, found, self.answer(frozenset(), index) or {})
            given.append(found)
        return form

    def _form(self, place: str, given: Numbers, right: Numbers) -> Wrong | None:
        if list(given.values()) == [None]:
            return Wrong(f"{place}: your answer is None", "does the function end with `return`?")
        if len(given) != len(right):
            asked = f"{len(right)} {'are' if len(right) > 1 else 'is'} asked for"
            gives = f"{len(given)} number{'s' * (len(given) != 1)}"
            return Wrong(f"{place}: you give {gives}, and {asked}", self.__doc__ or "")
        for found, expected in zip(given.values(), right.values(), strict=True):
            word = isinstance(expected, str)
            if not isinstance(found, str if word else float):
                name = "a word" if word else "a number"
                return Wrong(f"{place}: {found!r} stands where {name} belongs", self.__doc__ or "")
            if not word and math.isnan(float(found)) and not math.isnan(float(expected)):
                hint = "0/0, inf - inf or 0*inf on the way: look at each step, the first nan counts"
                return Wrong(f"{place}: a number is nan and should be {shown(expected)}", hint)
        return None

    def _place(self, index: int) -> str:
        if self.show:
            return self.show(*self.cases[index])
        if not self.names:
            return (self.__doc__ or "``").split("`")[1]  # the call that the exercise names
        pairs = list(zip(self.names, self.cases[index], strict=True))
        texts = [str(v) if n == "graph" else f"{n} = {_brief(v)}" for n, v in pairs]
        more = (
            f" (ex.{self.__name__}.cases[{index}])" if any(map(_is_long, self.cases[index])) else ""
        )
        return ("at " if self.names != ["graph"] else "") + ", ".join(texts) + more

    def _where(self, index: int, given: Numbers, right: Numbers) -> str:
        for key, found, expected in zip(right, given.values(), right.values(), strict=True):
            if not self._close(found, expected):
                one, other = apart(found, expected)
                return f"{self._place(index)}: {self._name(key)} is {one} and should be {other}"
        raise AssertionError("asked only where an answer is wrong")

    def _name(self, key: str) -> str:
        """What a place of the answer is called: the label of its part, and the place in it."""
        part, bracket, rest = key[1:].partition("]")
        if key.startswith("[") and int(part) < len(self.labels):
            label = self.labels[int(part)]
            return f"{label} (number {rest})" if rest and " " in label else f"{label}{rest}"
        if bracket:
            return f"number {key}"
        return key or (self.labels[0] if self.labels else "your answer")

    def _close(self, found: Any, right: Any) -> bool:
        return close(found, right, self.tolerance, self.floor)

    def _same(self, given: Numbers, right: Numbers | None) -> bool:
        return (
            right is not None
            and len(given) == len(right)
            and all(map(self._close, given.values(), right.values()))
        )

    # ---- the switches ------------------------------------------------------------------------

    def answer(self, switches: Switches, index: int) -> Numbers | None:
        """What the reference with these slips gives at a point; None if it cannot be computed."""
        row = self._answers.setdefault(switches, [])
        while len(row) <= index:
            case = copy.deepcopy(self.cases[len(row)])
            try:
                row.append(numbers(self.reference(self._switch(switches), *case)))
            except (ArithmeticError, ValueError, Wrong):
                if not switches:
                    raise
                row.append(None)
        return row[index]

    def _switch(self, switches: Switches) -> Callable[[str], bool]:
        def slip(name: str) -> bool:
            if name not in self.slips:
                raise KeyError(f"{self.__name__} has no slip {name!r}")
            return name in switches

        slip.on = switches  # type: ignore[attr-defined]  # for references that pass it on
        return slip

    def variants(self, size: int) -> Iterator[Switches]:
        """All sets of that many slips."""
        return map(frozenset, combinations(self.slips, size))

    def explanations(self, given: Sequence[Numbers]) -> list[Switches]:
        """The single slips that explain every point, else the pairs that do."""
        for size in (1, 2):
            found = [
                each
                for each in self.variants(size)
                if all(self._same(g, self.answer(each, i)) for i, g in enumerate(given))
            ]
            if found:
                return found
        return []

    def solution(self, *switches: str) -> Callable[..., Any]:
        """The reference as a learner's function, with these slips."""
        slip = self._switch(frozenset(switches))
        return lambda *point: self.reference(slip, *point)

    def figures(self) -> dict[str, int]:
        """How many slips, singles and pairs are told apart from all that is tried before them."""
        groups: dict[tuple[str, ...], list[Switches]] = {}
        for size in (0, 1, 2):
            for each in self.variants(size):
                rows = [self.answer(each, i) for i in range(len(self.cases))]
                key = tuple(shown(v) for row in rows for v in (row or {"": None}).values())
                groups.setdefault(key, []).append(each)
        sizes = [[len(each) for each in group] for group in groups.values()]
        return {
            "slips": len(self.slips),
            "singles": sum(group.count(1) for group in sizes if min(group) == group.count(1) == 1),
            "pairs": sum(group == [2] for group in sizes),
            "all pairs": sum(group.count(2) for group in sizes),
            "cancel": next(group.count(2) for group in sizes if 0 in group),
            "hidden": sum(group.count(2) for group in sizes if 0 not in group and 1 in group),
        }

    def _pattern(
        self, given: Sequence[Numbers], right: Sequence[Numbers], bad: Sequence[int]
    ) -> tuple[str, str]:
        """What no switch explains: an order, a sign, a factor, or how much of it is right."""
        flat = [
            (f, r)
            for g, row in zip(given, right, strict=True)
            for f, r in zip(g.values(), row.values(), strict=True)
        ]
        wrong = [(f, r) for f, r in flat if not self._close(f, r)]
        if all(isinstance(r, float) and isinstance(f, float) for f, r in wrong):
            if len(wrong) > 1 and all(self._close(-f, r) for f, r in wrong):
                said = "; the sign of every number that is wrong is the opposite"
                return said, "a minus too much, or one missing"
            rows = zip(given, right, strict=True)
            if all(_sorted_close(g, r, self._close) for g, r in rows):
                return "; your numbers are right, in another order", self.__doc__ or ""
            factors = [f / r for f, r in wrong if abs(r) > 1e-9]
            same = factors and factors[0] and all(self._close(f, factors[0] * r) for f, r in wrong)
            if same and len(wrong) > 2:
                said = f"; every number that is wrong is {shown(factors[0])} times the right one"
                return said, "a constant factor is missing, or too much"
            if all(f == 0.0 for f, _ in flat):
                return "; all your numbers are 0", self.hint
        kept = len(given) - len(bad)
        return f"; {kept} of {len(given)} points are right" if kept else "", self.hint


def _sorted_close(given: Numbers, right: Numbers, near: Callable[[Any, Any], bool]) -> bool:
    if not all(isinstance(each, float) for each in (*given.values(), *right.values())):
        return False
    return all(map(near, sorted(given.values()), sorted(right.values())))


def _and(broken: Wrong | None) -> str:
    return f"; and {broken.message}" if broken else ""


def _brief(value: Any) -> str:
    if not _is_long(value):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list) and all(isinstance(row, list) for row in value):
        return f"{len(value)}×{len(value[0])} numbers"
    return f"{str(value)[:60]} ..."


def _is_long(value: Any) -> bool:
    return len(str(value)) > 70


def exercise(title: str, **options: Any) -> Callable[[Callable[..., Any]], Checker]:
    """Make a checker of a reference solution: see the top of this file."""
    return lambda reference: Checker(title, reference, **options)
