"""The search for the commit of a change: it finds it wherever it lies, and guesses nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import DocumentRejected, FlopsbenchError, UsageError
from flopsbench.track.ab.sign_flip import MOST_PAIRS
from flopsbench.track.comparison import Change
from flopsbench.track.history.revisions.bisect import (
    BisectJournal,
    bisect,
    read_journal,
    suspects,
    write_journal,
)
from flopsbench.track.history.revisions.listed import Revision
from flopsbench.track.verdicts import verdict_of_interval

STEP = math.log(0.9)
PAIRS = 14


def commits(count: int) -> list[Revision]:
    return [Revision(f"{number:040x}", f"Change {number}") for number in range(count)]


def begun(found: list[Revision], step: float = STEP) -> BisectJournal:
    return BisectJournal("1a2b3c4d", "f" * 40, found[-1].commit, step)


def changed(estimate: float, margin: float, half_width: float = 0.01) -> Change:
    low, high = estimate - half_width, estimate + half_width
    verdict = verdict_of_interval(low, high, margin)
    return Change("case", verdict, estimate=estimate, low=low, high=high, p=0.001)


class Machine:
    """A machine on which the change came with the commit ``bad``; what was asked of it is kept."""

    def __init__(self, found: list[Revision], bad: int, step: float = STEP) -> None:
        self.place = {revision.commit: at for at, revision in enumerate(found)}
        self.bad, self.step = bad, step
        self.asked: list[tuple[int, int]] = []
        self.odd: dict[int, Callable[[int, float], Change]] = {}

    def __call__(self, commit: str, pairs: int, margin: float) -> Change:
        at = self.place[commit]
        self.asked.append((at, pairs))
        if at in self.odd:
            return self.odd[at](pairs, margin)
        return changed(math.expm1(self.step) if at >= self.bad else 0.0, margin)


def searched(machine: Machine, found: list[Revision], journal: BisectJournal | None = None) -> BisectJournal:
    return bisect(journal or begun(found, machine.step), found, machine, PAIRS, lambda so_far: None)


def inconclusive(pairs: int, margin: float) -> Change:
    return changed(-margin, margin, half_width=margin)


@given(st.integers(1, 200), st.data(), st.sampled_from([STEP, -STEP, math.log(0.97)]))
def test_the_commit_is_found_in_few_steps(count: int, data: st.DataObject, step: float) -> None:
    found = commits(count)
    bad = data.draw(st.integers(0, count - 1))
    machine = Machine(found, bad, step)
    ended = searched(machine, found)
    assert suspects(ended, found) == [found[bad]]
    assert len(machine.asked) <= 2 + math.ceil(math.log2(count))
    assert {pairs for _, pairs in machine.asked} == {PAIRS}
    assert all(told.sure is not None and told.sure >= 0.975 for told in ended.steps)


def test_the_bad_end_is_compared_first_and_without_it_there_is_no_search() -> None:
    found = commits(20)
    machine = Machine(found, bad=20)  # nothing has changed here
    ended = searched(machine, found)
    assert machine.asked == [(19, PAIRS)]
    assert [step.verdict for step in ended.steps] == ["good"]


def test_a_step_that_does_not_tell_is_widened_and_then_another_commit_is_tried() -> None:
    found = commits(9)
    machine = Machine(found, bad=6)
    machine.odd[3] = inconclusive  # the first in the middle
    ended = searched(machine, found)
    assert machine.asked[:4] == [(8, PAIRS), (3, PAIRS), (3, MOST_PAIRS), (4, PAIRS)]
    assert suspects(ended, found) == [found[6]]
    assert ended.steps[1].verdict == "unknown"
    assert ended.steps[1].sure is None


def test_more_pairs_may_tell() -> None:
    found = commits(3)
    machine = Machine(found, bad=1)
    machine.odd[1] = lambda pairs, margin: changed(-0.1, margin, 0.2 if pairs == PAIRS else 0.01)
    ended = searched(machine, found)
    assert suspects(ended, found) == [found[1]]
    assert (ended.steps[-1].verdict, ended.steps[-1].pairs) == ("bad", MOST_PAIRS)


def test_commits_that_tell_nothing_remain_suspects() -> None:
    found = commits(5)
    machine = Machine(found, bad=2)

    def broken(pairs: int, margin: float) -> Change:
        raise FlopsbenchError("it cannot be installed")

    machine.odd |= {1: broken, 2: broken}
    ended = searched(machine, found)
    assert suspects(ended, found) == found[1:4]
    assert {step.why for step in ended.steps if step.verdict == "unknown"} == {"it cannot be installed"}


def test_a_test_that_is_not_there_tells_nothing_and_is_not_asked_twice() -> None:
    found = commits(4)
    machine = Machine(found, bad=0)
    machine.odd[1] = lambda pairs, margin: Change("case", "missing", "side B lacks this case")
    ended = searched(machine, found)
    assert machine.asked.count((1, PAIRS)) == 1
    assert (1, MOST_PAIRS) not in machine.asked
    assert suspects(ended, found) == [found[0]]


def test_a_search_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    found, file = commits(50), tmp_path / "journal.json"

    class Stopped(Exception):
        pass

    def stop_after_three(so_far: BisectJournal) -> None:
        write_journal(file, so_far)
        if len(so_far.steps) == 3:
            raise Stopped

    first = Machine(found, bad=33)
    with pytest.raises(Stopped):
        bisect(begun(found), found, first, PAIRS, stop_after_three)
    second = Machine(found, bad=33)
    ended = searched(second, found, read_journal(file, begun(found)))
    assert suspects(ended, found) == [found[33]]
    whole = Machine(found, bad=33)
    assert searched(whole, found) == ended
    assert first.asked + second.asked == whole.asked


def test_a_journal_of_another_search_is_refused(tmp_path: Path) -> None:
    found, file = commits(3), tmp_path / "journal.json"
    assert read_journal(file, begun(found)) == begun(found)
    write_journal(file, begun(found))
    with pytest.raises(UsageError, match="of another search, for 1a2b3c4d"):
        read_journal(file, BisectJournal("99999999", "f" * 40, found[-1].commit, STEP))
    file.write_text('{"schema": "flopsbench.result"}')
    with pytest.raises(DocumentRejected, match="no journal of track bisect"):
        read_journal(file, begun(found))
