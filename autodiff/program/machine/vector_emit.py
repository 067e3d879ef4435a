"""LLVM code for formulas on several numbers at once.

Formulas become vector instructions by the same walk as scalar ones. A primitive that has no such
form (it has any number of operands, or calls what is neither in lane_math.py nor made of that) is
`NoVectors` here; the virtual machine runs it lane by lane instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from autodiff.formula import names_in
from autodiff.primitive import Primitive

from .code import Code
from .composite import Composite, one_or_zero
from .emit import Emitter, Fixed
from .lane_math import LaneMath
from .registers import WIDTH, Function, Reg


class NoVectors(Exception):
    """A primitive that has no form for several numbers at once."""


def _named(name: str, fixed: Fixed) -> str:
    return ".".join([name, *[f"{at}.{number:g}" for at, number in fixed]])


class VectorEmitter(Emitter):
    """Emits formulas on vectors into the module of a scalar emitter."""

    def __init__(self, scalar: Emitter) -> None:
        vars(self).update(vars(scalar))  # the same module, primitives and functions
        self.scalar = scalar
        self.kind = self.vector
        self._known: dict[tuple[Primitive, bool], bool] = {}
        self._careful, self._in_vectors = scalar.vectors

    def call(self, code: Code, name: str, operands: Sequence[Reg]) -> Reg:
        """A function; where it gives no finite number, what the scalar one says, lane by lane."""
        fixed = self._fixed(name, operands)
        key = name, len(operands), fixed
        if key not in self._careful:
            self._careful[key] = self._with_help(name, len(operands), fixed)
        return code.call(self._careful[key], *operands)

    def _fixed(self, name: str, operands: Sequence[Reg]) -> Fixed:
        """Operands that are always 0 or 1, where that spares a power: gauss(c, n, x) has x**n."""
        formula = self.named(name).formula
        if formula is None or "pow" not in names_in(formula):
            return ()
        return tuple([(at, x) for at, x in enumerate(map(one_or_zero, operands)) if x is not None])

    def fast(self, name: str, count: int, fixed: Fixed = ()) -> Function:
        """A function with the primitive's numbers, or some that are not finite."""
        key = name, count, fixed
        if key not in self._in_vectors:
            self._in_vectors[key] = self._make_fast(name, count, fixed)
        return self._in_vectors[key]

    def _make_fast(self, name: str, count: int, fixed: Fixed = ()) -> Function:
        primitive = self.named(name)
        variant, formula = self.lanes.get(name), primitive.formula
        if variant is None and (name in self.direct or formula is None or count != primitive.arity):
            raise NoVectors(name)
        code = Code(self, _named(f"lanes.fast.{name}", fixed), self.vector, [self.vector] * count)
        if variant is not None:
            code.ret(LaneMath(code, variant).emit(name, *code.args))
        else:
            assert formula is not None
            names = dict(zip(primitive.variables, code.args, strict=True))
            names |= {primitive.variables[at]: self.constant(code, x) for at, x in fixed}
            code.ret(Composite(self, code, names, strict=primitive.strict).emit(formula))
        return code.function

    def _with_help(self, name: str, count: int, fixed: Fixed) -> Function:
        fast = self.fast(name, count, fixed)
        code = Code(self, _named(f"lanes.{name}", fixed), self.vector, [self.vector] * count)
        quick = result = code.call(fast, *code.args)
        with code.when(result.not_finite().any(), likely=False):
            for at in range(WIDTH):
                numbers = [each.lane(at) for each in code.args]
                one = code.call(self.scalar.primitive(name, count), *numbers)
                result = result.with_lane(at, one)
            code.ret(result)
        code.ret(quick)
        return code.function

    def computes(self, primitive: Primitive) -> bool:
        """Whether a primitive has a vector form."""

        def emit(trial: VectorEmitter, code: Code, names: Mapping[str, Reg]) -> None:
            trial.apply(code, primitive.name, [names[name] for name in primitive.variables])

        return primitive.arity is not None and self._try(primitive, False, emit)

    def sweeps(self, primitive: Primitive) -> bool:
        """Whether all its rules have one."""

        def emit(trial: VectorEmitter, code: Code, names: Mapping[str, Reg]) -> None:
            for rule in primitive.formulas:
                trial.contribution(code, rule, names, names["z"])

        return primitive.arity is not None and self._try(primitive, True, emit)

    def _try(
        self, primitive: Primitive, reverse: bool,
        emit: Callable[[VectorEmitter, Code, Mapping[str, Reg]], None],
    ) -> bool:  # fmt: skip
        """Emit it into a module that is thrown away."""
        key = primitive, reverse
        if key not in self._known:
            trial = VectorEmitter(self.scalar)
            trial.module, trial._careful, trial._in_vectors = self.ir.Module("trial"), {}, {}
            names = ["z", *primitive.variables]
            code = Code(trial, "trial", None, [self.vector] * len(names))
            try:
                emit(trial, code, dict(zip(names, code.args, strict=True)))
            except NoVectors:
                self._known[key] = False
            else:
                self._known[key] = True
        return self._known[key]
