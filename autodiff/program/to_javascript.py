"""`to_javascript`: a Program as a readable JavaScript function, for other pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autodiff.errors import OperandError
from autodiff.javascript import bundle, has_javascript
from autodiff.javascript.printing import literal
from autodiff.value import Value

from .inputs import Tree
from .program import Program
from .python_text import ATOM, Printer, Text
from .to_python import program_for

#: words that JavaScript keeps for itself
_RESERVED = frozenset(
    "arguments await break case catch class const continue debugger default delete do else enum "
    "eval export extends false finally for function if implements import in instanceof interface "
    "let new null package private protected public return static super switch this throw true try "
    "typeof undefined var void while with yield NaN Infinity Math Number Object BigInt PRIMITIVES "
    "operands".split()
)
_SIGNS = ("add", "sub", "mul", "div")


def to_javascript(
    f_or_value: Value | Program | Callable[..., Tree], /, *examples: Tree, name: str | None = None
) -> str:
    """Readable JavaScript that computes a value and its gradient, as `to_python` does for Python.

    Takes a Value, a Program, or a function together with `examples` of its arguments. The source
    stands alone: what JavaScript lacks comes before the function. That is called with one number
    per leaf and returns [value, [derivatives]]; several outputs are an array. Nothing raises:
    what has no value is NaN. Raises OperandError for a user's own function without a formula.

    >>> from autodiff import Value, sin
    >>> x = Value(0.5, "x")
    >>> print(to_javascript((x * x).named("f")))
    function f_and_gradient(x) {
      // forward
      const f = x * x;
      // backward: d_v is the derivative of the result by v
      const d_f = 1.0;
      let d_x = d_f * x; // f = x * x
      d_x = d_x + d_f * x;
      return [f, [d_x]];
    }
    """
    program, title = program_for("to_javascript", f_or_value, examples)
    for primitive in program.primitives:
        if not has_javascript(primitive):
            raise OperandError(
                f"{primitive.name} is a function in Python without a formula: to_javascript cannot "
                "print it; write it with autodiff's functions so that it has one"
            )
    return _Printer(program).source(name or title)


class _Printer(Printer):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        taken: set[str] = set()
        for at, each in enumerate(self.names):
            name = each
            while name in _RESERVED or name in taken or name[:2] in ("f_", "d_", "g_"):
                name = f"_{name}"
            self.names[at] = name
            taken.add(name)
        for at, number in enumerate(program.constants, program.leaves):
            self.names[at] = literal(number)

    def source(self, title: str) -> str:
        """The whole script."""
        lines = ["// forward", *map(_statement, self._forward())]
        lines.append("// backward: d_v is the derivative of the result by v")
        lines += _declared([_statement(line) for line in self._backward()])
        self._note_shared(lines)
        outputs = [self.names[slot] for slot in self.program.outputs]
        result = outputs[0] if len(outputs) == 1 else f"[{', '.join(outputs)}]"
        lines.append(f"return [{result}, [{self._gradient().rstrip(',')}]];")
        arguments = ", ".join(self.names[: self.program.leaves])
        body = [f"  {line}" for line in lines]
        function = "\n".join([f"function {title}_and_gradient({arguments}) {{", *body, "}"])
        library = bundle(self.functions).rpartition("const PRIMITIVES")[0]
        return f"{library}\n{function}" if self.functions else function

    def _adjoint(self, slot: int) -> str:
        return super()._adjoint(slot).replace("0.0", "0")

    def _constant(self, number: float) -> Text:
        return self._literal(literal(number))

    def _apply(self, name: str, operands: Sequence[Text]) -> Text:
        if name in _SIGNS:
            x, y = operands
            return self._infix(name, x, (f"({y[0]})", ATOM) if y[0].startswith("-") else y)
        if name == "neg":
            return self._minus(*operands)
        self.functions.add(name)
        return f"f_{name}({', '.join(text for text, _ in operands)})", ATOM


def _statement(line: str) -> str:
    code, mark, comment = line.partition("  # ")
    name, _, amount = code.partition(" = ")
    return f"const {name} = {amount};{f' // {comment}' if mark else ''}"


def _declared(lines: list[str]) -> list[str]:
    """`let` for what changes later, `const` for the rest."""
    names = [line.split()[1] for line in lines]
    seen: set[str] = set()
    out = []
    for line, name in zip(lines, names, strict=True):
        word = "" if name in seen else "let " if names.count(name) > 1 else "const "
        out.append(word + line.removeprefix("const "))
        seen.add(name)
    return out
