"""Reading a table of numbers from a CSV file: one's own data, ready for `fit`."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nn.data.rows import Row, Target, encode_labels
from nn.errors import DataError

#: what stands in a cell where nothing was measured
_MISSING = frozenset(["", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a"])


class Table(tuple[list[Row], list[Target]]):
    """(inputs, targets) of a CSV file, and what they were called there."""

    #: the names of the inputs, in their order
    columns: list[str]
    #: the name of the target; None without one
    target: str | None
    #: the labels by class index, where the target was text
    classes: list[str] | None

    @property
    def inputs(self) -> list[Row]:
        """One list of floats for each row."""
        return self[0]

    @property
    def targets(self) -> list[Target]:
        """One number or class index for each row."""
        return self[1]

    def __repr__(self) -> str:
        kinds = f", classes={self.classes}" if self.classes else ""
        return f"Table({len(self[0])} rows, columns={self.columns}, target={self.target!r}{kinds})"


def read_csv(
    path: Any,
    target: str | int | None = -1,
    *,
    columns: Sequence[str | int] | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> Table:
    """Inputs and targets from a CSV file (a path, or an open text file).

    `target` is a column by its name or place (the last one by default; None: no targets), and
    `columns` those of the inputs (all others by default). Inputs must be numbers. A target of whole
    numbers stays one of ints, one of text becomes class indices, whose labels stand in `classes`.
    The first row is a header if none of its cells is a number, unless `header` says; without one
    columns are called "0", "1", ... The delimiter is the one of , ; | and tab that is most frequent
    in the first row. A byte order mark is skipped, empty rows too.

    Raises DataError, with row (as an editor numbers lines) and column, for a cell that is missing,
    not finite, or no number; for rows of different lengths; and for columns that are not there.

    >>> import io, nn
    >>> file = io.StringIO('''length,width,kind
    ... 1.4,0.2,small
    ... 1.5,0.3,small
    ... 4.5,1.5,large
    ... 4.7,1.4,large''')
    >>> table = read_csv(file, target="kind")
    >>> table
    Table(4 rows, columns=['length', 'width'], target='kind', classes=['large', 'small'])
    >>> model = nn.MLP(2, [4, 2], "tanh", seed=0)
    >>> history = nn.fit(model, *table, loss="cross_entropy", optimizer=nn.Adam(model, lr=0.1),
    ...                  epochs=50)
    >>> nn.classify(model, [[1.3, 0.2], [5.0, 1.6]], table.classes)
    ['small', 'large']
    """
    text, where = _text_of(path, encoding)
    rows = _rows(text, delimiter, where)
    names = [cell.strip() for cell in rows[0][1]]
    if header is None:
        # Many programs leave a cell of the header empty.
        header = any(names) and all(not name or _is_text(name) for name in names)
    if header:
        rows = rows[1:]
    else:
        names = [str(place) for place in range(len(names))]
    if not rows:
        raise DataError(f"{where} holds a header and no rows")
    marked = None if target is None else _place(target, names, where)
    if columns is None:
        chosen = [place for place in range(len(names)) if place != marked]
    else:
        chosen = [_place(column, names, where) for column in columns]
    if not chosen:
        raise DataError(f"{where} has no column for inputs beside the target")
    if marked in chosen:
        raise DataError(f"{where}: column {names[marked]!r} is among the inputs and the target")

    def wrong(line: int, cells: list[str], place: int) -> DataError:
        return DataError(f"{where}, row {line}, column {names[place]!r}: {_blame(cells[place])}")

    def number(line: int, cells: list[str], place: int) -> float:
        found = _number(cells[place])
        if found is None or not math.isfinite(found):
            raise wrong(line, cells, place)
        return found

    inputs = [[number(line, cells, place) for place in chosen] for line, cells in rows]
    classes: list[str] | None = None
    targets: list[Target] = []
    if marked is not None:
        marks = [cells[marked].strip() for _, cells in rows]
        if all(_number(mark) is None for mark in marks):
            for line, cells in rows:
                if not _is_text(cells[marked]):
                    raise wrong(line, cells, marked)
            targets, classes = encode_labels(marks)
        else:
            targets = [number(line, cells, marked) for line, cells in rows]
            if all(mark.lstrip("+-").isdecimal() for mark in marks):
                targets = [int(mark) for mark in marks]
    table = Table((inputs, targets))
    table.columns = [names[place] for place in chosen]
    table.target = None if marked is None else names[marked]
    table.classes = classes
    return table


def _text_of(path: Any, encoding: str) -> tuple[str, str]:
    """The text of a file, and what to call the file."""
    if hasattr(path, "read"):
        text, where = path.read(), str(getattr(path, "name", "the file"))
        if not isinstance(text, str):
            raise DataError(f"{where} was opened for bytes; open it as text, or give its path")
        return text.removeprefix("\ufeff"), where
    where = os.fspath(path)
    try:
        with Path(where).open(encoding=encoding, newline="") as file:
            return file.read(), Path(where).name
    except (UnicodeError, LookupError) as error:
        raise DataError(f"{where} is no text in {encoding}: {error}; say encoding=...") from None


def _rows(text: str, delimiter: str | None, where: str) -> list[tuple[int, list[str]]]:
    """Every row that is not empty, with the number of its line, all of one length."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise DataError(f"{where} is empty")
    if delimiter is None:
        delimiter = max(",;\t|", key=first.count)
    elif len(delimiter) != 1:
        raise DataError(f"delimiter = {delimiter!r} must be one character")
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                rows.append((line, cells))
                if len(cells) != len(rows[0][1]):
                    raise DataError(
                        f"{where}, row {line} has {len(cells)} columns, row {rows[0][0]} has "
                        f"{len(rows[0][1])} (between {delimiter!r})"
                    )
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{where}, row {line}: {error}") from None
    return rows


def _place(column: str | int, names: list[str], where: str) -> int:
    """Which column a name or a place means."""
    if isinstance(column, str):
        if names.count(column) != 1:
            many = "several columns" if column in names else "no column"
            raise DataError(f"{where} has {many} {column!r}; it has {', '.join(names):.200}")
        return names.index(column)
    if isinstance(column, bool) or not isinstance(column, int):
        raise DataError(f"a column is a name or a whole number, not {column!r:.60}")
    if not -len(names) <= column < len(names):
        raise DataError(f"{where} has no column {column}; there are {len(names)}, from 0")
    return column % len(names)


def _is_text(cell: str) -> bool:
    return _number(cell) is None and cell.strip().lower() not in _MISSING


def _number(cell: str) -> float | None:
    """The number of a cell; None where it is none. What is missing is none, Python's nan too."""
    text = cell.strip()
    if text.lower() in _MISSING or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _blame(cell: str) -> str:
    if cell.strip().lower() in _MISSING:
        return f"the value is missing ({cell!r}); leave the row out, or fill the gap first"
    found = _number(cell)
    if found is not None:
        return f"{cell.strip()!r} is not finite"
    comma = _number(cell.replace(",", ".")) is not None
    hint = "; write a decimal point" if comma else "; only a target may be text, in all its rows"
    return f"{cell.strip()!r:.60} is no number{hint}"
