"""What stands inside the stepper's fragment of HTML: its style sheet, and data for its script."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from autodiff.display.assets import asset
from autodiff.display.picture.theme import DARK, LIGHT, Theme, stylesheet
from autodiff.javascript.bundle import stripped


@cache
def css() -> str:
    """The style sheet of the stepper: its own rules, the colours, the styles of the picture."""
    return "\n".join(
        [
            f".box{{{_variables(LIGHT)}}}",
            f".box.dark{{{_variables(DARK)}}}",
            stylesheet(".graph"),
            stripped(asset("stepper.css")),
            f"@media print{{.box.dark{{{_variables(LIGHT)}}}}}",
        ]
    )


def _variables(theme: Theme) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in theme.colours().items())


def json_text(data: dict[str, Any]) -> str:
    """JSON that may stand in a script element: nothing in it can end or reopen the script.

    Only `</`, `<!` and `<s` (of `<script`) mean something there; escaping every `<` would make
    the page twice as long.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("</", "<\\/")
    for following in "!sS":
        text = text.replace(f"<{following}", f"\\u003c{following}")
    return text
