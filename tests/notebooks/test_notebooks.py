"""The notebooks: how each is made, and that all of them run, as scripts and in Jupyter."""

import importlib.util
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "notebooks"
SCRIPTS = sorted((FOLDER / "lessons").glob("[0-9][0-9]_*.py"))
each = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def _cells(script):
    """(kind, text) of every cell; Markdown without its comment signs."""
    parts = re.split(r"^# %%(.*)\n", script.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    cells = []
    for head, body in zip(parts[::2], parts[1::2], strict=True):
        if "[markdown]" in head:
            cells.append(("markdown", re.sub(r"^# ?", "", body, flags=re.MULTILINE)))
        else:
            cells.append(("code", body))
    return cells


def _sections(script):
    """(title, text) of every section of level two."""
    text = "".join(
        body if kind == "markdown" else re.sub(r"^(?=.)", "    ", body, flags=re.MULTILINE)
        for kind, body in _cells(script)
    )
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_there_are_twenty_one_in_order():
    assert [int(script.name[:2]) for script in SCRIPTS] == list(range(1, 22))


@each
def test_leads_to_the_next_one(script):
    """The arrow at the end names the next lesson by its number and the beginning of its title."""
    number = int(script.name[:2])
    text = " ".join(body for kind, body in _cells(script) if kind == "markdown")
    arrows = re.findall(r"→ \*\*(\d+) · (.*?)\*\*", text, re.DOTALL)
    if number == len(SCRIPTS):
        assert arrows == []
        return
    ((named, title),) = arrows
    assert int(named) == number + 1
    following = _cells(SCRIPTS[number])[0][1].split("\n")[0].split(" · ")[1]
    assert following.startswith(" ".join(title.split()))


def test_notebooks_named_in_a_text_exist():
    """Lessons were renumbered once: a number beyond the last one would be left over."""
    for script in SCRIPTS:
        for number in re.findall(r"[Nn]otebooks? (\d+)", script.read_text(encoding="utf-8")):
            assert 1 <= int(number) <= len(SCRIPTS)


@each
def test_begins_with_a_question_and_the_line_for_hosted_notebooks(script):
    cells = _cells(script)
    assert cells[0][1].startswith(f"# {int(script.name[:2])} · ")
    assert "**The question.**" in cells[0][1]
    # Twice a comment: jupytext would turn "# %pip" into a command that runs.
    assert re.search(r'^# # %pip install "scalar-autodiff\[', cells[1][1], re.MULTILINE)
    assert not re.search(r"^(# )?%", "".join(body for _, body in cells), re.MULTILINE)


@each
def test_lets_the_reader_predict_before_it_tells(script):
    text = "".join(body for kind, body in _cells(script) if kind == "markdown")
    assert "**Predict.**" in text
    assert text.count("<details><summary>") == text.count("</details>")
    code = [body for kind, body in _cells(script) if kind == "code"]
    assert any("ex.predict(" in body for body in code)  # typed in, and checked


@each
def test_links_the_symbol_card(script):
    assert "[the symbol card](symbols.md)" in _cells(script)[0][1]


@each
def test_whole_derivatives_of_a_loss_are_written_with_d(script):
    """∂ is one step; books' ∂L/∂w is named once, where 02 says what it means."""
    text = script.read_text(encoding="utf-8")
    if script.name.startswith("02"):
        text = text.replace("∂L/∂w.**", "").replace("\\partial L/\\partial w$", "")
    assert not re.search(
        r"∂[LEC]/∂|\\partial (L|E|C|\\ell)/|\\frac\{\\partial (L|E|C|\\ell)\}", text
    )


@each
def test_ends_with_at_least_three_exercises(script):
    title, text = _sections(script)[-1]
    assert title == "Exercises"
    assert len(set(re.findall(r"check_\w+", text))) >= 3


def _plain(text):
    return " ".join(text.replace("\\*", "*").replace("\\_", "_").split())


@pytest.mark.parametrize("script", SCRIPTS[:5] + SCRIPTS[6:], ids=lambda script: script.stem)
def test_an_exercise_asks_what_its_checker_checks(script):
    """The text above a skeleton, its dots and its signature are those of the checker."""
    import exercises

    checkers = {each.__name__: each for lesson in exercises.LESSONS.values() for each in lesson}
    for (_, text), (kind, body) in itertools.pairwise(_cells(script)):
        for name in re.findall(r"^ex\.(check_\w+)\(", body, re.MULTILINE):
            checker = checkers[name]
            assert kind == "code"
            dots, asked = re.fullmatch(r"\*\*\d+\*\* (•+) · (.*)", _plain(text)).groups()
            assert (len(dots), asked) == (checker.level, _plain(checker.__doc__))
            for skeleton in re.findall(r"^def (\w+\(.*\)):", body, re.MULTILINE):
                assert f"`{skeleton}`" in checker.__doc__


def test_the_steps_of_your_own_value_are_those_of_their_checkers():
    import exercises

    for checker in exercises.LESSONS["build_your_own"]:
        step = int(re.match(r"Step (\d+): ", checker.__doc__)[1])
        (title,) = (
            title for title, text in _sections(SCRIPTS[5]) if f"ex.{checker.__name__}(" in text
            and title.startswith("Step")
        )  # fmt: skip
        low, high = (re.findall(r"\d+", title) * 2)[:2]
        assert int(low) <= step <= int(high)


def test_every_checker_is_an_exercise_of_some_lesson():
    import exercises

    text = "".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    named = set(re.findall(r"check_\w+", text))
    assert {each.__name__ for lesson in exercises.LESSONS.values() for each in lesson} <= named


@each
def test_every_section_asserts_something(script):
    *sections, last, _ = _sections(script)
    assert last[0] == "What you take with you"
    silent = [title for title, text in sections if not re.search(r"^ +(assert |ex\.)", text, re.M)]
    assert silent == []


@each
def test_text_is_in_text_cells(script):
    """A section once stood in a code cell, as comments: nobody saw it as a heading."""
    for kind, body in _cells(script):
        if kind == "code":
            assert not re.search(r"^# #+ [A-Z]", body, re.MULTILINE)
        else:
            assert body.strip()


@each
def test_needs_no_network(script):
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"urllib|requests|http\.client|fetch_openml", text)


