"""Work spread over processes: in order, here where there is little of it, and over when something fails."""

from __future__ import annotations

import os

import pytest

from flopsbench.errors import UsageError
from flopsbench.site.build.pool import FEW, Crew


def whose(number: int) -> tuple[int, int]:
    if number == 99:
        raise UsageError("no")
    return number, os.getpid()


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
