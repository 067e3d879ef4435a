"""How exact a gradient can be expected to be, whose terms are added up in any order.

The derivative by a leaf is a sum over the ways from it to the outputs. Adding in another order
changes it by rounding: by some ulps of the sum of the terms' *magnitudes*, which is large where
terms cancel. That sum is what a reverse sweep of absolute values computes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from autodiff.primitive import local_derivative
from autodiff.program import Program
from tests.support.data import same

#: ulps of the sum of magnitudes; a sum of n terms in any order stays below n
ULPS = 64


def magnitudes(
    program: Program, leaves: Sequence[float], seeds: Mapping[int, float]
) -> list[float]:
    """For each leaf the sum of |seed * product of local derivatives| over all ways to it."""
    numbers = [*leaves, *program.constants]
    for primitive, operands in zip(program.primitives, program.operands, strict=True):
        numbers.append(primitive.total.forward(*[numbers[slot] for slot in operands]))
    sums = [0.0] * program.slots
    for position, seed in seeds.items():
        sums[program.outputs[position]] += abs(seed)
    active = program.activity()
    first = program.first_result
    for index in range(len(program.primitives) - 1, -1, -1):
        total, slots = sums[first + index], program.operands[index]
        if total == 0.0 or not active[first + index]:
            continue
        name = program.primitives[index].name
        if name in ("add", "sub"):  # the plain reading of a rule takes long; these are many
            parts: list[float | None] = [1.0, 1.0]
        elif name == "mul":
            parts = [numbers[slots[1]], numbers[slots[0]]]
        else:
            twin, z = program.primitives[index].total, numbers[first + index]
            operands = [numbers[slot] for slot in slots]
            parts = [
                local_derivative(twin, at, z, operands) if active[slot] else None
                for at, slot in enumerate(slots)
            ]
        for slot, part in zip(slots, parts, strict=True):
            if part is not None:
                sums[slot] += total * abs(part)
    return sums[: program.leaves]


def as_good(got: float, want: float, magnitude: float, ulps: int = ULPS) -> bool:
    """Whether a gradient is as exact as one that is added up in another order."""
    if same(got, want):
        return True
    return math.isfinite(magnitude) and abs(got - want) <= ulps * math.ulp(magnitude)
