"""Tests the pages of a history: what stands on them, that they are sound HTML, and that no name is taken for it."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from flopsbench.errors import UsageError
from flopsbench.result.types import Result, Software, Source
from flopsbench.site.history.publish import DATA, publish_history
from flopsbench.track.defaults import HISTORY_MARGIN
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.commits import Commits, KnownCommit
from flopsbench.track.history.events import nameable
from flopsbench.track.history.folder import History
from tests.documents import call, case, host
from tests.site.markup import Page
from tests.track.history.histories import RATE, by_commit, daily, hashed, measured, noisy, results, source, suite, timed

ADDRESS = "https://github.com/o/p"
HOSTILE = "\"><script>alert('x')</script><b>&"
SLOWER = noisy(40, steps={20: 0.95})


def history(made: list[Result], **subjects: str) -> History:
    known = {commit: KnownCommit("2024-01-21", subject) for commit, subject in subjects.items()}
    return History(Path("history"), made, [], Commits(known=known))


def published(folder: Path, made: History, acks: dict[str, Ack] | None = None) -> dict[str, Page]:
    """Write the pages, and return them by their names, read strictly."""
    publish_history(made, acks or {}, HISTORY_MARGIN, folder, ADDRESS)
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.html")}
    pages = {name: Page(text) for name, text in found.items()}
    assert {name: page.faults for name, page in pages.items() if page.faults} == {}
    return pages


def words(page: Page, language: str = "en") -> str:
    """Return what a page says in a language, and what it says in all."""
    other = {"en": "zh", "zh": "en"}[language]
    return re.sub(r"\s+", " ", " ".join(text for spoken, text in page.texts if not spoken.startswith(other)))


def one_series(pages: dict[str, Page]) -> Page:
    (name,) = [name for name in pages if name != "index.html"]
    return pages[name]


def with_numpy(made: list[Result], version: str) -> list[Result]:
    return [replace(each, software=Software(python="3.12.4", versions={"numpy": version})) for each in made]


def test_the_overview_has_the_level_and_the_change_of_each_series(tmp_path: Path) -> None:
    made = [*by_commit(SLOWER), *results([rate / 2 for rate in noisy(40)], host=host(hardware_key="f" * 16))]
    pages = published(tmp_path, history(made))
    text = words(pages["index.html"])
    assert "1 regression, 1 unchanged (margin 1 %)" in text
    assert re.search(r"fp32 numpy 1024³ AMD EPYC 9B14 01234567 regression", text)
    assert re.search(r"-[45]\.\d % 2024-01-21 0000000", text)
    assert text.index("01234567 regression") < text.index("ffffffff unchanged")
    assert len(pages) == 3


def test_no_path_of_this_machine_stands_on_a_page(tmp_path: Path) -> None:
    made = history(by_commit(SLOWER))._replace(folder=Path("/home/ann/h"), rejected=["/home/ann/h/x.json: truncated"])
    published(tmp_path, made)
    assert not [path for path in tmp_path.rglob("*.html") if "/home/ann" in path.read_text()]


def test_both_languages_stand_on_every_page(tmp_path: Path) -> None:
    for page in published(tmp_path, history(by_commit(SLOWER))).values():
        assert "变慢" in words(page, "zh")
        assert "slower since" in words(page, "en")


def test_a_change_has_its_commits_and_what_else_changed(tmp_path: Path) -> None:
    made = by_commit(SLOWER)
    made = made[:20] + with_numpy(made[20:], "2.4.6")
    page = one_series(published(tmp_path, history(made, **{hashed(20): "Use <b>less</b>"})))
    assert "first bad commit: in 0000000..0000000; measured: 0000000 (2024-01-21) Use <b>less</b>" in words(page)
    assert "numpy 2.1.0 -> 2.4.6" in words(page)
    assert "flopsbench track ack" in words(page)
    assert {f"{ADDRESS}/commit/{hashed(number)}" for number in range(40)} <= set(page.links)


def test_an_accepted_change_says_why_and_asks_for_nothing(tmp_path: Path) -> None:
    made = history(by_commit(SLOWER))
    (id,) = nameable(made)
    page = one_series(published(tmp_path, made, {id: Ack("case", date(2024, 8, 1), HOSTILE)}))
    assert f"accepted on 2024-08-01: {HOSTILE}" in words(page)
    assert "track ack" not in words(page)


def test_a_chart_marks_levels_and_changes(tmp_path: Path) -> None:
    page = one_series(published(tmp_path, history(by_commit(SLOWER))))
    kinds = [attributes.get("class") for _, attributes in page.elements]
    assert kinds.count("band") == kinds.count("median") == 2
    assert kinds.count("change slower") == 1


def test_calls_are_shown_by_the_time_of_one(tmp_path: Path) -> None:
    made = [suite(day, timed("tests/test_a.py::test_b", 100.0), source=source(day)) for day in range(12)]
    page = one_series(published(tmp_path, history(made)))
    assert "the time of a call, lower is faster" in words(page)
    assert "10.00 ms" in words(page)
    assert "9.95 – 10.1 ms" in words(page)


def test_a_case_that_never_had_a_rate_is_told_without_a_page(tmp_path: Path) -> None:
    pages = published(tmp_path, history([daily(0, case("failed", reason="residual 3"))]))
    assert list(pages) == ["index.html"]
    assert "residual 3" in words(pages["index.html"])


def test_nothing_in_a_history_is_taken_for_html(tmp_path: Path) -> None:
    made = [
        suite(
            day,
            timed(HOSTILE, 100.0),
            call(f"bad {HOSTILE}", status="failed", reason=HOSTILE),
            source=Source(commit=HOSTILE if day == 3 else hashed(day), repository=HOSTILE, branch=HOSTILE),
            software=Software(python="3.12.4", versions={"numpy": f"{day // 6} {HOSTILE}"}),
        )
        for day in range(12)
    ]
    publish_history(history(made, **{hashed(6): HOSTILE}), {}, HISTORY_MARGIN, tmp_path, None)
    for path in tmp_path.rglob("*.html"):
        assert Page(path.read_text()).faults == []
        assert "<script>" not in path.read_text()
        assert "alert(&#39;x&#39;)" in path.read_text()


def test_pages_load_nothing_from_elsewhere_and_hold_no_script(tmp_path: Path) -> None:
    published(tmp_path, history(by_commit(SLOWER)))
    for path in tmp_path.rglob("*.html"):
        text = path.read_text()
        assert "default-src &#39;none&#39;" in text
        assert re.findall(r"<script[^>]*>", text) == [
            f'<script src="{"../" if path.parent != tmp_path else ""}assets/site.js">'
        ]
        assert not re.search(r"<[^>]*\s(?:style|on\w+)=", text)


def test_the_figures_are_there_for_programs(tmp_path: Path) -> None:
    published(tmp_path, history(by_commit(SLOWER)))
    (record,) = json.loads((tmp_path / DATA).read_text())
    assert record["rate_per_s"] == pytest.approx(0.95 * RATE, rel=0.01)
    assert record["changes"][0]["bad_commit"] == hashed(20)


def test_the_same_history_makes_the_same_files_and_what_is_gone_goes(tmp_path: Path) -> None:
    made = [daily(day, measured(), measured(edge=64), source=source(day)) for day in range(3)]
    first = published(tmp_path / "a", history(made))
    publish_history(history(made), {}, HISTORY_MARGIN, tmp_path / "b", ADDRESS)
    for name in first:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    (tmp_path / "a/notes.txt").write_text("of somebody else")
    fewer = [replace(each, cases=each.cases[:1]) for each in made]
    assert len(published(tmp_path / "a", history(fewer))) == len(first) - 1
    assert (tmp_path / "a/notes.txt").exists()


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="holds files and no site"):
        publish_history(history(by_commit(SLOWER)), {}, HISTORY_MARGIN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
