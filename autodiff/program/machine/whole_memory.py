"""Functions of the virtual machine over a whole memory: neither reads code words."""

from __future__ import annotations

from .llvm_types import Emits
from .pieces import counted


def emit_fill(emitter: Emits) -> None:
    """fill(g, n): make n adjoints "untouched"."""
    ir = emitter.ir
    kind = ir.FunctionType(ir.VoidType(), [emitter.pointer, emitter.word])
    function = ir.Function(emitter.module, kind, "autodiff_fill")
    builder = ir.IRBuilder(function.append_basic_block())
    with counted(emitter, builder, function.args[1]) as at:
        builder.store(emitter.constant(-0.0), builder.gep(function.args[0], [at]))
    builder.ret_void()


def emit_suspect(emitter: Emits) -> None:
    """suspect(v, n): whether one of n numbers is not finite."""
    ir = emitter.ir
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
