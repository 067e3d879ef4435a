"""Scripts and style sheets, without their comments and indentation."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """A file of this folder."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))
    if name.endswith(".css"):
        text = re.sub(r"\s*([{};:,])\s*", r"\1", text).replace(";}", "}")
    return text
