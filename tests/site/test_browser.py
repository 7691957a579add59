"""The site as its visitors use it: in a real browser, by mouse and by keyboard, on a desk and on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from flopsbench.scale.aggregates import HEADLINES
from flopsbench.site.history.publish import publish_history
from flopsbench.site.html.pages import AT_ONCE
from flopsbench.track.defaults import HISTORY_MARGIN
from flopsbench.track.history.folder import History
from flopsbench.words.catalogue import WORDS
from tests.perf.site_browser import board, write_site
from tests.site.browser import FETCHING, INSTALL, Visit, browsing, chromium, visit
from tests.site.entries import H200
from tests.site.sites import BOARD, HOSTILE, KINDS, Site, hostile_site, served, sound_site
from tests.track.history.histories import by_commit, noisy, timed

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LOCALES = {"en": "en-US", "zh": "zh-CN"}
OTHER = {"en": "zh", "zh": "en"}
SIZES = {
    320: ViewportSize(width=320, height=568),
    390: ViewportSize(width=390, height=844),
    1400: ViewportSize(width=1400, height=900),
}

Look = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if not executable:
        pytest.skip(INSTALL)
    with browsing(executable) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sound_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def look(browser: Browser, site: Site) -> Iterator[Look]:
    """Come to the site as somebody new; nothing may have gone wrong for them by the end of the test."""
    with ExitStack() as visits:
        yield lambda **options: visits.enter_context(visit(browser, options.pop("address", site.address), **options))


def rows_of(page: Locator) -> list[str]:
    """The devices of a table's rows that are shown, from top to bottom, by their pages' names."""
    shown = "rows => rows.filter(row => !row.hidden).map(row => row.querySelector('th a').getAttribute('href'))"
    return [Path(link).stem for link in page.locator("tbody tr").evaluate_all(shown)]


def table(visit: Visit, caption: str) -> Locator:
    return visit.page.locator("table", has=visit.page.locator(f"caption#{caption}"))


# home


def test_a_device_is_searched_and_opened(look: Look, site: Site) -> None:
    visit = look()
    visit.open("index.html")
    devices = table(visit, "devices-table")
    every = rows_of(devices)
    assert set(every) == {row["device_slug"] for row in site.rows}
    visit.page.get_by_label("Search devices").fill("4090 nvidia")
    assert rows_of(devices) == ["rtx-4090"]
    expect(visit.page.get_by_role("status")).to_have_text(f"1 / {len(every)} shown", use_inner_text=True)
    visit.page.get_by_label("Search devices").fill("")
    assert rows_of(devices) == every
    devices.get_by_role("link", name="NVIDIA H200", exact=True).click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("NVIDIA H200")
    assert visit.page.url == f"{site.address}devices/{H200.slug}.html"


def test_every_link_leads_somewhere(look: Look, site: Site) -> None:
    visit = look()
    for kind, path in site.kinds.items():
        visit.open(path)
        links = visit.page.locator("a[href]").evaluate_all("found => found.map(each => each.href)")
        for link in {link.split("#")[0].split("?")[0] for link in links if link.startswith(site.address)}:
            assert (site.folder / link.removeprefix(site.address)).is_file(), (kind, link)
        for link in (link for link in links if not link.startswith(site.address)):
            assert link.startswith(("https://", "http://")), (kind, link)


# boards

SHARES = ("of_peak", "of_peak_at_clock")
COLUMNS: dict[str, tuple[str, ...]] = {  # header -> where boards.csv has what it sorts by
    "Place": ("place",),
    "Device": ("device_name", "device_cores"),
    "Median rate": ("median",),
    "Results / submitters": ("results",),
    "Of peak": SHARES,
    "Of ceiling": ("of_ceiling",),
    "Sustained": ("sustained",),
    "Power": ("watts",),
    "Rate per watt": ("per_joule",),
    "Grade": ("grade",),
    "Trust": ("trust",),
    "Newest, versions": ("date",),
}


def sorted_by(header: str, rows: Iterable[dict[str, str]], ascending: bool) -> list[Any]:
    """What a column sorts by, in the order in which it must stand; None for what is unknown, which goes last."""
    values = [value_of(header, row) for row in rows]
    known = [value for value in values if value is not None]
    return sorted(known, reverse=not ascending) + [None] * (len(values) - len(known))


def value_of(header: str, row: dict[str, str]) -> Any:
    texts = [row[name] for name in COLUMNS[header]]
    if header == "Device":
        return texts[0].lower(), int(texts[1] or 0)
    if header in ("Grade", "Trust", "Newest, versions"):
        return texts[0][:10]
    return next((float(text) for text in texts if text), None)


def test_a_board_sorts_by_every_column_that_says_so(look: Look, site: Site) -> None:
    visit = look()
    visit.open(BOARD)
    board = table(visit, "board")
    assert {text.rstrip(" ↕") for text in board.locator("th[data-sort]").all_inner_texts()} == set(COLUMNS)
    by_slug = {row["device_slug"]: row for row in site.board}
    for header in COLUMNS:
        cell = board.get_by_role("columnheader", name=header)
        for _ in range(2):
            cell.get_by_role("button").click()
            direction = cell.get_attribute("aria-sort")
            stands = [value_of(header, by_slug[slug]) for slug in rows_of(board)]
            assert stands == sorted_by(header, by_slug.values(), direction == "ascending"), (header, direction)
            assert board.locator("th[aria-sort]").count() == 1


def test_a_board_is_sorted_by_keyboard(look: Look, site: Site) -> None:
    visit = look()
    visit.open(BOARD)
    header = table(visit, "board").get_by_role("columnheader", name="Of peak")
    expect(header).not_to_have_attribute("aria-sort", re.compile(""))
    visit.page.get_by_label("Trust").first.focus()
    for _ in range(20):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.closest('th')?.cellIndex") == 5:
            break
    visit.page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    visit.page.keyboard.press("Space")
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(header.get_by_role("button")).to_be_focused()


def test_a_board_is_filtered_by_text_and_by_choice(look: Look, site: Site) -> None:
    visit = look()
    visit.open(BOARD)
    board = table(visit, "board")
    every = rows_of(board)
    assert every == [row["device_slug"] for row in site.board]
    visit.page.get_by_label("Kind").select_option("cpu")
    assert rows_of(board) == [row["device_slug"] for row in site.board if row["device_kind"] == "cpu"]
    visit.page.get_by_label("Filter").fill("rtx")
    assert rows_of(board) == []
    visit.page.get_by_label("Kind").select_option("cuda")
    visit.page.get_by_label("Filter").fill("RTX nvidia")
    assert rows_of(board) == ["rtx-4090"]
    visit.page.get_by_label("Filter").fill("no such thing")
    assert rows_of(board) == []
    expect(visit.page.get_by_role("status")).to_have_text(f"0 / {len(every)} shown", use_inner_text=True)
    visit.page.get_by_label("Filter").fill("")
    visit.page.get_by_label("Kind").select_option("")
    assert rows_of(board) == every


def test_a_filter_searches_names_and_not_figures(look: Look, site: Site) -> None:
    visit = look()
    visit.open(BOARD)
    board = table(visit, "board")
    for wanted, name in (("16 cores", "16-cores"), ("gpu h200", "h200"), ("cpu", "amd-epyc"), ("自行申报", "")):
        visit.page.get_by_label("Filter").fill(wanted)
        found = rows_of(board)
        assert all(name in slug for slug in found), wanted
        assert 0 < len(found) < len(site.board), wanted
    for wanted in ("torch", "TFLOPS", "2026-"):
        visit.page.get_by_label("Filter").fill(wanted)
        assert rows_of(board) == [], wanted


def test_choices_are_in_the_language_of_the_page(look: Look, site: Site) -> None:
    visit = look()
    visit.open(BOARD)
    trust = visit.page.locator("#by-trust option")
    assert {"all", "reproduced"} <= set(trust.all_inner_texts())
    visit.page.get_by_text("中文", exact=True).click()
    assert {"全部", "已复现"} <= set(trust.all_inner_texts())


@pytest.mark.parametrize("javascript", [True, False])
def test_a_long_board_shows_the_rest_on_request(look: Look, tmp_path: Path, javascript: bool) -> None:
    devices = AT_ONCE + 20
    write_site(tmp_path, [devices])
    with served(tmp_path) as address:
        visit = look(address=address, java_script_enabled=javascript)
        visit.page.goto(address + board(devices))
        rows = table(visit, "board").locator("tbody tr:visible")
        expect(rows).to_have_count(AT_ONCE)
        if javascript:
            visit.page.get_by_label("Filter").fill("NVIDIA")
            expect(rows).to_have_count(AT_ONCE)
            expect(visit.page.get_by_role("status")).to_have_text(f"{AT_ONCE} / {devices} shown", use_inner_text=True)
            table(visit, "board").get_by_role("columnheader", name="Median rate").get_by_role("button").click()
            visit.page.get_by_role("button", name="Show all").click()
        else:
            visit.page.get_by_role("link", name="Show all").click()
        expect(rows).to_have_count(devices)


def test_a_board_says_what_its_data_say(look: Look, site: Site) -> None:
    visit = look()
    visit.open(BOARD)
    row = next(row for row in site.board if row["device_slug"] == H200.slug)
    cells = table(visit, "board").locator("tbody tr", has_text="NVIDIA H200").locator("td").all_inner_texts()
    assert f"{float(row['of_peak']):.0%}" in cells
    assert f"{float(row['median']) / 1e12:.0f} TFLOPS" in cells
    assert f"{float(row['watts']):.0f} W" in cells
    assert row["trust"] in " ".join(cells)


# devices and Results


def test_from_a_device_to_a_result_to_its_file(look: Look, site: Site) -> None:
    visit = look()
    visit.open(site.kinds["device"])
    figures = table(visit, "figures-table")
    visit.page.get_by_label("Dtype").select_option("bf16")
    assert set(figures.locator("tbody tr:visible td:nth-child(2)").all_inner_texts()) == {"bf16"}
    figures.locator("tbody tr:visible").get_by_role("link").first.click()
    newest = site.newest(H200.slug)
    assert visit.page.url == site.address + newest["page"]
    raw = visit.page.request.get(visit.page.url.replace(".html", ".json"))
    assert raw.body() == (site.registry / newest["path"]).read_bytes()
    visit.page.locator(f"a[href='{Path(newest['path']).name}']").first.click()
    assert json.loads(visit.page.locator("body").inner_text())["id"] == newest["id"]


def test_a_result_unfolds_to_its_samples(look: Look, site: Site) -> None:
    visit = look()
    visit.open(site.kinds["real result"])
    document = json.loads((site.registry / site.real["path"]).read_bytes())
    blocks = sum(len(process["block_s"]) for case in document["cases"] for process in case.get("processes", []))
    assert blocks
    for folded in visit.page.locator("details").all():
        folded.locator("summary").focus()
        visit.page.keyboard.press("Enter")
        expect(folded).to_have_attribute("open", "")
    expect(visit.page.get_by_text("flopsbench run").first).to_be_visible()


# devices side by side


def test_devices_are_compared_by_keyboard_and_the_address_keeps_them(look: Look, site: Site) -> None:
    visit = look()
    visit.open("compare.html")
    outcome = table(visit, "compare-table")
    expect(outcome).to_be_hidden()
    slugs = [H200.slug, "b200-sxm"]
    visit.page.get_by_label("Device 1").focus()
    for slug in slugs:
        for _ in range(1 + list(site.machines).index(slug)):
            visit.page.keyboard.press("ArrowDown")
        visit.page.keyboard.press("Tab")
    expect(outcome).to_be_visible()
    assert visit.page.url.partition("?")[2] == "&".join(f"device={slug}" for slug in slugs)
    assert outcome.locator("thead th").all_inner_texts()[1:] == [site.machines[slug]["name"] for slug in slugs]
    trust = outcome.locator("tr", has_text="Trust").first.locator("td").all_inner_texts()
    assert trust == [site.machines[slug]["rates"]["fp64-ieee"]["trust"] for slug in slugs]
    first, second = (site.machines[slug]["rates"]["bf16-ieee"]["median"] for slug in slugs)
    group = outcome.locator("tbody", has=visit.page.get_by_role("link", name="bf16", exact=True))
    told = group.locator("tr", has_text="Against the first").locator("td").all_inner_texts()
    assert float(told[1].rstrip("×")) == pytest.approx(second / first, rel=0.03)  # in two digits where ranges are wide

    another = look()
    another.open(f"compare.html?{visit.page.url.partition('?')[2]}")
    assert table(another, "compare-table").inner_text() == outcome.inner_text()


@pytest.mark.parametrize("language", LOCALES)
def test_ranges_are_told_as_on_the_board(look: Look, site: Site, language: str) -> None:
    """Of several submitters, and of one submitter's Results."""
    visit = look(locale=LOCALES[language])
    several = next(row["device_slug"] for row in site.board if int(row["submitters"]) > 1)
    alone = next(row["device_slug"] for row in site.board if int(row["submitters"]) == 1)
    slugs = [several, alone]
    visit.open(BOARD)
    rows = [table(visit, "board").locator("tr", has=visit.page.locator(f"a[href$='/{slug}.html']")) for slug in slugs]
    told = [" ".join(row.locator("td.drawn").inner_text().split()) for row in rows]
    assert ["95% CI" in each for each in told] == [False, True]
    visit.open("compare.html?" + "&".join(f"device={slug}" for slug in slugs))
    groups = table(visit, "compare-table").locator("tbody", has=visit.page.get_by_role("link", name="bf16", exact=True))
    group = groups.first  # another may be of an older method
    ranges = group.locator("tr", has=visit.page.locator("th", has_text=WORDS["interval_range"][language == "zh"]))
    assert ranges.locator("td").all_inner_texts() == told


