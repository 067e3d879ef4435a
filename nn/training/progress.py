"""A progress bar over epochs: tqdm's, in terminals and notebooks, or none."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from autodiff import require
from nn.training.history import Record


class Progress:
    """Iterates over epochs and shows the latest numbers.

    `wanted` is True, False, or None for: only where standard error is a terminal.
    """

    def __init__(self, epochs: Iterable[int], wanted: bool | None) -> None:
        self._epochs = epochs
        self._bar: Any = None
        if wanted or (wanted is None and sys.stderr.isatty()):
            self._bar = _tqdm()(epochs, unit="epoch")

    def __iter__(self) -> Iterator[int]:
        yield from self._epochs if self._bar is None else self._bar

    def show(self, record: Record) -> None:
        """Write the numbers of an epoch behind the bar."""
        if self._bar is not None:
            self._bar.set_postfix({name: f"{number:.4g}" for name, number in record.items()})

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _tqdm() -> Any:
    """The bar for this environment: a widget in a notebook that can show one, else text."""
    if "ipykernel" in sys.modules:
        try:
            require("ipywidgets", "notebooks")
            return require("tqdm.notebook", "notebooks").tqdm
        except ImportError:
            pass  # a text bar works in every notebook
    return require("tqdm", "plot").tqdm
