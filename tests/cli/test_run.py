"""Tests where ``run --json`` writes, and when."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from flopsbench.cli.files import check_target
from flopsbench.cli.output import Targets
from flopsbench.cli.run import Keeper, _hand_over, _print, is_plain_file
from flopsbench.errors import UsageError
from flopsbench.result.codec import decode
from flopsbench.result.files import load
from tests.documents import case, result
from tests.systems import PIPES

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


@PIPES
def test_only_a_file_of_its_own_is_written_more_than_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old.json").write_text("")
    assert is_plain_file(str(tmp_path / "new.json"))
    assert is_plain_file(str(tmp_path / "old.json"))
    assert not any(map(is_plain_file, ("-", "/dev/null", "/dev/stdout", "/dev/fd/7", str(tmp_path / "pipe"))))


def test_a_link_is_followed_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "nowhere.json").symlink_to("missing/x.json")
    (tmp_path / "new.json").symlink_to("real.json")
    for name in ("loop.json", "nowhere.json"):
        with pytest.raises(UsageError, match="no file can be written there"):
            check_target("--json", str(tmp_path / name))
    check_target("--json", str(tmp_path / "new.json"))
    check_target("--json", "/dev/null")


def test_an_interrupted_run_that_measured_nothing_leaves_an_older_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, nothing = tmp_path / "old.json", result(case("skipped"), interrupted=True)
    old.write_text("an older Result")
    _hand_over(nothing, Targets(str(old)), None, "en")
    assert old.read_text() == "an older Result"
    assert "old.json stays as it was: nothing was measured" in " ".join(capsys.readouterr().err.split())
    _hand_over(nothing, Targets(str(tmp_path / "new.json")), None, "en")
    assert load(tmp_path / "new.json").interrupted


def test_a_run_ends_with_its_screen_and_in_full_with_all_that_show_prints(capsys: pytest.CaptureFixture[str]) -> None:
    document = result(case(), case("skipped", dtype="fp64", reason="not reached"))
    shown = {}
    for full in (False, True):
        assert _hand_over(document, Targets(), None, "en", full)
        shown[full] = capsys.readouterr().out
    assert ["Not run, 1 of 2 cases: not reached" in told for told in shown.values()] == [True, False]
    assert ["not run: fp64 numpy: not reached" in told for told in shown.values()] == [False, True]
    assert ["published figures there" in told for told in shown.values()] == [False, True]


@pytest.mark.process
def test_standard_output_by_its_name_is_the_document_alone(
    tmp_path: Path, install_strangers: Callable[..., None]
) -> None:
    install_strangers("exact")
    with (tmp_path / "out.json").open("wb") as out:
        subprocess.run([*COMMAND, "--json=/dev/stdout"], stdout=out, check=True)
    assert [case.status for case in load(tmp_path / "out.json").cases] == ["ok", "ok"]
    assert not load(tmp_path / "out.json").interrupted


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


def test_where_the_result_is_written_is_said_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, told in (("en", "Result written to out.json"), ("zh", "结果已写入out.json")):
        _print(result(), ["out.json"], lang, full=False)
        assert capsys.readouterr().out.splitlines()[-1] == told


def test_markdown_is_written_beside_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, told = result(case()), Targets(str(tmp_path / "r.json"), str(tmp_path / "r.md"))
    assert _hand_over(document, told, None, "en")
    assert (tmp_path / "r.md").read_text().startswith("### ")
    assert load(tmp_path / "r.json").cases[0].stats
    assert "fp32" in capsys.readouterr().out
    _hand_over(document, Targets(markdown="-"), None, "en")
    assert capsys.readouterr().out == (tmp_path / "r.md").read_text()
