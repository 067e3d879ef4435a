"""Live pages in a real browser: after every drag they say what Python says at that point."""

from __future__ import annotations

import gzip
import html
import math
import random
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

import autodiff as ad
import autodiff.functions as F  # noqa: N812 - short in formulas
from autodiff import Value, maximum, relu
from autodiff.call import call
from autodiff.display import draw, walkthrough
from autodiff.display.notation import shown
from autodiff.display.pages.stepper_data import image, stepper_data
from autodiff.display.picture.theme import LIGHT
from autodiff.expression import parse
from autodiff.expression.evaluation import evaluate_formula
from autodiff.functions import erf, exp, log1p, sin, softplus, tanh
from autodiff.functions import sum as total
from autodiff.primitive import PRIMITIVES

from .test_browser import browser, pages  # noqa: F401 - fixtures

pytestmark = pytest.mark.extras


def toy(x: Value) -> Value:
    return (2 / sin(exp(-x))).named("f")


def two_paths(x: Value, y: Value) -> Value:
    return (x * x * y + x).named("f")


def chosen(a: Value, b: Value) -> Value:
    return (relu(a * b + 1) + a * sin(b)).named("f")


def wide(a: Value, b: Value, c: Value) -> Value:
    return (total([a * b, a, -c, a]) * maximum(a, b, c) - abs(b)).named("f")


def special(x: Value, y: Value) -> Value:
    return (erf(x) * tanh(y) + softplus(x - y) / log1p(x * x + 1)).named("f")


def gammas(x: Value, y: Value) -> Value:
    return (F.lgamma(x * x + 1.5) * F.digamma(y * y + 1) - F.sinc(x - y) * F.erfc(x)).named("f")


def several(a: Value, b: Value, c: Value) -> Value:
    return (
        F.dot([a, b, c], [b, c, 2.0]) * F.logsumexp([a, b, a]) + F.hypot(a, b, c) * F.minimum(a, c)
    ).named("f")


def shares(a: Value, b: Value, c: Value) -> Value:
    p, q, _ = F.softmax([a, b, c])
    return (p * q - F.log_softmax([b, a, c], 0)).named("f")


def picks(a: Value, b: Value, c: Value) -> Value:
    """What several operands share, the number of ties, is another one after a drag."""
    return (F.maximum(a, b, c) * F.minimum(b, a, 1.0) + F.norm([a, b, c], 3)).named("f")


def conditions(a: Value, b: Value) -> Value:
    """As on the command line, where conditions are in the graph."""
    text = "where(where(a > b, a*b, b - 3) <= 1, log(a)*a, clip(b, -1, 1)) + abs(a)*b"
    made: Value = evaluate_formula(parse(text), {"a": a, "b": b})
    return made.named("f")


