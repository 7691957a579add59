"""Tests Results in other tools' formats, read back by those tools where they can be had."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Literal

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench import load
from flopsbench.errors import UsageError
from flopsbench.result.types import ComputeRecord, Rate, Source, Stats
from flopsbench.track.export import CSV_COLUMNS, FORMATS, export, without_rate
from tests.documents import case, device, process, result

QUICK = Path(__file__).parents[1] / "golden" / "result-1.0-quick-cpu.json"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_github_action_benchmark_gets_the_rate_in_one_unit_for_ever() -> None:
    (entry,) = json.loads(export([result(case(), case("failed", dtype="fp64"))], "github-action-benchmark"))
    assert entry["name"] == "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst (method 2)"
    assert (entry["value"], entry["unit"], entry["range"]) == (1000, "GFLOPS", "± 10")
    assert "grade A" in entry["extra"]
    (integers,) = json.loads(export([result(case(dtype="int8"))], "github-action-benchmark"))
    assert integers["unit"] == "GOPS"


@pytest.mark.parametrize(("basis", "called"), [("blocks", "spread"), ("processes", "95% interval")])
def test_github_action_benchmark_shows_no_less_than_an_interval_that_is_not_symmetric(
    basis: Literal["blocks", "processes"], called: str
) -> None:
    rate = Rate(median=52.5e9, low=51.25e9, high=56e9, best=57e9, basis=basis)
    measured = case(stats=Stats(unit="FLOP/s", rate=rate))
    (entry,) = json.loads(export([result(measured)], "github-action-benchmark"))
    assert entry["range"] == "± 3.5"  # beside 52.5: as far as 56
    assert entry["extra"].splitlines()[0] == f"{called} 51.25 to 56 GFLOPS"


# The input that github-action-benchmark documents for its tool "customBiggerIsBetter".
DOCUMENTED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "unit": {"type": "string"},
            "value": {"type": "number"},
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}


def test_github_action_benchmark_gets_the_input_that_it_documents() -> None:
    entries = json.loads(export([load(QUICK)], "github-action-benchmark"))
    jsonschema.validate(entries, DOCUMENTED)
    assert len({entry["name"] for entry in entries}) == len(entries) > 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**entries[0], "value": None}], DOCUMENTED)


def test_what_should_have_a_rate_and_has_none_is_named_and_what_cannot_be_measured_is_not() -> None:
    told = result(
        case(),
        case("failed", dtype="fp64", reason="wrong product"),
        case("skipped", dtype="bf16", reason="time used up"),
        case("unsupported", dtype="int8", reason="no path"),
    )
    expected = [
        "fp64 numpy 1024³ has no rate to export (failed): wrong product",
        "bf16 numpy 1024³ has no rate to export (skipped): time used up",
    ]
    assert list(without_rate([told])) == expected
    assert json.loads(export([told], "pytest-benchmark"))["without_rate"] == expected
    assert {row["status"] for row in rows(export([told], "csv"))} == {"ok", "failed", "skipped", "unsupported"}


def test_csv_has_a_row_a_case_of_every_result_with_plain_numbers() -> None:
    found = rows(export([load(QUICK), result(case("unsupported", reason="no such unit"))], "csv"))
    assert tuple(found[0]) == CSV_COLUMNS
    assert len(found) == len(load(QUICK).cases) + 1
    stats = load(QUICK).cases[0].stats
    assert stats is not None
    assert float(found[0]["median_per_s"]) == stats.rate.median
    assert (found[-1]["status"], found[-1]["reason"], found[-1]["median_per_s"]) == ("unsupported", "no such unit", "")


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")'])
def test_no_text_of_a_document_becomes_a_formula(evil: str) -> None:
    (row,) = rows(export([result(case("unsupported", reason=evil), devices=[device(name=evil)])], "csv"))
    assert row["reason"] == row["device_name"] == f"'{evil}"


@given(st.text())
def test_any_text_survives_csv_as_one_cell(text: str) -> None:
    text = text.replace("\r", " ").replace("\0", " ")
    (row,) = rows(export([result(case("failed", reason=text))], "csv"))
    assert row["reason"].removeprefix("'") == text.removeprefix("'") or row["reason"] == text
    assert not row["reason"].startswith(("=", "+", "-", "@"))


def test_pytest_benchmark_gets_the_seconds_of_a_launch() -> None:
    blocks = [0.10, 0.11, 0.10, 0.30]
    measured = case(processes=[process(blocks), process([0.2], loops=20)])
    source = Source(commit="abc", branch="main")
    document = json.loads(export([result(measured, source=source)], "pytest-benchmark"))
    (benchmark,) = document["benchmarks"]
    stats = benchmark["stats"]
    assert stats["data"] == [*(block_s / 10 for block_s in blocks), 0.01]
    assert (stats["rounds"], stats["min"], stats["max"]) == (5, 0.01, 0.03)
    assert stats["median"] == pytest.approx(median(stats["data"]))
    assert stats["iqr_outliers"] == 1
    assert stats["hd15iqr"] == 0.011
    assert document["commit_info"]["id"] == "abc"


@pytest.mark.parametrize("format", ["github-action-benchmark", "pytest-benchmark"])
def test_other_tools_follow_each_method_under_a_name_of_its_own(format: str) -> None:
    def name(method: int) -> str:
        found = json.loads(export([result(method_version=method)], format))
        (entry,) = found["benchmarks"] if isinstance(found, dict) else found
        return str(entry["name"])

    assert name(2) == f"{name(1)} (method 2)"


def test_a_foreign_clock_is_marked_in_what_is_exported() -> None:
    compute = ComputeRecord("fp32", "fp32", "fp32", "fp32", "abacus 1", "ieee", own_space=True)
    marked, plain = result(case(compute=compute)), result(case())
    assert [row["own_space"] for row in rows(export([marked, plain], "csv"))] == ["True", ""]
    extras = [json.loads(export([each], "github-action-benchmark"))[0]["extra"] for each in (marked, plain)]
    assert ["own clock and memory" in extra for extra in extras] == [True, False]


def test_a_single_block_has_statistics_too() -> None:
    (benchmark,) = json.loads(export([result(case(processes=[process([0.1])]))], "pytest-benchmark"))["benchmarks"]
    assert benchmark["stats"]["stddev"] == benchmark["stats"]["iqr"] == 0
    assert benchmark["stats"]["outliers"] == "0;0"


@pytest.mark.process
def test_pytest_benchmark_reads_and_compares_what_is_exported(tmp_path: Path) -> None:
    folder = tmp_path / "Linux-CPython-3.12-64bit"
    folder.mkdir()
    for name in ("0001_base", "0002_new"):
        failed = case("failed", dtype="fp64", edge=77, reason="wrong product")
        exported = msgspec.structs.replace(load(QUICK), cases=[*load(QUICK).cases, failed])
        (folder / f"{name}.json").write_text(export([exported], "pytest-benchmark"))
    command = [sys.executable, "-m", "pytest_benchmark", "--storage", f"file://{tmp_path}"]
    listed = subprocess.run([*command, "list"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert listed.stdout.count(".json") == 2
    compared = subprocess.run([*command, "compare"], capture_output=True, text=True, check=True, cwd=tmp_path)
    measured = [case for case in load(QUICK).cases if case.stats]
    for case_ in measured:
        assert compared.stdout.count(case_.case) == 2
    assert f"benchmark: {2 * len(measured)} tests" in compared.stdout
    assert "Failed to load" not in compared.stdout + compared.stderr


def test_an_unknown_format_is_refused_with_the_three() -> None:
    with pytest.raises(UsageError, match="unknown format 'xml': there are github-action-benchmark, csv, pytest-bench"):
        export([result()], "xml")


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "csv"])
def test_formats_of_one_result_refuse_several(format: str) -> None:
    with pytest.raises(UsageError, match="holds one Result, not 2"):
        export([result(), result()], format)
