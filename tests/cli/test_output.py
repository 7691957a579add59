"""Tests where a comparison is written and printed, and what the caller is told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec.structs import replace

from flopsbench.cli.options import DEFAULT_FAIL_ON, DEFAULT_MARGIN
from flopsbench.cli.output import Targets, as_json, check_targets, hand_over
from flopsbench.errors import ExitCode, UsageError
from flopsbench.track.comparison import Comparison, parse_fail_on, parse_margin
from flopsbench.track.verdicts import FAILURES
from tests.render.terminal.test_comparison import change, comparison

FAILING = comparison(change("regression", estimate=-0.0312345678, reason="the fan died"), differences=["numpy 1 -> 2"])
OPTIONS = ("json", "markdown", "junit")


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def handed(shown: Comparison = FAILING, fail_on: str = DEFAULT_FAIL_ON, **targets: str) -> ExitCode:
    return hand_over(shown, Targets(**{option: targets.get(option) for option in OPTIONS}), fail_on)


def test_the_defaults_are_what_the_texts_of_the_options_say() -> None:
    assert parse_margin(DEFAULT_MARGIN) == 0.02
    assert parse_fail_on(DEFAULT_FAIL_ON) == FAILURES


def test_the_document_names_its_schema_and_reads_back_with_the_digits_documents_keep() -> None:
    document = as_json(FAILING)
    plain = json.loads(document)
    assert list(plain)[:2] == ["schema", "schema_version"]
    assert plain["schema"] == "flopsbench.comparison"
    assert plain["changes"][0]["estimate"] == -0.0312346
    read = msgspec.json.decode(document, type=Comparison)
    assert (read.margin, read.differences) == (FAILING.margin, FAILING.differences)
    assert read.changes[0].verdict == "regression"


def test_no_text_in_the_document_is_a_command_to_github() -> None:
    document = as_json(replace(FAILING, notes=["##[error]planted"]))
    assert b"##[" not in document
    assert json.loads(document)["notes"] == ["##[error]planted"]


def test_every_document_asked_for_is_written_and_the_report_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = {option: str(tmp_path / option) for option in OPTIONS}
    assert handed(**targets) is ExitCode.FAILED
    assert json.loads((tmp_path / "json").read_text())["margin"] == 0.02
    assert (tmp_path / "markdown").read_text().startswith("### flopsbench compare: 1 regression")
    assert ElementTree.parse(tmp_path / "junit").getroot().tag == "testsuites"
    assert capsys.readouterr().out.endswith("1 regression (margin 2 %)\n")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_document_on_standard_output_is_alone_there(
    option: str, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    handed(**{option: "-"})
    out, err = capsysbinary.readouterr()
    assert out[:1] == {"json": b"{", "markdown": b"#", "junit": b"<"}[option]
    assert b"::error" not in out
    assert err.startswith(b"::error title=")


def test_what_fails_is_what_was_asked_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert handed(fail_on="none") is ExitCode.DONE
    assert handed(comparison(change("inconclusive")), fail_on="inconclusive") is ExitCode.INCONCLUSIVE


def test_under_github_the_summary_is_added_to_and_annotations_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "summary.md"
    page.write_text("# The step before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    handed()
    assert page.read_text().startswith("# The step before\n### flopsbench compare")
    assert "::error title=flopsbench compare%3A regression::fp32" in capsys.readouterr().out


def test_under_github_no_line_of_the_report_is_a_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    handed(replace(FAILING, notes=["::error::planted"]))
    lines = capsys.readouterr().out.splitlines()
    stop = lines[0].removeprefix("::stop-commands::")
    assert len(stop) == 32
    planted, resumed = (next(n for n, line in enumerate(lines) if text in line) for text in ("planted", f"::{stop}::"))
    annotation = next(n for n, line in enumerate(lines) if line.startswith("::error title="))
    assert 0 < planted < resumed < annotation


def test_elsewhere_no_annotation_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    handed()
    assert "::error" not in capsys.readouterr().out


def test_a_target_that_cannot_be_written_after_all_is_named_and_the_rest_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "summary.md"))
    fine = comparison(change())
    (tmp_path / "file").write_text("")
    code = handed(fine, json=str(tmp_path / "file" / "x.json"), junit=str(tmp_path / "junit"))
    out, err = capsys.readouterr()
    assert code is ExitCode.USAGE
    assert (tmp_path / "junit").exists()
    assert "x.json cannot be written (" in err
    assert "the job's summary cannot be written (No such file or directory)" in err
    assert "1 unchanged" in out
    assert handed(json=str(tmp_path / "file" / "x.json")) is ExitCode.FAILED


@pytest.mark.parametrize("option", OPTIONS)
def test_targets_are_refused_before_any_work(option: str, tmp_path: Path) -> None:
    for target in ("", str(tmp_path), "/nowhere/file"):
        with pytest.raises(UsageError, match=rf"--{option} .*: no file can be written there"):
            check_targets(**dict.fromkeys(OPTIONS) | {option: target})
    check_targets(**dict.fromkeys(OPTIONS) | {option: str(tmp_path / "file")})
    check_targets(**dict.fromkeys(OPTIONS) | {option: "-"})


def test_two_documents_do_not_share_standard_output() -> None:
    with pytest.raises(UsageError, match="only one of --json, --markdown and --junit"):
        check_targets("-", None, "-")
