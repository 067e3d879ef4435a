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
from .composite import NO_ATOM, Composite
from .llvm_types import Builder, Function, Ir, Module, Reg, Type
from .loops import Loops

HOST = "autodiff_host"
#: functions of vectors by their primitive and its number of operands
#: operands that are the same number always, and that number
Fixed = tuple[tuple[int, float], ...]
VectorFunctions = dict[tuple[str, int, Fixed], Function]
#: what is total in LLVM and raises in Python
_RAISING = ("floor", "nearest", "div")


class Emitter:
    """Emits into one LLVM module; Python knows the primitives by their position in the list."""

    def __init__(
        self, module: Module, primitives: Sequence[Primitive], direct: Sequence[str],
        lanes: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        import llvmlite.ir as ir

        self.ir: Ir = ir
        self.module: Module = module
        self.double: Type = ir.DoubleType()
        self.pointer: Type = self.double.as_pointer()
        self.word: Type = ir.IntType(32)
        self.long: Type = ir.IntType(64)
        self.numbers: dict[str, int] = {
            primitive.name: number for number, primitive in enumerate(primitives)
        }
        self._primitives = {primitive.name: primitive for primitive in primitives}
        self.direct: frozenset[str] = frozenset(direct)
        #: functions of lane_math.py, and in which variant
        self.lanes: dict[str, str] = dict(lanes or {})
        self._choices: dict[str, bool] = {}
        self._functions: dict[tuple[str, int], Function] = {}
        self._fast_ones: dict[tuple[str, int], Function | None] = {}
        #: functions of vectors, with help where they are not finite and without
        self.vectors: tuple[VectorFunctions, VectorFunctions] = {}, {}
        kind = ir.FunctionType(self.double, [self.word, self.word, self.pointer])
        self.host: Function = ir.Function(module, kind, HOST)

    def constant(self, number: float) -> Reg:
        """A number in the code."""
        return self.ir.Constant(self.double, float(number))

    def intrinsic(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg:
        """A call of an LLVM intrinsic on doubles."""
        kind = self.ir.FunctionType(self.double, [self.double] * len(operands))
        function = self.module.declare_intrinsic(name, [self.double], kind)
        return builder.call(function, operands)

    def not_finite(self, builder: Builder, x: Reg) -> Reg:
        """Whether a number is nan or an infinity."""
        difference = builder.fsub(x, x)  # 0 for a finite number, nan for all others
        return builder.fcmp_unordered("uno", difference, difference)

    # ---- functions ---------------------------------------------------------------------------

    def primitive(self, name: str, count: int) -> Function:
        """The total twin of a primitive on `count` operands, as an LLVM function."""
        key = (name, count)
        if key not in self._functions:
            made = self._function(f"primitive.{name}.{count}", count)
            self._functions[key] = made
            builder = self.ir.IRBuilder(made.append_basic_block())
            fast = self.fast(name, count)
            if fast is not None:
                result = builder.call(fast, made.args)
                with builder.if_then(self.not_finite(builder, result), likely=False):
                    builder.ret(self._call_host(builder, name, made.args))
                builder.ret(result)
            else:
                builder.ret(self._call_host(builder, name, made.args))
        return self._functions[key]

    def fast(self, name: str, count: int) -> Function | None:
        """A function with the primitive's number, or one that is not finite; None: only Python."""
        key = (name, count)
        if key not in self._fast_ones:
            self._fast_ones[key] = self._fast(name, count)
        return self._fast_ones[key]

    def _fast(self, name: str, count: int) -> Function | None:
        llvm = ATOMS.get(name, NO_ATOM).llvm
        if llvm == "libm":
            return self._libm(name) if name in self.direct else None
        if llvm == "loop":
            return self._on_memory(name, count)
        primitive = self._primitives.get(name) or PRIMITIVES[name]
        formula = primitive.formula
        if llvm == "" and formula is None:
            return None
        made = self._function(f"fast.{name}", count)
        builder = self.ir.IRBuilder(made.append_basic_block())
        if formula is None:
            builder.ret(self.number(builder, self._instruction(builder, name, made.args)))
        else:
            names = dict(zip(primitive.variables, made.args, strict=True))
            Composite(self, builder, names, strict=primitive.strict).emit(formula)
        return made

    def _libm(self, name: str) -> Function:
        """A function of the C library that agrees with Python's math."""
        kind = self.ir.FunctionType(self.double, [self.double] * libm.arity(name))
        if name == "sqrt":
            return self.module.declare_intrinsic("llvm.sqrt", [self.double], kind)
        return self.ir.Function(self.module, kind, f"autodiff_{name}")

    def _on_memory(self, name: str, count: int) -> Function:
        """A loop over operands in memory, for a fixed number of operands."""
        made = self._function(f"fast.{name}.{count}", count)
        builder = self.ir.IRBuilder(made.append_basic_block())
        room = self._in_memory(builder, made.args)
        builder.ret(builder.call(self.loop(name), [room, self.ir.Constant(self.word, count)]))
        return made

    def has_loop(self, name: str) -> bool:
        """Whether machine/loops.py has a primitive of any number of operands."""
        return ATOMS.get(name, NO_ATOM).llvm == "loop"

    def loop(self, name: str) -> Function:
        """The function of machine/loops.py with that name: of a pointer and a count."""
        key = (f"loop {name}", 2)
        if key not in self._functions:
            kind = self.ir.FunctionType(self.double, [self.pointer, self.word])
            made = self.ir.Function(self.module, kind, f"loop.{name}")
            made.linkage = "internal"
            made.attributes.add("noinline")
            self._functions[key] = made
            Loops(self, made).emit(name)
        return self._functions[key]

    def _function(self, name: str, count: int) -> Function:
        kind = self.ir.FunctionType(self.double, [self.double] * count)
        made = self.ir.Function(self.module, kind, name)
        made.linkage = "internal"
        made.attributes.add("noinline")  # code of the machine would grow, and compile slowly
        return made

    def _in_memory(self, builder: Builder, operands: Sequence[Reg]) -> Reg:
        with builder.goto_entry_block():
            room = builder.alloca(self.double, len(operands))
        for at, operand in enumerate(operands):
            builder.store(operand, builder.gep(room, [self.ir.Constant(self.word, at)]))
        return room

    def _call_host(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg:
        room = self._in_memory(builder, operands)
        return self.call_host(builder, name, self.ir.Constant(self.word, len(operands)), room)

    def call_host(self, builder: Builder, name: str, count: Reg, operands: Reg) -> Reg:
        """Ask Python for a primitive of operands that lie in memory."""
        number = self.ir.Constant(self.word, self.numbers[name])
        return builder.call(self.host, [number, count, operands])

    # ---- formulas ----------------------------------------------------------------------------

    def apply(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg:
        """The total twin of a primitive, on LLVM values: numbers, or truth values as bits."""
        if name == "where":
            condition, *numbers = operands
            chosen = [self.number(builder, operand) for operand in numbers]
            return builder.select(self.holds(builder, condition), *chosen)
        if name == "not":
            return builder.not_(self.holds(builder, operands[0]))
        numbers = [self.number(builder, operand) for operand in operands]
        if name in ATOMS and (self.is_plain(name) or name == "div"):
            return self._instruction(builder, name, numbers)
        if self.is_choice(name):
            return self._choice(builder, self._primitives[name], numbers)
        return self.call(builder, name, numbers)

    def _instruction(self, builder: Builder, name: str, numbers: Sequence[Reg]) -> Reg:
        """An atom that is one instruction."""
        llvm = ATOMS[name].llvm
        if llvm.startswith("fcmp "):
            compare = builder.fcmp_unordered if name == "not_equal" else builder.fcmp_ordered
            return compare(llvm.removeprefix("fcmp "), *numbers)
        if llvm.startswith("llvm."):
            return self.intrinsic(builder, llvm, numbers)
        found: Reg = getattr(builder, llvm)(*numbers)
        return found

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

    def _choice(self, builder: Builder, primitive: Primitive, numbers: Sequence[Reg]) -> Reg:
        assert primitive.formula is not None
        names = dict(zip(primitive.variables, numbers, strict=True))
        return self.number(builder, self.formula(builder, primitive.formula, names))

    def call(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg:
        """A primitive that is a function of its own."""
        return builder.call(self.primitive(name, len(operands)), operands)

    def number(self, builder: Builder, value: Reg) -> Reg:
        """A value as a number: 1.0 for a condition that holds, else 0.0."""
        if not self._is_bit(value):
            return value
        return builder.select(value, self.constant(1.0), self.constant(0.0))

    def holds(self, builder: Builder, value: Reg) -> Reg:
        """Whether a value counts as true: a number that is not 0, nan included."""
        if self._is_bit(value):
            return value
        return builder.fcmp_unordered("!=", value, self.constant(0.0))

    def _is_bit(self, value: Reg) -> bool:
        return bool(getattr(value.type, "element", value.type) == self.ir.IntType(1))

    def formula(self, builder: Builder, formula: Formula, names: Mapping[str, Reg]) -> Reg:
        """A formula of a rule, on LLVM values."""
        made: dict[
            tuple[str, tuple[int, ...]], Reg
        ] = {}  # equal parts of a formula are computed once

        def combine(name: str, operands: tuple[Reg, ...]) -> Reg:
            key = (name, tuple(map(id, operands)))
            if key not in made:
                made[key] = self.apply(builder, name, operands)
            return made[key]

        constants: dict[str, Reg] = {}  # by their text: 0.0 and -0.0 are equal

        def constant(number: float) -> Reg:
            return constants.setdefault(repr(number), self.constant(number))

        return fold(formula, constant, names.__getitem__, combine)

    def contribution(
        self, builder: Builder, rule: Formula, names: Mapping[str, Reg], adjoint: Reg
    ) -> tuple[Reg | None, Reg]:
        """(condition or None, adjoint times local derivative) of one operand."""
        condition, derivative = split_condition(rule)
        test = None
        if condition is not None:
            test = self.holds(builder, self.formula(builder, condition, names))
        value = getattr(derivative, "value", None)
        if value == 1.0:
            return test, adjoint
        if value == -1.0:
            return test, builder.fneg(adjoint)
        local = self.number(builder, self.formula(builder, derivative, names))
        return test, builder.fmul(adjoint, local)
