"""LLVM code for formulas on several numbers at once.

Formulas become vector instructions by the same walk as scalar ones. A primitive that has no such
form (it jumps, calls the C library, or Python) is `NoVectors` here; the virtual machine runs
it lane by lane instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff.primitive import Primitive

from .emit import Emitter


class NoVectors(Exception):
    """A primitive that has no form for several numbers at once."""


#: how many lanes are computed at once
WIDTH = 8


class VectorEmitter(Emitter):
    """Emits formulas on vectors into the module of a scalar emitter."""

    def __init__(self, scalar: Emitter) -> None:
        vars(self).update(vars(scalar))  # the same module, primitives and functions
        ir = self.ir
        self.scalar = scalar
        self.vector = ir.VectorType(self.double, WIDTH)
        self._known: dict[Primitive, bool] = {}

    def constant(self, number: float) -> Any:
        """The same number in every lane."""
        return self.ir.Constant(self.vector, [float(number)] * WIDTH)

    def intrinsic(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """A call of an LLVM intrinsic, lane by lane."""
        symbol = f"{name}.v{WIDTH}f64"
        if symbol not in self.module.globals:
            kind = self.ir.FunctionType(self.vector, [self.vector] * len(operands))
            self.ir.Function(self.module, kind, symbol)
        return builder.call(self.module.globals[symbol], operands)

    def call(self, builder: Any, name: str, operands: Sequence[Any]) -> Any:
        """A function with jumps, or of the C library, has no vector form."""
        raise NoVectors(name)

    def can(self, primitive: Primitive | None) -> bool:
        """Whether a primitive and all its rules have a vector form."""
        assert primitive is not None
        if primitive not in self._known:
            self._known[primitive] = self._try(primitive)
        return self._known[primitive]

    def _try(self, primitive: Primitive) -> bool:
        """Emit it into a module that is thrown away."""
        ir = self.ir
        trial = VectorEmitter(self.scalar)
        trial.module = ir.Module("trial")
        count = len(primitive.variables) + 2
        kind = ir.FunctionType(ir.VoidType(), [self.vector] * count)
        function = ir.Function(trial.module, kind, "trial")
        builder = ir.IRBuilder(function.append_basic_block())
        z, adjoint, *operands = function.args
        names = {"z": z, **dict(zip(primitive.variables, operands, strict=True))}
        try:
            trial.number(builder, trial.apply(builder, primitive.name, operands))
            for rule in primitive.formulas:
                trial.contribution(builder, rule, names, adjoint)
        except NoVectors:
            return False
        return True
