"""The steps and the results as JSON, for other programs: `python -m autodiff ... --json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from autodiff.display.notation import TextBackend, typeset
from autodiff.display.steps import ForwardStep, Step, Steps
from autodiff.value import Value

#: All digits: JSON is not for reading.
_TEXT = TextBackend(17, ascii=True)


def as_json(
    expression: str, variables: Mapping[str, Value], wanted: Mapping[str, Value], steps: Steps
) -> str:
    """One object: expression, variables, value, gradient by the wanted variables, steps.

    Numbers that JSON cannot express are the strings "inf", "-inf" and "nan".
    """
    report = {
        "expression": expression,
        "name": steps.root.name.ascii,
        "variables": {name: _number(value.data) for name, value in variables.items()},
        "value": _number(steps.root.value),
        "gradient": {name: _number(value.grad) for name, value in wanted.items()},
        "steps": [_step(step) for step in steps],
    }
    return json.dumps(report, indent=2, allow_nan=False)


def _number(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else repr(value)


def _step(step: Step) -> dict[str, Any]:
    if isinstance(step, ForwardStep):
        expression = None if step.expression is None else typeset(step.expression, _TEXT)
        return {
            "number": step.number,
            "pass": "forward",
            "node": step.node.name.ascii,
            "expression": expression,
            "value": _number(step.value),
        }
    local = step.local
    return {
        "number": step.number,
        "pass": "backward",
        "kind": step.kind,
        "receiver": step.receiver.name.ascii,
        "user": None if step.user is None else step.user.name.ascii,
        "local_derivative": None if local is None else typeset(local.formula, _TEXT),
        "local_value": None if local is None else _number(local.value),
        "upstream": _number(step.upstream),
        "contribution": _number(step.contribution),
        "total": _number(step.total),
        "use": step.use,
        "uses": step.uses,
    }
