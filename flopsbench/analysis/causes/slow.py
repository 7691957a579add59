"""Gathers what a document says of one case that lies far below its limit."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from flopsbench.device import kind_of
from flopsbench.peaks.instruction_sets import (
    InstructionSet,
    LibraryPaths,
    library_called,
    narrowest,
    set_named,
    set_of_instruction,
)
from flopsbench.result.types import Case, DeviceRecord, Result, Telemetry
from flopsbench.result.work import limit_of
from flopsbench.words.reason import Reason


class Cause(NamedTuple):
    """A Cause is something that holds a rate down to about ``factor`` of what it were without it, and what to do."""

    factor: float
    sentence: Reason

    def explains(self, share: float) -> bool:
        """Return whether it is at least half of what is missing from a share, as factors count."""
        return self.factor <= sqrt(share)


@dataclass(frozen=True, slots=True)
class Slow:
    """A Slow is a case that reaches a ``share`` of its limit, with the document it stands in.

    ``of_ceiling`` says whether the limit was measured beside it; else it is the datasheet's.
    """

    case: Case
    result: Result
    share: float
    of_ceiling: bool

    @property
    def library(self) -> str:
        """Return what computed it, as the document names it."""
        return self.case.compute.library if self.case.compute else self.case.backend

    @property
    def paths(self) -> LibraryPaths | None:
        """Return what is known of the library's kernels."""
        return library_called(self.library)

    @property
    def widest(self) -> InstructionSet | None:
        """Return the instructions that the ceiling found in this CPU, as far as the library has kernels for any."""
        key = self.case.device, self.case.dtype, self.case.stats.unit if self.case.stats else None
        found = next((each.instruction for each in self.result.ceilings if limit_of(each) == key), None)
        used, paths = set_of_instruction(found), self.paths
        return narrowest(used, set_named(paths.widest)) if used and paths else None

    @property
    def device(self) -> DeviceRecord | None:
        """Return the device that it ran on."""
        return next((each for each in self.result.devices if each.id == self.case.device), None)

    @property
    def units(self) -> int:
        """Return how many cores its ceiling was measured on."""
        return (self.device.units if self.device else None) or self.result.host.cpu.usable

    @property
    def threads(self) -> int | None:
        """Return how many threads it ran on; None where that is not told, and on a board."""
        return self.case.compute.threads if self.case.compute and self.is_host else None

    @property
    def is_host(self) -> bool:
        """Return whether it ran on the machine's own cores."""
        return kind_of(self.case.device).is_host

    @property
    def telemetry(self) -> list[Telemetry]:
        """Return what the sensors said in each of its processes."""
        return [process.telemetry for process in self.case.processes]


def slow(case: Case, result: Result) -> Slow | None:
    """Return a measured case with its share of the ceiling, or of the datasheet's peak; None where neither is known."""
    efficiency = case.stats.efficiency if case.stats else None
    if efficiency and efficiency.ceiling:
        return Slow(case, result, efficiency.ceiling, of_ceiling=True)
    if efficiency and efficiency.peak and not kind_of(case.device).is_host:
        return Slow(case, result, efficiency.peak, of_ceiling=False)
    return None
