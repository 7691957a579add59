"""Tests where ``run --json`` writes, and when."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from flopsbench.cli.run import Keeper, is_plain_file
from flopsbench.result.codec import decode
from flopsbench.result.files import load
from tests.documents import case, result

COMMAND = [sys.executable, "-m", "flopsbench", "run", "--backend=exact", "--dtype=fp64", "--size=250,251", "--time=1"]


def test_a_keeper_writes_each_result_over_the_one_before(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "out.json")
    assert not keeper.has_written
    keeper(result(case()))
    keeper(result(case(), case(dtype="fp64")))
    assert keeper.has_written
    assert len(load(tmp_path / "out.json").cases) == 2


def test_a_result_that_cannot_be_kept_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    keeper = Keeper(tmp_path / "file" / "out.json")
    keeper(result(case()))
    assert not keeper.has_written


def test_only_a_file_of_its_own_is_written_more_than_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old.json").write_text("")
    assert is_plain_file(str(tmp_path / "new.json"))
    assert is_plain_file(str(tmp_path / "old.json"))
    assert not any(map(is_plain_file, ("-", "/dev/null", str(tmp_path / "pipe"), str(tmp_path))))


@pytest.mark.process
def test_a_pipe_gets_one_document_at_the_end(tmp_path: Path, install_strangers: Callable[..., None]) -> None:
    install_strangers("exact")
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    done = subprocess.run([*COMMAND, f"--json={pipe}"], capture_output=True, text=True, check=False)
    reader.join(timeout=10)
    assert done.returncode == 0, done.stderr
    assert [case.status for case in decode(read[0]).cases] == ["ok", "ok"]
