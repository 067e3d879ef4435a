"""The cache of machine code is executed, so only what is ours and ours alone is read."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autodiff.program.machine import cache
from tests.support.deadline import within

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners of files")

ROOT = Path(__file__).parents[2]
#: computes by machine code from the cache; where nothing is loaded it ends before it compiles
PROGRAM = """
from autodiff import Value, jit
from autodiff.program.machine import cache
load = cache.load
cache.load = lambda *key: load(*key) or exit("nothing is loaded")
x = Value(3.0)
y = jit(lambda a: x * x * a)(2.0)
y.backward()
print(y.data, x.grad)
"""
#: fills the cache in a folder with what is compiled on this computer already, if it is
FILL = """
import os, sys
from autodiff import Value, jit
from autodiff.program.machine import cache
kept, load, store = {}, cache.load, cache.store
cache.load = lambda key: kept.setdefault(key, load(key))
cache.store = lambda key, data, kind: (store(key, data, kind), kept.update({key: data}))
jit(lambda a: a * a)(Value(2.0))
os.environ["AUTODIFF_CACHE"] = sys.argv[1]
((key, data),) = kept.items()
store(key, data)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("AUTODIFF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def run(program: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("llvmlite")
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=ROOT, check=False, text=True,
        capture_output=True, env=os.environ | {"AUTODIFF_MACHINE": "llvm"} | environment,
    )  # fmt: skip


def test_a_valid_object_file_in_a_folder_that_others_can_write_is_not_loaded(
    tmp_path: Path,
) -> None:
    """It was: whoever could write to the folder could run code as somebody else."""
    folder = tmp_path / "cache"
    filled = run(FILL, folder)
    assert filled.returncode == 0, filled.stderr
    (planted,) = folder.iterdir()

    def told() -> str:
        done = run(PROGRAM, AUTODIFF_CACHE=str(folder))
        return (done.stdout + done.stderr).strip()

    assert told() == "18.0 12.0", "the planted file is valid: here it is loaded"
    folder.chmod(0o777)
    assert told() == "nothing is loaded"
    folder.chmod(0o700)
    planted.chmod(0o666)
    assert told() == "nothing is loaded"


def test_a_file_that_others_can_write_is_replaced_by_one_of_ours(folder: Path) -> None:
    cache.store("key", b"data")
    (folder / "key.machine").chmod(0o666)
    cache.store("key", b"more")
    assert mode(folder / "key.machine") == 0o600
    assert cache.load("key") == b"more"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_belongs_to_somebody_else_is_not_read(folder: Path, what: str) -> None:
    """Another user's object file was executed."""
    cache.store("key", b"data")
    os.chown(folder if what == "folder" else folder / "key.machine", 12345, -1)
    assert cache.load("key") is None
    cache.store("other", b"data")
    assert (cache.load("other") is None) == (what == "folder")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give links away")
def test_a_link_to_a_folder_of_ours_must_be_ours(folder: Path) -> None:
    """Whoever made the link chose which of our folders was read and tidied."""
    cache.store("key", b"data")
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))
    assert cache.load("key") == b"data"
    os.lchown(folder, 12345, -1)
    assert cache.load("key") is None


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o722, 0o777])
def test_a_folder_that_others_can_write_is_refused(folder: Path, bits: int) -> None:
    cache.store("key", b"data")
    folder.chmod(bits)
    writable = bool(bits & 0o022)
    assert (cache.load("key") is None) == writable
    cache.store("other", b"data")
    assert (folder / "other.machine").exists() != writable


def test_folder_and_files_are_ours_alone_whatever_the_umask(folder: Path, monkeypatch) -> None:
    """With umask 000 the folder was 0777."""
    monkeypatch.setenv("AUTODIFF_CACHE", str(folder / "a" / "b"))
    before = os.umask(0)
    try:
        cache.store("key", b"data")
    finally:
        os.umask(before)
    assert [mode(folder), mode(folder / "a"), mode(folder / "a" / "b")] == [0o700] * 3
    assert mode(folder / "a" / "b" / "key.machine") == 0o600
    assert cache.load("key") == b"data"


def test_a_relative_cache_directory_is_ignored(tmp_path: Path, monkeypatch) -> None:
    """XDG_CACHE_HOME=. loaded code from the directory in which a program was started."""
    monkeypatch.delenv("AUTODIFF_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    for relative in (".", "cache", "../x"):
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        assert cache.directory() == tmp_path / ".cache" / "scalar-autodiff"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache.directory() == tmp_path / "x" / "scalar-autodiff"


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(path.name)


@pytest.mark.parametrize(
    "make", [_fifo, _socket, Path.mkdir, lambda path: path.symlink_to("whole")],
    ids=["fifo", "socket", "folder", "link"],
)  # fmt: skip
def test_what_is_no_file_of_its_own_is_not_read(folder: Path, make, monkeypatch) -> None:
    """A pipe in the file's place made every program wait for ever."""
    monkeypatch.chdir(ROOT)
    cache.store("key", b"data")
    whole = folder / "key.machine"
    whole.rename(folder / "whole")
    make(whole)
    with within(5):
        assert cache.load("key") is None
        cache.store("key", b"data")
    assert cache.load("key") == (None if whole.is_dir() else b"data")
    assert not list(folder.glob("*.part"))


def test_many_primitives_of_users_do_not_push_out_the_built_in_machine(folder: Path) -> None:
    """Sixteen programs with primitives of their own, and each process compiled all again."""
    cache.store("built in", b"data")
    os.utime(folder / "built in.machine", (0, 0))
    for number in range(40):
        cache.store(f"key{number}", b"data", "users")
    assert cache.load("built in") == b"data"
    assert len(list(folder.glob("*.users"))) == 16
    assert cache.load("key39", "users") == b"data"


def test_drafts_that_a_crash_has_left_are_removed(folder: Path) -> None:
    cache.store("key", b"data")
    old, new = folder / "tmp0.part", folder / "key2.machine.1.part"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (0, 0))
    cache.store("other", b"data")
    assert not old.exists()
    assert new.exists(), "another process may be writing it"


def test_a_full_disk_is_no_error(folder: Path) -> None:
    resource = pytest.importorskip("resource")
    cache.store("key", b"data")
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # more fails as a full disk does
        try:
            cache.store("large", b"x" * 100_000)
        except BaseException:  # noqa: BLE001 - the parent is told
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert [path.name for path in folder.iterdir()] == ["key.machine"]


def test_two_processes_killed_at_random_moments_leave_whole_files(folder: Path) -> None:
    for round_ in range(20):
        children = []
        for child in range(2):
            pid = os.fork()
            if pid == 0:
                while True:
                    cache.store("key", bytes([child]) * 200_000)
            children.append(pid)
        time.sleep(0.005 + 0.001 * round_)
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert cache.load("key") in (None, b"\0" * 200_000, b"\1" * 200_000)
        stored = folder / "key.machine"
        assert not stored.exists() or cache.load("key") is not None
