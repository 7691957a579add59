"""The profiles: how long blocks and warm-up are on a kind of device, and in which order a case is sampled."""

from __future__ import annotations

import pytest

from flopsbench.device import CPU, CUDA
from flopsbench.errors import UsageError
from flopsbench.measure.profiles import PROFILES, RUN_PROFILES, case_policy, parse_profile, sampling
from flopsbench.measure.stopping import MIN_BLOCKS
from flopsbench.result.types import CasePolicy
from tests.measure.test_blocks import LAUNCH_S, World

QUICK = sampling(PROFILES["quick"], CPU, "burst", 6.0)


@pytest.mark.parametrize(
    ("profile", "kind", "regime", "policy"),
    [
        ("quick", CPU, "burst", CasePolicy(0.1, 0.5)),
        ("quick", CUDA, "burst", CasePolicy(0.025, 1.0)),
        ("registry", CPU, "sustained", CasePolicy(0.5, 0.5, 30.0)),
        ("registry", CUDA, "sustained", CasePolicy(0.5, 1.0, 30.0)),
        ("ab", CPU, "burst", CasePolicy(0.03, 0.2)),
        ("ab", CUDA, "burst", CasePolicy(0.025, 0.2)),
    ],
)
def test_blocks_and_warm_up_are_those_of_profile_kind_and_regime(profile, kind, regime, policy):
    assert case_policy(PROFILES[profile], kind, regime) == policy
    assert sampling(PROFILES[profile], kind, regime, 6.0).policy == policy


@pytest.mark.parametrize(("case_time_s", "longest_s"), [(6.0, 2.0), (2.0, 1.2), (0.1, 0.5), (-1.0, 0.5)])
def test_an_unsteady_warm_up_lasts_four_times_as_long_within_the_cases_time(case_time_s, longest_s):
    assert sampling(PROFILES["quick"], CPU, "burst", case_time_s).longest_warmup_s == pytest.approx(longest_s)


def test_where_turns_are_taken_an_unsteady_warm_up_is_not_prolonged():
    turns = sampling(PROFILES["ab"], CPU, "burst", 6.0)
    assert turns.longest_warmup_s == turns.policy.warmup_s


def test_a_launch_may_take_a_tenth_of_four_times_the_cases_time():
    assert QUICK.longest_launch_s == pytest.approx(2.4)
    assert sampling(PROFILES["quick"], CPU, "burst", 60.0).longest_launch_s == pytest.approx(24.0)


@pytest.mark.parametrize("name", RUN_PROFILES)
def test_a_profile_of_run_is_found_by_its_name(name):
    assert parse_profile(name) == name


@pytest.mark.parametrize("name", ["ab", "", "fast"])
def test_any_other_is_refused_with_those_there_are(name):
    with pytest.raises(UsageError, match="there are quick, standard, registry"):
        parse_profile(name)


def test_a_sampler_is_told_who_watches_and_who_keeps_time():
    world, told = World(), []

    def watch(*block):
        told.append("block")

    QUICK.sampler(world.work(), world, watch, lambda: told.append("begin")).sample(LAUNCH_S)
    assert told == ["begin", "block"] * MIN_BLOCKS