def test_methods_are_compared_apart_and_own_kernels_not_at_all(look: Look, site: Site) -> None:
    visit, older = look(), site.real["devices"][0]
    visit.open(f"compare.html?device={H200.slug}&device={older}")
    groups = table(visit, "compare-table").locator("tbody").all_inner_texts()
    apart = [text for text in groups if "(method 1)" in text]
    assert 0 < len(apart) < len(groups)
    assert all(text.count("not measured") == 1 and "×" not in text for text in groups)
    assert not any("tiled_sgemm" in text for text in groups)


def test_counts_say_by_which_method_a_device_was_measured(look: Look, site: Site) -> None:
    visit = look()
    visit.open("eflops.html")
    told = visit.page.locator("[data-rates]")
    for device, marked in ((H200.slug, False), (site.real["devices"][0], True)):
        visit.page.locator("#machine").select_option(device)
        assert ("(method 1)" in told.inner_text()) is marked
        assert told.inner_text().count("bf16") == 1


def test_own_kernels_sort_by_their_share_of_the_vendors_rate(look: Look, site: Site) -> None:
    visit = look()
    visit.open("boards/fp32-ieee.html")
    own = table(visit, "own-table")
    own.get_by_role("columnheader", name="Of the vendor's").get_by_role("button").click()
    shares = [int(text.rstrip("%†")) for text in own.locator("tbody td:nth-child(5)").all_inner_texts()]
    assert len(shares) > 5
    assert shares == sorted(shares, reverse=True)


