"""Whether the run was the one a registry asks for: when, how often, how long, and under which limits."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache

from flopsbench.measure.profiles import PROFILES, SUSTAINED_S
from flopsbench.measure.stopping import MIN_BLOCKS
from flopsbench.result.types import Case, Result
from flopsbench.validate.finding import Finding

FIRST_DAY = "2026-01-01"  # before flopsbench there was no document of its kind
SKEW = datetime.timedelta(hours=24)  # clocks are wrong, and days begin elsewhere earlier


def check(result: Result, now: datetime.datetime) -> Iterator[Finding]:
    """Findings of the document as a whole."""
    if result.created > _latest(now):
        yield Finding("environment.future", f"was created on {result.created}, which is still to come", "created")
    elif result.created < FIRST_DAY:
        yield Finding("environment.past", f"was created on {result.created}, before there was a flopsbench", "created")
    yield from _profile(result)
    if result.interrupted:
        yield Finding("environment.interrupted", "the run was interrupted", "interrupted")
    if (result.tool.git_commit or "").endswith("+"):
        yield Finding("environment.tool", "was measured by a changed checkout of flopsbench", "tool.git_commit")
    if any(case.grade == "C" for case in result.cases):
        yield Finding("environment.grade", "has rates of grade C, measured on a busy machine")


@lru_cache(maxsize=1)  # thousands of documents are checked within one second
def _latest(now: datetime.datetime) -> str:
    return f"{(now + SKEW).astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _profile(result: Result) -> Iterator[Finding]:
    """What the profile promises; whether it is a registry's is for a person to judge."""
    profile, policy = result.tool.profile, result.policy
    rules = PROFILES[profile]
    if profile != "registry":
        yield Finding("environment.profile", f"was measured by the profile {profile}, not by registry", "tool.profile")
    elif not any(case.regime == "sustained" for case in result.cases):
        yield Finding("environment.profile", "has no case of the sustained regime, which registry measures", "cases")
    if (
        policy.processes < (2 if rules.turns else rules.processes)
        or policy.min_blocks < MIN_BLOCKS
        or policy.target_half_width > rules.target_half_width
        or policy.case_time_s < rules.case_time_s
    ):
        yield Finding("environment.minimum", f"its policy is less than the profile {profile} asks for", "policy")
        return
    for case in result.cases:
        if case.status == "ok" and (complaint := _about_amount(case, policy.processes)):
            yield Finding("environment.minimum", complaint, case.case)


def _about_amount(case: Case, processes: int) -> str | None:
    """Too little of it. Where processes were lost, the case says so and has grade C."""
    if case.regime == "sustained":
        short = any(process.wall_s < SUSTAINED_S for process in case.processes)
        return f"ran for less than the {SUSTAINED_S:g} s of the sustained regime" if short else None
    lost = case.grade == "C" and any("gave no rate" in reason for reason in case.grade_reasons)
    if len(case.processes) < processes and not lost:
        return f"was measured by {len(case.processes)} processes, not by {processes}"
    return None


def check_quota(case: Case, result: Result) -> Iterator[Finding]:
    """Under a quota, blocks that ran before it was used up would flatter: there only the total counts."""
    limits = result.host.virtualisation
    if limits and limits.quota_cpus and case.device == "cpu" and case.stats and case.stats.rate.basis != "total":
        yield Finding("environment.quota", "ran under a CPU quota that its rate ignores", case.case)
