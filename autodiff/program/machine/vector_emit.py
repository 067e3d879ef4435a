"""LLVM code for formulas on several numbers at once.

Formulas become vector instructions by the same walk as scalar ones. A primitive that has no such
form (it has any number of operands, or calls what is neither in lane_math.py nor made of that) is
`NoVectors` here; the virtual machine runs it lane by lane instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autodiff.formula import names_in
from autodiff.primitive import PRIMITIVES, Primitive

from .emit import Emitter, Fixed
from .lane_composite import LaneComposite
from .lane_math import LaneMath
from .llvm_types import Builder, Function, Reg, Type
from .pieces import one_or_zero


class NoVectors(Exception):
    """A primitive that has no form for several numbers at once."""


#: how many lanes are computed at once
WIDTH = 8


def _named(name: str, fixed: Fixed) -> str:
    return ".".join([name, *[f"{at}.{number:g}" for at, number in fixed]])


class VectorEmitter(Emitter):
    """Emits formulas on vectors into the module of a scalar emitter."""

    def __init__(self, scalar: Emitter) -> None:
        vars(self).update(vars(scalar))  # the same module, primitives and functions
        ir = self.ir
        self.scalar = scalar
        self.vector: Type = ir.VectorType(self.double, WIDTH)
        self._known: dict[tuple[Primitive, str], bool] = {}
        self._careful, self._in_vectors = scalar.vectors

    def constant(self, number: float) -> Reg:
        """The same number in every lane."""
        return self.ir.Constant(self.vector, [float(number)] * WIDTH)

    def intrinsic(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg:
        """A call of an LLVM intrinsic, lane by lane."""
        symbol = f"{name}.v{WIDTH}f64"
        if symbol not in self.module.globals:
            kind = self.ir.FunctionType(self.vector, [self.vector] * len(operands))
            self.ir.Function(self.module, kind, symbol)
        return builder.call(self.module.globals[symbol], operands)

    def call(self, builder: Builder, name: str, operands: Sequence[Reg]) -> Reg:
        """A function; where it gives no finite number, what the scalar one says, lane by lane."""
        fixed = self._fixed(name, operands)
        key = name, len(operands), fixed
        if key not in self._careful:
            self._careful[key] = self._with_help(name, len(operands), fixed)
        return builder.call(self._careful[key], operands)

    def _fixed(self, name: str, operands: Sequence[Reg]) -> Fixed:
        """Operands that are always 0 or 1, where that spares a power: gauss(c, n, x) has x**n."""
        primitive = self._primitives.get(name) or PRIMITIVES[name]
        if primitive.formula is None or "pow" not in names_in(primitive.formula):
            return ()
        return tuple([(at, x) for at, x in enumerate(map(one_or_zero, operands)) if x is not None])

    def fast(self, name: str, count: int, fixed: Fixed = ()) -> Function:
        """A function with the primitive's numbers, or some that are not finite."""
        key = name, count, fixed
        if key not in self._in_vectors:
            self._in_vectors[key] = self._make_fast(name, count, fixed)
        return self._in_vectors[key]

    def _make_fast(self, name: str, count: int, fixed: Fixed = ()) -> Function:
        primitive = self._primitives.get(name) or PRIMITIVES[name]
        variant, formula = self.lanes.get(name), primitive.formula
        if variant is None and (name in self.direct or formula is None or count != primitive.arity):
            raise NoVectors(name)
        made = self._in_lanes(_named(f"lanes.fast.{name}", fixed), count)
        builder = self.ir.IRBuilder(made.append_basic_block())
        if variant is not None:
            builder.ret(LaneMath(self, builder, variant).emit(name, *made.args))
        else:
            assert formula is not None
            names = dict(zip(primitive.variables, made.args, strict=True))
            names |= {primitive.variables[at]: self.constant(number) for at, number in fixed}
            builder.ret(LaneComposite(self, builder, names, strict=primitive.strict).emit(formula))
        return made

    def _with_help(self, name: str, count: int, fixed: Fixed) -> Function:
        fast = self.fast(name, count, fixed)
        made = self._in_lanes(_named(f"lanes.{name}", fixed), count)
        builder = self.ir.IRBuilder(made.append_basic_block())
        quick = result = builder.call(fast, made.args)
        wrong = builder.bitcast(self.not_finite(builder, result), self.ir.IntType(WIDTH))
        nothing = self.ir.Constant(self.ir.IntType(WIDTH), 0)
        with builder.if_then(builder.icmp_unsigned("!=", wrong, nothing), likely=False):
            for lane in range(WIDTH):
                at = self.ir.Constant(self.word, lane)
                numbers = [builder.extract_element(each, at) for each in made.args]
                one = builder.call(self.scalar.primitive(name, count), numbers)
                result = builder.insert_element(result, one, at)
            builder.ret(result)
        builder.ret(quick)
        return made

    def _in_lanes(self, name: str, count: int) -> Function:
        kind = self.ir.FunctionType(self.vector, [self.vector] * count)
        made = self.ir.Function(self.module, kind, name)
        made.linkage = "internal"
        made.attributes.add("noinline")  # code of the machine would grow, and compile slowly
        return made

    def computes(self, primitive: Primitive) -> bool:
        """Whether a primitive has a vector form."""

        def emit(trial: VectorEmitter, builder: Builder, names: dict[str, Reg]) -> None:
            operands = [names[name] for name in primitive.variables]
            trial.number(builder, trial.apply(builder, primitive.name, operands))

        return primitive.arity is not None and self._try(primitive, "forward", emit)

    def sweeps(self, primitive: Primitive) -> bool:
        """Whether all its rules have one."""

        def emit(trial: VectorEmitter, builder: Builder, names: dict[str, Reg]) -> None:
            for rule in primitive.formulas:
                trial.contribution(builder, rule, names, names["z"])

        return primitive.arity is not None and self._try(primitive, "reverse", emit)

    def _try(self, primitive: Primitive, part: str, emit: Callable[..., None]) -> bool:
        """Emit it into a module that is thrown away."""
        key = primitive, part
        if key not in self._known:
            ir = self.ir
            trial = VectorEmitter(self.scalar)
            trial.module, trial._careful, trial._in_vectors = ir.Module("trial"), {}, {}
            names = ["z", *primitive.variables]
            kind = ir.FunctionType(ir.VoidType(), [self.vector] * len(names))
            function = ir.Function(trial.module, kind, "trial")
            builder = ir.IRBuilder(function.append_basic_block())
            try:
                emit(trial, builder, dict(zip(names, function.args, strict=True)))
            except NoVectors:
                self._known[key] = False
            else:
                self._known[key] = True
        return self._known[key]
