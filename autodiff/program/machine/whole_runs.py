"""Small functions of the virtual machine, and those that do together what Python would call."""

from __future__ import annotations

from collections.abc import Sequence

from .emit import Emitter
from .llvm_types import Builder, Function, Ir, Reg, Type
from .pieces import counted

#: what lies in the frame of a run: addresses, and integers but for the seed, a number
RUN = (
    "forward", "reverse", "v", "g", "scratch", "slots", "output", "seed", "first_result", "results"
)  # fmt: skip


class Composed:
    """Emits them into the module of an emitter."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter: Emitter = emitter
        self.ir: Ir = emitter.ir
        self.code_pointer: Type = emitter.word.as_pointer()

    def emit_small(self) -> None:
        """All of them; they call `forward` and `reverse`."""
        self._fill()
        self._suspect()
        self._evaluate()
        self._sweep()
        self._gradient()

    # ---- small functions ---------------------------------------------------------------------

    def _fill(self) -> None:
        ir, emitter = self.ir, self.emitter
        kind = ir.FunctionType(ir.VoidType(), [emitter.pointer, emitter.word])
        function = ir.Function(emitter.module, kind, "autodiff_fill")
        builder = ir.IRBuilder(function.append_basic_block())
        with counted(emitter, builder, function.args[1]) as at:
            builder.store(emitter.constant(-0.0), builder.gep(function.args[0], [at]))
        builder.ret_void()

    def _suspect(self) -> None:
        ir, emitter = self.ir, self.emitter
        kind = ir.FunctionType(emitter.word, [emitter.pointer, emitter.word])
        function = ir.Function(emitter.module, kind, "autodiff_suspect")
        builder = ir.IRBuilder(function.append_basic_block())
        found = builder.alloca(emitter.word)
        builder.store(ir.Constant(emitter.word, 0), found)
        with counted(emitter, builder, function.args[1]) as at:
            x = builder.load(builder.gep(function.args[0], [at]))
            wrong = builder.zext(emitter.not_finite(builder, x), emitter.word)
            builder.store(builder.or_(builder.load(found), wrong), found)
        builder.ret(builder.load(found))

    # ---- functions that call others ----------------------------------------------------------

    def _compose(
        self, name: str, kinds: Sequence[Type], result: Type | None = None
    ) -> tuple[Function, Builder]:
        kind = self.ir.FunctionType(result or self.ir.VoidType(), kinds)
        function = self.ir.Function(self.emitter.module, kind, f"autodiff_{name}")
        return function, self.ir.IRBuilder(function.append_basic_block())

    def _call(self, builder: Builder, name: str, *operands: Reg) -> Reg:
        return builder.call(self.emitter.module.globals[f"autodiff_{name}"], operands)

    def _run(
        self, name: str, wanted: Sequence[str], result: Type | None = None
    ) -> tuple[Builder, dict[str, Reg]]:
        """A function of a frame, and what is wanted of it."""
        emitter = self.emitter
        function, builder = self._compose(name, [emitter.long.as_pointer()], result)
        fields: dict[str, Reg] = {}
        for field in wanted:
            at = self.ir.Constant(emitter.word, RUN.index(field))
            found = builder.load(builder.gep(function.args[0], [at]))
            if field in ("forward", "reverse"):
                fields[field] = builder.inttoptr(found, self.code_pointer)
            elif field in ("v", "g", "scratch"):
                fields[field] = builder.inttoptr(found, emitter.pointer)
            elif field == "seed":
                fields[field] = builder.bitcast(found, emitter.double)
            else:
                fields[field] = found
        return builder, fields

    def _evaluate(self) -> None:
        wanted = ("forward", "v", "scratch", "first_result", "results")
        builder, fields = self._run("evaluate", wanted, self.emitter.word)
        code, v, scratch, first, count = fields.values()
        self._call(builder, "forward", code, v, scratch)
        start, count = builder.gep(v, [first]), builder.trunc(count, self.emitter.word)
        builder.ret(self._call(builder, "suspect", start, count))

    def _sweep(self) -> None:
        builder, fields = self._run("sweep", RUN[1:8])
        code, v, g, scratch, count, output, seed = fields.values()
        self._call(builder, "fill", g, builder.trunc(count, self.emitter.word))
        builder.store(builder.fadd(seed, self.emitter.constant(0.0)), builder.gep(g, [output]))
        self._call(builder, "reverse", code, v, g, scratch)
        builder.ret_void()

    def _gradient(self) -> None:
        builder, fields = self._run("gradient", ("forward", "v", "scratch"))
        self._call(builder, "forward", *fields.values())
        self._call(builder, "sweep", builder.function.args[0])
        builder.ret_void()
