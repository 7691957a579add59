"""Tests a history as a chart of text: points, levels, arrows, and the days below it."""

from __future__ import annotations

import re

import pytest

from flopsbench.render.charts.text import COLUMNS, chart
from flopsbench.track.history.judge import judge_series
from flopsbench.track.history.series import all_series
from tests.track.history.histories import RATE, daily, measured, noisy, results


def judged(rates):
    (series,) = all_series(results(rates))
    return judge_series(series, {})


def test_the_chart_shows_the_step_and_numbers_it():
    lines = chart(judged(noisy(40, steps={20: 0.95})))
    top, bottom = lines[:4], lines[5:9]
    assert all("•" not in line.partition("│")[2][20:] for line in top)
    assert all("•" not in line.partition("│")[2][:20] for line in bottom)
    assert lines[-2] == f"{'change':>12} │{' ' * 20}1"


@pytest.mark.parametrize("count", [1, 2, 59, 60, 61, 500])
def test_the_chart_fits_a_terminal_of_80_columns(count):
    lines = chart(judged(noisy(count)))
    assert max(map(len, lines)) <= 80
    width = {len(line.partition("│")[2]) for line in lines if "│" in line and not line.lstrip().startswith("change")}
    assert width == {min(count, COLUMNS)}


def test_a_disturbed_result_is_an_arrow_and_flattens_nothing():
    rates = noisy(40)
    rates[10] *= 0.5
    rates[20] *= 2
    lines = chart(judged(rates))
    assert lines[8].partition("│")[2][10] == "▾"
    assert lines[0].partition("│")[2][20] == "▴"


def test_without_a_change_point_there_is_no_line_for_them():
    assert not any("change" in line for line in chart(judged(noisy(40))))


def test_the_days_stand_below_the_ends_of_the_chart():
    line = chart(judged(noisy(40)))[-1]
    assert re.fullmatch(r" {14}2024-01-01 +2024-02-09", line)


def test_one_day_is_written_once():
    (series,) = all_series([daily(0, measured(RATE * (1 + n / 1000))) for n in range(20)])
    assert chart(judge_series(series, {}))[-1].split() == ["2024-01-01"]
