#!/usr/bin/env python3
"""Build the site into build/site/html, and serve it.

    python -m pip install -e ".[site]"
    python scripts/build_site.py            # build; every warning is an error
    python scripts/build_site.py --serve    # build, then serve on http://localhost:8000

Sources are gathered in build/site/source: the pages in site/, the documents, the notebooks with
their stored outputs. Links to files of the repository lead to pages made of those files. Python
for browsers comes from npm (site/package-lock.json), the package itself as a wheel built here.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "site"
SOURCE, HTML = BUILD / "source", BUILD / "html"
#: what a browser needs of Python, out of the npm package
PYODIDE = """
pyodide.mjs pyodide.asm.mjs pyodide.asm.wasm python_stdlib.zip pyodide-lock.json
""".split()
LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".sh": "bash", ".js": "javascript"}
_TABLE = "const PRIMITIVES="
_ENTRY = re.compile(r"\w+:\[\w+,\w+\]")
#: a live picture: display/pages writes its script so
_LIVE = re.compile(
    r"(?P<before>.*)<script>\(\(\)=>\{(?P<code>.*^const PRIMITIVES=.*)"
    r"(?P<call>for\(const host of document\.querySelectorAll\(.*)\}\)\(\)</script>(?P<after>.*)",
    re.DOTALL | re.MULTILINE,
)
_LINK = re.compile(
    r"(?<=\]\()(?!https?:|mailto:|#)([^)\s]+)(?=\))|(?<=(?:src)=\")(?!https?:|data:|#)([^\"]+)(?=\")"
)


def run(*command: str | Path, cwd: Path = ROOT, quiet: bool = False) -> None:
    """Run a command; its failure is ours."""
    out = subprocess.DEVNULL if quiet else None
    subprocess.run([*map(str, command)], cwd=cwd, check=True, stdout=out, stderr=out)


# ---- gathering the sources -------------------------------------------------------------------


class Links:
    """Rewrites the links of documents, and makes a page of each repository file they lead to."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()

    def rewrite(self, text: str, here: str) -> str:
        """The text of a document of the repository's folder `here`, for the same place here."""
        return _LINK.sub(partial(self._target, here=here), text)

    def _target(self, match: re.Match[str], here: str) -> str:
        path, _, anchor = match.group().partition("#")
        inside = os.path.normpath(os.path.join(here, path))  # noqa: PTH118 - a path inside the site
        anchor = f"#{anchor}" if anchor else ""
        if (SOURCE / inside).is_dir():
            for index in ("README.md", "index.md"):
                if (SOURCE / inside / index).exists():
                    return f"{path.rstrip('/')}/{index}{anchor}"
        if (SOURCE / inside).exists() or not (ROOT / inside).exists():
            return match.group()
        self.wanted.add(inside)
        return os.path.relpath(f"source/{inside}.md", here or ".")

    def make_pages(self) -> None:
        """A page for each file or folder that a document has led to."""
        done: set[str] = set()
        while todo := self.wanted - done:
            for inside in sorted(todo):
                done.add(inside)
                page = SOURCE / "source" / f"{inside}.md"
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(self._page(inside), encoding="utf-8")

    def _page(self, inside: str) -> str:
        path = ROOT / inside
        if path.is_dir():
            names = sorted(
                p.name for p in path.iterdir() if p.suffix in LANGUAGES or p.suffix == ".md"
            )
            self.wanted |= {f"{inside}/{name}" for name in names}
            base = PurePosixPath(inside).name
            rows = "\n".join(f"* [{name}]({base}/{name}.md)" for name in names)
            return f"---\norphan: true\nnosearch: true\n---\n\n# {inside}/\n\n{rows}\n"
        language = LANGUAGES.get(path.suffix, "text")
        text = path.read_text(encoding="utf-8")
        fence = "`" * 8
        return (
            f"---\norphan: true\nnosearch: true\n---\n\n# {inside}\n\n"
            f"{fence}{{code-block}} {language}\n"
            f":linenos:\n\n{text}\n{fence}\n"
        )


