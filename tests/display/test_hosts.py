"""Live pages where people put them: an exported notebook, a file without a network, no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autodiff import Value
from autodiff.display import walkthrough

from .graphs import toy
from .test_browser import browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.extras

HOST = "[data-autodiff-stepper]"


@pytest.fixture
def offline(browser: Any) -> Iterator[Any]:  # noqa: F811
    """The browser with no way out."""
    nothing = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", nothing)
    yield browser
    back = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", back)


def dragged(browser: Any) -> tuple[str, str]:  # noqa: F811
    """The value of the output before and after an input is dragged on its card."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    root = browser.find_element("css selector", HOST).shadow_root
    root.find_element("css selector", "[data-do=last]").click()
    output = f"[data-key=n{len(root.find_elements('css selector', '[data-key^=n]')) - 1}]"
    before = str(root.find_element("css selector", f"{output} [data-slot=value]").text)
    card = root.find_element("css selector", "[data-key=n0]")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", card)
    ActionChains(browser).drag_and_drop_by_offset(card, 30, 0).perform()
    value = root.find_element("css selector", f"{output} [data-slot=value]")
    WebDriverWait(browser, 5).until(lambda _: value.text != before)
    return before, str(value.text)


def test_a_file_is_dragged_without_a_network(offline: Any, tmp_path: Path) -> None:
    offline.get(walkthrough(toy(), live=True).save(tmp_path / "toy.html").as_uri())
    assert dragged(offline)[0] == "2.164"


def test_an_exported_notebook_is_dragged(
    offline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat = pytest.importorskip("nbformat")
    exporters = pytest.importorskip("nbconvert.exporters")
    tour = walkthrough(toy(), live=True)
    output = nbformat.v4.new_output("display_data", tour._repr_mimebundle_())
    cell = nbformat.v4.new_code_cell("tour", outputs=[output])
    # templates lie beside the packages, also where those are not of the running environment
    monkeypatch.setenv("JUPYTER_PATH", str(Path(exporters.__file__).parents[5] / "share/jupyter"))
    page, _ = exporters.HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    path = tmp_path / "notebook.html"
    path.write_text(page, encoding="utf-8")
    offline.get(path.as_uri())
    assert dragged(offline)[0] == "2.164"
    box = offline.find_element("css selector", HOST)
    assert box.size["width"] > 500
    assert offline.execute_script("return document.querySelectorAll('svg[role=img]').length") == 0


def test_without_scripts_a_live_page_is_the_picture(browser: Any, tmp_path: Path) -> None:  # noqa: F811
    path = walkthrough(toy(), live=True).save(tmp_path / "toy.html")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(path.as_uri())
        image = browser.find_element("css selector", f"{HOST} img")
        assert image.size["width"] > 500 and image.get_attribute("alt").startswith("Computational")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_charset_that_is_missed_spoils_letters_only(browser: Any, tmp_path: Path) -> None:  # noqa: F811
    """A part of a page whose host names no charset: signs of phrases are ASCII for that."""
    html = walkthrough(toy(), live=True).html
    path = tmp_path / "part.html"
    path.write_text(f'<meta charset="windows-1252"><body>{html}', encoding="utf-8")
    browser.get(path.as_uri())
    before, after = dragged(browser)
    assert before == "2.164" and float(after.replace("âˆ’", "-")) != 2.164


def test_a_value_alone_is_dragged(offline: Any, tmp_path: Path) -> None:
    path = walkthrough(Value(2.0, "x"), live=True).save(tmp_path / "x.html")
    offline.get(path.as_uri())
    assert dragged(offline)[0] == "2"
