"""The site is built once for all tests here, and served to one browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import chromium, served

ROOT = Path(__file__).parents[2]
HTML = ROOT / "build" / "site" / "html"
SOURCES = ("site", "docs", "notebooks", "autodiff", "nn", "scripts/build_site.py", "README.md")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Building takes half a minute: only where it is asked for, with `-m site`."""
    if "site" not in config.getoption("markexpr"):
        for item in items:
            if "site" in item.keywords and item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(
                    pytest.mark.skip(reason="builds the site: python -m pytest -m site")
                )


def _newest() -> float:
    paths = [path for name in SOURCES for path in [ROOT / name, *(ROOT / name).rglob("*")]]
    return max(path.stat().st_mtime for path in paths if "__pycache__" not in path.parts)


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built site."""
    for needed in ("sphinx", "furo", "myst_nb", "latex2mathml"):
        if find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed: the extra `site` brings it")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    index = HTML / "index.html"
    if not index.exists() or index.stat().st_mtime < _newest():
        command = [sys.executable, str(ROOT / "scripts" / "build_site.py")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARNING" not in done.stdout + done.stderr
    return HTML


@pytest.fixture(scope="session")
def address(html: Path) -> Iterator[str]:
    with served(html) as found:
        yield found


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium that records every request."""
    with chromium(tmp_path_factory.mktemp("profile"), performance="ALL") as session:
        session.set_script_timeout(120)
        yield session
