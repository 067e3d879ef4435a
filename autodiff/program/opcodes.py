"""The instruction set of the virtual machine: one table for both sides.

The emitter (virtual_machine.py) makes a branch for every opcode of the table, the lowering pass
(lower.py) writes code words by it, and `verify` reads them by it again before they run.

A code word is an unsigned 32-bit number. An instruction is its opcode, the slot of its result,
and its operands:

    fixed     opcode, out, x, y, ...            a primitive with a fixed number of operands
    n-ary     opcode, out, n, x1, ..., xn       a primitive of any number of operands
    affine    opcode, out, init, m, a1, b1, ... init + a1*b1 + a2*b2 + ..., left to right
    sum       opcode, out, init, m, a1, a2, ... init + a1 + a2 + ..., left to right

`fold` and `fold_sum` compute the same as `affine` and `sum`; their reverse sweep is that of the
chain of additions that they stand for, last term first. A fixed primitive has an opcode for each
set of operands that may want a contribution; the forward pass treats them alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autodiff.primitive import Primitive, is_literal

HALT = 0
#: n-ary primitives that have opcodes of their own instead of the general n-ary form
AS_TERMS = ("sum", "dot", "affine")


@dataclass(frozen=True)
class Opcode:
    """One entry of the table. `active` are the operands that get a contribution."""

    number: int
    name: str
    form: str  # "halt", "fixed", "n-ary", "affine" or "sum"
    primitive: Primitive | None = None
    active: tuple[int, ...] = ()

    def length(self, words: Sequence[int], at: int) -> int:
        """How many words an instruction of this opcode takes that stands at `at`."""
        if self.form == "fixed":
            assert self.primitive is not None
            return 2 + len(self.primitive.variables)
        if self.form == "n-ary":
            return 3 + words[at + 2]
        if self.form == "affine":
            return 4 + 2 * words[at + 3]
        return 4 + words[at + 3] if self.form == "sum" else 1

    def operands(self, words: Sequence[int], at: int) -> Sequence[int]:
        """The slots that such an instruction reads."""
        end = at + self.length(words, at)
        if self.form == "fixed":
            return words[at + 2 : end]
        if self.form == "n-ary":
            return words[at + 3 : end]
        return [words[at + 2], *words[at + 4 : end]]


class Table:
    """All opcodes for a set of primitives."""

    def __init__(self, primitives: Iterable[Primitive]) -> None:
        self.opcodes: list[Opcode] = [Opcode(HALT, "halt", "halt")]
        self._by_key: dict[tuple[str, tuple[int, ...]], Opcode] = {}
        for name, form in (
            ("fold", "affine"), ("fold_half", "affine"), ("affine", "affine"),
            ("affine_half", "affine"), ("fold_sum", "sum"), ("sum", "sum"),
        ):  # fmt: skip
            self._add(name, form)
        for primitive in primitives:
            if primitive.name in AS_TERMS:
                continue
            form = "n-ary" if primitive.arity is None else "fixed"
            for active in _active_sets(primitive):
                self._add(primitive.name, form, primitive, active)

    def _add(
        self, name: str, form: str, primitive: Primitive | None = None,
        active: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        opcode = Opcode(len(self.opcodes), name, form, primitive, active)
        self.opcodes.append(opcode)
        self._by_key[name, active] = opcode

    def named(self, name: str) -> Opcode:
        """The opcode of a form of its own."""
        return self._by_key[name, ()]

    def __contains__(self, primitive: Primitive) -> bool:
        return primitive.name in AS_TERMS or (primitive.name, _all(primitive)) in self._by_key

    def of(self, primitive: Primitive, active: Sequence[bool]) -> Opcode:
        """The opcode of a primitive some of whose operands want a contribution."""
        everything = _all(primitive)
        if primitive.arity is None:
            return self._by_key[primitive.name, everything]
        wanted = tuple(at for at in everything if active[at])
        found = self._by_key.get((primitive.name, wanted))
        return found or self._by_key[primitive.name, everything]

    def decode(self, words: Sequence[int]) -> Iterator[tuple[Opcode, int]]:
        """The instructions of a code stream, each with its position."""
        at = 0
        while True:
            opcode = self.opcodes[words[at]]
            yield opcode, at
            if opcode.number == HALT:
                return
            at += opcode.length(words, at)


def _all(primitive: Primitive) -> tuple[int, ...]:
    """The operands (variables, of an n-ary primitive) whose rule is not the literal 0."""
    rules = enumerate(primitive.formulas)
    return tuple(at for at, rule in rules if not is_literal(rule, 0.0))


def _active_sets(primitive: Primitive) -> list[tuple[int, ...]]:
    everything = _all(primitive)
    if primitive.arity is None or len(everything) < 2:
        return [everything]
    return [everything, *[(at,) for at in everything]]


class CodeError(ValueError):
    """A code stream that would read or write outside its slots."""


def verify(table: Table, words: Sequence[int], slots: int) -> None:
    """Raise CodeError unless a code stream is whole and stays inside its slots.

    A wrong word would crash the process, so no code runs unverified.
    """
    count = len(words)
    at = 0
    while True:
        if at >= count or words[at] >= len(table.opcodes):
            raise CodeError(f"no opcode at word {at} of {count}")
        opcode = table.opcodes[words[at]]
        if opcode.number == HALT:
            if at != count - 1:
                raise CodeError(f"the code goes on after its end at word {at}")
            return
        head = {"n-ary": 3, "fixed": 2}.get(opcode.form, 4)
        if at + head > count or at + opcode.length(words, at) > count:
            raise CodeError(f"{opcode.name} at word {at}: cut off")
        if words[at + 1] >= slots or max(opcode.operands(words, at), default=0) >= slots:
            raise CodeError(f"{opcode.name} at word {at}: a slot outside 0 .. {slots - 1}")
        at += opcode.length(words, at)
