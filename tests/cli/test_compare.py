"""Tests ``flopsbench compare`` as a user types it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from flopsbench.result.codec import encode
from flopsbench.result.types import Result
from flopsbench.track.noise import save, watched
from tests.cli.test_commands import flopsbench
from tests.documents import case, host, result, stats

pytestmark = pytest.mark.process


def of(rate: float = 1e12, **fields: Any) -> Result:
    return result(case(stats=stats(rate, 0.999 * rate, 1.001 * rate)), **fields)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of Results, a noise floor of 1 % and files that are neither."""
    documents = {
        "base": of(),
        "same": of(1.001e12),
        "slow": of(0.96e12),
        "doubtful": of(0.975e12),
        "failed": result(case("failed", reason="C is wrong")),
        "lacking": result(case("unsupported", reason="no such unit")),
        "nothing": result(case("unsupported", dtype="fp64")),
        "elsewhere": of(host=host(hardware_key="f" * 16)),
    }
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_bytes(encode(document))
    noise = watched([of()] * 3)
    cases = {id: replace(each, floor=0.01) for id, each in noise.cases.items()}
    save(replace(noise, cases=cases), tmp_path / "noise.floor")
    (tmp_path / "broken.txt").write_text("{")
    return tmp_path


def compare(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    names = [str(folder / name) if (folder / name).exists() else name for name in arguments]
    clean = {"GITHUB_STEP_SUMMARY": "", "GITHUB_ACTIONS": "", "XDG_DATA_HOME": str(folder / "data")}
    return flopsbench("compare", *names, **clean | environment)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["base.json", "same.json", "--noise", "noise.floor"], 0, "1 unchanged (margin 2 %)"),
        (["base.json", "slow.json", "--noise", "noise.floor"], 3, "1 regression"),
        (["slow.json", "base.json", "--noise", "noise.floor"], 0, "1 improvement"),
        (["base.json", "slow.json", "--noise", "noise.floor", "--fail-on=none"], 0, "1 regression"),
        (["base.json", "slow.json", "--noise", "noise.floor", "--margin=5%"], 0, "1 unchanged (margin 5 %)"),
        (["base.json", "doubtful.json", "--noise", "noise.floor"], 0, "1 inconclusive"),
        (["base.json", "doubtful.json", "--noise", "noise.floor", "--fail-on=inconclusive"], 4, "1 inconclusive"),
        (["base.json", "slow.json"], 0, "flopsbench noise --device cpu --profile quick"),
        (["base.json", "failed.json"], 3, "C is wrong"),
        (["base.json", "lacking.json"], 3, "NEW did not measure it: no such unit"),
        (["nothing.json", "nothing.json"], 5, "1 not run"),
        (["base.json", "nothing.json"], 5, "no case of BASE is in NEW; they differ in dtype: fp32 against fp64"),
        (
            ["base.json", "elsewhere.json"],
            5,
            "they differ in machine: AMD EPYC 9B14, 8 cores (0123456789abcdef) against",
        ),
        (["base.json", "elsewhere.json", "--allow-different=machine"], 0, "although they differ in machine"),
        (["base.json", "same.json", "--allow-different=weather"], 2, "there are machine, device, dtype"),
        (["base.json", "same.json", "--margin=2"], 2, "such as 2% or 0.02"),
        (["base.json", "same.json", "--fail-on=always"], 2, "there are regression, failed, missing"),
        (["base.json", "same.json", "--json=/nowhere/x"], 2, "no file can be written there"),
        (["base.json"], 2, "Missing argument"),
        (["base.json", "broken.txt"], 6, "broken.txt: truncated"),
        (["base.json", "nothing at all"], 6, "cannot be read"),
        (["base.json", "same.json", "--noise", "base.json"], 6, "base.json: not a noise file of flopsbench"),
        (["base.json", "same.json", "--noise", "nothing at all"], 6, "cannot be read"),
    ],
)
def test_each_end_has_its_sentence_and_its_exit_code(folder: Path, arguments: list[str], code: int, words: str) -> None:
    done = compare(folder, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in re.sub(r"[│\s]+", " ", done.stdout + done.stderr)
    assert "Traceback" not in done.stderr


def test_the_floor_kept_for_the_machine_is_found(folder: Path) -> None:
    kept = folder / "data" / "flopsbench" / "noise" / "0123456789abcdef-quick.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes((folder / "noise.floor").read_bytes())
    done = compare(folder, "base.json", "slow.json")
    assert done.returncode == 3
    assert "intervals are the noise floor of 3 runs" in done.stdout
    kept.write_text("{")
    done = compare(folder, "base.json", "slow.json")
    assert done.returncode == 0
    assert "the noise floor is not used" in done.stdout


def test_of_a_folder_the_broken_files_are_named_and_the_rest_is_used(folder: Path) -> None:
    runs = folder / "runs"
    runs.mkdir()
    for name in ("base", "same"):
        (runs / f"{name}.json").write_bytes((folder / f"{name}.json").read_bytes())
    (runs / "broken.json").write_text("{")
    done = compare(folder, "runs", "same.json", "--noise", "noise.floor")
    assert done.returncode == 6
    assert "(2 Results, 2026-08-01)" in " ".join(done.stdout.split())
    assert "broken.json: truncated" in done.stderr
    assert "1 unchanged" in done.stdout
    assert compare(folder, "runs", "slow.json", "--noise", "noise.floor").returncode == 3


def test_the_document_is_alone_on_standard_output(folder: Path) -> None:
    done = compare(folder, "base.json", "slow.json", "--noise", "noise.floor", "--json=-")
    (change,) = json.loads(done.stdout)["changes"]
    assert change["case"] == "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst"
    assert change["verdict"] == "regression"
    assert change["estimate"] == pytest.approx(-0.04)


def test_under_github_a_job_gets_its_summary_and_annotations(folder: Path) -> None:
    page = folder / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    done = compare(folder, "base.json", "slow.json", "--noise", "noise.floor", **github)
    assert "::error title=flopsbench compare%3A regression::fp32 numpy 1024³: -4.0 %25" in done.stdout
    assert "| **regression** |" in page.read_text()


def test_the_report_fits_80_columns(folder: Path) -> None:
    done = compare(folder, "base.json", "slow.json")
    table = done.stdout.partition("case")[2]
    assert max(map(len, table.splitlines())) <= 80
