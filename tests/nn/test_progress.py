"""Progress bars: which one is chosen, and that none is needed."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from nn.training.history import Record
from nn.training.progress import Progress


class Bar:
    """Stands for tqdm."""

    def __init__(self, epochs: Any, unit: str) -> None:
        self.epochs, self.unit, self.shown, self.closed = epochs, unit, {}, False

    def __iter__(self) -> Any:
        return iter(self.epochs)

    def set_postfix(self, numbers: dict[str, str]) -> None:
        self.shown = numbers

    def close(self) -> None:
        self.closed = True


class NotebookBar(Bar):
    """Stands for tqdm's widget."""


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Modules that look like tqdm; a notebook only where a test says so."""
    text, notebook = types.ModuleType("tqdm"), types.ModuleType("tqdm.notebook")
    text.tqdm, notebook.tqdm = Bar, NotebookBar  # type: ignore[attr-defined]  # modules made here
    text.notebook = notebook  # type: ignore[attr-defined]  # the same
    monkeypatch.setitem(sys.modules, "tqdm", text)
    monkeypatch.setitem(sys.modules, "tqdm.notebook", notebook)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    return monkeypatch


def record(loss: float) -> Record:
    return {"loss": loss}  # type: ignore[return-value]  # as much of it as a bar shows


def test_a_bar_shows_the_latest_numbers(bars: pytest.MonkeyPatch) -> None:
    progress = Progress(range(3), True)
    assert list(progress) == [0, 1, 2]
    progress.show(record(0.123456))
    progress.close()
    bar = progress._bar
    assert type(bar) is Bar
    assert (bar.unit, bar.shown, bar.closed) == ("epoch", {"loss": "0.1235"}, True)


@pytest.mark.parametrize(("wanted", "terminal"), [(False, True), (None, False)])
def test_no_bar(bars: pytest.MonkeyPatch, wanted: bool | None, terminal: bool) -> None:
    bars.setattr(sys.stderr, "isatty", lambda: terminal)
    progress = Progress(range(2), wanted)
    progress.show(record(1.0))
    progress.close()
    assert progress._bar is None and list(progress) == [0, 1]


def test_terminals_get_a_bar_unasked(bars: pytest.MonkeyPatch) -> None:
    bars.setattr(sys.stderr, "isatty", lambda: True)
    assert type(Progress(range(2), None)._bar) is Bar


@pytest.mark.parametrize("widgets", [True, False])
def test_notebooks_get_a_widget_where_they_can_show_one(
    bars: pytest.MonkeyPatch, widgets: bool
) -> None:
    bars.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    bars.setitem(sys.modules, "ipywidgets", types.ModuleType("ipywidgets") if widgets else None)
    assert type(Progress(range(2), True)._bar) is (NotebookBar if widgets else Bar)
