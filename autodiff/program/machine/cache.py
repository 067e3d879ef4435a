"""Machine code on disk: compiled once per computer, loaded by later processes.

The cache lies in AUTODIFF_CACHE, or in the user's cache directory. What is loaded from it is
executed, so a folder or a file is trusted only if it is ours and nobody else can write to it. A
directory that cannot be used is no error: the machine is compiled anew, in memory. Files are
written under another name and renamed, so that a process never reads half a file, and carry a
checksum.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_KEPT = 16  # files of each kind; the oldest ones are removed
_ABANDONED = 600.0  # seconds after which a draft is one that a crash has left
_DRAFT = ".part"
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


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
        base = _absolute("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = _absolute("XDG_CACHE_HOME") or home / ".cache"
    return base / "scalar-autodiff"


def _absolute(variable: str) -> Path | None:
    """The folder that a variable names; a relative one would depend on where a program is run."""
    path = Path(os.environ.get(variable, ""))
    return path if path.is_absolute() else None


def load(key: str, kind: str = "machine") -> bytes | None:
    """What was stored under a key; None where there is nothing that is whole and ours."""
    try:
        with _folder() as folder:
            handle = os.open(folder.at(f"{key}.{kind}"), os.O_RDONLY | _FLAGS, dir_fd=folder.handle)
            with os.fdopen(handle, "rb") as file:
                found = os.fstat(handle)
                if not (stat.S_ISREG(found.st_mode) and _is_ours(found)):
                    return None
                stored = file.read()
    except OSError:
        return None
    checksum, data = stored[:32], stored[32:]
    return data if hashlib.sha256(data).digest() == checksum else None


def store(key: str, data: bytes, kind: str = "machine") -> None:
    """Keep data under a key for later processes, if that is possible.

    Each kind has its own number of files: many of one do not push out those of another.
    """
    with suppress(OSError), _folder(create=True) as folder:
        folder.write(f"{key}.{kind}", hashlib.sha256(data).digest() + data)
        folder.tidy(kind)


class _Folder:
    """An open folder: its files are named relative to it, so that nobody can exchange it."""

    def __init__(self, path: Path, handle: int | None) -> None:
        self.path = path
        self.handle = handle

    def at(self, name: str) -> str:
        return str(self.path / name) if self.handle is None else name

    def write(self, name: str, content: bytes) -> None:
        draft = self.at(f"{name}.{os.urandom(8).hex()}{_DRAFT}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
        try:
            with os.fdopen(os.open(draft, flags, 0o600, dir_fd=self.handle), "wb") as file:
                file.write(content)
            os.replace(draft, self.at(name), src_dir_fd=self.handle, dst_dir_fd=self.handle)
        except BaseException:
            self.remove(draft)
            raise

    def remove(self, place: str) -> None:
        with suppress(OSError):
            os.unlink(place, dir_fd=self.handle)

    def tidy(self, kind: str) -> None:
        """Remove the oldest files of a kind, and the drafts that no process writes any more."""
        found = []
        for name in [e.name for e in os.scandir(self.path if self.handle is None else self.handle)]:
            if name.endswith((_DRAFT, f".{kind}")):
                with suppress(OSError):  # another process was faster
                    status = os.stat(self.at(name), dir_fd=self.handle, follow_symlinks=False)
                    found.append((status.st_mtime, name))
        late = time.time() - _ABANDONED
        drafts = [name for changed, name in found if name.endswith(_DRAFT) and changed < late]
        whole = [name for _, name in sorted(found) if not name.endswith(_DRAFT)]
        for name in (*drafts, *whole[:-_KEPT]):
            self.remove(self.at(name))


@contextmanager
def _folder(*, create: bool = False) -> Iterator[_Folder]:
    """The folder, opened; an OSError where there is none that can be trusted."""
    path = directory()
    if path is None:
        raise FileNotFoundError("no cache is wanted")
    if create:
        for each in (*reversed(path.parents), path):
            with suppress(FileExistsError):
                each.mkdir(0o700)
    if not hasattr(os, "geteuid"):  # no owners and no handles of folders: the profile is the user's
        yield _Folder(path, None)
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # The link to a folder, where it is one, must be ours as well.
        if os.lstat(path).st_uid != os.geteuid() or not _is_ours(os.fstat(handle)):
            raise PermissionError(f"{path} belongs to somebody else, or others can write to it")
        yield _Folder(path, handle)
    finally:
        os.close(handle)


def _is_ours(found: os.stat_result) -> bool:
    """Whether a folder or a file is ours and nobody else may write to it."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
