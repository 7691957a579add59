"""Tests that sentences are found by their English, those of rooms below the catalogue among them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.units import format_rate, parse_bytes
from flopsbench.words.catalogue import PAGES, WORDS, phrase, placeholders
from flopsbench.words.known import LONGEST_KNOWN, known_sentence

CHINESE = re.compile("[\u4e00-\u9fff]")
TEXTS = {key: english for key, (english, _) in WORDS.items() if key not in PAGES}
# Those of four words and more, in one line: what is shorter, or a line of a table, nobody looks for.
SAID = sorted(
    key
    for key, english in TEXTS.items()
    if len(re.findall("[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", english))) >= 4 and re.fullmatch(r"\S.*", english)
)
# Sentences whose English is found in parts, by another's.
IN_PARTS = {"write_failed_kept", "cpus_busy"}


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_bytes, "much"),
        (parse_bytes, "0"),
        (lambda text: format_rate(float(text), "FLOP/s"), "-1"),
    ],
)
def test_what_units_refuses_is_known(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert CHINESE.search(known_sentence(str(refused.value), "zh")), "add its text to words/errors.json"


@given(st.sampled_from(SAID), st.integers(0, 99))
def test_a_sentence_is_found_whatever_fills_it(key: str, number: int) -> None:
    values = {name: f"<{at}{number}>" for at, name in enumerate(sorted(placeholders(key)))}
    known = known_sentence(phrase("en", key, **values), "zh")
    assert known == phrase("zh", key, **values) or (key in IN_PARTS and CHINESE.search(known))


@given(st.text("xyz:; \n"))
def test_another_text_is_let_be(text: str) -> None:
    assert known_sentence(text, "en") == text
    assert CHINESE.search(text) or not CHINESE.search(known_sentence(text, "zh"))


def test_names_stay_before_a_sentence_and_lines_apart() -> None:
    assert known_sentence("a.json: the file is empty", "zh") == "a.json：文件为空"
    assert known_sentence("a: b: c: the file is empty", "zh") == "a：b：c：文件为空"
    assert known_sentence("the file is empty\n  it is new", "zh") == "文件为空\n  it is new"


def test_a_value_is_said_in_the_language_too() -> None:
    assert known_sentence("BASE did not measure it: out of memory: x", "zh") == "基准未测量它：内存不足：x"


@pytest.mark.parametrize("text", ["side A: " * 500, ": " * 5000, "\n" * 5000, "the file is empty" * LONGEST_KNOWN])
def test_a_text_of_anybody_takes_no_time(text: str) -> None:
    assert known_sentence(text, "zh")
