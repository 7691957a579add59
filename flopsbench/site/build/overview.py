"""Lists the files of the site that are made of many Results, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from flopsbench.registry.entry import Entry
from flopsbench.site.build.work import Page
from flopsbench.site.html import downloads
from flopsbench.site.model.boards import make_boards
from flopsbench.site.model.devices import make_histories
from flopsbench.site.model.home import RefusedFile, make_summary
from flopsbench.site.model.totals import make_rates, make_totals


class Overview:
    """An Overview is what all published Results say together, and which files were ``refused``.

    Results that another one supersedes are listed, but not counted on boards and in totals.
    """

    def __init__(self, entries: Sequence[Entry], refused: Sequence[RefusedFile] = ()) -> None:
        self._entries = entries
        self._refused = refused
        self._counted = [entry for entry in entries if not entry.superseded_by]
        self._boards = make_boards(self._counted)
        self._totals = make_totals(self._boards)

    def pages(self) -> Iterator[Page]:
        """Yield every page that is made of many Results."""
        summary = make_summary(self._counted, self._boards, self._refused)
        yield Page("index.html", "home", (summary,))
        yield Page("compare.html", "compare", (summary,))
        for board in self._boards:
            yield Page(f"boards/{board.key}.html", "board", (board,))
        for history in make_histories(self._counted, self._boards):
            yield Page(f"devices/{history.page}.html", "device", (history,))
        yield Page("eflops.html", "eflops", (self._totals,))
        yield Page("about.html", "about")
        yield Page("404.html", "not_found")

    def data(self) -> dict[str, Callable[[], bytes]]:
        """Return, by file name, the function that makes each download; they are made one by one, as some are large."""
        compared = partial(downloads.compare_json, self._boards, make_rates(self._boards), self._totals.aggregates)
        return {
            "data/index.json": partial(downloads.index_json, self._entries),
            "data/results.csv": partial(downloads.results_csv, self._entries),
            "data/boards.csv": partial(downloads.boards_csv, self._boards),
            "data/compare.json": compared,
        }
