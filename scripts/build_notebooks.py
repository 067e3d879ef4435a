#!/usr/bin/env python3
"""Write notebooks/*.ipynb, executed, from the scripts in notebooks/lessons.

    python scripts/build_notebooks.py            # all of them
    python scripts/build_notebooks.py 05 07      # some
    python scripts/build_notebooks.py --to site  # into another folder

The same script gives the same file, but for the times and pictures in its outputs. A cell that
raises, or writes to standard error, ends the build. Needs the extra `notebooks`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "notebooks"
LARGEST = 5_000_000
"""Bytes of a file that pages which show notebooks still show."""


def scripts() -> list[Path]:
    """The lessons in order."""
    return sorted((FOLDER / "lessons").glob("[0-9][0-9]_*.py"))


def read(script: Path) -> Any:
    """The notebook that a percent script describes, without outputs."""
    import jupytext

    notebook = jupytext.read(script)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "file_extension": ".py"},
    }
    for count, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{count}"  # the same on each build
        if "hide-input" in cell.metadata.get("tags", ()):
            cell.metadata["jupyter"] = {"source_hidden": True}
    return notebook


def execute(notebook: Any, timeout: int = 300) -> None:
    """Run all cells, as Jupyter does in the folder of the notebooks; raises if a cell does."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=timeout, resources=resources, record_timing=False).execute()
    versions = notebook.metadata["language_info"]
    notebook.metadata["language_info"] = {key: versions[key] for key in ("name", "file_extension")}


def complaints(notebook: Any) -> list[str]:
    """What the cells wrote to standard error."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [each.text for each in outputs if each.output_type == "stream" and each.name == "stderr"]


def main() -> None:
    """Write the files that the command line asks for."""
    import nbformat

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("which", nargs="*", metavar="NUMBER", help="lessons, by default all")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help="where to write")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for script in scripts():
        if options.which and script.name[:2] not in options.which:
            continue
        notebook = read(script)
        execute(notebook)
        target = options.to / script.with_suffix(".ipynb").name
        if said := complaints(notebook):
            raise SystemExit(f"{script.name} wrote to standard error:\n{''.join(said)}")
        text = nbformat.writes(notebook, version=4)
        if (size := len(text.encode())) > LARGEST:
            raise SystemExit(f"{target.name} has {size:,} bytes, more than {LARGEST:,}")
        target.write_text(text + "\n", encoding="utf-8", newline="\n")
        print(f"{target}  {size:,} bytes")


if __name__ == "__main__":
    main()
