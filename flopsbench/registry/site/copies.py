"""Results that hold the blocks of others: nobody measures the same nanoseconds twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from struct import pack

from flopsbench.registry.finding import Finding
from flopsbench.registry.population import unique_times
from flopsbench.result import Result


def block_digests(result: Result) -> list[bytes]:
    """A digest of everything in each measured case that no two runs have in common."""
    every = (times for case in result.cases if case.stats for times in unique_times(case.processes))
    return [hashlib.sha256(pack(f"<{len(times)}d", *times)).digest()[:16] for times in every]


def copies(digests: Mapping[str, list[bytes]]) -> dict[str, Finding]:
    """What is to be said of the files whose digests others have, too."""
    owners: dict[bytes, list[str]] = defaultdict(list)
    for path, blocks in digests.items():
        for digest in set(blocks):
            owners[digest].append(path)
    shared = (paths for paths in owners.values() if len(paths) > 1)
    return {path: _copy(next(other for other in paths if other != path)) for paths in shared for path in paths}


def _copy(other: str) -> Finding:
    return Finding("population.duplicate", f"has times or ceilings that {other} has")
