"""Small faults that can be planted in a source file, one at a time: for `scripts/mutate.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SWAPS = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "*",
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


class Fault(NamedTuple):
    """A piece of a file, as (first byte, byte after the last), and what takes its place."""

    file: Path
    line: int
    span: tuple[int, int]
    before: str
    after: str

    def planted(self, source: bytes) -> bytes:
        """The file with the fault."""
        return source[: self.span[0]] + self.after.encode() + source[self.span[1] :]

    @property
    def text(self) -> str:
        """What is changed, without the line, which moves."""
        return f"{self.before}  ->  {self.after}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def faults_in(root: Path, file: Path) -> Iterator[Fault]:
    """Every fault that can be planted in a file."""
    source = (root / file).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _computed(ast.parse(source)):
        assert node.end_lineno is not None and node.end_col_offset is not None
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[node.end_lineno - 1] + node.end_col_offset
        before = " ".join(source[first:last].decode().split())
        for after in _changes(node):
            after = after if isinstance(node, ast.stmt) else f"({after})"
            yield Fault(file, node.lineno, (first, last), before, after)


def _computed(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Expressions and statements that do something: no annotations, messages, documentation."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_params") or _is_aside(node):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.expr, ast.stmt)) and not _is_aside(child):
                yield child
            if isinstance(child, ast.AST):
                yield from _computed(child)


def _is_aside(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("TypeVar", "cast")
    is_check = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_check or isinstance(node, (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import))


def _changes(node: ast.expr | ast.stmt) -> Iterator[str]:
    """What may stand in the place of a piece: swapped, dropped, moved by one, negated."""
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in _SWAPS:
        left, right = f"({ast.unparse(node.left)})", f"({ast.unparse(node.right)})"
        yield f"{left} {_SWAPS[type(node.op)]} {right}"
        yield left
        if isinstance(node.op, (ast.Add, ast.Mult)):
            yield right
        elif isinstance(node.op, ast.Sub):
            yield f"{right} - {left}"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPS:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        yield f"({left}) {_SWAPS[type(node.ops[0])]} ({right})"
        yield f"not ({ast.unparse(node)})"
    elif isinstance(node, ast.BoolOp):
        word = " or " if isinstance(node.op, ast.And) else " and "
        yield word.join(f"({ast.unparse(value)})" for value in node.values)
        yield ast.unparse(node.values[0])
    elif isinstance(node, ast.UnaryOp):
        yield ast.unparse(node.operand)
    elif isinstance(node, ast.IfExp):
        yield ast.unparse(node.body)
        yield ast.unparse(node.orelse)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield repr(not node.value)
        elif isinstance(node.value, (int, float)):
            yield repr(node.value + 1)
            if node.value:
                yield "0"
    elif isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
        first, second = map(ast.unparse, node.args)
        commutes = ast.unparse(node.func) in ("max", "min", "math.hypot")
        if not commutes and not any(isinstance(each, ast.Starred) for each in node.args):
            yield f"{ast.unparse(node.func)}({second}, {first})"


def _statements(node: ast.stmt) -> Iterator[str]:
    """Something is not done: a call for its effect, a change of what is there, a leap."""
    if isinstance(node, ast.AugAssign) and type(node.op) in _SWAPS:
        target, value = ast.unparse(node.target), ast.unparse(node.value)
        yield f"{target} {_SWAPS[type(node.op)]}= {value}"
    kept = (ast.Expr, ast.AugAssign, ast.Continue, ast.Break, ast.Delete)
    changes = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
    is_yield = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom))
    if (isinstance(node, kept) or changes) and not is_yield:
        yield "pass"
