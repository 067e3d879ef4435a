"""Functions that only choose between numbers, translated to code without jumps."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .syntax import Untranslatable
from .translate import Translator

if TYPE_CHECKING:
    from .emit import Emitter


class StraightTranslator(Translator):
    """Translates a function that only chooses between numbers, to code without jumps.

    So it works on vectors: every choice is computed for all lanes and selected. What could raise
    or give up is refused.
    """

    def __init__(
        self, emitter: Emitter, function: Callable[..., Any], builder: Any, operands: Sequence[Any]
    ) -> None:
        self.local = dict(zip(self._open(emitter, function), operands, strict=True))
        self.builder = builder

    def result(self) -> Any:
        """What the function returns."""
        if isinstance(self.tree, ast.Lambda):
            return self._number(self.tree.body)
        return self._returned(self.tree.body)

    def _returned(self, statements: list[ast.stmt]) -> Any:
        if not statements:
            raise Untranslatable("a path without return")
        first, *rest = statements
        if isinstance(first, ast.Return) and first.value is not None:
            return self._number(first.value)
        if isinstance(first, ast.If):
            chosen = self._returned(first.body)
            other = self._returned(first.orelse or rest)
            return self.builder.select(self._truth(first.test), chosen, other)
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return self._returned(rest)
        raise Untranslatable(ast.unparse(first))

    def _local(self, name: str) -> Any:
        return self.local[name]

    def _choice(self, node: ast.IfExp) -> Any:
        chosen, other = self._number(node.body), self._number(node.orelse)
        return self.builder.select(self._truth(node.test), chosen, other)

    def _call_or_give_up(self, node: ast.Call) -> Any:
        return self._call(node)

    def _give_up_if(self, condition: Any) -> None:
        raise Untranslatable("it may give up")
