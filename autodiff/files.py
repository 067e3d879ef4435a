"""Writing files: as a whole or not at all, and nothing but files."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def write_file(
    path: str | os.PathLike[str], content: str | bytes, *, durable: bool = False
) -> Path:
    """Write a file, or replace one by a complete new one; the path as it was given.

    The content is written under another name in the same folder and renamed: whatever interrupts,
    there is the old file or the new one. An old file keeps its permissions; a symbolic link stays
    and its target is written. Text is UTF-8. With `durable` the file and its name reach the disk
    before the function returns.

    Raises OSError where nothing can be written: a file that is read-only, one that has other names
    too (hard links would be cut), a folder. What is no file, such as a device or a pipe with a
    reader, is written to directly, and refused where the file is to be durable.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(folder + "/text.txt", "λ").read_text(encoding="utf-8")
    'λ'
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    given = Path(path)
    try:
        found = given.stat()
    except FileNotFoundError:  # or a link to nothing yet
        found = None
    if found is not None and not stat.S_ISREG(found.st_mode):
        if durable or stat.S_ISDIR(found.st_mode):
            raise OSError(errno.EINVAL, "this is no regular file", str(given))
        _write_through(given, data)
        return given
    if found is not None:
        if found.st_nlink > 1:
            raise OSError(errno.EMLINK, "this file has several names (hard links)", str(given))
        if not found.st_mode & 0o222 or not os.access(given, os.W_OK):
            raise PermissionError(errno.EACCES, "this file is read-only", str(given))
    _replace(given.resolve(), data, found, durable)
    return given


def _write_through(path: Path, data: bytes) -> None:
    """Into a pipe or a device; a pipe that nobody reads is an error, nothing to wait for."""
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    with os.fdopen(handle, "wb") as file:
        os.set_blocking(handle, True)
        file.write(data)


def _replace(path: Path, data: bytes, old: os.stat_result | None, durable: bool) -> None:
    draft = path.with_name(f".{path.name[:200]}.{os.urandom(8).hex()}.tmp")
    try:
        with draft.open("xb") as file:
            if old is not None:
                _dress(draft, old)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            error.filename = str(path)  # of the draft nobody has heard
        raise
    if durable:
        _flush_folder(path.parent)


def _dress(draft: Path, old: os.stat_result) -> None:
    """The owner and the permissions of the old file; PermissionError where it is another's."""
    new = draft.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.chown(draft, old.st_uid, old.st_gid)
    draft.chmod(stat.S_IMODE(old.st_mode))


def _flush_folder(folder: Path) -> None:
    """Make the renaming itself survive a power failure, where a folder can be opened (POSIX)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
