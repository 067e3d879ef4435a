"""Below selections: where a node's adjoint is absent, its derivative must not be 0 times infinity.

JAX passes the adjoint 0 on to an operand that was not chosen, and 0 times an infinite derivative is
nan: `where(x > 0, sqrt(x), 0)` at 0. The engine passes nothing at all. So a node that only operands
not chosen depend on gets a mask, 0 there, by which its local derivatives are cut off; as plain
0*inf elsewhere stays nan, only such nodes get one. Masks cost time, so they are made where some
node below the selection can have an infinite derivative.
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.formula import Formula, fold, names_in, split_condition
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS

from .jax_loops import JaxArray
from .jax_values import in_jax
from .program import Program

#: functions in rules that are finite wherever their operands are
_BOUNDED = frozenset(
    ("add", "sub", "mul", "neg", "when", "where", "not", "one", "sign", "gate", "copysign", "sin",
     "cos", "tanh", "sigmoid", "sigmoid_slope", "silu_bend", "softplus", "mish_bend", "erfc",
     "gauss", "atan_slope", "asinh_slope", "ties", *COMPARISONS)
)  # fmt: skip


def masks(program: Program, numbers: Sequence[JaxArray]) -> dict[int, JaxArray | None]:
    """By instruction, whether its adjoint is there, for those that need to know it.

    `numbers` are those of all slots, without derivatives.
    """
    fragile = _fragile(program)
    if not fragile:
        return {}
    first = program.first_result
    present: dict[int, JaxArray | None] = dict.fromkeys(program.outputs)  # None: always
    for index in reversed(range(len(program.primitives))):
        slot = first + index
        if slot not in present:
            continue  # nobody uses it
        primitive, operands = program.primitives[index], program.operands[index]
        for at, operand in enumerate(operands):
            if operand >= first:
                condition = _chosen(primitive, at, numbers[slot], [numbers[x] for x in operands])
                here = _both(present[slot], condition)
                present[operand] = _either(present[operand], here) if operand in present else here
    return {
        index: present[first + index] for index in fragile if present.get(first + index) is not None
    }


def _both(first: JaxArray | None, second: JaxArray | None) -> JaxArray | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _either(first: JaxArray | None, second: JaxArray | None) -> JaxArray | None:
    return None if first is None or second is None else first | second


def _fragile(program: Program) -> set[int]:
    """The instructions whose derivatives may be infinite, and those computed from their results."""
    first = program.first_result
    found: set[int] = set()
    for index, primitive in enumerate(program.primitives):
        if _may_be_infinite(primitive) or any(
            slot - first in found for slot in program.operands[index]
        ):
            found.add(index)
    return found


def _may_be_infinite(primitive: Primitive) -> bool:
    if primitive.has_limit or primitive.domain is not None:
        return True
    return any(not names_in(rule) <= _BOUNDED for rule in primitive.formulas)


def _chosen(
    primitive: Primitive, at: int, z: JaxArray, operands: Sequence[JaxArray]
) -> JaxArray | None:
    """Whether a selection has chosen an operand; None where it always passes the adjoint on."""
    condition, _ = split_condition(primitive.derivative(at, len(operands)))
    if condition is None:
        return None
    names = primitive.bind(at, z, operands)
    return number(condition, names) != 0


def number(formula: Formula, names: dict[str, JaxArray]) -> JaxArray:
    """A formula on JAX numbers, for its value alone."""

    def apply(name: str, operands: tuple[JaxArray, ...]) -> JaxArray:
        import jax.numpy as jnp

        return in_jax(PRIMITIVES[name])(*map(jnp.asarray, operands))

    return fold(formula, float, names.__getitem__, apply)


def selects(primitive: Primitive) -> bool:
    """Whether some operand of a primitive may get no contribution."""
    return any(split_condition(rule)[0] is not None for rule in primitive.formulas)
