"""Compares two sides for real: fresh processes in turns, verdicts, second looks, failures, interruptions."""

from __future__ import annotations

import inspect
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from flopsbench.cli.ab import ab as command
from flopsbench.errors import NothingMeasurable, UsageError
from flopsbench.result.files import load
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.request import options_of
from flopsbench.track import defaults
from flopsbench.track.ab.ab import PairedRun, Progress, ab
from flopsbench.track.ab.cases import pair_difference
from flopsbench.track.ab.pair import measure_pair
from flopsbench.track.ab.side import Side, prepared
from flopsbench.track.ab.spec import parse_spec
from tests.documents import case, process
from tests.processes import suspended_workers, workers

Install = Callable[..., None]
COMMAND = [sys.executable, "-m", "flopsbench", "ab", "--backend", "paced", "--dtype", "fp64", "--size", "64"]


@contextmanager
def sides(*paces: str) -> Iterator[list[Side]]:
    options = options_of(["cpu"], ["paced"], ["fp64"], ["64"])
    with (
        prepared(parse_spec(f"env=PACE={paces[0]}"), options) as a,
        prepared(parse_spec(f"env=PACE={paces[1]}"), options) as b,
    ):
        yield [a, b]


@pytest.fixture
def referee() -> Iterator[ParentReferee]:
    with ParentReferee() as parent:
        yield parent
    assert not workers()


def paired(a: Side, b: Side, referee: ParentReferee) -> PairedRun:
    return PairedRun(a, b, 6, 1, lambda progress: None, referee)


