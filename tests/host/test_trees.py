"""Small files read with care: what is absent or malformed is None, never an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopsbench.host.trees import parse_cpus, parse_integer, read_integer, read_text


def test_a_text_comes_without_the_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(" performance\n")
    assert read_text(tmp_path / "file") == "performance"


def test_what_cannot_be_opened_is_none(tmp_path: Path) -> None:
    assert (read_text(tmp_path / "absent"), read_text(tmp_path), read_integer(tmp_path / "absent")) == (None,) * 3


def test_bytes_that_are_no_text_can_be_printed_or_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\xff")
    assert read_text(tmp_path / "file") == "a\N{REPLACEMENT CHARACTER}"
    kept = read_text(tmp_path / "file", errors="surrogateescape")
    assert kept is not None
    assert kept.encode(errors="surrogateescape") == b"a\xff"


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-1", -1), ("18446744073709551615", 2**64 - 1)])
def test_a_whole_number_is_read(text: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(f"{text}\n")
    assert read_integer(tmp_path / "file") == number


@pytest.mark.parametrize(
    "text", [None, "", "max", "1.5", "1 2", "1_000", "\N{FULLWIDTH DIGIT ONE}", "9" * 5000, "0x1f"]
)
def test_what_is_no_whole_number_is_none(text: str | None) -> None:
    assert parse_integer(text) is None


def test_a_list_of_cpus_is_read_with_its_ranges() -> None:
    assert parse_cpus("0-3,8") == {0, 1, 2, 3, 8}
    assert parse_cpus("") == parse_cpus("none") == set()
