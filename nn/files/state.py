"""States as files: JSON that carries every float bit for bit, written so that nothing can be lost.

A file is written under another name, flushed to the disk and then renamed over the old one: at
every moment there is one complete file. It carries a checksum, so a digit changed by accident is
an error and not another model.

JSON has no nan and no infinity. They are written as `{"float": "inf"}`, `{"float": "-inf"}` and
`{"float": "nan 7ff8000000000000"}`, the last with all its bits.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
import struct
from array import array
from collections.abc import Collection, Mapping
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn

from autodiff import write_file
from nn.errors import StateError

FORMAT = "scalar-autodiff state"
VERSION = 1


def save(state: Any, path: str | os.PathLike[str]) -> None:
    """Write a state: dicts with string keys, lists, numbers, strings, booleans and None, nested.

    Every float comes back with the same bits; a tuple or array comes back as a list. The file is
    replaced as a whole: when anything goes wrong, the old one is still there; it keeps its
    permissions, and a link stays a link. Raises `StateError` for a state of anything else, and
    `OSError` where the file cannot be written: one that is read-only, has several names (hard
    links), or is no file at all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save({"model": {"weight": 0.1}, "epoch": 3}, folder + "/run.json")
    ...     load(folder + "/run.json")
    {'model': {'weight': 0.1}, 'epoch': 3}
    """
    try:
        body = _encode(state, "state")
        document = {"format": FORMAT, "version": VERSION, "sha256": _digest(body), "state": body}
        text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    except RecursionError:
        raise StateError("this state is nested too deeply, or contains itself") from None
    write_file(path, text, durable=True)


def load(path: str | os.PathLike[str]) -> Any:
    """Read what `save` has written. A damaged or foreign file raises `StateError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save([0.1, (1, 2)], folder + "/numbers.json")
    ...     load(folder + "/numbers.json")
    [0.1, [1, 2]]
    """
    if not stat.S_ISREG(Path(path).stat().st_mode):  # a pipe would wait for a writer
        raise StateError(f"{path} is no state file: it is no regular file")
    try:
        return _read(path, Path(path).read_bytes())
    except (ValueError, RecursionError, struct.error) as error:
        raise StateError(f"{path} is damaged or no state file: {error}") from error


def _read(path: Any, content: bytes) -> Any:
    document = json.loads(
        content, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once
    )
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateError(f"{path} is no state file: it does not say {FORMAT!r}")
    if document.get("version") != VERSION or isinstance(document["version"], (bool, float)):
        raise StateError(
            f"{path} has version {document.get('version')!r} of the format, "
            f"and this program reads version {VERSION}"
        )
    body = document.get("state")
    if document.get("sha256") != _digest(body):
        raise StateError(f"{path} is damaged: its contents do not agree with its checksum")
    return _decode(body)


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def check_state(
    owner: str, state: Mapping[str, Any], expected: Collection[str], *, strict: bool
) -> dict[str, float]:
    """The numbers of a state by name, or a `StateError` that lists everything that is wrong."""
    if not isinstance(state, Mapping):
        raise StateError(f"{owner}: a state is a dict of numbers by name, not {state!r:.60}")
    numbers: dict[str, float] = {}
    wrong: list[str] = []
    for name in expected:
        if name not in state:
            continue
        number = to_number(state[name])
        if number is None:
            wrong.append(f"{name} = {state[name]!r:.40}")
        else:
            numbers[name] = number
    problems = {"not a number": wrong}
    if strict:
        problems["missing"] = [name for name in expected if name not in state]
        problems["unexpected"] = [str(name) for name in state if name not in expected]
    told = [f"{problem}: {_shorten(names)}" for problem, names in problems.items() if names]
    if told:
        raise StateError(f"this state does not fit {owner}; nothing was loaded. " + "; ".join(told))
    return numbers


def to_number(item: Any) -> float | None:
    """The float of a real number, None for anything else (booleans too)."""
    if isinstance(item, bool) or not isinstance(item, Real):
        return None
    try:
        return float(item)
    except OverflowError:
        return None


def _shorten(names: list[str]) -> str:
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    shown = [name if name.isprintable() else repr(name) for name in names[:12]]
    return ", ".join(shown) + more


def _encode(item: Any, where: str) -> Any:
    if item is None or isinstance(item, (bool, int, str)):
        return item
    if isinstance(item, float):
        return float(item) if math.isfinite(item) else {"float": _spell(item)}
    if isinstance(item, (list, tuple, array)):
        return [_encode(part, f"{where}[{index}]") for index, part in enumerate(item)]
    if isinstance(item, Mapping) and all(isinstance(key, str) for key in item):
        if set(item) == {"float"} and isinstance(item["float"], str):
            raise StateError(f"{where} would be read back as a number; rename its key 'float'")
        return {key: _encode(part, f"{where}[{key!r}]") for key, part in item.items()}
    raise StateError(f"{where} cannot be saved: {item!r:.60} is of type {type(item).__name__}")


def _decode(item: Any) -> Any:
    if isinstance(item, list):
        return [_decode(part) for part in item]
    if isinstance(item, dict):
        if set(item) == {"float"} and isinstance(item["float"], str):
            return _unspell(item["float"])
        return {key: _decode(part) for key, part in item.items()}
    return item


def _spell(number: float) -> str:
    """`inf`, `-inf`, or `nan` with its 64 bits, of which a program may use any."""
    return f"nan {struct.pack('>d', number).hex()}" if math.isnan(number) else repr(number)


def _unspell(text: str) -> float:
    if text.startswith("nan "):
        number: float = struct.unpack(">d", bytes.fromhex(text[4:]))[0]
        return number
    if text not in ("inf", "-inf"):
        raise ValueError(f"{text!r} is no number")
    return float(text)


def _digest(body: Any) -> str:
    canonical = json.dumps(body, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
