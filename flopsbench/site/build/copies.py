"""Results that hold the blocks of others: nobody measures the same nanoseconds twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from flopsbench.registry.population import fingerprints
from flopsbench.result.types import Result
from flopsbench.validate.finding import Finding


def times_of(result: Result) -> list[int]:
    """The fingerprints of all measured cases."""
    return [each for case in result.cases if case.stats for each in fingerprints(case.processes)]


def copies(times: Mapping[str, Sequence[int]]) -> dict[str, Finding]:
    """What is to be said of the files whose fingerprints others have, too."""
    owners: dict[int, list[str]] = defaultdict(list)
    for path, of_one in times.items():
        for fingerprint in set(of_one):
            owners[fingerprint].append(path)
    shared = (paths for paths in owners.values() if len(paths) > 1)
    return {path: _copy(next(other for other in paths if other != path)) for paths in shared for path in paths}


def _copy(other: str) -> Finding:
    return Finding("population.duplicate", f"has times or ceilings that {other} has")
