"""Tests that nothing about standard output and error ends a command: each fault has its sentence and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flopsbench.result.files import load
from tests.cli.test_exit_codes import document

pytestmark = pytest.mark.process

GOLDEN = Path(__file__).parents[1] / "golden" / "result-1.0-quick-cpu.json"
FLOPSBENCH = f"{sys.executable} -m flopsbench"
RUN = "run --backend=exact --dtype=fp64 --size=250 --time=1"
CLOSED = "flopsbench: standard output cannot be written (Bad file descriptor)\n"
FULL = "flopsbench: standard output cannot be written (No space left on device)\n"
CLOSED_ZH, FULL_ZH = (
    "flopsbench: 标准输出无法写入（无效的文件描述符）\n",
    "flopsbench: 标准输出无法写入（设备上没有剩余空间）\n",
)

# What prints by print, by rich, by typer, as bytes, in two languages, and a document.
PRINTERS = (
    "show base.json",  # by rich
    "show .",  # by print
    "validate base.json --format json",  # bytes, with findings
    "compare base.json base.json",
    "scale --list --lang zh",
    "run --help",  # by typer
)


NARROW = """
import fcntl, os, sys
fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 4096)
os.set_blocking(1, False)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def shell(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in a folder, in which FB is the program."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=os.environ | {"FB": FLOPSBENCH, "TMPDIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def kept(told: str) -> Path:
    """The file in which a complaint says that a result is kept."""
    return Path(told.rpartition("kept in ")[2].strip().splitlines()[0])


@pytest.fixture
def folder(tmp_path: Path, install_strangers: Callable[..., None]) -> Path:
    """A folder with a Result, one that is slower, and a history of one Result."""
    install_strangers("exact")
    here = tmp_path / "here"
    here.mkdir()
    document(here, "base.json", 1e12)
    document(here, "slower.json", 0.8e12)
    (here / "flopsbench-history").mkdir()
    document(here / "flopsbench-history", "base.json", 1e12)
    return here


@pytest.mark.parametrize("command", PRINTERS)
def test_what_cannot_be_printed_is_told_in_a_sentence_and_by_the_exit_code(folder: Path, command: str) -> None:
    usual = shell(folder, f"$FB {command}")
    assert usual.returncode in (0, 6)
    closed, full = (CLOSED_ZH, FULL_ZH) if command.endswith("--lang zh") else (CLOSED, FULL)
    for end, sentence in ((">&-", closed), (">/dev/full", full)):
        done = shell(folder, f"$FB {command} {end}")
        assert done.returncode == (usual.returncode or 2)
        assert done.stderr == usual.stderr + sentence
    left = shell(folder, f"$FB {command} | true; exit ${{PIPESTATUS[0]}}")
    assert (left.returncode, left.stderr) == (usual.returncode, usual.stderr), "who leaves has seen what he wanted"


def test_a_comparison_for_standard_output_that_did_not_arrive_is_kept(folder: Path) -> None:
    for end, why in ((">/dev/full", "No space left on device"), ("| true; exit ${PIPESTATUS[0]}", "Broken pipe")):
        done = shell(folder, f"$FB compare base.json base.json --json - {end}")
        assert done.returncode == 2
        assert done.stderr.startswith(f"flopsbench: --json - cannot be written ({why}); kept in ")
        assert json.loads(kept(done.stderr).read_text())["schema"] == "flopsbench.comparison"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("command", ["show base.json", "compare base.json base.json", "scale --list --lang zh"])
def test_an_encoding_of_few_letters_loses_no_line(folder: Path, command: str, encoding: str) -> None:
    usual = shell(folder, f"$FB {command}")
    done = shell(folder, f"$FB {command} | iconv -f {encoding} -t utf-8", PYTHONIOENCODING=encoding)
    assert done.stderr == usual.stderr == ""
    assert len(done.stdout.splitlines()) == len(usual.stdout.splitlines())
    assert "?" not in done.stdout.replace("?", "", usual.stdout.count("?"))


def test_signs_are_written_in_letters_where_there_are_no_signs(folder: Path) -> None:
    done = shell(folder, f"$FB show {GOLDEN}", PYTHONIOENCODING="ascii")
    assert "2048^3" in done.stdout
    assert "+-2e-15" in done.stdout
    assert "\\x" not in done.stdout


def test_a_document_is_the_same_in_any_encoding(folder: Path) -> None:
    for command in ("schema", "validate base.json --format json", "compare base.json base.json --json -"):
        line = f"$FB {command} 2>&1 | sha256sum"
        assert shell(folder, line).stdout == shell(folder, line, PYTHONIOENCODING="ascii").stdout


@pytest.mark.parametrize("name", ["COLUMNS", "TERMINAL_WIDTH"])
def test_a_width_that_cannot_be_printed_to_is_none(folder: Path, name: str) -> None:
    for command in ("show base.json", "--help"):
        usual = shell(folder, f"unset COLUMNS; $FB {command}").stdout
        assert len(usual) > 300
        for value in ("0", "²", "", "99999999"):
            done = shell(folder, f"unset COLUMNS; export {name}='{value}'; $FB {command}")
            assert (done.returncode, done.stdout, done.stderr) == (0, usual, ""), value


def test_a_width_below_the_narrowest_is_the_narrowest(folder: Path) -> None:
    usual, narrow, narrower = (shell(folder, f"COLUMNS={width} $FB show base.json").stdout for width in (80, 40, 20))
    assert narrower == narrow != usual


def test_without_any_stream_a_command_still_ends_by_its_exit_code(folder: Path) -> None:
    end = "<&- >&- 2>&-"
    for command, code in (
        ("compare base.json slower.json", 3),
        ("compare base.json base.json", 2),
        ("show nothing.json", 6),
        (f"{RUN} --json out.json", 2),
    ):
        assert shell(folder, f"$FB {command} {end}").returncode == code
    assert [case.status for case in load(folder / "out.json").cases] == ["ok"]


@pytest.mark.parametrize("end", [">&-", ">/dev/full", "| true; exit ${PIPESTATUS[0]}"])
def test_a_regression_outweighs_what_cannot_be_printed(folder: Path, end: str) -> None:
    assert shell(folder, f"$FB compare base.json slower.json {end}").returncode == 3


@pytest.mark.parametrize(
    ("end", "code", "why"),
    [
        (">&-", 2, "Bad file descriptor"),
        (">/dev/full", 2, "No space left on device"),
        ("| true; exit ${PIPESTATUS[0]}", 0, "Broken pipe"),
    ],
)
def test_a_result_that_could_not_be_printed_is_kept(folder: Path, end: str, code: int, why: str) -> None:
    done = shell(folder, f"$FB {RUN} {end}")
    assert done.returncode == code
    assert f"the result could not be printed ({why}); kept in" in done.stderr
    assert [case.status for case in load(kept(done.stderr)).cases] == ["ok"]


@pytest.mark.parametrize("end", [">&-", ">/dev/full", "| true; exit ${PIPESTATUS[0]}"])
def test_a_result_that_lies_in_its_file_is_not_kept_twice(folder: Path, end: str) -> None:
    done = shell(folder, f"$FB {RUN} --json out.json {end}")
    assert "kept" not in done.stderr
    assert [case.status for case in load(folder / "out.json").cases] == ["ok"]


def test_a_document_for_a_closed_output_is_refused_before_anything_is_measured(folder: Path) -> None:
    done = shell(folder, f"$FB {RUN} --json - >&-")
    assert (done.returncode, done.stderr) == (2, "flopsbench: --json -: standard output is closed\n")


@pytest.mark.parametrize("end", [">/dev/full", "| true; exit ${PIPESTATUS[0]}"])
def test_a_document_that_did_not_arrive_is_kept(folder: Path, end: str) -> None:
    done = shell(folder, f"$FB {RUN} --json - {end}")
    assert done.returncode == 2
    assert done.stderr.count("flopsbench: ") == 1
    assert [case.status for case in load(kept(done.stderr)).cases] == ["ok"]


def test_a_closed_output_is_no_file_that_was_asked_for(folder: Path) -> None:
    """What is opened next must not become standard output, nor /dev/null be taken for it."""
    done = shell(folder, "$FB export base.json --format csv -o out.csv >&-; cat out.csv")
    assert done.stdout.startswith("id,created")
    assert shell(folder, "$FB export base.json --format csv -o /dev/null >&-").returncode == 0


def test_a_non_blocking_output_gets_all_of_it(folder: Path) -> None:
    (folder / "narrow.py").write_text(NARROW)
    usual = shell(folder, "$FB schema")
    assert len(usual.stdout) > 4096, "it is more than this pipe holds"
    done = shell(folder, f"{sys.executable} narrow.py $FB schema | (sleep 1; cat)")
    assert (done.stdout, done.stderr) == (usual.stdout, "")
