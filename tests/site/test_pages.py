"""The pages: no broken link, nothing from elsewhere, no page too heavy, each stepper alive."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.browser import served

pytestmark = pytest.mark.site

HEAVIEST = 120_000  # bytes of a page with its styles, scripts and pictures, gzipped
FIRST_VISIT = 7_500_000  # bytes of the playground with Python, gzipped
#: what a browser fetches by itself, by element and attribute
FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "srcset")}


class Page(HTMLParser):
    """The links of a page, what it fetches, and the places in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = set()
        self.titles = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.titles += tag == "title"
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and {"stylesheet", "icon", "modulepreload"} & set(given["rel"].split()):
            self.fetched.append(given["href"])
        self.fetched += [given[name] for name in given if (tag, name) in FETCHED]


@cache
def page(path: Path) -> Page:
    return Page(path)


def pages(html: Path) -> list[Path]:
    return [path for path in sorted(html.rglob("*.html")) if path.name != "frame.html"]


def target(here: Path, html: Path, link: str) -> Path:
    path = unquote(urlsplit(link).path)
    found = html / path[1:] if path.startswith("/") else here.parent / path if path else here
    return (found / "index.html" if found.is_dir() else found).resolve()


def test_no_link_is_broken(html: Path) -> None:
    broken = []
    for path in pages(html):
        for link in [*page(path).links, *page(path).fetched]:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            found = target(path, html, link)
            place = unquote(parts.fragment)
            known = not place or found.suffix != ".html" or place in page(found).places
            if not found.exists() or not known:
                broken.append(f"{path.relative_to(html)}: {link}")
    assert not broken
    assert len(pages(html)) > 60


def test_nothing_is_fetched_from_elsewhere(html: Path) -> None:
    fetched = [link for path in pages(html) for link in page(path).fetched]
    assert [link for link in fetched if urlsplit(link).scheme not in ("", "data")] == []
    for style in html.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text), style


def test_formulas_are_mathml(html: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in pages(html))
    assert text.count("<math") > 200
    assert not re.search(
        r"\$[^$\n]*\\(frac|partial|cdot|sin|exp)",
        re.sub(r"<(script|pre).*?</\1>", "", text, flags=re.DOTALL),
    )


def weight(path: Path) -> int:
    """Bytes of a file as a server sends it."""
    return len(gzip.compress(path.read_bytes(), 6))


def test_no_page_is_too_heavy(html: Path) -> None:
    weights = {}
    for path in pages(html):
        files = {
            path,
            *(target(path, html, link) for link in page(path).fetched if ":" not in link),
        }
        weights[str(path.relative_to(html))] = sum(map(weight, files))
    print(json.dumps(dict(sorted(weights.items(), key=lambda each: -each[1])[:12]), indent=1))
    assert {name: size for name, size in weights.items() if size > HEAVIEST} == {}


def test_the_first_visit_of_the_playground(html: Path) -> None:
    files = [path for path in (html / "play").rglob("*") if path.is_file()]
    total = sum(map(weight, files))
    print(f"playground: {total} bytes")
    assert total < FIRST_VISIT


def requests(browser: Any) -> list[str]:
    """The addresses in the network that were asked for since the last question."""
    entries = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        entry["params"]["request"]["url"]
        for entry in entries
        if entry["method"] == "Network.requestWillBeSent"
        and entry["params"]["request"]["url"].startswith(("http", "ws"))
    ]


STEPPERS = """
return [...document.querySelectorAll('[data-autodiff-stepper]')].map((host) => {
  const root = host.shadowRoot, count = () => root.querySelector('.count').textContent;
  root.querySelector('[data-do=first]').click();
  const before = count();
  root.querySelector('[data-do=next]').click();
  return [before, count(), host.querySelectorAll('img').length];
});
"""


def test_every_stepper_is_alive_and_every_request_stays_here(
    html: Path, address: str, browser: Any
) -> None:
    requests(browser)
    browser.get_log("browser")
    alive = 0
    for path in pages(html):
        if "data-autodiff-stepper" not in path.read_text(encoding="utf-8"):
            continue
        browser.get(f"{address}/{path.relative_to(html).as_posix()}")
        for before, after, images in browser.execute_script(STEPPERS):
            assert before.startswith("1 / ") and after.startswith("2 / ") and images == 0
            alive += 1
    assert alive >= 4
    asked = requests(browser)
    assert asked
    assert [url for url in asked if not url.startswith(address)] == []
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def test_search_works_without_a_server_of_its_own(address: str, browser: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(f"{address}/search.html?q=logsumexp")
    found = "return [...document.querySelectorAll('#search-results li a')].map((a) => a.href)"
    WebDriverWait(browser, 120).until(
        lambda each: any("docs/reference" in link for link in each.execute_script(found))
    )
    assert all(url.startswith(address) for url in requests(browser))


KINDS = "index notebooks/02_many_paths notebooks/exercises/README docs/reference docs/errors"


@pytest.mark.parametrize("name", [*KINDS.split(), "play/index", "404"])
def test_no_page_is_wider_than_a_screen(name: str, address: str, browser: Any) -> None:
    """A phone, a projector, a desk. Furo hides what is too wide, so nobody could scroll to it."""
    try:
        for width in (375, 1024, 1280):
            size = {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": width == 375}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            browser.get(f"{address}/{name}.html")
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_wrong_address_leads_back(html: Path, browser: Any, tmp_path: Path) -> None:
    """A host shows 404.html at any address, so its links know where the site begins."""
    for place in ("none.html", "site/docs/decisions/none.html", "site/play/none.html"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes((html / "404.html").read_bytes())
        root = "site/" if place.startswith("site/") else ""
        with served(tmp_path) as address:
            browser.get(f"{address}/{place}")
            links = browser.execute_script("return [...document.links].map((a) => a.href)")
        assert len(links) == 4
        for link in links:
            assert link.startswith(f"{address}/{root}")
            assert (html / link.removeprefix(f"{address}/{root}")).is_file()
