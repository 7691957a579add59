"""A device's page: all its figures, newest first, cut into pages of bounded size."""

from __future__ import annotations

import pytest

from flopsbench.registry.entry import Entry
from flopsbench.site.model import devices
from flopsbench.site.model.boards import make_boards
from flopsbench.site.model.devices import DeviceHistory, make_histories
from tests.site.entries import CPU, H200, entry, figure, own


def pages_of(*entries: Entry) -> list[DeviceHistory]:
    return list(make_histories(entries, make_boards(entries)))


def test_a_device_shows_every_figure_newest_first() -> None:
    old, new = entry(1), entry(40, figure(8e14), figure(7e14, regime="sustained"), submitter="ann")
    (page,) = pages_of(old, new)
    assert [(point.page, point.figure.median) for point in page.points] == [
        (new.page, 8e14),
        (new.page, 7e14),
        (old.page, 7e14),
    ]
    assert (page.results, page.submitters) == (2, 2)
    assert page.points[0].driver == "570.1"


def test_a_result_of_two_devices_is_on_both_pages_with_its_own_figures() -> None:
    both = entry(1, figure(), figure(1e12, device=CPU.slug), machines=[CPU, H200])
    cpu, gpu = pages_of(both)
    assert [point.figure.median for point in cpu.points] == [1e12]
    assert [point.figure.median for point in gpu.points] == [7e14]
    assert (cpu.accelerator, gpu.accelerator and gpu.accelerator.id) == (None, "h200-sxm")


def test_a_page_says_where_the_device_stands() -> None:
    both = entry(1, figure(), figure(1e12, device=CPU.slug), machines=[CPU, H200])
    cpu, _ = pages_of(both)
    (of_method,) = cpu.standings
    (standing,) = of_method.places
    assert (standing.key, standing.place, standing.of, standing.row.median) == ("bf16-ieee", 2, 2, 1e12)


def test_places_are_those_among_the_devices_of_one_method() -> None:
    both = entry(1, figure(), figure(1e12, device=CPU.slug), machines=[CPU, H200])
    older = entry(2, figure(9e14, device=CPU.slug), own(3e14, device=CPU.slug), machines=[CPU], method=1)
    cpu, _ = pages_of(both, older)
    assert [(each.method, [(at.place, at.of) for at in each.places]) for each in cpu.standings] == [
        (2, [(2, 2)]),
        (1, [(1, 1)]),
    ]
    assert [[at.own.row.median for at in each.own] for each in cpu.standings] == [[], [3e14]]
    assert [point.method for point in cpu.points] == [1, 1, 2]


def test_a_device_without_a_burst_stands_nowhere() -> None:
    (page,) = pages_of(entry(1, figure(regime="sustained")))
    assert (page.standings, len(page.points)) == ([], 1)


def test_few_results_are_one_page() -> None:
    assert [page.parts for page in pages_of(*map(entry, range(5)))] == [[]]


def test_many_results_are_cut_into_parts_that_keep_their_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "RESULTS_PER_PAGE", 3)
    pages = pages_of(*map(entry, range(7)))
    assert [page.page for page in pages] == ["h200-sxm", "h200-sxm.1", "h200-sxm.2", "h200-sxm.3"]
    whole, *parts = pages
    assert [int(point.page, 16) for point in whole.points] == [6, 5, 4]
    assert [[int(point.page, 16) for point in part.points] for part in parts] == [[2, 1, 0], [5, 4, 3], [6]]
    assert [part.part for part in parts] == whole.parts
    assert [part.results for part in whole.parts] == [3, 3, 1]
    assert whole.results == parts[0].results == 7
    more = pages_of(*map(entry, range(8)))
    assert [page.points for page in more[1:3]] == [page.points for page in parts[:2]]


def test_the_order_of_files_does_not_matter() -> None:
    entries = [entry(number) for number in range(5)]
    assert pages_of(*entries) == pages_of(*reversed(entries))
