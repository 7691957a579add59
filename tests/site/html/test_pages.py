"""The pages: sound HTML in both languages whatever the documents say, and the same bytes for the same input."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markupsafe import escape
from msgspec.structs import replace

from flopsbench.registry.entry import Entry, Machine
from flopsbench.render.html import cells
from flopsbench.render.html.security import POLICY
from flopsbench.result.files import load
from flopsbench.result.types import Case, Result
from flopsbench.scale.aggregates import load_aggregates, load_statements
from flopsbench.site.html.environment import assets
from flopsbench.site.html.pages import AT_ONCE, BARS, SERIES, Pages, headline, linked, spread
from flopsbench.site.model.boards import Board, make_boards
from flopsbench.site.model.devices import make_histories
from flopsbench.site.model.home import RefusedFile, make_summary
from flopsbench.site.model.read import read_entry
from flopsbench.site.model.totals import make_totals
from flopsbench.validate.finding import Finding
from tests import documents
from tests.site.entries import CPU, H200, by, entry, figure, own
from tests.site.markup import Page
from tests.validate.fields import free_texts, plant
from tests.validate.honest import MEASURED, OWN, honest

REAL = Path(__file__).parents[3] / "results/v1/amd-epyc-zen-4/2026/e7e922f41e679f0d.json"
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7*7}}javascript:alert(1)\u202e" + "W" * 300
NOTES = [
    Finding("environment.tool", "measured by a changed checkout of flopsbench"),
    Finding("population.outlier", "z is 7", "fp32"),
]
PAGES = Pages()


def wild(thing: Any) -> Any:
    """A copy whose every free text is hostile; what names pages and files stays."""
    kept = {"slug", "page", "id", "path", "device", "unit", "regime", "dtype", "math", "created", "trust"}
    changed = {
        name: HOSTILE for name in thing.__struct_fields__ if isinstance(getattr(thing, name), str) and name not in kept
    }
    return replace(thing, **changed)


def wild_entry(number: int) -> Entry:
    vendors = [replace(wild(figure(regime=each)), backend="torch", kernel="matmul") for each in ("burst", "sustained")]
    known = entry(number, *vendors, wild(own()), machines=[wild(H200)])
    return replace(wild(known), versions={HOSTILE: HOSTILE}, submitter=HOSTILE)


@cache
def registry() -> list[Entry]:
    """Some devices, dtypes and submitters, burst and sustained, signed and not; own kernels, and the first method."""
    dates = [f"2026-0{month}-11T12:00:00Z" for month in range(1, 8)]
    libraries = [f"cuBLAS {major}" for major in range(11, 17)]
    entries = [
        entry(
            i,
            figure((7 + i / 10) * 1e14, library=library, watts=690.0, per_joule=1.1e12, clock_hz=1.6e9),
            figure((6 + i / 10) * 1e14, library=library, regime="sustained"),
            figure(1.3e15, dtype="int8", unit="OP/s", of_peak=None),
            created=date,
            submitter=name,
            machine_id=f"machine {i}",
        )
        for i, (date, library, name) in enumerate(zip(dates, libraries, ("ann", "bob", None) * 2, strict=False))
    ]
    cpu = figure(9e10, device=CPU.slug, dtype="fp64", of_peak=None, of_peak_at_clock=0.8, of_ceiling=0.86, grade="C")
    others = [entry(90, cpu, machines=[CPU], signed_by="ann"), by("eve", 91, 7.1e14)]
    return [*entries, *others, entry(92, own(5e14, of_vendor=0.7), own(3e14, dtype="fp16")), first_method(93)]


def first_method(number: int) -> Entry:
    """A Result of the first method, faster than all others."""
    return entry(number, figure(9.5e14), own(9e14, backend="mine", of_vendor=0.947), method=1, submitter="zoe")


def every_page(entries: list[Entry]) -> dict[str, str]:
    """Every page that is made of these entries."""
    boards = make_boards(entries)
    summary = make_summary(entries, boards, [RefusedFile(HOSTILE, NOTES)])
    pages = {
        "index": PAGES.home(summary),
        "eflops": PAGES.eflops(make_totals(boards)),
        "compare": PAGES.compare(summary),
        "about": PAGES.about(),
        "404": PAGES.not_found(),
    }
    pages |= {f"board {board.key}": PAGES.board(board) for board in boards}
    return pages | {f"device {each.page}": PAGES.device(each) for each in make_histories(entries, boards)}


def result_page(result: Result, findings: Iterable[Finding] = ()) -> str:
    return PAGES.result(result, read_entry(result, "v1/device/2026/0123456789abcdef.json"), list(findings))


@cache
def results() -> dict[str, str]:
    """Pages of a real Result, an honest one with everything, small ones, and one where everything went wrong."""
    failed = documents.case("failed", "bf16", reason="less precise than its name", proof=_proof())
    return {
        "real": result_page(load(REAL)),
        "everything": result_page(honest(), NOTES),
        "one process": result_page(documents.result()),
        "integer": result_page(documents.result(documents.case(dtype="int8"))),
        "own kernels": result_page(honest(measured=(MEASURED[1], MEASURED[6], *OWN))),
        "nothing": result_page(documents.result(failed, documents.case("skipped", "fp32")), NOTES),
    }


def _proof() -> Any:
    return documents.case().proof


def sound(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        page = Page(text)
        assert not page.faults, name
        shipped = {total.source.url for total in load_aggregates()}
        strange = [each for each in page.links if not re.match(r"https://|(\.\./)?[\w#]", each) and each not in shipped]
        assert not strange, name
        assert not [each for each in page.links if "javascript:" in each.lower() or each.startswith("//")], name


# soundness


def test_every_page_is_sound() -> None:
    sound(every_page(registry()))


def test_an_empty_registry_has_pages_too() -> None:
    sound(every_page([]))


def test_the_page_of_a_result_is_sound() -> None:
    sound(results())


def test_unsound_pages_are_found() -> None:
    text = results()["one process"]
    for right, wrong in (
        ("</h1>", ""),
        ("<main", '<main style="x"'),
        ('id="proof"', 'id="rates"'),
        ('<th scope="col">', "<th>"),
        ("<h1>", '<h1 onclick="x">'),
        ("<caption", "<script>x</script><caption"),
        ('aria-labelledby="proof"', 'aria-labelledby="nowhere"'),
    ):
        assert right in text
        assert Page(text.replace(right, wrong, 1)).faults, wrong


@pytest.mark.slow
def test_every_page_speaks_both_languages() -> None:
    for name, text in (every_page(registry()) | results()).items():
        page = Page(text)
        assert len(page.said("en")) > 40, name
        assert re.search(r"[\u4e00-\u9fff]{2}", page.said("zh")), name
        assert not re.search(r"[\u4e00-\u9fff]", page.said("en")) or name == "eflops", name  # which quotes its sources


def test_every_page_carries_the_policy_and_nothing_inline() -> None:
    for text in (every_page(registry()) | results()).values():
        metas = [each for each in Page(text).all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
        assert [each["content"] for each in metas] == [POLICY]
    assert "unsafe" not in POLICY


def test_the_same_input_gives_the_same_bytes() -> None:
    assert every_page(registry()) == every_page(registry())
    assert Pages().result(load(REAL), read_entry(load(REAL), "v1/x.json")) == Pages().result(
        load(REAL), read_entry(load(REAL), "v1/x.json")
    )


def test_pages_in_folders_lead_up_to_the_assets() -> None:
    assert 'href="../assets/site.css"' in results()["real"]
    assert 'href="assets/site.css"' in every_page([])["index"]


# hostile texts


def harmless(name: str, text: str) -> None:
    assert not Page(text).faults, name
    assert "<script>alert" not in text, name
    assert "<img" not in text, name
    assert "49javascript" not in text, name


def test_hostile_entries_break_no_page() -> None:
    for name, text in every_page([wild_entry(1), wild_entry(2), *registry()]).items():
        harmless(name, text)


@pytest.mark.slow
@pytest.mark.parametrize("field", [field.path for field in free_texts()])
def test_a_hostile_text_in_any_field_of_a_document_breaks_no_page(field: str) -> None:
    plain = msgspec.to_builtins(_small())
    plant(plain, field, HOSTILE)
    known = read_entry(_small(), "v1/device/2026/0123456789abcdef.json")
    harmless(field, PAGES.result(msgspec.convert(plain, Result), known))


def test_no_key_of_a_document_breaks_its_page() -> None:
    result = _small()
    software = replace(result.software, versions={HOSTILE: "1"}, env={HOSTILE: "1"})
    harmless("keys", result_page(replace(result, software=software)))


def test_hostile_findings_and_attestations_break_no_page() -> None:
    result = _small()
    known = replace(
        read_entry(result, "v1/x.json"),
        attested=HOSTILE,
        signed_by=HOSTILE,
        superseded_by=HOSTILE,
        superseded_for=HOSTILE,
        successor=HOSTILE,
    )
    harmless("entry", PAGES.result(result, known, [Finding("environment.tool", HOSTILE, HOSTILE)]))


def test_only_web_addresses_become_links() -> None:
    assert 'href="https://example.org/a"' in linked("see (https://example.org/a).")
    assert "href" not in linked("javascript:alert(1) data:text/html,x")
    assert "<b>" not in linked("https://example.org/<b>")


@cache
def _small() -> Result:
    """The honest Result with one case of each kind, so that each of fifty pages is quickly made."""
    whole = honest()
    cases: dict[tuple[str, str], Case] = {}
    for case in whole.cases:
        cases.setdefault((case.device, case.status), replace(case, processes=case.processes[:1]))
    return replace(whole, cases=list(cases.values()), peaks=whole.peaks[:4], ceilings=whole.ceilings[:3])


# what stands on the pages


def board_of(entries: list[Entry], key: str) -> Board:
    return next(board for board in make_boards(entries) if board.key == key)


def test_a_board_shows_every_device_with_its_numbers_for_sorting() -> None:
    text = PAGES.board(board_of(registry(), "bf16-ieee"))
    page = Page(text)
    assert "NVIDIA H200" in text
    values = [float(each["data-value"]) for each in page.all("td") if each.get("data-value")]
    assert board_of(registry(), "bf16-ieee").rankings[0].rows[0].median in values
    sortable = [each for each in page.all("th") if each.get("data-sort") == "number"]
    assert len(sortable) >= 7


def test_figures_published_elsewhere_stand_in_a_table_of_their_own() -> None:
    text = PAGES.board(board_of(registry(), "bf16-ieee"))
    board, _, published = text.partition('id="published"')
    assert "MI355X" in published
    assert "MI355X" not in board


def apart(entries: list[Entry]) -> list[str]:
    """A board's page before what an older method measured, and from there on."""
    text = PAGES.board(board_of(entries, "bf16-ieee"))
    assert not Page(text).faults
    return re.split('(?=<h2 id="older)', text)