def gather() -> None:
    """All sources of the site in one folder, laid out as the repository is."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(
        ROOT / "site", SOURCE, ignore=shutil.ignore_patterns("node_modules", "package*.json")
    )
    shutil.copytree(ROOT / "docs", SOURCE / "docs")
    (SOURCE / "notebooks" / "exercises").mkdir(parents=True)
    for path in [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "notebooks").glob("*.md")]:
        shutil.copy(path, SOURCE / "notebooks" / path.name)
    shutil.copy(ROOT / "notebooks/exercises/README.md", SOURCE / "notebooks/exercises/README.md")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, SOURCE / name)
    links = Links()
    for path in SOURCE.rglob("*.md"):
        here = path.parent.relative_to(SOURCE).as_posix()
        path.write_text(links.rewrite(path.read_text(encoding="utf-8"), here), encoding="utf-8")
    for path in (SOURCE / "notebooks").glob("*.ipynb"):
        path.write_text(_notebook(path, links), encoding="utf-8")
    _complete_contents()
    links.make_pages()


def _complete_contents() -> None:
    """Every document stands in the contents: those that the home page does not name, too."""
    index = SOURCE / "index.md"
    text = index.read_text(encoding="utf-8")
    pages = sorted(f"docs/{path.stem}" for path in (SOURCE / "docs").glob("*.md"))
    rest = [page for page in pages if not re.search(rf"^{re.escape(page)}$", text, re.MULTILINE)]
    index.write_text(
        text.replace("\ndocs/*\n", "".join(f"\n{page}" for page in rest) + "\n"), "utf-8"
    )
    with (SOURCE / "docs/decisions/README.md").open("a", encoding="utf-8") as decisions:
        decisions.write("\n```{toctree}\n:hidden:\n:glob:\n\n[0-9]*\n```\n")
    beside = [*(SOURCE / "docs").glob("*/*.md"), *(SOURCE / "notebooks").glob("*.md")]
    for path in beside:  # such as answer sheets: other pages lead to them
        if path.name != "README.md" and path.parent.name != "decisions":
            path.write_text(f"---\norphan: true\n---\n\n{path.read_text('utf-8')}", "utf-8")


def _notebook(path: Path, links: Links) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            lines = links.rewrite("".join(cell["source"]), "notebooks")
            cell["source"] = lines.splitlines(keepends=True)
        if cell["metadata"].get("jupyter", {}).get("outputs_hidden"):  # under a prediction
            cell["metadata"].setdefault("tags", []).append("hide-output")
        for output in cell.get("outputs", ()):
            if "image/png" in (data := output.get("data", {})):
                data["image/png"] = lighter(data["image/png"])
    share_code([output for cell in notebook["cells"] for output in cell.get("outputs", ())])
    return json.dumps(notebook)


def share_code(outputs: list[dict[str, Any]]) -> None:
    """The live pictures of a page run in one script: 20 kB of code are fetched once, not each."""
    live = []
    for output in outputs:
        html = "".join(output.get("data", {}).get("text/html", ""))
        if found := _LIVE.fullmatch(html):
            live.append((output["data"], found))
    if len(live) < 2:
        return
    code: list[str] = []
    for _, found in live:
        lines = found["code"].split("\n")
        blocks = SequenceMatcher(None, code, lines, autojunk=False).get_opcodes()
        code = [
            line
            for tag, a, b, c, d in blocks
            for line in (code[a:b] if tag == "equal" else code[a:b] + lines[c:d])
        ]
    tables = [line for line in code if line.startswith(_TABLE)]
    entries = dict.fromkeys(each for line in tables for each in _ENTRY.findall(line))
    at = max(map(code.index, tables))
    code[at] = f"{_TABLE}{{{','.join(entries)}}};"
    code = [line for n, line in enumerate(code) if n == at or not line.startswith(_TABLE)]
    names = re.findall(r"^(?:const|function) ([fd]_\w+)", "\n".join(code), re.MULTILINE)
    assert len(names) == len(set(names)), "two formulas of one name on a page"
    for data, found in live:
        data["text/html"] = found["before"] + found["after"]
    calls = ";".join(found["call"] for _, found in live)
    script = f"<script>(()=>{{{chr(10).join(code)}{calls}}})()</script>"
    data["text/html"] = found["before"] + script + found["after"]


def lighter(png: str | list[str]) -> str:
    """A plot in 16 colours, no wider than a page: a fifth of the bytes, and nobody sees it."""
    from PIL import Image

    plot = Image.open(io.BytesIO(base64.b64decode("".join(png)))).convert("RGB")
    found = []
    for width in (800, 660):  # fewer pixels, but more shades between the colours
        image, out = plot.copy(), io.BytesIO()
        image.thumbnail((width, width))
        image.quantize(16, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        found.append(out.getvalue())
    return base64.b64encode(min(found, key=len)).decode()


# ---- what stands beside the pages ------------------------------------------------------------


def vendor(extra: Path) -> None:
    """Python for browsers, and this package, where the playground loads them from."""
    npm = BUILD / "npm"
    npm.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "site" / name, npm / name)
    if not (npm / "node_modules" / "pyodide").exists():
        run("npm", "ci", "--silent", "--ignore-scripts", cwd=npm)
    target = extra / "play" / "pyodide"
    target.mkdir(parents=True, exist_ok=True)
    for name in PYODIDE:
        shutil.copy(npm / "node_modules" / "pyodide" / name, target / name)
    wheels = BUILD / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels, quiet=True)
    (wheel,) = wheels.glob("*.whl")
    shutil.copy(wheel, extra / "play" / "autodiff.zip")


def draw_first_pictures(extra: Path) -> None:
    """What stands on the home page, and in the playground before Python has come."""
    sys.path.insert(0, str(SOURCE / "playground"))
    import play

    toy = play.answer("2/sin(exp(-x))", {"x": "-4.499"})
    picture = str(toy.pop("picture"))
    frame = (SOURCE / "playground" / "frame.html").read_text(encoding="utf-8")
    (SOURCE / "toy.html").write_text(picture, encoding="utf-8")
    (extra / "play" / "toy.html").write_text(frame.replace("PICTURE", picture), "utf-8")
    (extra / "play" / "toy.json").write_text(json.dumps(toy), encoding="utf-8")


def build() -> None:
    """The whole site; any warning ends it."""
    gather()
    extra = SOURCE / "extra"
    shutil.copytree(SOURCE / "playground", extra / "play")
    shutil.copytree(ROOT / "docs" / "pictures", extra / "docs" / "pictures")  # for HTML in Markdown
    shutil.copy(SOURCE / "404.html", extra)  # what a host of static pages shows for a wrong address
    vendor(extra)
    draw_first_pictures(extra)
    shutil.rmtree(HTML, ignore_errors=True)
    options = ["-W", "--keep-going", "-q", "-b", "html", "-d", BUILD / "doctrees"]
    run(sys.executable, "-m", "sphinx", *options, SOURCE, HTML)
    print(f"{HTML}: {sum(1 for _ in HTML.rglob('*.html'))} pages")


def serve(port: int) -> None:
    """Serve what was built, on this machine alone."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://localhost:{server.server_address[1]}")
        server.serve_forever()


def main(arguments: Iterable[str] | None = None) -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--serve", action="store_true", help="serve it when it is built")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(None if arguments is None else list(arguments))
    build()
    if options.serve:
        serve(options.port)


if __name__ == "__main__":
    main()
