"""Worksheets, answer sheets and quizzes: generated, current, and the worksheet keeps its secret."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import exercises as ex

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import make_worksheets  # noqa: E402 - a script, found by the line above

GUIDE = (ROOT / "docs" / "teachers.md").read_text(encoding="utf-8")
LESSONS = [name for name in ex.NAMES if name != "spot_the_slip"]


def _words(svg: str) -> list[str]:
    """What a picture says: text and titles, without where it stands."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg) if each.tag != "style"]


def test_the_files_are_current() -> None:
    """After a change: python scripts/make_worksheets.py."""
    fresh = make_worksheets.sheets()
    stored = {
        path.name: path.read_text(encoding="utf-8") for path in make_worksheets.FOLDER.iterdir()
    }
    assert set(stored) == set(fresh)
    for name, text in fresh.items():
        if name.endswith(".svg"):  # the layout may move
            assert _words(stored[name]) == _words(text), name
        else:
            assert stored[name] == text, name
    assert make_worksheets.README.read_text(encoding="utf-8") == make_worksheets.readme()


def test_every_lesson_has_a_sheet() -> None:
    assert list(make_worksheets.LESSONS) == LESSONS


@pytest.mark.parametrize("name", LESSONS)
def test_a_worksheet_shows_no_answer(name: str) -> None:
    """Gradients with four digits that are no input stand on the answer sheet alone."""
    lesson = make_worksheets.LESSONS[name]
    files = make_worksheets.sheets()
    for leaf in lesson.point:
        gradient = make_worksheets.slope(lesson.f, leaf, **lesson.point)
        if abs(gradient - round(gradient, 2)) > 1e-9:
            digits = f"{abs(gradient):.4g}"
            assert digits in files[f"{name}_answers.svg"].replace("−", "-")
            shown = re.sub("<[^>]*>", " ", files[f"{name}.svg"])  # no coordinates
            assert digits not in shown


@pytest.mark.parametrize("name", LESSONS)
def test_exit_questions_have_numbers_that_are_right_by_nudging_too(name: str) -> None:
    answer = make_worksheets.LESSONS[name].answer()
    assert isinstance(answer, float) and math.isfinite(answer)


def test_derivatives_in_the_quiz_agree_with_nudging() -> None:
    h = 1e-6
    for name, lesson in make_worksheets.LESSONS.items():
        for leaf in lesson.point:
            ahead = make_worksheets.value(lesson.f, **lesson.point | {leaf: lesson.point[leaf] + h})
            back = make_worksheets.value(lesson.f, **lesson.point | {leaf: lesson.point[leaf] - h})
            slope = make_worksheets.slope(lesson.f, leaf, **lesson.point)
            assert math.isclose((ahead - back) / (2 * h), slope, rel_tol=1e-6, abs_tol=1e-7), name


def test_the_quiz_without_answers_has_none() -> None:
    files = make_worksheets.sheets()
    assert "**" not in files["quiz.md"]
    assert len(re.findall(r"^\d+\. ", files["quiz.md"], re.MULTILINE)) == 10


@pytest.mark.parametrize("name", LESSONS)
def test_the_guide_has_all_that_a_teacher_needs(name: str) -> None:
    title = name.replace("_", " ")
    section = re.search(
        rf"^### {title}\n(.*?)(?=^##|\Z)", GUIDE, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    assert section, name
    text = section[1]
    assert re.search(r"\d+/\d+/\d+ minutes", text)
    assert "**The one sentence.**" in text
    assert len(re.findall(r"^\d\. \*“", text, re.MULTILINE)) == 3, "three misconceptions"
    for file in (f"worksheets/{name}.svg", f"worksheets/{name}_answers.svg"):
        assert f"]({file})" in text
        assert (ROOT / "docs" / file).exists()


def test_the_guide_names_checkers_that_exist() -> None:
    for name in re.findall(r"`(check_\w+)`", GUIDE):
        assert hasattr(ex, name), name


def test_the_courses_fit_their_hours() -> None:
    """Each course's table adds up to the time that it has."""
    for heading, minutes in (("School", 6 * 45), ("Computer science", 8 * 90), ("Practice", 420)):
        section = re.search(rf"^### {heading}.*?\n(.*?)(?=^##)", GUIDE, re.MULTILINE | re.DOTALL)
        assert section, heading
        total = sum(map(int, re.findall(r"\| (\d+) min \|", section[1])))
        assert total == minutes, (heading, total)
