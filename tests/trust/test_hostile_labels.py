"""Hostile labels in every output: nothing runs, nothing is loaded, nothing disturbs a terminal."""

from __future__ import annotations

import random
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.expression import parse
from tests.trust import hostile

ISOLATE, END = "\u2068", "\u2069"  # names written from right to left stand between these


def disturbs(text: str) -> str:
    """The characters that would disturb a terminal, a page or an editor; none is right."""
    if text.count(ISOLATE) == text.count(END):
        text = text.replace(ISOLATE, "").replace(END, "")
    return "".join(
        character
        for character in text
        if character != "\n"
        and (
            unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
            or unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF")
            or character in "\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
        )
    )


class Page(HTMLParser):
    """Collects what could run or load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts = 0
        self.active: list[object] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.scripts += tag == "script"
        if tag in ("iframe", "object", "embed", "link", "base"):
            self.active.append(tag)
        for key, value in attrs:
            picture = (value or "").startswith("data:image/svg+xml,%3Csvg ")
            loads = key in ("href", "src", "xlink:href") and not (picture or value[:1] == "#")
            if key.startswith("on") or loads:
                self.active.append((tag, key, value))


def labelled(seed: int) -> tuple[Value, Value]:
    """A graph in which an input, a node and a scope have hostile names; and the input."""
    rng = random.Random(seed)
    with ad.scope(hostile.label(rng)):
        x, y = Value(1.5, hostile.label(rng)), Value(-0.5, hostile.label(rng))
        z = ad.exp(x * y).named(hostile.label(rng)) + ad.maximum(x, y)
    z.backward()
    return z, x


SEEDS = [*range(12), 15, 24, 46, 95]


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_in_drawings(seed) -> None:
    """The name of a scope went into drawings with direction marks and line breaks as they were."""
    drawing = ad.draw(labelled(seed)[0])
    tree = ET.fromstring(drawing.svg)
    for element in tree.iter():
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "a", "image")
        assert not any(key.startswith("on") for key in element.attrib)
    page = Page(drawing.svg)
    assert (page.scripts, page.active) == (0, [])
    assert not disturbs(drawing.svg)


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_in_steppers(seed) -> None:
    walkthrough = ad.walkthrough(labelled(seed)[0])
    live = ad.walkthrough(labelled(seed)[0], live=True).page
    for text in (walkthrough.page, walkthrough._repr_html_(), live):
        page = Page(text)
        assert (page.scripts, page.active) == (1, [])  # the stepper's own script
        assert not disturbs(text)
        text.encode("utf-8")
    assert not disturbs(str(walkthrough))


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_in_derivations(seed) -> None:
    """The HTML of a derivation once had names as they were: a label could run a script."""
    z, x = labelled(seed)
    derivation = ad.derivation(z, x)
    page = Page(derivation.mathml)
    assert (page.scripts, page.active) == (0, [])
    ET.fromstring(derivation.mathml)
    assert not disturbs(str(derivation) + derivation.mathml)


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_in_latex_and_tikz(seed, tmp_path) -> None:
    z, x = labelled(seed)
    ad.draw(z).save(tmp_path / "picture.tex")
    tikz = (tmp_path / "picture.tex").read_text(encoding="utf-8")
    for text in (ad.to_latex(z), ad.derivation(z, x).latex, tikz):
        assert not re.search(
            r"\\(input|include\b|write|openout|href|url|catcode|csname|def\b)", text
        )
        assert not disturbs(text)
    for text in (ad.to_latex(z), ad.derivation(z, x).latex):
        rest = re.sub(r"\\.", "", text.replace(r"{$\emptyset$}", "{}"))
        assert rest.count("{") == rest.count("}")
        assert not set(rest) & set("$#~%")


EVIL = "a\x1b[2J\x07\x7f\x85\x9b31m\u202e\u2066\u2069\u200e\u200f\u061c\u2028\u2029\r\tz\n# fine"


def _strict() -> None:
    with ad.strict():
        Value(1e200, EVIL) * 1e200


def _stale() -> None:
    x = Value(2.0, EVIL)
    y = (x * 3.0).named(EVIL)
    x.data = 5.0
    with ad.strict():
        y.backward()


def _named(function: Any) -> Any:
    function.__name__ = EVIL
    return function


class Odd:
    def __repr__(self) -> str:
        return EVIL.partition("\n")[0]


class Net(nn.Module):
    def __init__(self) -> None:
        setattr(self, EVIL, nn.Neuron(1))


def _explained() -> str:
    fast = ad.jit(_named(lambda x: x * 2.0 if x > 1.0 else x))
    fast(Value(2.0, EVIL))
    return fast.explain() + repr(fast)


def _giving_up() -> None:
    fast = ad.jit(_named(lambda x: x * int(x)), max_variants=1)
    fast(1.0)
    fast(2.0)


TOLD: dict[str, Callable[[], Any]] = {
    "domain": lambda: ad.log(Value(-1.0, EVIL)), "division": lambda: 1 / Value(0.0, EVIL),
    "range": lambda: ad.exp(Value(1e3, EVIL)), "strict": _strict, "stale": _stale,
    "operand": lambda: ad.ParameterVector([Odd()]), "float": lambda: float(Value(1.0, EVIL) * 2.0),
    "float of named": lambda: float((Value(1.0) * 2.0).named(EVIL)),
    "check": lambda: ad.check_gradients(lambda p: p[EVIL] * p[EVIL].data, {EVIL: 2.0}),
    "trace": lambda: ad.jit(lambda x: x.data)(Value(1.0, EVIL)), "explain": _explained,
    "gives up": _giving_up, "repr": lambda: repr(Value(1.0, EVIL)), "model": lambda: repr(Net()),
    "state": lambda: nn.Neuron(1).load_state_dict({EVIL: 1.0}),
    "program": lambda: str(ad.Program.of(Value(1.0, EVIL) * 2.0)),
    "python": lambda: ad.to_python(Value(1.0, EVIL) * 2.0),
    "steps": lambda: str(ad.steps(Value(1.0, EVIL) * 2.0)),
    "focus": lambda: ad.draw(Value(1.0, EVIL) * 2.0, focus=EVIL),
    "save": lambda: ad.draw(Value(1.0) * 2.0).save(EVIL),
    "page": lambda: ad.walkthrough(Value(1.0) * 2.0).save(EVIL),
    "parse": lambda: parse(EVIL), "loss": lambda: nn.fit(nn.Neuron(1), [[1.0]], [1.0], loss=EVIL),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_labels_in_errors_warnings_and_reports(name: str) -> None:
    """`log(x)` of an input called "\\x1b[2J" cleared the screen when it failed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            told = str(TOLD[name]())
        except Exception as error:  # noqa: BLE001 - whatever it is, its text is looked at
            told = str(error)
    told += "".join(str(each.message) for each in caught)
    assert told not in ("", "None")
    assert not disturbs(told)
    assert "\n# fine" not in told, "a label makes no lines of its own"


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_in_dot(seed) -> None:
    text = ad.to_dot(labelled(seed)[0])
    assert not disturbs(text)
    inside = re.findall(r"<<TABLE.*?</TABLE>>", text, re.DOTALL)
    for table in inside:
        ET.fromstring(table[1:-1])
