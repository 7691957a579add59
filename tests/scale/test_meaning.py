from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.scale.aggregates import HEADLINES, load_aggregates
from flopsbench.scale.ladder import Mark
from flopsbench.scale.meaning import CARDS, NAMED_CLUSTERS, meaning
from flopsbench.scale.rate import parse_rate
from flopsbench.scale.rules import family

CHINA = meaning(parse_rate("1590 EFLOPS"))


def _needed(meant, name, precision="bf16"):
    (found,) = {one.needed for one in (*meant.devices, *meant.other) if (one.name, one.precision) == (name, precision)}
    return found


@pytest.mark.parametrize("text", ["1590 EFLOPS", "1.59 ZFLOPS", "1590百亿亿次/秒", "159万PFLOPS", "1.59e21 FLOPS"])
def test_a_rate_is_the_total_that_it_quotes(text):
    meant = meaning(parse_rate(text))
    assert meant.total is not None
    assert meant.total.id == "cn-miit-ai-2025"
    assert meant.chinas is None


@pytest.mark.parametrize("text", ["1 EFLOPS", "1591 EFLOPS", "1590 PFLOPS", "1590 EOPS", "4000 EFLOPS", "21 EFLOPS"])
def test_other_rates_are_taken_for_no_total(text):
    assert meaning(parse_rate(text)).total is None


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("1590 EFLOPS", ["cn-miit-ai-2025"]),
        ("21 EFLOPS", ["uk-isambard-ai", "cn-ct-ai-2024h1"]),
        ("300 PFLOPS", ["cn-cloudmatrix384"]),
        ("90 EFLOPS", ["eu-jupiter-ai"]),
        ("10 EFLOPS", ["cn-ct-lingang"]),
        ("1 EFLOPS", ["top500-202606-jupiter-rmax", "frontier-xinhua"]),
        ("1591 EFLOPS", []),
        ("1590 EOPS", []),
    ],
)
def test_every_total_of_a_value_is_named(text, published):
    assert [one.id for one in meaning(parse_rate(text)).published] == published


@pytest.mark.parametrize("total", [one for one in load_aggregates() if not one.is_count], ids=lambda one: one.id)
def test_a_total_is_among_those_of_its_value(total):
    published = meaning(total.rate).published
    assert total in published
    known = [one.id in HEADLINES for one in published]
    assert known == sorted(known, reverse=True)


@pytest.mark.parametrize("text", ["16.7 EFLOPS", "11.64 EFLOPS", "7.92 EFLOPS", "61 EFLOPS"])
def test_what_is_of_several_precisions_is_counted_in_nothing(text):
    meant = meaning(parse_rate(text), MACHINES)
    assert meant.uncounted is not None
    assert (meant.devices, meant.other, meant.machines) == ((), (), ())
    assert (meant.reported, meant.frontier, meant.chinas) == (None, None, None)


def test_what_was_achieved_in_hpl_says_so():
    assert meaning(parse_rate("1.353 EFLOPS")).is_hpl
    assert not meaning(parse_rate("1 EFLOPS")).is_hpl  # which a newspaper says, too
    assert not meaning(parse_rate("2055.72 PFLOPS")).is_hpl


def test_what_1590_eflops_are():
    assert isclose(CHINA.keys.seconds / 31_557_600, 6298, rel_tol=1e-4)
    assert isclose(_needed(CHINA, "NVIDIA H200 SXM"), 1.59e21 / 989e12)
    assert isclose(_needed(CHINA, "NVIDIA B200 SXM"), 1.59e21 / 2250e12)
    assert isclose(_needed(CHINA, "NVIDIA GeForce RTX 4090"), 1.59e21 / 165.2e12)
    assert isclose(_needed(CHINA, "cn-cloudmatrix384"), 1.59e21 / (300e15 / 384))
    assert isclose(_needed(CHINA, "NVIDIA H200 SXM", "fp64"), 1.59e21 / 67e12)
    assert round(CHINA.devices[0].clusters) == 161
    assert CHINA.quoted.prefix == "E"


def test_chinas_clusters_are_far_from_all_of_it():
    reported = CHINA.reported
    assert reported is not None
    assert (reported.number, len(reported.named)) == (42, 4)
    assert {one.id for one in reported.named} == set(NAMED_CLUSTERS)
    assert (reported.median_per_s, round(reported.mean_per_s / 1e18, 1)) == (6.8e18, 7.3)
    assert [round(all_of_them / 1.59e21, 2) for all_of_them in reported.all_per_s()] == [0.18, 0.19]


