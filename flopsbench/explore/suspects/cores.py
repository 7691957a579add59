"""Suspects that the case has fewer cores than it could have: a quota, an affinity, a number of threads."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import Subject
from flopsbench.host.cpu.cores import OMP_THREADS, thread_variables
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
            keep=Reason("why_widen_affinity", cpus=_listed(online)),
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
        name = names[0] if names[0] != OMP_THREADS else OMP_THREADS
        yield Hypothesis(
            kind="threads",
            claim=Reason("why_threads", threads=slow.threads, cores=cores),
            keep=Reason("why_export", setting=f"{name}={cores}"),
            given={name: str(cores)},
        )


def _listed(cpus: set[int]) -> str:
    """Return CPUs as taskset takes them, "0-3,8"."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][-1] + 1:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
