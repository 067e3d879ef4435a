"""The instruction set of the virtual machine: one table for both sides.

The emitter (virtual_machine.py) makes a branch for every opcode of the table, the lowering pass
(lower.py) writes code words by it, and `verify` reads them by it again before they run.

A code word is an unsigned 32-bit number. An instruction is its opcode, the slot of its result,
and its operands:

    fixed     opcode, out, x, y, ...            a primitive with a fixed number of operands
    n-ary     opcode, out, n, x1, ..., xn       a primitive of any number of operands
    affine    opcode, out, init, m, a1, b1, ... init + a1*b1 + a2*b2 + ..., left to right
    sum       opcode, out, init, m, a1, a2, ... init + a1 + a2 + ..., left to right
    strided   opcode, out, init, m, a, da, b, db    affine whose factors lie da and db apart

    batch     opcode, low, high                 a body for many examples: the address of a frame

An instruction in lanes stands for n of these, whose results lie side by side and whose operands
lie a constant step apart. Each operand is a *column*, two words: its slot in lane 0, and the step.

    lane fixed    opcode, out, n, x, dx, y, dy, ...
    lane n-ary    opcode, out, n, m, x1, dx1, ..., xm, dxm
    lane affine   opcode, out, n, m, init, d, a1, da1, b1, db1, ...    the forward pass alone
    lane shared   opcode, out, n, m, init, d, a1, b1, ...              the same where each a is
                  one number for all lanes, and each b has step 1
    products      opcode, out, n, m, t1, dt1, f1, df1, ...             the reverse sweep alone:
                  the adjoint of the result, times the factor f, goes to the adjoint of t
    pairs         opcode, out, n, m, a1, b1, ...                       the reverse sweep alone:
                  what a and b of a lane shared get

`fold` and `fold_sum` compute the same as `affine` and `sum`; their reverse sweep is that of the
chain of additions that they stand for, last term first. A fixed primitive has an opcode for all
its operands, and one for each operand that alone wants a contribution; the forward pass treats
them alike. In lanes only those have so many whose rules take long: the derivative by an exponent
is a logarithm. What a passive slot gets is never read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from autodiff.formula import fold, is_literal
from autodiff.primitive import Primitive
from autodiff.signs import SIGNS

HALT = 0
_IN_LANES = ("lane_affine", "lane_shared", "products", "pairs")

#: functions in rules that take no longer than a multiplication, or little
_QUICK = frozenset(
    (*SIGNS, "neg", "abs", "when", "where", "gate", "ratio", "one", "not")
).difference(("mod", "floordiv"))  # fmt: skip

#: per form: words before the operands, the place of their count (0: none), words per operand
SHAPES = {
    "fixed": (2, 0, 1), "n-ary": (3, 2, 1), "affine": (4, 3, 2), "sum": (4, 3, 1),
    "strided": (8, 0, 0), "batch": (3, 0, 0),
    "lane fixed": (3, 0, 2), "lane n-ary": (4, 3, 2), "lane affine": (6, 3, 4),
    "lane shared": (6, 3, 2), "products": (4, 3, 4), "pairs": (4, 3, 2), "halt": (1, 0, 0),
}  # fmt: skip
#: forms that occur in one of the passes alone
FORWARD_ALONE = ("lane affine", "lane shared")
REVERSE_ALONE = ("products", "pairs")


@dataclass(frozen=True)
class Opcode:
    """One entry of the table. `active` are the operands that get a contribution."""

    number: int
    name: str
    form: str
    primitive: Primitive | None = None
    active: tuple[int, ...] = ()

    @cached_property
    def head(self) -> int:
        """How many words come before the operands."""
        return SHAPES[self.form][0]

    @cached_property
    def lanes(self) -> bool:
        """Whether it stands for several instructions side by side."""
        return self.form in ("lane fixed", "lane n-ary", *FORWARD_ALONE, *REVERSE_ALONE)

    @property
    def tail(self) -> int:
        """How many single operands an n-ary primitive has after its columns."""
        return self.primitive.tail if self.primitive else 0

    def length(self, words: Sequence[int], at: int) -> int:
        """How many words an instruction of this opcode takes that stands at `at`."""
        head, counted, width = SHAPES[self.form]
        if counted:
            return head + width * words[at + counted]
        return head + width * len(self.primitive.variables) if self.primitive else head

    def reach(self, words: Sequence[int], at: int) -> int:
        """The last slot that such an instruction reads or writes."""
        end = at + self.length(words, at)
        if self.form == "fixed":
            return max(words[at + 1 : end])
        if self.form == "batch":  # its frame is verified where it is made
            return 0
        if self.form == "strided":
            out, init, count, a, da, b, db = words[at + 1 : end]
            return max(out, init, a + (count - 1) * da, b + (count - 1) * db)
        if not self.lanes:
            first = at + (3 if self.form == "n-ary" else 2)
            found = max(words[first:end], default=0)
            if self.form in ("affine", "sum"):  # between init and the terms stands their count
                found = max(words[first], max(words[first + 2 : end], default=0))
            return max(found, words[at + 1])
        last = words[at + 2] - 1
        first = at + (3 if self.form == "lane fixed" else 4)
        starts, steps = list(words[first:end:2]), list(words[first + 1 : end : 2])
        if self.form in ("lane shared", "pairs"):  # behind init come a, of step 0, and b, of 1
            behind = self.head - 4
            rest = words[at + self.head : end]
            starts = [*words[first : first + behind : 2], *rest]
            steps = [*words[first + 1 : first + behind : 2], *[0, 1] * (len(rest) // 2)]
        columns = zip(starts, steps, strict=True)
        return max([start + last * step for start, step in columns] + [words[at + 1] + last])


class Table:
    """All opcodes for a set of primitives."""

    def __init__(self, primitives: Iterable[Primitive]) -> None:
        self.opcodes: list[Opcode] = [Opcode(HALT, "halt", "halt")]
        self._by_key: dict[tuple[str, bool, tuple[int, ...]], Opcode] = {}
        for name, form in (
            ("fold", "affine"), ("fold_half", "affine"), ("affine", "affine"),
            ("affine_half", "affine"), ("fold_sum", "sum"), ("sum", "sum"),
            ("strided", "strided"), ("strided_half", "strided"),
            ("lane_affine", "lane affine"), ("lane_shared", "lane shared"),
            ("products", "products"), ("pairs", "pairs"), ("batch", "batch"),
        ):  # fmt: skip
            self._add(name, form)
        for primitive in primitives:
            if primitive.terms is not None:
                continue
            form = "n-ary" if primitive.arity is None else "fixed"
            sets = active_sets(primitive)
            for active in sets:
                self._add(primitive.name, form, primitive, active)
            for active in sets if calls(primitive) else sets[:1]:
                self._add(primitive.name, f"lane {form}", primitive, active)

    def _add(
        self, name: str, form: str, primitive: Primitive | None = None,
        active: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        opcode = Opcode(len(self.opcodes), name, form, primitive, active)
        self.opcodes.append(opcode)
        self._by_key[name, opcode.lanes, active] = opcode

    def named(self, name: str) -> Opcode:
        """The opcode of a form of its own."""
        return self._by_key[name, name in _IN_LANES, ()]

    def __contains__(self, primitive: Primitive) -> bool:
        return (
            primitive.terms is not None
            or (primitive.name, False, all_active(primitive)) in self._by_key
        )

    def of(self, primitive: Primitive, active: Sequence[bool], lanes: bool = False) -> Opcode:
        """The opcode of a primitive some of whose operands want a contribution."""
        everything = all_active(primitive)
        if primitive.arity is None:
            return self._by_key[primitive.name, lanes, everything]
        wanted = tuple([at for at in everything if active[at]])
        found = self._by_key.get((primitive.name, lanes, wanted))
        return found or self._by_key[primitive.name, lanes, everything]


@lru_cache(256)
def all_active(primitive: Primitive) -> tuple[int, ...]:
    """The operands (variables, of an n-ary primitive) whose rule is not the literal 0."""
    rules = enumerate(primitive.formulas)
    return tuple(at for at, rule in rules if not is_literal(rule, 0.0))


def active_sets(primitive: Primitive) -> list[tuple[int, ...]]:
    """The sets of operands for which a primitive has a sweep of its own: all, and each alone."""
    everything = all_active(primitive)
    if primitive.arity is None or len(everything) < 2:
        return [everything]
    return [everything, *[(at,) for at in everything]]


def calls(primitive: Primitive) -> bool:
    """Whether some rule of a primitive is more than arithmetic and choices."""

    def walk(name: str, operands: tuple[bool, ...]) -> bool:
        return name not in _QUICK or any(operands)

    return any(fold(rule, lambda _: False, lambda _: False, walk) for rule in primitive.formulas)


class CodeError(ValueError):
    """A code stream that would read or write outside its slots."""


def verify(
    table: Table, words: Sequence[int], slots: int, *, room: int = 8, reverse: bool = False,
    frames: Collection[int] = (),
) -> None:  # fmt: skip
    """Raise CodeError unless a code stream is whole and stays inside its memory.

    That is `slots` numbers, and room for some more, where n-ary primitives put their operands.
    `reverse` says which of the two loops is to run it, `frames` where those of its batches are. A
    wrong word would crash the process, so no code runs unverified.
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
        if at + opcode.head > count or at + opcode.length(words, at) > count:
            raise CodeError(f"{opcode.name} at word {at}: cut off")
        if opcode.form in (FORWARD_ALONE if reverse else REVERSE_ALONE):
            raise CodeError(f"{opcode.name} at word {at}: not in this pass")
        if opcode.form == "batch" and words[at + 1] + (words[at + 2] << 32) not in frames:
            raise CodeError(f"{opcode.name} at word {at}: no frame of this Program")
        if opcode.lanes and not words[at + 2]:
            raise CodeError(f"{opcode.name} at word {at}: no lanes")
        if opcode.form == "strided" and not (words[at + 3] and words[at + 5]):
            raise CodeError(f"{opcode.name} at word {at}: no terms, or no step between them")
        if opcode.form.endswith("n-ary"):
            given = words[at + opcode.head - 1]
            if given <= opcode.tail or given >= room:  # z goes there as well, in a reverse sweep
                raise CodeError(f"{opcode.name} at word {at}: {given} operands")
        if opcode.reach(words, at) >= slots:
            raise CodeError(f"{opcode.name} at word {at}: a slot outside 0 .. {slots - 1}")
        at += opcode.length(words, at)