def test_the_rung_is_that_of_the_unit_which_was_written():
    assert meaning(parse_rate("1590百亿亿次/秒")).quoted.prefix == "E"
    assert meaning(parse_rate("3千万亿次/秒")).quoted.prefix == "P"
    assert meaning(parse_rate("5000 GFLOPS")).quoted.prefix == "G"
    for text in ("1590 exaflops", "1590 E FLOPS", "1590 EFLOP/s", "1590 Exaflops", "每秒1590 EFLOP"):
        assert meaning(parse_rate(text)).quoted.prefix == "E"
    assert meaning(parse_rate("159万PFLOPS")).quoted.prefix == "P"
    assert meaning(parse_rate("1.59 million PFLOPS")).quoted.prefix == "P"
    assert meaning(parse_rate("1.59e21 FLOPS")).quoted.prefix == ""
    assert meaning(parse_rate("16万亿亿次/秒")).quoted.prefix == "Z"  # a power that no unit has: where the rate stands


def test_the_articles_slip_is_told_of_rates_of_its_size():
    assert meaning(parse_rate("1 EFLOPS")).analogy is not None
    assert meaning(parse_rate("999 PFLOPS")).analogy is None
    assert meaning(parse_rate("16 EOPS")).analogy is None


def test_frontier_stands_beside_larger_rates_of_another_precision():
    assert CHINA.frontier is not None
    assert meaning(parse_rate("1.3 EFLOPS")).frontier is None
    assert meaning(parse_rate("2198.4 PFLOPS")).frontier is None  # LineShine, which counts as Frontier does


def test_fp64_and_integers_are_not_beside_chinas_total():
    for text in ("2198.4 PFLOPS", "1590 EOPS"):
        meant = meaning(parse_rate(text))
        assert (meant.chinas, meant.reported) == (None, None)
    assert meaning(parse_rate("790 TFLOPS")).chinas is not None


def test_a_total_is_counted_in_devices_of_its_precision():
    meant = meaning(parse_rate("1353.0 PFLOPS"))
    assert {one.precision for one in meant.devices} == {"fp64"}
    assert not any(one.basis == "share" for one in meant.devices)
    assert {one.unit for one in meaning(parse_rate("4000 TOPS")).devices} == {"OP/s"}


MACHINES = [
    Mark("fast", 7e14, "FLOP/s", "bf16"),
    Mark("fast", 6e13, "FLOP/s", "fp64"),
    Mark("slow", 9e10, "FLOP/s", "fp64"),
    Mark("slow", 2e11, "FLOP/s", "fp32"),
    Mark("slow", 8e11, "OP/s", "int8"),
]


def test_a_machine_stands_there_in_the_precision_of_the_devices_or_named_with_its_own():
    machines = meaning(parse_rate("1590 EFLOPS"), MACHINES).machines
    assert [(one.name, one.precision, one.basis) for one in machines] == [
        ("fast", "bf16", "measured"),
        ("slow", "fp32", "measured"),
    ]
    fp64 = meaning(parse_rate("1353.0 PFLOPS"), MACHINES).machines
    assert [(one.name, one.precision) for one in fp64] == [("fast", "fp64"), ("slow", "fp64")]
    assert [one.precision for one in meaning(parse_rate("3 POPS"), MACHINES).machines] == ["int8"]


@given(st.integers(1, 9999), st.sampled_from(["M", "G", "T", "P", "E", "Z", "Y"]), st.sampled_from(["FLOPS", "OPS"]))
def test_every_rate_means_something(number, prefix, unit):
    rate = parse_rate(f"{number} {prefix}{unit}")
    meant = meaning(rate, MACHINES)
    assert meant.devices
    for one in (*meant.devices, *meant.other, *meant.machines):
        assert one.unit == rate.unit
        assert isclose(one.needed * one.each_per_s, rate.value_per_s)
        assert isclose(one.clusters * CARDS, one.needed)
    assert {family(one.precision) for one in meant.devices} == {meant.counted_in}


@pytest.mark.parametrize("total", [one for one in load_aggregates() if not one.is_count], ids=lambda one: one.id)
def test_every_published_rate_means_something(total):
    meant = meaning(total.rate)
    assert bool(meant.devices) != bool(meant.uncounted)
