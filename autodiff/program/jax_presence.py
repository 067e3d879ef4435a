"""Below selections: where a node's adjoint is absent, its derivative must not be 0 times infinity.

JAX passes the adjoint 0 on to an operand that was not chosen, and 0 times an infinite derivative is
nan: `where(x > 0, sqrt(x), 0)` at 0. The engine passes nothing at all. So a node that only operands
not chosen depend on gets a mask, 0 there, by which its local derivatives are cut off; as plain
0*inf elsewhere stays nan, only such nodes get one. Masks cost time, so they are made where some
node below the selection can have an infinite derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autodiff import rules
from autodiff.formula import Apply, fold, names_in, split_condition
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS

from .instructions import Instructions

#: functions in rules that are finite wherever their operands are
_BOUNDED = frozenset(
    ("add", "sub", "mul", "neg", "when", "where", "not", "one", "sign", "gate", "copysign", "sin",
     "cos", "tanh", "sigmoid", "sigmoid_slope", "silu_bend", "softplus", "mish_bend", "erfc",
     "gauss", "atan_slope", "asinh_slope", "ties", *COMPARISONS)
)  # fmt: skip


def with_masks(program: Instructions) -> tuple[Instructions, dict[int, int]]:
    """The Program, and the slots of masks by instruction, for those that need one.

    Masks are instructions on numbers without derivatives: those of a copy of the Program that
    comes before it, on leaves of its own, as many as there were. Without masks there is no copy.
    """
    fragile = _fragile(program) if any(map(_selects, set(program.primitives))) else set()
    if not fragile:
        return program, {}
    made = _Copy(program)
    first = program.first_result
    reached: dict[int, list[int | None]] = {slot: [None] for slot in program.outputs}
    masks: dict[int, int] = {}
    for index in reversed(range(len(program.primitives))):
        slot = first + index
        if slot not in reached:
            continue  # nobody uses it
        present = made.any(reached[slot])
        if index in fragile and present is not None:
            masks[index] = present
        primitive, operands = program.primitives[index], program.operands[index]
        for at, operand in enumerate(operands):
            if operand >= first:
                here = made.both(present, made.chosen(primitive, at, slot, operands))
                reached.setdefault(operand, []).append(here)
    return made.finish(masks) if masks else (program, {})


class _Copy:
    """A Program, and instructions behind it; then the Program once more.

    `_add` takes slots and plain numbers, which become constants when it is finished.
    """

    def __init__(self, program: Instructions) -> None:
        self._program = program
        self._added: list[tuple[Primitive, tuple[int | float, ...]]] = []
        self._known: dict[tuple[object, ...], int] = {}

    def _add(self, primitive: Primitive, operands: tuple[int | float, ...]) -> int:
        key = primitive, operands, *map(type, operands)  # 0 is a slot, 0.0 a number
        if key not in self._known:
            self._known[key] = self._program.slots + len(self._added)
            self._added.append((primitive, operands))
        return self._known[key]

    def chosen(
        self, primitive: Primitive, at: int, slot: int, operands: Sequence[int]
    ) -> int | None:
        """Whether a selection has chosen an operand; None where it always passes the adjoint on."""
        condition, _ = split_condition(primitive.derivative(at, len(operands)))
        if condition is None:
            return None
        names: dict[str, int | float] = primitive.bind(at, slot, operands)

        def apply(name: str, parts: tuple[int | float, ...]) -> int | float:
            return self._add(PRIMITIVES[name], parts)

        number = fold(condition, float, names.__getitem__, apply)
        if isinstance(condition, Apply) and condition.name in ("not", *COMPARISONS):
            return int(number)  # it is 0 or 1 already
        return self._add(rules.not_equal, (number, 0.0))

    def both(self, first: int | None, second: int | None) -> int | None:
        """A mask where both are; None is always 1."""
        if first is None or second is None:
            return second if first is None else first
        return self._add(rules.mul, (first, second))

    def any(self, masks: Sequence[int | None]) -> int | None:
        """A mask where one of them is."""
        different = [mask for mask in dict.fromkeys(masks) if mask is not None]
        if None in masks or len(different) < 2:
            return None if None in masks else different[0]
        return self._add(rules.maximum, tuple(different))

    def finish(self, masks: dict[int, int]) -> tuple[Instructions, dict[int, int]]:
        """The whole, and the slots of the masks."""
        program = self._program
        leaves, first = program.leaves, program.first_result
        numbers = [x for _, operands in self._added for x in operands if isinstance(x, float)]
        extra = dict.fromkeys(numbers)
        where = {number: 2 * leaves + len(program.constants) + n for n, number in enumerate(extra)}
        results = first + leaves + len(extra)
        again = len(program.primitives) + len(self._added)

        def place(slot: int | float, moved: int, behind: int) -> int:
            if isinstance(slot, float):
                return where[slot]
            return slot + (moved if slot < leaves else leaves if slot < first else behind)

        copied = [*zip(program.primitives, program.operands, strict=True), *self._added]
        early, late = results - first, results - first + again
        operands = [tuple([place(x, leaves, early) for x in row]) for _, row in copied]
        operands += [tuple([place(x, 0, late) for x in row]) for row in program.operands]
        whole = replace(
            program, leaves=2 * leaves, constants=(*program.constants, *extra),
            primitives=(*[primitive for primitive, _ in copied], *program.primitives),
            operands=tuple(operands), passive=frozenset(), labels={},
            outputs=tuple([place(slot, 0, late) for slot in program.outputs]),
        )  # fmt: skip
        return whole, {again + at: slot + early for at, slot in masks.items()}


def _fragile(program: Instructions) -> set[int]:
    """The instructions whose derivatives may be infinite, and those computed from their results."""
    first = program.first_result
    infinite = set(filter(_may_be_infinite, set(program.primitives)))
    found: set[int] = set()
    for index, primitive in enumerate(program.primitives):
        if primitive in infinite or any(slot - first in found for slot in program.operands[index]):
            found.add(index)
    return found


def _may_be_infinite(primitive: Primitive) -> bool:
    if primitive.has_limit or primitive.domain is not None:
        return True
    return any(not names_in(rule) <= _BOUNDED for rule in primitive.formulas)


def _selects(primitive: Primitive) -> bool:
    """Whether some operand of a primitive may get no contribution."""
    return any(split_condition(rule)[0] is not None for rule in primitive.formulas)
