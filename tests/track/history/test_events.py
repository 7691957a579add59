"""Tests the events of a history by their ids: which can be accepted, and which commits a change lies among."""

from __future__ import annotations

import math

import pytest

from flopsbench.errors import UsageError
from flopsbench.track.history.events import change_range, nameable
from flopsbench.track.history.folder import History
from flopsbench.track.history.series import all_series
from tests.track.history.histories import by_commit, hashed, noisy, results

STEP = noisy(40, steps={20: 0.95})


def history(made) -> History:
    return History("history", list(made), [])


def id_at(made, index: int) -> str:
    (series,) = all_series(made)
    return series.id_at(index)


def test_a_change_has_its_last_good_and_its_first_bad_commit() -> None:
    made = by_commit(STEP)
    (id,) = nameable(history(made))
    series, good, bad, step = change_range(history(made), id)
    assert math.expm1(step) == pytest.approx(-0.05, abs=0.005)
    assert (good, bad) == (hashed(19), hashed(20))
    assert series == all_series(made)[0]


def test_the_id_that_an_earlier_check_printed_leads_to_the_change() -> None:
    made = by_commit(STEP)
    assert change_range(history(made), id_at(made, 22))[1:3] == (hashed(19), hashed(20))


def test_an_id_that_nothing_has_names_those_that_there_are() -> None:
    made = by_commit(STEP)
    with pytest.raises(UsageError, match=f"no change 00000000 in .*: there are {id_at(made, 20)}"):
        change_range(history(made), "00000000")
    with pytest.raises(UsageError, match="it has no changes"):
        change_range(history(by_commit(noisy(20))), "00000000")


def test_a_change_between_results_without_commits_has_none() -> None:
    made = results(STEP)
    with pytest.raises(UsageError, match="do not both name a commit"):
        change_range(history(made), id_at(made, 20))