@pytest.mark.process
@pytest.mark.timeout(600)
def test_a_slower_side_is_a_regression_that_is_looked_at_twice_and_documented(
    install_strangers: Install, tmp_path: Path
) -> None:
    install_strangers("paced")
    specs = ["--a", "here", "--b", "env=PACE=0.9", "--pairs", "6", "--seed", "5"]
    outputs = ["--json", "c.json", "--junit", "c.xml", "--markdown", "c.md", "--save", "saved"]
    done = subprocess.run([*COMMAND, *specs, *outputs], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    document = json.loads((tmp_path / "c.json").read_text())
    (change,) = document["changes"]
    assert change["verdict"] == "regression"
    assert change["estimate"] == pytest.approx(-0.1, abs=1e-4)
    assert change["pairs"] == pytest.approx([-0.1] * 6, abs=1e-4)
    assert change["p"] == pytest.approx(2**-6)
    assert any("looked at twice" in note for note in document["notes"])
    assert "regression" in done.stdout
    assert "-10.0 %" in done.stdout
    assert all((tmp_path / name).stat().st_size for name in ("c.xml", "c.md"))
    results = [load(path) for path in sorted((tmp_path / "saved").rglob("*.json"))]
    rates = sorted(result.cases[0].stats.rate.median for result in results if result.cases[0].stats)
    assert rates == pytest.approx([9e11, 1e12], rel=1e-5)
    for result in results:
        assert result.tool.profile == "ab"
        assert result.policy.processes == len(result.cases[0].processes) == 12
        fewest, most = result.policy.min_blocks, result.policy.max_blocks
        assert all(fewest <= len(each.block_s) <= most for each in result.cases[0].processes)


@pytest.mark.process
def test_one_pair_is_one_process_per_side_with_the_same_number_of_blocks(
    install_strangers: Install, referee: ParentReferee
) -> None:
    install_strangers("paced")
    with sides("1", "2") as (a, b):
        (case,) = paired(a, b, referee).cases
        assert case.a is not None
        assert case.b is not None
        base, new = measure_pair(case.a, case.b, referee, seed=1, order=0)
    assert base.case.status == new.case.status == "ok"
    assert len(base.case.processes[0].block_s) == len(new.case.processes[0].block_s) > 10
    assert pair_difference(base.case, new.case) == pytest.approx(math.log(2), abs=1e-5)
    assert len(workers()) == 1  # the judge, who serves the next pair


@pytest.mark.process
@pytest.mark.parametrize(
    ("paces", "verdict", "reason"),
    [
        (("1", "dead"), "failed", "side B: the process that measured it died: killed by signal 6"),
        (("1", "wrong"), "failed", "side B: "),
        (("1", "none"), "failed", "side B: no pace today"),
        (("none", "1"), "new", "side A cannot run it: no pace today"),
        (("dead", "1"), "inconclusive", "side A: the process that measured it died"),
        (("none", "none"), "not run", "no pace today"),
    ],
)
def test_a_side_without_a_rate_is_said_and_costs_one_pair(
    install_strangers: Install, paces: tuple[str, str], verdict: str, reason: str
) -> None:
    install_strangers("paced")
    with sides(*paces) as (a, b):
        outcome = ab(a, b, pairs=6, seed=1)
    (change,) = outcome.comparison.changes
    assert change.verdict == verdict
    assert (change.reason or "").startswith(reason)
    assert change.estimate is None


@pytest.mark.process
def test_an_interruption_keeps_the_pairs_that_are_done(install_strangers: Install) -> None:
    install_strangers("paced")

    def interrupt(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with sides("1", "0.5") as (a, b):
        outcome = ab(a, b, pairs=6, seed=1, on_progress=interrupt)
    (change,) = outcome.comparison.changes
    assert outcome.comparison.interrupted
    assert outcome.base.interrupted
    assert (change.verdict, change.reason) == (
        "inconclusive",
        "interrupted after 2 of the 6 pairs that any verdict needs",
    )
    assert len(outcome.new.cases[0].processes) == 2
    assert not workers()


@pytest.mark.process
@pytest.mark.parametrize(
    ("sizes", "noted"),
    [
        (["64"], []),
        (["64", "32"], ["6 pairs can call a change in at most 1 cases at once; there are 2: raise --pairs"]),
    ],
)
def test_what_too_few_pairs_can_call_is_told_before_the_first(
    install_strangers: Install, sizes: list[str], noted: list[str]
) -> None:
    install_strangers("paced")
    told: list[str] = []

    def interrupt(progress: Progress) -> None:
        told.append("a pair is done")
        raise KeyboardInterrupt

    with prepared(parse_spec("here"), options_of(["cpu"], ["paced"], ["fp64"], sizes)) as a:
        ab(a, a, pairs=6, on_progress=interrupt, on_note=lambda note: told.append(str(note)))
    assert told == [*noted, "a pair is done"]


@pytest.mark.process
def test_cases_of_different_backends_are_set_beside_each_other_by_all_the_rest(
    install_strangers: Install, referee: ParentReferee
) -> None:
    install_strangers("paced", "exact")
    options = options_of(["cpu"], [], ["fp64"], ["64", "32"])
    with prepared(parse_spec("backend=paced"), options) as a, prepared(parse_spec("backend=exact"), options) as b:
        names = {case.name: bool(case.a and case.b) for case in paired(a, b, referee).cases}
    assert names == {"cpu gemm/fp64/64x64x64/nn": True, "cpu gemm/fp64/32x32x32/nn": True}


@pytest.mark.process
def test_a_case_that_one_side_lacks_is_missing_or_new(install_strangers: Install, referee: ParentReferee) -> None:
    install_strangers("paced")
    both, one = options_of(["cpu"], ["paced"], ["fp64"], ["64", "32"]), options_of(["cpu"], ["paced"], ["fp64"], ["64"])
    with prepared(parse_spec("here"), both) as a, prepared(parse_spec("here"), one) as b:
        there = {case.name.split("/")[2]: case.b is not None for case in paired(a, b, referee).cases}
        assert there == {"64x64x64": True, "32x32x32": False}
        assert [case.a is not None for case in paired(b, a, referee).cases] == [True, False]


@pytest.mark.process
def test_a_killed_parent_leaves_no_suspended_worker_behind(install_strangers: Install) -> None:
    install_strangers("paced")
    parent = subprocess.Popen([*COMMAND, "--seed", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    left = suspended_workers(parent.pid)
    parent.kill()
    parent.wait()
    assert not psutil.wait_procs(left, timeout=30)[1]


def test_what_cannot_be_compared_is_refused_before_a_process_starts() -> None:
    with sides("1", "1") as (a, b):
        for pairs in (5, 31):
            with pytest.raises(UsageError, match="write 6 to 30"):
                ab(a, b, pairs=pairs)


@pytest.mark.process
def test_a_side_with_nothing_to_run_says_what_its_worker_said(install_strangers: Install) -> None:
    install_strangers("paced")
    options = options_of(["cuda:9"], ["paced"], ["fp64"], ["64"])
    with prepared(parse_spec("here"), options) as a, pytest.raises(NothingMeasurable, match="cuda:9"):
        ab(a, a, pairs=6)


def test_the_command_has_the_defaults_of_what_it_calls() -> None:
    """--help shows the command's own."""
    parameters = inspect.signature(command).parameters
    assert parameters["pairs"].default == inspect.signature(ab).parameters["pairs"].default == defaults.PAIRS
    install = inspect.signature(prepared).parameters["install"].default
    assert parameters["install"].default == install == defaults.INSTALL


def test_the_difference_of_a_pair_is_the_median_over_its_rounds() -> None:
    def timed(*block_s: float, loops: int) -> object:
        return case(processes=[process(list(block_s), loops=loops)])

    base, new = timed(1.0, 2.0, 4.0, loops=2), timed(1.0, 2.0, 2.0, loops=1)
    assert pair_difference(base, new) == pytest.approx(math.log(0.5))  # type: ignore[arg-type]  # a stand-in with what is asked of it
