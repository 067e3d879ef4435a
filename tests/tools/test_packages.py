"""Installed as strangers do it: with uv, pipx and pip, from a clone and as a wheel."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from autodiff import __version__, extras

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _links() -> Any:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("links", ROOT / "scripts" / "links.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=CLEAN | more, capture_output=True, text=True,
        check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return done


def _tool(name: str) -> Path:
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is missing: the extra `tools` brings it")
    return Path(found)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that a clone has, and the address that a publisher would set."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    for name in ("autodiff", "nn", "tests", "benchmarks", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('home = ""', 'home = "https://host.example/me/it"'), "utf-8")
    return folder


# ---- what the files say ------------------------------------------------------------------------


def test_the_minor_versions_are_named() -> None:
    named = [each for each in PYPROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", each)]
    lowest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert len(named) >= 3 and named[0].endswith(f":: {lowest}")


def test_the_address_stands_in_one_line() -> None:
    """Links in the repository are relative; the build leads them to the address."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert len(re.findall(r"^home = ", text, re.MULTILINE)) == 1
    links = _links()
    home = "https://host.example/me/it"
    page = '[a](docs/x.md#y) ![p](p.svg) [b](https://z.org/a.md) [c](#here) <img src="q.png">'
    assert links.absolute(page, "") == page and links.urls("") == {}
    assert links.absolute(page, home) == (
        f"[a]({home}/blob/HEAD/docs/x.md#y) ![p]({home}/raw/HEAD/p.svg) [b](https://z.org/a.md) "
        f'[c](#here) <img src="{home}/raw/HEAD/q.png">'
    )
    assert links.absolute("[a](../README.md)", home, "docs") == f"[a]({home}/blob/HEAD/README.md)"
    readme = links.absolute((ROOT / "README.md").read_text(encoding="utf-8"), home)
    assert not re.search(r'\]\((?!https?:|#)|(?:src|srcset)="(?!https?:)', readme)


ORIGINS: dict[str, tuple[str | None, str]] = {
    "an index": (None, '"scalar-autodiff[plot]"'),
    "a clone": ('{"url": "file:///a%20b/it", "dir_info": {}}', '"/a b/it[plot]"'),
    "an editable clone": (
        '{"url": "file:///it", "dir_info": {"editable": true}}', '-e "/it[plot]"',
    ),
    "a repository": (
        '{"url": "https://h/it", "vcs_info": {"vcs": "git"}}',
        '"scalar-autodiff[plot] @ git+https://h/it"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_missing_extra_names_a_command_that_works(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said `pip install "scalar-autodiff[plot]"`, which is on no index, from a clone too."""
    told, command = ORIGINS[origin]

    class Installed:
        def read_text(self, name: str) -> str | None:
            return told

    monkeypatch.setattr(metadata, "distribution", lambda name: Installed())
    assert extras.command("matplotlib", "plot") == f"python -m pip install {command}"
    assert extras.command("graphviz", "graphviz") == "python -m pip install graphviz"


def test_from_the_sources_alone_the_command_has_their_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    assert extras.command("jax", "jax") == f'python -m pip install "{ROOT}[jax]"'


def test_another_nn_is_noticed(tmp_path: Path) -> None:
    """`pip install nn` writes its files over ours without a word."""
    (tmp_path / "nn").mkdir()
    begin = tmp_path / "nn" / "__init__.py"
    for text, count in (('"""Neural networks on `autodiff`: modules', 0), ("import x", 1)):
        begin.write_text(text, encoding="utf-8")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            extras.check_companion(str(tmp_path), "nn", '"""Neural networks on `autodiff`')
        assert len(caught) == count
    assert "python -m pip uninstall nn" in str(caught[0].message)


def test_a_copied_package_with_another_nn_warns(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "autodiff", tmp_path / "autodiff")
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn" / "__init__.py").write_text("'''Another nn.'''", encoding="utf-8")
    done = _run(sys.executable, "-c", "import autodiff", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert "is not the one that came with autodiff" in done.stderr


def test_a_file_of_ones_own_called_autodiff_gets_a_hint(tmp_path: Path) -> None:
    (tmp_path / "autodiff.py").write_text("import nn\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "autodiff.py"], cwd=tmp_path, env=CLEAN | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "has the name of the package autodiff" in done.stderr and "rename" in done.stderr


# ---- the real tools ----------------------------------------------------------------------------


@pytest.mark.extras
def test_uvx_runs_the_command_line(clone: Path, tmp_path: Path) -> None:
    uvx = _tool("uvx")
    done = _run(uvx, "--from", clone, "autodiff", "x**2", "x=3", cwd=tmp_path)
    assert "df/dx = 6.0" in done.stdout


@pytest.mark.extras
def test_pipx_installs_the_command_line(clone: Path, tmp_path: Path) -> None:
    pytest.importorskip("pipx", reason="needs the extra `tools`")
    places = {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    _run(sys.executable, "-m", "pipx", "install", clone, cwd=tmp_path, **places)
    done = _run(tmp_path / "bin" / "autodiff", "2/sin(exp(-x))", "x=-4.499", cwd=tmp_path)
    assert "df/dx = -80.39305660176" in done.stdout


@pytest.mark.extras
def test_the_distributions_are_what_an_index_takes(clone: Path, tmp_path: Path) -> None:
    uv = _tool("uv")
    pytest.importorskip("twine", reason="needs the extra `tools`")
    _run(uv, "build", "--out-dir", tmp_path, cwd=clone)
    files = sorted([*tmp_path.glob("*.whl"), *tmp_path.glob("*.tar.gz")])
    assert [__version__ in path.name for path in files] == [True, True]
    _run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=tmp_path)
    wheel = next(path for path in files if path.suffix == ".whl")
    _run(sys.executable, "-m", "zipfile", "-e", wheel, tmp_path / "out", cwd=tmp_path)
    (info,) = (tmp_path / "out").glob("*.dist-info")
    told = (info / "METADATA").read_text(encoding="utf-8")
    assert "Project-URL: Homepage, https://host.example/me/it" in told
    assert "https://host.example/me/it/raw/HEAD/docs/pictures/toy.svg" in told
    assert (info / "entry_points.txt").read_text("utf-8").split() == [
        "[console_scripts]", "autodiff", "=", "autodiff.__main__:main",
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"autodiff", "nn", info.name}


@pytest.mark.extras
def test_an_editable_install_adds_the_two_packages_and_nothing_else(
    clone: Path, tmp_path: Path
) -> None:
    """`import tests` and `import benchmarks` worked for everybody, in whichever folder."""
    uv = _tool("uv")
    _run(uv, "venv", "--python", sys.executable, tmp_path / "v", cwd=tmp_path)
    python = tmp_path / "v" / "bin" / "python"
    _run(uv, "pip", "install", "--python", python, "-e", clone, cwd=tmp_path)
    code = (
        "import importlib.util as u, json, autodiff, nn; "
        "print(json.dumps([autodiff.__file__, *[bool(u.find_spec(n)) for n in "
        "('tests', 'benchmarks', 'scripts')]]))"
    )
    answer = json.loads(_run(python, "-c", code, cwd=tmp_path).stdout)
    assert answer == [str(clone / "autodiff" / "__init__.py"), False, False, False]
