"""LLVM code for formulas on several numbers at once.

Formulas become vector instructions by the same walk as scalar ones. A primitive that has no such
form (it has any number of operands, or calls what is neither in lane_math.py nor made of that) is
`NoVectors` here; the virtual machine runs it lane by lane instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.formula import names_in
from autodiff.primitive import Primitive

from .code import Code
from .composite import one_or_zero
from .emit import Emitter, Fixed
from .lane_math import VARIANTS, LaneMath
from .registers import WIDTH, Function, Reg


class NoVectors(Exception):
    """A primitive that has no form for several numbers at once."""


class VectorEmitter(Emitter):
    """Emits formulas on vectors into the module of a scalar emitter."""

    def __init__(self, scalar: Emitter) -> None:
        vars(self).update(vars(scalar))  # the same module and primitives
        self.scalar = scalar
        self.kind = self.vector
        self._known: dict[tuple[Primitive, bool], bool] = {}
        self._functions, self._fast_ones = {}, {}

    def call(self, code: Code, name: str, operands: Sequence[Reg]) -> Reg:
        function = self.primitive(name, len(operands), self._fixed(name, operands))
        return code.call(function, *operands)

    def _fixed(self, name: str, operands: Sequence[Reg]) -> Fixed:
        """Operands that are always 0 or 1, where that spares a power: gauss(c, n, x) has x**n."""
        formula = self.named(name).formula
        if formula is None or "pow" not in names_in(formula):
            return ()
        return tuple([(at, x) for at, x in enumerate(map(one_or_zero, operands)) if x is not None])

    def code(self, name: str, count: int, fixed: Fixed = ()) -> Code:
        return super().code(f"lanes.{name}", count, fixed)

    def _fast(self, name: str, count: int, fixed: Fixed) -> Function:
        primitive, variant = self.named(name), self.lanes.get(name)
        if variant in VARIANTS:
            code = self.code(f"fast.{name}", count)
            code.ret(LaneMath(code, variant).emit(name, *code.args))
            return code.function
        if name in self.direct or primitive.formula is None or count != primitive.arity:
            raise NoVectors(name)
        return self.composite(primitive, fixed).function

    def help(self, code: Code, name: str, found: Reg | None) -> Reg:
        """The scalar function knows, lane by lane."""
        assert found is not None
        for at in range(WIDTH):
            numbers = [each.lane(at) for each in code.args]
            one = code.call(self.scalar.primitive(name, len(numbers)), *numbers)
            found = found.with_lane(at, one)
        return found

    def can(self, primitive: Primitive, *, reverse: bool) -> bool:
        """Whether a primitive, or all its rules, have a vector form: emitted and thrown away."""
        key = primitive, reverse
        if primitive.arity is not None and key not in self._known:
            trial = VectorEmitter(self.scalar)
            trial.module = self.ir.Module("trial")
            variables = primitive.variables
            code = trial.code("trial", 1 + len(variables))
            names = dict(zip(("z", *variables), code.args, strict=True))
            self._known[key] = True
            try:
                if not reverse:
                    trial.apply(code, primitive.name, [names[name] for name in variables])
                for rule in primitive.formulas if reverse else ():
                    trial.contribution(code, rule, names, names["z"])
            except NoVectors:
                self._known[key] = False
        return self._known.get(key, False)
