"""Writes the pages of a history into a folder: an overview of all series, and a page for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from flopsbench.render.terminal.comparison import VERDICTS, sentence
from flopsbench.render.terminal.history import records
from flopsbench.result.keys import case_title
from flopsbench.site.build.folder import SiteFolder, put
from flopsbench.site.history.series import SeriesPage, verdict_of
from flopsbench.site.html.environment import assets, environment
from flopsbench.track.comparison import Change
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.folder import History
from flopsbench.track.history.judge import JudgedHistory, judge_history
from flopsbench.track.history.series import day_of
from flopsbench.words.catalogue import LANGUAGES
from flopsbench.words.pages import TEXTS, both, say, shown

DATA = "data/series.json"
MENU = (("history", "index.html", TEXTS["history_menu"]),)


class Written(NamedTuple):
    """A Written says how many files there are, and of how many series."""

    files: int
    series: int


class Row(NamedTuple):
    """A Row is one line of the overview: a series by its page, or a case that never had a rate, without one."""

    change: Change
    page: SeriesPage | None

    @property
    def title(self) -> str:
        """Return the case or the call in short."""
        return self.page.title if self.page else case_title(self.change.case)

    @property
    def verdict(self) -> Markup:
        """Return the verdict in both languages."""
        return verdict_of(self.change)

    @property
    def reason(self) -> Markup:
        """Return why, where there is more to say."""
        return shown(self.change.reason or "")


def publish_history(
    history: History, acks: Mapping[str, Ack], margin: float, output: Path, repository: str | None = None
) -> Written:
    """Write the pages of a history.

    ``repository`` is the address of the project, to which commits are linked. Files of the folder that are not of an
    earlier run stay as they are; raise UsageError for a folder that holds others' files and no such pages.
    """
    judged = judge_history(history._replace(rejected=[]), acks, margin)  # whose paths are nobody else's business
    folder = SiteFolder(output)
    files = dict(_pages(history, judged, repository)) | {
        DATA: f"{json.dumps(records(judged.series, history.commits), indent=1)}\n".encode(),
        **{f"assets/{name}": content for name, content in assets().items()},
    }
    folder.announce(files)
    for name, content in files.items():
        put(folder.path / name, content)
    folder.finish(files)
    return Written(len(files), len(judged.series))


def _pages(history: History, judged: JudgedHistory, repository: str | None) -> Iterator[tuple[str, bytes]]:
    """Yield every page by its name."""
    templates = environment(MENU)
    comparison = judged.comparison
    pages = [
        SeriesPage(each, change, history.commits, repository)
        for each, change in zip(judged.series, comparison.changes, strict=False)
    ]
    never = [Row(change, None) for change in comparison.changes[len(pages) :]]
    rows = sorted([*(Row(page.change, page) for page in pages), *never], key=_severity)
    first, last = (day_of(history.results[end]) for end in (0, -1))
    overview = templates.get_template("history.html").render(
        page="history",
        root="",
        data=DATA,
        rows=rows,
        summary=both(*(sentence(comparison, lang) for lang in LANGUAGES)),
        extent=say("history_extent", results=len(history.results), first=first, last=last),
        notes=map(shown, comparison.notes),
    )
    yield "index.html", _encoded(overview)
    one = templates.get_template("series.html")
    for page in pages:
        yield page.address, _encoded(one.render(page="series", root="../", data=DATA, series=page))


def _severity(row: Row) -> tuple[int, str]:
    """Return what rows are sorted by: the worst verdict first, then by name."""
    return VERDICTS.index(row.change.verdict), row.change.case


def _encoded(page: str) -> bytes:
    """Return a page as it is written."""
    return f"{page}\n".encode()
