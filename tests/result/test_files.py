"""Tests that a document is written whole or not at all, whoever else writes there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.result.files import load, write

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
