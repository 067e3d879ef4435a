"""The project's files agree with each other, and the README's commands are what CI runs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import autodiff

ROOT = Path(__file__).parents[1]
TRY_IT = (
    'python -m pip install . && python -m autodiff "2/sin(exp(-x))" x=-4.499 '
    "--svg toy.svg --html toy.html"
)
TEST_IT = 'python -m pip install -e ".[test]" && python -m pytest'
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readmes_commands() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", text("README.md"), flags=re.DOTALL)
    assert f"{TRY_IT}\n" in blocks
    assert f"{TEST_IT}\n" in blocks


def test_one_version() -> None:
    version = autodiff.__version__
    assert "version" in PROJECT["dynamic"]
    assert re.search(r"^version: (.+)$", text("CITATION.cff"), flags=re.MULTILINE)[1] == version
    assert re.search(r"^## (\S+)", text("CHANGELOG.md"), flags=re.MULTILINE)[1] == version


def test_dependencies_are_light() -> None:
    assert {re.match(r"[\w-]+", each)[0] for each in PROJECT["dependencies"]} == {
        "graphviz",
        "tqdm",
    }
    needed = " ".join(PROJECT["optional-dependencies"]["test"])
    assert not re.search("torch|jax|scikit|selenium", needed)


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert PROJECT["license"] == "MIT"
    assert text("LICENSE").startswith("MIT License")
    assert "license: MIT" in text("CITATION.cff")


def test_import_needs_the_standard_library_alone() -> None:
    """`import autodiff` stays fast: what is optional is imported where it is first used."""
    code = (
        "import sys; before = set(sys.modules); import autodiff; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert loaded - {"autodiff"} <= sys.stdlib_module_names


@pytest.mark.extras
def test_the_wheel_holds_the_packages_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("build.env", reason="needs the dev extra")  # `build` may be our own folder
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"autodiff", "nn"}
    sources = {
        str(path.relative_to(ROOT))
        for package in ("autodiff", "nn")
        for path in (ROOT / package).rglob("*.py")
    }
    assert sources <= set(names)
    assert {"autodiff/py.typed", "nn/py.typed"} <= set(names)
