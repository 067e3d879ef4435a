"""Every loss gives the same numbers and errors compiled as it does eagerly."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

import nn
from autodiff import Value, jit


def _rare(logits: Any, targets: Any) -> Any:
    return nn.binary_cross_entropy_with_logits(logits, targets, pos_weight=3.0)


_ROWS = [[0.5, -1.0, 2.0], [3.0, 0.0, -0.5], [-math.inf, 1.0, 0.0]]
CASES: list[tuple[Any, list[tuple[Any, Any]]]] = [
    (nn.mse, [([0.5, 2.0], [1.0, -1.0]), ([0.5, math.inf], [1.0, 2])]),
    (nn.l1, [([0.5, 2.0], [1.0, -1.0]), ([0.5, 2.0], [0.5, 3])]),
    (nn.huber, [([0.5, 2.0], [1.0, -1.0]), ([0.5, 5.0], [0.5, 3])]),
    (nn.hinge, [([0.5, 2.0], [1, -1]), ([0.5, 2.0], [-1, -1]), ([0.5, 2.0], [0, 1]),
                ([0.5, 2.0], [1, 2]), ([0.5, 2.0], [1.0, 0.5])]),
    (nn.binary_cross_entropy, [([0.5, 0.25], [1.0, 0.0]), ([0.5, 0.0], [0.5, 0.0]),
                               ([0.5, 1.5], [0.5, 0.0]), ([0.5, 0.5], [0.5, 1.5])]),
    (nn.binary_cross_entropy_with_logits, [
        ([0.5, 800.0], [1.0, 0.0]), ([-900.0, 0.5], [0.5, 1]), ([0.5, 0.5], [0.5, 1.5]),
        ([0.5, 0.5], [-1e-300, 1.0]), ([math.inf, -math.inf], [1.0, 0.0]),
        ([math.inf, 0.5], [0.5, math.nan])]),
    (_rare, [([0.5, 800.0], [1.0, 0.0]), ([0.5, 0.5], [0.5, 1.5]),
             ([math.inf, -math.inf], [1.0, 0.0])]),
    (nn.cross_entropy, [(_ROWS, [0, 1, 2]), (_ROWS, [2, 2, 1]), (_ROWS, [0, 1, 3]),
                        (_ROWS, [0, -1, 1]), (_ROWS, [0.0, 1.0, 2.0]), (_ROWS, [0.5, 1.0, 2.0]),
                        (_ROWS, [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.75, 0.25]])]),
    (nn.nll, [(_ROWS, [0, 1, 2]), (_ROWS, [2, 2, 1]), (_ROWS, [0, 1, 3]), (_ROWS, [0, 1, 1.5])]),
]  # fmt: skip


def _values(tree: Any) -> Any:
    return list(map(_values, tree)) if isinstance(tree, list) else Value(tree)


def _leaves(tree: Any) -> list[Value]:
    return [x for part in tree for x in _leaves(part)] if isinstance(tree, list) else [tree]


def _outcome(loss: Any, predictions: Any, targets: Any) -> tuple[Any, Any]:
    logits = _values(predictions)
    try:
        result = loss(logits, targets)
    except (ValueError, ArithmeticError, TypeError) as error:
        return type(error), None
    result.backward()
    return struct.pack("<d", result.data), [x.grad for x in _leaves(logits)]


@pytest.mark.parametrize(("loss", "cases"), CASES, ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize("exact", [False, True])
def test_a_loss_compiled_is_the_loss(loss: Any, cases: Any, exact: bool) -> None:
    """Weights of 0 on infinite logits gave nan, a target of 0 passed as one of hinge's."""
    compiled = jit(loss, exact=exact)
    for predictions, targets in [*cases, *cases]:
        want = _outcome(loss, predictions, targets)
        got = _outcome(compiled, predictions, targets)
        if isinstance(want[0], bytes) and isinstance(got[0], bytes):
            assert struct.unpack("<d", got[0])[0] == pytest.approx(
                struct.unpack("<d", want[0])[0], rel=1e-15, nan_ok=True
            ), (predictions, targets)
            assert got[1] == pytest.approx(want[1], rel=1e-12, abs=1e-15, nan_ok=True)
        else:
            assert got[0] is want[0], (predictions, targets)


def test_a_logit_that_is_infinitely_right_costs_nothing() -> None:
    """A weight of 0 on an infinite part gave nan; infinitely wrong is still infinite."""
    for loss in (nn.binary_cross_entropy_with_logits, _rare, jit(_rare)):
        for sign in (1.0, -1.0):
            right, logit = (1.0 + sign) / 2.0, Value(sign * math.inf)
            found = [loss(logit, target).data for target in (right, 0.5, 1.0 - right)]
            assert found == [0.0, math.inf, math.inf]
    for z in (0.5, -2.0):  # the gradient of a target that is a Value passes
        t = Value(1.0)
        _rare(Value(z), t).backward()
        assert t.grad == pytest.approx(3.0 * math.log1p(math.exp(-z)) - math.log1p(math.exp(z)))


def test_other_targets_need_no_other_trace() -> None:
    """Labels are data: a batch with other ones replays the trace of the first."""
    compiled = jit(nn.cross_entropy)
    for shift in range(20):
        compiled(_values(_ROWS[:2]), [shift % 3, (shift + shift // 3) % 3])
    assert sum(map(len, compiled._variants.values())) == 1
