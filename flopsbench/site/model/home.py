"""Collects what the first page shows: counts, the boards, the newest Results, every device, and what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flopsbench.registry.entry import Entry, Machine
from flopsbench.site.model.boards import Board
from flopsbench.validate.finding import Finding

LATEST = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A Listed is a device in the list to search: how many Results it has, and the keys of the boards it stands on."""

    machine: Machine
    results: int
    boards: list[str]


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A RefusedFile is not on the site; ``path`` is its path below the registry's folder, ``findings`` say why."""

    path: str
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Summary:
    """A Summary is what the first page shows; it leaves out hidden and superseded Results, and no board is empty.

    ``submitters`` counts handles, and all Results without a handle as one. ``latest`` are the newest Results; devices
    are in the order of their names; ``refused`` are the files that were left out.
    """

    results: int
    submitters: int
    devices: list[Listed]
    boards: list[Board]
    latest: list[Entry]
    refused: Sequence[RefusedFile] = ()


def make_summary(entries: Sequence[Entry], boards: list[Board], refused: Sequence[RefusedFile] = ()) -> Summary:
    """Return the summary of all Results that count, and of the files that were refused."""
    newest_first = sorted(entries, key=lambda entry: (entry.created, entry.id), reverse=True)
    return Summary(
        results=len(entries),
        submitters=len({entry.owner for entry in entries}),
        devices=_listed(newest_first, boards),
        boards=boards,
        latest=newest_first[:LATEST],
        refused=refused,
    )


def _slugs(board: Board) -> set[str]:
    """Return which devices a board has, by whatever method and kernel."""
    rows = (row for ranking in board.rankings for row in (*ranking.rows, *(own.row for own in ranking.own)))
    return {row.machine.slug for row in rows}


def _listed(newest_first: Iterable[Entry], boards: Iterable[Board]) -> list[Listed]:
    """Return every device, in the order of their names."""
    machines: dict[str, Machine] = {}
    results: dict[str, int] = defaultdict(int)
    for entry in newest_first:
        for machine in entry.machines:
            machines.setdefault(machine.slug, machine)
            results[machine.slug] += 1
    keys: dict[str, list[str]] = defaultdict(list)
    for board in boards:
        for slug in sorted(_slugs(board)):
            keys[slug].append(board.key)
    listed = (Listed(machine, results[slug], keys[slug]) for slug, machine in machines.items())
    return sorted(listed, key=lambda each: (each.machine.name.lower(), each.machine.slug))