def test_four_devices_are_compared_and_no_fifth(look: Look, site: Site) -> None:
    slugs = list(site.machines)
    visit = look()
    visit.open("compare.html?" + "&".join(f"device={slug}" for slug in [*slugs[:5], "no-such-device"]))
    assert table(visit, "compare-table").locator("thead th").count() == 1 + 4
    assert visit.page.locator("main select").count() == 4
    visit.page.get_by_label("Device 2").select_option(slugs[0])  # the first once more: no device twice
    assert table(visit, "compare-table").locator("thead th").count() == 1 + 3
    for number in (2, 3, 4):
        visit.page.get_by_label(f"Device {number}").select_option("")
    expect(table(visit, "compare-table")).to_be_hidden()


# how many of a device make a total

STEPS = {"": 1.0, "million": 1e6, "billion": 1e9, "trillion": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12}


def number(text: str) -> float:
    """A number as it is printed: "860,000", "1.2 million", "86万"."""
    found = re.fullmatch(r"([\d,.]+)\s*(\D*)", text)
    assert found, text
    return float(found[1].replace(",", "")) * STEPS[found[2].strip()]


def needed(site: Site, machine: dict[str, Any], total: dict[str, Any]) -> tuple[float, str] | None:
    """How many devices a total is, at the rate that needs the fewest caveats, and the rate's dtype."""
    candidates, boards = [], site.compared["boards"]
    newest = max(boards[key]["method"] for key in machine["rates"])
    for key, rate in machine["rates"].items():
        if boards[key]["method"] < newest:
            continue
        dtype = boards[key]["dtype"]
        rule = site.compared["rules"][total["rules"][dtype]["peak" not in rate]]
        candidates.append(("per_s" not in rule, len(rule["reasons"]), -rate["median"], dtype, rule))
    refused, _, rate, dtype, rule = min(candidates, key=lambda candidate: candidate[:3])
    return None if refused else (float(f"{rule['per_s'] / -rate:.{rule['digits']}g}"), dtype)


