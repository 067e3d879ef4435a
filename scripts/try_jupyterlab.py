#!/usr/bin/env python3
"""Open every notebook in JupyterLab by a double click, run all its cells, and look at the page.

    python scripts/try_jupyterlab.py                       # all of them
    python scripts/try_jupyterlab.py 01 07 --pictures out  # some, with a picture of each

A real browser does it, in a copy of the folder: a notebook fails if a cell raises or complains, a
picture is broken, a stepper is dead, or markup or TeX stands there as text. Questions get an empty
line. Needs JupyterLab beside the extras `notebooks` and `browser`; `--jupyter` names that of
another environment, such as one made by the commands of notebooks/README.md.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.support.browser import chromium  # noqa: E402  # the path comes first

FOLDER = ROOT / "notebooks"
TALLEST = 15_000
"""Pixels that a browser paints at once."""

#: All cells stand on the page, not only those in sight; nothing asks or shows news.
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}
STATE = """
const panel = jupyterapp.shell.currentWidget, kernel = panel.sessionContext.session?.kernel;
const code = [...panel.content.model.cells].filter((cell) => cell.type === "code");
return [kernel?.status, code.filter((cell) => cell.executionCount !== null).length, code.length,
        Boolean(panel.content.node.querySelector(".jp-Stdin-input"))];
"""
LOOK = r"""
const panel = jupyterapp.shell.currentWidget, page = panel.content.node, found = [];
for (const cell of panel.content.model.cells)
  for (let i = 0; i < (cell.outputs?.length ?? 0); i++) {
    const output = cell.outputs.get(i).toJSON();
    if (output.output_type === "error") found.push(output.ename + ": " + output.evalue);
    if (output.name === "stderr") found.push("complains: " + output.text);
  }
const images = [...page.querySelectorAll("img")];
const steppers = [...page.querySelectorAll("[data-autodiff-stepper]")];
for (const image of images)
  if (image.complete && !image.naturalWidth) found.push("broken: " + image.src.slice(0, 60));
for (const host of steppers)
  if (!host.shadowRoot?.querySelector("svg")) found.push("a stepper is dead");
for (const place of page.querySelectorAll(".jp-OutputArea-output, .jp-MarkdownOutput")) {
  const raw = place.innerText.match(/<\/?(div|svg|img|script|details|table)\b.*|<(Walk|Draw).*/);
  if (raw) found.push("markup as text: " + raw[0].slice(0, 60));
}
for (const place of page.querySelectorAll(".jp-MarkdownOutput")) {
  const raw = place.innerText.match(/\$\$|\\(frac|partial|cdot|sum)\b/);
  if (raw || place.querySelector("mjx-merror")) found.push("TeX as text: " + place.innerText);
}
return [found, images.length, steppers.length,
        page.querySelectorAll("mjx-container, math").length,
        (page.querySelector(".jp-WindowedPanel-outer") ?? page).scrollHeight];
"""


@contextmanager
def jupyterlab(program: str, folder: Path, work: Path) -> Iterator[str]:
    """The address of a server of its own settings, for a folder."""
    for name, text in SETTINGS.items():
        path = work / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    own = {f"JUPYTER_{each}_DIR": str(work / each) for each in ("CONFIG", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(work / "settings")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(work / "workspaces")}
    port = 8000 + os.getpid() % 1000
    command = [
        *program.split(), "lab", "--no-browser", "--allow-root", "--expose-app-in-browser",
        f"--ServerApp.port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with (work / "log").open("w") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            until(lambda: _answers(address), 60, lambda: (work / "log").read_text())
            yield address
        finally:
            server.terminate()
            server.wait()


def _answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{address}/api").status == 200)
    except OSError:
        return False


def until(done: Callable[[], object], seconds: float, what: Callable[[], str]) -> None:
    """Wait for something, and say what is missing if it does not come."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"after {seconds:.0f} seconds: {what()}")
        time.sleep(0.2)


