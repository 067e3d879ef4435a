"""LaTeX: plain `amsmath`, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from .backend import Backend, Form
from .names import GREEK, Name
from .numbers import DIGITS, shown
from .symbols import Role

_GREEK = {letter: "\\" + word for word, letter in GREEK.items()} | {"ο": "o"}
_SIGNS = {
    "−": "-", "·": r" \cdot ", "×": r" \times ", "≈": r" \approx ", "≤": r" \le ", "≥": r" \ge ",
    "≠": r" \ne ", "mod": r" \bmod ", "⟹": r" \;\Longrightarrow\; ", "+=": r" \mathrel{+}= ",
    "": "", " ": r"\,",
}  # fmt: skip
_FENCES = {"‖": r"\lVert ", "|": "|", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "{": r"\{", "[": "["}
_KNOWN = set("sin cos tan arcsin arccos arctan sinh cosh tanh log exp max min".split())
_WORDS = {
    "π": r"\pi ",
    "…": r"\dots ", "∂": r"\partial ", "σ": r"\sigma ", "Γ": r"\Gamma ", "ψ": r"\psi ",
    "log Γ": r"\log\Gamma ", "e": "e", "Σ": r"\sum ", "–": r"\text{--}", "⋮": r"\vdots ",
}  # fmt: skip
_MANTISSAS = {"∞": r"\infty", "nan": r"\text{nan}"}
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "…": r"\dots{}", "\u2068": "", "\u2069": "", "−": "-", "∅": r"$\emptyset$",
} | {letter: f"${word}$" for letter, word in _GREEK.items()}  # fmt: skip


def escaped(text: str) -> str:
    """Text for `\\text{…}`: whatever plain pdfTeX cannot set becomes its code point."""
    latin = (c if c < "\x7f" or "\xc0" <= c <= "\xff" else f"U+{ord(c):04X}" for c in text)
    return "".join(map(_ESCAPES.get, text, latin))


class LatexBackend(Backend[str]):
    """Formulas for `$…$`; `inline` writes fractions with a slash, to save height."""

    minus: str = "-"
    comma: str = ", "
    separator: str = r",\quad "
    applied: str = " "
    row: Form = "".join
    power: Form = "{}^{{{}}}".format
    subscript: Form = "{}_{{{}}}".format

    def __init__(self, digits: int = DIGITS, *, inline: bool = False) -> None:
        super().__init__(digits)
        self.stacked: bool = not inline

    def number(self, value: float, role: Role = "") -> str:
        number = shown(value, self.digits)
        mantissa = _MANTISSAS.get(number.mantissa, number.mantissa)
        power = "" if number.exponent is None else rf" \times 10^{{{number.exponent}}}"
        return f"{'-' if number.negative else ''}{mantissa}{power}"

    def name(self, name: Name) -> str:
        if not name.verbatim and name.base in _GREEK:
            base = _GREEK[name.base]
        elif name.verbatim or not name.base.isascii():
            base = rf"\text{{{escaped(name.base)}}}"
        else:
            base = name.base if name.is_letter else rf"\mathit{{{name.base}}}"
        if name.accent:
            base = rf"\{name.accent}{{{base}}}"
        if name.layer:
            base = f"{base}^{{({name.layer})}}"
        after = f"[{name.example}]" if name.example else ""
        if not name.sub:
            return base + after
        simple = all(part.isdigit() or len(part) == 1 for part in name.sub.split(","))
        sub = name.sub if simple and name.sub.isascii() else rf"\text{{{escaped(name.sub)}}}"
        return f"{base}_{{{sub}}}{after}"

    def word(self, text: str) -> str:
        if text in _KNOWN:
            return f"\\{text}"
        if text == "d":
            return r"\mathrm{d}"
        if text in _WORDS:
            return _WORDS[text]
        if text.isidentifier():
            return rf"\operatorname{{{escaped(text)}}}"
        return rf"\text{{{escaped(text)}}}"

    def operator(self, sign: str) -> str:
        return _SIGNS.get(sign, f" {sign} ") if sign != "−" else " - "

    def slot(self, by: str, slot: int) -> str:
        return f"{{{by}}}_{{({slot})}}"

    def bracket(self, inner: str, left: str = "(", right: str = ")") -> str:
        opening, closing = _FENCES.get(left, left), _FENCES.get(right, right)
        if left == "‖":
            closing = r"\rVert "
        if r"\frac" in inner or r"\sqrt" in inner or r"\begin" in inner:
            return rf"\left{opening}{inner}\right{closing}"
        return f"{opening}{inner}{closing}"

    def fraction(self, over: str, under: str) -> str:
        return rf"\frac{{{over}}}{{{under}}}" if self.stacked else f"{over}/{under}"

    def root(self, inner: str, index: str = "") -> str:
        return rf"\sqrt{f'[{index}]' if index else ''}{{{inner}}}"

    def cases(self, rows: Sequence[tuple[str, str]], otherwise: str) -> str:
        lines = [rf"{expression} & \text{{if }} {condition}" for expression, condition in rows]
        lines.append(rf"{otherwise} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(lines) + r" \end{cases}"
