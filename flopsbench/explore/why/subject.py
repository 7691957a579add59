"""Gathers what is known of a slow case and its machine before anything is tried."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from flopsbench.analysis.causes.slow import Slow
from flopsbench.host.cgroup import ControlGroups, Quota
from flopsbench.host.cpu.cores import allowed_cpus, online_cpus
from flopsbench.host.trees import HERE, Places
from flopsbench.problem import Shape, shape_text
from flopsbench.result.types import Case, Options
from flopsbench.result.work import amount

SHORT_LAUNCH_S = 0.015  # so that turns are: what processes are to meet alike lasts less than a tenth of a second
RESTED_SHARE = 0.4  # of what a period of a quota allows go into a turn's launches; the rest is for all that is around
LAUNCHES = 2  # at least, in each turn: the lead-in and the block
SMALLEST_EDGE = 128  # that a case is shrunk to


@dataclass(frozen=True)
class Subject:
    """A Subject is a slow case under examination, with its document and what this machine shows besides.

    ``usual_edge`` is the size that ``run`` takes by itself. The experiments run in its own shape where that is
    ``fixed``, else in one of which a launch is short; under a quota in one of which launches fit into a period.
    """

    slow: Slow
    usual_edge: int
    fixed: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    places: Places = HERE

    @property
    def case(self) -> Case:
        """Return the case itself."""
        return self.slow.case

    @property
    def allowed(self) -> set[int]:
        """Return the logical CPUs that this process may use; none where the system cannot say."""
        return allowed_cpus() or set()

    @property
    def online(self) -> set[int]:
        """Return the logical CPUs that are switched on; none where the kernel does not say."""
        return online_cpus(self.places) or set()

    @cached_property
    def quota(self) -> Quota | None:
        """Return the quota of CPU time, where it is for fewer cores than a process may run on; None without one."""
        quota = ControlGroups.at(self.places).quota() if self.slow.is_host else None
        return quota if quota and quota.cpus < len(self.allowed) else None

    @property
    def turn_s(self) -> float | None:
        """Return for how long the case may compute in a turn without meeting the quota; None where there is none."""
        quota = self.quota
        return RESTED_SHARE * quota.cpus * quota.period_s / len(self.allowed) if quota else None

    @cached_property
    def shape(self) -> Shape:
        """Return the shape that the experiments run in: m, n and k."""
        case, turn_s = self.case, self.turn_s
        if turn_s is not None:
            return _shrunk(case, turn_s / LAUNCHES)
        return (case.m, case.n, case.k) if self.fixed else _shrunk(case, SHORT_LAUNCH_S)

    def options(self, *, shape: Shape | None = None, rival: Case | None = None) -> Options:
        """Return the options that ask for this case alone, in another shape or by a rival's kernel if one is given."""
        by = rival or self.case
        return Options(
            devices=[self.case.device],
            dtypes=[self.case.dtype],
            backends=[by.backend],
            kernels=[by.kernel],
            sizes=[shape_text(*(shape or self.shape))],
        )


def _shrunk(case: Case, launch_s: float) -> Shape:
    """Return the shape of a case, its edges halved until a launch takes so many seconds at most.

    One that was refused for what it would take has the smallest.
    """
    m, n, k = case.m, case.n, case.k
    expected_s = min((min(each.block_s) / each.loops for each in case.processes), default=float("inf"))
    while expected_s > launch_s and max(m, n, k) > SMALLEST_EDGE:
        before = amount(replace(case, m=m, n=n, k=k)).count
        m, n, k = (max(edge // 2, min(edge, SMALLEST_EDGE)) for edge in (m, n, k))
        expected_s *= amount(replace(case, m=m, n=n, k=k)).count / before
    return m, n, k
