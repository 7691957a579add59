import json
import re

import msgspec
import pytest

from flopsbench.errors import NotComparable, UsageError
from flopsbench.scale.aggregates import DATA, HEADLINES, aggregate, decode, figure, load_aggregates, load_statements
from flopsbench.scale.growth import growth, series_growth

STATEMENTS = {statement.id: statement for statement in load_statements()}


@pytest.mark.parametrize(
    ("aggregate_id", "quoted", "as_of"),
    [
        ("cn-miit-ai-2025", "1590 EFLOPS", "2025-12"),
        ("cn-idc-ai-2024", "725.3 EFLOPS", "2024"),
        ("cn-idc-ai-2023", "416.7 EFLOPS", "2023"),
        ("frontier-xinhua", "1 EFLOPS", None),
        ("frontier-202206-rmax", "1.102 EFLOPS", "2022-06"),
        ("cn-ct-jjj", "5760 PFLOPS", "2025-03"),
        ("cn-ct-lingang", "10000 PFLOPS", "2024-12"),
        ("cn-cmcc-harbin", "6.9 EFLOPS", "2024-08"),
        ("cn-cmcc-hohhot", "6.7 EFLOPS", "2024-04"),
    ],
)
def test_ships_the_totals_of_the_news(aggregate_id, quoted, as_of):
    entry = aggregate(aggregate_id)
    assert (entry.quoted, entry.as_of) == (quoted, as_of)


def test_the_headline_total_says_what_is_assumed_and_why():
    entry = aggregate("cn-miit-ai-2025")
    assert (entry.precision, entry.assumed_precision, entry.qualifier) == ("unstated", "fp16", "at_least")
    assert entry.source.published == "2026-01-21"
    assert entry.assumption_en
    assert entry.assumption_zh


@pytest.mark.parametrize(
    ("statement_id", "value"),
    [("cn-10k-clusters", "42 clusters"), ("cn-operators-clusters", "4 clusters"),
     ("cn-total-growth", "about 30 % a year"), ("compute-kinds", "3 kinds"),
     ("cn-beijing-100k-target", "of the 100,000-card class"),
     ("calculator-analogy", "nearly 40 years; right are 3.96 years")],
)  # fmt: skip
def test_ships_the_other_figures(statement_id, value):
    assert STATEMENTS[statement_id].value("en") == value
    assert STATEMENTS[statement_id].source.title.startswith("“1590 EFLOPS”")


def test_the_analogy_is_recomputed():
    assert f"{1e18 / 8e9 / 31_557_600:.2f} years" in STATEMENTS["calculator-analogy"].correction_en
    assert "3.96年" in STATEMENTS["calculator-analogy"].correction_zh
    assert len(STATEMENTS["cn-operators-clusters"].names) == 4


@pytest.mark.parametrize("entry", load_statements(), ids=lambda entry: entry.id)
def test_no_statement_is_a_number_without_a_unit(entry):
    assert not re.fullmatch(r"[\d.,]+", entry.value("en"))
    assert not re.fullmatch(r"[\d.,]+", entry.value("zh"))


def test_what_was_said_on_a_day_is_of_no_known_date():
    clusters = STATEMENTS["cn-10k-clusters"]
    assert (clusters.as_of, clusters.said_on, clusters.number) == (None, "2026-01-21", 42)


@pytest.mark.parametrize(
    ("aggregate_id", "fields"),
    [
        ("cn-cmcc-total-2025", {"precision": "mixed", "assumed_precision": None}),
        ("cn-zhengzhou-100k-2026", {"as_of": "2026-07"}),
        ("cn-nda-total-2024", {"precision_read": "secondary"}),
        ("cn-miit-ai-2023-old", {"precision_read": "secondary"}),
        ("cn-idc-ai-2024", {"precision_read": "secondary"}),
    ],
)
def test_what_sources_say_and_do_not_say(aggregate_id, fields):
    entry = aggregate(aggregate_id)
    assert {name: getattr(entry, name) for name in fields} == fields


