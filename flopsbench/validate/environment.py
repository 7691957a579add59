"""Checks whether a run was one that a registry asks for: its time, its profile, how much it measured, and its quota."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache

from flopsbench.analysis.rate import under_quota
from flopsbench.device import kind_of
from flopsbench.measure.profiles import PROFILES, SUSTAINED_S, case_policy
from flopsbench.measure.stopping import MIN_BLOCKS
from flopsbench.result.types import Case, CasePolicy, Profile, Result, schema_order
from flopsbench.text import utc
from flopsbench.units import general
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

HAS_CASE_POLICY = (1, 3)  # the first version of the schema in which each case says its own
FIRST_DAY = "2026-01-01"  # flopsbench did not exist before
SKEW = datetime.timedelta(hours=24)  # clocks are wrong, and days begin elsewhere earlier


def environment_findings(result: Result, now: datetime.datetime) -> Iterator[Finding]:
    """Yield the findings about the time, the profile and the state of a whole run."""
    if result.created > _latest(now):
        yield Finding("environment.future", f"was created on {result.created}, which is still to come", "created")
    elif result.created < FIRST_DAY:
        yield Finding("environment.past", f"was created on {result.created}, before there was a flopsbench", "created")
    yield from _profile_findings(result)
    if result.interrupted:
        yield Finding("environment.interrupted", Reason("run_interrupted"), "interrupted")
    if (result.tool.git_commit or "").endswith("+"):
        yield Finding("environment.tool", Reason("changed_checkout"), "tool.git_commit")
    if any(case.grade == "C" for case in result.cases):
        yield Finding("environment.grade", Reason("busy_machine"))


@lru_cache(maxsize=1)  # thousands of documents are checked within one second
def _latest(now: datetime.datetime) -> str:
    """Return the latest time at which a document may say that it was created."""
    return utc(now + SKEW)


def _profile_findings(result: Result) -> Iterator[Finding]:
    """Yield what falls short of the profile that the document names.

    A profile other than "registry" is a finding for review: nobody need mean to publish it. A registry refuses it.
    """
    profile, policy = result.tool.profile, result.policy
    rules = PROFILES[profile]
    usual = [case_policy(rules, kind_of(case.device), case.regime) for case in result.cases]
    if profile != "registry":
        yield Finding("environment.profile", Reason("other_profile", profile=profile), "tool.profile")
    elif not any(case.regime == "sustained" for case in result.cases):
        yield Finding("environment.profile", Reason("no_sustained_case"), "cases")
    if (
        policy.processes < rules.processes
        or policy.min_blocks < MIN_BLOCKS
        or policy.target_half_width > rules.target_half_width
        or policy.case_time_s < rules.case_time_s
        or policy.block_s < min((each.block_s for each in usual), default=0.0)
        or policy.warmup_s < min((each.warmup_s for each in usual), default=0.0)
    ):
        yield Finding("environment.minimum", f"its policy is less than the profile {profile} asks for", "policy")
        return
    says_own = schema_order(result.schema_version) >= HAS_CASE_POLICY
    for case in result.cases:
        if case.status == "ok" and case.policy is None and says_own:
            yield Finding("environment.minimum", "does not say how long its blocks and its warm-up were", case.case)
        elif case.status == "ok" and (complaint := _shortage(case, policy.processes, profile)):
            yield Finding("environment.minimum", complaint, case.case)


def _shortage(case: Case, processes: int, profile: Profile) -> str | None:
    """Return what a case has too little of: seconds, or processes; None where it has enough.

    Fewer processes than the policy asks for are enough where the case says that some gave no rate, at grade C.
    """
    if case.policy and _falls_short(case.policy, case, profile):
        return f"was sampled by less than the profile {profile} asks for on such a device"
    if case.regime == "sustained":
        short = any(process.wall_s < SUSTAINED_S for process in case.processes)
        return f"ran for less than the {general(SUSTAINED_S)} s of the sustained regime" if short else None
    lost = case.grade == "C" and any("gave no rate" in reason for reason in case.grade_reasons)
    if len(case.processes) < processes and not lost:
        return f"was measured by {len(case.processes)} processes, not by {processes}"
    return None


def space_findings(case: Case) -> Iterator[Finding]:
    """Yield a finding where the array library that was measured brought its own memory and clock."""
    if case.compute and case.compute.own_space:
        yield Finding("environment.space", "was measured in memory and by a clock that are not flopsbench's", case.case)


def quota_findings(case: Case, result: Result) -> Iterator[Finding]:
    """Yield a finding where a case ran under a CPU quota and its rate is not that of the total.

    The median of the blocks would flatter: most blocks may have run before the quota of their period was used up.
    """
    if under_quota(case, result.host) and case.stats and case.stats.rate.basis != "total":
        yield Finding("environment.quota", "ran under a CPU quota that its rate ignores", case.case)


def _falls_short(policy: CasePolicy, case: Case, profile: Profile) -> bool:
    """Return whether blocks or warm-up were shorter than the profile's, or the sustained time is not the regime's."""
    usual = case_policy(PROFILES[profile], kind_of(case.device), case.regime)
    return (
        policy.block_s < usual.block_s
        or policy.warmup_s < usual.warmup_s
        or (policy.sustained_s or 0.0) < (usual.sustained_s or 0.0)
        or (policy.sustained_s is not None) != (case.regime == "sustained")
    )
