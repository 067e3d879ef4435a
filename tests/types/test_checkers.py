"""What type checkers, stub testers and editors make of the packages, with the real tools.

`py.typed` promised types, and a user's checker saw Any for `x + 1` and for everything that is
loaded at first use; of these mistakes mypy found 17, and it found faults in right programs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.extras

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
#: a user's settings, and none of this project's
COMMANDS = {
    "mypy": ["-m", "mypy", "--config-file=", "--strict", "--no-error-summary", "--no-pretty"],
    "pyright": ["-m", "pyright", "--pythonpath", sys.executable],
}


def _run(checker: str, *arguments: str | Path, cwd: Path = HERE) -> str:
    pytest.importorskip(checker, reason="needs the extra `types`")
    done = subprocess.run(
        [sys.executable, *COMMANDS[checker], *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the packages lie as they do where they are installed."""
    folder = tmp_path_factory.mktemp("site")
    for package in ("autodiff", "nn"):
        (folder / package).symlink_to(ROOT / package, target_is_directory=True)
    return folder


@pytest.mark.parametrize("checker", COMMANDS)
def test_right_programs_have_no_errors(checker: str) -> None:
    """And every `assert_type` in them holds."""
    found = re.findall(r"^.*good\.py:\d+.*error.*$", _run(checker, "good.py"), re.MULTILINE)
    assert found == []  # of the packages themselves checkers say nothing where they are installed


def test_right_programs_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "good.py")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1000:]


def _mistakes() -> Iterator[int]:
    lines = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    (row,) = [number for number, line in enumerate(lines, 1) if line.startswith("# -----")]
    yield from (number for number, line in enumerate(lines, 1) if line and number > row)


@pytest.mark.parametrize("checker", COMMANDS)
def test_mistakes_are_found(checker: str) -> None:
    found = {int(each) for each in re.findall(r"wrong\.py:(\d+).*error", _run(checker, "wrong.py"))}
    mistakes = set(_mistakes())
    assert len(mistakes) >= 53
    assert found <= mistakes, "a right line is said to be wrong"
    missed = sorted(mistakes - found)
    assert len(missed) <= 2, f"not found: lines {missed}"


#: what stubtest says of any package without stubs: cached functions, aliases of Literal, generic
#: named tuples, operators and methods made by a function, names that are there for checkers alone
#: or not for them; functions that are methods; and of stand-ins for floats and ints, which say they
#: are of another class and hide methods
STUBTEST = re.compile(
    r"\*args parameter|\*\*kwargs parameter|stub does not have parameter|is not a Union|__slots__|"
    r"__class_getitem__|variable differs from runtime type def \(self: Any, other|read-only at run|"
    r"<callable subtype|one_or_several\.Results is not a type|is a disjoint base|"
    r"autodiff\.(call|custom|number)\.[A-Z][\w.]* is not|autodiff\.modes\.Block\.|"
    r"Methods\.\w+ is inconsistent, stub parameter \"self\" differs from runtime parameter \"x\"|"
    r"Methods\.__(iter|getitem)__ is not present in stub|\.Traced\w+\.__class__ variable differs|"
    r"numpy_types\.(Array|NumPy|Memory)\b|whole\.Traced\w+\.__\w+__ is not present in stub|"
    r"entries\.Whole\.__\w+__ is not|plain\.Plain\.\w+ is not a function|stands\.Stands\.__name__|"
    r"places\._places is inconsistent|trace\.Leaked\.__\w+__ is not|"
    r"entry_arrays\.(Typed|EntryArray)\.\w+ is not present in stub|"
    r"block_branch\.BlockBranch\.lane |loss_primitives\._loss variable|"
    r"\.operands variable differs from runtime type functools\.cached_property"
)


def test_types_agree_with_what_runs() -> None:
    pytest.importorskip("mypy", reason="needs the extra `dev`")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "autodiff", "nn", "--concise",
         "--mypy-config-file", "pyproject.toml"],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=240,
    )  # fmt: skip
    found = done.stdout.splitlines()
    assert len(found) > 5, "stubtest said nothing at all"
    assert [line for line in found if not STUBTEST.search(line)] == []


@pytest.mark.parametrize("package", ["autodiff", "nn"])
def test_types_are_complete(package: str, installed: Path) -> None:
    pytest.importorskip("pyright", reason="needs the extra `types`")
    done = subprocess.run(
        [sys.executable, *COMMANDS["pyright"], "--verifytypes", package, "--ignoreexternal"],
        capture_output=True, text=True, cwd=installed, check=False, timeout=240,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )  # fmt: skip
    (score,) = re.findall(r"Type completeness score: ([\d.]+)%", done.stdout)
    assert float(score) >= 98.0, done.stdout[-3000:]
