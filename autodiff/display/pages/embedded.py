"""What stands inside the stepper's fragment of HTML: its style sheet, and data for its script."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from autodiff.display.assets import asset
from autodiff.display.picture.theme import DARK, LIGHT, state_rules, variables


@cache
def css() -> str:
    """The style sheet of the stepper: its own rules, the colours, the styles of the picture."""
    return "\n".join(
        [
            f".box{{{variables(LIGHT)}}}",
            f"@media screen{{.box.dark{{{variables(DARK)}}}}}",
            state_rules("svg"),
            asset("stepper.css"),
        ]
    )


def literal(data: dict[str, Any], phrases: list[str]) -> str:
    """The arguments of the script: nothing in them can end or reopen the script element.

    Only `</s`, `<!` and `<s` (of `script`) mean something there; escaping every `<` would make
    the page twice as long.
    """
    text = ",".join(
        json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in (data, phrases)
    )
    for following in ("!", "s", "S", "/s", "/S"):
        text = text.replace(f"<{following}", f"\\u003c{following}")
    return text
