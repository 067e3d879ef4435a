"""Exercises with checkers: build your own Value, derive by hand, find the bug.

Every checker takes your code, runs it on random inputs and answers with a `Result`: ✓ and a
sentence, or ✗ with what is wrong and a hint. None looks at how your code is written, and none
needs a later exercise. In a notebook that lies beside this folder:

    from exercises import check_add

    class Value: ...

    check_add(Value)

Solutions are in `exercises.solutions`; try first.
"""

from __future__ import annotations

from exercises.bugs import FAULTS, check_bug, specimen
from exercises.build import (
    check_add,
    check_backward,
    check_mul,
    check_neuron,
    check_power,
    check_tanh,
    check_topological_order,
    check_twice,
)
from exercises.by_hand import OPERATIONS, check_local_derivatives, check_three_layers
from exercises.result import Result
from exercises.softmax import check_softmax_cross_entropy
from exercises.training import check_training_loop

__all__ = [
    "FAULTS", "OPERATIONS", "Result", "check_add", "check_backward", "check_bug",
    "check_local_derivatives", "check_mul", "check_neuron", "check_power",
    "check_softmax_cross_entropy", "check_tanh", "check_three_layers", "check_topological_order",
    "check_training_loop", "check_twice", "specimen",
]  # fmt: skip
