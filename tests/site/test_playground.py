"""A visitor of the playground types, steps, shares the link, opens it anew; and makes mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.site

STATE = "return document.getElementById('state').textContent"
ECHO = "return document.getElementById('echo').textContent"
#: what the picture shows, unless another one is on its way: heading, count of steps, numbers
PICTURE = """
const frame = document.getElementById('picture');
const root = frame.contentDocument?.querySelector('[data-autodiff-stepper]')?.shadowRoot;
return root && !frame.classList.contains('old') && {
  heading: root.querySelector('.heading').textContent,
  count: root.querySelector('.count').textContent,
  numbers: [...root.querySelectorAll('[data-slot]')].map((slot) => slot.textContent)};
"""
PRESS = """
document.getElementById('picture').contentDocument.querySelector('[data-autodiff-stepper]')
  .shadowRoot.querySelector(`[data-do=${arguments[0]}]`).click();
"""


def until(browser: Any, holds: Callable[[Any], Any]) -> Any:
    """Waits as long as a machine with much else to do may take: right answers end it early."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 120, poll_frequency=0.05).until(holds)


def heading(browser: Any) -> str:
    return ((browser.execute_script(PICTURE) or {}).get("heading") or "").replace("\u2061", "")


def said(browser: Any) -> str:
    return str(browser.execute_script(ECHO))


def ready(browser: Any) -> None:
    until(browser, lambda each: each.execute_script(STATE) == "Python is ready.")


def write(browser: Any, formula: str) -> None:
    from selenium.webdriver.common.by import By

    box = browser.find_element(By.ID, "formula")
    box.clear()
    box.send_keys(formula)


@pytest.fixture
def visitor(address: str, browser: Any) -> Any:
    """The browser in the playground; Python may still be loading."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(f"{address}/play/index.html")
    yield browser
    bad = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert bad == []


def test_a_visit(visitor: Any, address: str) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    # The picture stands, and steps, before Python has come.
    until(visitor, lambda each: each.execute_script(PICTURE))
    visitor.execute_script(PRESS, "back")
    assert "sin" in heading(visitor)
    until(visitor, lambda each: "2.163951" in said(each))

    write(visitor, "x^2 sin(x)")
    ready(visitor)
    until(visitor, lambda each: heading(each).startswith("f=x2·sinx"))
    assert "read as x**2*sin(x)" in said(visitor)

    field = visitor.find_element(By.NAME, "x")
    field.clear()
    field.send_keys("pi/3", Keys.ENTER)
    until(visitor, lambda each: "1.047" in heading(each))
    assert "df/dx = 2.362110" in said(visitor)
    assert "value_and_gradient(x)" in visitor.find_element(By.ID, "python").get_attribute(
        "textContent"
    )
    assert r"\frac" in visitor.find_element(By.ID, "latex").get_attribute("textContent")
    assert visitor.find_elements(By.CSS_SELECTOR, "#derivation math")

    visitor.execute_script(PRESS, "back")
    shown = visitor.execute_script(PICTURE)
    visitor.find_element(By.ID, "share").click()
    link = visitor.current_url
    assert "f=x%5E2+sin%28x%29" in link and "at.x=pi%2F3" in link and "step=" in link

    visitor.get("about:blank")
    visitor.get(link)
    until(visitor, lambda each: each.execute_script(PICTURE) == shown)
    assert visitor.find_element(By.NAME, "x").get_property("value") == "pi/3"


DRAG = """
const card = document.getElementById('picture').contentDocument
  .querySelector('[data-autodiff-stepper]').shadowRoot.querySelector('[role=spinbutton]');
