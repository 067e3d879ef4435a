"""The table of the terminal, and going through it by key."""

from __future__ import annotations

import io
import re

import pytest

from autodiff import Value
from autodiff.display import steps
from autodiff.display.text.terminal import _columns, interact, render, wants_ascii, wants_colour
from tests.display.graphs import GRAPHS, hostile, selections, toy, two_paths

ANSI = re.compile(r"\x1b\[\d*m")


def test_the_line_of_the_design() -> None:
    line = "8  df/db = df/dc · ∂c/∂b ≈ (−2.341) · (−0.3818) ≈ 0.8940   ∂c/∂b = cos b"
    assert line in render(steps(toy()))


def test_the_table_of_the_toy() -> None:
    assert render(steps(toy())).splitlines() == [
        "forward pass",
        " 1  x = −4.499",
        " 2  a = −x = 4.499",
        " 3  b = e^a ≈ 89.93",
        " 4  c = sin b ≈ 0.9242",
        " 5  f = 2/c ≈ 2.164",
        "",
        "backward pass",
        " 6  df/df = 1",
        " 7  df/dc = df/df · ∂f/∂c ≈ 1 · (−2.341) ≈ −2.341           ∂f/∂c = −2/c²",
        " 8  df/db = df/dc · ∂c/∂b ≈ (−2.341) · (−0.3818) ≈ 0.8940   ∂c/∂b = cos b",
        " 9  df/da = df/db · ∂b/∂a ≈ 0.8940 · 89.93 ≈ 80.39          ∂b/∂a = e^a",
        "10  df/dx = df/da · ∂a/∂x ≈ 80.39 · (−1) ≈ −80.39           ∂a/∂x = −1",
        "11  df/dx = ∂f/∂c · ∂c/∂b · ∂b/∂a · ∂a/∂x ≈ (−2.341) · (−0.3818) · 89.93 · (−1) ≈ −80.39",
    ]


def test_several_contributions_show_the_running_sum() -> None:
    table = render(steps(two_paths()))
    assert "df/dx += df/du · ∂u/∂x = 1 · (−2) = −2" in table
    assert "contribution 2 of 2,  df/dx = −6 + (−2) = −8" in table


def test_selections_say_who_was_not_chosen() -> None:
    table = render(steps(selections()))
    assert "∂i/∂a: no contribution, a ≥ i does not hold" in table
    assert "∂h/∂b: no contribution, not chosen" in table


@pytest.mark.parametrize("name", sorted(GRAPHS))
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for options in ({}, {"ascii": True}, {"color": True}):
        table = render(steps(GRAPHS[name]()), width=width, **options)  # type: ignore[arg-type]
        assert max(map(_columns, table.splitlines())) <= max(width, 30)


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_ascii_is_ascii_and_colour_adds_only_colour(name: str) -> None:
    passes = steps(GRAPHS[name]())
    assert render(passes, ascii=True).isascii()
    assert ANSI.sub("", render(passes, color=True)) == render(passes)
    assert "\x1b" not in render(passes)


def test_no_label_reaches_the_terminal_as_a_command() -> None:
    table = render(steps(hostile()))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", table)


def test_digits() -> None:
    assert "f = 2/c ≈ 2.2" in render(steps(toy()), digits=2)
    assert "f = 2/c = 2.163951253707" in render(steps(toy()), digits=17)


def test_str_is_the_table() -> None:
    passes = steps(toy())
    assert str(passes) == render(passes) and repr(passes) == "<5 forward and 6 backward steps to f>"


# ---- key by key --------------------------------------------------------------------------------


def session(keys: str) -> str:
    sink = io.StringIO()
    interact(steps(toy()), read=io.StringIO(keys), write=sink, color=False, ascii=False)
    return sink.getvalue()


def pages(text: str) -> list[str]:
    return re.findall(r"(\d+)/11 (?:forward|backward)", text)


def test_enter_goes_on_b_goes_back_q_leaves() -> None:
    assert pages(session("\n\n\nb\nq\n")) == ["1", "2", "3", "4", "3"]
    assert pages(session("b\nb\nq\n")) == ["1", "1", "1"]
    assert pages(session("\n" * 50)) == [str(n) for n in range(1, 12)]


def test_the_end_of_the_input_ends_it() -> None:
    assert pages(session("")) == ["1"]
    assert pages(session("\n")) == ["1", "2"]
    assert pages(session("anything")) == ["1"]  # it once stepped on


def test_an_interrupt_ends_it_quietly() -> None:
    class Interrupted(io.StringIO):
        def readline(self, *_: object) -> str:
            raise KeyboardInterrupt

    sink = io.StringIO()
    interact(steps(toy()), read=Interrupted(), write=sink)
    assert sink.getvalue().endswith("\n")


def test_every_page_has_a_sentence_and_the_equation() -> None:
    text = session("\n" * 7 + "q\n")
    assert "8/11 backward: At b ≈ 89.93, c changes ≈ −0.3818 times as fast as b" in text
    assert "    df/db = df/dc · ∂c/∂b ≈ (−2.341) · (−0.3818) ≈ 0.8940\n    ∂c/∂b = cos b\n" in text


# ---- what the terminal can do ------------------------------------------------------------------


class Stream(io.StringIO):
    def __init__(self, tty: bool, encoding: str) -> None:
        super().__init__()
        self.tty, self.name_of_encoding = tty, encoding

    def isatty(self) -> bool:
        return self.tty

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.name_of_encoding


def test_colour_only_on_a_terminal_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Stream(True, "utf-8")) and not wants_colour(Stream(False, "utf-8"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Stream(True, "utf-8"))
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Stream(True, "utf-8"))


@pytest.mark.parametrize(
    ("encoding", "ascii"),
    [("utf-8", False), ("ascii", True), ("latin-1", True), ("nonsense", True)],
)
def test_ascii_where_the_signs_cannot_be_encoded(encoding: str, ascii: bool) -> None:
    assert wants_ascii(Stream(True, encoding)) is ascii


def test_ascii_tells_the_whole_derivative_from_one_step() -> None:
    """Without ∂ both would be df/dx."""
    x = Value(2.0, "x")
    table = render(steps(x * x + x), ascii=True)
    assert "df/dx += df/da * local(a, x#2) = 1 * 2 = 2" in table
    sink = io.StringIO()
    interact(steps(toy()), read=io.StringIO("\n" * 4), write=sink, color=False, ascii=True)
    said = " ".join(sink.getvalue().split())  # lines are wrapped to the terminal
    assert "needs it for local(b, a)" in said and sink.getvalue().isascii()