def live(visit: Visit) -> dict[str, str]:
    """What the page says now: how many of the chosen device make each total, at the rate measured."""
    told = "rows => rows.map(row => [row.dataset.total, row.cells[1].innerText])"
    return dict(visit.page.locator("tr[data-total]").evaluate_all(told))


@pytest.mark.parametrize("language", LOCALES)
def test_the_count_of_any_device_is_what_the_data_say(look: Look, site: Site, language: str) -> None:
    visit = look(locale=LOCALES[language])
    visit.open("eflops.html")
    totals = {total["id"]: total for total in site.compared["totals"]}
    for slug in ("gb200", "t4", site.cpu):
        visit.page.locator("#machine").select_option(slug)
        expect(visit.page.locator("[data-machine]")).to_contain_text(site.machines[slug]["name"])
        counted = 0
        for name, told in live(visit).items():
            count = needed(site, site.machines[slug], totals[name])
            if count is None:
                assert told == "–"
            elif count[0] >= 1:
                printed, _, dtype = told.rpartition(" ")
                assert number(printed) == pytest.approx(count[0]), told
                assert dtype == count[1], told
                counted += 1
        assert counted > 1


@pytest.mark.parametrize("language", LOCALES)
def test_the_script_counts_as_the_build_does(look: Look, site: Site, language: str) -> None:
    visit = look(locale=LOCALES[language])
    visit.open("eflops.html")
    count, choice = visit.page.get_by_role("table").filter(has=visit.page.locator("#totals-table")), "#machine"
    built = count.inner_text(), visit.page.locator(".answer").inner_text()
    chosen = visit.page.locator(choice).input_value()
    for slug in (site.cpu, chosen):
        visit.page.locator(choice).select_option(slug)
    assert (count.inner_text(), visit.page.locator(".answer").inner_text()) == built
    takes = table(visit, "takes-table")
    for slug in site.machines:
        visit.page.locator(choice).select_option(slug)
        now = live(visit)
        row = takes.locator("tbody tr", has=visit.page.locator(f"a[href$='/{slug}.html']"))
        assert row.locator("td").all_inner_texts() == [now[name] for name in HEADLINES]


