"""Tests acks.toml: written so that git merges it, read back whatever the reason holds, refused by line when broken."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.text import says_something, seen
from flopsbench.track.history.acks import Ack, add_ack, read_acks

DAY = date(2026, 8, 1)
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).map(seen).filter(says_something)


def test_an_acknowledgement_is_a_line_that_any_toml_reader_understands(tmp_path):
    path = add_ack(tmp_path, "1a2b3c4d", "cpu gemm/fp32", 'new "BLAS"', DAY)
    line = '"1a2b3c4d" = {date = 2026-08-01, case = "cpu gemm/fp32", reason = "new \\"BLAS\\""}\n'
    assert path.read_text() == line
    assert tomllib.loads(line)["1a2b3c4d"]["date"] == DAY


@given(case=TEXT, reason=TEXT)
def test_whatever_is_written_is_read_back(tmp_path_factory, case, reason):
    folder = tmp_path_factory.mktemp("history")
    add_ack(folder, "1a2b3c4d", case, reason, DAY)
    assert read_acks(folder) == {"1a2b3c4d": Ack(case, DAY, " ".join(reason.split()))}


def test_a_reason_cannot_command_a_terminal_or_end_the_line(tmp_path):
    add_ack(tmp_path, "1a2b3c4d", "case", "clear \x1b[2J and\nnext \udcff", DAY)
    assert read_acks(tmp_path)["1a2b3c4d"].reason == "clear [2J and next"


def test_without_a_file_nothing_is_acknowledged(tmp_path):
    assert read_acks(tmp_path) == {}


def test_an_empty_reason_is_refused(tmp_path):
    with pytest.raises(UsageError, match="say why"):
        add_ack(tmp_path, "1a2b3c4d", "case", " \n")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        add_ack(tmp_path / "nowhere", "1a2b3c4d", "case", "why")


def test_lines_are_added_and_git_is_told_once_to_keep_those_of_both_branches(tmp_path: Path):
    (tmp_path / ".gitattributes").write_text("*.json text eol=lf")  # no line break at the end
    for id in ("1a2b3c4d", "5e6f7a8b"):
        add_ack(tmp_path, id, "case", "why", DAY)
    assert list(read_acks(tmp_path)) == ["1a2b3c4d", "5e6f7a8b"]
    assert (tmp_path / ".gitattributes").read_text() == "*.json text eol=lf\nacks.toml merge=union\n"


@pytest.mark.parametrize("earlier_first", [True, False])
def test_of_two_lines_for_one_change_the_later_date_counts(tmp_path, earlier_first):
    lines = [
        f'"1a2b3c4d" = {{date = 2026-08-{day:02}, case = "c", reason = "of day {day}"}}\n'
        for day in ((1, 2) if earlier_first else (2, 1))
    ]
    (tmp_path / "acks.toml").write_text("# accepted\n\n" + "".join(lines))
    assert read_acks(tmp_path) == {"1a2b3c4d": Ack("c", date(2026, 8, 2), "of day 2")}


def test_lines_of_another_system_are_read(tmp_path):
    (tmp_path / "acks.toml").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert list(read_acks(tmp_path)) == ["1a2b3c4d"]


def test_what_else_git_is_told_may_be_in_any_encoding(tmp_path):
    (tmp_path / ".gitattributes").write_bytes(b"# caf\xe9\n")
    add_ack(tmp_path, "1a2b3c4d", "case", "why", DAY)
    assert (tmp_path / ".gitattributes").read_bytes() == b"# caf\xe9\nacks.toml merge=union\n"


GOOD = '"1a2b3c4d" = {date = 2026-08-01, case = "c", reason = "r"}\n'


@pytest.mark.parametrize("reason", ["新的 BLAS", "新しい BLAS", "새 BLAS", "BLAS الجديد", "x.y.z.w [[[[[", "faster 👍"])
def test_a_reason_in_any_language_is_kept(tmp_path, reason):
    add_ack(tmp_path, "1a2b3c4d", "case", reason, DAY)
    assert read_acks(tmp_path)["1a2b3c4d"].reason == reason


@pytest.mark.parametrize("reason", ["\u3000", "\u202e", "\u3164\u00ad", "...", "\u2800", "\ue000"])
def test_a_reason_without_a_word_is_refused(tmp_path, reason):
    with pytest.raises(UsageError, match="say why"):
        add_ack(tmp_path, "1a2b3c4d", "case", reason)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "<<<<<<< main\n", "line 2: not an acknowledgement; one reads"),
        (GOOD + "[other]\n", "line 2: not an acknowledgement"),
        (GOOD + "other = 3\n", "line 2: not an acknowledgement; one reads"),
        (GOOD + 'other = {case = "c", reason = "r"}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01, case = "c", reason = 7}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01T00:00:00Z, case = "c", reason = "r"}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01, case = "c", reason = "\\u001b[2J"}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01, case = "c", reason = "\u202er"}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01, case = "c", reason = "  "}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01, case = "c", reason = "\u3164"}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-08-01, case = "c\u00ad", reason = "r"}\n', "line 2: not an acknowledgement"),
        (GOOD + 'other = {date = 2026-02-30, case = "c", reason = "r"}\n', "line 2: not an acknowledgement"),
        (GOOD + ".".join(["a"] * 20_000) + "=1", "line 2: not an acknowledgement"),
        (GOOD + "a = " + "{a = " * 5000, "line 2: not an acknowledgement"),
        ("a = " + "[" * 5000, "line 1"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, text, sentence):
    (tmp_path / "acks.toml").write_text(text)
    with pytest.raises(DocumentRejected) as refused:
        read_acks(tmp_path)
    assert f"{tmp_path / 'acks.toml'}: " in str(refused.value)
    assert sentence in str(refused.value)


def test_what_is_not_text_is_refused(tmp_path):
    (tmp_path / "acks.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentRejected, match="utf-8"):
        read_acks(tmp_path)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_crash_the_reader(tmp_path_factory, bytes_read):
    folder = tmp_path_factory.mktemp("history")
    (folder / "acks.toml").write_bytes(bytes_read)
    with suppress(DocumentRejected):
        read_acks(folder)
