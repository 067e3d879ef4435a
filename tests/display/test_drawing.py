"""Static pictures: valid everywhere, and they show what they should."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autodiff
from autodiff import MissingExtraError, OperandError, Value, exp, scope, sin, tanh
from autodiff.display import GraphTooLarge, draw, draw_dot, to_dot, to_graphviz
from autodiff.display.picture.groups import by_depth
from autodiff.display.picture.theme import DARK, LIGHT, Theme
from autodiff.display.snapshot import snapshot
from autodiff.formula import Constant
from tests.display.graphs import (
    GRAPHS,
    HOSTILE,
    chain,
    fan,
    hostile,
    neuron,
    selections,
    shared_scopes,
    toy,
    two_paths,
)

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """What a reader can read, line by line."""
    found = ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]
    return [text.replace("\u2009", " ") for text in found]


def titles(svg: str) -> list[str]:
    return ["".join(title.itertext()) for title in ET.fromstring(svg).iter(f"{SVG}title")]


@pytest.mark.parametrize("name", sorted(GRAPHS))
@pytest.mark.parametrize(
    "options", [{}, {"theme": "dark"}, {"direction": "down"}, {"worksheet": True}]
)
def test_every_picture_is_valid_and_has_attributes_only(name: str, options: dict[str, Any]) -> None:
    svg = draw(GRAPHS[name](), **options).svg
    root = ET.fromstring(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "g", "rect", "path", "text", "tspan"}
    attributes = {key for element in root.iter() for key in element.attrib}
    assert not attributes & {"style", "class", "id", "onclick"}
    assert "var(" not in svg and "url(" not in svg and "http" not in svg.replace(SVG[1:-1], "")
    numbers = [float(n) for n in re.findall(r' (?:x|y|width|height)="([^"]+)"', svg)]
    assert all(abs(n) < 1e6 for n in numbers)


def test_cards_say_what_is_computed_and_from_what() -> None:
    f = toy()
    f.backward()
    shown = texts(draw(f).svg)
    assert [t for t in shown if "=" in t] == ["a = −x", "b = ea", "c = sin b", "f = 2/c"]
    for number in ("−4.499", "4.499", "89.93", "0.9242", "2.164", "−80.39", "0.8940", "−2.341"):
        assert number in shown
    for derivative in ("−1", "ea", "cos b", "−2/c2", "−0.3818"):
        assert derivative in shown
    assert "c: value 0.9242352370802196, grad -2.341342514210218" in titles(draw(f).svg) or any(
        title.startswith("c: value 0.92423523708") for title in titles(draw(f).svg)
    )


def test_a_gradient_that_was_not_computed_is_a_dash_never_zero() -> None:
    f = toy()
    shown = texts(draw(f).svg)
    assert shown.count("–") == 5 and "0" not in shown
    f.backward()
    assert "–" not in texts(draw(f).svg)
    f.zero_grad()
    assert texts(draw(f).svg).count("–") == 5


def test_drawing_shows_the_accumulated_gradient() -> None:
    f = two_paths()
    f.backward()
    f.backward()
    assert "−16" in texts(draw(f).svg)


def test_operands_that_were_not_chosen_are_visible_as_such() -> None:
    svg = draw(selections()).svg
    assert texts(svg).count("not chosen") == 3
    assert svg.count('stroke-dasharray="2 4"') == 3
    assert "b gets no contribution from h" in titles(svg)


def test_a_worksheet_leaves_lines_to_write_on() -> None:
    n = neuron()
    n.backward()
    everything = texts(draw(n).svg)
    values = texts(draw(n, worksheet="values").svg)
    gradients = texts(draw(n, worksheet="gradients").svg)
    nothing = texts(draw(n, worksheet=True).svg)
    assert "0.8814" in everything and "0.8814" not in values  # computed
    assert "6.881" in values and "6.881" in nothing  # an input stays: there is nothing to guess
    assert "−1.500" in values and "−1.500" not in gradients and "0.8814" in gradients
    assert "1 − tanh2 h" in gradients and "1 − tanh2 h" not in nothing
    assert len(re.findall(r'<path d="M[\d. ]+[Hh][\d.]+"', draw(n, worksheet=True).svg)) >= 15


def test_the_picture_does_not_move_when_numbers_are_left_out() -> None:
    drawings = [draw(neuron(), worksheet=w) for w in ("values", "gradients")]
    assert drawings[0].width == drawings[1].width and drawings[0].height == drawings[1].height


@pytest.mark.parametrize("direction", ["right", "down", "left", "up"])
def test_directions(direction: Any) -> None:
    drawing = draw(chain(6), direction=direction)
    assert (drawing.width > drawing.height) is (direction in ("right", "left"))


def test_fonts_grow_with_their_cards() -> None:
    small, large = draw(toy()), draw(toy(), font_scale=1.5)
    assert large.width > 1.25 * small.width
    assert 'font-size="25.5"' in large.svg and 'font-size="17"' in small.svg


def test_backgrounds() -> None:
    assert f'fill="{LIGHT.ground}"/>' in draw(toy()).svg.split("<g>")[0]
    assert f'fill="{DARK.ground}"/>' in draw(toy(), theme="dark").svg.split("<g>")[0]
    assert 'fill="#fafafa"/>' in draw(toy(), background="#fafafa").svg.split("<g>")[0]
    assert "<rect" not in draw(toy(), background=None).svg.split("<g>")[0]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_enough_contrast(theme: Theme) -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a: str, b: str) -> float:
        x, y = sorted((luminance(a), luminance(b)))
        return (y + 0.05) / (x + 0.05)

    for ground in (theme.card, theme.ground):
        for colour in (theme.value, theme.grad, theme.local, theme.ink, theme.muted):
            assert contrast(colour, ground) >= 5.2, (colour, ground)
    for ground in (theme.head, theme.value_soft, theme.grad_soft):
        assert contrast(theme.ink, ground) >= 7.0


# ---- many nodes --------------------------------------------------------------------------------


def test_scopes_have_frames_and_can_be_collapsed() -> None:
    value = shared_scopes()
    shown = texts(draw(value).svg)
    assert {"model", "cell 0", "cell 1"} <= set(shown)
    collapsed = texts(draw(value, collapse=True).svg)
    assert {"cell 0", "cell 1"} <= set(collapsed) and "a = x · b" not in collapsed
    outer = draw(value, collapse=1)
    assert "model" in texts(outer.svg) and "3 cards" in repr(outer)
    assert "cell 1" in texts(draw(value, collapse="cell 1").svg)
    with pytest.raises(KeyError, match=r"no scope is called 'layer 9'.*'cell 0'"):
        draw(value, collapse=["layer 9"])


def test_a_collapsed_scope_shows_the_derivative_of_its_output() -> None:
    x = Value(2.0, "x")
    with scope("cube"):
        cube = x * x * x
    picture = draw(cube * 1.0, collapse=True).picture
    weights = [link.weight for link in picture.view.links if link.weight is not None]
    assert weights == [12.0]


def test_collapsed_pieces_never_make_a_cycle() -> None:
    x = Value(0.5, "x")
    for _ in range(3):
        with scope("cell"):
            x = tanh(x)
        x = exp(x)  # outside, so the scope is left and entered again
    grouping = by_depth(snapshot(x), 1)
    assert len(grouping.groups) == 3
    assert draw(x, collapse=True).picture.layout.width > 300
    with scope("left"):
        y = tanh(x)
    z = exp(y)
    with scope("left"):  # also reached directly: one connected piece, which must be cut in two
        w = y * z
    assert [g.name for g in by_depth(snapshot(w), 1).groups][-2:] == ["left", "left"]
    assert draw(w, collapse=True).svg
    with scope("model"):
        a, b = sin(x), exp(x)
    names = [group.name for group in by_depth(snapshot(a, b), 1).groups]
    assert names == ["cell", "cell", "cell", "model", "model"]  # not connected: two pieces


def test_networks_without_scopes_collapse_to_their_neurons() -> None:
    inputs = [Value(0.5, "x0"), Value(1.0, "x1")]
    signals = inputs
    for _ in range(2):
        signals = [
            autodiff.affine(
                [Value(0.1 * i) for i in range(len(signals))], signals, Value(0.2)
            ).tanh()
            for _ in range(14)
        ]
    out = autodiff.sum(signals)
    drawing = draw(out)
    assert "31 cards" in repr(drawing) and "h(1)13" in texts(drawing.svg)
    layers = draw(out, collapse=1)
    assert {"layer 1", "layer 2"} <= set(texts(layers.svg))


def test_focus_shows_the_neighbourhood_of_a_node() -> None:
    value = chain(20)
    middle = value.parents[0].parents[0].parents[0]
    drawing = draw(value, focus=middle, hops=2)
    cards = [card.kind for card in drawing.picture.view.cards]
    assert cards.count("value") == 5 and cards.count("more") == 2
    assert "… 1 more" in texts(drawing.svg)
    assert len(draw(value, focus="x", hops=1).picture.view.cards) == 3
    with pytest.raises(KeyError, match="no node is called 'nobody'"):
        draw(value, focus="nobody")
    with pytest.raises(KeyError, match="not part of the graph of"):
        draw(value, focus=Value(1.0))
    # once "no node is called 'a'", though there is one
    with pytest.raises(KeyError, match="'a' is inside a collapsed card"):
        draw(shared_scopes(), collapse=True, focus="a")


def test_fan_out_and_chains() -> None:
    assert "102 cards" in repr(draw(fan(50), collapse=False)) or draw(fan(50)).height > 500
    assert draw(chain(200), collapse=False).width > 20_000


def test_several_outputs_and_one_leaf() -> None:
    x = Value(0.5, "x")
    both = draw([sin(x), exp(x)])
    assert "f₁, f₂" in both.picture.title and "3 cards" in repr(both)
    assert draw(x).width > 100


def test_too_many_cards_warn_and_then_refuse() -> None:
    with pytest.warns(UserWarning, match="501 cards"):
        draw(chain(500), collapse=False)
    with pytest.raises(GraphTooLarge, match="2501 cards; collapse scopes"):
        draw(chain(2500))
    with pytest.warns(UserWarning, match="2501 cards"):
        assert draw(chain(2500), force=True).svg


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "blue"}, "theme is 'blue'"),
        ({"direction": "north"}, "direction is 'north'"),
        ({"engine": "neato"}, "engine is 'neato'"),
        ({"worksheet": "grads"}, "worksheet is 'grads'"),
    ],
)
def test_wrong_options_say_what_is_right(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw(toy(), **options)


def test_only_values_have_a_graph() -> None:
    with pytest.raises(OperandError, match="not float"):
        draw(2.0)  # type: ignore[arg-type]
    with pytest.raises(OperandError, match="empty"):
        draw([])


# ---- labels ------------------------------------------------------------------------------------


def test_hostile_labels_stay_text() -> None:
    svg = draw(hostile()).svg
    ET.fromstring(svg)
    assert "<script" not in svg and "\x1b" not in svg and "\u202e" not in svg
    assert any("</script><script>" in text for text in texts(svg))
    assert all(len(text) < 120 for text in texts(svg))
    assert len(svg) < 200_000


@pytest.mark.parametrize("label", HOSTILE)
def test_dot_text_survives_any_label(label: str) -> None:
    text = to_dot(Value(1.0, label) * 2.0)
    text.encode("utf-8")
    ET.fromstring("<x>" + "".join(re.findall(r"label=<(<table.*</table>)>", text)) + "</x>")


# ---- files and other programs ------------------------------------------------------------------


def test_files(tmp_path: Path) -> None:
    drawing = draw(toy())
    assert drawing.save(tmp_path / "toy.svg").read_text(encoding="utf-8") == drawing.svg
    assert "\\begin{tikzpicture}" in drawing.save(str(tmp_path / "toy.tex")).read_text(
        encoding="utf-8"
    )
    assert draw_dot(toy()).render(tmp_path / "graph") == str(tmp_path / "graph.svg")
    assert drawing._repr_svg_() == drawing.svg
    assert drawing._repr_html_().startswith("<img src=")  # shown where SVG is not trusted
    with pytest.raises(ValueError, match=r"toy\.gif: a drawing is saved as"):
        drawing.save(tmp_path / "toy.gif")


@pytest.mark.extras
@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_pdf_and_png(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("vl_convert")
    data = draw(toy()).save(tmp_path / f"toy.{kind}").read_bytes()
    assert data.startswith(b"%PDF" if kind == "pdf" else b"\x89PNG") and len(data) > 5000


def test_without_a_converter_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r'pip install .*\[export\]"'):
        draw(toy()).save(tmp_path / "toy.pdf")


@pytest.mark.extras
@pytest.mark.parametrize("name", ["toy", "selections", "hostile", "scopes"])
def test_rsvg_accepts_the_picture(name: str, tmp_path: Path) -> None:
    program = shutil.which("rsvg-convert")
    if program is None:
        pytest.skip("rsvg-convert is not installed")
    path = draw(GRAPHS[name]()).save(tmp_path / "graph.svg")
    answer = subprocess.run([program, path], capture_output=True, check=True)
    assert answer.stdout.startswith(b"\x89PNG") and answer.stderr == b""


def test_no_program_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert draw(toy()).svg and to_dot(toy()).startswith("digraph {")
    with pytest.raises(MissingExtraError, match="apt install graphviz"):
        draw(toy(), engine="dot")


@pytest.mark.extras
@pytest.mark.parametrize("name", ["toy", "selections", "hostile"])
def test_graphviz_accepts_dot_text_and_can_arrange(name: str) -> None:
    if shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    value = GRAPHS[name]()
    answer = subprocess.run(
        ["dot", "-Tsvg"], input=to_dot(value).encode(), capture_output=True, check=True
    )
    ET.fromstring(answer.stdout.decode())
    assert "Error" not in answer.stderr.decode()
    own, arranged = draw(value), draw(value, engine="dot")
    assert sorted(texts(own.svg)) == sorted(texts(arranged.svg))


def test_graphviz_objects() -> None:
    graphviz = pytest.importorskip("graphviz")
    digraph = to_graphviz(two_paths())
    assert isinstance(digraph, graphviz.Digraph)
    assert digraph.source.count("->") == 6 and "rankdir=LR" in digraph.source


def test_draw_dot_is_for_those_who_come_from_micrograd() -> None:
    wide, high = draw_dot(chain(5)), draw_dot(chain(5), rankdir="TB")
    assert wide.width > wide.height and high.height > high.width
    with pytest.raises(ValueError, match="rankdir is 'BT'"):
        draw_dot(toy(), rankdir="BT")  # type: ignore[arg-type]


def test_tikz_of_worksheets_groups_and_compact_cards() -> None:
    blank = draw(toy(), worksheet=True).tikz
    assert blank.count("\\draw[muted]") > 6 and "number}" not in blank.split("tikzpicture", 2)[1]
    x = Value(0.5, "x")
    with autodiff.scope("block"):
        y = autodiff.sin(x) * x
    assert "{block}" in draw(y * 2.0, collapse=True).tikz
    many = draw(autodiff.sum([Value(1.0) * 2.0 for _ in range(40)]), collapse=False)
    assert many.tikz.count("\\draw[card]") > 80


# ---- worksheets keep their secret ------------------------------------------------------------


@pytest.mark.parametrize("mode", ["values", "gradients", "all"])
@pytest.mark.parametrize("name", ["toy", "neuron", "selections", "dead", "two_paths"])
def test_a_worksheet_tells_no_answer(name: str, mode: Any) -> None:
    """The answers stood in the tooltips, on literal wires, and as dotted lines."""
    value = GRAPHS[name]()
    value.backward()
    sheet = draw(value, worksheet=mode)
    inputs = [node.label for node in snapshot(value) if node.primitive is None]
    for title in titles(sheet.svg)[1:]:
        known = title.partition(":")[0] in inputs or title.startswith("the constant")
        assert known or mode == "gradients" or "value" not in title, title
        assert mode == "values" or "grad" not in title, title
        assert "∂" not in title, title
    hidden = draw(value, worksheet=mode).tikz if mode == "all" else ""
    assert "chosen" not in sheet.svg + hidden and "2 4" not in re.findall(
        r'stroke-dasharray="([^"]+)"', sheet.svg
    )
    assert "1 = 1.0" not in sheet.svg


def test_answers_stand_beside_the_worksheet(tmp_path: Path) -> None:
    x = Value(3.0, "x")
    sheet = draw(x * x, worksheet=True)
    path = sheet.save(tmp_path / "sheet.svg")
    answers = (tmp_path / "sheet-answers.svg").read_text(encoding="utf-8")
    assert "value 9.0, grad 1.0" in answers and "value 3.0, grad 6.0" in answers
    assert "9.0" not in path.read_text(encoding="utf-8") and x.grad == 0.0
    assert draw(x * x).answers is None


# ---- kinks, digits, themes -------------------------------------------------------------------


def test_a_kink_is_taught_on_card_wire_and_tooltip() -> None:
    x = Value(0.0, "x")
    svg = draw(abs(x) + 1.0).svg
    assert "no derivative here; 0 is chosen" in texts(svg) and "0 chosen" in texts(svg)
    assert any("0 is chosen" in title for title in titles(svg))
    tikz = draw(abs(x) + 1.0).tikz
    assert "0 chosen" in tikz and "{no derivative here; 0 is chosen}" in tikz
    assert "derivative here" not in draw(abs(x) + 1.0, worksheet="gradients").tikz
    x.data = 1.0
    assert "chosen" not in draw(abs(x) + 1.0).svg


def test_digits_reach_headings_constants_and_dot() -> None:
    f = Value(0.5, "x") * 0.123456789
    assert "0.1234568" in "".join(texts(draw(f, digits=7).svg))
    assert "≈" in "".join(texts(draw(f).svg))  # f ≈ x · 0.1235
    assert "0.1234568" in to_dot(f, digits=7)


def test_html_follows_the_page_and_files_do_not() -> None:
    html = draw(toy())._repr_html_()
    assert html.startswith("<img src=") and DARK.value[1:] in html and "<script>" in html
    assert DARK.value not in draw(toy()).svg
    assert "<script>" not in draw(toy(), theme="light")._repr_html_()


def test_dot_puts_no_wire_through_a_number() -> None:
    if not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    picture = draw(two_paths(), engine="dot").picture
    for link, route in zip(picture.view.links, picture.layout.routes, strict=True):  # type: ignore[union-attr]
        assert link.local is not None and route.label is not None
        x, y = route.label
        for other in picture.layout.routes:
            for px, py in sampled(other.points):
                below = 14 if link.local.formula != Constant(1.0) else -4
                assert not (abs(px - x) < 8 and y - 16 < py < y + below)


def sampled(points: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Points on a path of cubic pieces."""
    for at in range(0, len(points) - 3, 3):
        for step in range(21):
            t = step / 20
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            piece = points[at : at + 4]
            yield (
                sum(w * x for w, (x, _) in zip(weights, piece, strict=True)),
                sum(w * y for w, (_, y) in zip(weights, piece, strict=True)),
            )