@pytest.mark.parametrize("language", LOCALES)
def test_a_phone_shows_how_many_without_the_script_and_without_scrolling(look: Look, site: Site, language: str) -> None:
    visit = look(java_script_enabled=False, viewport=SIZES[390])
    visit.page.goto(visit.address + "eflops.html")
    if language == "zh":
        visit.page.get_by_text("中文", exact=True).click()
    total = visit.page.locator("tr[data-total=cn-idc-ai-2024]")
    name, count = total.locator("th").bounding_box(), total.locator("td").first.bounding_box()
    assert name
    assert count
    assert name["x"] + name["width"] <= count["x"]
    assert count["x"] + count["width"] <= 390
    assert re.search(r"\d.* bf16", total.locator("td").first.inner_text())


# languages

HEADINGS = "h1, h2, h3, caption, legend, thead th, figcaption, label, summary, nav a, .skip"
NAMES = re.compile(r"English|EFLOPS|[a-z]+\d+\w*( .*)?|NVIDIA .*|.*(?:AMD|EPYC).*|FLOPS.*")  # headings that are names


def foreign(visit: Visit, language: str) -> list[str]:
    """What is shown in the other language."""
    shown = "found => found.filter(each => getComputedStyle(each).display !== 'none').map(each => each.textContent)"
    return list(visit.page.locator(f"body [lang='{OTHER[language]}']:not(q)").evaluate_all(shown))


