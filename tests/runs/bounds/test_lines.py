"""Lines of a process, each of which comes within its time and has an end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from flopsbench.runs.bounds import lines
from flopsbench.runs.bounds.lines import LineReader


@pytest.fixture
def pipe() -> Iterator[tuple[LineReader, Callable[[bytes], int], Callable[[], None]]]:
    """A reader, what writes to it, and what closes that end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0) as written:
        yield LineReader(reading), lambda text: os.write(writing, text), written.close


def test_lines_come_one_by_one_and_what_is_left_at_the_end(pipe) -> None:
    reader, write, close = pipe
    write(b"one\ntw")
    write(b"o\n\nthr")
    assert [reader.line(1.0) for _ in range(3)] == [b"one\n", b"two\n", b"\n"]
    close()
    assert [reader.line(1.0) for _ in range(2)] == [b"thr", b""]


def test_nobody_waits_longer_than_told(pipe) -> None:
    reader, write, _ = pipe
    write(b"on")
    with pytest.raises(TimeoutError):
        reader.line(0.0)
    write(b"e\n")
    assert reader.line(1.0) == b"one\n"


@pytest.mark.parametrize(("size", "is_read"), [(100, True), (101, False)])
def test_a_line_without_an_end_is_refused(pipe, monkeypatch: pytest.MonkeyPatch, size: int, is_read: bool) -> None:
    monkeypatch.setattr(lines, "LONGEST_BYTES", 100)
    reader, write, close = pipe
    write(b"x" * size)
    if is_read:
        close()
        assert reader.line(1.0) == b"x" * size
    else:
        with pytest.raises(OverflowError, match="a line of more than"):
            reader.line(1.0)
