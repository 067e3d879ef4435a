"""Exercises with checkers, a file per lesson, and predictions.

Every checker takes your code, runs it on points with a fixed seed and answers with a `Result`: ✓
and a sentence, or ✗ with what is wrong and a hint. None looks at how your code is written, and none
needs a later exercise. In a notebook that lies beside this folder:

    import exercises as ex

    class Value: ...

    ex.check_add(Value)

`ex.check_add` alone says what is asked. Solutions are in `exercises.solutions`; try first.
"""

from __future__ import annotations

from importlib import import_module

from exercises.bugs import FAULTS, check_bug, specimen
from exercises.engine import Checker
from exercises.local import OPERATIONS, check_local_derivatives
from exercises.prediction import predict, predictions
from exercises.result import Result, grade
from exercises.training import broken_loop

#: The lessons in order: each is a file of this package.
NAMES = (
    "chain_rule", "many_paths", "gates", "four_ways", "forward_or_backward", "build_your_own",
    "neurons", "matrices", "jacobians", "training", "vanishing", "softmax", "second_derivatives",
    "compile_it", "memory", "gpt", "towns", "debugging", "stability", "tensors", "big_ones",
    "spot_the_slip",
)  # fmt: skip

#: The checkers of each lesson, in order.
LESSONS: dict[str, list[Checker]] = {
    name: [
        each
        for each in vars(import_module(f"exercises.{name}")).values()
        if isinstance(each, Checker) and each.reference.__module__ == f"exercises.{name}"
    ]
    for name in NAMES
}

_CHECKERS = {each.__name__: each for lesson in LESSONS.values() for each in lesson}
globals().update(_CHECKERS)

__all__ = [
    "FAULTS", "LESSONS", "OPERATIONS", "Checker", "Result", "broken_loop", "check_bug",
    "check_local_derivatives", "grade", "predict", "predictions", "specimen", *_CHECKERS,
]  # fmt: skip