def test_what_an_older_method_measured_stands_apart_under_the_reason_why() -> None:
    current, older = apart(registry())
    assert "950 TFLOPS" in older
    assert "950 TFLOPS" not in current
    assert current.count("<tr data-vendor") == older.count("<tr data-vendor") == 1
    page = Page(older)
    assert "By version 1 of the method" in page.said("en")
    assert "not ranked or compared with each other" in page.said("en")
    assert "按方法版本1测得" in page.said("zh")
    assert "不一同排名" in page.said("zh")
    assert "(method 1)" in older
    assert "(method" not in current


def test_a_board_of_an_older_method_alone_says_so_too() -> None:
    _, older = apart([first_method(1)])
    assert older.count("<tr data-vendor") == 1
    assert 'data-filter="board"' in older


def test_a_board_of_one_method_has_no_such_section() -> None:
    (whole,) = apart([entry(1)])
    assert "method 1" not in whole


def test_own_kernels_stand_in_a_table_of_their_own_with_their_shares() -> None:
    current, older = apart([entry(1, figure(7e14), own(3.5e14, of_vendor=0.5, of_ceiling=0.4)), first_method(2)])
    ranked, _, beside = current.partition('id="own"')
    assert "tiled_sgemm" in beside
    assert "tiled_sgemm" not in ranked
    assert ('data-value="0.5">50%<' in beside, 'data-value="0.4">40%<' in beside) == (True, True)
    assert "†" not in beside.partition("</table>")[0]
    assert 'data-value="0.947">95%<' in older.partition('id="own-method-1"')[2]
    (other,) = apart([entry(1, figure(7e14)), entry(2, own(3.5e14))])
    assert "50%<sup>†</sup>" in other


