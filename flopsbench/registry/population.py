"""Finds what only many documents together show: a rate far from all others of its kind, and times that were copied.

A Population keeps some 50 bytes per measured case, and nothing of the documents themselves.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from statistics import median
from typing import NamedTuple

from flopsbench.registry.entry import why_unranked
from flopsbench.result.place import slug
from flopsbench.result.types import Case, DeviceRecord, Process, Result
from flopsbench.stats import MAD_TO_SIGMA
from flopsbench.units import general
from flopsbench.validate.finding import Finding
from flopsbench.validate.timing import FEWEST_TO_DIFFER
from flopsbench.words.reason import Reason

FEWEST = 5  # rates of a group; the scatter of fewer says nothing
OUTLYING = 5.0  # the robust z-score beyond which a rate is an outlier
PARTS = 16  # in which fingerprints are sorted, one after the other, to save memory
LARGEST_LOG = 700.0  # whose exponential is still a float
LEAST_SCATTER = 0.01  # relative; sound machines of one model differ by as much


class Group(NamedTuple):
    """A Group collects all rates of one case on equal devices.

    ``logs[i]`` is the natural logarithm of a rate in operations per second, ``owners[i]`` the number of its document,
    in the order in which documents were added.
    """

    logs: array[float]
    owners: array[int]


class Population:
    """A Population compares documents with each other: ``add`` takes them in, ``findings`` tells what they show.

    Rates are compared of what is ranked alone.
    """

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._ids: array[int] = array("Q")
        self._groups: dict[tuple[object, ...], Group] = defaultdict(lambda: Group(array("d"), array("I")))
        self._series: array[int] = array("q")
        self._owners: array[int] = array("I")

    def add(self, path: str, result: Result) -> None:
        """Take in the document of a file; its structure must be sound."""
        owner = len(self._paths)
        self._paths.append(path)
        self._ids.append(int(result.id[7:23], 16))
        slugs = {device.id: _kind(device, result) for device in result.devices}
        for case in result.cases:
            if case.stats and case.device in slugs:
                for fingerprint in fingerprints(case.processes):
                    self._series.append(fingerprint)
                    self._owners.append(owner)
                if why_unranked(case, case.stats) is None:
                    group = self._groups[(*slugs[case.device], *_work(case), _by_method(result))]
                    group.logs.append(math.log(case.stats.rate.median))
                    group.owners.append(owner)

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Yield the findings about all documents, each behind the path of its file."""
        yield from self._copies()
        for key, group in self._groups.items():
            yield from self._outliers(" ".join(map(str, key)), group)

    def _copies(self) -> Iterator[tuple[str, Finding]]:
        """Yield a finding for each document that shares a fingerprint with a document of another id."""
        told = set()
        for same in self._equal():
            owners = sorted({self._owners[index] for index in same})
            if len({self._ids[owner] for owner in owners}) < 2:
                continue
            for owner in owners:
                if owner not in told:
                    told.add(owner)
                    other = next(each for each in owners if self._ids[each] != self._ids[owner])
                    yield self._paths[owner], _copy_finding(Reason("the_document", id=f"{self._ids[other]:016x}"))

    def _equal(self) -> Iterator[Iterator[int]]:
        """Yield, for each fingerprint, the indices at which it stands.

        Only one part of the indices is sorted at a time: a list of Python's integers takes four times the memory of an
        array.
        """
        for part in range(PARTS):
            some = [index for index, fingerprint in enumerate(self._series) if fingerprint % PARTS == part]
            some.sort(key=self._series.__getitem__)
            for _, same in groupby(some, key=self._series.__getitem__):
                yield same

    def _outliers(self, name: str, group: Group) -> Iterator[tuple[str, Finding]]:
        """Yield a finding for each rate of a group whose robust z-score lies beyond OUTLYING."""
        if len(group.logs) < FEWEST:
            return
        centre = median(group.logs)
        scatter = max(LEAST_SCATTER, MAD_TO_SIGMA * median(abs(log - centre) for log in group.logs))
        for log, owner in zip(group.logs, group.owners, strict=True):
            if abs(log - centre) > OUTLYING * scatter:
                times = math.exp(min(log - centre, LARGEST_LOG))
                sentence = Reason("outlying", times=general(times, 3), count=len(group.logs))
                yield self._paths[owner], Finding("population.outlier", sentence, name)


def fingerprints(processes: list[Process]) -> Iterator[int]:
    """Yield fingerprints of a case's times that no two runs share, whatever the order of the times.

    One is of the blocks. Another is of the warm-up, the first launches and the ceilings, where there are enough; of the
    ceilings the first two pairs per process are taken, which are as unlikely to repeat by chance as all of them
    and take less time. A fingerprint has 64 bits and is equal in every process: Python hashes floats, and sets of them,
    without a random seed.
    """
    yield hash(frozenset(chain.from_iterable([each.block_s for each in processes])))
    warmups = chain.from_iterable([each.warmup_block_s for each in processes])
    ceilings = chain.from_iterable([pair for each in processes for pair in each.block_ceilings[:2]])
    beside = [*warmups, *ceilings]
    if len(beside) >= FEWEST_TO_DIFFER:
        yield hash(frozenset(chain(beside, [each.first_launch_s for each in processes])))


def fingerprints_of(result: Result) -> list[int]:
    """Return the fingerprints of all measured cases of a Result."""
    return [each for case in result.cases if case.stats for each in fingerprints(case.processes)]


def duplicate_findings(known: Mapping[str, Sequence[int]]) -> dict[str, Finding]:
    """Return, by path, a finding for each file that shares a fingerprint with another; ``known`` are those by path."""
    owners: dict[int, list[str]] = defaultdict(list)
    for path, of_one in known.items():
        for fingerprint in set(of_one):
            owners[fingerprint].append(path)
    shared = (paths for paths in owners.values() if len(paths) > 1)
    return {path: _copy_finding(next(other for other in paths if other != path)) for paths in shared for path in paths}


def _copy_finding(other: str) -> Finding:
    """Return the finding about a document whose times another one, as named, has too."""
    return Finding("population.duplicate", Reason("shared_times", other=other))


def _kind(device: DeviceRecord, result: Result) -> tuple[str, int | None]:
    """Return what devices have in common that should be equally fast: the name in the registry, and the units."""
    return slug(device, result.host), device.units


def _work(case: Case) -> tuple[str, str]:
    """Return what cases have in common whose rates can be compared: the case's key and the mode of arithmetic."""
    return case.case, case.compute.math if case.compute else ""


def _by_method(result: Result) -> str:
    """Return by which version of the method rates were measured, which must be the same."""
    return f"method {result.method_version}"