def untranslated(visit: Visit, selector: str) -> list[str]:
    """The texts of such elements that have no Chinese in them, and are no names."""
    return [text for text in visit.texts(selector) if not (CHINESE.search(text) or NAMES.fullmatch(text))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_whole_in_both_languages(look: Look, site: Site, kind: str) -> None:
    visit = look()
    visit.open(site.kinds[kind])
    assert foreign(visit, "en") == []
    assert visit.page.locator("html").get_attribute("lang") == "en"
    visit.page.get_by_text("中文", exact=True).click()
    assert visit.page.locator("html").get_attribute("lang") == "zh-Hans"
    assert foreign(visit, "zh") == []
    assert untranslated(visit, HEADINGS) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with the script", "without"])
def test_what_is_known_in_english_alone_is_quoted_in_the_chinese_view(look: Look, site: Site, javascript: bool) -> None:
    visit = look(java_script_enabled=javascript)
    visit.open(site.kinds["real result"])
    quoted = visit.page.locator("q", has_text="numpy has no BLAS path").first
    quotes = "each => getComputedStyle(each).quotes"
    expect(quoted).to_be_visible()
    assert quoted.evaluate(quotes) == "none"
    visit.page.get_by_text("中文", exact=True).click()
    expect(quoted).to_be_visible()
    assert "“" in quoted.evaluate(quotes)


def test_the_language_is_kept(look: Look, site: Site) -> None:
    visit = look()
    visit.open("index.html")
    visit.page.get_by_label("English").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.get_by_role("link", name="说明").first.click()
    assert visit.page.locator("html").get_attribute("lang") == "zh-Hans"
    visit.page.reload()
    assert foreign(visit, "zh") == []
    expect(visit.page.get_by_label("中文")).to_be_checked()


def test_the_language_is_at_first_the_browsers(look: Look, site: Site) -> None:
    visit = look(locale="zh-CN")
    visit.open("index.html")
    assert foreign(visit, "zh") == []
    expect(visit.page.get_by_label("中文")).to_be_checked()


# themes


def is_dark(visit: Visit) -> bool:
    ground = visit.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", ground)[:3])) < 3 * 128


@pytest.mark.parametrize("javascript", [True, False])
def test_the_theme_is_the_systems_until_one_is_chosen(look: Look, site: Site, javascript: bool) -> None:
    visit = look(color_scheme="dark", java_script_enabled=javascript)
    visit.open("index.html")
    assert is_dark(visit)
    visit.page.emulate_media(color_scheme="light")
    assert not is_dark(visit)
    visit.page.get_by_text("Dark", exact=True).click()
    assert is_dark(visit)


def test_the_theme_is_kept(look: Look, site: Site) -> None:
    visit = look(color_scheme="light")
    visit.open("index.html")
    visit.page.get_by_text("Dark", exact=True).click()
    visit.page.get_by_role("link", name="EFLOPS").first.click()
    visit.settle()
    assert is_dark(visit)
    visit.page.reload()
    visit.settle()
    assert is_dark(visit)
    visit.page.get_by_text("Auto", exact=True).click()
    assert not is_dark(visit)


# without the script, from a disk, on paper

DEAD = "button, select, textarea, input:not(.switch input)"


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_readable_without_the_script(look: Look, site: Site, kind: str) -> None:
    visit = look(java_script_enabled=False)
    visit.page.goto(visit.address + site.kinds[kind])
    assert visit.texts("h1")[0]
    assert visit.texts(DEAD) == []
    assert foreign(visit, "en") == []
    visit.page.get_by_text("中文", exact=True).click()
    assert foreign(visit, "zh") == []
    assert [
        text for text in visit.texts("h2, caption, thead th") if not (CHINESE.search(text) or NAMES.fullmatch(text))
    ] == []


def test_tables_are_complete_without_the_script(look: Look, site: Site) -> None:
    visit = look(java_script_enabled=False)
    visit.page.goto(visit.address + BOARD)
    assert rows_of(table(visit, "board")) == [row["device_slug"] for row in site.board]
    visit.page.goto(visit.address + "eflops.html")
    assert visit.page.locator("tr[data-total]:visible").count() == len(site.compared["totals"])
    visit.page.goto(visit.address + "compare.html")
    listed = visit.page.locator("main a[href^='devices/']:visible")
    assert listed.count() == len(site.machines)


def test_pages_are_readable_from_a_disk(look: Look, site: Site) -> None:
    visit = look(address=site.folder.as_uri() + "/")
    for kind, path in site.kinds.items():
        visit.page.goto(visit.address + path)
        assert visit.page.locator("h1").is_visible()
        assert visit.page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") != "none", kind
        assert not visit.expect_faults() or kind in (*FETCHING, "missing"), kind
    visit.page.goto(visit.address + BOARD)
    assert rows_of(table(visit, "board")) == [row["device_slug"] for row in site.board]
    visit.page.goto(visit.address + "compare.html")
    expect(visit.page.locator("[data-instead]")).to_be_visible()
    assert any("compare.json" in fault for fault in visit.expect_faults())


@pytest.mark.parametrize("kind", KINDS)
def test_pages_print(look: Look, site: Site, kind: str) -> None:
    visit = look(color_scheme="dark")
    visit.open(site.kinds[kind])
    visit.page.emulate_media(media="print")
    assert visit.texts("nav, .switches, .controls") == []
    assert visit.page.pdf(format="A4").startswith(b"%PDF")


# for everybody

SPILLED = "document.documentElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("language", LOCALES)
def test_no_page_is_wider_than_its_window(look: Look, site: Site, language: str) -> None:
    visit = look(locale=LOCALES[language])
    for kind, path in site.kinds.items():
        visit.open(path)
        unfold(visit)
        for size in SIZES.values():
            visit.page.set_viewport_size(size)
            assert visit.page.evaluate(SPILLED) <= 0, (kind, size)


def unfold(visit: Visit) -> None:
    visit.page.locator("details").evaluate_all("found => found.forEach(each => each.open = true)")


# Every kind of page on a phone and on a desk, in both languages, light and dark: what goes with what takes turns.
WAYS = (
    ((390, "en", "dark"), (1400, "zh", "light")),
    ((390, "zh", "light"), (1400, "en", "dark")),
)


@pytest.mark.parametrize(
    ("kind", "width", "language", "theme"),
    [(kind, *way) for number, kind in enumerate(KINDS) for way in WAYS[number % 2]],
)
def test_axe_finds_nothing(look: Look, site: Site, kind: str, width: int, language: str, theme: Any) -> None:
    visit = look(viewport=SIZES[width], color_scheme=theme, locale=LOCALES[language])
    visit.open(site.kinds[kind])
    unfold(visit)
    found = Axe().run(visit.page)
    assert not found.violations_count, found.generate_report()


def test_axe_would_find_something(look: Look, site: Site) -> None:
    visit = look()
    visit.open("index.html")
    visit.page.evaluate("document.querySelector('label[for=search]').remove()")
    assert Axe().run(visit.page).violations_count == 1


def test_what_goes_wrong_is_noticed(look: Look, site: Site) -> None:
    visit = look()
    visit.open("index.html")
    for wrong in (
        "console.error('wrong')",
        "setTimeout(() => { throw new Error('wrong') })",
        "fetch('nothing.json').catch(() => 0)",
        "fetch('https://example.org/').catch(() => 0)",
        "document.body.setAttribute('style', 'color: red')",
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.org/a.png'}))",
    ):
        visit.page.evaluate(wrong)
        while not visit.faults:  # until this test runs out of time
            visit.page.evaluate("new Promise(requestAnimationFrame)")
        visit.expect_faults()


# for nobody


def test_an_inline_script_does_not_run(browser: Browser, site: Site, tmp_path: Path) -> None:
    """Neither by the page's own policy, from a disk, nor by the server's, on a page that has lost its own."""
    injected = "<script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\"></body>"
    page = (site.folder / "index.html").read_text(encoding="utf-8").replace("</body>", injected)
    meta = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', page)
    assert meta
    (tmp_path / "index.html").write_text(page.replace(meta[0], ""), encoding="utf-8")
    (tmp_path / "meta.html").write_text(page, encoding="utf-8")
    with served(tmp_path) as address:
        for start, path in ((address, "index.html"), (tmp_path.as_uri() + "/", "meta.html")):
            with visit(browser, start) as visitor:
                visitor.page.goto(start + path)
                assert visitor.page.title() != "ran"
                assert any("Content Security Policy" in fault for fault in visitor.expect_faults())
        with visit(browser, tmp_path.as_uri() + "/") as visitor:  # with no policy at all it does run: the test can fail
            visitor.page.goto(visitor.address + "index.html")
            assert visitor.page.title() == "ran"
            visitor.expect_faults()


def test_hostile_texts_run_nothing_and_break_nothing(browser: Browser, tmp_path: Path) -> None:
    with hostile_site(tmp_path) as hostile, visit(browser, hostile.address) as visitor:
        for kind, path in hostile.kinds.items():
            visitor.open(path)
            unfold(visitor)
            assert HOSTILE in visitor.page.locator("body").inner_text() or kind in ("about", "missing"), kind
            assert visitor.page.evaluate("window.ran") is None, kind
            assert (
                visitor.page.locator("script:not([src]), img, iframe, [onerror], [href^='javascript' i]").count() == 0
            )
            for size in SIZES.values():
                visitor.page.set_viewport_size(size)
                assert visitor.page.evaluate(SPILLED) <= 0, (kind, size)


def test_an_address_that_leads_nowhere_says_so_at_any_depth(look: Look, site: Site) -> None:
    visit = look()
    for path in ("nothing.html", "results/nothing.html"):
        visit.page.goto(visit.address + path)
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("There is no such page", use_inner_text=True)
        visit.page.get_by_role("link", name="To the boards").click()
        expect(visit.page.get_by_role("heading", name="Boards")).to_be_visible()
    assert visit.expect_faults()


# the pages of a history


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A history of a case that became slower, and of a call with a name that means ill: its address, and its pages."""
    made = [
        replace(each, calls=[timed(f"tests/test_a.py::test[{HOSTILE}]", 100.0 + day % 3)])
        for day, each in enumerate(by_commit(noisy(40, steps={20: 0.95})))
    ]
    folder = tmp_path_factory.mktemp("history")
    publish_history(History(Path("h"), made, []), {}, HISTORY_MARGIN, folder, "https://github.com/o/p")
    with served(folder) as address:
        yield address, [path.relative_to(folder).as_posix() for path in folder.rglob("*.html")]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_a_history_is_for_everybody(look: Look, history: tuple[str, list[str]], language: str, scheme: str) -> None:
    address, paths = history
    visit = look(address=address, locale=LOCALES[language], color_scheme=scheme)
    for path in paths:
        visit.open(path)
        assert any(CHINESE.search(text) for text in visit.texts("main p")) == (language == "zh"), path
        for size in SIZES.values():
            visit.page.set_viewport_size(size)
            assert visit.page.evaluate(SPILLED) <= 0, (path, size)
        found = Axe().run(visit.page)
        assert not found.violations_count, found.generate_report()


def test_a_history_is_read_without_a_script(look: Look, history: tuple[str, list[str]]) -> None:
    address, paths = history
    visit = look(address=address, java_script_enabled=False)
    visit.open("index.html")
    visit.page.locator("tbody th a").first.click()
    expect(visit.page.locator("h1")).to_have_text("fp32 numpy 1024³")
    expect(visit.page.locator("svg.levels")).to_be_visible()
    visit.page.get_by_text("中文").click()
    expect(visit.page.locator("main")).to_contain_text("变慢")
    assert len(paths) == 3
