"""Files are written whole or not at all, keep what they are, and nothing but files is replaced."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value
from tests.support.deadline import within

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs the files of POSIX")

ROOT = Path(__file__).parents[2]


def picture(path: Path) -> None:
    ad.draw(Value(2.0, "x") * 3.0).save(path)


def page(path: Path) -> None:
    ad.walkthrough(Value(2.0, "x") * 3.0).save(path)


def command_line(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autodiff", "x*3", "x=2", "--svg", str(path)], cwd=ROOT,
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    if done.returncode:
        assert "cannot write" in done.stderr
        raise OSError(done.stderr)


def state(path: Path) -> None:
    nn.save([1.0], path)


WRITERS = {"a.svg": picture, "a.html": page, "b.svg": command_line, "a.json": state}
CASES = [pytest.param(name, write, id=write.__name__) for name, write in WRITERS.items()]


@pytest.mark.parametrize(("name", "write"), CASES)
def test_permissions_and_links_stay(tmp_path: Path, name: str, write: Any) -> None:
    """A model that only its owner could read could be read by all after it was saved again."""
    target, link = tmp_path / f"target{name}", tmp_path / name
    target.write_text("<old content>")
    target.chmod(0o600)
    link.symlink_to(target)
    write(link)
    assert link.is_symlink() and "<old content>" not in target.read_text(encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == sorted([target, link])


@pytest.mark.parametrize(("name", "write"), CASES)
def test_read_only_files_and_hard_links_are_refused(tmp_path: Path, name: str, write: Any) -> None:
    path = tmp_path / name
    path.write_text("old")
    path.chmod(0o400)
    with pytest.raises(OSError, match="read-only"):
        write(path)
    path.chmod(0o600)
    os.link(path, tmp_path / "other")
    with pytest.raises(OSError, match="several names"):
        write(path)
    assert path.read_text() == (tmp_path / "other").read_text() == "old"


@pytest.mark.parametrize(("name", "write"), CASES)
def test_a_pipe_that_nobody_reads_is_an_error_at_once(tmp_path: Path, name: str, write: Any):
    """`--svg` waited for ever; nn.save put a file in the pipe's place."""
    os.mkfifo(tmp_path / name)
    with within(25), pytest.raises(OSError, match=r"No such device|no regular file"):
        write(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / name).stat().st_mode)


@pytest.mark.parametrize(("name", "write"), CASES[:3])
def test_a_pipe_with_a_reader_gets_everything(tmp_path: Path, name: str, write: Any) -> None:
    path = tmp_path / name
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    for _ in range(500):  # the reader may not be there yet
        try:
            write(path)
            break
        except OSError:
            time.sleep(0.01)
    reader.join(10)
    assert got and got[0].rstrip().endswith((b"</svg>", b"</html>"))


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "device"])
def test_states_are_written_to_and_read_from_files_only(
    tmp_path: Path, kind: str, monkeypatch
) -> None:
    """nn.save renamed a file over /dev/null and over pipes; nn.load waited for a writer."""
    path = tmp_path / "state"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as end:
            end.bind("state")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(os.devnull)
    before = path.stat()
    with pytest.raises(OSError, match="no regular file") as caught:
        nn.save([1.0], path)
    assert caught.value.errno == errno.EINVAL
    with within(5), pytest.raises(nn.StateError, match="no regular file"):
        nn.load(path)
    assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "state.json"
    nn.save([1.0], path)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            nn.save([0.1] * 10_000, path)
        except OSError as error:
            os._exit(0 if error.filename == str(path) else 2)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert nn.load(path) == [1.0] and list(tmp_path.iterdir()) == [path]


def test_killed_at_random_moments_leaves_a_whole_file(tmp_path: Path) -> None:
    states = [[0.5] * 5000, [0.25] * 4000]
    path = tmp_path / "state.json"
    nn.save(states[0], path)
    for round_ in range(15):
        pid = os.fork()
        if pid == 0:
            while True:
                nn.save(states[0], path)
                nn.save(states[1], path)
        time.sleep(0.004 + 0.003 * round_)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert nn.load(path) in states


def sealed(body: str, **changes: Any) -> str:
    """A file whose checksum is right, whatever it holds."""
    canonical = json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True)
    head = {
        "format": "scalar-autodiff state", "version": 1,
        "sha256": hashlib.sha256(canonical.encode()).hexdigest(),
    } | changes  # fmt: skip
    return json.dumps(head)[:-1] + f', "state": {body}}}'


DEEP = "[" * 700 + "]" * 700
FORGED = {
    "nan": sealed("[NaN]"), "infinity": sealed("[-Infinity]"), "huge": sealed("[1e999]"),
    "odd float": sealed('{"float": "1_0"}'), "no float": sealed('{"float": "much"}'),
    "nan bits": sealed('{"float": "nan zz"}'), "few bits": sealed('{"float": "nan 7ff8"}'),
    "twice": sealed('{"a": 1.0, "a": 2.0}'), "version": sealed("[1.0]", version=True),
    "version 1.0": sealed("[1.0]", version=1.0), "digest": sealed("[1.0]", sha256=[1]),
    "deep": sealed("1").replace('"state": 1', f'"state": {DEEP}'),
    "long number": '{"format": ' + "1" * 10_000 + "}",
}  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
def test_forged_files_are_refused_in_words(tmp_path: Path, kind: str) -> None:
    """With a right checksum, some came out as ValueError, struct.error or RecursionError."""
    path = tmp_path / "state.json"
    path.write_text(FORGED[kind])
    with pytest.raises(nn.StateError):
        nn.load(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "cp037"])
def test_other_encodings_are_refused_or_say_the_same(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(sealed('["\\u00e4"]').replace("\\u00e4", "ä").encode(encoding))
    with contextlib.suppress(nn.StateError):
        assert nn.load(path) == ["ä"]


def test_a_state_that_contains_itself_is_refused_in_words(tmp_path: Path) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(nn.StateError, match="too deep"):
        nn.save(loop, tmp_path / "state.json")
    assert not list(tmp_path.iterdir())


def test_files_of_version_1_still_load(tmp_path: Path) -> None:
    """Written by the first release, byte for byte."""
    path = tmp_path / "state.json"
    nn.save({"w": [0.1, float("inf")], "n": 3}, path)
    assert path.read_text() == OLD
    assert nn.load(path) == {"w": [0.1, float("inf")], "n": 3}


OLD = """\
{
 "format": "scalar-autodiff state",
 "version": 1,
 "sha256": "%s",
 "state": {
  "w": [
   0.1,
   {
    "float": "inf"
   }
  ],
  "n": 3
 }
}
""" % hashlib.sha256(b'{"n":3,"w":[0.1,{"float":"inf"}]}').hexdigest()  # noqa: UP031 - braces
