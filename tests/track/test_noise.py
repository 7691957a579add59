"""Tests the noise floor: its statistics against SciPy and against chance itself, and the file it lives in."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats as scipy_stats

from flopsbench.errors import DocumentRejected, NothingMeasurable, UsageError
from flopsbench.result.types import Case, Efficiency, Result
from flopsbench.track.noise import Noise, default_path, floor, load, misfits, save, t_quantile, watched
from tests.documents import case, host, result, stats

KEY = "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst"


def rated(median: float, share: float | None = None, **fields: Any) -> Case:
    return case(stats=stats(median, efficiency=Efficiency(ceiling=share)), **fields)


def runs(*rates: float) -> list[Result]:
    return [result(rated(rate)) for rate in rates]


@given(st.integers(1, 2000))
def test_the_quantile_of_student_is_that_of_scipy(degrees: int) -> None:
    assert t_quantile(degrees) == pytest.approx(scipy_stats.t.ppf(0.975, degrees), rel=1e-10)


def test_student_needs_a_degree_of_freedom() -> None:
    with pytest.raises(ValueError, match="at least one degree"):
        t_quantile(0)


def test_the_floor_is_the_prediction_interval_of_two_further_runs() -> None:
    rates = [1.00, 1.01, 1.02, 1.01, 1.00]
    expected = scipy_stats.t.ppf(0.975, 4) * scipy_stats.tstd([math.log(rate) for rate in rates]) * math.sqrt(2)
    assert floor(rates) == pytest.approx(expected)


def test_the_floor_is_never_below_what_was_seen() -> None:
    rates = [1.0] * 99 + [1.1]
    assert floor(rates) == pytest.approx(math.log(1.1))


@given(st.lists(st.floats(0.5, 2), min_size=2, max_size=30), st.floats(1e-3, 1e15))
def test_the_floor_knows_no_unit_and_no_order(rates: list[float], unit: float) -> None:
    assert floor([unit * rate for rate in rates]) == pytest.approx(floor(rates), abs=1e-9)
    assert floor(rates[::-1]) == pytest.approx(floor(rates), abs=1e-9)


@pytest.mark.parametrize("count", [3, 5, 10])
def test_two_further_runs_of_the_same_thing_rarely_lie_beyond_the_floor(count: int) -> None:
    chance = random.Random(7)
    beyond = 0
    for _ in range(2000):
        *watched_rates, one, other = (math.exp(chance.gauss(0, 0.02)) for _ in range(count + 2))
        beyond += abs(math.log(one / other)) > floor(watched_rates)
    assert beyond / 2000 < 0.065  # 5 %, and three standard errors of this many draws


def test_a_noise_file_says_what_was_watched() -> None:
    noise = watched(
        [
            result(rated(rate, share, grade=grade))
            for rate, share, grade in ((1.00e12, 0.80, "A"), (1.10e12, 0.81, "B"), (1.05e12, 0.80, "A"))
        ]
    )
    assert (noise.hardware_key, noise.profile, noise.runs) == ("0123456789abcdef", "quick", 3)
    found = noise.cases[KEY]
    assert found.median_per_s == 1.05e12
    assert found.rates_per_s == [1.00e12, 1.10e12, 1.05e12]
    assert found.floor == pytest.approx(floor([1.00, 1.10, 1.05]), rel=1e-5)
    assert found.floor_of_ceiling_share == pytest.approx(floor([0.80, 0.81, 0.80]), rel=1e-5)
    assert found.spread == pytest.approx(0.1)
    assert found.grades == {"A": 2, "B": 1}


def test_a_case_without_a_ceiling_in_every_run_has_no_floor_of_its_share() -> None:
    noise = watched([*runs(1e12, 1e12), result(rated(1e12, 0.8))])
    assert noise.cases[KEY].floor_of_ceiling_share is None


def test_fewer_than_three_runs_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 3 whole runs, better 10; not 2"):
        watched(runs(1e12, 1e12))


def test_a_case_measured_too_rarely_has_no_floor() -> None:
    failing = [result(case("failed"), case(dtype="fp64"))]
    noise = watched([*failing, *(result(case(), case(dtype="fp64")) for _ in range(2))])
    assert [id.split("/")[1] for id in noise.cases] == ["fp64"]
    with pytest.raises(NothingMeasurable, match="no case was measured in 3 or more of the 3 runs"):
        watched([result(case("failed"))] * 3)


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    noise = watched(runs(1e12, 1.1e12, 1.05e12))
    assert load(save(noise, tmp_path / "deep" / "noise.json")) == noise


def test_cases_of_an_earlier_file_stay_unless_they_are_watched_again(tmp_path: Path) -> None:
    file = tmp_path / "noise.json"
    save(watched([result(case(), case(dtype="fp64"))] * 3), file)
    save(watched(runs(1e12, 1.3e12, 1e12)), file)
    merged = load(file)
    assert len(merged.cases) == 2
    assert merged.cases[KEY].spread == pytest.approx(0.3)


@pytest.mark.parametrize("fields", [{"hardware_key": "f" * 16}, {"profile": "registry"}, {"method_version": 1}])
def test_an_earlier_file_that_does_not_fit_is_replaced(tmp_path: Path, fields: dict[str, Any]) -> None:
    file = tmp_path / "noise.json"
    save(replace(watched([result(case(dtype="fp64"))] * 3), **fields), file)
    noise = watched(runs(1e12, 1e12, 1e12))
    save(noise, file)
    assert load(file) == noise


def test_an_unreadable_earlier_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "noise.json"
    file.write_text("{")
    noise = watched(runs(1e12, 1e12, 1e12))
    save(noise, file)
    assert load(file) == noise


@pytest.mark.parametrize(
    "damage",
    [
        {"schema": "flopsbench.result"},
        {"schema_version": "2.0"},
        {"hardware_key": "../../etc/passwd"},
        {"profile": "long"},
        {"runs": 2},
        {"cases": {KEY: {"floor": -1}}},
        {"cases": []},
    ],
)
def test_what_is_no_noise_file_is_rejected_by_name(tmp_path: Path, damage: dict[str, Any]) -> None:
    file = save(watched(runs(1e12, 1e12, 1e12)), tmp_path / "noise.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | damage))
    with pytest.raises(DocumentRejected, match=r"noise\.json: not a noise file of flopsbench: "):
        load(file)


def test_a_missing_noise_file_is_rejected_by_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentRejected, match=r"nothing\.json: cannot be read"):
        load(tmp_path / "nothing.json")


def test_the_usual_place_is_told_apart_by_machine_and_profile_and_never_leaves_its_folder() -> None:
    quick, standard = default_path("0" * 16, "quick"), default_path("0" * 16, "standard")
    assert quick is not None
    assert quick != standard
    assert quick.name == "0000000000000000-quick.json"
    assert default_path("../../../etc/passwd", "quick") is None


def test_a_floor_fits_the_results_of_its_own_machine_profile_and_method() -> None:
    noise: Noise = watched(runs(1e12, 1e12, 1e12))
    assert list(misfits(noise, result())) == []
    assert len(list(misfits(noise, result(host=host(hardware_key="f" * 16), method_version=1)))) == 2
