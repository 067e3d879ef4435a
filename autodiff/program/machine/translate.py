"""Functions of floats, translated from their Python source to LLVM.

Primitives such as sigmoid are plain Python: comparisons, arithmetic, calls of `math`. The
translator knows this subset of Python and refuses everything else (`Untranslatable`; the machine
then calls the Python function itself). A translation may give up at run time: where Python might
raise (a division by zero, a result that is not finite) it returns nan, and whoever called it asks
the Python function. So a translation that returns a finite number has done what Python does, with
the same operations in the same order.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .syntax import Untranslatable, source_tree

if TYPE_CHECKING:
    from .emit import Emitter


def _is_ours(function: Callable[..., Any]) -> bool:
    return function.__module__.split(".")[0] in ("autodiff", "nn")


class Translator:
    """Translates one function into the LLVM function `target`, which takes and gives doubles."""

    def __init__(self, emitter: Emitter, function: Callable[..., Any], target: Any) -> None:
        names = self._open(emitter, function)
        self.builder = self.ir.IRBuilder(target.append_basic_block())
        self.function = target
        for name, value in zip(names, target.args, strict=True):
            self._assign(name, value)

    def _open(self, emitter: Emitter, function: Callable[..., Any]) -> list[str]:
        """Find the function's source and what it refers to; the names of its arguments."""
        import llvmlite.ir as ir

        self.ir = ir
        self.emitter = emitter
        self.tree = source_tree(function)
        #: what a user's function finds outside itself may be changed later: it is not translated
        self.ours = _is_ours(function)
        captured = inspect.getclosurevars(function)
        self.names: dict[str, Any] = {**captured.builtins, **captured.globals, **captured.nonlocals}
        arguments = self.tree.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
            raise Untranslatable("variable arguments")
        self.local: dict[str, Any] = {}
        self.nan = emitter.constant(math.nan)
        return [argument.arg for argument in arguments.args]

    def run(self) -> None:
        """Emit the whole body."""
        if isinstance(self.tree, ast.Lambda):
            self.builder.ret(self._number(self.tree.body))
            return
        self._block(self.tree.body)
        if not self.builder.block.is_terminated:
            raise Untranslatable("a path without return")

    # ---- statements --------------------------------------------------------------------------

    def _block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            if self.builder.block.is_terminated:
                return
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Return) and node.value is not None:
            self.builder.ret(self._number(node.value))
        elif isinstance(node, ast.If):
            self._if(node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._assignment(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assignment(node.target, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            name = ast.Name(node.target.id, ast.Load())
            self._assign(node.target.id, self._number(ast.BinOp(name, node.op, node.value)))
        elif isinstance(node, ast.Raise):
            self.builder.ret(self.nan)
        elif isinstance(node, ast.Try) and not node.finalbody and not node.orelse:
            self._block(node.body)  # where it would raise, the translation has given up before
        elif isinstance(node, ast.While) and not node.orelse:
            self._while(node)
        elif isinstance(node, ast.For) and not node.orelse:
            self._for(node)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            raise Untranslatable(ast.unparse(node))

    def _assignment(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._assign(target.id, self._number(value))
            return
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
            numbers = [self._number(part) for _, part in pairs]
            for (name, _), number in zip(pairs, numbers, strict=True):
                if not isinstance(name, ast.Name):
                    raise Untranslatable(ast.unparse(target))
                self._assign(name.id, number)
            return
        if isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
            assignments = [ast.Assign([target], part) for part in (value.body, value.orelse)]
            self._if(ast.If(value.test, [assignments[0]], [assignments[1]]))
            return
        raise Untranslatable(ast.unparse(target))

    def _assign(self, name: str, value: Any) -> None:
        if name not in self.local:
            with self.builder.goto_entry_block():
                self.local[name] = self.builder.alloca(self.emitter.double)
        self.builder.store(value, self.local[name])

    def _if(self, node: ast.If) -> None:
        test = self._truth(node.test)
        then = self.function.append_basic_block()
        other = self.function.append_basic_block()
        after = self.function.append_basic_block()
        self.builder.cbranch(test, then, other)
        for block, body in ((then, node.body), (other, node.orelse)):
            self.builder.position_at_end(block)
            self._block(body)
            if not self.builder.block.is_terminated:
                self.builder.branch(after)
        self.builder.position_at_end(after)
        if not after.is_terminated and _always_leaves(node):
            self.builder.unreachable()

    def _while(self, node: ast.While) -> None:
        head, body, after = (self.function.append_basic_block() for _ in range(3))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        self.builder.cbranch(self._truth(node.test), body, after)
        self.builder.position_at_end(body)
        self._block(node.body)
        if not self.builder.block.is_terminated:
            self.builder.branch(head)
        self.builder.position_at_end(after)

    def _for(self, node: ast.For) -> None:
        numbers = self.names.get(node.iter.id) if isinstance(node.iter, ast.Name) else None
        if not isinstance(node.target, ast.Name) or not isinstance(numbers, tuple):
            raise Untranslatable(ast.unparse(node.iter))
        for number in numbers:
            self._assign(node.target.id, self._constant(number))
            self._block(node.body)

    # ---- expressions -------------------------------------------------------------------------

    def _constant(self, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self.emitter.constant(float(value))
        raise Untranslatable(repr(value))

    def _local(self, name: str) -> Any:
        return self.builder.load(self.local[name])

    def _number(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return self._constant(node.value)
        if isinstance(node, ast.Name):
            if node.id in self.local:
                return self._local(node.id)
            if not self.ours:
                raise Untranslatable(f"{node.id} may change")
            return self._constant(self.names.get(node.id))
        if isinstance(node, ast.Attribute):
            return self._constant(self._resolve(node))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            operand = self._number(node.operand)
            return operand if isinstance(node.op, ast.UAdd) else self.builder.fneg(operand)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.IfExp):
            return self._choice(node)
        if isinstance(node, ast.Call) and not node.keywords:
            return self._call_or_give_up(node)
        if isinstance(node, (ast.Compare, ast.BoolOp)):
            return self.emitter.number_of(self.builder, self._truth(node))
        raise Untranslatable(ast.unparse(node))

    def _binary(self, node: ast.BinOp) -> Any:
        x, y = self._number(node.left), self._number(node.right)
        if isinstance(node.op, ast.Add):
            return self.builder.fadd(x, y)
        if isinstance(node.op, ast.Sub):
            return self.builder.fsub(x, y)
        if isinstance(node.op, ast.Mult):
            return self.builder.fmul(x, y)
        if isinstance(node.op, ast.Div):
            zero = self.emitter.constant(0.0)
            self._give_up_if(self.builder.fcmp_ordered("==", y, zero))
            return self.builder.fdiv(x, y)
        if isinstance(node.op, ast.Pow):
            return self._checked(self.emitter.libm("pow"), [x, y])
        if isinstance(node.op, ast.Mod):
            return self._modulo(x, y)
        raise Untranslatable(ast.unparse(node))

    def _modulo(self, x: Any, y: Any) -> Any:
        """Python's %, whose result has the sign of y."""
        builder, zero = self.builder, self.emitter.constant(0.0)
        rest = self._checked(self.emitter.libm("fmod"), [x, y])
        negative = [builder.fcmp_ordered("<", number, zero) for number in (rest, y)]
        moved = builder.select(builder.xor(*negative), builder.fadd(rest, y), rest)
        none = self.emitter.intrinsic(builder, "llvm.copysign", [zero, y])
        return builder.select(builder.fcmp_ordered("==", rest, zero), none, moved)

    def _choice(self, node: ast.IfExp) -> Any:
        name = f"choice {len(self.local)}"
        self._assign(name, self.nan)
        self._if(
            ast.If(
                node.test,
                [ast.Assign([ast.Name(name)], node.body)],
                [ast.Assign([ast.Name(name)], node.orelse)],
            )
        )
        return self.builder.load(self.local[name])

    def _call_or_give_up(self, node: ast.Call) -> Any:
        """A call; one that cannot be translated gives up when it is reached."""
        try:
            return self._call(node)
        except Untranslatable:
            self.builder.ret(self.nan)
            self.builder.position_at_end(self.function.append_basic_block())
            return self.nan

    def _call(self, node: ast.Call) -> Any:
        called = self._resolve(node.func)
        if called is float:
            return self._number(node.args[0])
        if called is int:
            return self.emitter.intrinsic(self.builder, "llvm.trunc", [self._number(node.args[0])])
        operands = [self._number(argument) for argument in node.args]
        if called in (abs, math.fabs):
            return self.emitter.intrinsic(self.builder, "llvm.fabs", operands)
        if called is math.copysign:
            return self.emitter.intrinsic(self.builder, "llvm.copysign", operands)
        if getattr(called, "__module__", None) == "math":
            return self._checked(self.emitter.libm(called.__name__), operands)
        defaults = getattr(called, "__defaults__", None) or ()
        if not isinstance(called, types.FunctionType) or not _is_ours(called):
            raise Untranslatable(ast.unparse(node))
        missing = called.__code__.co_argcount - len(operands)
        if missing:
            operands += [self._constant(value) for value in defaults[-missing:]]
        return self._checked(self.emitter.translated(called), operands)

    def _checked(self, function: Any, operands: list[Any]) -> Any:
        result = self.builder.call(function, operands)
        self._give_up_if(self.emitter.not_finite(self.builder, result))
        return result

    def _give_up_if(self, condition: Any) -> None:
        stop, go_on = self.function.append_basic_block(), self.function.append_basic_block()
        self.builder.cbranch(condition, stop, go_on)
        self.builder.position_at_end(stop)
        self.builder.ret(self.nan)
        self.builder.position_at_end(go_on)

    def _truth(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(part) for part in node.values]
            combine = self.builder.and_ if isinstance(node.op, ast.And) else self.builder.or_
            return functools.reduce(combine, parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.builder.not_(self._truth(node.operand))
        if isinstance(node, ast.Call):
            called = self._resolve(node.func)
            if called in (math.isfinite, math.isinf, math.isnan):
                return self._classify(called, self._number(node.args[0]))
        zero = self.emitter.constant(0.0)
        return self.builder.fcmp_unordered("!=", self._number(node), zero)

    def _classify(self, called: Any, x: Any) -> Any:
        if called is math.isnan:
            return self.builder.fcmp_unordered("uno", x, x)
        infinite = self.emitter.not_finite(self.builder, x)
        if called is math.isfinite:
            return self.builder.not_(infinite)
        return self.builder.and_(infinite, self.builder.fcmp_ordered("==", x, x))

    def _compare(self, node: ast.Compare) -> Any:
        signs = {
            ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
        }  # fmt: skip
        numbers = [self._number(part) for part in (node.left, *node.comparators)]
        tests = []
        for left, operator, right in zip(numbers, node.ops, numbers[1:], strict=False):
            sign = signs.get(type(operator))
            if sign is None:
                raise Untranslatable(ast.unparse(node))
            compare = self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered
            tests.append(compare(sign, left, right))
        return functools.reduce(self.builder.and_, tests)

    def _resolve(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self._resolve(node.value), node.attr, None)
        raise Untranslatable(ast.unparse(node))


def _always_leaves(node: ast.If) -> bool:
    """Whether both branches of an `if` end in return or raise."""

    def leaves(body: list[ast.stmt]) -> bool:
        last = body[-1] if body else None
        if isinstance(last, ast.If):
            return _always_leaves(last)
        return isinstance(last, (ast.Return, ast.Raise))

    return leaves(node.body) and leaves(node.orelse)
