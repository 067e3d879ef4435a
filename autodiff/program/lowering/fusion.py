"""What a Program's instructions are to each other: which are active, used often, or one sum.

A left fold of additions, `init + a1*b1 + a2*b2 + ...`, whose sums and products nobody else uses,
can be one instruction. The numbers are the same, because it adds the same products in the same
order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from autodiff import rules
from autodiff.program.instructions import Instructions

#: A term of a fold: the slots of two factors, or of one number and None.
Term = tuple[int, int | None]


class Fold(NamedTuple):
    """A fused chain of additions; `members` are the instructions that it replaces."""

    init: int | None
    terms: list[Term]
    members: list[int]


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
    first, primitives, table = program.first_result, program.primitives, program.operands
    add, mul = rules.add, rules.mul
    chains: dict[int, Fold] = {}  # by the slot of the last sum
    for at, primitive in enumerate(primitives):
        if primitive is not add:
            continue
        left, right = table[at]
        chain = chains.pop(left, None) if uses[left] == 1 else None
        if chain is None:
            chain = Fold(left, [], [])
            if left >= first and uses[left] == 1 and primitives[left - first] is mul:
                chain = Fold(None, [table[left - first]], [left - first])  # type: ignore[list-item]  # two
        _, terms, members = chain
        if right >= first and uses[right] == 1 and primitives[right - first] is mul:
            terms.append(table[right - first])  # type: ignore[arg-type]  # of two factors
            members.append(right - first)
        else:
            terms.append((right, None))
        members.append(at)
        chains[first + at] = chain
    return {slot - first: chain for slot, chain in chains.items() if len(chain.members) > 1}
