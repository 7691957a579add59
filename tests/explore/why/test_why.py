"""Tests the exploration for real, on a backend that variables hold down and whose clock never errs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flopsbench.errors import NothingMeasurable, UsageError
from flopsbench.explore.why.why import check_time, slowest
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Case, Efficiency
from flopsbench.words.reason import Reason
from tests.documents import case, result, stats
from tests.processes import workers

Install = Callable[..., None]
COMMAND = [sys.executable, "-m", "flopsbench", "why", "--backend", "paced", "--dtype", "fp64", "--size", "64"]


def why(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("OMP_", "OPENBLAS_"))}
    command = [*COMMAND, "--time", "30", "--seed", "5", *options]
    return subprocess.run(command, cwd=folder, env=environment | variables, capture_output=True, text=True)


@pytest.mark.process
@pytest.mark.timeout(600)
def test_the_command_names_the_cause_and_what_to_keep(install_strangers: Install, tmp_path: Path) -> None:
    install_strangers("paced")
    done = why(tmp_path, "--json", "why.json", OMP_HELD="1")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((tmp_path / "why.json").read_text())["cases"]
    (cause,) = (each for each in found["tested"] if each["finding"] == "cause")
    assert (cause["claim"], cause["keep"]) == ("OMP_HELD=1", "unset OMP_HELD")
    assert cause["effect"]["estimate"] == pytest.approx(1.0, abs=1e-3)
    assert found["control"]["estimate"] == pytest.approx(0.0, abs=1e-3)
    assert found["verdict"] == "Main cause: OMP_HELD=1. Without it +100.0 %. Keep: unset OMP_HELD"
    assert "main cause" in done.stdout
    assert "second look" in done.stderr
    assert not workers()


@pytest.mark.parametrize("time_s", [0.0, 29.9, -1.0, float("nan"), float("inf"), 1e9])
def test_a_time_in_which_nothing_can_be_found_is_refused(time_s: float) -> None:
    with pytest.raises(UsageError, match="--time takes 30 to 36000 seconds"):
        check_time(time_s)


def sharing(share: float, **fields: Any) -> Case:
    return case(stats=stats(efficiency=Efficiency(ceiling=share)), **fields)


def test_of_each_library_the_lowest_case_is_examined_where_it_is_low() -> None:
    cases = [
        sharing(0.5, dtype="fp64"),
        sharing(0.4, dtype="fp32"),
        sharing(0.3, dtype="fp32", backend="torch", kernel="matmul"),
        sharing(0.1, dtype="fp64", kernel="mine"),  # an own kernel
    ]
    found = slowest(result(*cases), named=False)
    assert [(each.case.backend, each.share) for each in found] == [("torch", 0.3), ("numpy", 0.4)]


def test_where_none_is_low_the_lowest_is() -> None:
    found = slowest(result(sharing(0.95), sharing(0.9, dtype="fp64")), named=False)
    assert [each.share for each in found] == [0.9]


@pytest.mark.parametrize(("named", "count"), [(True, 1), (False, 0)])
def test_a_case_that_was_refused_as_too_slow_is_examined_where_its_dtype_was_asked_for(named: bool, count: int) -> None:
    shapes = {"probed": "256x256x256", "shape": "2048x2048x2048"}
    told = Reason("no_fast_path", dtype="bf16", rate="1 GFLOPS", seconds="17", **shapes)
    refused = case("unsupported", dtype="bf16", backend="torch", kernel="matmul", **sentence_fields(reason=told))
    document = result(refused)
    if not count:
        with pytest.raises(NothingMeasurable, match="no case has a ceiling"):
            slowest(document, named)
    else:
        assert [each.case for each in slowest(document, named)] == [refused]
