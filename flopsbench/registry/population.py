"""What only many documents together show: a rate far from all others of its kind, and times that were copied.

It holds some 50 bytes a measured case and nothing of the documents themselves.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, groupby
from statistics import median
from typing import NamedTuple

from flopsbench.result.place import slug
from flopsbench.result.types import Case, DeviceRecord, Process, Result
from flopsbench.validate.finding import Finding
from flopsbench.validate.timing import FEWEST_TO_DIFFER

FEWEST = 5  # rates: the scatter of fewer says nothing
OUTLYING = 5.0  # robust z
NORMAL = 1.4826  # the median absolute deviation times this is the standard deviation of a normal distribution
PARTS = 16
LARGEST_LOG = 700.0  # of a float
LEAST_SCATTER = 0.01  # machines of one model differ by as much with nobody at fault


class Group(NamedTuple):
    """The same case on equal devices: logarithms of the rates, and whose they are."""

    logs: array[float]
    owners: array[int]


class Population:
    """All documents seen so far."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._ids: array[int] = array("Q")
        self._groups: dict[tuple[object, ...], Group] = defaultdict(lambda: Group(array("d"), array("I")))
        self._series: array[int] = array("q")
        self._owners: array[int] = array("I")

    def add(self, path: str, result: Result) -> None:
        """Take in a document of sound structure."""
        owner = len(self._paths)
        self._paths.append(path)
        self._ids.append(int(result.id[7:23], 16))
        slugs = {device.id: _kind(device, result) for device in result.devices}
        for case in result.cases:
            if case.stats and case.device in slugs:
                for fingerprint in fingerprints(case.processes):
                    self._series.append(fingerprint)
                    self._owners.append(owner)
                group = self._groups[(*slugs[case.device], *_work(case))]
                group.logs.append(math.log(case.stats.rate.median))
                group.owners.append(owner)

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Paths with what is to be said of them."""
        yield from self._copies()
        for key, group in self._groups.items():
            yield from self._outliers(" ".join(map(str, key)), group)

    def _copies(self) -> Iterator[tuple[str, Finding]]:
        told = set()
        for same in self._equal():
            owners = sorted({self._owners[index] for index in same})
            if len({self._ids[owner] for owner in owners}) < 2:
                continue
            for owner in owners:
                if owner not in told:
                    told.add(owner)
                    other = next(each for each in owners if self._ids[each] != self._ids[owner])
                    yield self._paths[owner], _copy(self._ids[other])

    def _equal(self) -> Iterator[Iterator[int]]:
        """Where equal fingerprints stand, part by part: Python's own numbers take four times the room of these."""
        for part in range(PARTS):
            some = [index for index, fingerprint in enumerate(self._series) if fingerprint % PARTS == part]
            some.sort(key=self._series.__getitem__)
            for _, same in groupby(some, key=self._series.__getitem__):
                yield same

    def _outliers(self, name: str, group: Group) -> Iterator[tuple[str, Finding]]:
        if len(group.logs) < FEWEST:
            return
        centre = median(group.logs)
        scatter = max(LEAST_SCATTER, NORMAL * median(abs(log - centre) for log in group.logs))
        for log, owner in zip(group.logs, group.owners, strict=True):
            if abs(log - centre) > OUTLYING * scatter:
                times = math.exp(min(log - centre, LARGEST_LOG))
                sentence = f"has {times:.3g} times the usual rate of {len(group.logs)} such measurements"
                yield self._paths[owner], Finding("population.outlier", sentence, name)


def fingerprints(processes: list[Process]) -> Iterator[int]:
    """Of what no two runs have in common, in whatever order: the blocks, and what was read before and beside them.

    Of the ceilings the first few of each process: they are as unlikely to be another's as all are, and take less time.
    Each is of 64 bits, the same in every process: Python hashes floats and sets of them without a seed.
    """
    yield hash(frozenset(chain.from_iterable([each.block_s for each in processes])))
    warmups = chain.from_iterable([each.warmup_block_s for each in processes])
    ceilings = chain.from_iterable([pair for each in processes for pair in each.block_ceilings[:2]])
    beside = [*warmups, *ceilings]
    if len(beside) >= FEWEST_TO_DIFFER:
        yield hash(frozenset(chain(beside, [each.first_launch_s for each in processes])))


def _copy(digits: int) -> Finding:
    return Finding("population.duplicate", f"has times or ceilings that the document {digits:016x} has")


def _kind(device: DeviceRecord, result: Result) -> tuple[str, int | None]:
    """Equal for devices that should be equally fast."""
    return slug(device.name, device.kind, result.host.cpu.microarchitecture), device.units


def _work(case: Case) -> tuple[str, str]:
    return case.case, case.compute.math if case.compute else ""