if (card) card.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
return card !== null;
"""


def test_what_is_dragged_reaches_the_numbers_the_link_and_the_text(visitor: Any) -> None:
    from selenium.webdriver.common.by import By

    ready(visitor)
    write(visitor, "x^2 + x")
    until(visitor, lambda each: "read as x**2 + x" in said(each) and "x2" in heading(each))
    before = visitor.execute_script("return document.querySelector('[name=x]').value")
    if not visitor.execute_script(DRAG):
        pytest.skip("the pictures of this version cannot be dragged")
    until(visitor, lambda each: each.find_element(By.NAME, "x").get_property("value") != before)
    x = float(visitor.find_element(By.NAME, "x").get_property("value"))
    until(visitor, lambda each: f"df/dx = {2 * x + 1!r}".replace("-", "−") in said(each))
    assert f"at.x={x!r}" in visitor.current_url
    assert f"{abs(x):.4g}" in heading(visitor)


MISTAKES = {
    "1/2x": "this can be read in two ways: write 1/(2*x) or (1/2)*x\n  1/2x\n     ^",
    "sin(x": "this bracket is never closed\n  sin(x\n     ^",
    "x > 2": "a comparison is no number",
    "foo(x)": "there is no function foo",
    "log(x - 9)": "is outside the domain",
    "": "there is no expression",
    "<b>x</b>": "error",
}


def test_mistakes_are_told_and_mended(visitor: Any) -> None:
    ready(visitor)
    for formula, words in MISTAKES.items():
        write(visitor, formula)
        visitor.execute_script("document.getElementById('go').click()")
        until(visitor, lambda each, words=words: words in said(each))
        assert visitor.execute_script("return document.querySelector('#echo b')") is None
    write(visitor, "2x(x + 1)")
    until(visitor, lambda each: "read as 2*x*(x + 1)" in said(each))


LOSE = """
const post = Worker.prototype.postMessage;
let left = arguments[0];
Worker.prototype.postMessage = function (message) {
  if (left-- > 0) setTimeout(() => this.onmessage({data: {state: "crashed", error: "RangeError"}}));
  else post.call(this, message);
};
"""


@pytest.mark.parametrize(("times", "told"), [(1, "df/dx"), (2, "too much for Python")])
def test_a_lost_worker_is_replaced(visitor: Any, times: int, told: str) -> None:
    """Deep recursion kills Python in a browser. What kills it twice is not asked again."""
    ready(visitor)
    visitor.execute_script(LOSE, times)
    write(visitor, "x^3")
    until(visitor, lambda each: told in said(each))
    ready(visitor)
    write(visitor, "x^4")
    until(visitor, lambda each: "read as x**4" in said(each))


NO_NETWORK = """
const real = window.Worker;
window.Worker = class {
  constructor() {
    window.Worker = real;
    setTimeout(() => this.onmessage({data: {state: "failed", error: "no network"}}));
  }
  terminate() {}
};
"""


def test_python_that_does_not_come_is_fetched_again_when_it_is_needed(visitor: Any) -> None:
    """A visitor on a train: the page said that Python could not be loaded, for ever."""
    command = "Page.addScriptToEvaluateOnNewDocument"
    script = visitor.execute_cdp_cmd(command, {"source": NO_NETWORK})
    visitor.refresh()
    visitor.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    until(visitor, lambda each: "could not be loaded (no network)" in each.execute_script(STATE))
    until(visitor, lambda each: each.execute_script(PICTURE))
    write(visitor, "x^5")
    until(visitor, lambda each: "read as x**5" in said(each))
    ready(visitor)


TYPED = """
document.getElementById('formula').value = 'x^y';
document.getElementById('go').click();
const field = document.querySelector('[name=x]');
field.focus();
field.value = '7';
"""
FIELDS = """
return [...document.querySelectorAll('#numbers input')].map((each) =>
  [each.name, each.value, each === document.activeElement]);
"""


def test_an_answer_leaves_what_is_being_typed_alone(visitor: Any) -> None:
    """It renewed the fields: the number went back, and the next key went nowhere."""
    ready(visitor)
    visitor.execute_script(TYPED)
    until(visitor, lambda each: "read as x**y" in said(each))
    assert visitor.execute_script(FIELDS) == [["x", "7", True], ["y", "1", False]]


GROUNDS = """
const frame = document.getElementById('picture').contentDocument;
return [document, frame].map((each) => getComputedStyle(each.body).backgroundColor);
"""


def test_the_page_and_its_picture_change_to_the_dark_together(visitor: Any) -> None:
    until(visitor, lambda each: each.execute_script(PICTURE))
    before = visitor.execute_script(GROUNDS)
    visitor.find_element("id", "theme").click()
    after = visitor.execute_script(GROUNDS)
    visitor.refresh()
    until(visitor, lambda each: each.execute_script(PICTURE))
    again = visitor.execute_script(GROUNDS)
    visitor.execute_script("localStorage.removeItem('theme')")
    assert before[0] == before[1] != after[0] == after[1] and again == after


FRAMES = """
const done = arguments[0], start = performance.now();
let last = start, worst = 0;
requestAnimationFrame(function frame(now) {
  worst = Math.max(worst, now - last);
  last = now;
  if (document.getElementById('state').textContent === 'Python is ready.') {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    done({worst, boot: performance.now(), paint: paint && paint.startTime});
  } else requestAnimationFrame(frame);
});
"""
ASK = """
const done = arguments[1], frame = document.getElementById('picture'), start = performance.now();
const painted = () => requestAnimationFrame(() => done(performance.now() - start));
frame.addEventListener('load', painted, {once: true});
document.getElementById('formula').value = arguments[0];
document.getElementById('go').click();
"""


def test_what_a_visit_takes(visitor: Any) -> None:
    """Measured and printed (pytest -s); machines differ, so nothing is asserted of the times."""
    found = visitor.execute_async_script(FRAMES)
    formulas = ["x^2 sin(x)", "x*y + sin(x)", "tanh(w*x + b)"]
    took = [visitor.execute_async_script(ASK, formula) for formula in formulas]
    print({name: round(value) for name, value in found.items()}, [round(each) for each in took])
    assert said(visitor)
