"""What a page carries: of the library and of the printed functions only what it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from autodiff.primitive import PRIMITIVES

from .printing import has_javascript, javascript
from .stripping import stripped

_HERE = Path(__file__).parent
_DECLARED = re.compile(r"^(?:const|function) (\w+)", re.MULTILINE)


def text(name: str) -> str:
    """One of the scripts of this package, without comments and spare space."""
    return stripped((_HERE / name).read_text(encoding="utf-8"))


@cache
def _declarations() -> dict[str, str]:
    """Every top-level declaration of the library and of the printed functions, by its name."""
    found: dict[str, str] = {}
    for name in ("math.js", "functions.js"):
        source = (_HERE / name).read_text(encoding="utf-8")
        matches = list(_DECLARED.finditer(source))
        ends = [*(match.start() for match in matches[1:]), len(source)]
        for match, end in zip(matches, ends, strict=True):
            found[match[1]] = stripped(source[match.start() : end])
    return found


def bundle(names: Iterable[str]) -> str:
    """The functions and local derivatives of some primitives as `PRIMITIVES`, and what they need.

    >>> "f_sin" in bundle(["sin"]), "f_erf" in bundle(["sin"])
    (True, False)
    """
    wanted = sorted(set(names))
    known = dict(_declarations())
    for name in wanted:
        if f"f_{name}" not in known and has_javascript(PRIMITIVES[name]):  # a user's own formula
            function, _, derivative = stripped(javascript(PRIMITIVES[name])).partition("\nconst d_")
            known |= {f"f_{name}": function, f"d_{name}": f"const d_{derivative}"}
    needed: dict[str, None] = {}
    waiting = [f"{kind}_{name}" for name in wanted for kind in "fd"]
    while waiting:
        each = waiting.pop()
        if each not in needed:
            needed[each] = None
            waiting += [word for word in re.findall(r"\w+", known[each]) if word in known]
    parts = [known[name] for name in known if name in needed]
    table = ",".join(f"{name}:[f_{name},d_{name}]" for name in wanted)
    return "\n".join([*parts, f"const PRIMITIVES={{{table}}};"])