def test_the_trackers_h100_equivalents_are_dense():
    tracked = [one for one in load_aggregates() if one.unit == "H100e" and one.precision == "int8/fp8"]
    assert len(tracked) == 8
    assert {one.sparsity for one in tracked} == {"dense"}


def test_ministries_are_quoted_on_growth_and_firsts():
    assert "2.8 times" in aggregate("cn-miit-ai-2026h1").notes_en
    assert "2.8倍" in aggregate("cn-miit-ai-2026h1").notes_zh
    assert "2026-07-31" in aggregate("cn-zhengzhou-100k-2026").notes_en


def test_headlines_exist():
    assert [aggregate(one).id for one in HEADLINES] == list(HEADLINES)


def test_every_total_has_a_source_in_both_languages_named():
    assert len(load_aggregates()) == 66
    for entry in load_aggregates():
        assert entry.source.title
        assert entry.source.publisher
        assert entry.quote
        assert entry.name("zh")
        assert entry.name("en") == entry.name_en


def test_unknown_id_names_the_near_ones():
    with pytest.raises(UsageError, match=r"did you mean cn-miit-ai-2025"):
        aggregate("cn-mit-ai-2025")
    with pytest.raises(UsageError, match="--list"):
        aggregate("@@@@")


def test_any_figure_is_found_by_its_id():
    assert figure("cn-miit-ai-2025") == aggregate("cn-miit-ai-2025")
    assert figure("calculator-analogy") == STATEMENTS["calculator-analogy"]
    with pytest.raises(UsageError, match=r"no published figure is called 'calculator'.*calculator-analogy"):
        figure("calculator")


HAN = re.compile("[\u4e00-\u9fff]")
# Names that are the same in Chinese.
SAME_IN_CHINESE = {
    *("Chips and Cheese", "Epoch AI", "HPL-MxP", "Politico", "TOP500"),
    *("HotHardware", "The Register", "Tom's Hardware", "kjcyd.cn", "lavx.hu; completeaitraining.com"),
    *("ABCI 3.0, arXiv:2411.09134", "Isambard-AI, arXiv:2410.11199", "arXiv 2604.09517"),
    "db.bestpricelc.com/r/23726, aihola.com",
}


@pytest.mark.parametrize("entry", [*load_aggregates(), *load_statements()], ids=lambda entry: entry.id)
def test_sources_are_named_in_chinese(entry):
    source = entry.source.localized("zh")
    for name in filter(None, (source.title, source.publisher, source.via)):
        assert HAN.search(name) or name in SAME_IN_CHINESE, name
    assert entry.source.localized("en") == entry.source


@pytest.mark.parametrize("entry", load_aggregates(), ids=lambda entry: entry.id)
def test_chinese_names_and_notes_are_punctuated_in_chinese(entry):
    assert not re.search(r"[\u4e00-\u9fff][,()]|[,(][\u4e00-\u9fff]", entry.name_zh + entry.notes_zh)


@pytest.mark.parametrize("entry", load_aggregates(), ids=lambda entry: entry.id)
def test_the_figure_stands_in_its_quote(entry):
    """In the source's own unit, which may be another prefix, thousands of chips, or words."""
    value = float(entry.value)
    scales = (1, 1e3, 1e4, 1e6, 1e18 / 1e15) if entry.is_count else (1, 1e3, 1e-3)
    forms = {f"{value / scale:.10g}" for scale in scales} | {f"{value / scale:.3f}" for scale in scales}
    quote = entry.quote.replace(",", "").replace("万", "")
    assert any(form in quote for form in forms)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"notes_zh": ""}, "both languages"),
        ({"extent_en": "all of it"}, "both languages"),
        ({"kind": "company"}, "Invalid enum"),
        ({"confidence": "none"}, "Invalid"),
    ],
)
def test_what_an_entry_may_hold(changes, reason):
    with pytest.raises(msgspec.ValidationError, match=reason):
        decode(_broken(**changes))


