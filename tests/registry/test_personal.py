"""The search for what looks personal: what it finds at its bounds, and that its time grows as the text does."""

from __future__ import annotations

from itertools import repeat
from time import process_time

import pytest

from flopsbench.registry.personal import complaints

SHORT, LONG = 4_000, 16_000


def seconds(text: str) -> float:
    """What a search takes at best."""
    found = []
    for each in repeat(text, 3):
        begun = process_time()
        list(complaints(each))
        found.append(process_time() - begun)
    return min(found)


@pytest.mark.parametrize("unit", ["a-", "a.", "a", "1.", "..", "GPU-", "aaaaaaaa-", "serial ", "~", "0:", "/a", " "])
@pytest.mark.parametrize("beginning", ["", "serial", "a@"])
def test_a_text_four_times_as_long_takes_four_times_as_long(unit: str, beginning: str) -> None:
    short, long = (beginning + unit * (length // len(unit)) for length in (SHORT, LONG))
    assert seconds(long) < 9 * seconds(short)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a" * 64 + "@example.com", "privacy.email"),
        ("a" * 500 + "@example.com", "privacy.email"),
        ("a" * 64 + "@build", "privacy.user-name"),
        ("a" * 63 + ".local", "privacy.host-name"),
        ("a" * 55 + "-MacBook", "privacy.host-name"),
        ("a-" * 200 + "node.local", "privacy.host-name"),
        ("serial number:    " + "X" * 40 + "7", "privacy.serial"),
    ],
)
def test_what_is_as_long_as_names_get_is_found(text: str, code: str) -> None:
    assert code in {found for found, _ in complaints(text)}
