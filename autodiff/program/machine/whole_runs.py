"""Small functions of the virtual machine, and those that do together what Python would call."""

from __future__ import annotations

from collections.abc import Sequence

from .emit import Emitter
from .llvm_types import Builder, Function, Ir, Reg, Type
from .pieces import counted

#: what lies in the frame of `gradient`, integers and addresses
GRADIENT = ("forward", "reverse", "v", "g", "scratch", "slots", "output")


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

    def _evaluate(self) -> None:
        numbers, word = self.emitter.pointer, self.emitter.word
        kinds = [self.code_pointer, numbers, numbers, word, word]
        function, builder = self._compose("evaluate", kinds, word)
        code, v, scratch, first, count = function.args
        self._call(builder, "forward", code, v, scratch)
        start = builder.gep(v, [builder.zext(first, self.emitter.long)])
        builder.ret(self._call(builder, "suspect", start, count))

    def _sweep(self) -> None:
        numbers, word = self.emitter.pointer, self.emitter.word
        kinds = [self.code_pointer, *[numbers] * 3, word, word, self.emitter.double]
        function, builder = self._compose("sweep", kinds)
        code, v, g, scratch, count, slot, seed = function.args
        self._call(builder, "fill", g, count)
        seed = builder.fadd(seed, self.emitter.constant(0.0))
        builder.store(seed, builder.gep(g, [builder.zext(slot, self.emitter.long)]))
        self._call(builder, "reverse", code, v, g, scratch)
        builder.ret_void()

    def _gradient(self) -> None:
        emitter, word = self.emitter, self.emitter.word
        function, builder = self._compose("gradient", [emitter.long.as_pointer()])
        fields: dict[str, Reg] = {}
        for at, name in enumerate(GRADIENT):
            place = builder.gep(function.args[0], [self.ir.Constant(word, at)])
            fields[name] = builder.load(place)
        for name in ("forward", "reverse"):
            fields[name] = builder.inttoptr(fields[name], self.code_pointer)
        for name in ("v", "g", "scratch"):
            fields[name] = builder.inttoptr(fields[name], emitter.pointer)
        count, slot = (builder.trunc(fields[name], word) for name in ("slots", "output"))
        v, g, scratch = fields["v"], fields["g"], fields["scratch"]
        self._call(builder, "forward", fields["forward"], v, scratch)
        one = emitter.constant(1.0)
        self._call(builder, "sweep", fields["reverse"], v, g, scratch, count, slot, one)
        builder.ret_void()
