"""Tests how one side of an A/B is written as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.track.ab.spec import Spec, parse_spec

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
values = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(
    lambda text: text == text.strip() and ",python=" not in text
)


def test_here_differs_in_nothing() -> None:
    assert parse_spec(" here ") == Spec("here")


def test_every_key_is_read() -> None:
    text = "python=/opt/venv,env=A=1,env=B=x=y,backend=torch,kernel=matmul"
    expected = Spec(text, python="/opt/venv", env={"A": "1", "B": "x=y"}, backend="torch", kernel="matmul")
    assert parse_spec(text) == expected
    assert parse_spec("git=v1.2~3").git == "v1.2~3"


def test_a_value_may_hold_commas() -> None:
    assert parse_spec("env=OMP_NUM_THREADS=4,2,backend=numpy").env == {"OMP_NUM_THREADS": "4,2"}


@given(names, values.filter(lambda text: "," not in text))
def test_any_variable_comes_through(name: str, value: str) -> None:
    assert parse_spec(f"env={name}={value}").env == {name: value}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no side"),
        ("numpy", "names no side"),
        ("backend=", "names no side"),
        ("colour=red", "backend=..."),
        ("backend=numpy,backend=torch", "backend twice"),
        ("env=1A=2", "NAME=VALUE"),
        ("env=A", "NAME=VALUE"),
        ("git=main,python=/usr/bin/python3", "leave python= out"),
    ],
)
def test_what_is_no_side_is_refused_with_what_would_be(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_spec(text)
