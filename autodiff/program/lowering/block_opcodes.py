"""The instruction set of the block machine, which runs a Program for 32 examples at a time.

A code word is an unsigned 32-bit number, and every instruction has the same form:

    opcode, out, n, operand 1, ..., operand n

An operand is 2*i + 1 for number i of the examples, of which each has its own, and 2*i for number i
of those that all examples share; a result is always of the first kind.

    dense       init, a1, b1, a2, b2, ...   init + a1*b1 + a2*b2 + ..., left to right, where each a
                                            is shared and each b is not
    terms       init, a1, b1, a2, b2, ...   the same for any a and b
    layer       m, out1, ..., outm,         the sweep of m such sums of the same b's, the neurons of
                b1, a11, ..., a1m, ...      a layer: each a gets adjoint times b, each b gets the
                                            sum of adjoint times a; each a is shared, each b is not
    products    t1, f1, t2, f2, ...         the sweep: t gets adjoint times f
    NAME        x, y, ...                   a primitive; in the sweep, one opcode for each set of
                                            operands that want a contribution
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autodiff.primitive import Primitive

from .opcodes import CodeError, active_sets, all_active, calls

HALT, DENSE, TERMS, LAYER, PRODUCTS = range(5)
EXAMPLES = 32
_HEAD = 3


@dataclass(frozen=True)
class BlockOpcode:
    """One entry of the table. `active` are the operands that get a contribution."""

    number: int
    name: str
    passes: tuple[bool, ...] = (False, True)
    primitive: Primitive | None = None
    active: tuple[int, ...] = ()
    head: int = _HEAD
    lanes: bool = False  # as the opcodes of single instructions have it

    @property
    def form(self) -> str:
        """As the opcodes of single instructions have it."""
        return "n-ary" if self.primitive is not None and self.primitive.arity is None else "fixed"

    def fits(self, count: int) -> bool:
        """Whether it may have so many operands."""
        if self.number == LAYER:
            return count > 0
        if self.primitive is None:
            return count % 2 == (1 if self.number in (DENSE, TERMS) else 0)
        if self.primitive.arity is not None:
            return count == self.primitive.arity
        return count > self.primitive.tail


class BlockTable:
    """All opcodes for a set of primitives."""

    def __init__(self, primitives: Iterable[Primitive]) -> None:
        both, forward, reverse = (False, True), (False,), (True,)
        self.opcodes: list[BlockOpcode] = [
            BlockOpcode(HALT, "halt", both), BlockOpcode(DENSE, "dense", forward),
            BlockOpcode(TERMS, "terms", forward), BlockOpcode(LAYER, "layer", reverse),
            BlockOpcode(PRODUCTS, "products", reverse),
        ]  # fmt: skip
        self._by_key: dict[tuple[str, tuple[int, ...]], BlockOpcode] = {}
        for primitive in primitives:
            if primitive.terms is not None:
                continue
            sets = active_sets(primitive)
            for at, active in enumerate(sets if calls(primitive) else sets[:1]):
                passes = reverse if at else both
                number, name = len(self.opcodes), primitive.name
                opcode = BlockOpcode(number, name, passes, primitive, active)
                self.opcodes.append(opcode)
                self._by_key[name, active] = opcode

    def of(self, primitive: Primitive, active: Sequence[bool] = ()) -> BlockOpcode:
        """The opcode of a primitive; in the sweep, for operands that want a contribution."""
        everything = all_active(primitive)
        wanted = tuple(at for at in everything if active[at]) if active else everything
        if primitive.arity is None:
            wanted = everything
        return (
            self._by_key.get((primitive.name, wanted)) or self._by_key[primitive.name, everything]
        )

    def verify(
        self, words: Sequence[int], numbers: tuple[int, int], *, room: int, reverse: bool
    ) -> None:
        """Raise CodeError unless a code stream is whole and stays inside its memory.

        There are `numbers` that all examples share, and that each has, and room for as many
        operands of one instruction. A wrong word would crash the process, so no code runs
        unverified.
        """
        at, count = 0, len(words)
        while True:
            if at >= count or words[at] >= len(self.opcodes):
                raise CodeError(f"no opcode at word {at} of {count}")
            opcode = self.opcodes[words[at]]
            if opcode.number == HALT:
                if at != count - 1:
                    raise CodeError(f"the code goes on after its end at word {at}")
                return
            where = f"{opcode.name} at word {at}"
            if at + _HEAD > count or at + _HEAD + words[at + 2] > count:
                raise CodeError(f"{where}: cut off")
            given = words[at + _HEAD : at + _HEAD + words[at + 2]]
            if reverse not in opcode.passes:
                raise CodeError(f"{where}: not in this pass")
            n_ary = opcode.form == "n-ary"
            # z goes into the room as well, in a sweep
            if not opcode.fits(len(given)) or (n_ary and len(given) >= room):
                raise CodeError(f"{where}: {len(given)} operands")
            slots = [words[at + 1], *given]
            kinds = [word & 1 for word in given]
            if opcode.number == LAYER:
                together, slots = given[0], slots[:1] + slots[2:]
                kinds = kinds[1:]
                results, rest = kinds[:together], kinds[together:]
                rows = [rest[i : i + together + 1] for i in range(0, len(rest), together + 1)]
                right = [1, *[0] * min(together, len(rest))]
                if not (together and all(results) and all(row == right for row in rows)):
                    raise CodeError(f"{where}: factors of the wrong kind")
            if any(word >> 1 >= numbers[word & 1] for word in slots) or not words[at + 1] & 1:
                raise CodeError(f"{where}: a slot outside of {numbers[0]} and {numbers[1]}")
            dense = kinds[1:] if opcode.number == DENSE else []
            if any(dense[::2]) or not all(dense[1::2]):
                raise CodeError(f"{where}: factors of the wrong kind")
            at += _HEAD + len(given)
