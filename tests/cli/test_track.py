"""Tests ``flopsbench track`` as a user types it: every bad input has its own sentence and exit code."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from flopsbench.cli.options import DEFAULT_HISTORY_MARGIN
from flopsbench.cli.track import app
from flopsbench.errors import FlopsbenchError
from flopsbench.result.codec import encode
from flopsbench.result.types import Result
from flopsbench.track.comparison import parse_margin
from flopsbench.track.history.folder import read_history
from flopsbench.track.history.judge import judge_history
from flopsbench.track.history.series import all_series
from tests.documents import case, host
from tests.track.history.histories import (
    RATE,
    by_commit,
    daily,
    hashed,
    measured,
    noisy,
    results,
    source,
    suite,
    timed,
    write,
)

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")
SURROUNDINGS = {"COLUMNS": "80", "NO_COLOR": "1", "GITHUB_STEP_SUMMARY": None, "GITHUB_ACTIONS": None}


class Done(NamedTuple):
    code: int
    out: str
    err: str


def track(*arguments: str | Path) -> Done:
    """Run the command as ``flopsbench.cli.main`` does."""
    done = CliRunner(env=SURROUNDINGS).invoke(app, [str(argument) for argument in arguments])
    if isinstance(done.exception, FlopsbenchError):
        return Done(done.exception.exit_code, done.stdout, done.stderr + str(done.exception))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def words(text: str) -> str:
    """Return the text without the line breaks of 80 columns."""
    return re.sub(r"[│\s]+", " ", text)


def file(folder: Path, made: Result, name: str = "result.json") -> Path:
    path = folder / name
    path.write_bytes(encode(made))
    return path


@pytest.fixture
def slower(tmp_path):
    """Make a history in which the rate fell by 5 %."""
    return write(tmp_path / "h", results(noisy(40, steps={20: 0.95})))


@pytest.mark.process
def test_track_is_a_command_of_flopsbench():
    done = subprocess.run(
        [sys.executable, "-m", "flopsbench", "track", "check", "--history=/nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("flopsbench: /nowhere: no such folder")


def test_a_regression_is_found_told_accepted_and_quiet_from_then_on(slower):
    first = track("check", "--history", slower)
    assert first.code == 3
    assert "slower since 2024-01-21" in words(first.out)
    (id,) = set(re.findall(r"track ack ([0-9a-f]{8})", first.out))
    accepted = track("ack", id, "--reason", "safer rounding", "--history", slower)
    assert (accepted.code, accepted.out.startswith(f"accepted {id}")) == (0, True)
    then = track("check", "--history", slower)
    assert then.code == 0
    assert "safer rounding" in words(then.out)


def test_the_margin_of_the_command_is_that_of_the_library():
    assert parse_margin(DEFAULT_HISTORY_MARGIN) == inspect.signature(judge_history).parameters["margin"].default


def test_an_empty_history_has_nothing_to_compare(tmp_path):
    done = track("check", "--history", tmp_path)
    assert done.code == 5
    assert "nothing to compare: the history is empty; flopsbench track add RESULT fills it" in done.err


def test_a_missing_folder_is_named(tmp_path):
    done = track("check", "--history", tmp_path / "nowhere")
    assert done.code == 5
    assert "nowhere: no such folder; flopsbench track add RESULT starts a history there" in done.err


def test_one_point_is_too_few(tmp_path):
    done = track("check", "--history", write(tmp_path, results([RATE])))
    assert done.code == 0
    assert "1 of the 10 Results needed" in words(done.out)
    assert track("check", "--history", tmp_path, "--fail-on", "inconclusive").code == 4


def test_adding_says_how_many_results_are_still_needed(tmp_path):
    files = [file(tmp_path, each, f"{number}.json") for number, each in enumerate(results(noisy(10)))]
    assert "9 of the 10 Results needed: 1 more until" in words(
        track("add", *files[:9], "--history", tmp_path / "h").out
    )
    assert "needed" not in track("add", files[9], "--history", tmp_path / "h").out
    (usual,) = results([RATE])
    other = file(tmp_path, replace(usual, tool=replace(usual.tool, profile="standard")))
    assert "1 of the 10 Results needed" in words(track("add", other, "--history", tmp_path / "h", "--backfill").out)


def test_a_corrupted_result_is_named_the_rest_used_and_the_exit_code_says_so(tmp_path):
    history = write(tmp_path, results(noisy(40)))
    broken = next(history.rglob("*.json"))
    broken.write_bytes(broken.read_bytes()[:500])
    done = track("check", "--history", history)
    assert done.code == 6
    assert f"flopsbench: {broken}: truncated" in done.err
    assert "1 unchanged" in done.out
    assert track("log", "--history", history).code == 6
    assert track("show", "1024", "--history", history).code == 6


def test_a_regression_outweighs_a_corrupted_result(slower):
    (slower / "v1" / "broken.json").write_text("{")
    done = track("check", "--history", slower)
    assert done.code == 3
    assert "broken.json: truncated" in done.err


def test_a_history_of_rubbish_is_rejected(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    done = track("check", "--history", tmp_path)
    assert done.code == 6
    assert "no file in this history is a Result" in done.err


def test_two_machines_are_two_series(tmp_path):
    other = host(hardware_key="f" * 16)
    made = [*results(noisy(20)), *results([rate / 2 for rate in noisy(20)], host=other)]
    done = track("check", "--history", write(tmp_path, made))
    assert done.code == 0
    assert "2 machines, each with series of its own" in words(done.out)
    assert "2 unchanged" in done.out


def test_a_clock_that_went_backwards_is_refused_unless_it_is_meant(tmp_path):
    history = write(tmp_path / "h", [daily(5)])
    path = file(tmp_path, daily(3, measured(2e12)))
    done = track("add", path, "--history", history)
    assert done.code == 6
    assert "older than the newest Result of its machine" in done.err
    assert track("add", path, "--history", history, "--backfill").code == 0


def test_a_result_from_the_future_is_refused(tmp_path):
    done = track("add", file(tmp_path, daily(365 * 900)), "--history", tmp_path / "h")
    assert done.code == 6
    assert "more than a day ahead of this machine's clock" in done.err


def test_a_renamed_dtype_is_missing(tmp_path):
    made = [daily(day, measured(), measured(edge=64)) for day in range(3)]
    made.append(daily(3, measured(), measured(edge=64, dtype="tf32")))
    done = track("check", "--history", write(tmp_path, made))
    assert done.code == 3
    assert "tf32 numpy blas burst of the same shape is new, perhaps its new name" in words(done.out)


def test_a_case_that_fails_its_proof_fails(tmp_path):
    made = [*results(noisy(20)), daily(20, case("failed", reason="residual 3 is above its bound"))]
    done = track("check", "--history", write(tmp_path, made))
    assert done.code == 3
    assert "residual 3 is above its bound" in words(done.out)


def test_adding_twice_says_so(tmp_path):
    path = file(tmp_path, daily(0))
    first = track("add", path, "--history", tmp_path / "h")
    again = track("add", path, "--history", tmp_path / "h")
    assert (first.code, again.code) == (0, 0)
    assert first.out.startswith("added as")
    assert again.out.startswith("in the history already:")


def test_adding_a_damaged_file_again_heals_the_history(tmp_path):
    path = file(tmp_path, daily(0))
    track("add", path, "--history", tmp_path / "h")
    (stored,) = (tmp_path / "h").rglob("*.json")
    stored.write_bytes(b"{")
    done = track("add", path, "--history", tmp_path / "h")
    assert (done.code, done.out) == (0, f"was damaged, written again: {stored}\n")
    assert track("check", "--history", tmp_path / "h").code == 0


def test_a_side_of_an_a_b_may_not_join(tmp_path):
    side = daily(0, tool=replace(daily(0).tool, profile="ab"))
    done = track("add", file(tmp_path, side), "--history", tmp_path / "h")
    assert done.code == 6
    assert "result.json: the sides of an A/B are no history: measure one with flopsbench run" in done.err


def test_one_bad_file_among_several_is_named_and_the_others_are_filed(tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("no")
    done = track("add", bad, file(tmp_path, daily(0)), tmp_path / "gone.json", "--history", tmp_path / "h")
    assert done.code == 6
    assert done.out.startswith("added as")
    assert "bad.json: not JSON" in done.err
    assert "gone.json: cannot be read: No such file" in done.err


def test_an_unknown_id_names_the_known_ones(slower):
    done = track("ack", "00000000", "--reason", "why", "--history", slower)
    assert done.code == 2
    assert re.search(r"no change 00000000 in .*: there are [0-9a-f]{8} \(cpu gemm/fp32", done.err)


def test_an_id_where_nothing_changed_is_refused(tmp_path):
    done = track("ack", "00000000", "--reason", "why", "--history", write(tmp_path, results(noisy(20))))
    assert done.code == 2
    assert "it has no changes" in done.err


@pytest.mark.parametrize(("by", "code"), [(-5, 0), (2, 0), (6, 2)])
def test_yesterdays_id_of_a_change_whose_place_moved_since_is_accepted(slower, by, code):
    (series,) = all_series(read_history(slower).results)
    id = series.id_at(20 + by)
    done = track("ack", id, "--reason", "why", "--history", slower)
    assert (done.code, done.out.startswith(f"accepted {id} (cpu gemm")) == (code, code == 0)
    assert track("check", "--history", slower).code == (0 if code == 0 else 3)


def test_a_failure_on_a_machine_that_never_comes_back_can_be_accepted(tmp_path):
    gone = daily(0, case("failed", reason="residual 3"), host=host(hardware_key="f" * 16))
    history = write(tmp_path, [gone, *results(noisy(20))])
    done = track("check", "--history", history)
    assert done.code == 3
    assert "AMD EPYC 9B14 ffffffff" in words(done.out)
    (id,) = set(re.findall(r"track ack ([0-9a-f]{8})", words(done.out)))
    assert track("ack", id, "--reason", "sold", "--history", history).code == 0
    assert track("check", "--history", history).code == 0


def test_a_git_attributes_file_in_another_encoding_is_no_obstacle(slower):
    (slower / ".gitattributes").write_bytes(b"# caf\xe9\n")
    (id,) = set(re.findall(r"track ack ([0-9a-f]{8})", track("check", "--history", slower).out))
    assert track("ack", id, "--reason", "why", "--history", slower).code == 0


def test_what_is_accepted_already_is_said(slower):
    (id,) = set(re.findall(r"track ack ([0-9a-f]{8})", track("check", "--history", slower).out))
    track("ack", id, "--reason", "first", "--history", slower)
    done = track("ack", id, "--reason", "second", "--history", slower)
    assert done.code == 2
    assert done.err.endswith("already: first")


def test_broken_acknowledgements_are_rejected_with_their_line(slower):
    (slower / "acks.toml").write_text("<<<<<<< main\n")
    done = track("check", "--history", slower)
    assert done.code == 6
    assert "acks.toml" in done.err
    assert "line 1" in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "--margin=3x"], "--margin 3x"),
        (["check", "--fail-on=everything"], "--fail-on everything"),
        (["check", "--json=/nowhere/out.json"], "no file can be written there"),
        (["log", "--json=/nowhere/out.json"], "no file can be written there"),
        (["show", "int8"], "no case matches 'int8'"),
        (["show", "gemm", "--machine=H200"], "no case matches 'gemm'"),
        (["show", "1024", "--plot=a.pdf"], "end the name in .svg or .png"),
        (["show", "1024", "--plot=/nowhere/a.svg"], "no file can be written there"),
        (["ack", "00000000", "--reason="], "no change 00000000"),
    ],
)
def test_a_wrong_request_is_one_sentence(slower, arguments, sentence):
    done = track(*arguments, "--history", slower)
    assert done.code == 2
    assert sentence in done.err


def test_a_part_that_several_cases_share_names_them(tmp_path):
    history = write(tmp_path, [daily(0, measured(), measured(edge=64))])
    done = track("show", "gemm", "--history", history)
    assert done.code == 2
    assert "2 cases match 'gemm': name one, or its --machine" in done.err
    assert "cpu gemm/fp32/64x64x64/nn/numpy/blas/cpu/burst on AMD EPYC 9B14 01234567" in done.err


def test_a_whole_key_is_meant_even_where_others_contain_it(tmp_path):
    history = write(tmp_path, [daily(0, measured(), measured(edge=64))])
    assert track("show", "gemm/fp32/64x64x64/nn/numpy/blas/cpu/burst", "--history", history).code == 0


def test_the_machine_chooses_between_equal_cases(tmp_path):
    other = host(hardware_key="f" * 16)
    history = write(tmp_path, [daily(0, measured()), daily(0, measured(), host=other)])
    assert track("show", "1024", "--history", history).code == 2
    assert track("show", "1024", "--machine=ffff", "--history", history).code == 0


def test_the_log_has_a_line_a_series(slower):
    done = track("log", "--history", slower)
    assert done.code == 0
    assert re.search(r"fp32 numpy 1024³ +2024-01-01 +40 +9[45]\d\.\d GFLOPS +2024-01-21", done.out)


def test_the_log_as_records_says_the_same_to_programs(slower, tmp_path):
    done = track("log", "--history", slower, "--json=-")
    (record,) = json.loads(done.out)
    assert (record["case"], record["results"]) == ("cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst", 40)
    assert record["rate_per_s"] == pytest.approx(0.95 * RATE, rel=0.01)
    (change,) = record["changes"]
    assert change["since"].startswith("2024-01-21")
    assert change["change"] == pytest.approx(-0.05, abs=0.005)
    assert f"track ack {change['id']}" in words(track("check", "--history", slower).out)
    track("log", "--history", slower, "--json", tmp_path / "log.json")
    assert json.loads((tmp_path / "log.json").read_text()) == [record]


@pytest.mark.process  # matplotlib may ask fc-list, the first time
def test_a_picture_is_drawn_and_named(slower, tmp_path):
    done = track("show", "1024", "--history", slower, "--plot", tmp_path / "a.svg")
    assert done.code == 0
    assert f"drawn in {tmp_path / 'a.svg'}" in words(done.out)
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")


def test_the_comparison_is_written_where_it_is_asked_for(slower, tmp_path):
    targets = {name: tmp_path / name for name in ("json", "markdown", "junit")}
    done = track("check", "--history", slower, *(f"--{name}={path}" for name, path in targets.items()))
    assert done.code == 3
    document = json.loads(targets["json"].read_text())
    assert [change["verdict"] for change in document["changes"]] == ["regression"]
    assert "regression" in targets["markdown"].read_text()
    assert "<failure" in targets["junit"].read_text()


def test_json_on_standard_output_stands_alone(slower):
    done = track("check", "--history", slower, "--json=-")
    assert json.loads(done.out)["command"] == "track check"


def test_nobody_has_to_fail(slower):
    assert track("check", "--history", slower, "--fail-on", "none").code == 0


# --- by commit, and as pages


@pytest.fixture
def no_project(tmp_path, monkeypatch):
    """Stand outside of any repository, so that no process asks git."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def by_commits(tmp_path, no_project):
    """Make a history by commit in which the rate fell by 5 %."""
    return write(tmp_path / "h", by_commit(noisy(40, steps={20: 0.95})))