def kinks(x: Value, y: Value) -> Value:
    bent = abs(x) + F.relu6(3 * y) * F.hardtanh(x) + F.leaky_relu(x - y)
    return (bent + (x // 1) * y + x % 2).named("f")


def powers(x: Value, y: Value) -> Value:
    return ((x * x + 1) ** y + y**3 - 2**x + (y + x) ** -2).named("f")


def alone(x: Value) -> Value:
    return x


def nothing_arrives(x: Value, y: Value) -> Value:
    return (x * y // 1 * 2 + (y + 0.5) // 1).named("f")


def mixed(x: Value, y: Value) -> Value:
    return (strange(x) * y + strange(x) + relu(y)).named("f")


@ad.primitive(local_derivatives=[lambda z, x: 2.0 * x])
def strange(x: float) -> float:
    """No formula: x stays what it is on a live page."""
    return x * x if x > 0 else -x


def shared(x: Value, y: Value) -> Value:
    a = x * y
    b = a * a + a
    return (b * a - b / (a * a + 1)).named("f")


def hostile(a: Value, b: Value, c: Value) -> Value:
    return (a * b + sin(c) * a - relu(b) / (c * c + 1)).named('<f & "g">')


LABELS = {
    hostile: (
        "</script><img src=x onerror=alert(1)>",
        "\"'`\\ ~$#!\t& 🙂 \u202eabc\u200f {{=v0}}",
        "long " * 900,
    )
}

GRAPHS = [hostile, toy, two_paths, chosen, wide, special, gammas, several, shares, picks,
          conditions, kinks, powers, alone, nothing_arrives, mixed, shared]  # fmt: skip

READ = """
const root = document.querySelector("[data-autodiff-stepper]").shadowRoot, out = [];
const find = (name) => root.querySelector(name);
find("[data-do=first]").click();
const count = Number(find(".bar [type=range]").max);
for (let i = 0; i < count; i++) {
  const caption = find(".caption");
  out.push([caption.querySelector("p").textContent,
            [...caption.querySelectorAll("math")].map((line) => line.innerHTML),
            find(".spoken").textContent]);
  find("[data-do=next]").click();
}
const parts = {};
for (const group of root.querySelectorAll("[data-key]")) {
  if (!/^[ne]/.test(group.dataset.key)) continue;
  const title = group.querySelector("title");
  parts[group.dataset.key] = [title && title.textContent,
    [...group.querySelectorAll("text:not(.math)")].map((text) => text.textContent).filter(Boolean),
    Boolean(group.querySelector(".unused"))];
}
return [out, parts, find(".heading").innerHTML];
"""


#: name and value of all that has a number, as a screen reader says them
SPOKEN_OF_CONTROLS = """
const root = document.querySelector("[data-autodiff-stepper]").shadowRoot;
return [...root.querySelectorAll("[role=spinbutton], .row [type=range]")].map((each) =>
  [each.getAttribute("aria-label"), each.getAttribute("aria-valuetext")]);
"""


def plain(markup: str) -> str:
    """Markup as a browser gives it back, and numbers with as many digits as both have."""
    markup = re.sub(r"<(\w+)([^<>]*)/>", r"<\1\2></\1>", markup)
    text = html.unescape(markup).replace("\u00a0", " ").replace('"', "'")
    return re.sub(r"-?\d\.\d{6,}(e[+-]\d+)?|\d+\.\d{6,}", lambda m: f"{float(m[0]):.9g}", text)


def expected(f: Callable[..., Value], point: dict[str, float]) -> tuple[Any, Any, str]:
    """What Python's own walkthrough has at a point, in the same form as READ."""
    tour = walkthrough(f(*(Value(number, name) for name, number in point.items())))
    data = stepper_data(tour.steps, tour.picture, tour.digits)
    said = [
        [step["say"], step["math"], f"Step {i} of {len(data['steps'])}. {step['speak']}"]
        for i, step in enumerate(data["steps"], 1)
    ]
    svg = image(tour.picture, LIGHT)
    parts = {}
    for group in re.finditer(r'<g data-key="([ne][^"]*)">(.*?)(?=<g data-key|$)', svg, re.S):
        title = re.search(r"<title>(.*?)</title>", group[2], re.S)
        texts = re.findall(r'<text[^>]*class="(?!math)[^"]*"[^>]*>(.*?)</text>', group[2], re.S)
        shown = [re.sub(r"<[^>]*>", "", text) for text in texts]
        parts[group[1]] = [
            title and title[1],
            [t for t in shown if t],
            'class="unused"' in group[2],
        ]
    return said, parts, data["heading"]


@pytest.mark.parametrize("f", GRAPHS)
def test_after_a_drag_everything_is_as_python_says(f: Any, browser: Any, pages: Any) -> None:  # noqa: F811
    names = LABELS.get(f, f.__code__.co_varnames[: f.__code__.co_argcount])
    start = dict(zip(names, (0.7, -0.4, 2.5), strict=False))
    tour = walkthrough(f(*(Value(number, name) for name, number in start.items())), live=True)
    nodes = {node.value: str(node.name) for node in tour.steps.leaves}
    browser.get(pages(tour.page))
    rng = random.Random(f.__name__)
    drags = [start] + [
        {name: rng.choice([0.0, 1.0, -1.0, 2.0, rng.uniform(-3, 3), round(rng.gauss(0, 2), 1)])
         for name in names}
        for _ in range(8)
    ]  # fmt: skip
    for point in drags:
        if f is mixed:
            point["x"] = start["x"]
        address = urlencode({nodes[start[name]]: repr(number) for name, number in point.items()})
        browser.execute_script(
            "location.hash = arguments[0]; dispatchEvent(new Event('hashchange'));", address
        )
        said, parts, heading = browser.execute_script(READ)
        try:
            wanted, cards, title = expected(f, point)
        except (ValueError, ArithmeticError):
            continue
        assert plain(heading) == plain(title), point
        assert len(said) == len(wanted)
        for mine, python in zip(said, wanted, strict=True):
            assert plain(mine[0]) == plain(python[0]), point
            assert [plain(line) for line in mine[1]] == [plain(line) for line in python[1]], point
            assert plain(mine[2]) == plain(python[2]), point
        for key, (about, texts, dotted) in cards.items():
            assert plain(parts[key][0] or "") == plain(about or ""), (key, point)
            assert [plain(t) for t in parts[key][1]] == [plain(t) for t in texts], (key, point)
            assert parts[key][2] == dotted, (key, point)
        for name, text in browser.execute_script(SPOKEN_OF_CONTROLS):
            assert name and text


def test_numbers_are_dragged_typed_and_moved_by_keys(browser: Any, pages: Any) -> None:  # noqa: F811
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(pages(walkthrough(toy(Value(1.0, "x")), live=True).page))
    root = browser.find_element("css selector", "[data-autodiff-stepper]").shadow_root

    def typed() -> float:
        return float(root.find_element("css selector", ".number").get_property("value"))

    card = root.find_element("css selector", "[data-key=n0]")
    ActionChains(browser).drag_and_drop_by_offset(card, 40, 0).perform()
    assert typed() > 1.2
    before = typed()
    card.send_keys(Keys.ARROW_DOWN)
    WebDriverWait(browser, 10).until(lambda _: typed() < before)  # it follows at the next frame
    field = root.find_element("css selector", ".number")
    browser.execute_script("arguments[0].value = ''", field)
    field.send_keys("1.5", Keys.ENTER)
    for _ in range(100):  # the address waits until the number rests
        if "x=1.5" in browser.current_url:
            break
        time.sleep(0.05)
    assert "x=1.5" in browser.current_url
    assert "1.5" in root.find_element("css selector", "[data-key=n0] [data-slot=value]").text


def test_the_products_of_paths_follow_a_drag(browser: Any, pages: Any) -> None:  # noqa: F811
    """The line under the picture stayed at the numbers that it began with."""
    from selenium.webdriver import ActionChains

    picture = draw(toy(Value(1.0, "x")), live=True).live
    assert picture is not None
    browser.get(pages(picture.page))
    root = browser.find_element("css selector", "[data-autodiff-stepper]").shadow_root
    card = root.find_element("css selector", "[data-key=n0]")
    ActionChains(browser).drag_and_drop_by_offset(card, 30, 0).perform()
    time.sleep(0.4)
    grad = card.find_element("css selector", "[data-slot=grad]").text
    told = root.find_element("css selector", ".paths").text
    assert told.startswith("1 path to the output") and told.endswith(f"≈ {grad}")
    assert grad != "5.308"


@pytest.mark.parametrize("f", [toy, two_paths, special])
def test_the_tangent_touches_the_curve(f: Any, browser: Any, pages: Any) -> None:  # noqa: F811
    """With its slope turned round it went through the point, and every other text was right."""
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    inputs = {name: Value(number, name) for name, number in zip(names, (0.7, -0.4), strict=False)}
    browser.get(pages(walkthrough(f(*inputs.values()), live=True).page))
    for x in (0.9, -0.8):
        curve, tangent, cx, cy, caption = browser.execute_async_script(PLOTTED, x)
        points = _points(curve)
        (x0, y0), (x1, y1) = _points(tangent)
        left = max(point for point in points if point[0] < cx - 4)
        right = min(point for point in points if point[0] > cx + 4)
        chord = math.atan2(right[1] - left[1], right[0] - left[0])
        assert math.atan2(y1 - y0, x1 - x0) == pytest.approx(chord, abs=0.1)
        assert min(abs(y - cy) for at, y in points if abs(at - cx) < 2) < 3
        values = [Value(x, names[0]), *list(inputs.values())[1:]]
        f(*values).backward()
        assert caption == f"slope at {names[0]}: {shown(values[0].grad, 4)}"


PLOTTED = """
const done = arguments[1], root = document.querySelector("[data-autodiff-stepper]").shadowRoot;
const number = root.querySelector(".number"), figure = root.querySelector("figure");
number.value = String(arguments[0]);
number.dispatchEvent(new Event("change"));
const of = (name, at) => figure.querySelector(name).getAttribute(at);
setTimeout(() => done([of(".curve", "d"), of(".tangent", "d"), Number(of("circle", "cx")),
  Number(of("circle", "cy")), figure.querySelector("figcaption").textContent]), 400);
"""


def _points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def test_pictures_of_one_page_have_a_state_each(browser: Any, pages: Any) -> None:  # noqa: F811
    """The first of several wrote its numbers into the address: it thought it was alone."""
    one = draw(toy(Value(1.0, "x")), live=True)._repr_html_()
    two = walkthrough(two_paths(Value(2.0, "x"), Value(3.0, "y")), live=True).html
    address = pages(f"<!DOCTYPE html><body>{one}{two}{one}")
    browser.get(address)
    hosts = browser.find_elements("css selector", "[data-autodiff-stepper]")
    fields = [h.shadow_root.find_element("css selector", ".number") for h in hosts]
    browser.execute_script("arguments[0].value = ''", fields[0])
    fields[0].send_keys("1.5\n")
    time.sleep(0.4)
    assert [field.get_property("value") for field in fields] == ["1.5", "2", "1"]
    assert browser.current_url == address


def test_a_hostile_label_stays_text(browser: Any, pages: Any) -> None:  # noqa: F811
    label = "</script><img src=x onerror=alert(1)>"
    browser.get(pages(walkthrough((Value(2.0, label) * 3.0).named("<b>y</b>"), live=True).page))
    assert browser.execute_script("return document.querySelectorAll('img[src=x]').length") == 0
    root = browser.find_element("css selector", "[data-autodiff-stepper]").shadow_root
    assert not root.find_elements("css selector", "img, b")


def test_it_runs_in_a_sandbox_without_eval(browser: Any, pages: Any) -> None:  # noqa: F811
    policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    )
    page = draw(toy(Value(1.0, "x")), live=True).live
    assert page is not None
    inner = page.page.replace(
        "<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'
    )
    inner = html.escape(inner)
    outer = f'<iframe sandbox="allow-scripts" width="900" height="600" srcdoc="{inner}"></iframe>'
    told = "<script>window.told=[];addEventListener('message',e=>told.push(e.data))</script>"
    browser.get(pages(f"<!DOCTYPE html><body>{told}{outer}"))
    browser.switch_to.frame(0)
    root = browser.find_element("css selector", "[data-autodiff-stepper]").shadow_root
    root.find_element("css selector", "[data-go='1']").click()
    browser.switch_to.default_content()
    for _ in range(100):  # a message arrives when the page has time for it
        if messages := browser.execute_script("return told"):
            break
        time.sleep(0.05)
    assert messages
    assert set(messages[-1]["autodiff"]) == {"x"}


def test_sizes_stay_small() -> None:
    """A picture that is dragged fits into a notebook; a hundred nodes go over a slow line."""
    picture = draw(toy(Value(1.0, "x")), live=True).live
    assert picture is not None and len(picture.page.encode()) <= 60_000
    tour = walkthrough(toy(Value(-4.499, "x")), live=True)
    assert len(tour.page.encode()) <= 60_000
    x = y = Value(0.3, "x")
    for at in range(99):
        y = sin(y) if at % 2 else y * x
    assert len(gzip.compress(walkthrough(y, live=True).page.encode())) <= 100_000


def test_orders_that_a_page_cannot_compute_have_no_slider(browser: Any, pages: Any) -> None:  # noqa: F811
    """The page says why it stands, from the order on whose own derivative is one too high."""
    n, x, y = Value(1000.0, "n"), Value(0.0, "x"), Value(2.0, "y")
    value = (call(PRIMITIVES["sinc_derivative"], n, x) * 1e-300 + y * y).named("f")
    browser.get(pages(walkthrough(value, live=True).page))
    root = browser.find_element("css selector", "[data-autodiff-stepper]").shadow_root
    sliders = root.find_elements("css selector", ".row [type=range]")
    assert [slider.get_attribute("aria-label") for slider in sliders] == ["y"]
    told = root.find_element("css selector", ".limits").text
    why = "a derivative of so high an order is not computed on a page"
    assert told.startswith(f"No slider for n, x: {why}.")
    root.find_element("css selector", "[data-do=last]").click()
    grad = root.find_element("css selector", "[data-key=n1] title").get_attribute("textContent")
    value.backward()
    assert grad == f"x: value 0.0, grad {x.grad!r}"


def test_what_cannot_be_dragged_is_said() -> None:
    import autodiff

    @autodiff.primitive(local_derivatives=[lambda z, x: 2.0 * x])
    def strange(x: float) -> float:
        return x * x if x > 0 else -x

    x, y = Value(2.0, "x"), Value(3.0, "y")
    tour = walkthrough(strange(x) * y, live=True)
    why = "a function without a formula depends on it"
    assert tour._data()["live"]["inputs"] == [[0, "x", why], [2, "y", ""]]
    page = walkthrough(strange(x) * y, live=True).page
    assert "No slider for" in page and why in page
