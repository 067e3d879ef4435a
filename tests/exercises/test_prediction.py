"""Predictions: typed in, checked, with a reason for each wrong one; silent where nobody types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import exercises as ex
from exercises import prediction

FOLDER = Path(__file__).parents[2] / "notebooks"
QUESTION: dict[str, Any] = {
    "question": "What is df/dx?", "answer": -80.4, "wrong": {80.4: "the minus of -x", 0: "degrees"},
    "because": "cos is almost 0, but exp is large",
}  # fmt: skip


def _typed(*lines: str, **options: Any) -> ex.Result | None:
    """The verdict on these lines, if there is one."""
    answers, before = iter(lines), len(ex.predictions)
    ex.predict(**{**QUESTION, **options}, ask=lambda text: next(answers))
    return ex.predictions[-1] if len(ex.predictions) > before else None


@pytest.mark.parametrize("text", ["-80.4", "−80,4", "-80.39", " -804/10 ", "-8.04e1", "-8.1e+1"])
def test_numbers_as_people_type_them(text: str) -> None:
    result = _typed(text)
    assert result and result.points == 1
    assert "cos is almost 0" in repr(result)


def test_a_wrong_number_has_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert _typed("80.4", "0", "-80.4")
    said = capsys.readouterr().out
    assert "✗ 80.4: the minus of -x" in said
    assert "✗ 0: degrees" in said


def test_other_wrong_numbers_are_told_the_direction(capsys: pytest.CaptureFixture[str]) -> None:
    result = _typed("-8", "-800", "x", wrong={})
    said = capsys.readouterr().out
    assert "too small" in said and "too large" in said and "'x' is no number" in said
    assert result is not None and not result
    assert "it is -80.4" in repr(result)


def test_the_sign_alone(capsys: pytest.CaptureFixture[str]) -> None:
    _typed("80.4", "12", "", wrong={})
    said = capsys.readouterr().out
    assert "the size is right, the sign is not" in said and "the sign is not right" in said


def test_choices(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"falls": "the step is small enough", "nan": "no division here"}
    for line in ("b", "b)", "Grows", "grows"):
        assert _typed(line, answer="grows", wrong=wrong)
    assert "  a) falls\n  b) grows\n  c) nan\n" in capsys.readouterr().out
    assert _typed("a", "q", "b", answer="grows", wrong=wrong)
    said = capsys.readouterr().out
    assert "✗ falls: the step is small enough" in said.replace("✗ a:", "✗ falls:")
    assert "'q' is no choice" in said


def test_an_empty_line_leaves_the_question_open() -> None:
    assert _typed("") is None


def test_questions_that_would_mislead_are_refused() -> None:
    with pytest.raises(ValueError, match="within the tolerance"):
        _typed("1", answer=2.0, wrong={2.001: "?"})
    with pytest.raises(TypeError, match="of another kind"):
        _typed("1", answer=2.0, wrong={"two": "?"})
    with pytest.raises(ValueError, match="at most 8"):
        _typed("1", answer="x", wrong={f"w{i}": "?" for i in range(8)})


def test_a_script_in_a_pipe_shows_the_question_and_goes_on() -> None:
    code = "import exercises as ex; ex.predict('How much?', answer=3, wrong={4: 'no'}); print('on')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER, input="4\n", capture_output=True, text=True,
        check=True, env={"PYTHONPATH": f"{FOLDER}:{FOLDER.parent}", "PATH": ""},
    )  # fmt: skip
    assert done.stdout == "Predict. How much?\non\n"


@pytest.mark.parametrize("typing", [True, False])
def test_a_notebook_asks_only_where_somebody_can_type(
    typing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=typing))
    monkeypatch.setattr(prediction, "_shell", lambda: shell)
    monkeypatch.setattr("builtins.input", lambda text: "-80.4")
    before = len(ex.predictions)
    ex.predict(**QUESTION)
    assert len(ex.predictions) - before == typing
