"""An operation and a kind of device of which flopsbench knows nothing but a row each, through every room there is."""

from __future__ import annotations

import csv
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from flopsbench import load, run
from flopsbench.analysis.headline import fastest
from flopsbench.cli import app
from flopsbench.device import KINDS
from flopsbench.errors import DocumentRejected, NotComparable, UsageError
from flopsbench.problem import OPS
from flopsbench.render.html.result import ResultPage
from flopsbench.render.terminal.result.machine import summary_line
from flopsbench.result.codec import decode, encode
from flopsbench.result.types import Case, Result
from flopsbench.runs.plan import check_device_names
from flopsbench.site.model.read import read_entry
from flopsbench.track.compare import compare
from flopsbench.track.differences import differences
from flopsbench.units import format_rate
from flopsbench.validate.document import validate_document

Install = Callable[..., None]
SURROUNDINGS = {"COLUMNS": "80", "NO_COLOR": "1"}


@pytest.fixture
def rows(install_strangers: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """Know the rows of tests/strangers/streams.py, here and in workers, until the test ends."""
    install_strangers("streams")
    for table, name in ((OPS, "triad"), (OPS, "walk"), (KINDS, "loom")):
        monkeypatch.setitem(table, name, None)  # type: ignore[arg-type]  # so that the row goes when the test does
    importlib.reload(importlib.import_module("tests.strangers.streams"))


@pytest.fixture
def woven(rows: None) -> Result:
    """Every operation on the unknown kind of device, as a worker process measured them."""
    settings = {"backend": ["streams"], "kernel": ["triad", "walk", "weave"], "time_s": 1.0, "seed": 1}
    return decode(encode(run("loom", **settings)))


def of(result: Result, op: str) -> Case:
    (case,) = (case for case in result.cases if case.op == op)
    return case


def told(*arguments: str | Path) -> tuple[int, str]:
    """Run a command in this process; return its exit code and what it printed."""
    done = CliRunner(env=SURROUNDINGS).invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


@pytest.mark.process
def test_the_worker_measures_them_by_their_rows(woven: Result) -> None:
    triad, weave = of(woven, "triad"), of(woven, "gemm")
    assert triad.case == "triad/fp64/128x128x1/nn/streams/triad/loom/burst"  # dtypes, sizes and blocks of the kind
    assert weave.case == "gemm/fp64/128x128x128/nn/streams/weave/loom/burst"
    assert (triad.flop_per_launch, weave.flop_per_launch) == (3 * 128 * 128 * 8, 2 * 128**3)
    for case in (triad, weave):
        assert (case.status, case.device) == ("ok", "loom:0")
        assert case.policy is not None
        assert (case.policy.block_s, case.policy.warmup_s) == (0.02, 0.01)
        assert case.processes[0].host_block_s
        assert case.processes[0].telemetry.clock_hz == 1.5e9
    assert triad.stats is not None
    assert weave.stats is not None
    launch_s = median(triad.processes[0].block_s) / triad.processes[0].loops
    assert triad.stats.rate.median == pytest.approx(3 * 128 * 128 * 8 / launch_s, rel=1e-4)
    assert (triad.stats.unit, weave.stats.unit) == ("B/s", "FLOP/s")
    assert (triad.proof, triad.compute) == (None, None)
    assert weave.proof is not None
    assert weave.proof.passed


@pytest.mark.process
def test_the_document_holds_a_ceiling_for_each_kind_of_rate(woven: Result) -> None:
    ceilings = {ceiling.unit: ceiling.reason for ceiling in woven.ceilings}
    assert ceilings == dict.fromkeys(("B/s", "FLOP/s"), "no shuttle measures the ceiling of a loom")
    assert woven.peaks == []


@pytest.mark.process
def test_the_validator_judges_them_by_their_rows(woven: Result) -> None:
    findings = validate_document(encode(woven)).findings
    assert "physics.unknown" in {finding.code for finding in findings}
    triad, weave = of(woven, "triad"), of(woven, "gemm")
    refused = [(finding.code, finding.where) for finding in findings if finding.level == "reject"]
    assert refused == [("environment.space", weave.case)]  # and a kind of device brings its own space
    assert triad.stats is not None
    wrong = {
        "integrity.flop": replace(triad, flop_per_launch=triad.flop_per_launch + 1),
        "integrity.unit": replace(triad, stats=replace(triad.stats, unit="FLOP/s")),
        "integrity.case": replace(weave, compute=None),
        "numerics.proof": replace(weave, proof=None),
        "timing.host": replace(triad, processes=[replace(triad.processes[0], host_block_s=[])]),
    }
    for code, case in wrong.items():
        cases = [case if case.op == each.op else each for each in woven.cases]
        assert code in {finding.code for finding in validate_document(encode(replace(woven, cases=cases))).findings}


@pytest.mark.process
def test_every_screen_and_file_shows_them(woven: Result, tmp_path: Path) -> None:
    document = tmp_path / "woven.json"
    document.write_bytes(encode(woven))
    code, shown = told("show", document)
    assert code == 0
    for case in woven.cases:
        assert case.stats is not None
        assert format_rate(case.stats.rate.median, case.stats.unit) in shown
    assert "loom:0: Jacquard 1804" in " ".join(shown.split())
    assert re.search(r"no ceiling for (fp64 in B/s, fp64|fp64, fp64 in B/s): no shuttle", " ".join(shown.split()))
    assert "none" not in shown  # what needs no proof lacks none
    code, table = told("export", document, "--format", "csv")
    assert code == 0
    rows = csv.DictReader(table.splitlines())
    assert {row["op"]: row["unit"] for row in rows} == {"triad": "B/s", "walk": "FLOP/s", "gemm": "FLOP/s"}
    for format in ("github-action-benchmark", "pytest-benchmark"):
        code, exported = told("export", document, "--format", format)
        assert (code, bool(json.loads(exported))) == (0, True)
    assert [case.op for case in fastest(woven)] == [
        "gemm"
    ]  # no bytes per second, and nothing unproven, on the ladder of FLOPS
    page = ResultPage(woven, read_entry(woven, "v1/jacquard-1804/2026/0.json"), [])
    assert "B/s" in page.own_rates  # no vendor has looms
    assert "no shuttle measures" in page.limits
    assert "B/s" in page.processes
    assert page.samples.count("<figure>") == 3
    assert [figure.unit for figure in page.entry.figures] == ["FLOP/s"]  # boards are of proven rates alone


@pytest.mark.process
def test_tracking_compares_them_and_keeps_their_history(woven: Result, tmp_path: Path) -> None:
    document, history = tmp_path / "woven.json", tmp_path / "history"
    document.write_bytes(encode(woven))
    code, compared = told("compare", document, document)
    assert code == 0
    assert "fp64 triad streams triad 128x128x1, loom:0" in " ".join(compared.split())
    assert "3 inconclusive" in compared
    assert told("track", "add", document, "--history", history)[0] == 0
    code, log = told("track", "log", "--history", history)
    assert code == 0
    assert "B/s" in log


@pytest.mark.process
def test_no_two_operations_are_compared_whatever_else_may_differ(woven: Result) -> None:
    base, new = (replace(woven, cases=[of(woven, op)]) for op in ("walk", "gemm"))
    allowed = ("kernel", "math", "accumulate", "shape")
    with pytest.raises(NotComparable, match="no case of BASE is in NEW"):
        compare([base], [new], base_name="a", new_name="b", margin=0.02, allowed=allowed)


@pytest.mark.process
def test_a_result_compared_with_itself_has_no_ceiling_that_moved(woven: Result) -> None:
    rates = {"B/s": 1e10, "FLOP/s": 1e12}
    known = [replace(each, reason=None, rate_per_s=rates[each.unit]) for each in woven.ceilings]
    assert differences(replace(woven, ceilings=known), replace(woven, ceilings=known)) == []


@pytest.mark.process
def test_what_stands_on_no_ladder_is_told_as_measured(woven: Result) -> None:
    told = summary_line(replace(woven, cases=[of(woven, "triad")]))
    assert "fp64 triad" in told
    assert "B/s" in told


@pytest.mark.process
def test_a_kind_of_which_there_is_no_row_is_named(woven: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    document = encode(woven)
    monkeypatch.delitem(KINDS, "loom")
    told = [finding.sentence for finding in validate_document(document).findings if finding.code == "physics.unknown"]
    assert told == ["is of the kind loom, which no table knows: it was taken for a GPU"]


@pytest.mark.process
def test_without_its_row_a_document_is_refused_and_the_operation_named(
    woven: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "woven.json"
    document.write_bytes(encode(woven))
    monkeypatch.delitem(OPS, "triad")
    with pytest.raises(DocumentRejected, match=r"Invalid operation 'triad', known are gemm, walk - at `\$\.cases"):
        load(document)
    assert "integrity.schema" in {finding.code for finding in validate_document(document.read_bytes()).findings}


def test_the_command_line_knows_a_kind_by_its_row(rows: None) -> None:
    check_device_names(["loom", "loom:3"])
    with pytest.raises(UsageError, match="write cpu, cuda, loom, cuda:N, loom:N, all or auto"):
        check_device_names(["loom:x"])
