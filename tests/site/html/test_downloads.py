"""What programs fetch: complete, harmless to spreadsheets, and as fair as ``flopsbench scale``."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.dtype import DTYPES
from flopsbench.registry.entry import Entry
from flopsbench.result.types import METHOD_VERSION
from flopsbench.scale.aggregates import load_aggregates
from flopsbench.scale.compare import compare
from flopsbench.scale.standing import Measured
from flopsbench.site.html import downloads
from flopsbench.site.model.boards import make_boards
from flopsbench.site.model.totals import make_rates
from flopsbench.text import FORMULA
from flopsbench.units import round_digits
from tests.site.entries import CPU, H200, entry, figure, own

Plain = dict[str, Any]


def lines(document: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(document.decode(), newline="")))


def compared(*entries: Entry) -> Plain:
    boards = make_boards(entries)
    found: Plain = json.loads(downloads.compare_json(boards, make_rates(boards), load_aggregates()))
    return found


def test_every_figure_is_a_line() -> None:
    first = entry(1, figure(7e14, watts=690.0), figure(6e14, regime="sustained"), submitter="ann")
    one, other, third = lines(downloads.results_csv([first, entry(2)]))
    assert one["median"] == "700000000000000.0"
    assert (one["id"], one["submitter"], one["trust"]) == (first.id, "ann", "self-reported")
    assert (one["device_slug"], one["device_name"], one["driver"]) == ("h200-sxm", "NVIDIA H200", "570.1")
    assert (one["board"], one["m"], one["watts"], one["grade"]) == ("bf16-ieee", "8192", "690.0", "A")
    assert (other["regime"], other["watts"], third["submitter"]) == ("sustained", "", "")


def test_every_row_of_every_board_is_a_line() -> None:
    slow = figure(1e12, device=CPU.slug)
    entries = [entry(1, figure(7e14), slow, machines=[CPU, H200]), entry(2, figure(6e14, dtype="fp16"))]
    rows = lines(downloads.boards_csv(make_boards(entries)))
    assert [(row["board"], row["place"], row["device_slug"], row["median"]) for row in rows] == [
        ("bf16-ieee", "1", "h200-sxm", "700000000000000.0"),
        ("bf16-ieee", "2", CPU.slug, "1000000000000.0"),
        ("fp16-ieee", "1", "h200-sxm", "600000000000000.0"),
    ]
    assert rows[1]["device_cores"] == "8"


def test_the_grade_and_the_reason_for_no_place_stand_in_the_tables() -> None:
    entries = [entry(1, figure(7e14, grade="B"), figure(9e14, high=2e15, grade="C"), figure(8e14, shape=(9, 9, 9)))]
    (row,) = lines(downloads.boards_csv(make_boards(entries)))
    assert (row["median"], row["grade"]) == ("700000000000000.0", "B")
    told = [line["unranked"].partition(":")[2].strip() for line in lines(downloads.results_csv(entries))]
    assert told == ["", "the interval is ±61.6%, wider than ±25%", "two of the three sizes are below 1024"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(begin: str) -> None:
    evil = f'{begin}HYPERLINK("x","y")'
    (row,) = lines(downloads.results_csv([entry(1, machines=[replace(H200, name=evil)])]))
    assert row["device_name"] == "'" + evil


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_text_comes_back_as_it_was_but_for_that(text: str) -> None:
    (row,) = lines(downloads.results_csv([entry(1, figure(library=text))]))
    value = row["library"]
    assert value == text or value == "'" + text
    assert not value.startswith(FORMULA)


def test_the_index_lists_every_result_newest_first() -> None:
    old = entry(1, superseded_by=entry(40).id)
    others = figure(7.1e14, shape=(64, 4096, 4096)), figure(9e14, regime="sustained"), figure(8e14, shape=(64, 64, 64))
    new = entry(40, figure(7e14), *others, submitter="ann")
    listed = json.loads(downloads.index_json([old, new]))["results"]
    assert [each["id"] for each in listed] == [new.id, old.id]
    assert listed[0]["rates"] == {"h200-sxm bf16-ieee": 7.1e14}
    assert listed[0]["page"] == f"results/{new.page}.html"
    assert listed[1]["superseded_by"] == new.id
    assert "submitter" not in listed[1]


def test_an_empty_index_is_json() -> None:
    assert json.loads(downloads.index_json([])) == {"results": []}


def test_what_pages_fetch_has_every_device_on_every_board() -> None:
    document = compared(entry(1, figure(7e14), figure(1e12, device=CPU.slug), machines=[CPU, H200]))
    named = {"name": "bf16", "page": "bf16-ieee", "dtype": "bf16", "math": "ieee", "unit": "FLOP/s"}
    assert document["boards"] == {"bf16-ieee": {**named, "method": METHOD_VERSION, "older": False}}
    cpu, gpu = document["machines"]
    assert (cpu["cores"], "cores" in gpu) == (8, False)
    assert (gpu["rates"]["bf16-ieee"]["median"], gpu["rates"]["bf16-ieee"]["peak"]) == (7e14, 9.89e14)
    assert "peak" not in cpu["rates"]["bf16-ieee"]


def test_each_method_is_compared_under_a_key_of_its_own() -> None:
    document = compared(entry(1, figure(7e14)), entry(2, figure(9e14), method=1))
    (machine,) = document["machines"]
    assert {key: rates["median"] for key, rates in machine["rates"].items()} == {
        "bf16-ieee": 7e14,
        "bf16-ieee-method-1": 9e14,
    }
    older = document["boards"]["bf16-ieee-method-1"]
    assert (older["page"], older["method"], older["older"]) == ("bf16-ieee", 1, True)


def test_downloads_tell_methods_and_own_kernels_apart() -> None:
    entries = [entry(1, figure(7e14), own(5e14, of_vendor=5 / 7)), entry(2, figure(9e14), method=1)]
    first, second, third = lines(downloads.results_csv(entries))
    assert [(each["method"], each["is_vendor"], each["of_vendor"][:4]) for each in (first, second, third)] == [
        ("2", "True", ""),
        ("2", "False", "0.71"),
        ("1", "True", ""),
    ]
    rows = lines(downloads.boards_csv(make_boards(entries)))
    assert [(row["method"], row["place"], row["median"]) for row in rows] == [
        ("2", "1", "700000000000000.0"),
        ("1", "1", "900000000000000.0"),
    ]
    new, old = reversed(json.loads(downloads.index_json(entries))["results"])
    assert (new["method"], new["rates"], old["method"]) == (2, {"h200-sxm bf16-ieee": 7e14}, 1)


def counts(document: Plain, total_id: str, dtype: str, rate: float, peak: float | None) -> list[float | None]:
    """What the EFLOPS page's script works out: devices at the rate, at the peak, and if the total is sparse."""
    (total,) = (total for total in document["totals"] if total["id"] == total_id)
    rule = document["rules"][total["rules"][dtype][0 if peak else 1]]
    if rule["verdict"] == "not compared":
        return [None, None, None]
    at_peak = rule["per_s"] / peak if peak and rule["at_peak"] else None
    first = at_peak or rule["per_s"] / rate
    every = [rule["per_s"] / rate, at_peak, first / 2 if rule["if_sparse"] else None]
    return [round_digits(value, rule["digits"]) if value else None for value in every]


@given(st.floats(1e9, 1e16), st.sampled_from(sorted(DTYPES)), st.one_of(st.none(), st.floats(1e9, 1e16)))
def test_the_rules_as_data_count_as_flopsbench_scale_does(rate: float, name: str, peak: float | None) -> None:
    dtype = DTYPES[name]
    for total in load_aggregates():
        known = compare(total, Measured(rate, dtype.unit, dtype, peak)).counts
        expected = [known.achieved, known.at_peak, known.if_sparse] if known else [None, None, None]
        assert counts(RULES, total.id, name, rate, peak) == expected


RULES = compared()


def test_every_reason_is_told_in_both_languages() -> None:
    total, rules = RULES["totals"][0], RULES["rules"]
    with_peak, without = (rules[number]["reasons"] for number in total["rules"]["bf16"])
    english = [RULES["reasons"][number][0] for number in without]
    assert any("--peak" in text for text in english)
    assert len(without) == len(with_peak) + 1
    assert all(len(reason) == 2 and all(reason) for reason in RULES["reasons"])


def test_what_pages_fetch_stays_small() -> None:
    assert len(json.dumps(RULES)) < 60_000
