"""Finding the syntax tree of a function or lambda in the file that it was written in."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from collections.abc import Callable
from typing import Any


class Untranslatable(Exception):
    """The function uses more of Python than the translator knows."""


@functools.lru_cache(maxsize=64)
def _module_tree(path: str) -> ast.Module:
    return ast.parse("".join(linecache.getlines(path)))


def source_tree(function: Callable[..., Any]) -> ast.FunctionDef | ast.Lambda:
    """The syntax tree of a function or lambda. Raises Untranslatable without source."""
    if not isinstance(function, types.FunctionType):
        raise Untranslatable(f"{function!r} is not written in Python")
    code = function.__code__
    try:
        tree = _module_tree(code.co_filename)
    except (OSError, SyntaxError, ValueError):
        raise Untranslatable(f"no source of {function.__qualname__}") from None
    found: ast.Lambda | None = None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            lines = [node.lineno, *(decorator.lineno for decorator in node.decorator_list)]
            if code.co_firstlineno in lines:
                return node
        if isinstance(node, ast.Lambda) and code.co_name == "<lambda>" and _covers(node, code):
            found = node  # ast.walk goes from outer to inner ones: the last is the right one
    if found is not None:
        return found
    raise Untranslatable(f"no source of {function.__qualname__}")


def _covers(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether all that was compiled to `code` lies inside this lambda's body."""
    body = node.body
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    spans = [
        ((line, column), (end, end_column))
        for line, end, column, end_column in code.co_positions()
        if end_column
    ]
    return bool(spans) and all(first <= start and end <= last for start, end in spans)
