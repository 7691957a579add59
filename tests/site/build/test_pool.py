"""Work spread over processes: in order, here where there is little of it, and over when something fails."""

from __future__ import annotations

import os

import pytest

from flopsbench.errors import UsageError
from flopsbench.host.cgroup import ControlGroups
from flopsbench.site.build.pool import FEW, Crew


def whose(number: int) -> tuple[int, int]:
    if number == 99:
        raise UsageError("no")
    return number, os.getpid()


@pytest.mark.process
def test_much_work_is_done_elsewhere_and_in_order() -> None:
    with Crew(2) as crew:
        done = crew.map(whose, range(20))
        assert [number for number, _ in done] == list(range(20))
        assert os.getpid() not in {process for _, process in done}
        with pytest.raises(UsageError, match="no"):
            crew.map(whose, range(90, 110))


@pytest.mark.parametrize(("jobs", "tasks"), [(1, 20), (2, FEW), (2, 0)])
def test_little_work_and_a_single_job_stay_here(jobs: int, tasks: int) -> None:
    with Crew(jobs) as crew:
        assert crew.map(whose, range(tasks)) == [(number, os.getpid()) for number in range(tasks)]


def test_a_quota_of_one_core_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(ControlGroups, "quota_cpus", lambda _: 1.0)
    with Crew() as crew:
        assert crew.map(whose, range(20)) == [(number, os.getpid()) for number in range(20)]


def test_cpus_are_counted_where_the_system_has_no_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(ControlGroups, "quota_cpus", lambda _: None)
    with Crew() as crew:
        assert crew.map(whose, range(20)) == [(number, os.getpid()) for number in range(20)]
