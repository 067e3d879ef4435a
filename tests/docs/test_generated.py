"""What is generated is fresh: the reference, the tables, the line counts, the pictures."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import autodiff

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import make_pictures  # noqa: E402 - a script, found by the line above
import make_reference  # noqa: E402 - the same
import make_tables  # noqa: E402 - the same


def test_the_reference_is_fresh() -> None:
    found = make_reference.PAGE.read_text(encoding="utf-8")
    assert found == make_reference.page(), "run scripts/make_reference.py"


def test_the_reference_has_every_public_name_and_primitive() -> None:
    text = make_reference.PAGE.read_text(encoding="utf-8")
    for name in autodiff.__all__:
        assert f"| `{name}` |" in text, name
    for name in ("tanh", "maximum", "affine", "logsumexp"):
        assert f"| `{name}(" in text, name


def test_formulas_in_the_reference_can_be_read_back() -> None:
    """What the reference prints is the rule itself: the parser gives the same tree."""
    from autodiff.expression import parse
    from autodiff.formula import Apply
    from autodiff.primitive import PRIMITIVES

    for name in ("div", "tanh", "asin", "atanh", "softsign", "silu", "power_term"):
        for formula in PRIMITIVES[name].formulas:
            if isinstance(formula, Apply):
                assert str(parse(make_reference.formula_text(formula))) == str(formula)


def test_benchmark_tables_are_those_of_the_measurements() -> None:
    for path, fresh in make_tables.documents().items():
        now = path.read_text(encoding="utf-8")
        counts = re.compile(r"\(\d+ lines\)")
        assert counts.sub("", now) == counts.sub("", fresh), "run scripts/make_tables.py"


def test_line_counts_are_about_right() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\d+\. \[`([\w/.]+)`\]\(\1\) \((\d+) lines\)", text, flags=re.MULTILINE)
    assert [file for file, _ in listed] == [file for file, _ in make_tables.READING]
    for file, count in listed:
        real = make_tables.lines_of(file)
        assert abs(int(count) - real) <= 30 + 0.2 * real, f"{file} has {real} lines"


def test_the_core_has_as_many_lines_as_the_readme_says() -> None:
    said = re.search(r"`primitive`, (\d+) lines", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    files = (f"autodiff/{name}.py" for name in ("value", "graph", "primitive"))
    assert abs(int(said[1]) - sum(map(make_tables.lines_of, files))) <= 20


@pytest.mark.parametrize("name", ["toy", "toy_dark", "stepper", "network", "boundary"])
def test_pictures_are_there_and_well_formed(name: str) -> None:
    root = ElementTree.parse(make_pictures.PICTURES / f"{name}.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_the_scripts_draw_pictures(tmp_path: Path) -> None:
    """Not compared byte by byte: the layout may move, and a person looks at the pictures."""
    make_pictures.write_toy(tmp_path)
    make_pictures.write_stepper(tmp_path)
    make_pictures.write_network(tmp_path)
    assert "−80.39" in (tmp_path / "toy.svg").read_text(encoding="utf-8")
    assert len(list(tmp_path.glob("*.svg"))) == 4