def run(browser: Any, address: str, name: str) -> float:
    """Open a notebook as a reader does and run it; seconds that its cells took."""
    from selenium.common import WebDriverException
    from selenium.webdriver import ActionChains, Keys

    def all_of(selector: str) -> list[Any]:
        found = "return [...document.querySelectorAll(arguments[0])].filter((e) => e.offsetWidth)"
        return list(browser.execute_script(found, selector))

    browser.get(f"{address}/lab?reset")
    item = f'.jp-DirListing-item[title*="{name}"]'
    until(lambda: all_of(item), 60, lambda: f"{name} is not in the file browser")
    ActionChains(browser).double_click(all_of(item)[0]).perform()
    until(lambda: all_of(".jp-NotebookPanel .jp-Cell"), 60, lambda: f"{name} does not open")
    until(lambda: browser.execute_script(STATE)[0] == "idle", 60, lambda: "no kernel")
    begin = time.monotonic()
    menu = next(each for each in all_of(".lm-MenuBar-item") if each.text == "Run")
    menu.click()
    entry = '.lm-Menu-item[data-command="runmenu:run-all"]'
    until(lambda: all_of(entry), 10, lambda: "no entry in the menu")
    all_of(entry)[0].click()
    time.sleep(0.5)
    while True:
        status, done, cells, asks = browser.execute_script(STATE)
        if asks:
            field = (all_of(".jp-Stdin-input") or [None])[0]
            with suppress(AttributeError, WebDriverException):  # it was answered already
                field.send_keys(Keys.ENTER)
                until(lambda f=field: not f.is_displayed(), 60, lambda: "no answer is taken")
        elif status == "idle" and done == cells:
            return time.monotonic() - begin
        if time.monotonic() > begin + 300:
            raise SystemExit(f"{name}: {done} of {cells} cells after 300 seconds")
        time.sleep(0.1)


def photograph(browser: Any, target: Path, height: int) -> None:
    """The whole notebook as PNG, in as many pictures as it takes."""
    for part in range(0, height, TALLEST):
        size = min(TALLEST, height - part) + 120
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 1300, "height": size, "deviceScaleFactor": 1, "mobile": False},
        )
        browser.execute_script(
            "const page = jupyterapp.shell.currentWidget.content.node;"
            "(page.querySelector('.jp-WindowedPanel-outer') ?? page).scrollTop = arguments[0]",
            part,
        )
        time.sleep(1)
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        path = target.with_name(f"{target.name}-{part // TALLEST + 1}.png")
        path.write_bytes(base64.b64decode(shot["data"]))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def main() -> int:
    """Try those that the command line asks for; 1 if something is wrong with one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("which", nargs="*", metavar="NUMBER", help="lessons, by default all")
    parser.add_argument("--jupyter", default=f"{sys.executable} -m jupyter", metavar="COMMAND")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where pictures go")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        work = Path(name)
        shutil.copytree(FOLDER, work / "notebooks")
        files = sorted((work / "notebooks").glob("[0-9][0-9]_*.ipynb"))
        with (
            jupyterlab(options.jupyter, work / "notebooks", work) as address,
            chromium(work / "profile") as browser,
        ):
            print("| notebook | seconds | pictures | steppers | formulas | faults |")
            print("|---|---|---|---|---|---|")
            for file in files:
                if options.which and file.name[:2] not in options.which:
                    continue
                seconds = run(browser, address, file.name)
                time.sleep(1)  # formulas of the last cells
                faults, images, steppers, formulas, height = browser.execute_script(LOOK)
                failed += bool(faults)
                row = (file.stem, f"{seconds:.0f}", images, steppers, formulas)
                print(f"| {' | '.join(map(str, row))} | {'; '.join(faults)} |", flush=True)
                if options.pictures:
                    photograph(browser, options.pictures / file.stem, height)
                browser.execute_script(
                    "return jupyterapp.shell.currentWidget.sessionContext.shutdown()"
                )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
