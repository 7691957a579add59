"""What makes a figure more than somebody's word."""

from __future__ import annotations

import pytest

from flopsbench.site.model.trust import Voice, entry_trust, reproduced, row_trust
from tests.site.entries import entry

ATTESTED = "https://github.com/octo/flopsbench/actions/runs/1"


def voice(handle: str | None, median: float, *machine_ids: str) -> Voice:
    return Voice(handle, median, frozenset(machine_ids))


def test_a_result_is_trusted_by_what_others_say_of_it() -> None:
    assert entry_trust(entry(1)) == "self-reported"
    assert entry_trust(entry(1, signed_by="octo-cat")) == "signed"
    assert entry_trust(entry(1, signed_by="octo-cat", attested=ATTESTED)) == "attested"


def test_two_strangers_who_agree_reproduce_a_figure() -> None:
    assert reproduced([voice("ann", 100.0, "a"), voice("bob", 105.0, "b")])


@pytest.mark.parametrize(
    "voices",
    [
        [voice("ann", 100.0, "a")],
        [voice("ann", 100.0, "a"), voice("bob", 105.1, "b")],  # too far apart
        [voice("ann", 100.0, "a"), voice("bob", 100.0, "a")],  # one machine
        [voice("ann", 100.0, "a", "b"), voice("bob", 100.0, "b", "c")],  # a machine shared
        [voice("ann", 100.0, "a"), voice(None, 100.0, "b")],  # who knows who that is
        [voice("ann", 100.0, "a"), voice("bob", 100.0)],  # who knows where that was
        [],
    ],
)
def test_nothing_less_does(voices: list[Voice]) -> None:
    assert not reproduced(voices)


def test_agreement_is_found_among_many_who_disagree() -> None:
    apart = [voice(f"v{i}", 1.1**i, f"m{i}") for i in range(20)]
    assert not reproduced(apart)
    assert reproduced([*apart, voice("zoe", 1.1**7 * 1.01, "z")])


def test_a_pair_on_one_machine_does_not_hide_a_third_on_another() -> None:
    assert reproduced([voice("ann", 100.0, "a"), voice("bob", 101.0, "a"), voice("cyd", 104.0, "c")])


def test_a_row_earns_what_its_most_trusted_result_does_if_that_agrees_with_it() -> None:
    attested, plain = entry(1, attested=ATTESTED), entry(2)
    assert row_trust(100.0, [(attested, 96.0), (plain, 100.0)], []) == "attested"
    assert row_trust(100.0, [(attested, 90.0), (plain, 100.0)], []) == "self-reported"


def test_reproduced_is_the_most() -> None:
    voices = [voice("ann", 100.0, "a"), voice("bob", 101.0, "b")]
    assert row_trust(100.5, [(entry(1, attested=ATTESTED), 100.0)], voices) == "reproduced"
