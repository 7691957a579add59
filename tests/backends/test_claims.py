"""What a kernel and a clock say of themselves is taken as it is, or refused with what was said."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.backend import Elapsed, Launch, Prepared
from flopsbench.backends.claims import LONGEST_TEXT, MOST_NOTES, CheckedClock, checked, quoted
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.errors import FlopsbenchError
from flopsbench.problem import Problem

CPU = Device("cpu", 0, "imaginary")
PROBLEM = Problem(8, 8, 8, DTYPES["fp64"])


class Telling:
    """A clock that says this."""

    def __init__(self, said: Any) -> None:
        self.said = said

    def time(self, launch: Launch, loops: int) -> Elapsed:
        said: Elapsed = self.said
        return said


class Unspeakable:
    """An object that cannot be shown."""

    def __repr__(self) -> str:
        raise SystemExit


def timed(said: Any) -> Elapsed:
    return CheckedClock(Telling(said)).time(lambda: None, 1)


@pytest.mark.parametrize("seconds", [1, 1.5, np.float64(1.5), np.float32(1.5), np.int64(2), Fraction(1, 2), 5e-324])
def test_a_number_of_seconds_becomes_a_float(seconds: Any) -> None:
    for elapsed in (timed(Elapsed(seconds)), timed(Elapsed(1.0, seconds))):
        assert all(type(each) is float for each in elapsed if each is not None)
    assert timed(Elapsed(seconds)) == Elapsed(float(seconds))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (0, "0"),
        (0.0, "0.0"),
        (-1.0, "-1.0"),
        (None, "None"),
        ("1", "'1'"),
        (True, "True"),
        (1j, "1j"),
        (np.array([1.0]), "array"),
        (Unspeakable(), "Unspeakable"),
    ],
)
def test_what_is_no_time_that_can_pass_is_refused_with_what_it_was(seconds: Any, told: str) -> None:
    with pytest.raises(FlopsbenchError, match="the seconds of a block are") as caught:
        timed(Elapsed(seconds))
    assert told in str(caught.value)
    if seconds is not None:  # which means that there is no other clock
        with pytest.raises(FlopsbenchError, match="the seconds of a block are"):
            timed(Elapsed(1.0, seconds))


@pytest.mark.parametrize("said", [None, 1.0, (1.0, None), "now", object()])
def test_a_clock_that_tells_no_elapsed_time_is_refused(said: Any) -> None:
    with pytest.raises(FlopsbenchError, match="the seconds of a block are"):
        timed(said)


@given(st.floats())
def test_any_float_is_a_time_or_an_error(seconds: float) -> None:
    if 0 < seconds < math.inf:
        assert timed(Elapsed(seconds)).seconds == seconds
    else:
        with pytest.raises(FlopsbenchError):
            timed(Elapsed(seconds))


def prepared(**claims: Any) -> Any:
    return checked(lambda problem, device: Prepared(print, **claims))(PROBLEM, CPU)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"library": "OpenBLAS 0.3.30", "math": "ieee", "accumulate": "fp64", "threads": 2, "notes": ("one", "两个")},
        {"library": "x" * LONGEST_TEXT, "notes": ("x" * LONGEST_TEXT,) * MOST_NOTES},
    ],
)
def test_what_is_text_is_taken(claims: dict[str, Any]) -> None:
    assert prepared(**claims) == Prepared(print, **claims)


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"library": None}, "the kernel's library is None, which is no text of at most 200 printable characters"),
        ({"library": 7}, "the kernel's library is 7, "),
        ({"library": "x" * 1_000_000}, "the kernel's library is 'xxxx"),
        ({"library": "a\u202eb"}, r"the kernel's library is 'a\u202eb', "),
        ({"library": "a\x07b"}, r"the kernel's library is 'a\x07b', "),
        ({"math": "ieee, " + "fast " * 100}, "the kernel's math is 'ieee, fast"),
        ({"math": None}, "the kernel's math is None, which is no text of at most 80 printable characters"),
        ({"accumulate": 32}, "the kernel's accumulate is 32, "),
        ({"notes": ("fast",) * 1_000_000}, "the kernel's notes are 1000000, and 20 are the most"),
        ({"notes": ("fast " * 1_000_000,)}, "the kernel's notes is 'fast"),
        ({"notes": (math.nan,)}, "the kernel's notes is nan, "),
        ({"notes": ("\u00ad",)}, r"the kernel's notes is '\xad', "),
        ({"notes": ["fast"]}, "the kernel's notes are ['fast'], which is no tuple of texts"),
        ({"notes": None}, "the kernel's notes are None, "),
        ({"notes": (Unspeakable(),)}, "the kernel's notes is Unspeakable, "),
    ],
)
def test_what_is_none_is_refused_with_what_it_was(claims: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlopsbenchError) as caught:
        prepared(**claims)
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) < 200


@given(
    st.recursive(st.none() | st.text() | st.floats() | st.binary(), lambda inner: st.lists(inner) | st.tuples(inner))
)
def test_whatever_is_quoted_is_short_and_can_be_printed(told: Any) -> None:
    assert quoted(told).isprintable()
    assert len(quoted(told)) <= 600
    assert "<" not in quoted(told)
