"""The documentation runs: every Python block is a doctest, every link leads somewhere."""

from __future__ import annotations

import doctest
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import autodiff
import autodiff.display.picture.shown
import autodiff.program.machine
import nn

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "notebooks").rglob("*.md"),
        ROOT / "README.md",
        ROOT / "autodiff/program/README.md",
    ]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_code_blocks(path: Path) -> None:
    """The blocks of a page share their names, as a reader would expect."""
    text = path.read_text(encoding="utf-8")
    parser = doctest.DocTestParser()
    runner = doctest.DocTestRunner(verbose=False)
    names: dict[str, Any] = {"__name__": "__main__"}
    said: list[str] = []
    for match in FENCE.finditer(text):
        kind, block = match.groups()
        line = text[: match.start()].count("\n") + 1
        assert kind in ("python", "sh", "text"), f"{path.name}:{line}: a block of kind {kind!r}"
        if kind != "python" or path.name == "jax.md":  # tests/program/test_jax.py runs that page
            continue
        test = parser.get_doctest(block, names, path.name, str(path), line)
        assert test.examples, f"{path.name}:{line}: a Python block that no test runs"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            runner.run(test, out=said.append, clear_globs=False)
        names = test.globs
    assert not said, "".join(said)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for target in targets:
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} links to {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{path.name} links to {target}"


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as code-hosting sites make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_the_table_of_places_is_true() -> None:
    """how-it-works.md says where things are: each file is there, and holds what is to be found."""
    text = (ROOT / "docs/how-it-works.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| \[(\S+)\]\(\.\./(\S+)\) \| `(.+)` \|$", text, re.MULTILINE)
    assert len(rows) == text.count("](../autodiff/") + text.count("](../nn/") > 20
    for shown, file, words in rows:
        assert shown == file and words in (ROOT / file).read_text(encoding="utf-8"), (file, words)


def test_every_error_has_an_example() -> None:
    """errors.md shows each class of error as the example that raises it (run above)."""
    shown = set(
        re.findall(r"^[\w.]+\.(\w+): ", (ROOT / "docs/errors.md").read_text("utf-8"), re.MULTILINE)
    )
    classes = {each.__name__ for each in descendants(autodiff.AutodiffError)}
    warned = {each.__name__ for each in descendants(UserWarning)}
    private = {"Mistake"}  # the command line's own: printed, never raised to a user
    assert classes - private <= shown
    assert warned <= shown
    for public in ("AutodiffError", *(each for each in autodiff.__all__ if each.endswith("Error"))):
        assert public in (ROOT / "docs/errors.md").read_text("utf-8")


def descendants(root: type) -> set[type]:
    """All subclasses that this project defines."""
    found = set()
    for each in root.__subclasses__():
        if each.__module__.split(".")[0] in ("autodiff", "nn"):
            found.add(each)
        found |= descendants(each)
    return found


def test_every_page_is_linked_from_another() -> None:
    linked = set()
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            linked.add((path.parent / target).resolve())
    assert [name(path) for path in PAGES if path not in linked and path.name != "README.md"] == []


def test_packages_are_the_ones_described() -> None:
    assert nn.__doc__
    assert autodiff.__doc__
