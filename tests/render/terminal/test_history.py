"""Tests a history on a terminal: its levels, and what changed when each began."""

from __future__ import annotations

import io
import re
from datetime import date

from msgspec.structs import replace
from rich.console import Console

from flopsbench.render.terminal.history import log, show
from flopsbench.result.types import Software
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.judge import judge_series
from flopsbench.track.history.series import all_series
from tests.track.history.histories import created, noisy, results


def judged(rates, acks=None, **fields):
    (series,) = all_series(results(rates, **fields))
    return judge_series(series, acks or {})


def printed(view):
    console = Console(file=io.StringIO(), width=80, no_color=True)
    console.print(view)
    return console.file.getvalue()


def test_each_level_says_what_else_changed_when_it_began():
    old, new = (Software(python="3.12.4", versions={"numpy": version}) for version in ("2.1.0", "2.4.6"))
    made = results(noisy(40, steps={20: 0.95}))
    made = [replace(each, software=new if each.created >= created(20) else old) for each in made]
    (series,) = all_series(made)
    text = printed(show(judge_series(series, {})))
    assert re.search(r"1: -[45]\.\d % to 9\d\d\.\d GFLOPS .* from 2024-01-21,", text)
    assert "   numpy 2.1.0 -> 2.4.6\n" in text
    assert "flopsbench track ack" in text


def test_a_change_without_a_cause_says_so():
    assert "the Results around it describe the same environment" in printed(show(judged(noisy(40, steps={20: 0.95}))))


def test_an_accepted_change_shows_its_reason_and_asks_for_nothing():
    first = judged(noisy(40, steps={20: 0.95}))
    ack = Ack("case", date(2024, 8, 1), "safer [bold]rounding[/bold]")
    text = printed(show(judged(noisy(40, steps={20: 0.95}), {first.id_of(first.last): ack})))
    assert "accepted on 2024-08-01: safer [bold]rounding[/bold]" in text
    assert "track ack" not in text


def test_one_result_is_one_result():
    assert re.search(r"from 2024-01-01, in 1 Result\n", printed(show(judged([1e12]))))


def test_the_log_tells_the_last_change_or_that_there_is_none():
    text = printed(log([judged(noisy(40)), judged(noisy(40, steps={20: 0.95}))]))
    assert "none" in text
    assert re.search(r"2024-01-21\s*\n.*-[45]\.\d %", text)
    assert max(map(len, text.splitlines())) <= 80