def test_the_first_bad_commit_is_told_by_check_and_show(by_commits):
    told = "first bad commit: in 0000000..0000000; measured: 0000000 (2024-01-21)"
    assert told in words(track("check", "--history", by_commits).out)
    shown = words(track("show", "1024", "--history", by_commits).out)
    assert told in shown
    assert "from 2024-01-21 0000000, in 20 commits" in shown


def test_the_log_has_the_commit_beside_the_day(by_commits):
    done = track("log", "--history", by_commits)
    assert re.search(r"2024-01-01 +40 +9[45]\d\.\d GFLOPS +2024-01-21 0000000", done.out)
    (record,) = json.loads(track("log", "--history", by_commits, "--json=-").out)
    assert (record["commit"], record["points"]) == (hashed(39), 40)
    assert [(change["good_commit"], change["bad_commit"]) for change in record["changes"]] == [(hashed(19), hashed(20))]


def test_old_jobs_that_are_run_again_do_not_fail(tmp_path, no_project):
    made = by_commit(noisy(40, steps={20: 1.1}))
    again = [daily(50 + number, measured(0.99 * RATE), source=source(number)) for number in (3, 4, 5)]
    history = write(tmp_path / "h", made)
    for number, each in enumerate(again):
        assert track("add", file(tmp_path, each, f"{number}.json"), "--history", history).code == 0
    assert track("check", "--history", history).code == 0


