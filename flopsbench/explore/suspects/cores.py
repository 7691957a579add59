"""Suspects that the case has fewer cores than it could have: a quota, an affinity, a number of threads."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import Subject
from flopsbench.host.cpu.cores import thread_variables
from flopsbench.host.trees import format_cpus
from flopsbench.units import general
from flopsbench.words.reason import Reason


def of_quota(subject: Subject) -> Iterator[Hypothesis]:
    """Yield that a quota of CPU time runs out."""
    if quota := subject.quota:
        cores = max(subject.slow.threads or 1, len(subject.allowed))
        yield Hypothesis(
            kind="quota",
            claim=Reason("why_quota", quota=general(quota.cpus, 3)),
            keep=Reason("why_raise_quota", cores=cores),
        )


def of_affinity(subject: Subject) -> Iterator[Hypothesis]:
    """Yield that this process may use fewer CPUs than are switched on."""
    allowed, online = subject.allowed, subject.online
    if subject.slow.is_host and allowed and allowed < online:
        yield Hypothesis(
            kind="affinity",
            claim=Reason("why_affinity", allowed=len(allowed), online=len(online)),
            keep=Reason("why_widen_affinity", cpus=format_cpus(online)),
            cpus=frozenset(online),
        )


def of_threads(subject: Subject) -> Iterator[Hypothesis]:
    """Yield that the number of threads, which no variable sets, is not that of the cores."""
    slow = subject.slow
    names = thread_variables(slow.library)
    if slow.threads is None or any(subject.environ.get(name) for name in names):
        return
    cores = min(slow.result.host.cpu.physical or slow.units, slow.units)
    if slow.threads != cores:
        yield Hypothesis(
            kind="threads",
            claim=Reason("why_threads", threads=slow.threads, cores=cores),
            keep=Reason("why_export", setting=f"{names[0]}={cores}"),
            given={names[0]: str(cores)},
        )
