"""The workflow files and the citation hold to their published schemas and run what runs here."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
if not (ROOT / ".ci").exists():
    pytest.skip("a distribution of the sources has no workflows", allow_module_level=True)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
STEPS = set(re.findall(r"^run_(\w+)\(\)", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE))
SCHEMAS = [("github-workflows", path) for path in WORKFLOWS]
SCHEMAS += [("citation-file-format", ROOT / "CITATION.cff")]


@pytest.mark.extras
@pytest.mark.parametrize(("schema", "path"), SCHEMAS, ids=lambda each: getattr(each, "name", each))
def test_the_published_schema(schema: str, path: Path) -> None:
    if find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed: the extra `dev` brings it")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_is_one_that_runs_here(path: Path) -> None:
    """A workflow only calls .ci/run with steps that it has, scripts that exist, and the host."""
    commands = re.findall(r"- run: (.+)", path.read_text("utf-8"))
    assert commands
    for command in commands:
        if command.startswith(".ci/run"):
            assert set(command.split()[1:]) <= STEPS
        elif command.startswith("python scripts/"):
            assert (ROOT / command.split()[1]).is_file()
        else:
            assert command.startswith(("python -m pip install", "gh release"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_of_one_version(path: Path) -> None:
    """A branch such as `main` would run what somebody else pushes today."""
    used = re.findall(r"uses: (\S+)", path.read_text("utf-8"))
    assert used
    assert [each for each in used if not re.search(r"@(release/)?v\d", each)] == []


def test_three_systems_and_every_version_that_is_declared() -> None:
    text = (ROOT / ".github/workflows/tests.yml").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    lowest = re.search(r'requires-python = ">=3\.(\d+)"', project)
    assert lowest is not None and f'"3.{lowest[1]}"' in text
    assert all(f"{system}-latest" in text for system in ("ubuntu", "macos", "windows"))


def test_no_lock_says_where_packages_came_from() -> None:
    """npm writes the address of the registry that it used into the lock file."""
    text = (ROOT / "site" / "package-lock.json").read_text("utf-8")
    assert "resolved" not in text and "://" not in text
    assert text.count('"integrity": "sha512-') == text.count('"node_modules/')