def test_a_board_of_own_kernels_alone_ranks_nobody() -> None:
    entries = [entry(1, own(3.5e14))]
    (text,) = apart(entries)
    assert "<tr data-vendor" not in text
    assert "350 TFLOPS" in text.partition('id="own"')[2]
    assert "own kernels alone" in PAGES.home(make_summary(entries, make_boards(entries)))


def test_a_device_page_keeps_methods_and_own_kernels_apart() -> None:
    entries = [entry(1, figure(7e14), own(3.5e14, of_vendor=0.5)), first_method(2)]
    (history,) = make_histories(entries, make_boards(entries))
    text = PAGES.device(history)
    assert not Page(text).faults
    current, older = re.split('(?=<h2 id="standings-method-1")', text.partition('id="figures"')[0])
    assert ("700 TFLOPS" in current, "950 TFLOPS" in current) == (True, False)
    assert ("700 TFLOPS" in older, "950 TFLOPS" in older) == (False, True)
    assert "50%" in current.partition('id="own"')[2]
    figures = text.partition('id="figures"')[2]
    assert figures.count("(method 1)") == 2
    assert Page(figures).said("en").count("own kernel, 50% of the vendor's rate") == 1


def test_a_timeline_tells_methods_apart_and_leaves_own_kernels_out() -> None:
    entries = [entry(1, figure(7e14)), entry(9, figure(7.1e14), own(9e14)), first_method(30)]
    (history,) = make_histories(entries, make_boards(entries))
    legend = re.findall(r'<ul class="legend">(.*?)</ul>', PAGES.device(history))[0]
    assert legend.count("<li>") == 2
    assert legend.count("(method 1)") == 1