def test_calls_are_tracked_beside_cases(tmp_path):
    made = [suite(day, timed("tests/test_a.py::test_b", 90.0 if day >= 20 else 100.0)) for day in range(40)]
    history = write(tmp_path / "h", made)
    done = track("check", "--history", history)
    assert done.code == 3
    assert "10.00 ms 11.11 ms" in words(done.out)
    (id,) = set(re.findall(r"track ack ([0-9a-f]{8})", words(done.out)))
    assert track("ack", id, "--reason", "safer", "--history", history).code == 0
    assert track("check", "--history", history).code == 0
    assert "11.11 ms" in track("log", "--history", history).out
    assert "tests/test_a.py::test_b" in track("show", "test_b", "--history", history).out


@pytest.mark.clone
def test_a_shallow_clone_is_told_by_each_command(by_commits, tmp_path, monkeypatch):
    for command in (["init", "--quiet", "p"], ["-C", "p", *WHO, "commit", "--quiet", "--allow-empty", "-m", "one"]):
        subprocess.run(["git", *command], check=True)
    (tmp_path / "p/.git/shallow").write_text("0" * 39 + "1\n")
    monkeypatch.chdir(tmp_path / "p")
    told = "this clone is shallow: it lacks 40 commits of the history"
    assert told in words(track("check", "--history", by_commits).out)
    assert told in track("log", "--history", by_commits).err
    assert told in track("show", "1024", "--history", by_commits).err


