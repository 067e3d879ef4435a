"""Predict mode: what the next number is, and which number the usual slips give instead.

A question has one answer, accepted to four digits. A slip is a wrong number with its reason; a
number that is right, and one that two slips would give, is nobody's slip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autodiff.display.notation import MathmlBackend, typeset
from autodiff.display.steps import ForwardStep, Step, Steps
from autodiff.formula import Apply

from .phrases import Markup

#: relative: four digits are enough, in whatever way they were rounded
CLOSE = 6e-4


def question(steps: Steps, step: Step, backend: MathmlBackend) -> dict[str, Any] | None:
    """{"ask": what is asked, as MathML; "is": the number; "slips": pairs of number and reason}."""
    if isinstance(step, ForwardStep):
        if step.expression is None or steps.graph.condition(step.node) is not None:
            return None
        left, answer = step.node.symbol, step.value
        row = [typeset(left, backend), backend.operator("="), typeset(step.expression, backend)]
        asked = backend.row(row)
    elif step.kind == "contribution" and step.contribution is not None:
        assert step.user is not None and step.position is not None
        graph, answer = steps.graph, step.contribution
        symbols = Apply("mul", (graph.whole(step.user), graph.partial(step.user, step.position)))
        row = [typeset(symbols, backend)]
        if not step.summed:
            row = [typeset(graph.whole(step.receiver), backend), backend.operator("="), *row]
        asked = backend.row(row)
    else:
        return None
    if not math.isfinite(answer):
        return None
    slips: dict[float, str] = {}
    for number, reason in _slips(step, answer):
        if math.isfinite(number) and not any(close(number, each) for each in (answer, *slips)):
            slips[number] = reason
    told = [[float(f"{n:.6g}"), s] for n, s in slips.items()]
    return {"ask": Markup(asked), "is": answer, "slips": told}


def close(given: float, answer: float) -> bool:
    """Whether a given number agrees to four digits."""
    return abs(given - answer) <= CLOSE * abs(answer) + 1e-12


def _slips(step: Step, answer: float) -> Iterator[tuple[float, str]]:
    yield -answer, "sign"
    if isinstance(step, ForwardStep):
        if len(step.operands) == 2:
            x, y = (operand.value for operand in step.operands)
            yield from ((x + y, "added"), (x * y, "multiplied"), (x - y, "subtracted"))
        return
    assert step.local is not None and step.local.value is not None and step.upstream is not None
    local, upstream = step.local.value, step.upstream
    yield from ((local, "local"), (upstream, "factor"), (upstream + local, "added"))
    if local:
        yield upstream / local, "divided"
    if step.total is not None and step.summed:
        yield step.total, "sum"
