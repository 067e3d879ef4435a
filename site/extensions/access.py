"""What the theme's pages lack for those who listen to them: levels, names, what a toggle does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

#: markup as theme and notebooks write it, and as it has to be
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Site">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<div id="search-results">': '<h1>Search</h1><div id="search-results">',
    '<summary aria-label="Toggle hidden content">': "<summary>",
}


def _mend(app: Sphinx, failed: Exception | None) -> None:
    for path in [] if failed else Path(app.outdir).rglob("*.html"):
        text = mended = path.read_text(encoding="utf-8")
        for was, becomes in MENDED.items():
            mended = mended.replace(was, becomes)
        if mended != text:
            path.write_text(mended, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Mend what was written, when all of it is."""
    app.connect("build-finished", _mend)
    return {"parallel_read_safe": True}
