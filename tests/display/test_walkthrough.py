"""The stepper's page, without a browser (test_browser.py opens it in one)."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from autodiff import Value
from autodiff.display import GraphTooLarge, steps, walkthrough
from autodiff.display.pages.phrases import unfold
from autodiff.display.pages.predictions import close
from autodiff.display.picture.theme import DARK, LIGHT
from autodiff.display.text.captions import sentence
from tests.display.graphs import GRAPHS, chain, hostile, selections, toy, two_paths


def data_of(page: str) -> dict[str, Any]:
    """What the script gets, and the picture; every line of a caption whole again."""
    start = page.rindex("stepper(host,") + len("stepper(host,")
    found, end = json.JSONDecoder().raw_decode(page[start:])
    phrases = json.JSONDecoder().raw_decode(page[start + end + 1 :])[0]
    for step in found["steps"]:
        step["math"] = [unfold(line, phrases) for line in step["math"]]
    found["svg"] = unquote(re.findall(r'src="data:image/svg\+xml,([^"]+)"', page)[0])
    return found


def test_the_page_is_small_and_self_contained(tmp_path: Path) -> None:
    path = walkthrough(toy()).save(tmp_path / "toy.html")
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and len(page) < 60_000
    addresses = set(re.findall(r"https?:[^\"'\s)>]+", unquote(page)))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<link|<iframe|@import|url\(|fetch\(|XMLHttpRequest|import\(", page)
    assert page.count("<script>") == page.count("</script>") == 1
    assert page.count("<style>") == 2 and "<img " in page  # the page's own, and inside the script


def test_without_scripts_there_is_the_final_picture() -> None:
    html = walkthrough(two_paths()).html
    host = html[: html.index("<script>")]
    assert re.fullmatch(
        r'<div data-autodiff-stepper="autodiff-[0-9a-f]{12}" data-lm-suppress-shortcuts="true">'
        r'<img src="data:image/svg\+xml,[^"]+" alt="[^"]+" style="max-width:100%"></div>',
        host,
    )
    image = unquote(re.findall(r'src="data:image/svg\+xml,([^"]+)"', host)[0])
    texts = [
        "".join(t.itertext()) for t in ET.fromstring(image).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert "−8" in texts and "–" not in texts


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_piece_of_markup_is_well_formed(name: str) -> None:
    data = data_of(walkthrough(GRAPHS[name]()).page)
    ET.fromstring(str(data["svg"]))
    steps = data["steps"]
    assert isinstance(steps, list)
    for step in steps:
        for math in step["math"]:
            ET.fromstring(math)
        ET.fromstring(f"<text>{step.get('grad', '')}</text>")
        assert step["say"].endswith(".") and step["speak"].endswith(".")


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_key_that_a_step_names_is_in_the_picture(name: str) -> None:
    data = data_of(walkthrough(GRAPHS[name]()).page)
    keys = set(re.findall(r"data-key='([^']+)'", data["svg"]))
    steps, inputs = data["steps"], data["inputs"]
    assert isinstance(steps, list) and isinstance(inputs, dict)
    named = {key for found in inputs.values() for key in found} | set(inputs)
    named |= {key for step in steps for key in step.get("read", [])}
    named |= {step[word] for step in steps for word in ("to", "from", "wire") if word in step}
    assert named <= keys and set(data["order"]) <= keys  # type: ignore[call-overload]


def test_no_label_ends_the_script() -> None:
    page = walkthrough(hostile()).page
    assert page.count("</script") == 1 and page.count("<script") == 1 and "<!--" not in page
    assert "alert(1)" in page
    assert data_of(page)["steps"]


def test_the_pass_is_its_own() -> None:
    f = two_paths()
    f.backward()
    f.backward()
    html = walkthrough(f).html
    assert "−8" in html and "−16" not in html


def test_styles_follow_the_theme() -> None:
    assert data_of(walkthrough(toy()).page)["theme"] == ""
    dark = walkthrough(toy(), theme="dark")
    assert (
        data_of(dark.page)["theme"] == "dark"
        and DARK.value in dark.page
        and LIGHT.value in dark.page
    )
    with pytest.raises(ValueError, match="theme is 'sepia'"):
        walkthrough(toy(), theme="sepia")  # type: ignore[arg-type]


def test_the_identity_comes_from_the_content() -> None:
    def ident(value: Value) -> str:
        return re.findall(r'data-autodiff-stepper="([^"]+)"', walkthrough(value).html)[0]

    assert ident(toy()) == ident(toy()) != ident(two_paths())


def test_frames_are_one_svg_per_step(tmp_path: Path) -> None:
    paths = walkthrough(toy()).frames(tmp_path / "frames")
    assert [path.name for path in paths[:2]] == ["step-01.svg", "step-02.svg"] and len(paths) == 11
    sizes = set()
    for path in paths:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        sizes.add((root.attrib["width"], root.attrib["height"]))
        assert not {key for e in root.iter() for key in e.attrib} & {"class", "style", "id"}
    assert len(sizes) == 1  # nothing moves
    eighth = paths[7].read_text(encoding="utf-8")
    assert 'stroke-dasharray="8 5"' in eighth and eighth.count('stroke-width="3"') == 1
    words = "".join(ET.fromstring(eighth).itertext())
    assert "At b ≈ 89.93" in words and "df/db = df/dc · ∂c/∂b ≈ (−2.341) · (−0.3818)" in words
    assert "backward 8/11" in words
    root = ET.fromstring(paths[3].read_text(encoding="utf-8"))
    fourth = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "0.9242" in fourth and "2.164" not in fourth and fourth.count("–") == 6


def test_a_skipped_edge_is_dotted_in_its_frame(tmp_path: Path) -> None:
    walk = walkthrough(selections())
    number = next(s.number for s in walk.steps.backward if s.kind == "skipped")
    frame = walk.frames(tmp_path, theme="dark", background=None)[number - 1]
    text = frame.read_text(encoding="utf-8")
    assert "no contribution" in text and DARK.grad in text and 'stroke-dasharray="2 4"' in text


def test_str_is_the_table_and_repr_is_short() -> None:
    walk = walkthrough(toy())
    assert "8  df/db = " in str(walk) and repr(walk) == "<Walkthrough of f in 11 steps>"
    assert walk._repr_html_() == walk.html


def test_files_and_sizes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"toy\.pdf: a walkthrough is saved as \.html"):
        walkthrough(toy()).save(tmp_path / "toy.pdf")
    with pytest.raises(GraphTooLarge, match="walk through a smaller part"):
        walkthrough(chain(2500))
    with pytest.warns(UserWarning, match="401 cards"):
        walkthrough(chain(400))


def test_questions_have_the_numbers_of_the_steps_and_name_the_usual_slips() -> None:
    for make in GRAPHS.values():
        walk = walkthrough(make())
        for step, data in zip(walk.steps, walk._data()["steps"], strict=True):
            right = getattr(step, "value", getattr(step, "contribution", None))
            assert "is" not in data or data["is"] == right
            for number, _ in data.get("slips", ()):
                assert not close(number, data["is"])
    eighth = walkthrough(toy())._data()["steps"][7]
    slips = {slip: number for number, slip in eighth["slips"]}
    assert slips["sign"] == pytest.approx(-0.89398) and slips["local"] == pytest.approx(-0.381824)
    assert slips["factor"] == pytest.approx(-2.34134)
    assert slips["added"] == pytest.approx(-2.72317)


def test_captions_differ_and_tell_contributions() -> None:
    """One sentence stood under four steps of the toy."""
    said = [sentence(steps(toy()), step) for step in steps(toy())]
    assert len(set(said)) == len(said)
    x = Value(3.0, "x")
    passes = steps(x * x + x)
    text = " ".join(sentence(passes, step) for step in passes)
    assert "Contribution 3 of 3 to df/dx: through the 2nd x in a; df/dx is complete." in text
    assert "path" not in text


def test_a_moving_picture_and_slides_show_every_step(tmp_path: Path) -> None:
    walk = walkthrough(toy())
    moving = walk.save(tmp_path / "toy.svg").read_text(encoding="utf-8")
    root = ET.fromstring(moving)
    turns = [e for e in root.iter() if e.tag.endswith("animate")]
    assert len(turns) == 11 and {turn.attrib["dur"] for turn in turns} == {"19.8s"}
    seen = [0] * 11
    for turn in turns:  # at every moment exactly one step is seen
        times = [float(t) for t in turn.attrib["keyTimes"].split(";")]
        values = turn.attrib["values"].split(";")
        for moment in range(11):
            now = max(i for i, t in enumerate(times) if t <= (moment + 0.5) / 11)
            seen[moment] += values[now] == "visible"
    assert seen == [1] * 11
    page = walk.slides(tmp_path / "slides.html").read_text(encoding="utf-8")
    assert page.count("<section>") == 11


def test_a_gif_has_a_picture_per_step(tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image")
    path = walkthrough(Value(2.0, "x") * 3.0).save(tmp_path / "toy.gif", seconds=0.5)
    with images.open(path) as image:
        assert image.n_frames == 5


def test_a_step_of_the_frames_tells_nothing_of_later_ones(tmp_path: Path) -> None:
    first = walkthrough(toy()).frames(tmp_path)[0].read_text(encoding="utf-8")
    for number in ("0.9242", "89.9", "80.39", "2.16"):
        assert number not in first
