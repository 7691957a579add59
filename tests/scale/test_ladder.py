import subprocess
import sys
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.dtype import DTYPES
from flopsbench.scale.ladder import RUNGS, Mark, key_presses, ladder_family, landmarks, neighbours, rung_of
from flopsbench.scale.rules import family
from flopsbench.words.catalogue import SECONDS_PER_YEAR

ZH_DIGITS = {"一": 1, "十": 10, "百": 10**2, "千": 10**3, "万": 10**4, "亿": 10**8}
BY_PREFIX = {rung.prefix: rung for rung in RUNGS}


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.prefix or "ground")
def test_chinese_names_multiply_to_the_rung(rung):
    assert rung.name_zh.endswith("次")
    assert prod(ZH_DIGITS[sign] for sign in rung.name("zh")[:-1]) == 10**rung.power_of_ten


def test_rungs_are_those_of_the_standard():
    names = {rung.prefix: rung.name_zh for rung in RUNGS}
    assert (names["M"], names["G"], names["T"]) == ("百万次", "十亿次", "万亿次")
    assert (names["P"], names["E"]) == ("千万亿次", "百亿亿次")
    assert BY_PREFIX["Z"].unit("FLOP/s") == "ZFLOPS"
    assert BY_PREFIX["T"].unit("OP/s") == "TOPS"


@pytest.mark.parametrize(
    ("rate_per_s", "prefix"),
    [(7.9e14, "T"), (1e15, "P"), (999.96e9, "T"), (999.4e9, "G"), (12.0, ""), (1.59e21, "Z"), (1e31, "Q"), (1e40, "Q")],
)
def test_rung_of_a_rate(rate_per_s, prefix):
    assert rung_of(rate_per_s).prefix == prefix


@given(st.floats(1, 9e32))
def test_a_rate_is_printed_with_the_unit_of_its_rung(rate_per_s):
    assert Mark("x", rate_per_s).printed().split()[1] == rung_of(rate_per_s).unit("FLOP/s")


def test_neighbours():
    assert neighbours(BY_PREFIX["P"]) == (BY_PREFIX["T"], BY_PREFIX["E"])
    assert neighbours(RUNGS[0]) == (None, RUNGS[1])
    assert neighbours(RUNGS[-1]) == (RUNGS[-2], None)


def test_landmarks_are_sourced_and_on_their_rung():
    found = {prefix: {mark.id for mark in landmarks(rung)} for prefix, rung in BY_PREFIX.items()}
    assert found["T"] == {"rtx-4090", "h200-sxm"}
    assert found["P"] == {"b200-sxm", "cn-cloudmatrix384"}
    assert found["E"] == {"cn-cmcc-harbin", "cn-idc-ai-2024"}
    assert found["Z"] == {"cn-miit-ai-2025"}
    assert not found["M"]
    assert landmarks(BY_PREFIX["Z"], lang="zh")[0].mark.label.startswith("中国")
    for rung in RUNGS:
        for landmark in landmarks(rung, "fp64", "zh"):
            assert rung_of(landmark.mark.rate_per_s) == rung
            assert landmark.source


@given(st.sampled_from(RUNGS), st.sampled_from(list(DTYPES)))
def test_one_precision_stands_on_a_ladder(rung, dtype_name):
    assert {family(one.mark.precision) for one in landmarks(rung, dtype_name)} <= {family(dtype_name)}
    assert {one.mark.unit for one in landmarks(rung, dtype_name)} <= {DTYPES[dtype_name].unit}


def test_frontier_stands_on_the_ladder_of_fp64_alone():
    assert "top500-202606-frontier-rmax" in {one.id for one in landmarks(BY_PREFIX["E"], "fp64")}
    assert not any("frontier" in one.id for rung in RUNGS for one in landmarks(rung, "bf16"))


@pytest.mark.parametrize(
    ("dtypes", "counted_in"),
    [
        ([], "fp16"),
        (["fp64"], "fp64"),
        (["fp32", "fp64"], "fp64"),  # two supercomputers more
        (["fp32", "fp32", "fp32", "fp64"], "fp32"),
        (["bf16", "fp64", "fp64"], "fp16"),
        (["int8"], "int8"),
    ],
)
def test_the_ladder_takes_the_precision_of_most_entries(dtypes, counted_in):
    assert ladder_family(Mark(name, 1e12, precision=name) for name in dtypes) == counted_in


def test_one_second_of_an_exaflops_takes_mankind_four_years():
    keys = key_presses(1e18)
    assert keys.people == 8_000_000_000
    assert keys.seconds / SECONDS_PER_YEAR == pytest.approx(3.96, abs=0.005)


def test_small_rates_are_for_one_person():
    assert key_presses(1e9).people == 1
    assert key_presses(1e9).seconds == 1e9
    assert key_presses(4.8e11).people == 8_000_000_000


@pytest.mark.process
def test_importing_the_scale_loads_no_array_library():
    code = (
        "import sys, flopsbench.scale.compare, flopsbench.scale.ladder, flopsbench.scale.document;"
        "print([m for m in ('numpy', 'torch', 'cupy', 'rich', 'flopsbench.result') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
