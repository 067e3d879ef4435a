#!/usr/bin/env python3
"""Write the notebooks as .ipynb files, for people whose Jupyter does not open percent scripts.

    python scripts/build_notebooks.py                       # notebooks/*.ipynb, without outputs
    python scripts/build_notebooks.py --execute --to site   # executed, with outputs, into site/

The scripts in notebooks/ are the one source; what this writes is not tracked. Needs the extra
`notebooks`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "notebooks"


def scripts() -> list[Path]:
    """The notebooks in order."""
    return sorted(FOLDER.glob("[0-9][0-9]_*.py"))


def read(script: Path) -> Any:
    """The notebook that a percent script describes."""
    import jupytext

    notebook = jupytext.read(script)
    notebook.metadata.pop("jupytext", None)  # the file written stands for itself
    return notebook


def execute(notebook: Any, timeout: int = 300) -> None:
    """Run all cells, as Jupyter does in the folder of the notebooks; raises if a cell does."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=timeout, resources=resources).execute()


def main() -> None:
    """Write the files that the command line asks for."""
    import nbformat

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--execute", action="store_true", help="run them and keep the outputs")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help="where to write")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for script in scripts():
        notebook = read(script)
        if options.execute:
            execute(notebook)
        target = options.to / script.with_suffix(".ipynb").name
        nbformat.write(notebook, target)
        print(target)


if __name__ == "__main__":
    main()
