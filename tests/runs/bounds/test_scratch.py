"""Room beside a Result: in memory first, else in a folder, and a sentence where there is neither."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench import load
from flopsbench.errors import UsageError
from flopsbench.runs.bounds.scratch import named_scratch_file, scratch_file, scratch_folder


def refuse(*_: object, **__: object) -> int:
    raise OSError(1, "Operation not permitted")


def nowhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Take away every temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(folder / "nowhere"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has files without a folder")
def test_a_file_in_memory_needs_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere(monkeypatch, tmp_path)
    with scratch_file() as kept:
        kept.write(b"last words")
        kept.seek(0)
        assert kept.read() == b"last words"


def test_where_memory_is_refused_a_folder_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    with scratch_file() as kept:
        assert kept.write(b"x") == 1


def test_where_there_is_neither_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    nowhere(monkeypatch, tmp_path)
    for make in (scratch_file, named_scratch_file):
        with pytest.raises(UsageError, match="set TMPDIR"):
            make()
    with pytest.raises(UsageError, match="set TMPDIR"), scratch_folder():
        pass


def test_a_folder_is_gone_afterwards() -> None:
    with scratch_folder() as folder:
        (folder / "x").write_text("x")
    assert not folder.exists()


# --- a run


NOWHERE = (
    "import tempfile; tempfile._get_default_tempdir = "
    "lambda: (_ for _ in ()).throw(FileNotFoundError(2, 'No usable temporary directory found'))"
)


@pytest.mark.process
def test_a_run_needs_no_temporary_folder(tmp_path: Path) -> None:
    """As on a read-only system: neither TMPDIR nor any other folder takes a file."""
    program = f"{NOWHERE}; from flopsbench.cli import main; main()"
    document = tmp_path / "result.json"
    asked = ["run", "--device=cpu", "--backend=numpy", "--dtype=fp64", "--size=64", "--time=1", f"--json={document}"]
    done = subprocess.run([sys.executable, "-c", program, *asked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert load(document).cases[0].processes
