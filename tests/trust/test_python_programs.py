"""The law of compiled functions on random Python programs: the plain outcome, or TraceError."""

from __future__ import annotations

import collections
import random
from typing import Any

import pytest
from hypothesis import settings

from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import TraceError
from tests.trust.python_programs import (
    AWAITING,
    Maker,
    Run,
    arguments,
    gradients,
    outcome,
    values_of,
)

_DEEP = settings().max_examples > 1000
PROGRAMS = 2000 if _DEEP else 80
FIRST = random.SystemRandom().randrange(10**9) if _DEEP else 0
CALLS = 6


def _programs(count: int = PROGRAMS) -> list[tuple[int, Run]]:
    found = []
    for seed in range(FIRST, FIRST + count):
        maker = Maker(seed)
        found.append((seed, Run(maker.program(6, without=AWAITING))))
    return found


def _agree(run: Run, got: Any, want: Any, leaves: list[Value], *, exact: bool) -> bool:
    """Whether gradients agree: to the last bit, or by the rounding of their terms."""
    mine = gradients(values_of(got, want), leaves)
    others = gradients(values_of(want, want), leaves)
    if exact:
        return repr(mine) == repr(others)
    pairs = [pair for a, b in zip(mine, others, strict=True) for pair in zip(a, b, strict=True)]
    return all(p == q or (p != p and q != q) or abs(p - q) <= 1e-9 * (1 + abs(p)) for p, q in pairs)


@pytest.mark.parametrize("exact", [False, True])
def test_jit_answers_as_the_plain_call(exact: bool) -> None:
    """Labels, texts, types, ints, matches, loops, errors: at least four of five calls replay."""
    counts: collections.Counter[str] = collections.Counter()
    for seed, run in _programs():
        compiled, rng = jit(run.f, exact=exact), random.Random(seed)
        for _ in range(CALLS):
            args = arguments(rng)
            want, shown = outcome(lambda run=run, args=args: run.f(*args))
            run.eager = 0
            got, mine = outcome(lambda compiled=compiled, args=args: compiled(*args))
            if isinstance(got, TraceError):
                counts["refused"] += 1
                continue
            assert mine == shown, f"program {seed}, {args}: {got!r}, not {want!r}\n{run.source}"
            if isinstance(want, Exception):
                counts["raised"] += 1
                continue
            counts["plain" if run.eager else "replayed"] += 1
            agree = _agree(run, got, want, [run.w, args[6]], exact=exact)
            assert agree, f"gradients of program {seed}, {args}\n{run.source}"
    answered = counts["replayed"] / (counts.total() - counts["raised"])
    print(dict(counts))
    assert answered >= 0.95, counts


def test_vmap_answers_as_the_loop() -> None:
    """Each example as the plain call of it, whatever paths the others take."""
    counts: collections.Counter[str] = collections.Counter()
    for seed, run in _programs(PROGRAMS // 2):
        mapped, rng = vmap(run.f), random.Random(seed)
        for _ in range(2):
            rows = [arguments(rng) for _ in range(7)]
            columns = [list(column) for column in zip(*rows, strict=True)]
            want, shown = outcome(lambda run=run, rows=rows: [run.f(*row) for row in rows])
            run.eager = 0
            got, mine = outcome(lambda mapped=mapped, columns=columns: list(mapped(*columns)))
            if isinstance(got, TraceError):
                counts["refused"] += 1
                continue
            assert mine == shown, f"program {seed}: {got!r}, not {want!r}\n{run.source}"
            if isinstance(want, Exception):
                counts["raised"] += 1
                continue
            counts["plain"] += run.eager
            counts["replayed"] += len(rows) - run.eager
    print(dict(counts))
    answered = counts["replayed"] / (counts.total() - counts["raised"])
    assert answered >= 0.9, counts
