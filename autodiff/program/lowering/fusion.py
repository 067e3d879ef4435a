"""What a Program's instructions are to each other: which are active, used often, or one sum.

A left fold of additions, `init + a1*b1 + a2*b2 + ...`, whose sums and products nobody else uses,
can be one instruction. The numbers are the same, because it adds the same products in the same
order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from autodiff import rules
from autodiff.primitive import Primitive
from autodiff.program.instructions import Instructions

#: A term of a fold: the slots of two factors, or of one number and None.
Term = tuple[int, int | None]


@dataclass(frozen=True)
class Fold:
    """A fused chain of additions; `members` are the instructions that it replaces."""

    init: int | None
    terms: tuple[Term, ...]
    members: tuple[int, ...]


@dataclass(frozen=True)
class Analysis:
    """What a layout is made from: found once, also where two layouts are tried.

    `active` says for each slot whether an adjoint of it is wanted, `uses` how often it is read,
    `folds` has the chains of additions by the instruction that ends them.
    """

    active: list[bool]
    uses: list[int]
    folds: dict[int, Fold]

    @classmethod
    def of(
        cls, program: Instructions, *, fuse: bool = True, outputs: Iterable[int] = ()
    ) -> Analysis:
        """The analysis of a Program, with more outputs; without folds if nothing is to be fused."""
        uses = _count_uses(program)
        for slot in outputs:
            uses[slot] += 2
        return cls(program.activity(), uses, _folds(program, uses) if fuse else {})


def terms_of(
    program: Instructions, folds: Mapping[int, Fold], index: int
) -> tuple[int | None, Sequence[Term]] | None:
    """Where an instruction of the form init + a1*b1 + ... starts, and its terms; None for others.

    Without an operand as init, a fold starts with its first term, and a sum at 0.
    """
    fold = folds.get(index)
    if fold is not None:
        return fold.init, fold.terms
    sums = program.primitives[index].terms
    if sums is None:
        return None
    start, terms = sums.split(program.operands[index])
    return start if sums.tail else None, [(*term, None)[:2] for term in terms]


def _count_uses(program: Instructions) -> list[int]:
    """For each slot how often it is an operand; to be an output counts as two uses."""
    uses = [0] * program.slots
    for slot in chain.from_iterable(program.operands):
        uses[slot] += 1
    for slot in program.outputs:
        uses[slot] += 2
    return uses


def _folds(program: Instructions, uses: Sequence[int]) -> dict[int, Fold]:
    """All chains of additions of a Program, by the instruction that ends them."""
    first, count = program.first_result, len(program.primitives)
    primitives, table = program.primitives, program.operands
    inner = bytearray(count)  # additions whose sum only the next addition of a chain uses
    for index in range(count):
        if primitives[index] is rules.add:
            left = table[index][0]
            if left >= first and uses[left] == 1 and primitives[left - first] is rules.add:
                inner[left - first] = 1
    found: dict[int, Fold] = {}
    for index in range(count):
        if primitives[index] is rules.add and not inner[index]:
            fold = _chain(index, primitives, table, uses, inner, first)
            if len(fold.members) > 1:
                found[index] = fold
    return found


def _chain(
    end: int, primitives: Sequence[Primitive], table: Sequence[tuple[int, ...]],
    uses: Sequence[int], inner: bytearray, first: int,
) -> Fold:  # fmt: skip
    """The chain that ends with an addition, read from its last term to its first."""

    def product(slot: int) -> tuple[int, int] | None:
        if slot >= first and uses[slot] == 1 and primitives[slot - first] is rules.mul:
            a, b = table[slot - first]
            return a, b
        return None

    members: list[int] = []
    terms: list[Term] = []
    at = end
    while True:
        members.append(at)
        left, right = table[at]
        factors = product(right)
        if factors is not None:
            members.append(right - first)
            terms.append(factors)
        else:
            terms.append((right, None))
        if left < first or not inner[left - first]:
            break
        at = left - first
    factors = product(left)
    if factors is None:
        return Fold(left, tuple(terms[::-1]), tuple(members))
    members.append(left - first)
    return Fold(None, (factors, *terms[::-1]), tuple(members))
