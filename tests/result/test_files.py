"""Tests that a document is written whole or not at all, whoever else writes there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.result.files import (
    can_be_written,
    load,
    load_folder,
    read_bytes,
    read_regular,
    refuse_unwritable,
    write,
    writing,
)
from tests.systems import PIPES

LIMITED = """
import resource, sys
from pathlib import Path
from flopsbench.result.files import write
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write(Path(sys.argv[1]), b"x" * 8192)
except OSError as error:
    print(error.strerror)
"""
WRITER = """
import sys
from pathlib import Path
from flopsbench.result.files import write
for _ in range(300):
    write(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes())
"""


@pytest.mark.process
def test_four_writers_of_one_file_leave_it_whole(tmp_path: Path) -> None:
    target, golden = tmp_path / "out.json", Path(__file__).parents[1] / "golden"
    sources = (sorted(golden.glob("result-*.json"))[:2] * 2)[:4]
    commands = [[sys.executable, "-c", WRITER, str(target), str(source)] for source in sources]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for command in commands]
    while any(writer.poll() is None for writer in writers):
        if target.exists():
            load(target)
    assert [writer.communicate()[1] for writer in writers] == [b""] * 4
    assert target.read_bytes() in [source.read_bytes() for source in sources]
    assert os.listdir(tmp_path) == ["out.json"]


def test_what_others_may_do_with_a_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write(target, b"new")
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o640)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(b"old")
    (tmp_path / "link.json").symlink_to("real.json")
    write(tmp_path / "link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"


def test_an_attempt_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.json"
    target.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(target, b"new")
    assert (os.listdir(tmp_path), target.read_bytes()) == (["out.json"], b"old")


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    with pytest.raises(Exception, match=r"a\.json: not a flopsbench Result"):
        load(tmp_path / "a.json")


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    target = tmp_path / f"{'a' * 250}.json"
    write(target, b"new")
    assert target.read_bytes() == b"new"


@PIPES
def test_what_can_be_written_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    fits = {
        name
        for name in ("new", "old", "pipe", "loop", ".", "old/x", "a/b", "a" * 300)
        if can_be_written(tmp_path / name)
    }
    assert fits == {"new", "old", "pipe"}
    assert can_be_written(tmp_path / "a" / "b", folders=True)
    assert not can_be_written(tmp_path / "old" / "a" / "b", folders=True)
    assert can_be_written(Path("/dev/null"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert not any(can_be_written(tmp_path / name) for name in ("old", "pipe"))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc")
def test_a_folder_that_says_it_can_be_written_is_tried() -> None:
    assert not can_be_written(Path("/proc/self/new"))


def test_a_target_that_cannot_be_written_is_named_with_its_option(tmp_path: Path) -> None:
    refuse_unwritable("--json", str(tmp_path / "new"))
    for target, told in (("", "''"), (str(tmp_path), str(tmp_path))):
        with pytest.raises(UsageError, match=f"^--json {told}: no file can be written there$"):
            refuse_unwritable("--json", target)


def test_a_failure_to_write_says_what_and_why() -> None:
    refused = pytest.raises(UsageError, match=r"^it cannot be written \(No space left on device\): free some$")
    with refused, writing("it", ": free some"):
        raise OSError(28, "No space left on device")


@pytest.mark.process
def test_a_write_that_stops_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_bytes(b"old")
    command = [sys.executable, "-c", LIMITED, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "File too large\n"), done.stderr
    assert (os.listdir(tmp_path), target.read_bytes()) == (["out.json"], b"old")


@pytest.mark.parametrize("durable", [True, False])
def test_what_is_durable_has_reached_the_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    synced: list[str] = []

    def sync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        assert (tmp_path / "out.json").exists() == (len(synced) == 2)

    monkeypatch.setattr(os, "fsync", sync)
    write(tmp_path / "out.json", b"new", durable=durable)
    assert [Path(each).suffix for each in synced] == ([".partial", ""] if durable else [])
    assert synced[1:] == ([str(tmp_path)] if durable else [])


@PIPES
def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_bytes(tmp_path / "pipe") == b""


@pytest.mark.process
def test_a_pipe_with_a_writer_is_read_to_its_end() -> None:
    program = "from flopsbench.result.files import read_bytes; import sys; print(read_bytes(sys.argv[1]))"
    line = f"{sys.executable} -c '{program}' <(printf '{{'; sleep 1; printf '}}')"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout == "b'{}'\n"


def test_neither_a_folder_nor_an_impossible_name_is_a_document(tmp_path: Path) -> None:
    for path, told in ((tmp_path, "cannot be read: Is a directory"), ("a\0b", "no file can have this name")):
        with pytest.raises(DocumentRejected, match=told):
            read_bytes(path)
    with pytest.raises(DocumentRejected, match="File name too long"):
        read_bytes(tmp_path / ("a" * 300))


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in: the tests may run as root, who can read everything."""
    (tmp_path / "closed").mkdir()
    usual = os.scandir

    def scan(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return usual(path)

    monkeypatch.setattr(os, "scandir", scan)
    assert load_folder(tmp_path) == ([], [f"{tmp_path / 'closed'}: cannot be read: Permission denied"])


def test_no_folder_is_too_deep(tmp_path: Path) -> None:
    golden = Path(__file__).parents[1] / "golden" / "result-1.0-quick-cpu.json"
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1050):  # more often than Python calls itself
            os.mkdir("a")
            os.chdir("a")
        Path("b.json").write_bytes(golden.read_bytes())
    finally:
        os.chdir(here)
    results, rejected = load_folder(tmp_path)
    while (tmp_path / "a" / "a").exists():  # who removes it later may call himself at each step
        (tmp_path / "a" / "a").rename(tmp_path / "next")
        (tmp_path / "a").rmdir()
        (tmp_path / "next").rename(tmp_path / "a")
    assert [result.id for result in results] == [load(golden).id]
    assert rejected == []


def test_folders_made_for_a_file_that_cannot_be_written_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "there").mkdir()
    monkeypatch.setattr(Path, "replace", full)
    for place in ("a/b/c.json", "there/c.json"):
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / place, b"new")
    assert os.listdir(tmp_path) == ["there"]


@PIPES
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    assert load_folder(tmp_path) == ([], [f"{tmp_path / 'a.json'}: is not a regular file"])


@PIPES
def test_a_pipe_is_refused_where_nobody_may_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentRejected, match="is not a regular file"):
        read_regular(tmp_path / "pipe")
    with pytest.raises(DocumentRejected, match="cannot be read"):
        read_regular(tmp_path / "absent")
    (tmp_path / "file").write_bytes(b"x")
    assert read_regular(tmp_path / "file") == b"x"


def test_a_folder_gives_its_results_and_names_the_rest(tmp_path: Path) -> None:
    golden = Path(__file__).parents[1] / "golden" / "result-1.0-quick-cpu.json"
    (tmp_path / "b").mkdir()
    for name in ("b/2.json", "a.json"):
        (tmp_path / name).write_bytes(golden.read_bytes())
    (tmp_path / "c.json").write_bytes(b"{}")
    (tmp_path / "d.txt").write_bytes(b"")
    results, rejected = load_folder(tmp_path)
    assert [result.id for result in results] == [load(golden).id] * 2
    assert [sentence.partition(": ")[0] for sentence in rejected] == [str(tmp_path / "c.json")]
    assert load_folder(tmp_path / "absent") == ([], [])