def test_the_first_page_and_the_eflops_page_say_by_which_method_a_rate_is() -> None:
    for entries, marked in (([first_method(1)], True), ([entry(1)], False)):
        pages = every_page(entries)
        told = [pages["index"], pages["eflops"].partition("data-rates")[2], pages["eflops"].partition('id="takes"')[2]]
        assert ["(method 1)" in each for each in told] == [marked] * 3


def test_the_page_of_a_result_says_by_which_method_it_was_measured() -> None:
    current, older = (Page(result_page(honest(measured=MEASURED[1:2], method=method))) for method in (2, 1))
    assert "may give the same machine another number" in older.said("en")
    assert "may give the same machine another number" not in current.said("en")
    assert ("another process, which never loaded" in current.said("en"), "powers of two" in current.said("en")) == (
        True,
        True,
    )
    assert "on the very matrices that were timed" in older.said("en")
    assert "由从未加载该内核的另一进程" in current.said("zh")


def test_a_board_draws_its_fastest_devices_and_lists_all() -> None:
    machines = [replace(H200, slug=f"gpu-{i}", name=f"GPU {i}") for i in range(BARS + 15)]
    entries = [
        entry(i, figure((i + 1) * 1e12, device=machine.slug), machines=[machine]) for i, machine in enumerate(machines)
    ]
    text = PAGES.board(board_of(entries, "bf16-ieee"))
    assert text.count('class="bar" y="') - text.count('class="spark"') == BARS
    assert text.count("<tr data-vendor") == BARS + 15


def test_a_long_board_draws_its_first_rows_and_leaves_the_rest_to_a_link() -> None:
    machines = [replace(H200, slug=f"gpu-{i}", name=f"GPU {i}") for i in range(AT_ONCE + 7)]
    entries = [entry(i, figure((i + 1) * 1e12, device=each.slug), machines=[each]) for i, each in enumerate(machines)]
    text = PAGES.board(board_of(entries, "bf16-ieee"))
    first, _, rest = text.partition('<tbody id="rest" class="rest">')
    assert (first.count("<tr data-vendor"), rest.count("<tr data-vendor")) == (AT_ONCE, 7)
    assert (first.count('class="spark"'), rest.count('class="spark"')) == (AT_ONCE, 0)
    assert f'<a href="#rest"><span lang="en">Show all</span><span lang="zh">全部显示</span> ({AT_ONCE + 7})' in rest


def test_a_board_names_the_versions_that_matter() -> None:
    known = entry(1, versions={"torch": "2.8.0", "threadpoolctl": "3.8.0"})
    text = PAGES.board(board_of([known], "bf16-ieee"))
    assert "<small>torch 2.8.0, cuBLAS, CUDA 12.6</small>" in text
    assert "threadpoolctl" not in text


def test_filters_name_their_choices_in_both_languages() -> None:
    board = Page(PAGES.board(board_of(registry(), "bf16-ieee")))
    assert not board.all("option")  # one vendor, one kind, one level: nothing to choose
    cpu = entry(95, figure(1e12, device=CPU.slug), machines=[CPU])
    text = PAGES.board(board_of([*registry(), cpu], "bf16-ieee"))
    assert '<option value="" data-en="all" data-zh="全部">all</option>' in text
    assert '<option value="cuda" data-en="GPU" data-zh="GPU">GPU</option>' in text
    assert '<option value="self-reported" data-en="self-reported" data-zh="自行申报">' in text


