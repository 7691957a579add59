"""Tests comparability keys, and the lines in which two environments differ."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from flopsbench.result.types import (
    Blas,
    Ceiling,
    ComputeRecord,
    Cpu,
    Memory,
    Result,
    Software,
    Source,
    Tool,
    Virtualisation,
)
from flopsbench.track.differences import CASE_KEYS, KEYS, UNKNOWN, device_name, differences, incomparable, keys
from flopsbench.words.language import said
from tests import documents
from tests.documents import call, case, device, host, result

TF32 = ComputeRecord(a="fp32", b="fp32", c="fp32", accumulate="fp32", library="cuBLAS 12", math="tf32")


def test_a_result_does_not_differ_from_itself() -> None:
    one = result()
    assert differences(one, one) == []
    assert incomparable(keys(one, one.cases[0]), keys(one, one.cases[0])) == []


def test_every_key_has_a_value_even_where_nothing_was_recorded() -> None:
    one = result(case(), devices=[])
    found = keys(one, one.cases[0])
    assert tuple(found) == CASE_KEYS
    assert all(found.values())
    assert found["math"] == found["accumulate"] == found["device"] == UNKNOWN


def test_every_key_of_a_call_has_a_name() -> None:
    found = keys(result(), call())
    assert set(found) <= set(KEYS)
    assert set(found) - set(CASE_KEYS) == {"unit", "amount", "calls"}


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("machine", result(host=host(hardware_key="f" * 16))),
        ("device", result(devices=[device(name="AMD EPYC 7763")])),
        ("dtype", result(case(dtype="fp64"))),
        ("shape", result(case(edge=512))),
        ("layout", result(case(layout="nt"))),
        ("regime", result(case(regime="sustained"))),
        ("backend", result(case(backend="torch"))),
        ("kernel", result(case(kernel="naive"))),
        ("math", result(case(compute=replace(TF32, accumulate=UNKNOWN)))),
        ("accumulate", result(case(compute=replace(TF32, math=UNKNOWN)))),
        ("data", result(case(data="zeros"))),
        ("method", result(method_version=1)),
    ],
)
def test_each_key_alone_keeps_two_cases_apart(key: str, other: Result) -> None:
    base = result()
    assert incomparable(keys(base, base.cases[0]), keys(other, other.cases[0])) == [key]


def software(**fields: Any) -> Software:
    return Software(**{"python": "3.12.4", "versions": {"numpy": "2.1.0"}} | fields)


@pytest.mark.parametrize(
    ("base", "new", "line"),
    [
        ({}, {"software": software(python="3.13.0")}, "python 3.12.4 -> 3.13.0"),
        ({}, {"software": software(versions={"numpy": "2.4.6"})}, "numpy 2.1.0 -> 2.4.6"),
        ({}, {"software": software(versions={})}, "numpy 2.1.0 -> none"),
        (
            {"software": software(blas=[Blas("openblas", "0.3.27", "SkylakeX", 4)])},
            {"software": software(blas=[Blas("openblas", "0.3.27", "Haswell", 4)])},
            "BLAS openblas 0.3.27 SkylakeX 4 threads -> openblas 0.3.27 Haswell 4 threads",
        ),
        (
            {},
            {"software": software(env={"OPENBLAS_CORETYPE": "Haswell"})},
            "setting OPENBLAS_CORETYPE none -> Haswell",
        ),
        ({}, {"devices": [device(driver="550.54")]}, "cpu driver none -> 550.54"),
        (
            {"devices": [device(power_limit_w=700.0)]},
            {"devices": [device(power_limit_w=500.0)]},
            "cpu power limit, W 700 -> 500",
        ),
        ({}, {"devices": [device(clock_max_hz=1.98e9)]}, "cpu highest clock, MHz none -> 1980"),
        ({"devices": [device(ecc=True)]}, {"devices": [device(ecc=False)]}, "cpu ECC on -> off"),
        ({}, {"devices": [device(mig=True)]}, "cpu MIG none -> on"),
        ({}, {"devices": [device(persistence=True)]}, "cpu persistence mode none -> on"),
        ({}, {"devices": []}, "device cpu AMD EPYC 9B14 -> none"),
        ({}, {"host": host(kernel="6.9.1")}, "OS kernel 6.8.0 -> 6.9.1"),
        ({}, {"host": host(cpu=Cpu(model="AMD EPYC 9B14", logical=8, usable=4))}, "usable cores 8 -> 4"),
        (
            {},
            {"host": host(cpu=Cpu(model="AMD EPYC 9B14", logical=8, usable=8, microarchitecture="Zen 4"))},
            "CPU core none -> Zen 4",
        ),
        ({}, {"host": host(memory=Memory(total_bytes=64 << 30, available_bytes=0))}, "memory, GiB 32 -> 64"),
        ({}, {"host": host(virtualisation=Virtualisation(quota_cpus=1.5))}, "CPU quota none -> 1.5"),
        ({}, {"host": host(virtualisation=Virtualisation(hypervisor="KVM"))}, "hypervisor none -> KVM"),
        ({"method_version": 1}, {"method_version": 2}, "method 1 -> 2"),
        (
            {"source": Source(commit="abc1234" + "0" * 33)},
            {"source": Source(commit="def5678" + "1" * 33)},
            "source commit abc1234 -> def5678",
        ),
    ],
)
def test_a_difference_of_the_environments_is_one_line(base: dict[str, Any], new: dict[str, Any], line: str) -> None:
    assert differences(result(**base), result(**new)) == [line]


def test_another_version_of_the_tool_is_a_difference_and_uncommitted_changes_are_marked() -> None:
    base, new = result(), result()
    tool = new.tool
    changed = Tool(tool.name, "0.2.0", "standard", tool.options, git_commit="1" * 40 + "+")
    assert differences(base, replace(new, tool=changed)) == [
        "flopsbench 0.1.0 -> 0.2.0",
        "flopsbench commit none -> 1111111+",
        "profile quick -> standard",
    ]


def ceiling(rate_per_s: float | None, **fields: Any) -> Result:
    return result(ceilings=[Ceiling(**{"device": "cpu", "dtype": "fp32", "rate_per_s": rate_per_s} | fields)])


def test_a_ceiling_that_moved_by_more_than_3_per_cent_says_that_the_machine_did() -> None:
    assert differences(ceiling(1e12), ceiling(0.959e12)) == [
        "the ceiling of fp32 on cpu fell 4.1 %: the machine itself was slower"
    ]
    assert differences(ceiling(1e12), ceiling(1.05e12)) == [
        "the ceiling of fp32 on cpu rose 5.0 %: the machine itself was faster"
    ]
    assert differences(ceiling(1e12), ceiling(0.98e12)) == []


def test_ceilings_of_other_instructions_are_not_compared_and_absent_ones_say_nothing() -> None:
    assert differences(ceiling(1e12, instruction="AVX2"), ceiling(2e12, instruction="AVX-512")) == [
        "the ceiling of fp32 on cpu: instruction AVX2 -> AVX-512"
    ]
    assert differences(ceiling(None, reason="too old"), ceiling(1e12)) == []
    assert differences(documents.result(), ceiling(1e12)) == []


def test_a_device_is_named_by_its_id() -> None:
    assert device_name(result(devices=[device(id="cuda:1", name="H200")]), "cuda:1") == "H200"
    assert device_name(result(), "cuda:1") is None


def test_differences_are_said_in_chinese() -> None:
    pools = [[Blas("openblas", "0.3.27", "Haswell", threads)] for threads in (2, 1)]
    base, new = (
        result(software=Software("3.12", blas=pool, env=env))
        for pool, env in zip(pools, ({}, {"MKL_CBWR": "AVX2"}), strict=True)
    )
    told = [said(line, "zh") for line in differences(base, new)]
    assert "BLAS：openblas 0.3.27 Haswell（2线程） -> openblas 0.3.27 Haswell（1线程）" in told
    assert "设置MKL_CBWR：无 -> AVX2" in told
