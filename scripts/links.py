"""Links for readers who do not have the repository: the package's description, a site.

In the repository all links are relative. The address of the project stands in one line of
pyproject.toml (`home`); hatchling runs this file as a metadata hook, which adds that address to the
links of README.md and fills `project.urls`.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: a target in Markdown or HTML that names no scheme, no place on its own page and no root
_TARGET = r"(?![a-z][a-z0-9+.-]*:|[#/])"
_LINK = re.compile(rf'(\]\(|\b(?:src|srcset|href)="){_TARGET}([^)"\s]+)')
_PICTURES = (".svg", ".png", ".gif", ".jpg", ".webp")


def absolute(text: str, home: str, folder: str = "") -> str:
    """A page with its relative links led to the project's address; unchanged without one.

    `folder` is where the page lies in the repository, for links such as `../README.md`.
    """
    if not home:
        return text

    def lead(match: re.Match[str]) -> str:
        before, target = match.groups()
        path, mark, place = target.partition("#")
        path = posixpath.normpath(posixpath.join(folder, path))
        kind = "raw" if path.endswith(_PICTURES) else "blob"
        return f"{before}{home.rstrip('/')}/{kind}/HEAD/{path}{mark}{place}"

    return _LINK.sub(lead, text)


def urls(home: str) -> dict[str, str]:
    """What `project.urls` says."""
    if not home:
        return {}
    places = {"Documentation": "docs/README.md", "Course": "notebooks/README.md",
              "Changelog": "CHANGELOG.md"}  # fmt: skip
    return {"Homepage": home} | {
        name: f"{home.rstrip('/')}/blob/HEAD/{path}" for name, path in places.items()
    }


class Links(MetadataHookInterface):  # type: ignore[misc]  # hatchling has no types here
    """What hatchling calls when it builds the package."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the fields that pyproject.toml declares dynamic."""
        home = self.config.get("home", "")
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(text, home)}
        metadata["urls"] = urls(home)
