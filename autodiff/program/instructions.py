"""`Instructions`: a graph of Values in flat form, without a single Value in it. Plain data.

Every number has a *slot*: first the leaves (arguments, then captured parameters), then the
constants, then one slot per instruction, in the topological order in which `backward()` sweeps the
graph (reversed). So a machine that runs the instructions forward and then backward adds up every
adjoint in the same order as the eager engine, and gets the same bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar, NamedTuple, Self

from autodiff.complaints import formula_text
from autodiff.errors import AutodiffError
from autodiff.formula import is_literal
from autodiff.primitive import Primitive

from .ends import ENDS
from .numpy_types import Array, numpy


class ProgramError(AutodiffError, ValueError):
    """A Program that no machine may run: a wrong slot, or a wrong number of operands."""


class Columns(NamedTuple):
    """First and second operands of all instructions; `others` are those that have not two."""

    left: list[int]
    right: list[int]
    others: dict[int, tuple[int, ...]]  # in their order


class Flat(NamedTuple):
    """Instructions as arrays: `kinds` are ids of primitives, `operands` those of all in a row."""

    kinds: Array
    counts: Array
    starts: Array
    operands: Array


@dataclass(frozen=True, eq=False)
class Instructions:
    """The flat form of a graph: leaves, constants, instructions, outputs.

    `leaves` counts the numbers that a run is given, of which the first `arguments` are arguments
    and the rest captured parameters. Instruction i applies `primitives[i]` to the slots
    `operands[i]` and writes the slot `first_result + i`. `outputs` are slots. `passive` leaves
    are plain numbers: no gradient is computed for them. `labels` are the users' names of slots.
    """

    leaves: int
    constants: tuple[float, ...]
    primitives: tuple[Primitive, ...]
    operands: tuple[tuple[int, ...], ...]
    outputs: tuple[int, ...]
    arguments: int = 0
    passive: frozenset[int] = frozenset()
    labels: Mapping[int, str] = field(default_factory=dict)

    # ---- slots -------------------------------------------------------------------------------

    @property
    def first_result(self) -> int:
        """The slot of the first instruction's result."""
        return self.leaves + len(self.constants)

    @property
    def slots(self) -> int:
        """How many numbers a run holds."""
        return self.first_result + len(self.primitives)

    @classmethod
    def in_columns(cls, columns: Columns, **others: Any) -> Self:
        """Instructions whose tuples of operands are made when somebody asks for them."""
        made = cls(operands=(), **others)
        del vars(made)["operands"]
        vars(made)["_columns"] = columns
        return made

    def _rows(self) -> tuple[tuple[int, ...], ...]:
        """All operands, from columns; `operands` where it has not been asked for before."""
        left, right, others = self._columns
        rows: list[tuple[int, ...]] = list(zip(left, right, strict=True))
        for at, row in others.items():
            rows[at] = row
        return tuple(rows)

    _columns: ClassVar[Columns] = Columns([], [], {})  # of those that have some

    def row(self, at: int) -> tuple[int, ...]:
        """The operands of one instruction."""
        if "operands" in vars(self):
            return self.operands[at]
        left, right, others = self._columns
        return others.get(at) or (left[at], right[at])

    @property
    def widest(self) -> int:
        """The largest number of operands of an instruction."""
        if "operands" in vars(self):
            return max(map(len, self.operands), default=0)
        return max([2, *map(len, self._columns.others.values())])

    def flat(self) -> Flat:
        """The same for NumPy, which looks at all of them at once."""
        np = numpy()
        size = len(self.primitives)
        kinds = np.fromiter(map(id, self.primitives), np.int64, size)
        if "_columns" not in vars(self):
            counts = np.fromiter(map(len, self.operands), np.int64, size)
            flat = np.fromiter(chain.from_iterable(self.operands), np.int64)
            return Flat(kinds, counts, np.add.accumulate(counts) - counts, flat)
        left, right, others = self._columns
        counts, places = np.full(size, 2), np.array([*others], np.int64)
        counts[places] = np.fromiter(map(len, others.values()), np.int64, len(others))
        ends = np.add.accumulate(counts)
        starts = ends - counts
        binary = np.ones(size, bool)
        binary[places] = False
        flat = np.full(int(ends[-1]) if size else 0, -1)
        flat[starts[binary]] = np.fromiter(left, np.int64, size)[binary]
        flat[starts[binary] + 1] = np.fromiter(right, np.int64, size)[binary]
        flat[flat < 0] = np.fromiter(chain.from_iterable(others.values()), np.int64)
        return Flat(kinds, counts, starts, flat)

    def validate(self) -> None:
        """Raise ProgramError unless every instruction reads only slots written before it."""
        if not 0 <= self.arguments <= self.leaves:
            raise ProgramError(f"{self.arguments} arguments among {self.leaves} leaves")
        if len(self.primitives) != len(self.operands):
            raise ProgramError(
                f"{len(self.primitives)} primitives, but operands for {len(self.operands)}"
            )
        slot = self.first_result
        for primitive, operands in zip(self.primitives, self.operands, strict=True):
            if primitive.arity is not None and len(operands) != primitive.arity:
                raise ProgramError(
                    f"{primitive.name} takes {primitive.arity} operands, not {len(operands)}"
                )
            rest = len(operands) - primitive.tail
            if primitive.arity is None and (rest < 0 or rest % primitive.columns):
                raise ProgramError(f"{primitive.name} cannot take {len(operands)} operands")
            for operand in operands:
                if not 0 <= operand < slot:
                    raise ProgramError(
                        f"{primitive.name}: operand slot {operand} is not before {slot}"
                    )
            slot += 1
        for output in self.outputs:
            if not 0 <= output < slot:
                raise ProgramError(f"output slot {output} is outside 0 .. {slot - 1}")

    def activity(self) -> list[bool]:
        """For each slot: whether it depends, through derivatives, on a leaf with a gradient."""
        active = [slot not in self.passive for slot in range(self.leaves)]
        active += [False] * len(self.constants)
        flat = {  # primitives all of whose rules are the literal 0
            primitive
            for primitive in set(self.primitives)
            if all(is_literal(rule, 0.0) for rule in primitive.formulas)
        }
        for primitive, operands in zip(self.primitives, self.operands, strict=True):
            found = False
            if primitive not in flat:
                for operand in operands:
                    if active[operand]:
                        found = True
                        break
            active.append(found)
        return active

    def order(self, roots: Sequence[int]) -> list[int]:
        """The instructions that some slots depend on, in the engine's topological order of them.

        The order of the graph of these roots alone: what `backward()` on them would sweep. The
        eager graph ends at a comparison, which is a plain bool there, and at a detached number.
        """
        if tuple(roots) == self.outputs and ENDS.isdisjoint(self.primitives):
            return list(range(len(self.primitives)))  # the order in which they stand
        first = self.first_result
        done = bytearray(self.slots)
        found: list[int] = []
        stack = [slot for slot in reversed(roots) if slot >= first]
        while stack:
            slot = stack[-1]
            if done[slot]:
                stack.pop()
                if done[slot] == 1:
                    done[slot] = 2
                    found.append(slot - first)
                continue
            done[slot] = 1
            if self.primitives[slot - first] in ENDS:
                continue
            operands = reversed(self.visited(slot - first))
            stack += [operand for operand in operands if operand >= first and not done[operand]]
        return found

    def visited(self, index: int) -> tuple[int, ...]:
        """An instruction's operands in the order in which the engine's sort visits them."""
        primitive, operands = self.primitives[index], self.operands[index]
        if primitive.columns < 2:
            return operands
        x, y = primitive.pack(operands)
        return (*x, *y)

    # ---- reading -----------------------------------------------------------------------------

    def statistics(self) -> dict[str, int]:
        """Counts of leaves, constants, instructions, operands and outputs."""
        return {
            "leaves": self.leaves,
            "constants": len(self.constants),
            "instructions": len(self.primitives),
            "operands": sum(map(len, self.operands)),
            "outputs": len(self.outputs),
        }

    def count(self) -> dict[str, int]:
        """How often each primitive occurs, most frequent first."""
        return dict(Counter(primitive.name for primitive in self.primitives).most_common())

    def names(self) -> list[str]:
        """A different readable name for every slot: labels where there are any."""
        names: list[str] = []
        taken: set[str] = set()
        for slot in range(self.slots):
            label = self.labels.get(slot)
            name = label if label is not None and label.isidentifier() else self._plain(slot)
            while name in taken:
                name += "_"
            taken.add(name)
            names.append(name)
        return names

    def _plain(self, slot: int) -> str:
        if slot < self.arguments:
            return f"a{slot}"
        if slot < self.leaves:
            return f"p{slot - self.arguments}"
        first = self.first_result
        return f"c{slot - self.leaves}" if slot < first else f"t{slot - first}"

    def __str__(self) -> str:
        names = self.names()
        width = max([6, *(len(name) for name in names)])
        rows = [(names[slot], "leaf") for slot in range(self.leaves)]
        rows += [(names[self.leaves + i], repr(c)) for i, c in enumerate(self.constants)]
        for index, (primitive, operands) in enumerate(
            zip(self.primitives, self.operands, strict=True)
        ):
            shown = [_Named(names[operand]) for operand in operands]
            rows.append((names[self.first_result + index], formula_text(primitive, shown)))
        rows.append(("return", ", ".join(names[slot] for slot in self.outputs)))
        return "\n".join(f"{name:<{width}} {text}" for name, text in rows)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {self.leaves} leaves, {len(self.primitives)} instructions, "
            f"{len(self.outputs)} outputs>"
        )


#: `operands` where it was not given; see `in_columns`
_operands: Any = cached_property(Instructions._rows)
_operands.__set_name__(Instructions, "operands")
Instructions.operands = _operands


@dataclass(frozen=True)
class _Named:
    label: str
