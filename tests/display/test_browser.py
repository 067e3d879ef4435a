"""The stepper in a real browser: keys are pressed and numbers are read from the page."""

from __future__ import annotations

import functools
import http.server
import itertools
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from autodiff import Value
from autodiff.display import derivation, draw, steps, walkthrough
from autodiff.display.notation import shown
from autodiff.display.picture.theme import DARK, LIGHT
from autodiff.display.steps import BackwardStep
from tests.display.graphs import HOSTILE, hostile, selections, toy, two_paths
from tests.support.browser import chromium

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as session:
        yield session


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked for."""

    asked: list[str] = []  # noqa: RUF012 - one list per server, see `pages`

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A function that serves markup and returns its address; `.asked` are the requests."""
    folder = tmp_path_factory.mktemp("pages")
    numbers = itertools.count()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def serve(markup: str) -> str:
            name = f"page{next(numbers)}.html"  # a new one each time: browsers remember pages
            (folder / name).write_text(markup, encoding="utf-8")
            return f"http://127.0.0.1:{server.server_port}/{name}"

        serve.asked = Quiet.asked  # type: ignore[attr-defined]  # a function may have attributes
        yield serve
        server.shutdown()


READ = """
const root = document.querySelectorAll('[data-autodiff-stepper]')[arguments[0]].shadowRoot;
const cards = {};
root.querySelectorAll('[data-key]').forEach((group) => {
  const slots = {};
  group.querySelectorAll('[data-slot]').forEach((t) => { slots[t.dataset.slot] = t.textContent; });
  cards[group.dataset.key] = {slots, classes: [...group.classList],
    title: (group.querySelector('title') || {}).textContent};
});
const caption = root.querySelector('.caption');
return {cards, say: caption.querySelector('p').textContent,
  math: [...caption.querySelectorAll('math')].map((m) => m.textContent),
  boxes: [...caption.querySelectorAll('mfrac, mi')].map((m) => m.getBoundingClientRect().height),
  count: root.querySelector('.count').textContent, phase: root.querySelector('.phase').textContent,
  spoken: root.querySelector('.spoken').textContent,
  dark: root.querySelector('.box').classList.contains('dark'),
  ground: getComputedStyle(root.querySelector('.box')).backgroundColor,
  slider: root.querySelector('[type=range]').value};
"""


