"""Scripts without comments and without space between signs; every name and text stays as it is."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<space>\s+)|(?P<word>[\w$]+)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<sign>.)""",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
#: a slash after one of these begins a regular expression
_BEFORE_REGEX = set("(,=:[!&|?{};+-*%<>~^") | {"return", ""}


def stripped(script: str) -> str:
    """The script without comments; a line ends only where a statement may end without a sign.

    >>> print(stripped("let x = 1;  // one\\n\\nif (x > 0) {\\n  f(`a ${ x }`, / +/);\\n}"))
    let x=1;if(x>0){f(`a ${ x }`,/ +/)}

    A statement that is empty has to be written `{}`: a `;` before a `}` goes, too.
    """
    out: list[str] = []
    at, gap, last = 0, "", ""
    while at < len(script):
        if script[at] == "`":
            token, kind = script[at : _template_end(script, at)], "string"
        elif script[at] == "/" and last in _BEFORE_REGEX and (found := _REGEX.match(script, at)):
            token, kind = found[0], "string"
        else:
            match = _TOKEN.match(script, at)
            assert match is not None
            token, kind = match[0], str(match.lastgroup)
        at += len(token)
        if kind in ("comment", "space"):
            gap = "\n" if "\n" in gap + token else " "
            continue
        if token == "}" and last == ";":
            out.pop()  # a bracket ends a statement, too
        elif gap and _needs(gap, last, token):
            out.append(gap)
        out.append(token)
        gap, last = "", token
    return "".join(out)


def _needs(gap: str, before: str, after: str) -> bool:
    """Whether two tokens need what stands between them."""
    if gap == "\n":
        return bool(before) and before not in "{([;,=" and after not in "})];,"
    one, other = before[-1:], after[:1]
    word = re.compile(r"[\w$]")
    return bool(word.match(one) and word.match(other)) or (one == other and one in "+-")


def _template_end(script: str, at: int) -> int:
    """Where a template literal ends that begins there; what stands in `${...}` is code."""
    at += 1
    while script[at] != "`":
        if script[at] == "\\":
            at += 1
        elif script.startswith("${", at):
            at = _braces_end(script, at + 1)
            continue
        at += 1
    return at + 1


def _braces_end(script: str, at: int) -> int:
    depth = 0
    while True:
        character = script[at]
        if character == "`":
            at = _template_end(script, at)
            continue
        if character in "\"'" and (found := _TOKEN.match(script, at)):
            at = found.end()
            continue
        depth += (character == "{") - (character == "}")
        at += 1
        if depth == 0:
            return at
