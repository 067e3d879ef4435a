#!/usr/bin/env python3
"""Run tests in Python for browsers, under node, with the wheel of the site that was built last.

python scripts/build_site.py
python scripts/test_in_pyodide.py tests/display -q
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "site"
#: what pytest and Hypothesis consist of
PACKAGES = "pytest pluggy iniconfig packaging pygments hypothesis sortedcontainers attrs".split()
#: the core, the pictures, the language of formulas
TESTS = ["tests/autodiff", "tests/display"]
#: what cannot run there, and why
EXCEPT = {
    "tests/autodiff/test_main.py": "starts processes and opens terminals",
    "tests/display/test_browser.py": "drives a browser",
}


#: Hypothesis doubts its own random numbers there, in the first test that draws any
QUIET = "-Wignore:It looks like `register_random`"
WHOLE = [*TESTS, "-q", *(f"--ignore={path}" for path in EXCEPT)]


def packages() -> Path:
    """A folder with what the tests need, for any system."""
    folder = BUILD / "packages"
    if not (folder / "pytest").exists():
        pure = ["--only-binary", ":all:", "--platform", "any", "--python-version", "3.13"]
        command = ["pip", "install", "--quiet", "--no-deps", *pure, "--target", str(folder)]
        subprocess.run([sys.executable, "-m", *command, *PACKAGES], check=True)
    return folder


def main(arguments: list[str]) -> int:
    """Pytest's exit code; without arguments, the tests of the core, pictures and formulas."""
    play = BUILD / "html" / "play"
    places = [play / "pyodide", play / "autodiff.zip", packages(), ROOT]
    script = ROOT / "scripts" / "test_in_pyodide.mjs"
    # Python frees long chains of objects recursively, on JavaScript's stack: the tests of graphs
    # that are thousands of operations deep need more of it than a page has.
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (most, most))
    command = ["node", "--stack-size=60000", script, *places, QUIET, *(arguments or WHOLE)]
    return subprocess.run([*map(str, command)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