def read(browser: Any, which: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = browser.execute_script(READ, which)
    return found


def press(browser: Any, *keys: str) -> None:
    from selenium.webdriver.common.by import By

    for key in keys:
        browser.find_element(By.TAG_NAME, "body").send_keys(key)


def spelled(value: float | None) -> str:
    """The text of a number on a card, with its raised exponent on the line."""
    if value is None:
        return "–"
    number = shown(value)
    power = "" if number.exponent is None else f"×10{number.exponent}".replace("-", "−")
    return f"{'−' if number.negative else ''}{number.mantissa}{power}"


@pytest.mark.parametrize("make", [toy, two_paths, selections])
def test_every_step_shows_its_numbers(browser: Any, pages: Any, make: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    value: Value = make()
    passes = steps(value)
    browser.get(pages(walkthrough(value).page))
    grads: dict[str, float | None] = {}
    for step in passes:
        page = read(browser)
        assert page["count"] == f"{step.number} / {len(passes)}"
        forward = not isinstance(step, BackwardStep)
        assert page["phase"] == ("Forward" if forward else "Backward")
        if isinstance(step, BackwardStep):
            if step.kind != "result":
                grads[f"n{step.receiver.index}"] = step.total
            if step.kind == "contribution":
                assert spelled(step.contribution) in "".join(page["math"])
                wire = page["cards"][f"e{step.user.index}_{step.position}"]  # type: ignore[union-attr]
                assert "flows" in wire["classes"]
                assert "receiver" in page["cards"][f"n{step.receiver.index}"]["classes"]
        for node in passes.graph:
            card = page["cards"][f"n{node.index}"]
            known = not forward or node.index <= step.node.index  # type: ignore[union-attr]
            assert card["slots"]["value"] == spelled(node.value if known else None)
            want = grads.get(f"n{node.index}")
            if step.number == len(passes) and want is None:
                want = 0.0
            assert card["slots"]["grad"] == spelled(want)
        assert all(height > 0 for height in page["boxes"])  # MathML is laid out, not hidden
        press(browser, Keys.ARROW_RIGHT)


def test_keys_buttons_and_the_slider(browser: Any, pages: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(pages(walkthrough(toy()).page))
    assert read(browser)["count"] == "1 / 11"
    press(browser, Keys.END)
    assert read(browser)["count"] == "11 / 11"
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    page = read(browser)
    assert page["count"] == "8 / 11" and page["slider"] == "8"
    assert "lit" in page["cards"]["n2"]["classes"] and "flows" in page["cards"]["e3_0"]["classes"]
    press(browser, Keys.HOME)
    assert read(browser)["count"] == "1 / 11"
    click = (
        "document.querySelector('[data-autodiff-stepper]').shadowRoot"
        ".querySelector(`[data-do=${arguments[0]}]`).click()"
    )
    for name, count in (("next", 2), ("last", 11), ("back", 10), ("first", 1)):
        browser.execute_script(click, name)
        assert read(browser)["count"] == f"{count} / 11"
    browser.execute_script(
        "const s = document.querySelector('[data-autodiff-stepper]').shadowRoot"
        ".querySelector('[type=range]'); s.value = 6; s.dispatchEvent(new Event('input'))"
    )
    page = read(browser)
    assert page["count"] == "6 / 11"
    assert page["spoken"].startswith("Step 6 of 11. The backward pass starts at the output")


def test_nothing_moves_from_step_to_step(browser: Any, pages: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(pages(walkthrough(two_paths()).page))
    places = set()
    for _ in range(13):
        script = (
            "const r = document.querySelector('[data-autodiff-stepper]').shadowRoot;"
            "return [...r.querySelectorAll('[data-key] .card, .bar, .captions')].map(e => {"
            "const b = e.getBoundingClientRect();"
            "return [b.x, b.y, b.width, b.height].join()}).join(';')"
        )
        places.add(browser.execute_script(script))
        press(browser, Keys.ARROW_RIGHT)
    assert len(places) == 1


def test_the_address_chooses_step_and_theme(browser: Any, pages: Any) -> None:
    address = pages(walkthrough(toy()).page)
    for theme, ground in (("dark", DARK.ground), ("light", LIGHT.ground)):
        browser.get("about:blank")
        browser.get(f"{address}#step=8&theme={theme}")
        page = read(browser)
        assert page["count"] == "8 / 11" and page["dark"] is (theme == "dark")
        channels = ", ".join(str(int(ground[i : i + 2], 16)) for i in (1, 3, 5))
        assert page["ground"] == f"rgb({channels})"


@pytest.mark.parametrize(
    ("body", "dark"),
    [
        ('<body style="background:#111">', True),
        ('<body style="background:#eee">', False),
        ('<body class="vscode-dark">', True),
        ('<body data-jp-theme-light="false">', True),
        ('<body data-jp-theme-light="true" style="background:#000">', False),
    ],
)
def test_the_theme_is_that_of_the_host(browser: Any, pages: Any, body: str, dark: bool) -> None:
    html = walkthrough(toy()).html
    browser.get(pages(f'<!DOCTYPE html><meta charset="utf-8">{body}{html}</body>'))
    assert read(browser)["dark"] is dark


def test_two_steppers_on_one_page_are_independent(browser: Any, pages: Any) -> None:
    first, same, other = walkthrough(toy()), walkthrough(toy()), walkthrough(two_paths())
    body = "".join(f"<p>text</p>{each.html}" for each in (first, same, other))
    browser.get(pages(f'<!DOCTYPE html><meta charset="utf-8"><body>{body}</body>'))
    press_in = (
        "document.querySelectorAll('[data-autodiff-stepper]')[arguments[0]].shadowRoot"
        ".querySelector('.box').dispatchEvent(new KeyboardEvent('keydown',"
        "{key: arguments[1], bubbles: true, cancelable: true, composed: true}))"
    )
    browser.execute_script(press_in, 1, "End")
    browser.execute_script(press_in, 2, "ArrowRight")
    assert [read(browser, n)["count"] for n in range(3)] == ["1 / 11", "11 / 11", "2 / 13"]


def test_keys_outside_do_nothing_where_there_is_other_content(browser: Any, pages: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    html = walkthrough(toy()).html
    browser.get(pages(f'<!DOCTYPE html><meta charset="utf-8"><body><p>a</p><p>b</p>{html}</body>'))
    press(browser, Keys.ARROW_RIGHT)
    assert read(browser)["count"] == "1 / 11"


def test_nothing_is_loaded_and_nothing_fails(browser: Any, pages: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    pages.asked.clear()
    browser.get_log("browser")
    address = pages(walkthrough(two_paths()).page)
    browser.get(address)
    press(browser, Keys.END, Keys.HOME)
    assert set(pages.asked) <= {"/" + address.rpartition("/")[2], "/favicon.ico"}
    loaded = browser.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)"
    )
    assert [name for name in loaded if not name.startswith("data:")] == []
    messages = [m for m in browser.get_log("browser") if "favicon" not in m["message"]]
    assert messages == []


def test_hostile_labels_stay_text(browser: Any, pages: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(pages(walkthrough(hostile()).page))
    assert browser.execute_script("return document.scripts.length") == 1
    titles = " ".join(str(card["title"]) for card in read(browser)["cards"].values())
    assert HOSTILE[0] in titles and "a|b{c}<d>\"e\\f'&amp;]]>" in titles
    press(browser, Keys.END)
    assert read(browser)["phase"] == "Backward"


def test_a_narrow_window_scrolls_to_the_card_in_hand(browser: Any, pages: Any) -> None:
    browser.set_window_size(420, 700)
    try:
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]},
        )
        address = pages(walkthrough(toy()).page)
        seen = []
        for step, key in ((1, "n0"), (5, "n4"), (8, "n2"), (10, "n0")):
            browser.get("about:blank")
            browser.get(f"{address}#step={step}")
            seen.append(
                browser.execute_script(
                    "const r = document.querySelector('[data-autodiff-stepper]').shadowRoot;"
                    "const card = r.querySelector(`[data-key=${arguments[0]}]`);"
                    "const c = card.getBoundingClientRect();"
                    "const g = r.querySelector('.graph').getBoundingClientRect();"
                    "return c.right > g.left + 20 && c.left < g.right - 20 &&"
                    " document.documentElement.scrollWidth <= innerWidth + 1",
                    key,
                )
            )
        assert seen == [True] * 4
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.set_window_size(1100, 800)


def test_without_scripts_the_final_picture_is_shown(browser: Any, pages: Any) -> None:
    html = re.sub(r"<script>.*</script>", "", walkthrough(toy()).html, flags=re.DOTALL)
    browser.get(pages(f'<!DOCTYPE html><meta charset="utf-8"><body>{html}</body>'))
    width, text = browser.execute_script(
        "return [document.images[0].naturalWidth, document.body.innerText.trim()]"
    )
    assert width > 500 and text == ""


def test_playing_goes_on_by_itself(browser: Any, pages: Any) -> None:
    browser.get(pages(walkthrough(toy()).page))
    browser.execute_script("window.tick = setInterval; window.setInterval = (f) => tick(f, 5)")
    press(browser, " ")
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 5).until(lambda driver: read(driver)["count"] == "11 / 11")


def test_mathml_of_a_derivation_is_laid_out(browser: Any, pages: Any) -> None:
    markup = derivation(two_paths(), "x").mathml
    browser.get(pages(f'<!DOCTYPE html><meta charset="utf-8"><body>{markup}</body>'))
    heights, width = browser.execute_script(
        "const fractions = [...document.querySelectorAll('mfrac')];"
        "return [fractions.map(f => f.getBoundingClientRect().height),"
        "document.querySelector('mtable').getBoundingClientRect().width]"
    )
    assert len(heights) == 5 and min(heights) > 20 and width > 150


ROOT = "document.querySelector('[data-autodiff-stepper]').shadowRoot"


def test_the_first_step_tells_nothing_of_the_last(browser: Any, pages: Any) -> None:
    """Tooltips told all values and gradients from the start."""
    browser.get(pages(walkthrough(toy()).page))
    told = " ".join(str(card["title"]) for card in read(browser)["cards"].values())
    assert (
        told.split() == "x: value -4.499 a b c f the constant 2.0".split() or "value 4" not in told
    )
    assert not re.search(r"\d\.\d{3}", told.replace("-4.499", ""))
    page = read(browser)
    assert page["spoken"].startswith("Step 1 of 11. x is an input")
    visible = browser.execute_script(f"return {ROOT}.querySelector('.box').innerText")
    assert "80.39" not in visible and "0.9242" not in visible


def test_predict_asks_before_it_shows(browser: Any, pages: Any) -> None:
    browser.get(pages(walkthrough(toy()).page))

    def answer(text: str) -> list[str]:
        found: list[str] = browser.execute_script(
            f"const r = {ROOT}, ask = r.querySelector('.ask'); ask.answer.value = arguments[0];"
            "ask.requestSubmit();"
            "return ['.count', '.verdict'].map((name) => r.querySelector(name).textContent)",
            text,
        )
        return found

    press(browser, "p")
    assert answer("-4.499") == ["1 / 11", "The sign is wrong."]
    for number, count in (("4,499", 2), ("89.93", 3), ("0.9242", 4), ("2.164", 5)):
        assert answer(number)[0] == f"{count} / 11"
    press(browser, "\ue014")  # the seed asks nothing
    assert answer("−2.341")[0] == "7 / 11"
    assert answer("-0.3818")[1].startswith("That is the local derivative alone")
    assert answer("-2.723")[1].startswith("That is the sum")
    assert answer("soon")[1].startswith("Type a number")
    assert answer("0.8940")[0] == "8 / 11"


def test_the_keys_live_after_the_last_step_and_help_is_there(browser: Any, pages: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(pages("<p>a notebook</p>" * 3 + walkthrough(toy()).html))
    browser.execute_script(
        f"const l = {ROOT}.querySelector('[data-do=last]'); l.focus(); l.click()"
    )
    browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert read(browser)["count"] == "10 / 11"
    browser.switch_to.active_element.send_keys("?")
    assert browser.execute_script(f"return !{ROOT}.querySelector('.help').hidden")


@pytest.mark.parametrize("width", [320, 1920])
def test_nothing_is_cut_and_the_width_is_used(browser: Any, pages: Any, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        browser.get(pages(walkthrough(two_paths()).page))
        press(browser, "\ue010")  # End
        wide, box, cut = browser.execute_script(
            f"const r = {ROOT}; return [document.documentElement.scrollWidth,"
            "r.querySelector('.box').getBoundingClientRect().width,"
            "[...r.querySelectorAll('.scroll, .bar, .heading')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1).length]"
        )
        assert wide <= width and cut == 0 and box > 0.9 * width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_paper_gets_every_line_whole(browser: Any, pages: Any) -> None:
    browser.get(pages(walkthrough(selections()).page))
    try:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        metrics = {"width": 690, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        right, lines, count, small = browser.execute_script(
            f"window.dispatchEvent(new Event('beforeprint')); const r = {ROOT};"
            "const all = [...r.querySelectorAll('.caption math > *')];"
            "return [Math.max(...all.map(e => e.getBoundingClientRect().right)),"
            "r.querySelectorAll('.caption').length, r.querySelector('.count').textContent,"
            "all.filter(e => e.getBoundingClientRect().width < 400"
            " && parseFloat(getComputedStyle(e).fontSize) < 14).length]"
        )
        assert right <= 690 and lines == 22 and count == "22 / 22"
        assert small == 0  # short lines were printed as small as the longest, at 10 pixels
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_text_stays_on_its_card_in_the_fonts_that_are_here(browser: Any, pages: Any) -> None:
    """Where only DejaVu was installed, headings left their cards."""
    long = Value(-1.2345e-10, "a_rather_long_label_of_a_student")
    value = ((long * -123456.789).named("wwwwwwmmmmmm") + 1.0) ** 2.5
    browser.get(pages(draw(value).svg.replace("<svg", "<!DOCTYPE html><svg", 1)))
    outside = browser.execute_script(
        "return [...document.querySelectorAll('g')].flatMap(g => {"
        "const card = g.querySelector('rect'); if (!card) return [];"
        "const c = card.getBoundingClientRect();"
        "return [...g.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();"
        "return b.left < c.left - 1 || b.right > c.right + 1 }).map(t => t.textContent)})"
    )
    assert outside == []
    assert "a_rather_long_label_of_a_student" in draw(value).svg  # the whole label on hover
