"""Random hostile input: texts, command lines, labels. Seeded, so that a finding can be repeated."""

from __future__ import annotations

import random

#: what a parser, a terminal, a page or a shell may stumble over
PIECES = (
    "x y z x1 λ π e pi tau _ __class__ __import__('os') lambda if else sin cos exp log sqrt where "
    "sum dot softmax polygamma gamma maximum take clip affine digamma lgamma erf atan2 pow round "
    "+ - * / ** // % ( ) , < > <= >= == != = : ; . [ ] { } @ ! ~ & | ^ ' \" \\ ` $ # ? "
    "0 1 2 3 -1 0.5 1e308 1e-308 5e-324 1e999 nan inf 0x10 1_000 1__0 4,499 2x ² ½ ∞ − × · ÷ √ "
    "9**9**9 10**400 1e400 171 -0.0 .5 5. 1.2.3 1e 1e+ 0b1 00 x=1 y=2 x=pi/2 x= =1 x==1"
).split()
BYTES = (
    "\x00 \x01 \x07 \x08 \x1b[2J \x1b]0;t\x07 \x7f \x85 \u200b \u200e \u202e \u2066 \u2069 \ufeff "
    "\ufffe \uffff \ud800 \U000e0001 \u0301 \u2028 \u2029 \n \r \t \v \f 漢 ½ א 👩‍👩 \U0001f600"
).split(" ")
OPTIONS = (
    "--wrt --wrt=x --wrt=y,x --latex --python --check --json --digits --digits=3 --digits=99 "
    "--digits=x --help -h -- --svg --html --dot --nonsense --svg=/nonexistent/f --step"
).split()
MARKUP = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;b&gt;&amp;&#60;&nbsp;",
    '" onload="alert(1)',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<img src=x onerror=alert(1)>",
    "</TD></TR></TABLE>>",
    '"];evil[label="',
    "\\N\\G\\l\\",
    "{a|b}",
    "\\input{/etc/passwd}",
    "\\write18{id}",
    "$x$ \\end{document} %",
    "\\href{javascript:alert(1)}{x}",
    "_^~#&{}",
    "${alert(1)}",
    "`${alert(1)}`",
    "{{7*7}}",
    "%s %(x)s {0} {x.__class__}",
    "__proto__",
    "constructor",
    "\\u003cscript\\u003e",
    "x" * 500,
    "",
    " ",
    "0",
    "-1",
    "\\",
)


def expression(rng: random.Random) -> str:
    """A text that is almost a formula, or a formula that is almost too much."""
    kind = rng.choice((0, 1, 2, 2, 2, 2, 3, 4, 5))
    if kind == 0:
        ranges = [rng.choice((128, 0x3000)) for _ in range(rng.randrange(40))]
        return "".join(chr(rng.randrange(size)) for size in ranges)
    if kind == 1:
        return rng.choice(REPEATED) * rng.choice((3, 150, 4000))
    if kind == 2:
        return _formula(rng, rng.randrange(1, 6))
    pieces = PIECES if kind < 5 else PIECES + BYTES
    return rng.choice(("", " ")).join(rng.choice(pieces) for _ in range(rng.randrange(1, 14)))


def _formula(rng: random.Random, depth: int) -> str:
    """A well-formed formula with numbers from all over the range."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(("x", "x", "y", "y", "x", "0.3", "1", "2.5", rng.choice(HARD)))
    if rng.random() < 0.5:
        operator = rng.choice(("+", "-", "*", "/", "**", "//", "%"))
        return f"({_formula(rng, depth - 1)}{operator}{_formula(rng, depth - 1)})"
    name, count = rng.choice(FUNCTIONS)
    return f"{name}({','.join(_formula(rng, depth - 1) for _ in range(count))})"


REPEATED = ("(", "-", "exp(", "x**", "x+", "sum(", "2*", "1/(", "[", "x,", "where(x>0,", "9**")
HARD = ("0", "-1", "1e300", "1e-300", "170.6", "5e-324", "-0.0", "pi")
FUNCTIONS = (
    *((name, 1) for name in (
        "exp log sqrt sin cos tan asin acosh atanh gamma lgamma digamma erf erfc cbrt sinc relu "
        "sigmoid softplus tanh floor expm1 exp2 sinh gelu mish logit"
    ).split()),
    ("atan2", 2), ("hypot", 3), ("maximum", 2), ("minimum", 3), ("pow", 2), ("fmod", 2),
    ("copysign", 2), ("clip", 3), ("log", 2), ("leaky_relu", 2), ("remainder", 2),
)  # fmt: skip


def arguments(rng: random.Random) -> list[str]:
    """A command line: a formula, values, options, in any order and number."""
    words = [expression(rng)]
    for name in ("x", "y"):
        value = rng.choice(("0.7", "1.3", rng.choice((*HARD, "pi/2", "1/0", "inf", "", "x")), "-2"))
        words.append(f"{name}={value if rng.random() < 0.95 else expression(rng)}")
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        word = rng.choice((*OPTIONS, expression(rng)))
        words.insert(rng.randrange(len(words) + 1), word)
    # what a shell can pass: no null characters, and no lone surrogates
    return [word.replace("\0", "?").encode("utf-8", "replace").decode() for word in words]


def label(rng: random.Random) -> str:
    """A label: markup of every language, control and bidi characters, or any characters at all."""
    if rng.random() < 0.3:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randrange(12)))
    parts = [rng.choice((*MARKUP, *BYTES, "w", "_1")) for _ in range(rng.randrange(1, 4))]
    return "".join(parts)
