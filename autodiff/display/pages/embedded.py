"""What stands inside the stepper's fragment of HTML: its style sheet, and data for its script."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from autodiff.display.assets import asset
from autodiff.display.picture.theme import DARK, LIGHT, state_rules, variables

from .phrases import Markup, fold


@cache
def css(live: bool) -> tuple[str, list[str]]:
    """The style sheet of the stepper, folded: the colours, the states of the picture, its rules."""
    rules = [
        f".box{{{variables(LIGHT)}}}",
        f"@media screen{{.box.dark{{{variables(DARK)}}}}}",
        state_rules("svg"),
        asset("stepper.css"),
        *([asset("live.css")] if live else []),
    ]
    return fold(Markup("".join(rules)))


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