def test_the_overview_lists_all():
    overview = (FOLDER / "README.md").read_text(encoding="utf-8")
    for script in SCRIPTS:
        title = _cells(script)[0][1].split("\n")[0].removeprefix("# ").split(" · ")[1]
        assert f"[{title}]({script.stem}.ipynb)" in overview
    for item in range(1, 14):
        assert f"\n| {item} |" in overview


def _stored(script):
    """The cells of the notebook file that was made from a script."""
    return json.loads((FOLDER / f"{script.stem}.ipynb").read_text(encoding="utf-8"))["cells"]


def _outputs(script):
    return [output for cell in _stored(script) for output in cell.get("outputs", [])]


@each
def test_the_notebook_has_the_cells_of_its_script(script):
    """After an edit of a lesson: python scripts/build_notebooks.py."""
    stored = [(cell["cell_type"], "".join(cell["source"]).strip()) for cell in _stored(script)]
    # A line that is a comment in the notebook is one twice in the script; see above.
    written = [(kind, text.strip().replace("\n# # %", "\n# %")) for kind, text in _cells(script)]
    assert stored == written
    heads = re.findall(r"^# %%(.*)\n", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for head, cell in zip(heads, _stored(script), strict=True):
        tags = cell["metadata"].get("tags", [])
        assert tags == re.findall('"(.*?)"', head)
        folded = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
        assert folded == ("hide-input" in tags)


@each
def test_the_notebook_was_run_in_order_and_without_complaint(script):
    code = [cell for cell in _stored(script) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = [(output["output_type"], output.get("name")) for output in _outputs(script)]
    assert not [kind for kind in kinds if kind[0] == "error" or kind[1] == "stderr"]


@each
def test_pages_that_strip_scripts_show_the_pictures(script):
    """The stepper was HTML alone: nothing was left of it on pages that host notebooks."""
    assert (FOLDER / f"{script.stem}.ipynb").stat().st_size < 5_000_000
    bundles = [output["data"] for output in _outputs(script) if "data" in output]
    for data in bundles:
        html = "".join(data.get("text/html", ""))
        if "<img" in html or "<svg" in html or "<script" in html:
            assert {"image/svg+xml", "image/png", "text/latex"} & set(data)
    if not script.name.startswith("06"):  # the exercises are text
        assert any({"image/svg+xml", "image/png"} & set(data) for data in bundles)


@each
def test_checks_and_long_plots_are_folded(script):
    for head, body in re.findall(
        r"^# %%(.*)\n((?:(?!# %%).*\n)*)", script.read_text(encoding="utf-8"), flags=re.MULTILINE
    ):
        lines = [line for line in body.splitlines() if line and not line.startswith(" ")]
        if "[markdown]" not in head and lines and all(each.startswith("assert ") for each in lines):
            assert "hide-input" in head, body


@each
def test_no_answer_stands_open_under_a_prediction(script):
    """The question's cell has its code folded; the next one its output."""
    code = [cell for cell in _stored(script) if cell["cell_type"] == "code"]
    for asked, told in itertools.pairwise(code):
        if "ex.predict(" in "".join(asked["source"]):
            assert asked["metadata"]["jupyter"]["source_hidden"]
            if "ex.predict(" not in "".join(told["source"]):
                assert told["metadata"]["jupyter"]["outputs_hidden"]


@each
def test_a_live_picture_is_dragged_with_a_question(script):
    """Question, picture, typed answer, and the answer computed: in this order."""
    cells = _cells(script)
    for at, (kind, body) in enumerate(cells):
        if kind == "code" and "live=True" in body:
            assert "**Predict.**" in cells[at - 1][1]
            assert body.rstrip().endswith("live=True)")  # the picture is the cell's output
            after = [text for _, text in cells[at + 1 : at + 4]]
            assert "ex.predict(" in after[0]
            computed = next(text for text in after if "ex.predict(" not in text)
            assert re.search(r"^ *assert ", computed, re.MULTILINE)


def test_the_lessons_in_which_something_is_dragged():
    found = [
        int(script.name[:2]) for script in SCRIPTS
        for body in [script.read_text(encoding="utf-8")] for _ in range(body.count("live=True"))
    ]  # fmt: skip
    assert found == [1, 1, 2, 4, 7, 7, 8, 10, 12, 13, 16]


@each
def test_runs_as_a_script(script, request):
    """The same cells without Jupyter: faster, and nothing to install but matplotlib."""
    if script.name[:2] in ("16", "17") and "extras" not in request.config.getoption("-m"):
        pytest.skip(
            "trains for ten seconds and more: python -m pytest -m extras runs it in Jupyter"
        )
    pytest.importorskip("matplotlib", reason="notebooks draw with matplotlib: pip install .[plot]")
    environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script.name], cwd=script.parent, env=environment, capture_output=True,
        text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.extras
@pytest.mark.filterwarnings("default")  # of Jupyter's own packages
@each
def test_runs_in_jupyter(script):
    for package in ("jupytext", "nbclient", "ipykernel", "matplotlib"):
        pytest.importorskip(package, reason=f"{package} is missing: pip install .[notebooks]")
    builder = _builder()
    notebook = builder.read(script)
    builder.execute(notebook)  # raises if a cell does
    assert builder.complaints(notebook) == []
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    if not script.name.startswith("06"):  # the exercises are text
        kinds = {kind for output in outputs for kind in output.get("data", {})}
        assert kinds & {"image/png", "image/svg+xml"}


def _builder():
    path = ROOT / "scripts" / "build_notebooks.py"
    spec = importlib.util.spec_from_file_location("build_notebooks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
