"""Tests that a document is written whole or not at all, whoever else writes there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.result.files import can_be_written, load, load_folder, read_regular, refuse_unwritable, write, writing

WRITER = """
import sys
from pathlib import Path
from flopsbench.result.files import write
for _ in range(300):
    write(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes())
"""


@pytest.mark.process
def test_two_writers_of_one_file_leave_it_whole(tmp_path: Path) -> None:
    target, golden = tmp_path / "out.json", Path(__file__).parents[1] / "golden"
    sources = sorted(golden.glob("result-*.json"))[:2]
    commands = [[sys.executable, "-c", WRITER, str(target), str(source)] for source in sources]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for command in commands]
    while any(writer.poll() is None for writer in writers):
        if target.exists():
            load(target)
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
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


def test_what_can_be_written_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    fits = {name for name in ("new", "old", "pipe", "loop", ".", "old/x", "a/b") if can_be_written(tmp_path / name)}
    assert fits == {"new", "old", "pipe"}
    assert can_be_written(tmp_path / "a" / "b", folders=True)
    assert not can_be_written(tmp_path / "old" / "a" / "b", folders=True)
    assert can_be_written(Path("/dev/null"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert not any(can_be_written(tmp_path / name) for name in ("new", "old", "pipe"))


def test_a_target_that_cannot_be_written_is_named_with_its_option(tmp_path: Path) -> None:
    refuse_unwritable("--json", str(tmp_path / "new"))
    for target, told in (("", "''"), (str(tmp_path), str(tmp_path))):
        with pytest.raises(UsageError, match=f"^--json {told}: no file can be written there$"):
            refuse_unwritable("--json", target)


def test_a_failure_to_write_says_what_and_why() -> None:
    refused = pytest.raises(UsageError, match=r"^it cannot be written \(No space left on device\): free some$")
    with refused, writing("it", ": free some"):
        raise OSError(28, "No space left on device")


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
