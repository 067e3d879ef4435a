"""MathML Core, as browsers draw it: the captions of the walkthrough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from .backend import Backend, Form
from .names import Name
from .numbers import Slot, shown
from .symbols import Role

_CLASSES = {"value": "v", "grad": "g", "local": "l"}
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~"}


class MathmlBackend(Backend[str]):
    """Pieces for the inside of `<math>`."""

    minus: str = '<mo form="prefix">−</mo>'
    comma: str = "<mo>,</mo>"
    separator: str = '<mo rspace="1.2em">,</mo>'
    applied: str = '<mo>\u2061</mo><mspace width="0.17em"/>'
    fraction: Form = "<mfrac>{}{}</mfrac>".format
    power: Form = "<msup>{}{}</msup>".format
    subscript: Form = "<msub>{}{}</msub>".format
    strong: Form = '<mrow class="s">{}</mrow>'.format

    def row(self, parts: Sequence[str]) -> str:
        return f"<mrow>{''.join(parts)}</mrow>" if len(parts) != 1 else parts[0]

    def number(self, value: float, role: Role = "") -> str:
        if isinstance(value, Slot):
            return value.mark(_CLASSES.get(role, "m"))
        number = shown(value, self.digits)
        out = "<mi>∞</mi>" if number.mantissa == "∞" else f"<mn>{number.mantissa}</mn>"
        if number.exponent is not None:
            exponent = str(number.exponent).replace("-", "−")
            out += f"<mo>×</mo><msup><mn>10</mn><mn>{exponent}</mn></msup>"
        if number.negative:
            out = self.minus + out
        full = "" if number.exact else f' title="{value!r}"'
        mark = f' class="{_CLASSES[role]}"' if role else ""
        grouped = number.negative or mark or full or number.exponent
        return f"<mrow{mark}{full}>{out}</mrow>" if grouped else out

    def name(self, name: Name) -> str:
        one_sign = len(str(replace(name, sub=""))) == len(name.base)  # such as ŷ
        text = escape(str(replace(name, sub="")) if one_sign else name.base)
        base = f"<mi>{text}</mi>" if name.is_letter else f'<mi class="w">{text}</mi>'
        if name.verbatim:
            base = f"<mtext>{text}</mtext>"
        if name.accent and not one_sign:
            base = f'<mover accent="true">{base}<mo>{_ACCENTS[name.accent]}</mo></mover>'
        after = f"<mo>[</mo><mn>{name.example}</mn><mo>]</mo>" if name.example else ""
        raised = f"<mrow><mo>(</mo><mn>{name.layer}</mn><mo>)</mo></mrow>"
        tag = "mn" if name.sub.replace(",", "").isdigit() else "mtext"
        index = f"<{tag}>{escape(name.sub)}</{tag}>"
        if name.sub and name.layer:
            whole = f"<msubsup>{base}{index}{raised}</msubsup>"
        elif name.layer:
            whole = self.power(base, raised)
        else:
            whole = self.subscript(base, index) if name.sub else base
        return f"<mrow>{whole}{after}</mrow>" if after else whole

    def word(self, text: str) -> str:
        if text.strip() != text or " " in text:
            return f"<mtext>{escape(text)}</mtext>".replace(" ", "\u00a0")
        if text in ("∂", "d"):
            return f"<mi>{text}</mi>"
        return f'<mi class="f">{escape(text)}</mi>'

    def operator(self, sign: str) -> str:
        return f"<mo>{escape(sign)}</mo>" if sign.strip() else "<mo>\u2062</mo>"

    def bracket(self, inner: str, left: str = "(", right: str = ")") -> str:
        tall = "<mfrac" in inner or "<msqrt" in inner
        fixed = "" if tall else ' stretchy="false"'
        opening = f'<mo form="prefix"{fixed}>{left}</mo>'
        return f'<mrow>{opening}{inner}<mo form="postfix"{fixed}>{right}</mo></mrow>'

    def root(self, inner: str, index: str = "") -> str:
        return f"<mroot>{inner}<mn>{index}</mn></mroot>" if index else f"<msqrt>{inner}</msqrt>"

    def colour(self, inner: str, role: Role) -> str:
        return f'<mrow class="{_CLASSES[role]}">{inner}</mrow>' if role else inner