def test_a_superseded_result_leads_to_its_successor_only_where_there_is_one() -> None:
    result = _small()
    successor = entry(7)
    known = replace(read_entry(result, "v1/x.json"), superseded_by=successor.id)
    assert f'href="{successor.page}.html"' not in PAGES.result(result, known)
    assert successor.id in PAGES.result(result, known)
    assert f'href="{successor.page}.html"' in PAGES.result(result, replace(known, successor=successor.page))


def test_a_superseded_result_says_why() -> None:
    result = _small()
    known = replace(read_entry(result, "v1/x.json"), superseded_by=entry(7).id, superseded_for="<driver> had a bug")
    page = Page(PAGES.result(result, known))
    assert "The reason: <driver> had a bug" in page.said("en")
    assert "原因：<driver> had a bug" in page.said("zh")


def test_the_range_of_one_submitter_is_marked_as_what_it_is() -> None:
    def told(*entries: Entry) -> str:
        return spread(board_of(list(entries), "bf16-ieee").rankings[0].rows[0], "FLOP/s")

    ann, again, bob = by("ann", 1, 7e14), by("ann", 2, 7.1e14), by("bob", 3, 7.2e14)
    assert told(ann) == "693 – 707 TFLOPS<br><small>95% CI</small>"
    assert told(ann, again).startswith("693 – 717 TFLOPS<br><small>")
    assert "95% CIs of 2 Results" in told(ann, again)
    assert told(ann, again, bob) == "705 – 720 TFLOPS"


def test_the_grade_of_each_row_is_shown() -> None:
    entries = [entry(1, figure(7e14, grade="B"), own(5e14, grade="C"))]
    pages = every_page(entries)
    ranked, owned = re.findall(r"<tbody>(.*?)</tbody>", pages["board bf16-ieee"], re.S)[:2]
    assert ("<td>B</td>" in ranked, "<td>C</td>" in owned) == (True, True)
    assert "<td>B</td>" in pages["index"].partition('id="boards-table"')[2].partition("</table>")[0]
    assert "<td>B</td>" in pages["device h200-sxm"].partition('id="standings-table"')[2].partition("</table>")[0]


def test_pages_say_why_a_case_has_no_place() -> None:
    entries = [entry(1, figure(7e14, high=2e15), figure(6e14, shape=(256, 256, 8192)))]
    text = every_page(entries)["device h200-sxm"]
    assert "not ranked: the interval is ±93.4%, wider than ±25%" in text
    assert "不参与排名：三个尺寸中有两个小于1024" in text
    assert "No figure of this device has a place" in text
    assert "not ranked" not in every_page([entry(1)])["device h200-sxm"]
    assert "not ranked: two of the three sizes" in result_page(documents.result(documents.case(edge=256)))
    assert "not ranked" not in result_page(documents.result())


def test_the_first_page_names_a_rate_that_is_ranked_where_there_is_one() -> None:
    assert "600 TFLOPS" in headline(entry(1, figure(9e14, shape=(256, 256, 256)), figure(6e14)))
    assert "900 TFLOPS" in headline(entry(1, figure(9e14, shape=(256, 256, 256))))


def test_a_device_page_sets_sustained_against_the_burst_of_the_same_result() -> None:
    entries = [entry(1, figure(1e14)), entry(2, figure(3e14), figure(2.7e14, regime="sustained"))]
    (history,) = make_histories(entries, make_boards(entries))
    assert '<td class="number">90%</td>' in PAGES.device(history).partition("<tbody>")[2].partition("</tbody>")[0]


def test_a_device_page_tells_libraries_apart_and_lists_every_figure() -> None:
    boards = make_boards(registry())
    history = next(each for each in make_histories(registry(), boards) if each.page == "h200-sxm")
    text = PAGES.device(history)
    legend = re.findall(r'<ul class="legend">(.*?)</ul>', text)[0]
    assert legend.count("<li>") == SERIES + 1  # the rest are "others"
    assert text.count("<tr data-dtype") == len(history.points)
    assert "989 TFLOPS" in text  # the datasheet's peak


def test_one_result_alone_is_not_drawn_over_time() -> None:
    alone = every_page([entry(1)])["device h200-sxm"]
    assert 'id="figures"' in alone
    assert 'id="time"' not in alone


def test_a_device_of_an_unknown_kind_is_shown() -> None:
    machine = Machine(slug="npu", name="Some NPU", kind="npu")
    pages = every_page([entry(1, figure(device="npu", of_peak=None), machines=[machine])])
    assert "npu" in pages["device npu"]


