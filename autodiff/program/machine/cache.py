"""Machine code on disk: compiled once per computer, loaded by later processes.

The cache lies in AUTODIFF_CACHE, or in the user's cache directory. A directory that cannot be used
is no error: the machine is compiled anew, in memory. Files are written under another name and
renamed, so that a process never reads half a file, and carry a checksum.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

_KEPT = 16  # files; the oldest ones are removed


def directory() -> Path | None:
    """Where cached machine code lies; None where there is no such place."""
    chosen = os.environ.get("AUTODIFF_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "scalar-autodiff"


def load(key: str) -> bytes | None:
    """What was stored under a key; None where there is nothing, or nothing whole."""
    where = directory()
    if where is None:
        return None
    try:
        stored = (where / f"{key}.machine").read_bytes()
    except OSError:
        return None
    checksum, data = stored[:32], stored[32:]
    return data if hashlib.sha256(data).digest() == checksum else None


def store(key: str, data: bytes) -> None:
    """Keep data under a key for later processes, if that is possible."""
    where = directory()
    if where is None:
        return
    try:
        where.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=where, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        Path(name).replace(where / f"{key}.machine")
        found = sorted(where.glob("*.machine"), key=lambda path: path.stat().st_mtime)
        for path in found[:-_KEPT]:
            path.unlink(missing_ok=True)
    except OSError:
        return
