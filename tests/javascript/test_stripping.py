"""Scripts lose comments and space, and nothing else."""

from __future__ import annotations

import subprocess

import pytest

from autodiff.display.assets import asset
from autodiff.javascript.bundle import text
from autodiff.javascript.stripping import stripped

from .node import needs_node


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a + +b; c - -d; e++ + f", "a+ +b;c- -d;e++ +f"),
        ("return /a b\\/[/ ]+/g; // gone", "return/a b\\/[/ ]+/g;"),
        ("x = a / b / c; /* gone */ y", "x=a/b/c;y"),
        ("f(\"// stays\", '/* stays */')", "f(\"// stays\",'/* stays */')"),
        ("`a ${ b + `c ${ d }` } // e`", "`a ${ b + `c ${ d }` } // e`"),
        ("const f = () => {\n}\nlet g", "const f=()=>{}\nlet g"),
        ("if (x) { f(); }\ng();", "if(x){f()}\ng();"),
        ("typeof x in y", "typeof x in y"),
    ],
)
def test_only_comments_and_space_go(script: str, wanted: str) -> None:
    assert stripped(script) == wanted


@needs_node
@pytest.mark.parametrize(
    "script",
    [
        asset(f"{name}.js")
        for name in ("surroundings", "drawing", "stepper", "live", "plots", "numbers")
    ]
    + [text(f"{name}.js") for name in ("math", "machine", "kinks", "columns")],
)
def test_what_is_left_is_a_script(script: str) -> None:
    done = subprocess.run(["node", "--check", "-"], input=stripped(script), text=True, check=False)
    assert done.returncode == 0
