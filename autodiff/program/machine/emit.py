"""LLVM code for primitives and formulas: what the opcodes of the virtual machine are made of.

A formula of the rule table becomes instructions by `fold`, as it becomes Python source in
pullback.py: nothing is derived twice. Functions inside formulas mean the total twins of
primitives. Each is an LLVM function with the bits of Python's: atoms have their entry in atoms.py,
composites are emitted from their formula; where there is neither, and wherever the fast way gives
no finite number, the machine calls back into Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autodiff.atoms import ATOMS
from autodiff.formula import Formula, fold, names_in, split_condition
from autodiff.primitive import PRIMITIVES, Primitive

from . import libm
from .code import Code
from .composite import NO_ATOM, Composite
from .loops import Loops
from .registers import HOST, Function, Reg, Type, Unit

#: operands that are the same number always, and that number
Fixed = tuple[tuple[int, float], ...]
#: what is total in LLVM and raises in Python
_RAISING = ("floor", "nearest", "div")


class Emitter(Unit):
    """Emits into one LLVM module; Python knows the primitives by their position in the list."""

    def __init__(
        self, name: str, primitives: Sequence[Primitive], direct: Sequence[str],
        lanes: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        self.kind: Type = self.double  # what formulas are emitted on
        self.numbers: dict[str, int] = {
            primitive.name: number for number, primitive in enumerate(primitives)
        }
        self._primitives = {primitive.name: primitive for primitive in primitives}
        self.direct: frozenset[str] = frozenset(direct)
        #: functions of lane_math.py, and in which variant; hypot of loops.py
        self.lanes: dict[str, str] = dict(lanes or {})
        self._choices: dict[str, bool] = {}
        #: functions by their primitive and its number of operands: with help, and without
        self._functions: dict[tuple[str, int, Fixed], Function] = {}
        self._fast_ones: dict[tuple[str, int, Fixed], Function | None] = {}
        self.host: Function = self.declared(HOST, self.double, [self.word, self.word, self.pointer])

    def constant(self, code: Code, number: float) -> Reg:
        return code.constant(self.kind, number)

    def named(self, name: str) -> Primitive:
        return self._primitives.get(name) or PRIMITIVES[name]

    # ---- functions ---------------------------------------------------------------------------

    def primitive(self, name: str, count: int, fixed: Fixed = ()) -> Function:
        """The total twin of a primitive on `count` operands, as an LLVM function."""
        key = name, count, fixed
        if key not in self._functions:
            fast = self.fast(*key)
            code = self.code(f"primitive.{name}.{count}", count, fixed)
            self._functions[key] = code.function
            if fast is None:
                code.ret(self.help(code, name, None))
            else:
                result = code.call(fast, *code.args)
                with code.when(result.not_finite().any(), likely=False):
                    code.ret(self.help(code, name, result))
                code.ret(result)
        return self._functions[key]

    def fast(self, name: str, count: int, fixed: Fixed = ()) -> Function | None:
        """A function with the primitive's number, or one that is not finite; None: only Python."""
        key = name, count, fixed
        if key not in self._fast_ones:
            self._fast_ones[key] = self._fast(*key)
        return self._fast_ones[key]

    def code(self, name: str, count: int, fixed: Fixed = ()) -> Code:
        """A new function of so many operands; those that are fixed are part of its name."""
        parts = [name, *[f"{at}.{number:g}" for at, number in fixed]]
        return Code(self, ".".join(parts), self.kind, [self.kind] * count)

    def _fast(self, name: str, count: int, fixed: Fixed) -> Function | None:
        llvm, primitive = ATOMS.get(name, NO_ATOM).llvm, self.named(name)
        if llvm == "libm":
            return self.library(name) if name in self.direct else None
        code = None
        if llvm == "loop":
            code = self.code(f"fast.{name}.{count}", count)
            room = self._in_memory(code)
            code.ret(code.call(self.loop(name), room, code.whole(count)))
        elif primitive.formula is not None:
            code = self.composite(primitive, fixed)
        elif llvm:
            code = self.code(f"fast.{name}", count)
            code.ret(self._instruction(name, code.args).number())
        return code and code.function

    def composite(self, primitive: Primitive, fixed: Fixed = ()) -> Code:
        """The function of a primitive that has a formula."""
        assert primitive.formula is not None
        code = self.code(f"fast.{primitive.name}", len(primitive.variables), fixed)
        names = dict(zip(primitive.variables, code.args, strict=True))
        names |= {primitive.variables[at]: self.constant(code, x) for at, x in fixed}
        code.ret(Composite(self, code, names, strict=primitive.strict).emit(primitive.formula))
        return code

    def library(self, name: str) -> Function:
        """A function of the C library that agrees with Python's math."""
        symbol = "llvm.sqrt.f64" if name == "sqrt" else f"autodiff_{name}"
        return self.declared(symbol, self.double, [self.double] * libm.arity(name))

    def loop(self, name: str) -> Function | None:
        """The function of loops.py with that name, of a pointer and a count; None without one."""
        if ATOMS.get(name, NO_ATOM).llvm != "loop":
            return None
        key = f"loop {name}", 2, ()
        if key not in self._functions:
            code = Code(self, f"loop.{name}", self.double, [self.pointer, self.word])
            self._functions[key] = code.function
            Loops(self, code).emit(name)
        return self._functions[key]

    def _in_memory(self, code: Code) -> Reg:
        """The operands of a function side by side."""
        room = code.room(self.double, len(code.args))
        for at, operand in enumerate(code.args):
            room.at(at)[0] = operand
        return room

    def help(self, code: Code, name: str, found: Reg | None) -> Reg:
        """What a primitive is where its fast form has found no finite number: Python knows."""
        return self.call_host(code, name, code.whole(len(code.args)), self._in_memory(code))

    def call_host(self, code: Code, name: str, count: Reg, operands: Reg) -> Reg:
        """Ask Python for a primitive of operands that lie in memory."""
        return code.call(self.host, code.whole(self.numbers[name]), count, operands)

    # ---- formulas ----------------------------------------------------------------------------

    def apply(self, code: Code, name: str, operands: Sequence[Reg]) -> Reg:
        """The total twin of a primitive, on numbers, or truth values as bits."""
        if name == "where":
            condition, *numbers = operands
            chosen = [operand.number() for operand in numbers]
            return condition.holds().select(*chosen)
        if name == "not":
            return ~operands[0].holds()
        numbers = [operand.number() for operand in operands]
        if name in ATOMS and (self.is_plain(name) or name == "div"):
            return self._instruction(name, numbers)
        if self.is_choice(name):
            primitive = self._primitives[name]
            assert primitive.formula is not None
            names = dict(zip(primitive.variables, numbers, strict=True))
            return self.formula(code, primitive.formula, names).number()
        return self.call(code, name, numbers)

    def _instruction(self, name: str, numbers: Sequence[Reg]) -> Reg:
        """An atom that is one instruction."""
        llvm, (x, *rest) = ATOMS[name].llvm, numbers
        if llvm.startswith("fcmp "):
            compare = "fcmp_unordered" if name == "not_equal" else "fcmp_ordered"
            return x.compared(compare, llvm.removeprefix("fcmp "), *rest)
        if llvm.startswith("llvm."):
            return x.code.intrinsic(llvm, *numbers)
        return x.made(llvm, *[each.value for each in rest])

    def is_choice(self, name: str) -> bool:
        """Whether a composite only adds, multiplies and chooses: no Python, and no jumps."""
        if name not in self._choices:
            primitive = self._primitives.get(name)
            formula = None if primitive is None or name in ATOMS else primitive.formula
            self._choices[name] = (
                formula is not None
                and primitive is not None
                and not primitive.has_limit
                and not primitive.strict
            ) and all(map(self.is_plain, names_in(formula)))
        return self._choices[name]

    def is_plain(self, name: str) -> bool:
        """Whether a primitive is made of single instructions that are total in Python too."""
        if name in ATOMS:
            llvm = ATOMS[name].llvm
            return name not in _RAISING and llvm not in ("", "libm", "loop")
        return self.is_choice(name)

    def calls(self, name: str) -> bool:
        """Whether a primitive is a function of its own, which may have no finite number."""
        return not (self.is_choice(name) or (name in ATOMS and self.is_plain(name)))

    def call(self, code: Code, name: str, operands: Sequence[Reg]) -> Reg:
        return code.call(self.primitive(name, len(operands)), *operands)

    def formula(self, code: Code, formula: Formula, names: Mapping[str, Reg]) -> Reg:
        """A formula of a rule; equal parts of it are computed once."""
        made: dict[tuple[str, tuple[int, ...]], Reg] = {}

        def combine(name: str, operands: tuple[Reg, ...]) -> Reg:
            key = (name, tuple(map(id, operands)))
            if key not in made:
                made[key] = self.apply(code, name, operands)
            return made[key]

        constants: dict[str, Reg] = {}  # by their text: 0.0 and -0.0 are equal

        def constant(number: float) -> Reg:
            return constants.setdefault(repr(number), self.constant(code, number))

        return fold(formula, constant, names.__getitem__, combine)

    def contribution(
        self, code: Code, rule: Formula, names: Mapping[str, Reg], adjoint: Reg
    ) -> tuple[Reg | None, Reg]:
        """(condition or None, adjoint times local derivative) of one operand."""
        condition, derivative = split_condition(rule)
        test = None
        if condition is not None:
            test = self.formula(code, condition, names).holds()
        value = getattr(derivative, "value", None)
        if value == 1.0:
            return test, adjoint
        if value == -1.0:
            return test, -adjoint
        return test, adjoint * self.formula(code, derivative, names).number()
