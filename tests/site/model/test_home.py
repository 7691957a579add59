"""The first page's counts and lists."""

from __future__ import annotations

from flopsbench.site.model.boards import make_boards
from flopsbench.site.model.home import LATEST, Summary, make_summary
from tests.site.entries import CPU, H200, by, entry, figure, own


def summary() -> Summary:
    both = entry(99, figure(), figure(1e12, device=CPU.slug), machines=[CPU, H200])
    entries = [*(by("ann", number, 7e14) for number in range(30)), by(None, 31, 7e14), both]
    return make_summary(entries, make_boards(entries))


def test_results_submitters_and_devices_are_counted() -> None:
    home = summary()
    assert (home.results, home.submitters) == (32, 2)
    assert [(listed.machine.slug, listed.results) for listed in home.devices] == [(CPU.slug, 1), ("h200-sxm", 32)]


def test_a_device_names_the_boards_it_stands_on() -> None:
    assert {listed.machine.slug: listed.boards for listed in summary().devices} == {
        CPU.slug: ["bf16-ieee"],
        "h200-sxm": ["bf16-ieee"],
    }


def test_a_device_of_an_older_method_or_an_own_kernel_alone_is_on_its_board_too() -> None:
    entries = [entry(1, figure(1e12, device=CPU.slug), machines=[CPU], method=1), entry(2, own())]
    home = make_summary(entries, make_boards(entries))
    assert [listed.boards for listed in home.devices] == [["bf16-ieee"], ["bf16-ieee"]]


def test_the_latest_come_first() -> None:
    latest = summary().latest
    assert len(latest) == LATEST
    assert [each.created for each in latest] == sorted((each.created for each in latest), reverse=True)


def test_an_empty_registry_has_a_first_page() -> None:
    assert make_summary([], []) == Summary(0, 0, [], [], [])
