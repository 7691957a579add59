"""Makes the history of each device: every figure of it, by date, driver and library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from flopsbench.peaks.datasheet import Accelerator, load_accelerators
from flopsbench.registry.entry import Entry, Figure, Machine, Trust
from flopsbench.site.model.boards import Board, BoardRow, OwnKernel
from flopsbench.site.model.trust import entry_trust

RESULTS_PER_PAGE = 250  # about 1 MB


@dataclass(frozen=True, slots=True)
class DatedFigure:
    """A DatedFigure is one figure of one Result; ``page`` is the stem of the Result's page.

    ``method`` is the version of the method; ``trust`` is what that Result alone earns.
    """

    page: str
    created: str
    submitter: str | None
    driver: str | None
    versions: dict[str, str]
    trust: Trust
    method: int
    figure: Figure


@dataclass(frozen=True, slots=True)
class Part:
    """A Part is one of several pages of a device with many Results: those from ``first`` to ``last`` (dates)."""

    page: str
    first: str
    last: str
    results: int


@dataclass(frozen=True, slots=True)
class BoardPlace:
    """A BoardPlace says where a device stands on a board: ``place`` 1 is the fastest of ``of`` devices."""

    key: str
    dtype: str
    math: str
    unit: str
    place: int
    of: int
    row: BoardRow


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """An OwnPlace is an own kernel of a device, with the board that it is measured beside."""

    key: str
    dtype: str
    math: str
    unit: str
    own: OwnKernel


@dataclass(frozen=True, slots=True)
class MethodStandings:
    """A MethodStandings is where a device stands by one version of the method, and its own kernels beside that."""

    method: int
    places: list[BoardPlace]
    own: list[OwnPlace]


@dataclass(frozen=True, slots=True)
class DeviceHistory:
    """A DeviceHistory is what a device's page shows; ``page`` is its stem, ``points`` are newest first.

    Its ``standings`` are by versions of the method, the newest first.
    A device with more than RESULTS_PER_PAGE Results shows its newest ones and names in ``parts`` (oldest first) the
    pages that together hold all of them; on such a page ``part`` is that page's own.
    """

    page: str
    machine: Machine
    accelerator: Accelerator | None
    results: int
    submitters: int
    standings: list[MethodStandings]
    points: list[DatedFigure]
    parts: list[Part] = field(default_factory=list)
    part: Part | None = None


def make_histories(entries: Iterable[Entry], boards: Iterable[Board]) -> Iterator[DeviceHistory]:
    """Yield the history of every device in the order of slugs, each followed by its parts where it has any."""
    by_device: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: (entry.created, entry.id)):
        for machine in entry.machines:
            by_device[machine.slug].append(entry)
    standings = _standings(boards)
    for slug in sorted(by_device):
        yield from _pages(slug, by_device[slug], standings.get(slug, []))


def _standings(boards: Iterable[Board]) -> dict[str, list[MethodStandings]]:
    """Return where each device stands on the boards, by slug."""
    found: dict[str, dict[int, MethodStandings]] = defaultdict(dict)

    def of(slug: str, method: int) -> MethodStandings:
        """Return the standings of a device by a version of the method, to be filled."""
        return found[slug].setdefault(method, MethodStandings(method, [], []))

    for board in boards:
        named = (board.key, board.dtype, board.math, board.unit)
        for ranking in board.rankings:
            for place, row in enumerate(ranking.rows, 1):
                standing = BoardPlace(*named, place, len(ranking.rows), row)
                of(row.machine.slug, ranking.method).places.append(standing)
            for own in ranking.own:
                of(own.row.machine.slug, ranking.method).own.append(OwnPlace(*named, own))
    return {slug: [methods[method] for method in sorted(methods, reverse=True)] for slug, methods in found.items()}


def _pages(slug: str, oldest_first: Sequence[Entry], standings: list[MethodStandings]) -> Iterator[DeviceHistory]:
    """Yield the page of one device, and its parts where it has more Results than one page holds."""
    machine = _machine(oldest_first[-1], slug)
    chunks = [oldest_first[start : start + RESULTS_PER_PAGE] for start in range(0, len(oldest_first), RESULTS_PER_PAGE)]
    parts = [_part(slug, number, chunk) for number, chunk in enumerate(chunks, 1)] if len(chunks) > 1 else []
    whole = DeviceHistory(
        page=slug,
        machine=machine,
        accelerator=load_accelerators().get(machine.accelerator or ""),
        results=len(oldest_first),
        submitters=len({entry.owner for entry in oldest_first}),
        standings=standings,
        points=_points(slug, oldest_first[-RESULTS_PER_PAGE:]),
        parts=parts,
    )
    yield whole
    for part, chunk in zip(parts, chunks, strict=False):
        yield replace(whole, page=part.page, points=_points(slug, chunk), part=part)


def _part(slug: str, number: int, oldest_first: Sequence[Entry]) -> Part:
    """Return one part; parts are numbered from the oldest, so that a page keeps its address. No slug holds a dot."""
    return Part(f"{slug}.{number}", oldest_first[0].created, oldest_first[-1].created, len(oldest_first))


def _points(slug: str, oldest_first: Sequence[Entry]) -> list[DatedFigure]:
    """Return every figure of a device in these Results, newest first."""
    return [
        DatedFigure(
            page=entry.page,
            created=entry.created,
            submitter=entry.submitter,
            driver=_machine(entry, slug).driver,
            versions=entry.versions,
            trust=entry_trust(entry),
            method=entry.method,
            figure=figure,
        )
        for entry in reversed(oldest_first)
        for figure in entry.figures
        if figure.device == slug
    ]


def _machine(entry: Entry, slug: str) -> Machine:
    """Return the device of a Result that has this slug."""
    return next(machine for machine in entry.machines if machine.slug == slug)
