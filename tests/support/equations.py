"""Reads printed equations back and evaluates them: text, LaTeX and MathML, as a reader would.

Nothing here knows how they were made. A line is taken apart at its relation signs, every side is
translated into Python's syntax and evaluated, and neighbours must agree within what rounding the
shown numbers can change.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from unicodedata import normalize
from xml.etree import ElementTree

import autodiff

#: a number as printed: 12, 0.5000, 1.235×10⁻⁵
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_FUNCTIONS = {
    "arcsin": autodiff.asin, "arccos": autodiff.acos, "arctan": autodiff.atan,
    "ReLU": autodiff.relu, "σ": autodiff.sigmoid, "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs), "ln": math.log,
    "where": lambda c, a, b: a if c else b, "abs": abs, "true": True, "false": False,
    "π": math.pi, "sqrt": math.sqrt, "sign": lambda x: (x > 0) - (x < 0),
}  # fmt: skip


def sides(line: str) -> list[str]:
    """The sides of an equation; what follows += is an equation of its own."""
    return [part.strip() for part in re.split(r" (?:=|≈) ", line.split(" += ")[-1])]


def check(line: str, symbols: Mapping[str, float]) -> list[str]:
    """What is false about a line of text: pairs of sides that differ by more than rounding."""
    values = [(side, *evaluated(side, symbols)) for side in sides(line)]
    wrong = []
    for (left, a, slack_a), (right, b, slack_b) in itertools.pairwise(values):
        exact = f"{left} = {right}" in line
        slack = 1e-9 * max(abs(a), abs(b), 1e-12) + (0.0 if exact else slack_a + slack_b)
        if not (a == b or abs(a - b) <= slack or (a != a and b != b)):
            wrong.append(f"{left} is {a!r}, {right} is {b!r}, in: {line}")
    return wrong


def evaluated(side: str, symbols: Mapping[str, float]) -> tuple[float, float]:
    """The value of a side, and how far rounding of the numbers in it can move that."""
    code, names = python(side, symbols)
    spots = list(NUMBER.finditer(code))
    value = _value(code, names)
    slack = 0.0
    for spot in spots:
        text = spot.group()
        digits = text.split("e")[0]
        unit = 10.0 ** (-len(digits.partition(".")[2])) * (
            10.0 ** int(text.split("e")[1]) if "e" in text else 1.0
        )
        if "." not in text and names_in(code):
            continue  # a literal of a formula, or an exponent
        moved = f"{code[: spot.start()]}({text}+{unit / 2!r}){code[spot.end() :]}"
        slack += abs(_value(moved, names) - value)
    return value, 1.05 * slack


def names_in(code: str) -> bool:
    """Whether a side has symbols, and is not numbers alone."""
    return bool(re.search(r"v\d+_|\*\*", code))


def _value(code: str, names: Mapping[str, object]) -> float:
    try:
        return float(eval(code, {"__builtins__": {}}, dict(names)))  # noqa: S307 - our own printer's lines, in a test
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan


def python(side: str, symbols: Mapping[str, float]) -> tuple[str, dict[str, object]]:
    """Mathematics in plain text as Python: implicit products, raised digits, bare functions."""
    names: dict[str, object] = {"e_": math.e, **_FUNCTIONS}
    names |= {
        name: getattr(autodiff, name)
        for name in ("sin cos tan exp log sinh cosh tanh log2 gamma softplus clip sqrt").split()
    }
    out = normalize("NFD", side)
    symbols = {normalize("NFD", name): value for name, value in symbols.items()}
    for index, symbol in enumerate(sorted(symbols, key=len, reverse=True)):
        names[f"v{index}_"] = symbols[symbol]
        pattern = (
            r"(?<![^\W\d_])" + re.escape(symbol) + r"(?![A-Za-zα-ωΑ-Ω_0-9₀-₉①-⑳\u0300-\u036f])"
        )
        out = re.sub(pattern, f"(v{index}_)", out)
    out = re.sub(r"×10([⁻⁰-⁹¹²³]+)", lambda m: "e" + _lowered(m.group(1)), out)
    out = re.sub(f"[{_RAISED}]+", lambda m: "**" + _lowered(m.group()), out)
    out = re.sub(
        r"\b(sin|cos|tanh|tan|log)(\*\*\d+) ?(\((?:[^()]|\([^()]*\))*\))", r"(\1\3)\2", out
    )
    out = re.sub(r"\b(sin|cos|tanh|tan|log|exp) (\([^()]*\)|[\d.]+)", r"\1(\2)", out)
    out = re.sub(r"√([\d.]+)", r"sqrt(\1)", out).replace("√", "sqrt")
    out = re.sub(r"\|([^|]*)\|", r"abs(\1)", out)
    out = out.replace("^", "**").replace("−", "-").replace("·", "*").replace(" if ", " if ")
    out = re.sub(r"(?<![\w_])e\*\*", "e_**", out)
    out = re.sub(r"(?<=[\d)])\s*(?=\()", "*", out)
    out = re.sub(r"(?<=\d)(?=(?:sqrt|exp|σ|e_|sin|cos))", "*", out)
    out = re.sub(r"(?<=[\d)]) (?=[a-z]+\()", "*", out)
    return out, names


def raised(layer: str) -> str:
    """The layer of a name: ⁽²⁾."""
    return f"⁽{layer.translate(str.maketrans('0123456789', _RAISED[:10]))}⁾"


def lowered(index: str) -> str:
    """An index: ₂₁."""
    return index.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _lowered(raised: str) -> str:
    return raised.translate(str.maketrans(_RAISED, "0123456789-"))


# ---- other formats, as text --------------------------------------------------------------------


def text_of_latex(latex: str) -> str:
    """A line of LaTeX as the text that says the same."""
    out = (
        latex.replace(r"\mathrel{+}=", "+=")
        .replace(r"\left", "")
        .replace(r"\right", "")
        .replace("&", "")
        .replace(r"\,", " ")
    )
    for old, new in (
        (r"\cdot", "·"), (r"\approx", "≈"), (r"\partial ", "∂"), (r"\mathrm{d}", "d"),
        (r"\sigma", "σ"), (r"\mathit{true}", "true"), (r"\operatorname", ""), (r"\times 10", "×10"),
    ):  # fmt: skip
        out = out.replace(old, new)
    out = re.sub(
        r"\{(\w+(?:_\{\w+\})?)\}_\{\((\d)\)\}", lambda m: m[1] + chr(0x245F + int(m[2])), out
    )
    out = re.sub(
        r"(\w)\^\{\((\d+)\)\}_\{(\d+)\}", lambda m: m[1] + raised(m[2]) + lowered(m[3]), out
    )
    out = re.sub(r"_\{(\d+)\}", lambda m: lowered(m[1]), out)
    out = re.sub(r"\\hat\{y\}", "ŷ", out)
    out = re.sub(r"\\bar\{(\w)\}", "\\1\u0304", out)
    while True:
        again = re.sub(r"\\frac\{(d|∂)([^{}]*)\}\{\1([^{}]*)\}", r"\1\2/\1\3", out)
        again = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", again)
        again = re.sub(r"\\sqrt\{([^{}]*)\}", r"√(\1)", again)
        again = re.sub(
            r"×10\^\{(-?\d+)\}",
            lambda m: "×10" + m[1].translate(str.maketrans("0123456789-", _RAISED)),
            again,
        )
        again = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", again)
        again = re.sub(r"(?<![a-z}\]])\{([^{}]*)\}", r"\1", again)
        if again == out:
            break
        out = again
    out = re.sub(r"\\(sin|cos|tan|tanh|log|exp|max|min)\b", r"\1", out).replace("-", "−")
    out = re.sub(r"\b(sin|cos|tanh|log)\^\((\d)\)", lambda m: m[1] + _RAISED[int(m[2])], out)
    return " ".join(out.split())


def text_of_mathml(markup: str) -> str:
    """The text that a MathML formula says."""
    return " ".join(_said(ElementTree.fromstring(markup)).split())


def _said(node: ElementTree.Element) -> str:
    parts = [_said(child) for child in node]
    tag, text = node.tag, node.text or ""
    if tag == "mfrac":
        over, under = parts
        derivative = over[:1] in "d∂" and under[:1] == over[:1] and len(over) > 1
        return f"{over}/{under}" if derivative else f"(({over})/({under}))"
    if tag == "msup":
        base, power = parts
        if base == "10":
            return "10" + power.replace("−", "-").translate(str.maketrans("0123456789-", _RAISED))
        if power.isdigit():
            return base + power.translate(str.maketrans("0123456789", _RAISED[:10]))
        return f"{base}^({power})"
    if tag == "msubsup":
        return parts[0] + raised(parts[2].strip("()")) + lowered(parts[1])
    if tag == "msub":
        return parts[0] + parts[1].translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    if tag == "msqrt":
        return f"√({''.join(parts)})"
    if tag == "mo":
        if node.get("rspace"):
            return "¦"
        if node.get("form") in ("prefix", "postfix") or text in "()|×,":
            return text
        return "" if text == "\u2061" else "·" if text == "\u2062" else f" {text} "
    if tag == "mspace":
        return " "
    if tag == "mtext":
        return text.replace("\u00a0", " ")
    return text if not parts else "".join(parts)
