"""The scalar GPT of notebook 12, which is where its code is written and explained.

Learners read and change the model in the notebook's cells; here the cells tagged "model" become a
module, so that what is measured is what is taught.
"""

from __future__ import annotations

import importlib.util
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType
from typing import Any

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "lessons" / "12_towns.py"
Matrix = list[list[Any]]


class TaggedCells(SourceLoader):
    """Imports the cells of a percent script that have a tag."""

    def __init__(self, script: Path, tag: str) -> None:
        self.script, self.tag = script, tag

    def get_filename(self, fullname: str) -> str:
        return str(self.script)

    def get_data(self, path: str) -> bytes:
        """The script with all other lines empty, so that line numbers stay what they are."""
        lines, inside = [], False
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith("# %%"):
                inside = f'"{self.tag}"' in line
            lines.append(line if inside else "")
        return "\n".join(lines).encode()


def _load() -> ModuleType:
    loader = TaggedCells(NOTEBOOK, "model")
    spec = importlib.util.spec_from_loader("scalar_gpt", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


notebook: Any = _load()
WIDTH, HEADS = notebook.WIDTH, notebook.HEADS
flat, loss_of = notebook.parameters, notebook.loss_of


def start(seed: int = 42) -> dict[str, Matrix]:
    """Initial parameters as plain floats, for engines and array libraries alike."""
    tables = notebook.untrained(seed)
    return {name: [[entry.data for entry in row] for row in tables[name]] for name in tables}
