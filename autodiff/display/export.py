"""Files: SVG and TikZ are written directly, PDF and PNG through CairoSVG (the extra `export`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autodiff.errors import require

if TYPE_CHECKING:
    from .drawing import Drawing

_PNG_SCALE = 2.0


def write_picture(drawing: Drawing, path: Path) -> Path:
    """Write a drawing in the format that the file's name asks for."""
    kind = path.suffix.lower()
    if kind == ".svg":
        path.write_text(drawing.svg, encoding="utf-8")
    elif kind in (".tex", ".tikz"):
        path.write_text(drawing.tikz, encoding="utf-8")
    elif kind in (".pdf", ".png"):
        write_svg_as(drawing.svg, path)
    else:
        raise ValueError(f"{path.name}: a drawing is saved as .svg, .pdf, .png or .tex")
    return path


def write_svg_as(svg: str, path: Path) -> None:
    """Convert SVG to PDF or PNG (PNG with twice the pixels, for screens of today)."""
    cairosvg = require("cairosvg", extra="export")
    if path.suffix.lower() == ".pdf":
        cairosvg.svg2pdf(bytestring=svg.encode(), write_to=str(path))
    else:
        cairosvg.svg2png(bytestring=svg.encode(), write_to=str(path), scale=_PNG_SCALE)
