"""What notebooks and their exporters show, in fresh kernels and with the real tools."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autodiff import MissingExtraError, ParameterVector, Value, draw, exp, walkthrough
from autodiff.display.picture import export

ROOT = Path(__file__).parents[2]
CELLS = {
    "drawing": "import autodiff as ad\nx = ad.Value(0.5, 'x')\ny = ad.sin(x) * x\nad.draw(y)",
    "walkthrough": "ad.walkthrough(y)",
    "value": "y",
    "history": """import nn
h = nn.History()
h.add({"loss": 0.5}); h.add({"loss": 0.25})
nn.plot_history(h)""",
    "figure": "nn.plot_history(h).figure",
    "boundary": "nn.plot_decision_boundary(lambda x: x[0], [[0, 0], [1, 1]], [0, 1])",
}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def notebook() -> Any:
    """The cells, run in a fresh kernel: nothing has switched matplotlib's inline mode on."""
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `notebooks`")
    nbclient = pytest.importorskip("nbclient", reason="needs the extra `notebooks`")
    pytest.importorskip("ipykernel", reason="needs the extra `notebooks`")
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    )
    client = nbclient.NotebookClient(made, timeout=120, kernel_name="python3")
    client.execute(env=_environment())
    return made


def _shown(notebook: Any, name: str) -> dict[str, Any]:
    (output,) = notebook.cells[list(CELLS).index(name)].outputs
    return dict(output.data)


@pytest.mark.extras
@pytest.mark.filterwarnings("default")  # of Jupyter's own packages
def test_a_fresh_kernel_shows_pictures(notebook: Any) -> None:
    """nn.plot_history(h) showed `<Axes: xlabel='epoch'>`, its figure `<Figure ...>`."""
    for name in ("history", "figure", "boundary"):
        assert _shown(notebook, name)["image/png"].startswith("iVBOR"), name
    assert "Walkthrough" not in _shown(notebook, "walkthrough")["text/plain"]
    assert "<script>" in _shown(notebook, "walkthrough")["text/html"]
    assert _shown(notebook, "value")["text/latex"].startswith("$")
    assert _shown(notebook, "drawing")["text/html"].startswith("<img")


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
def test_notebooks_with_drawings_become_latex(notebook: Any) -> None:
    """The exporter asked for Inkscape, because a drawing came as SVG alone."""
    nbconvert = pytest.importorskip("nbconvert", reason="needs the extra `notebooks`")
    body, resources = nbconvert.LatexExporter().from_notebook_node(notebook)
    files = resources["outputs"]
    assert sum(name.endswith(".png") for name in files) == 3
    assert sum(content.startswith(b"%PDF") for content in files.values()) == 2, (
        "the walkthrough too"
    )
    assert r"$\displaystyle" in body, "a Value is its equation"


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
def test_without_a_converter_there_is_no_svg_to_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(svg: str, kind: str) -> bytes:
        raise MissingExtraError("no converter")

    monkeypatch.setattr(export, "converted", missing)
    assert set(draw(Value(2.0) * 3.0).mimebundle()) == {"text/plain", "text/html"}


@pytest.mark.extras
def test_marimo_shows_the_controls(tmp_path: Path) -> None:
    """It runs no scripts in its own page: the stepper was a still picture there."""
    pytest.importorskip("marimo", reason="needs the extra `tools`")
    program = tmp_path / "program.py"
    program.write_text(
        """import marimo
app = marimo.App()
@app.cell
def _():
    import autodiff as ad
    x = ad.Value(0.5, "x")
    ad.walkthrough(ad.sin(x) * x)
    return
if __name__ == "__main__":
    app.run()
""",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "marimo", "export", "html", str(program), "-o", "out.html"],
        cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1000:]
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "iframe srcdoc=" in page.replace("\\u003c", "<")


def test_the_frame_for_marimo_holds_the_page() -> None:
    tour = walkthrough(exp(Value(0.5, '<"x">')))
    kind, frame = tour._mime_()
    assert kind == "text/html" and 'style="width:100%;height:' in frame
    (held,) = re.findall(r'srcdoc="([^"]*)"', frame)
    assert html.unescape(held) == tour.page


def test_a_value_is_a_card_for_who_asks_for_html() -> None:
    """Panel asks for _repr_html_ and showed text."""
    assert exp(Value(0.5, "x"))._repr_html_().startswith("<img src=")  # type: ignore[attr-defined]


def test_a_parameter_vector_says_how_many() -> None:
    pytest.importorskip("numpy")
    assert repr(ParameterVector([Value(1.0), Value(2.0)])) == (
        "<ParameterVector of 2 parameters, one by one>"
    )


@pytest.mark.extras
def test_sphinx_documents_the_packages_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="needs the extra `tools`")
    (tmp_path / "conf.py").write_text("extensions = ['sphinx.ext.autodoc']\n", encoding="utf-8")
    (tmp_path / "index.rst").write_text(
        "Names\n=====\n\n.. autoclass:: autodiff.Value\n   :members:\n   :inherited-members:\n"
        "   :special-members: __add__, __round__, __lt__\n\n"
        ".. automodule:: nn\n   :members:\n   :imported-members:\n   :undoc-members:\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", ".", "out"],
        cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
