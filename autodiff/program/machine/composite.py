"""The functions of composites as LLVM code, and what of a primitive is left to Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping

from autodiff.atoms import ATOMS, Atom
from autodiff.formula import Apply, Constant, Formula, names_in, write
from autodiff.primitive import PRIMITIVES, Primitive

from .code import Code, Emits, Reg
from .llvm_types import Block

NO_ATOM = Atom(float)


def functions(
    primitives: Iterable[Primitive], direct: Collection[str]
) -> tuple[set[str], set[str]]:
    """Which atoms a machine leaves to Python, and which to the C library.

    Where it computes the primitives or their derivatives; `direct` are the C library's functions
    with the bits of Python's. Where a result is no finite number, or a sum's last rounding is not
    certain, Python is asked for other primitives too.
    """
    python: set[str] = set()
    library: set[str] = set()
    seen: set[str] = set()
    waiting = [(p.name, p) for p in primitives]
    waiting += [each for p in primitives for each in _named(p, p.formulas)]
    while waiting:
        name, each = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        llvm = ATOMS.get(name, NO_ATOM).llvm
        native = name in direct if llvm == "libm" else name == "unsure" or bool(llvm)
        if native and llvm == "libm":
            library.add(name)
        if each.formula is not None and not native:
            waiting += _named(each, [each.formula])
        elif not native and each.terms is None:
            python.add(name)
    return python, library


def describe(
    primitives: Iterable[Primitive], direct: Collection[str], lanes: Collection[str]
) -> list[str]:
    """Lines for `explain()`."""
    python, library = functions(set(primitives), direct)
    together, alone = library & set(lanes), library - set(lanes) - {"sqrt"}
    return [
        f"{what} {', '.join(sorted(names))}"
        for what, names in (
            ("calls back into Python for", python),
            ("in vectors, with the bits of math:", together),
            ("by the C library, one number after the other:", alone),
        )
        if names
    ]


def _named(primitive: Primitive, formulas: Iterable[Formula]) -> list[tuple[str, Primitive]]:
    names = {name for formula in formulas for name in names_in(formula)} | {*primitive.shared}
    return [(name, PRIMITIVES[name]) for name in names if name != "when"]


class Composite:
    """Emits the body of a composite. Where Python might raise it gives up, and returns nan.

    So a result that is finite is what Python computes, with the same operations in the same order;
    for any other, whoever called asks Python.
    """

    def __init__(
        self, emitter: Emits, code: Code, names: Mapping[str, Reg], *, strict: bool
    ) -> None:
        self.emitter = emitter
        self.code = code
        self.names = names
        self.strict = strict
        self.stop: Block | None = None

    def emit(self, formula: Formula) -> None:
        """The whole body."""
        code = self.code
        code.ret(write(formula, self._leaf, self._combine, self._choose).number())
        if self.stop is not None:
            code.builder.position_at_end(self.stop)
            code.ret(code.real(math.nan))

    def _leaf(self, formula: Formula) -> Reg:
        if isinstance(formula, Constant):
            return self.code.real(formula.value)
        return self.names[str(formula)]

    def _combine(self, formula: Apply, operands: tuple[Reg, ...]) -> Reg:
        emitter, name = self.emitter, formula.name
        if name == "unsure":
            return self.code.real(math.nan)
        if name == "div":
            self._give_up_if(operands[1].number().equals(0.0))
        elif emitter.calls(name):
            numbers = [operand.number() for operand in operands]
            fast = emitter.fast(name, len(numbers))
            call = emitter.primitive(name, len(numbers)) if fast is None else fast
            result = self.code.call(call, *numbers)
            self._give_up_if(result.not_finite())
            return result
        return emitter.apply(self.code, name, operands)

    def _give_up_if(self, condition: Reg) -> None:
        code = self.code
        if self.stop is None:
            self.stop = code.block("stop")
        go_on = code.block()
        code.builder.cbranch(condition.value, self.stop, go_on)
        code.builder.position_at_end(go_on)

    def _choose(self, test: Reg, then: Callable[[], Reg], other: Callable[[], Reg]) -> Reg:
        code, builder = self.code, self.code.builder
        condition = test.holds()
        if self.strict:  # a user's function computes both sides, and either may raise
            return self.emitter.apply(code, "where", [condition, then(), other()])
        blocks = [code.block() for _ in range(3)]
        builder.cbranch(condition.value, *blocks[:2])
        incoming = []
        for block, branch in zip(blocks, (then, other), strict=False):
            builder.position_at_end(block)
            incoming.append((branch().number(), builder.block))
            builder.branch(blocks[2])
        builder.position_at_end(blocks[2])
        return code.merged(incoming)
