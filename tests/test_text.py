"""No text from elsewhere reaches a terminal, or GitHub through a log, as a command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flopsbench.text import JSON_ESCAPE, hidden, moment_of, printable, seen, shortened, without_commands

commands = st.text(st.sampled_from(":#[ \n\r\t\\a"))


def is_obeyed(text: str) -> bool:
    """As GitHub's runner reads a log, line by line."""
    return any(line.lstrip().startswith("::") or "##[" in line for line in re.split("[\r\n]", text))


@given(st.text())
def test_what_is_printed_is_printable_and_what_was_so_is_left(text: str) -> None:
    assert printable(text).isprintable()
    assert (printable(text) == text) == text.isprintable()


@given(st.text(), st.integers(1, 30))
def test_a_text_is_cut_where_it_is_too_long_and_only_there(text: str, most: int) -> None:
    cut = shortened(text, most)
    assert len(cut) <= most
    assert cut == text if len(text) <= most else cut == text[: most - 1] + "…"


@pytest.mark.process
def test_an_error_prints_no_escape_that_a_file_or_its_name_holds(tmp_path: Path) -> None:
    for name, content in (("\x1b[31mred.json", "{}"), ("moderation.json", '{"\x1b[2J": 1}')):
        file = tmp_path / name
        file.write_text(content)
        command = [sys.executable, "-m", "flopsbench", "show", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 6
        assert "\x1b" not in done.stderr
        assert done.stderr.startswith("flopsbench: ")


@given(commands)
@example("::error::fast")
@example("a\r :: b")
@example("###[debug]")
def test_nothing_that_github_obeys_is_left_and_all_else_is(text: str) -> None:
    assert not is_obeyed(without_commands(text))
    assert (without_commands(text) == text) == (not is_obeyed(text))


@given(commands)
def test_json_without_commands_says_the_same(text: str) -> None:
    document = without_commands(json.dumps([{text: text}], indent=1), JSON_ESCAPE)
    assert not is_obeyed(document)
    assert json.loads(document) == [{text: text}]


@pytest.mark.process
def test_no_file_is_named_like_a_command_to_github(tmp_path: Path) -> None:
    for name in ("a\n::error::fast.json", "##[error]fast.json"):
        command = [sys.executable, "-m", "flopsbench", "show", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 6
        assert "error" in done.stderr
        assert not is_obeyed(done.stderr)


@pytest.mark.parametrize("text", ["", "fast", "中文", "é", "e\u0301\u0327", "😀", "Δt ±2 %", "כֶּפֶל"])
def test_what_everybody_sees_stays(text: str) -> None:
    assert not hidden(text)
    assert seen(text) == text


@given(st.text(st.characters(exclude_categories=())))
@example("\ud800\u115f\u00ad\u2800\u0378")
@example("e" + "\u0301\u0327\u0310\u0315" * 9)
def test_what_is_left_of_a_text_is_seen(text: str) -> None:
    assert not hidden(seen(text))
    assert bool(hidden(text)) == (seen(text) != text)


@pytest.mark.parametrize("category", ["Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"])
def test_no_character_of_a_category_without_a_look_is_seen(category: str) -> None:
    found = [char for code in range(0x110000) if unicodedata.category(char := chr(code)) == category]
    assert found
    assert all(char.isprintable() is False for char in found)
    assert all(map(hidden, found[:: max(1, len(found) // 500)]))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-08-01T12:00:00Z", True),
        ("9999-12-31T23:59:59Z", True),
        ("0001-01-01T00:00:00Z", True),
        ("2024-02-29T00:00:00Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("0000-01-01T00:00:00Z", False),
        ("2026-08-01T24:00:00Z", False),
        ("2026-08-01T12:00:60Z", False),
        ("2026-08-01T12:00:00+02:00", True),
        ("2026-08-01", False),
        ("2026-W31-6T12:00:00Z", False),
        ("20260801T120000Z", False),
        ("yesterday", False),
    ],
)
def test_a_time_is_one_that_the_calendar_has(text: str, is_one: bool) -> None:
    if is_one:
        assert moment_of(text).isoformat().replace("+00:00", "Z") == text
    else:
        with pytest.raises(ValueError, match=r"."):
            moment_of(text)
