import re
import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.words import catalogue
from flopsbench.words.catalogue import (
    PAGES,
    SENTENCES,
    WORDS,
    count,
    duration,
    parse_language,
    phrase,
    precision,
)

FILES = sorted(Path(catalogue.__file__).parent.glob("*.json"))


def _placeholders(text):
    return [(name, form, turn) for _, name, form, turn in string.Formatter().parse(text) if name is not None]


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same(key):
    english, chinese = WORDS[key]
    assert set(_placeholders(english)) == set(_placeholders(chinese))
    assert english.strip()
    assert chinese.strip()
    assert not re.search("[\u4e00-\u9fff]", english)
    if _is_prose(english):
        assert re.search("[\u3000-\u9fff\uff00-\uffef]", chinese), "say it in Chinese"


HAN = "[\u4e00-\u9fff]"
HALF_WIDTH = re.compile(rf"{HAN}[,;:?!()]|[,;?!]{HAN}|\({HAN}|{HAN}\.(?!\w)")
SPACED = re.compile(rf"{HAN} (?=[0-9A-Za-z{{])|[0-9A-Za-z}}] (?={HAN})")
FASTER_BY = re.compile("[快慢高低][^，。；：]{0,14}倍")  # 快1.27倍 means 2.27 times as fast


@pytest.mark.parametrize("key", sorted(WORDS.keys() - {"pattern_of_dtype"}))  # which is no text
def test_chinese_is_set_as_chinese(key):
    """Its punctuation is full-width, and no space stands between Chinese and digits."""
    chinese = WORDS[key][1]
    assert not HALF_WIDTH.search(chinese)
    assert not SPACED.search(chinese)


@pytest.mark.parametrize("key", WORDS)
def test_times_as_fast_is_not_said_as_faster_by(key):
    assert not FASTER_BY.search(WORDS[key][1])


@pytest.mark.parametrize(
    ("pattern", "wrong", "right"),
    [
        (HALF_WIDTH, "无法读取,请重试", "无法读取，请重试"),
        (HALF_WIDTH, "来源(转引)", "来源（转引）"),
        (SPACED, "共 3 份", "共3份"),
        (SPACED, "用{n} 次", "用{n}次"),
        (FASTER_BY, "再快1.27倍即为", "速率为其1.27倍"),
    ],
)
def test_unnatural_chinese_is_seen(pattern, wrong, right):
    assert pattern.search(wrong)
    assert not pattern.search(right)


def _is_prose(english):
    """Whether a text says anything besides names and values: two words in small letters."""
    return len(re.findall(r"(?<![\w./-])[a-z]{2,}(?![\w./-])", re.sub(r"\{\w+\}", " ", english))) >= 2


@pytest.mark.parametrize("key", WORDS)
def test_a_value_is_put_in_by_its_name_and_as_it_is(key):
    """Nothing of a value is looked up or formatted, so that no document chooses what a page shows."""
    for text in WORDS[key]:
        assert all(name.isidentifier() and not form and turn is None for name, form, turn in _placeholders(text))


def test_a_key_stands_in_one_file_once():
    groups = [msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, tuple[str, str]]]) for path in FILES]
    keys = [key for file in groups for group in file.values() for key in group]
    assert len(keys) == len(set(keys)) == len(WORDS)
    assert len(FILES) == 6


def test_a_sentence_has_one_code():
    english = [english for english, _ in SENTENCES.values()]
    assert len(english) == len(set(english))


def test_a_text_that_needs_values_is_not_made_without_them():
    with pytest.raises(KeyError):
        phrase("en", "assumed", precision="FP16")
    with pytest.raises(KeyError):
        phrase("en", "a text that nobody wrote")


def test_values_may_have_any_name():
    assert phrase("en", "grade_line", grade="A", lang="zh", key="skip") == WORDS["grade_line"][0].format(grade="A")


def test_options_are_named_alike():
    for english, chinese in (texts for key, texts in WORDS.items() if key not in PAGES):
        assert set(re.findall(r"--[a-z-]+", english)) == set(re.findall(r"--[a-z-]+", chinese))


@pytest.mark.parametrize(
    ("value", "digits", "english", "chinese"),
    [
        (2012658, 2, "2.0 million", "200万"),
        (2012658, 3, "2.01 million", "201万"),
        (1607035, 2, "1.6 million", "160万"),
        (803436, 2, "800,000", "80万"),
        (999_999, 2, "1.0 million", "100万"),
        (8733, 2, "8,700", "8700"),
        (3.9e8, 2, "390 million", "3.9亿"),
        (2.01e12, 2, "2.0 trillion", "2.0万亿"),
        (7.9e14, 3, "790 trillion", "790万亿"),
        (1.59e21, 3, "1.59 sextillion", "15.9万亿亿"),
        (0.8, 2, "0.80", "0.80"),
    ],
)
def test_counts_as_people_say_them(value, digits, english, chinese):
    assert count("en", value, digits) == english
    assert count("zh", value, digits) == chinese


@given(st.floats(1, 1e21), st.integers(1, 4))
def test_counts_never_reach_a_thousand_of_a_step_that_has_a_next(value, digits):
    assert float(count("en", value, digits).split()[0].replace(",", "")) < 1e6


@pytest.mark.parametrize(
    ("seconds", "english"),
    [(1.25e8, "3.96 years"), (98_750, "27.4 hours"), (0.5, "0.500 seconds"), (100, "1.67 minutes"), (3e5, "3.47 days")],
)
def test_durations(seconds, english):
    assert duration("en", seconds) == english


def test_a_value_may_differ_by_language():
    assert "why" in phrase("en", "assumed", precision="FP16", why=("why", "缘由"))
    assert "缘由" in phrase("zh", "assumed", precision="FP16", why=("why", "缘由"))


def test_precisions_are_printed():
    assert precision("en", "fp8_e4m3") == "FP8 E4M3"
    assert precision("zh", "unstated") == "精度未说明"
    assert precision("en", "mixed") == "mixed precision"


def test_unknown_language():
    assert parse_language("zh") == "zh"
    with pytest.raises(UsageError, match="known are en, zh"):
        parse_language("fr")
