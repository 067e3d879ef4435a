"""The law of compiled functions on random Python programs: the plain outcome, or TraceError."""

from __future__ import annotations

import collections
import random
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings

from autodiff import jit, vmap
from autodiff.program.tracing.trace import TraceError
from tests.trust.python_programs import (
    Run,
    drawn,
    gradients,
    leaves_of,
    outcome,
    plainly,
    values_of,
)

_DEEP = settings().max_examples > 1000
PROGRAMS = 2000 if _DEEP else 80
FIRST = random.SystemRandom().randrange(10**9) if _DEEP else 0
CALLS = 6


def _programs(count: int = PROGRAMS) -> list[tuple[int, Run]]:
    return [(seed, drawn(seed)) for seed in range(FIRST, FIRST + count)]


def _agree(
    run: Run, got: Any, want: Any, mine: Sequence[Any], others: Sequence[Any], *, exact: bool
) -> bool:
    """Whether gradients agree: to the last bit, or by the rounding of their terms."""
    shared = [run.w, *run.model.parameters()]
    one = gradients(values_of(got, want), [*shared, *leaves_of(mine)])
    other = gradients(values_of(want, want), [*shared, *leaves_of(others)])
    if exact:
        return repr(one) == repr(other)
    pairs = [pair for a, b in zip(one, other, strict=True) for pair in zip(a, b, strict=True)]
    return all(p == q or (p != p and q != q) or abs(p - q) <= 1e-9 * (1 + abs(p)) for p, q in pairs)


class _Counts(collections.Counter[str]):
    """How many calls were answered, plain, refused, and the reasons of the last two."""

    def __init__(self) -> None:
        super().__init__()
        self.reasons: collections.Counter[str] = collections.Counter()

    def refused(self, error: TraceError) -> None:
        """Count a refusal; it names a line."""
        message = str(error)
        assert re.match(r"\S+:\d+: |<\w+>:\d+: ", message), message
        self["refused"] += 1
        self.reasons[re.sub(r"^\S+: ", "", message)[:60]] += 1

    def ran_plainly(self, warned: Any) -> None:
        """Count a plain run: of a function given up, or of an operation that left its domain."""
        self["plain"] += 1
        self.reasons["many paths" if warned else "an operation raised and f went on"] += 1

    def report(self, name: str, least: float) -> None:
        """Say what was counted; at least so many calls must be answered by replays."""
        share = self["replayed"] / (self.total() - self["raised"])
        print(f"{name}: {dict(self)}, answered {share:.1%}; {dict(self.reasons)}")
        assert share >= least, self


@pytest.mark.parametrize("exact", [False, True])
def test_jit_answers_as_the_plain_call(exact: bool) -> None:
    """Labels, texts, types, ints, matches, loops, errors, arrays, objects, effects: the plain
    call's result, exception, effects and gradients, or a refusal that leaves all as it was.
    """
    counts = _Counts()
    for seed, run in _programs():
        compiled, rng = jit(run.f, exact=exact), random.Random(seed)
        for call in range(CALLS):
            draw = rng.random()
            theirs, mine, before = (
                side.arguments(random.Random(draw))
                for side in (run.plain, run.compiled, run.compiled)
            )
            for model in (run.model, run.plain.model, run.compiled.model):
                model.change(random.Random(draw))
            run.w.data = rng.choice([0.75, 0.75, -0.5, 2.0])
            held = plainly(before)
            got, my = outcome(compiled, *mine)
            where = f"program {seed}, call {call}, {before}"
            if isinstance(got, TraceError):
                counts.refused(got)
                assert plainly(mine) == held, f"{where}: changed and refused\n{run.source}"
                break
            eager, run.eager = run.eager, 0
            want, shown = outcome(run.f, *theirs)
            run.eager = 0
            assert my == shown, f"{where}: {got!r}, not {want!r}\n{run.source}"
            assert plainly(mine) == plainly(theirs), f"{where}: {mine!r}\n{run.source}"
            if isinstance(want, Exception):
                counts["raised"] += 1
                continue
            if eager:
                counts.ran_plainly(compiled._hopeless)
            else:
                counts["replayed"] += 1
            agree = _agree(run, got, want, mine, theirs, exact=exact)
            assert agree, f"gradients of {where}\n{run.source}"
    counts.report(f"jit, exact={exact}", 0.8)


def _listed(mapped: Any, columns: Any) -> list[Any]:
    return list(mapped(*columns))


def _looped(f: Any, rows: Any) -> list[Any]:
    return [f(*row) for row in rows]


def test_vmap_answers_as_the_loop() -> None:
    """Each example as the plain call of it, whatever paths the others take."""
    counts = _Counts()
    for seed, run in _programs(PROGRAMS // 2):
        mapped, rng = vmap(run.f), random.Random(seed)
        for _ in range(2):
            draws = [rng.random() for _ in range(7)]
            theirs, mine = (
                [side.arguments(random.Random(draw)) for draw in draws]
                for side in (run.plain, run.compiled)
            )
            for model in (run.model, run.plain.model, run.compiled.model):
                model.change(random.Random(draws[0]))
            columns = [list(column) for column in zip(*mine, strict=True)]
            run.eager = 0
            got, my = outcome(_listed, mapped, columns)
            if isinstance(got, TraceError):
                counts.refused(got)
                break
            eager, run.eager = run.eager, 0
            want, shown = outcome(_looped, run.f, theirs)
            assert my == shown, f"program {seed}: {got!r}, not {want!r}\n{run.source}"
            assert plainly(mine) == plainly(theirs), f"program {seed}: {mine!r}\n{run.source}"
            if isinstance(want, Exception):
                counts["raised"] += 1
                continue
            counts["plain"] += eager
            counts["replayed"] += len(mine) - eager
            agree = _agree(run, got, want, mine, theirs, exact=False)
            assert agree, f"gradients of program {seed}\n{run.source}"
    counts.report("vmap", 0.8)
