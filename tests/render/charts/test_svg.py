"""Charts: marks where their values belong, well-formed whatever a label says, the same bytes every time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from msgspec.structs import replace

from flopsbench.registry.entry import Machine
from flopsbench.render.charts import svg
from flopsbench.render.charts.scale import Scale, decades, from_zero
from flopsbench.render.html import cells
from flopsbench.render.html.cells import scientific, seconds, share, short

HOSTILE = '"><script>alert(1)</script>\u202e&\x00'
RATES = st.floats(min_value=1, max_value=1e24)


def parsed(drawn: Markup) -> ElementTree.Element:
    """The chart as XML, which it must be."""
    return ElementTree.fromstring(str(drawn))


def texts(drawn: Markup) -> list[str]:
    return [text.text or "" for text in parsed(drawn).iter("text")]


def marked(drawn: Markup, kind: str) -> list[ElementTree.Element]:
    return [element for element in parsed(drawn).iter() if kind in (element.get("class") or "").split()]


def bars(*rows: svg.Bar) -> Markup:
    return svg.bars(rows, "FLOP/s", "caption")


# scales


def test_a_scale_places_values_by_their_share() -> None:
    assert Scale(0, 200).percent(50) == "25%"
    assert Scale(1, 1e6, log=True).percent(1e3) == "50%"


def test_what_lies_outside_is_held_at_the_end() -> None:
    assert Scale(0, 1).share(2) == 1
    assert Scale(1, 10, log=True).share(0.1) == 0


def test_one_value_alone_stands_in_the_middle() -> None:
    assert Scale(5, 5).share(5) == 0.5


@given(RATES)
def test_an_axis_from_zero_holds_its_highest_value_in_few_round_parts(highest: float) -> None:
    scale = from_zero(highest)
    ticks = scale.ticks()
    assert scale.high >= highest * (1 - 1e-9)
    assert 2 <= len(ticks) <= svg.PARTS + 1
    assert ticks[0] == 0
    assert ticks[-1] == pytest.approx(scale.high)


@given(RATES, RATES)
def test_a_logarithmic_axis_holds_both_ends_in_thousandfolds(one: float, other: float) -> None:
    scale = decades(min(one, other), max(one, other))
    assert scale.low <= min(one, other) * (1 + 1e-9)
    assert max(one, other) <= scale.high * (1 + 1e-9)
    ratios = {round(later / earlier) for earlier, later in zip(scale.ticks(), scale.ticks()[1:], strict=False)}
    assert ratios == {1000}


# bars


def test_a_bar_its_whisker_and_its_limit_are_where_their_rates_are() -> None:
    drawn = bars(svg.Bar(("A", "A"), value=50e12, low=40e12, high=60e12, limit=100e12))
    (bar,), (limit,) = marked(drawn, "bar"), marked(drawn, "limit")
    assert bar.get("width") == "50%"
    assert (limit.get("x"), limit.get("width")) == ("50%", "50%")
    assert [(line.get("x1"), line.get("x2")) for line in marked(drawn, "whisker")] == [
        ("40%", "60%"),
        ("40%", "40%"),
        ("60%", "60%"),
    ]
    assert "50.0 TFLOPS" in texts(drawn)


def test_a_bar_above_its_limit_has_no_frame() -> None:
    assert not marked(bars(svg.Bar(("A", "A"), 1.1e12, 1e12, 1.2e12, limit=1e12)), "limit")


def test_every_tick_has_its_unit() -> None:
    drawn = bars(svg.Bar(("A", "A"), 2.2e15, 2.1e15, 2.3e15))
    ticks = [tick.text for tick in marked(drawn, "tick")]
    assert ticks == ["0", "0.5 PFLOPS", "1 PFLOPS", "1.5 PFLOPS", "2 PFLOPS", "2.5 PFLOPS"]


def test_integer_rates_are_never_flops() -> None:
    drawn = svg.bars([svg.Bar(("A", "A"), 2e12, 1.9e12, 2.1e12)], "OP/s", "caption")
    assert "TOPS" in drawn
    assert "FLOPS" not in drawn


@given(st.text(max_size=80), RATES)
def test_no_label_breaks_a_chart(label: str, rate: float) -> None:
    drawn = bars(svg.Bar((label, label), rate, rate, rate))
    assert short(label, svg.LABEL_COLUMNS) in texts(drawn)


def test_labels_are_cut_and_hold_nothing_invisible() -> None:
    assert short("x" * 500, 36) == "x" * 36 + "…"
    assert short("中" * 20, 36) == "中" * 18 + "…"
    assert short(HOSTILE, 80) == '"><script>alert(1)</script>&'


# samples


def test_every_block_is_drawn_and_every_process_parted() -> None:
    strips = [svg.Strip([1e12, 2e12, 1.5e12], [(2e12, 2e12)] * 3), svg.Strip([1e12] * 4)]
    drawn = svg.samples(strips, 1e12, 0.9e12, 1.1e12, "FLOP/s", "caption")
    dots = marked(drawn, "dot")[0].get("d") or ""
    assert dots.count("M") == 7
    assert marked(drawn, "border")[0].get("d") == f"M5 0V{svg.SAMPLES_HEIGHT}"


def test_a_dot_stands_at_the_height_of_its_rate() -> None:
    drawn = svg.samples([svg.Strip([1e12, 2e12])], 1e12, 1e12, 1e12, "FLOP/s", "caption")
    assert marked(drawn, "dot")[0].get("d") == "M1.5 46h0M2.5 0h0"


def test_ceilings_are_one_line_and_shared_ones_one_stretch() -> None:
    chained = svg.Strip([1e12] * 3, [(2e12, 1e12), (1e12, 2e12), (2e12, 2e12)])
    shared = svg.Strip([1e12] * 3, [(2e12, 1e12)] * 3)
    lines = [
        marked(svg.samples([strip], 1e12, 1e12, 1e12, "FLOP/s", "caption"), "ceiling")[0].get("d")
        for strip in (chained, shared)
    ]
    assert lines == ["M1 0L2 46L3 0L4 0", "M1 0L4 46"]


def test_without_ceilings_there_is_no_such_line() -> None:
    drawn = svg.samples([svg.Strip([1e12])], 1e12, 1e12, 1e12, "FLOP/s", "caption")
    assert not marked(drawn, "ceiling")
    assert not marked(drawn, "border")


# over time


def test_a_timeline_has_a_mark_and_a_whisker_for_each_dot() -> None:
    series = [
        [svg.Dot(1, 5e12, 4.9e12, 5.1e12), svg.Dot(9, 6e12, 5.9e12, 6.1e12)],
        [svg.Dot(5, 5e12, 5e12, 5e12)],
    ]
    drawn = svg.timeline(series, ("2026-01-01", "2026-01-09"), "FLOP/s", "caption")
    whiskers = "".join(path.get("d") or "" for path in marked(drawn, "whisker"))
    assert whiskers.count("V") == 3
    assert {"2026-01-01", "2026-01-09"} <= set(texts(drawn))
    first = marked(drawn, "dot")[0].get("d") or ""
    assert re.findall(r"M(\d+)", first) == ["20", "980"]  # the first and the last day, inside the drawing


def test_series_are_told_apart_by_shape_not_by_colour_alone() -> None:
    assert len({re.sub(r"M7 7h0", "", svg.key(i)) for i in range(len(svg.MARKS))}) == len(svg.MARKS)


def test_one_day_is_named_once() -> None:
    drawn = svg.timeline([[svg.Dot(1, 1e12, 1e12, 1e12)]], ("2026-01-01",) * 2, "FLOP/s", "caption")
    assert texts(drawn).count("2026-01-01") == 1


@given(st.floats(1e9, 1e18), st.lists(st.floats(0.5, 1.5), min_size=1, max_size=6))
def test_any_rates_can_be_drawn_over_time_between_two_named_lines(rate: float, shares: list[float]) -> None:
    dots = [svg.Dot(i, rate * share, 0.99 * rate * share, 1.01 * rate * share) for i, share in enumerate(shares)]
    drawn = svg.timeline([dots], ("2026-01-01", "2026-01-02"), "FLOP/s", "caption")
    levels = [float(line.get("y1") or 0) for line in marked(drawn, "grid")]
    assert (min(levels), max(levels)) == (0, svg.TIMELINE_HEIGHT)
    assert 2 <= len(levels) <= svg.PARTS + 1


# the ladder


def test_the_ladder_names_each_rung_in_both_languages() -> None:
    rungs = [
        svg.RungMark(("mine", "我的"), ("bf16", "bf16"), 1e9, "1.00 GFLOPS", "measured"),
        svg.RungMark(("all" * 20, "总量"), ("precision unstated", "精度未说明"), 1e21, "1 ZFLOPS", "total"),
    ]
    drawn = svg.ladder(rungs, "FLOP/s", "caption")
    assert {"mine", "我的", "总量", "GFLOPS", "TFLOPS", "ZFLOPS"} <= set(texts(drawn))
    assert {"precision unstated", "精度未说明"} <= set(texts(drawn))  # whole, however long the name is
    assert [circle.get("cx") for circle in parsed(drawn).iter("circle")] == ["0%", "100%"]


# cells


def test_a_link_of_a_chain_shows_what_was_lost() -> None:
    (lost,) = marked(svg.link(60e12, 80e12, 100e12), "lost")
    assert (lost.get("x"), lost.get("width")) == ("60%", "20%")
    assert not marked(svg.link(90e12, 80e12, 100e12), "lost")


def test_an_error_is_drawn_in_its_band() -> None:
    drawn = svg.within(1.5e-3, 1e-3, 2.2e-3)
    (band,), (mark,) = marked(drawn, "band"), marked(drawn, "mark")
    left, width = (float((band.get(name) or "").rstrip("%")) for name in ("x", "width"))
    assert left < float((mark.get("cx") or "").rstrip("%")) < left + width


def test_charts_are_images_with_a_name_and_sparks_are_hidden() -> None:
    image = parsed(bars(svg.Bar(("A", "A"), 1e12, 1e12, 1e12)))
    assert (image.get("role"), image.get("aria-labelledby")) == ("img", "caption")
    assert parsed(svg.spark(1, 1, 1, 2)).get("aria-hidden") == "true"


def test_the_same_data_gives_the_same_bytes() -> None:
    rows = [svg.Bar(("A", "A"), 1.23456e12, 1.2e12, 1.3e12, 2e12)]
    assert svg.bars(rows, "FLOP/s", "caption") == svg.bars(rows, "FLOP/s", "caption")


def test_devices_are_named_with_their_cores_and_makers() -> None:
    cpu = Machine(slug="x", name="AMD EPYC", kind="cpu", vendor="AuthenticAMD", cores=8)
    assert cells.device(cpu) == ("AMD EPYC (8 cores)", "AMD EPYC（8核）")
    assert cells.device(replace(cpu, cores=1))[0] == "AMD EPYC (1 core)"
    assert cells.device(replace(cpu, cores=None)) == ("AMD EPYC", "AMD EPYC")
    assert [cells.vendor(replace(cpu, vendor=name)) for name in ("AuthenticAMD", "NVIDIA", None)] == [
        "AMD",
        "NVIDIA",
        "–",
    ]


def test_figures_carry_their_units() -> None:
    assert scientific(1.16293e-14) == "1.2×10⁻¹⁴"
    assert scientific(0.0) == "0"
    assert (seconds(0.171), seconds(2.5), seconds(3e-6)) == ("171 ms", "2.50 s", "3.00 µs")
    assert (share(0.861), share(0.0512), share(1.04), share(None)) == ("86%", "5.1%", "104%", "–")


# levels of a history


def history_of(*rates: float) -> list[svg.Dot]:
    return [svg.Dot(number, rate, 0.99 * rate, 1.01 * rate) for number, rate in enumerate(rates)]


STEPS = [svg.Level(0, 4, 100e9, 99e9, 101e9, "first"), svg.Level(4, 8, 80e9, 79e9, 81e9, "slower")]
DAYS = ("2024-01-01", "2024-01-08")


def levels(*rates: float, unit: str = "FLOP/s", every: list[svg.Level] = STEPS) -> Markup:
    return svg.levels(history_of(*rates), every, (75e9, 105e9), DAYS, unit, "caption")


def test_each_level_is_a_line_in_its_band_where_its_dots_are() -> None:
    drawn = levels(*[100e9] * 4, *[80e9] * 4)
    ends = [(line.get("x1"), line.get("x2")) for line in marked(drawn, "median")]
    assert ends == [("0%", "50%"), ("50%", "100%")]
    assert [(band.get("x"), band.get("width")) for band in marked(drawn, "band")] == [("0%", "50%"), ("50%", "50%")]
    assert float(marked(drawn, "median")[0].get("y1") or 0) < float(marked(drawn, "median")[1].get("y1") or 0)


def test_a_change_is_a_numbered_line_of_its_kind() -> None:
    drawn = levels(*[100e9] * 4, *[80e9] * 4)
    (line,) = marked(drawn, "change")
    assert (line.get("class"), line.get("x1")) == ("change slower", "50%")
    assert "1" in texts(drawn)
    assert {*DAYS} <= set(texts(drawn))


def test_a_dot_far_outside_is_a_ring_at_the_edge_and_flattens_nothing() -> None:
    drawn = levels(*[100e9] * 3, 10e9, *[80e9] * 4)
    rings = [path.get("d") or "" for path in marked(drawn, "ring") if "mark" in (path.get("class") or "")]
    assert [ring.count("h0") for ring in rings] == [1]
    assert "60 GFLOPS" not in texts(drawn)


def test_times_have_their_axis_in_parts_of_a_second() -> None:
    every = [svg.Level(0, 2, 0.0021, 0.002, 0.0022, "first")]
    drawn = svg.levels(history_of(0.0021, 0.0021), every, (0.0015, 0.0025), DAYS, svg.SECONDS, "caption")
    assert "2 ms" in texts(drawn)


@given(st.lists(RATES, min_size=1, max_size=9))
def test_any_history_is_drawn(rates: list[float]) -> None:
    every = [svg.Level(0, len(rates), rates[0], min(rates), max(rates), "first")]
    for unit in ("FLOP/s", "OP/s", "B/s"):
        parsed(svg.levels(history_of(*rates), every, (min(rates), max(rates)), DAYS, unit, "caption"))
    parsed(svg.trend(every))