def test_the_page_of_a_result_tells_everything() -> None:
    text = results()["everything"]
    for told in (
        "flopsbench run --device all --backend numpy,torch",
        "--profile registry --seed 1055356058",
        "0123456789abcdef.json",
        "numpy has no BLAS path for fp16",
        "numpy没有fp16的BLAS路径",
        "octo-cat",
        "driver 570.124.06",
        "power limit 700 W",
        "QEMU",
        "OMP_NUM_THREADS",
        "openblas",
        "environment.tool",
        "for a person to look at",
        "2.6×10⁻⁷",
    ):
        assert told in text, told


def test_a_command_is_quoted_for_a_shell() -> None:
    plain = documents.result()
    options = replace(plain.tool.options, sizes=["$(reboot)"])
    assert "&#39;$(reboot)&#39;" in result_page(replace(plain, tool=replace(plain.tool, options=options)))


def test_losses_are_told_step_by_step() -> None:
    text = results()["everything"]
    chains = re.findall(r'<table class="chain">.*?</table>', text)
    assert len(chains) == 9  # four dtypes on the CPU, five on the GPU
    first = Page(f"<h1></h1>{chains[0]}").said("en")
    assert first.index("Peak at the clock seen") < first.index("Measured ceiling") < first.index("This product")


def test_failed_cases_have_their_reason_and_no_rate() -> None:
    text = results()["nothing"]
    assert "less precise than its name" in text
    assert 'id="samples"' not in text
    assert "FLOPS</strong>" not in text


def test_the_eflops_page_names_source_date_precision_and_basis_of_every_total() -> None:
    text = PAGES.eflops(make_totals(make_boards(registry())))
    assert text.count("<tr data-total=") == len(load_aggregates())
    for total in load_aggregates():
        row = text.partition(f'<tr data-total="{total.id}">')[2].partition("</tr>")[0]
        assert (total.source.url or total.source.publisher).replace("&", "&amp;") in row
        assert (total.as_of or "unstated") in row


def test_the_eflops_page_has_every_other_figure_with_its_source() -> None:
    text = PAGES.eflops(make_totals(make_boards(registry())))
    for statement in load_statements():
        item = text.partition(f'<li id="{statement.id}">')[2].partition("</li>")[0]
        for lang in ("en", "zh"):
            assert str(escape(statement.text(lang))) in item
            assert str(escape(statement.source.localized(lang).publisher)) in item


def test_the_eflops_page_says_what_was_read_second_hand() -> None:
    text = PAGES.eflops(make_totals(make_boards(registry())))
    for total in load_aggregates():
        row = text.partition(f'<tr data-total="{total.id}">')[2].partition("</tr>")[0]
        assert ("read second-hand" in row) == ("仅见二手材料" in row) == (total.verification == "secondary")


def test_the_eflops_page_counts_devices_without_the_script() -> None:
    text = PAGES.eflops(make_totals(make_boards(registry())))
    row = text.partition('<tr data-total="cn-idc-ai-2024">')[2].partition("</tr>")[0]
    assert "million" in row
    assert "万" in row
    assert "with caveat" in row


def test_what_one_device_exceeds_is_not_counted() -> None:
    fast = entry(1, figure(5e18, dtype="fp64", of_peak=None))
    row = PAGES.eflops(make_totals(make_boards([fast]))).partition('frontier-rmax">')[2].partition("</tr>")[0]
    assert "less than one" in row


def test_board_names_leave_out_what_goes_without_saying() -> None:
    boards = (("bf16", "ieee"), ("tf32", "tf32"), ("fp32", "emulated"), ("fp8_e4m3", "ieee, fast accumulation off"))
    assert [cells.board(*board) for board in boards] == [
        "bf16",
        "tf32",
        "fp32, emulated",
        "fp8_e4m3, fast accumulation off",
    ]


def test_assets_are_small_and_load_nothing_else() -> None:
    shipped = assets()
    assert sorted(shipped) == ["favicon.svg", "site.css", "site.js"]
    assert len(shipped["site.js"]) < 17_000
    script, style = shipped["site.js"].decode(), shipped["site.css"].decode()
    assert "'use strict'" in script
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".style", "http"):
        assert forbidden not in script.replace("http://www.w3.org/2000/svg", ""), forbidden
    assert "url(" not in style
    assert "@import" not in style


def test_pages_are_of_a_readable_size() -> None:
    assert len(results()["real"].encode()) < 1.5 * REAL.stat().st_size
    assert json.loads(REAL.read_bytes())["id"] in results()["real"]
