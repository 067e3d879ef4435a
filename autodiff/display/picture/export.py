"""Files: SVG and TikZ are written directly; PDF and PNG need a converter.

The extra `export` brings one (vl-convert, which wraps the Rust library resvg); where librsvg's
program rsvg-convert is installed, that serves as well. CairoSVG was tried and misplaces text that
is made of several pieces, which every formula is.
"""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Protocol

from autodiff.errors import MissingExtraError, visible
from autodiff.extras import require
from autodiff.files import write_file

_PNG_SCALE = 2.0  # pixels per unit: sharp on the screens of today
_SECONDS = 120


class Picture(Protocol):
    """What is written: a drawing, in the formats that it has of its own."""

    @property
    def svg(self) -> str: ...
    @property
    def tikz(self) -> str: ...


def write_picture(drawing: Picture, path: Path) -> Path:
    """Write a drawing in the format that the file's name asks for."""
    kind = path.suffix.lower()
    if kind == ".svg":
        write_file(path, drawing.svg)
    elif kind in (".tex", ".tikz"):
        write_file(path, drawing.tikz)
    elif kind in (".pdf", ".png"):
        write_file(path, converted(drawing.svg, kind[1:]))
    else:
        raise ValueError(f"{visible(path.name)}: a drawing is saved as .svg, .pdf, .png or .tex")
    return path


def converted(svg: str, kind: str) -> bytes:
    """SVG as PDF or PNG. MissingExtraError, with what to install, where nothing can convert it."""
    try:
        library = require("vl_convert", extra="export")
    except MissingExtraError:
        program = shutil.which("rsvg-convert")
        if program is None:
            raise
        return _by_rsvg(program, svg, kind)
    if kind == "pdf":
        return bytes(library.svg_to_pdf(svg))
    return bytes(library.svg_to_png(svg, scale=_PNG_SCALE))


def pictures(svg: str) -> dict[str, str]:
    """What a notebook keeps for its exports: the SVG, and a PDF for the one through LaTeX.

    No SVG without a PDF beside it: that export would ask for a program to convert it.
    """
    try:
        pdf = converted(svg, "pdf")
    except (MissingExtraError, OSError, subprocess.SubprocessError):
        return {}
    return {"application/pdf": b64encode(pdf).decode(), "image/svg+xml": svg}


def _by_rsvg(program: str, svg: str, kind: str) -> bytes:
    zoom = ["--zoom", str(_PNG_SCALE)] if kind == "png" else []
    return subprocess.run(
        [program, "--format", kind, *zoom], input=svg.encode(), capture_output=True,
        timeout=_SECONDS, check=True,
    ).stdout  # fmt: skip
