"""No text from elsewhere reaches a terminal as a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from flopsbench.printable import printable


@given(st.text())
def test_what_is_printed_is_printable_and_what_was_so_is_left(text: str) -> None:
    assert printable(text).isprintable()
    assert (printable(text) == text) == text.isprintable()


def test_an_error_prints_no_escape_that_a_file_or_its_name_holds(tmp_path: Path) -> None:
    for name, content in (("\x1b[31mred.json", "{}"), ("moderation.json", '{"\x1b[2J": 1}')):
        file = tmp_path / name
        file.write_text(content)
        command = [sys.executable, "-m", "flopsbench", "show", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 6
        assert "\x1b" not in done.stderr
        assert done.stderr.startswith("flopsbench: ")
