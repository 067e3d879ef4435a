"""LLVM code for primitives and formulas: what the opcodes of the virtual machine are made of.

A formula of the rule table becomes instructions by `fold`, as it becomes Python source in
pullback.py: nothing is derived twice. Functions inside formulas mean the total twins of
primitives. Each is an LLVM function with the bits of Python's: arithmetic is inline, functions of
the C library are called where they agree with Python's math, functions written in Python are
translated; for all else, and wherever the fast way gives no finite number, the machine calls back
into Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.formula import Formula, fold
from autodiff.primitive import Primitive, split_condition

from . import libm
from .syntax import Untranslatable
from .translate import Translator

HOST = "autodiff_host"
_COMPARE = {
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==",
    "not_equal": "!=",
}  # fmt: skip
_ARITHMETIC = {
    "add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "neg": "fneg",
}  # fmt: skip
_MAGNITUDE = ("abs", "fabs")


class Emitter:
    """Emits into one LLVM module; Python knows the primitives by their position in the list."""

    def __init__(self, module: Any, primitives: Sequence[Primitive], direct: Sequence[str]) -> None:
        import llvmlite.ir as ir

        self.ir = ir
        self.module = module
        self.double: Any = ir.DoubleType()
        self.pointer: Any = self.double.as_pointer()
        self.word: Any = ir.IntType(32)
        self.long: Any = ir.IntType(64)
        self.numbers: dict[str, int] = {
            primitive.name: number for number, primitive in enumerate(primitives)
        }
        self._primitives = {primitive.name: primitive for primitive in primitives}
        self.direct: frozenset[str] = frozenset(direct)
        self.translations: dict[str, str] = {}
        self._functions: dict[Any, Any] = {}
        kind = ir.FunctionType(self.double, [self.word, self.word, self.pointer])
        self.host: Any = ir.Function(module, kind, HOST)

    def constant(self, number: float) -> Any:
        """A number in the code."""
        return self.ir.Constant(self.double, float(number))

    def intrinsic(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """A call of an LLVM intrinsic on doubles."""
        kind = self.ir.FunctionType(self.double, [self.double] * len(operands))
        function = self.module.declare_intrinsic(name, [self.double], kind)
        return builder.call(function, operands)

    def not_finite(self, builder: Any, x: Any) -> Any:
        """Whether a number is nan or an infinity."""
        difference = builder.fsub(x, x)  # 0 for a finite number, nan for all others
        return builder.fcmp_unordered("uno", difference, difference)

    # ---- functions ---------------------------------------------------------------------------

    def libm(self, name: str) -> Any:
        """A function of the C library that agrees with Python's math."""
        if name not in self.direct:
            raise Untranslatable(name)
        if name == "sqrt":
            kind = self.ir.FunctionType(self.double, [self.double])
            return self.module.declare_intrinsic("llvm.sqrt", [self.double], kind)
        symbol = f"autodiff_{name}"
        if symbol not in self._functions:
            kind = self.ir.FunctionType(self.double, [self.double] * libm.arity(name))
            self._functions[symbol] = self.ir.Function(self.module, kind, symbol)
        return self._functions[symbol]

    def translated(self, function: Callable[..., Any]) -> Any:
        """A Python function of floats as an LLVM function; nan where it gives up."""
        key = (function.__module__, function.__qualname__, function.__code__)
        made = self._functions.get(key)
        if isinstance(made, Untranslatable):
            raise made
        if made is None:
            count = function.__code__.co_argcount
            name = f"{function.__module__}.{function.__qualname__}.{len(self._functions)}"
            made = self._function(name, count)
            self._functions[key] = made
            try:
                Translator(self, function, made).run()
            except Untranslatable as error:
                self._discard(made)
                self._functions[key] = error
                raise
        return made

    def _function(self, name: str, count: int) -> Any:
        kind = self.ir.FunctionType(self.double, [self.double] * count)
        made = self.ir.Function(self.module, kind, name)
        made.linkage = "internal"
        made.attributes.add("noinline")  # code of the machine would grow, and compile slowly
        return made

    def _discard(self, function: Any) -> None:
        """Empty a half-made function: it is never called, but must be well-formed."""
        function.blocks.clear()
        builder = self.ir.IRBuilder(function.append_basic_block())
        builder.ret(self.constant(0.0))

    def primitive(self, name: str, count: int) -> Any:
        """The total twin of a primitive on `count` operands, as an LLVM function."""
        key = (name, count)
        if key not in self._functions:
            made = self._function(f"primitive.{name}.{count}", count)
            self._functions[key] = made
            builder = self.ir.IRBuilder(made.append_basic_block())
            fast = self._fast(self._primitives[name])
            if fast is not None:
                result = builder.call(fast, made.args)
                with builder.if_then(self.not_finite(builder, result), likely=False):
                    builder.ret(self._call_host(builder, name, made.args))
                builder.ret(result)
            else:
                builder.ret(self._call_host(builder, name, made.args))
        return self._functions[key]

    def _fast(self, primitive: Primitive) -> Any:
        """A function that gives the primitive's number or something that is not finite."""
        try:
            if primitive.name in libm.NAMES:
                found = self.libm(primitive.name)
                self.translations[primitive.name] = "C library"
            else:
                found = self.translated(python_function(primitive))
                self.translations[primitive.name] = "translated"
        except (Untranslatable, AttributeError, ValueError):
            self.translations[primitive.name] = "Python"
            return None
        return found

    def _call_host(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        with builder.goto_entry_block():
            room = builder.alloca(self.double, len(operands))
        for at, operand in enumerate(operands):
            builder.store(operand, builder.gep(room, [self.ir.Constant(self.word, at)]))
        return self.call_host(builder, name, self.ir.Constant(self.word, len(operands)), room)

    def call_host(self, builder: Any, name: str, count: Any, operands: Any) -> Any:
        """Ask Python for a primitive of operands that lie in memory."""
        number = self.ir.Constant(self.word, self.numbers[name])
        return builder.call(self.host, [number, count, operands])

    # ---- formulas ----------------------------------------------------------------------------

    def apply(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """The total twin of a primitive, on LLVM values."""
        if name in _ARITHMETIC:
            return getattr(builder, _ARITHMETIC[name])(*operands)
        if name in _MAGNITUDE:
            return self.intrinsic(builder, "llvm.fabs", operands)
        if name in _COMPARE:
            return self.number_of(builder, self._compare(builder, name, operands))
        if name == "not":
            zero = builder.fcmp_ordered("==", operands[0], self.constant(0.0))
            return self.number_of(builder, zero)
        if name == "where":
            return builder.select(self.holds(builder, operands[0]), operands[1], operands[2])
        if name == "copysign":
            return self.intrinsic(builder, "llvm.copysign", operands)
        if name in ("detach", "identity"):
            return operands[0]
        return self.call(builder, name, operands)

    def call(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """A primitive that is a function of its own."""
        return builder.call(self.primitive(name, len(operands)), operands)

    def _compare(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        compare = builder.fcmp_unordered if name == "not_equal" else builder.fcmp_ordered
        return compare(_COMPARE[name], *operands)

    def number_of(self, builder: Any, bit: Any) -> Any:
        """1.0 for a condition that holds, else 0.0."""
        return builder.select(bit, self.constant(1.0), self.constant(0.0))

    def holds(self, builder: Any, number: Any) -> Any:
        """Whether a number counts as true: not 0, nan included."""
        return builder.fcmp_unordered("!=", number, self.constant(0.0))

    def formula(self, builder: Any, formula: Formula, names: Mapping[str, Any]) -> Any:
        """A formula of a rule, on LLVM values."""
        made: dict[Any, Any] = {}  # equal parts of a formula are computed once

        def combine(name: str, operands: tuple[Any, ...]) -> Any:
            key = (name, tuple(map(id, operands)))
            if key not in made:
                made[key] = self.apply(builder, name, operands)
            return made[key]

        constants: dict[str, Any] = {}  # by their text: 0.0 and -0.0 are equal

        def constant(number: float) -> Any:
            return constants.setdefault(repr(number), self.constant(number))

        return fold(formula, constant, names.__getitem__, combine)

    def contribution(
        self, builder: Any, rule: Formula, names: Mapping[str, Any], adjoint: Any
    ) -> tuple[Any, Any]:
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
        return test, builder.fmul(adjoint, self.formula(builder, derivative, names))


def python_function(primitive: Primitive) -> Callable[..., Any]:
    """The function to translate; of a user's primitive the one that the user wrote."""
    forward = primitive.forward
    written = getattr(forward, "__wrapped__", None)
    return forward if written is None else written