def test_the_quoted_unit_is_kept_and_the_scaled_one_added():
    assert aggregate("cn-miit-ai-2025").printed() == "1590 EFLOPS (1.59 ZFLOPS)"
    assert aggregate("cn-idc-ai-2024").printed() == "725.3 EFLOPS"
    assert aggregate("us-colossus-1").printed() == "200,000 chips"


def test_digits_follow_the_source():
    digits = {one: aggregate(one).digits for one in ("cn-miit-ai-2025", "us-colossus-1", "cn-idc-ai-2024")}
    assert digits == {"cn-miit-ai-2025": 3, "us-colossus-1": 1, "cn-idc-ai-2024": 4}


def test_what_does_not_stand_is_called_so():
    assert aggregate("cn-idc-ai-2025f").outlook == "forecast"
    assert aggregate("cn-miit-target-2030").outlook == "target"
    assert aggregate("us-oracle-zettascale10").outlook == "target"
    assert aggregate("cn-miit-ai-2025").outlook is None


def _broken(**changes):
    document = json.loads(DATA.read_text(encoding="utf-8"))
    document["aggregates"][0].update(changes)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "cn-miit-ai-2025h1"},
        {"id": "cn-10k-clusters"},
        {"unit": "EF"},
        {"unit": "EiFLOPS"},
        {"value": "many"},
        {"qualifier": "roughly"},
        {"precision": "fp128"},
        {"sparsity": "both"},
        {"basis": "guessed"},
        {"kind": "planet"},
        {"as_of": "December 2025"},
        {"as_of": "2025-13"},
        {"assumption_zh": ""},
        {"source": {"title": "t", "publisher": "p", "url": "ftp://example.org"}},
        {"source": {"title": "t", "publisher": "p", "published": "yesterday"}},
        {"surprise": 1},
    ],
)
def test_unsound_data_is_refused(changes):
    with pytest.raises(msgspec.ValidationError):
        decode(_broken(**changes))


def test_sound_data_is_accepted():
    assert decode(_broken(value="1600")).aggregates[0].rate.value_per_s == 1.6e21


def test_growth_within_a_series():
    span = growth(aggregate("cn-idc-ai-2023"), aggregate("cn-idc-ai-2024"))
    assert span.ratio == pytest.approx(1.741, abs=5e-4)
    assert span.per_year == pytest.approx(0.741, abs=5e-4)
    half_year = growth(aggregate("cn-miit-ai-2025h1"), aggregate("cn-miit-ai-2025"))
    assert half_year.years == 0.5
    assert half_year.per_year == pytest.approx((1590 / 788) ** 2 - 1)


@pytest.mark.parametrize(
    ("earlier", "later", "reason"),
    [
        ("cn-idc-ai-2024", "cn-miit-ai-2025", "different series"),
        ("cn-miit-ai-2023-old", "cn-miit-ai-2025", "different series"),
        ("cn-cmcc-hohhot", "cn-cmcc-harbin", "different series"),
        ("cn-idc-ai-2024", "cn-idc-ai-2023", "order of time"),
        ("cn-idc-ai-2024", "cn-idc-ai-2024", "order of time"),
    ],
)
def test_no_growth_across_series_or_backwards(earlier, later, reason):
    with pytest.raises(NotComparable, match=reason):
        growth(aggregate(earlier), aggregate(later))


def test_growth_of_a_series_leaves_forecasts_out():
    spans = {span.later.series: (span.earlier.id, span.later.id) for span in series_growth(load_aggregates())}
    assert spans == {
        "cn-miit-ai-fp16": ("cn-miit-ai-2025q1", "cn-miit-ai-2026h1"),
        "cn-idc-ai": ("cn-idc-ai-2023", "cn-idc-ai-2024"),
    }