def test_a_history_is_written_as_pages(by_commits, tmp_path):
    done = track("page", "--history", by_commits, "-o", tmp_path / "site", "--repository", "https://github.com/o/p")
    assert (done.code, done.err) == (0, "")
    assert "6 files of 1 series" in words(done.out)
    (page,) = (tmp_path / "site/series").iterdir()
    assert f"https://github.com/o/p/commit/{hashed(20)}" in page.read_text()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://u:p@x.org/o", "o/p"])
def test_commits_are_linked_to_addresses_of_the_web_alone(by_commits, tmp_path, address):
    done = track("page", "--history", by_commits, "-o", tmp_path / "site", "--repository", address)
    assert done.code == 2
    assert "write the address of a project on the web" in done.err
    assert not (tmp_path / "site").exists()


def test_a_corrupted_result_is_named_and_the_pages_are_written_all_the_same(by_commits, tmp_path):
    (by_commits / "v1" / "broken.json").write_text("{")
    done = track("page", "--history", by_commits, "-o", tmp_path / "site")
    assert done.code == 6
    assert "broken.json: truncated" in done.err
    assert (tmp_path / "site/index.html").is_file()


def test_pages_without_jinja2_say_how_to_get_it(by_commits, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("jinja2", "flopsbench.site"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    done = track("page", "--history", by_commits, "-o", tmp_path / "site")
    assert done.code == 2
    assert "pip install 'flopsbench[site]'" in done.err


def test_a_folder_of_other_files_is_no_place_for_pages(by_commits, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thesis.tex").touch()
    done = track("page", "--history", by_commits, "-o", tmp_path / "site")
    assert done.code == 2
    assert "holds files and no site" in done.err
