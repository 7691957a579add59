"""Lines of a process, each of which comes within its time and has an end."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator

import pytest

from flopsbench.runs.bounds import lines
from flopsbench.runs.bounds.lines import LineReader


@pytest.fixture(params=["the system says when", "a thread waits"])
def pipe(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[LineReader, Callable[[bytes], int], Callable[[], None]]]:
    """A reader, what writes to it, and what closes that end."""
    if request.param == "a thread waits":
        monkeypatch.delattr(select, "poll", raising=False)
    elif not hasattr(select, "poll"):
        pytest.skip("this system does not say when a pipe can be read")
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


def test_a_reader_outlives_the_pipe_that_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread may stand in a read while others close the pipe, whose number is the next one's then."""
    monkeypatch.delattr(select, "poll", raising=False)
    reading, writing = os.pipe()
    reader = LineReader(reading)
    os.close(reading)
    other, others = os.pipe()
    os.write(others, b"not mine\n")
    os.write(writing, b"mine\n")
    assert reader.line(10.0) == b"mine\n"
    os.close(writing)
    assert reader.line(10.0) == b""
    assert os.read(other, 100) == b"not mine\n"
    os.close(other)
    os.close(others)
